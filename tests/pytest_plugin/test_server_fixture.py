"""What the fixture `iot_jobs_server` gives to a test: a real server process, empty at first, that
never outlives the run.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from moto_iot_jobs.moto_api.client import RemoteMock
from moto_iot_jobs.pytest_plugin.server import ServerProcess
from tests.ports import closed_port
from tests.waiting import PATIENCE, has_ended, wait_until
from tests.warm_python import warm_python

if TYPE_CHECKING:
    from moto_iot_jobs.pytest_plugin import IotJobs, ServerUrl
    from tests.pytest_plugin.conftest import RunPytest


def queue(server: ServerUrl, job: str = "update") -> None:
    lamp = server.iot.create_thing(thingName="lamp")["thingArn"]
    server.iot.create_job(
        jobId=job, targets=[lamp], document="{}", timeoutConfig={"inProgressTimeoutInMinutes": 20}
    )


def test_it_is_a_url_for_any_client(iot_jobs_server: ServerUrl) -> None:
    queue(iot_jobs_server)
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    iot = boto3.client(
        "iot", region_name=iot_jobs_server.region, endpoint_url=iot_jobs_server, **keys
    )
    assert [job["jobId"] for job in iot.list_jobs()["jobs"]] == ["update"]
    assert iot_jobs_server.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("_turn", [1, 2])
def test_each_test_finds_it_empty(iot_jobs_server: ServerUrl, _turn: int) -> None:
    queue(iot_jobs_server)


@pytest.fixture(scope="session")
def application(iot_jobs_server: ServerUrl) -> str:
    """What an application under test would be started with, once."""
    return f"--endpoint={iot_jobs_server}"


@pytest.mark.parametrize("_turn", [1, 2])
def test_it_is_emptied_for_a_test_that_uses_it_through_another_fixture(
    application: str, _turn: int
) -> None:
    url = application.partition("=")[2]
    assert RemoteMock(url).state()["regions"] == []
    iot = boto3.client(
        "iot",
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    iot.create_job(
        jobId="update", targets=[iot.create_thing(thingName="lamp")["thingArn"]], document="{}"
    )


def test_its_clock_can_be_moved_and_faults_be_injected_there(iot_jobs_server: ServerUrl) -> None:
    queue(iot_jobs_server)
    device = iot_jobs_server.device
    iot_jobs_server.faults.inject("StartNextPendingJobExecution", "ThrottlingException")
    response = device.start_next_pending_job_execution(thingName="lamp")
    assert response["ResponseMetadata"]["RetryAttempts"] == 1
    iot_jobs_server.clock.advance(minutes=21)
    (region,) = iot_jobs_server.state(job="update")["regions"]
    assert region["jobs"][0]["counts"]["TIMED_OUT"] == 1
    with pytest.raises(ValueError, match="There is no operation 'DeleteJobs'"):
        iot_jobs_server.faults.inject("DeleteJobs", "ThrottlingException")  # type: ignore[arg-type]


@pytest.mark.iot_jobs(deletion={"seconds": 60})
def test_a_deletion_can_last_there(iot_jobs_server: ServerUrl) -> None:
    queue(iot_jobs_server)
    iot_jobs_server.iot.delete_job(jobId="update", force=True)
    assert (
        iot_jobs_server.iot.describe_job(jobId="update")["job"]["status"] == "DELETION_IN_PROGRESS"
    )


def test_a_deletion_does_not_last_for_others(iot_jobs_server: ServerUrl) -> None:
    queue(iot_jobs_server)
    iot_jobs_server.iot.delete_job(jobId="update", force=True)
    assert iot_jobs_server.iot.list_jobs()["jobs"] == []


@pytest.mark.iot_jobs(quotas={"CreateJob": 1})
def test_quotas_are_enforced_there(iot_jobs_server: ServerUrl) -> None:
    queue(iot_jobs_server)
    once = iot_jobs_server.client(
        "iot", config=boto3.session.Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(once.exceptions.ThrottlingException):
        once.create_job(
            jobId="second", targets=["arn:aws:iot:us-east-1:123456789012:thing/lamp"], document="{}"
        )


def test_devices_speak_mqtt_to_it(iot_jobs_server: ServerUrl) -> None:
    with socket.create_connection(iot_jobs_server.mqtt_address, timeout=PATIENCE) as device:
        device.sendall(bytes.fromhex("100f00044d515454040200000003") + b"abc")
        assert device.recv(4) == bytes.fromhex("20020000")


def test_it_stands_beside_a_mock(iot_jobs_server: ServerUrl, iot_jobs: IotJobs) -> None:
    iot_jobs.job("here", "lamp")
    queue(iot_jobs_server, "there")
    assert [job["jobId"] for job in iot_jobs.iot.list_jobs()["jobs"]] == ["here"]
    assert [job["jobId"] for job in iot_jobs_server.iot.list_jobs()["jobs"]] == ["there"]


def test_it_ends_when_the_tests_are_killed() -> None:
    program = (
        "from moto_iot_jobs.pytest_plugin.server import ServerProcess\n"
        "server = ServerProcess('eu-west-1')\n"
        "print(server._process.pid, flush=True)\n"
        "input()\n"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with tests:
        assert tests.stdout is not None
        server = int(tests.stdout.readline())
        assert not has_ended(server)
        tests.send_signal(signal.SIGKILL)
    wait_until(lambda: has_ended(server), lambda: "the server is still there")


def test_what_is_missing_is_said_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "aiohttp.py").write_text(
        "raise ImportError('No module named aiohttp')\n", encoding="utf-8"
    )
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    )
    with pytest.raises(pytest.fail.Exception) as failure:
        ServerProcess("eu-west-1")
    assert "iot_jobs_server cannot start" in str(failure.value)
    assert "pip install 'moto-iot-jobs[server]'" in str(failure.value)


def test_a_server_that_does_not_respond_is_an_error() -> None:
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}"
        with pytest.raises(ConnectionError, match=f"The server at {url} does not respond"):
            RemoteMock(url).state()


IN_SERVER_MODE = """
import pytest

def test_done(iot_jobs):
    iot_jobs.job("update", "lamp")
    iot_jobs.device.update_job_execution(jobId="update", thingName="lamp", status="SUCCEEDED")
    iot_jobs.assert_job("update", "COMPLETED", succeeded=1)
    iot_jobs.assert_execution("update", "lamp", "SUCCEEDED", version=2)
    iot_jobs.iot.delete_job(jobId="update")
    iot_jobs.assert_job("update", "DELETED")

@pytest.mark.iot_jobs(strict=True, deletion={"times": 1})
def test_untidy(iot_jobs):
    iot_jobs.faults.inject("DescribeJob", "ThrottlingException")
    iot_jobs.job("update", "lamp")
    iot_jobs.job("deleted", "lamp")
    iot_jobs.iot.delete_job(jobId="deleted", force=True)
    iot_jobs.assert_job("deleted", "DELETION_IN_PROGRESS")
"""


def test_the_other_fixture_works_in_motos_server_mode(
    run_pytest: RunPytest, iot_jobs_server: ServerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_SERVER_MODE", "true")
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", iot_jobs_server)
    run = run_pytest("--iot-jobs-report", test_suite=IN_SERVER_MODE)
    assert "1 failed, 1 passed" in run.text, run.text
    assert "job update in us-east-1: 1 QUEUED" in run.text
    assert "ThrottlingException from DescribeJob (iot): never met" in run.text
    assert "lamp #1: QUEUED, version 1" in run.sections("AWS IoT Jobs")["test_untidy"]
    assert "iot            CreateJob                                      3" in run.text


class TestAsRichAsTheOtherFixture:
    def test_it_makes_and_checks(self, iot_jobs_server: ServerUrl) -> None:
        iot_jobs_server.group("lamps", "lamp-1", "lamp-2")
        iot_jobs_server.job("update", "lamps", "lamp-3", document={"do": "it"})
        device = iot_jobs_server.device
        device.update_job_execution(jobId="update", thingName="lamp-3", status="SUCCEEDED")
        iot_jobs_server.assert_job("update", "IN_PROGRESS", queued=2, succeeded=1)
        iot_jobs_server.assert_execution("update", "lamp-3", "SUCCEEDED", version=2)
        with pytest.raises(AssertionError, match="lamp-1 #1: QUEUED, version 1"):
            iot_jobs_server.assert_job("update", "COMPLETED")

    def test_its_things_end_with_the_test(self, iot_jobs_server: ServerUrl) -> None:
        # One of that name was made in the test before, and is made again.
        iot_jobs_server.job("update", "lamp-1")
        iot_jobs_server.assert_job("update", queued=1)

    def test_its_messages_are_read_and_requests_by_topic_sent(
        self, iot_jobs_server: ServerUrl
    ) -> None:
        iot_jobs_server.job("update", "lamp")
        topic = "$aws/things/lamp/jobs"
        (message,) = iot_jobs_server.messages.published(f"{topic}/notify-next")
        assert message.account == iot_jobs_server.account
        assert message.json["execution"]["jobId"] == "update"
        response = iot_jobs_server.messages.request(f"{topic}/start-next")
        assert response is not None
        assert response.json["execution"]["status"] == "IN_PROGRESS"

    def test_its_quotas_are_enforced(self, iot_jobs_server: ServerUrl) -> None:
        with iot_jobs_server.quotas.enforce(active_jobs=1):
            iot_jobs_server.job("first", "lamp")
            with pytest.raises(iot_jobs_server.iot.exceptions.LimitExceededException):
                iot_jobs_server.job("second", "lamp")
        iot_jobs_server.job("second", "lamp")

    def test_its_responses_are_delayed(self, iot_jobs_server: ServerUrl) -> None:
        with iot_jobs_server.faults.delay("ListJobs", seconds=0.3, times=1):
            before = time.monotonic()
            iot_jobs_server.iot.list_jobs()
        assert time.monotonic() - before >= 0.3

    def test_its_clock_is_read_and_moved(self, iot_jobs_server: ServerUrl) -> None:
        before = iot_jobs_server.clock.now()
        iot_jobs_server.clock.advance(days=2)
        assert (iot_jobs_server.clock.now() - before).days == 2

    def test_a_program_finds_it_by_its_environment(self, iot_jobs_server: ServerUrl) -> None:
        program = (
            "import boto3\n"
            "lamp = boto3.client('iot').create_thing(thingName='lamp')['thingArn']\n"
            "boto3.client('iot').create_job(jobId='update', targets=[lamp], document='{}')\n"
            "boto3.client('iot-jobs-data').start_next_pending_job_execution(thingName='lamp')\n"
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        subprocess.run(
            [*warm_python(), "-c", program],
            env={**kept, **iot_jobs_server.environment},
            check=True,
            timeout=60,
        )
        iot_jobs_server.assert_execution("update", "lamp", "IN_PROGRESS")

    def test_code_in_process_finds_it_by_its_environment(
        self, iot_jobs_server: ServerUrl, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in iot_jobs_server.environment.items():
            monkeypatch.setenv(name, value)
        for service in ("iot", "iot-jobs-data"):
            client = boto3.session.Session().client(service)
            assert client.meta.endpoint_url == iot_jobs_server
            assert client.meta.region_name == iot_jobs_server.region
