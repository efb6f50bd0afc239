"""With the conventions of other emulators: responses for all, accounts as keys, and `__type`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests

from moto_iot_jobs import mock_iot, mqtt
from tests.server_process import ServerProcess, server_process

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/iot/aws4_request,"
    " SignedHeaders=host, Signature=0"
)
JOBS = "$aws/things/lamp/jobs"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that follows them."""
    log = tmp_path_factory.mktemp("emulator") / "server.log"
    with server_process(log, "--emulator-conventions", "--mqtt-port", "0") as running:
        yield running


def client(server: ServerProcess, service: str, key: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="secret",
    )


@contextmanager
def endpoint_of(mode: str, request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """The address for devices of an account with the thing `lamp`."""
    if mode == "server":
        server: ServerProcess = request.getfixturevalue("emulator")
        client(server, "iot", "test").create_thing(thingName="lamp")
        yield server.address("mqtt")
        return
    with mock_iot(config={"iot_jobs": {"conventions": "emulators"}}):
        boto3.client("iot", region_name="us-east-1").create_thing(thingName="lamp")
        with mqtt.Endpoint(region="us-east-1") as endpoint:
            yield endpoint.address


@pytest.mark.parametrize("mode", ["in process", "server"])
def test_a_response_reaches_every_subscriber_once(
    mode: str, request: pytest.FixtureRequest, connect_to: Connect
) -> None:
    with (
        endpoint_of(mode, request) as address,
        connect_to(address, "lamp") as lamp,
        connect_to(address, "watcher") as watcher,
    ):
        lamp.subscribe("get/accepted", "#")
        watcher.subscribe(f"{JOBS}/+/accepted", f"{JOBS}/update/rejected")
        assert lamp.ask("get", {"clientToken": "x"})[0] == "get/accepted"
        topic, heard = watcher.hear()
        assert (topic, heard["clientToken"]) == (f"{JOBS}/get/accepted", "x")
        assert lamp.hears_nothing()
        assert watcher.hears_nothing()


def test_on_aws_a_response_reaches_no_other_client(aws: Aws, connect: Connect) -> None:
    aws.thing("lamp")
    with connect("lamp") as lamp, connect("watcher") as watcher:
        watcher.subscribe(f"{JOBS}/#")
        assert lamp.ask("get")[0] == "get/accepted"
        assert watcher.hears_nothing()


def test_errors_name_their_type_in_the_body_too(emulator: ServerProcess) -> None:
    response = requests.get(
        f"{emulator.url}/jobs/none", headers={"Authorization": SIGNED}, timeout=30
    )
    assert response.json() == {
        "__type": "ResourceNotFoundException",
        "message": "Job none cannot be found.",
    }
    assert response.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"


def test_an_access_key_of_twelve_digits_is_an_account_of_every_service(
    emulator: ServerProcess,
) -> None:
    for key, account in (
        ("111111111111", "111111111111"),
        ("222222222222", "222222222222"),
        ("test", "123456789012"),
        ("1234", "123456789012"),
    ):
        iot = client(emulator, "iot", key)
        arn = iot.create_thing(thingName=f"of-{key}")["thingArn"]
        assert arn.split(":")[4] == account
        iot.create_job(jobId=f"job-{key}", targets=[arn], document="{}")
        device = client(emulator, "iot-jobs-data", key)
        queued = device.get_pending_job_executions(thingName=f"of-{key}")["queuedJobs"]
        assert [job["jobId"] for job in queued] == [f"job-{key}"]
        assert client(emulator, "sts", key).get_caller_identity()["Account"] == account
