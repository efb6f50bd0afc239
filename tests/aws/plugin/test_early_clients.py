"""Clients that a module made at its import, before moto was imported, are answered by the mock and
never by AWS.

Each program runs in a process of its own whose network is blocked: what leaves the mock is an error
that names the host.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.warm_python import warm_python, warm_workers

TIMEOUT = 120
# What moto imports beside itself, to have a program of its own start quickly.
WITHOUT_MOTO = (
    "boto3",
    "responses",
    "werkzeug.routing",
    "jinja2",
    "cryptography.x509",
    "xmltodict",
)

BLOCKED = """
import os, socket, sys
os.environ.update(AWS_ACCESS_KEY_ID="real", AWS_SECRET_ACCESS_KEY="real", AWS_DEFAULT_REGION="eu-west-1")

def refuse(*address, **_):
    raise AssertionError(f"a request left the mock: {address}")

socket.getaddrinfo = socket.create_connection = refuse
"""

EARLY = """
import threading
import boto3, botocore.session
from botocore.config import Config

once = Config(retries={"total_max_attempts": 1})
default = boto3.client("iot", config=once)
own_session = boto3.Session()
of_own_session = own_session.client("iot", config=once)
of_botocore = botocore.session.get_session().create_client("iot", config=once)
resource = boto3.resource("s3", config=once)
device = boto3.client("iot-jobs-data", config=once)
made = []
thread = threading.Thread(target=lambda: made.append(boto3.Session().client("iot", config=once)))
thread.start(); thread.join()
assert not [name for name in sys.modules if name.split(".")[0] == "moto"]

def use():
    early = [default, of_own_session, of_botocore, made[0], own_session.client("iot", config=once)]
    for number, client in enumerate(early):
        thing = client.create_thing(thingName=f"lamp-{number}")["thingArn"]
        client.create_job(jobId=f"job-{number}", targets=[thing], document="{}")
        client.delete_job(jobId=f"job-{number}", force=True)
    assert len(default.list_things()["things"]) == len(early)
    late = boto3.client("iot", config=once)
    late.create_thing_group(thingGroupName="hall")
    late.create_job(jobId="late", targets=[thing], document="{}")
    late.delete_job(jobId="late", force=True)
    default.create_job(jobId="job", targets=[thing], document="{}")
    assert device.start_next_pending_job_execution(thingName="lamp-4")["execution"]["jobId"] == "job"
    resource.create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    seen = []
    worker = threading.Thread(target=lambda: seen.append(len(default.list_jobs()["jobs"])))
    worker.start(); worker.join()
    assert seen == [1]
"""

WAYS = {
    "mock_iot as a context manager": """
from moto_iot_jobs import mock_iot
with mock_iot():
    use()
with mock_iot():
    assert default.list_jobs()["jobs"] == []
""",
    "mock_iot as a decorator": """
from moto_iot_jobs import mock_iot
mock_iot(use)()
""",
    "activate": """
from moto_iot_jobs import activate
activate()
from moto import mock_aws
with mock_aws():
    use()
""",
    "activate within a mock that runs": """
from moto import mock_aws
from moto_iot_jobs import activate
with mock_aws():
    activate()
    use()
""",
}


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program without network."""
    return subprocess.run(
        [*warm_python(*WITHOUT_MOTO), "-c", BLOCKED + program],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )


@pytest.mark.parametrize("way", WAYS)
def test_clients_made_before_moto_was_imported_reach_the_mock(way: str) -> None:
    done = run(EARLY + WAYS[way])
    assert done.returncode == 0, done.stderr


def test_a_client_that_gc_was_told_to_leave_alone_is_answered_too() -> None:
    """Servers that fork freeze what they have imported; `gc` does not find it then."""
    frozen = """
import gc, boto3
client = boto3.client("iot")
gc.freeze()
from moto_iot_jobs import mock_iot
with mock_iot():
    assert client.list_jobs()["jobs"] == []
print(gc.get_freeze_count() > 0)
"""
    done = run(frozen)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_the_block_sees_what_leaves_a_mock() -> None:
    done = run(EARLY + "\nfrom moto import mock_aws\nwith mock_aws():\n    use()\n")
    assert "a request left the mock: ('iot.eu-west-1.amazonaws.com'" in done.stderr


def test_plain_mock_aws_is_the_same_after_a_mock_of_ours() -> None:
    """It does not know early clients, before and after."""
    after = """
from moto import mock_aws
from moto_iot_jobs import mock_iot
with mock_iot():
    use()
with mock_aws():
    use()
"""
    done = run(EARLY + after)
    assert "a request left the mock" in done.stderr


def test_a_client_without_credentials_says_so_and_nothing_leaves() -> None:
    without = """
for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    del os.environ[name]
os.environ.update(AWS_EC2_METADATA_DISABLED="true", HOME="/nowhere", AWS_SHARED_CREDENTIALS_FILE="/nowhere")
import boto3, botocore.exceptions
client = boto3.client("iot")
from moto_iot_jobs import mock_iot
with mock_iot():
    try:
        client.list_jobs()
    except botocore.exceptions.NoCredentialsError:
        print("no credentials")
"""
    done = run(without)
    assert (done.returncode, done.stdout) == (0, "no credentials\n"), done.stderr


HANDLER = """
import boto3

iot = boto3.client("iot")


def handle(event, context):
    iot.delete_job(jobId=event["job"], force=True)
"""

TEST = """
from handler import handle


def test_the_handler_deletes(iot_jobs):
    iot_jobs.job("update", "lamp")
    handle({"job": "update"}, None)
    iot_jobs.assert_job("update", "DELETED")
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_with_the_fixture_a_module_under_test_reaches_the_mock(
    tmp_path: Path, workers: int
) -> None:
    options = warm_workers(workers, *WITHOUT_MOTO)
    (tmp_path / "handler.py").write_text(HANDLER, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(BLOCKED, encoding="utf-8")
    (tmp_path / "test_handler.py").write_text(TEST, encoding="utf-8")
    done = subprocess.run(
        [*warm_python(*WITHOUT_MOTO), "-m", "pytest", "-q", *options, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_run_that_uses_neither_imports_neither(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n\n\ndef test_nothing():\n"
        "    assert not {'moto', 'botocore', 'boto3'} & set(sys.modules)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
