"""Over HTTPS a certificate stands for a device: it is judged like one shown over MQTT, and opens
the data plane alone.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Identity
    from tests.server_process import ServerProcess

pytestmark = pytest.mark.parametrize("aws", ["server"], indirect=True)

Ask = Callable[..., requests.Response]
NOT_SHAKEN = (requests.exceptions.SSLError, requests.exceptions.ConnectionError)
"""TLS 1.3 refuses a client after the client has finished; it may find that out when it reads."""


@pytest.fixture
def https(shared_server: ServerProcess) -> tuple[str, str]:
    """The server's URL for devices, and the authority that they are to trust there."""
    host, port = shared_server.address("https")
    return f"https://{host}:{port}", str(shared_server.authority("https"))


@pytest.fixture
def ask(https: tuple[str, str]) -> Iterator[Ask]:
    """Sends a device's request over a connection that is kept."""
    with requests.Session() as session:

        def sent(
            device: Identity | None, method: str, path: str, body: Any = None
        ) -> requests.Response:
            certificate = (str(device.certificate), str(device.key)) if device else None
            return session.request(
                method, https[0] + path, json=body, cert=certificate, verify=https[1], timeout=20
            )

        yield sent


def test_a_device_writes_and_reads_its_shadow(
    aws: Aws, identity: Callable[..., Identity], ask: Ask
) -> None:
    lamp = identity("lamp")
    path = "/things/lamp/shadow?name=config"
    report = {"state": {"reported": {"on": True}}, "clientToken": "c"}
    response = ask(lamp, "POST", path, report).json()
    assert (response["version"], response["clientToken"]) == (1, "c")
    assert ask(lamp, "GET", path).json()["state"] == {"reported": {"on": True}}
    listed = ask(lamp, "GET", "/api/things/shadow/ListNamedShadowsForThing/lamp").json()
    assert listed["results"] == ["config"]
    assert ask(lamp, "DELETE", path).json()["version"] == 1
    missing = ask(lamp, "GET", path)
    assert (missing.status_code, missing.headers["x-amzn-ErrorType"]) == (
        404,
        "ResourceNotFoundException",
    )
    assert ask(lamp, "GET", "/things/lamp/nothing").status_code == 404


def test_a_device_lives_through_a_whole_job(
    aws: Aws, identity: Callable[..., Identity], ask: Ask
) -> None:
    lamp = identity("lamp")
    aws.job("update", "lamp", document='{"firmware":"2.0"}')
    assert [
        each["jobId"] for each in ask(lamp, "GET", "/things/lamp/jobs").json()["queuedJobs"]
    ] == ["update"]
    started = ask(lamp, "PUT", "/things/lamp/jobs/$next", {"statusDetails": {"step": "1"}}).json()[
        "execution"
    ]
    assert (started["jobId"], started["status"], started["jobDocument"]) == (
        "update",
        "IN_PROGRESS",
        '{"firmware":"2.0"}',
    )
    shown = ask(lamp, "GET", "/things/lamp/jobs/update?includeJobDocument=false").json()[
        "execution"
    ]
    assert (shown["statusDetails"], "jobDocument" in shown) == ({"step": "1"}, False)
    report = {
        "status": "SUCCEEDED",
        "expectedVersion": shown["versionNumber"],
        "includeJobExecutionState": True,
    }
    assert (
        ask(lamp, "POST", "/things/lamp/jobs/update", report).json()["executionState"]["status"]
        == "SUCCEEDED"
    )
    assert ask(lamp, "PUT", "/things/lamp/jobs/$next", {}).json() == {}
    assert (aws.status("update"), aws.counters("update")) == ("COMPLETED", {"Succeeded": 1})


def test_an_error_is_that_of_the_data_plane(
    aws: Aws, identity: Callable[..., Identity], ask: Ask
) -> None:
    response = ask(identity("lamp"), "GET", "/things/ghost/jobs")
    assert (response.status_code, response.headers["x-amzn-ErrorType"]) == (
        404,
        "ResourceNotFoundException",
    )


def test_what_is_changed_counts_from_the_next_request_on(
    aws: Aws, identity: Callable[..., Identity], ask: Ask
) -> None:
    device = identity(active=False)
    aws.thing("lamp")

    def outcome() -> tuple[int, Any]:
        response = ask(device, "GET", "/things/lamp/jobs")
        return response.status_code, response.json()

    forbidden = (403, {"message": "Forbidden"})
    nothing_to_do: dict[str, list[Any]] = {"inProgressJobs": [], "queuedJobs": []}
    assert outcome() == forbidden
    aws.iot.update_certificate(certificateId=device.certificate_id, newStatus="ACTIVE")
    assert outcome() == forbidden
    aws.iot.attach_thing_principal(thingName="lamp", principal=device.arn)
    assert outcome() == (200, nothing_to_do)
    aws.iot.update_certificate(certificateId=device.certificate_id, newStatus="REVOKED")
    assert outcome() == forbidden


def test_a_certificate_that_moto_does_not_know_is_rejected_until_it_is_registered(
    aws: Aws, identity: Callable[..., Identity], ask: Ask, tmp_path: Path
) -> None:
    made = aws.client("iot", region="us-west-2").create_keys_and_certificate(setAsActive=True)
    device = replace(identity(), certificate=tmp_path / "other.pem", key=tmp_path / "other.key")
    device.certificate.write_text(made["certificatePem"], encoding="ascii")
    device.key.write_text(made["keyPair"]["PrivateKey"], encoding="ascii")
    with pytest.raises(NOT_SHAKEN):
        ask(device, "GET", "/things/lamp/jobs")
    registered = aws.iot.register_certificate_without_ca(
        certificatePem=made["certificatePem"], status="ACTIVE"
    )
    aws.thing("lamp")
    aws.iot.attach_thing_principal(thingName="lamp", principal=registered["certificateArn"])
    assert ask(device, "GET", "/things/lamp/jobs").status_code == 200


def test_no_client_connects_without_a_certificate(aws: Aws, ask: Ask) -> None:
    with pytest.raises(NOT_SHAKEN):
        ask(None, "GET", "/things/lamp/jobs")


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/jobs/update"),
        ("GET", "/things/lamp"),
        ("POST", "/moto-api/reset"),
        ("GET", "/"),
        ("DELETE", "/things/lamp/jobs/a"),
    ],
)
def test_everything_else_is_not_there(
    aws: Aws, identity: Callable[..., Identity], ask: Ask, method: str, path: str
) -> None:
    lamp = identity("lamp")
    aws.job("update", "lamp")
    response = ask(lamp, method, path)
    assert (response.status_code, response.headers["x-amzn-ErrorType"]) == (
        404,
        "UnknownOperationException",
    )
    assert response.json() == {"message": f"There is no operation {method} {path}."}
    assert aws.status("update") == "IN_PROGRESS"


def test_a_silent_connection_does_not_delay_others(
    aws: Aws, identity: Callable[..., Identity], ask: Ask, https: tuple[str, str]
) -> None:
    lamp = identity("lamp")
    host, port = https[0].removeprefix("https://").split(":")
    with closing(socket.create_connection((host, int(port)))):
        assert ask(lamp, "GET", "/things/lamp/jobs").elapsed.total_seconds() < 5


def test_signed_urls_lead_to_the_port_without_client_certificates(
    aws: Aws, identity: Callable[..., Identity], ask: Ask
) -> None:
    aws.client("s3", region="us-east-1").create_bucket(Bucket="firmware")
    aws.client("s3", region="us-east-1").put_object(Bucket="firmware", Key="v2", Body=b"new")
    lamp = identity("lamp")
    document = '{"file":"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/firmware/v2}"}'
    role = {"roleArn": "arn:aws:iam::123456789012:role/signer", "expiresInSec": 600}
    aws.job("update", "lamp", document=document, presignedUrlConfig=role)
    shown = ask(lamp, "GET", "/things/lamp/jobs/update").json()["execution"]["jobDocument"]
    assert requests.get(shown.split('"')[3], timeout=20).content == b"new"
