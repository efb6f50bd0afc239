"""AWS's workshop on device management, its scripts as they stand, against a server: a fleet and its
packages are made, a job updates it, versions are read back and reverted, and all is deleted.

The scripts ask; the answers are given here, one a line. An empty one goes on, or takes the default.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.acceptance.downloads import git_clone, needs_downloads
from tests.ports import free_port
from tests.server_process import server_process

REPOSITORY = "https://github.com/aws-samples/sample-aws-iot-device-management-learning-path-basics"
COMMIT = "048182798a65c9c1b1a423dab96f6e5a77f6650b"
HASTY = Path(__file__).parent / "workshop" / "hasty.py"
REGION = "us-east-1"
"""The scripts write ARNs of the partition `aws`, and buckets of this region are the simplest."""
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}

pytestmark = needs_downloads

Run = Callable[..., str]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server with TLS, at the address that it gives to devices: the scripts write `https` before
    what DescribeEndpoint returns.
    """
    port = str(free_port())
    names = ("--tls-port", port, "--public-host", f"localhost:{port}", "--tls-dir", str(tmp_path))
    with server_process(tmp_path / "server.log", *names, "--region", REGION):
        yield f"https://localhost:{port}"


@pytest.fixture
def run(address: str, tmp_path: Path) -> Run:
    """Runs one of the scripts and returns what it says."""
    workshop = tmp_path / "workshop"
    git_clone(REPOSITORY, COMMIT, workshop)
    authority = str(tmp_path / "ca.pem")
    environment = {
        **os.environ,
        **KEYS,
        "AWS_ENDPOINT_URL": address,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CA_BUNDLE": authority,
        "REQUESTS_CA_BUNDLE": authority,
        "AWS_IOT_LANG": "en",
        # Scripts find what lies beside them.
        "PYTHONSAFEPATH": "",
    }

    def carry_out(script: str, *answers: str) -> str:
        done = subprocess.run(
            [sys.executable, str(HASTY), f"scripts/{script}.py"],
            cwd=workshop,
            env=environment,
            input="".join(f"{answer}\n" for answer in answers),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return carry_out


@pytest.fixture
def client(address: str, tmp_path: Path) -> Callable[[str], Any]:
    """Makes clients of the server."""

    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=address,
            verify=str(tmp_path / "ca.pem"),
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    return make


def test_the_scripts_run_as_they_stand(run: Run, client: Callable[[str], Any]) -> None:
    no, yes, go_on, default = "n", "y", "", ""
    fleet = ("SedanVehicle", default, default, "2", "4")
    said = run("provision_script", no, *fleet, *(go_on,) * 9)
    assert "Packages completed: 1/1 successful" in said
    assert "4/4 (100%) devices processed, 4 successful" in said

    version = ("1", "1.1.0", "update")
    said = run("create_job", no, go_on, go_on, "1", go_on, "1,2", no, default, *version, go_on)
    assert "Your IoT job was created successfully" in said

    scope = ("ALL", "100")
    said = run("simulate_job_execution", no, no, go_on, "update", go_on, *scope, yes, go_on)
    assert "Processed 4 executions: 4 successful, 0 failed" in said
    assert said.count("Job execution SUCCEEDED") == 4
    group = ("1", go_on, "1", default, "SedanVehicle", "1.1.0", default, yes, yes)
    said = run("manage_dynamic_groups", no, *group, yes, "2", no)
    assert "Members: 4" in said

    look = ("9", go_on, "Vehicle-VIN-001", no)
    revert = ("10", go_on, "SedanVehicle", "1.0.0", "REVERT")
    said = run("manage_packages", no, go_on, *look, yes, *revert, no)
    assert "Version: 1.1.0" in said
    assert "Version revert completed: 4/4 successful" in said
    iot = client("iot")
    members = iot.list_things_in_thing_group(thingGroupName="SedanVehicle_1_1_0_Devices")
    assert members["things"] == []

    said = run("cleanup_script", no, "1", "DELETE")
    assert "All done! Cleanup completed successfully!" in said
    assert iot.list_things()["things"] == []
    assert iot.list_thing_groups()["thingGroups"] == []
    assert iot.list_jobs()["jobs"] == []
    assert iot.list_packages()["packageSummaries"] == []
    assert iot.list_thing_types()["thingTypes"] == []
    assert client("s3").list_buckets()["Buckets"] == []
