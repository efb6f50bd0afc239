"""A call takes a short way: from boto3's method through few functions of ours, in few files."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# In a process of its own, where no plugin of pytest records what happens.
PROGRAM = """
import json, sys
from pathlib import Path

import boto3

import moto_iot_jobs
from moto_iot_jobs import mock_iot

package, called, things = str(Path(moto_iot_jobs.__file__).parent), set(), sys.argv[1:]

def profile(frame, event, _argument):
    if event == "call" and frame.f_code.co_filename.startswith(package):
        called.add(frame.f_code)

with mock_iot():
    iot = boto3.client("iot", region_name="eu-west-1")
    targets = [iot.create_thing(thingName=thing)["thingArn"] for thing in things]
    for job_id in ("first", "second"):  # the first call does what is done only once
        iot.create_job(jobId=job_id, targets=targets, document="{}")
        called.clear()
        sys.setprofile(profile)
        iot.delete_job_execution(jobId=job_id, thingName=things[0], executionNumber=1)
        sys.setprofile(None)

print(json.dumps([[each.co_filename[len(package) + 1:], each.co_name] for each in called]))
"""


@pytest.mark.parametrize(
    ("things", "most_functions", "most_files"),
    [
        pytest.param(["t1", "t2"], 85, 20, id="one of two"),
        # Its job is over with it, and moves to another list of jobs.
        pytest.param(["t1"], 90, 20, id="the last"),
    ],
)
def test_delete_job_execution_passes_through_few_functions_in_few_files(
    things: list[str], most_functions: int, most_files: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *things],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    called: list[list[str]] = json.loads(done.stdout)
    files = {file for file, _ in called}
    assert ["service/states.py", "execution_move"] in called
    assert len(called) <= most_functions, sorted(called)
    assert len(files) <= most_files, sorted(files)
