"""moto's server mode: clients that moto does not lead to the server are led there by our mock.

moto leads only those that `boto3.client` and `boto3.resource` make while its mock runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs import mock_iot
from moto_iot_jobs.plugin.registration import is_active

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

TIMEOUT = 60


def test_in_motos_proxy_mode_a_mock_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_PROXY_MODE", "true")
    with pytest.raises(RuntimeError, match="moto's proxy has no IoT Jobs"):
        mock_iot().start()
    assert not is_active()


PROGRAM = """
import socket
import boto3
from botocore.config import Config

connect = socket.create_connection
def only_here(address, *args, **kwargs):
    assert address[0] in ("127.0.0.1", "localhost"), f"a request left the mock: {address}"
    return connect(address, *args, **kwargs)
socket.create_connection = only_here
import urllib3.util.connection
lookup = socket.getaddrinfo
def local_names(host, *args, **kwargs):
    assert host in ("127.0.0.1", "localhost"), f"a request left the mock: {host}"
    return lookup(host, *args, **kwargs)
socket.getaddrinfo = local_names

once = Config(retries={"total_max_attempts": 1})
early = boto3.client("iot", config=once)
device = boto3.client("iot-jobs-data", config=once)
documents = boto3.client("s3", config=once)
session = boto3.Session()

from moto_iot_jobs import mock_iot

with mock_iot():
    lamp = early.create_thing(thingName="lamp")["thingArn"]
    early.create_job(jobId="update", targets=[lamp], document="{}")
    session.client("iot", config=once).create_job(jobId="reboot", targets=[lamp], document="{}")
    device.start_next_pending_job_execution(thingName="lamp")
    documents.create_bucket(Bucket="firmware", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    documents.put_object(Bucket="firmware", Key="update.json", Body=b"{}")
    print(sorted(job["jobId"] for job in boto3.client("iot", config=once).list_jobs()["jobs"]))
    print(lamp.split(":")[3], boto3.client("s3").get_object(Bucket="firmware", Key="update.json")["Body"].read())
try:
    early.list_jobs()
except Exception as error:
    print("after the mock", type(error).__name__)
"""


def test_clients_made_before_the_mock_and_of_own_sessions_reach_the_server(
    shared_server: ServerProcess,
) -> None:
    environment = {
        **os.environ,
        "TEST_SERVER_MODE": "true",
        "TEST_SERVER_MODE_ENDPOINT": shared_server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "['reboot', 'update']",
        "eu-west-1 b'{}'",
        "after the mock HTTPClientError",
    ]
