"""Jobs do without the catalog: in a copy of the package that lacks its folder, jobs keep package
versions as they are given, and operations on packages are as unknown as they are to moto.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "moto_iot_jobs"
PROGRAM = """
import sys
# An editable installation would find the folder all the same.
sys.meta_path = [finder for finder in sys.meta_path if "Editable" not in repr(finder)]

import boto3
from moto_iot_jobs import mock_iot

with mock_iot():
    owner, device = (boto3.client(name, region_name="eu-west-1") for name in ("iot", "iot-jobs-data"))
    lamp = owner.create_thing(thingName="lamp")["thingArn"]
    versions = ["arn:aws:iot:eu-west-1:123456789012:package/app/version/1.0"]
    owner.create_job(jobId="job", targets=[lamp], document="{}", destinationPackageVersions=versions)
    assert owner.describe_job(jobId="job")["job"]["destinationPackageVersions"] == versions
    device.update_job_execution(jobId="job", thingName="lamp", status="SUCCEEDED")
    assert owner.describe_job(jobId="job")["job"]["status"] == "COMPLETED"
    try:
        owner.create_package(packageName="app")
    except NotImplementedError:
        print("jobs alone")
"""


def test_jobs_work_without_packages(tmp_path: Path) -> None:
    copy = tmp_path / "moto_iot_jobs"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", "packages"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "jobs alone\n"
