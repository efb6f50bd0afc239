"""Mocks that come and go, and jobs that are created and deleted, leave nothing behind: memory,
threads, sockets, files.

A small run of `leaks.py`, in a process of its own. The sizes that count: see there, or
ROBUSTNESS_LEAKS.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Further arguments of the program, such as "--mocks 10000 --jobs 100000".
SIZES = os.environ.get("ROBUSTNESS_LEAKS", "").split()
# What Python itself may keep after the warm-up: a dictionary that has grown, a cache that fills. A
# job that is not forgotten, or a backend, is more than ten in each round.
BLOCKS = 150


def test_what_comes_and_goes_leaves_nothing() -> None:
    program = Path(__file__).with_name("leaks.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(program), *SIZES],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["kind"] for each in reports] == ["mocks", "jobs", "endpoints"]
    for each in reports:
        assert each["blocks in the second half"] <= BLOCKS, reports
        assert (each["threads"], each["open files"]) == (0, 0), reports
