"""Whatever is logged, at DEBUG and by every library in the server's process, no secret that came
in is among it.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from moto_iot_jobs import mock_iot
from moto_iot_jobs.broker.packets import Connect, Publish, Version
from tests.mqtt.conftest import Device
from tests.server_process import ServerProcess, server_process

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
SECRET_KEY, SESSION_TOKEN = (
    "wJalrXUtnFEMIsecretKEY0123456789abcdefghi",
    "FwoGZXIvYXdzEBYaDsessiontoken0123456789",
)
MQTT_PASSWORD = "the-password-of-a-device"
ROLE = "arn:aws:iam::123456789012:role/jobs"
DOCUMENT = json.dumps(
    {"url": "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/firmware/image.bin}"}
)


@dataclass
class Clients:
    """Signs with a secret that can be recognised, and remembers what else must not be told."""

    url: str | None
    secrets: dict[str, str]

    def client(self, name: str) -> Any:
        session = boto3.session.Session("AKIDEXAMPLE", SECRET_KEY, SESSION_TOKEN, REGION)
        client = session.client(
            name, endpoint_url=self.url, config=Config(retries={"total_max_attempts": 1})
        )
        client.meta.events.register("before-send", self._remember_signature)
        return client

    def _remember_signature(self, request: Any, **_: Any) -> None:
        header = request.headers["Authorization"]
        text = header.decode() if isinstance(header, bytes) else header
        self.secrets[f"signature {len(self.secrets)}"] = text.partition("Signature=")[2]

    def use(self) -> Any:
        """Make a certificate, let a device of that name get a document with a signed URL, and be
        refused a few things.
        """
        iot, device, s3 = self.client("iot"), self.client("iot-jobs-data"), self.client("s3")
        made = iot.create_keys_and_certificate(setAsActive=True)
        self.secrets["private key"] = "".join(made["keyPair"]["PrivateKey"].splitlines()[5:6])
        s3.create_bucket(
            Bucket="firmware", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        s3.put_object(Bucket="firmware", Key="image.bin", Body=b"image")
        arn = iot.create_thing(thingName="t1")["thingArn"]
        iot.attach_thing_principal(thingName="t1", principal=made["certificateArn"])
        iot.create_job(
            jobId="j1", targets=[arn], document=DOCUMENT, presignedUrlConfig={"roleArn": ROLE}
        )
        execution = device.describe_job_execution(thingName="t1", jobId="$next")["execution"]
        self.secrets["signature of a URL"] = re.findall(
            r"Signature=([^&\"]+)", execution["jobDocument"]
        )[0]
        for call, arguments in (
            (iot.describe_job, {"jobId": "nobody"}),
            (iot.create_job, {"jobId": "bad id", "targets": [arn], "document": "{}"}),
            (
                device.update_job_execution,
                {"jobId": "j1", "thingName": "t1", "status": "SUCCEEDED", "expectedVersion": 9},
            ),
        ):
            with pytest.raises(iot.exceptions.ClientError):
                call(**arguments)
        return made

    def check(self, log: str) -> None:
        secrets = {
            "secret key": SECRET_KEY,
            "session token": SESSION_TOKEN,
            "password": MQTT_PASSWORD,
            **self.secrets,
        }
        assert len(secrets) > 12
        assert all(len(secret) > 15 for secret in secrets.values())
        assert [name for name, secret in secrets.items() if secret in log] == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that logs everything."""
    log = tmp_path_factory.mktemp("logs") / "server.log"
    ports = ["--mqtt-port", "0", "--mqtts-port", "0", "--https-port", "0"]
    program = str(Path(__file__).with_name("verbose_server.py"))
    with server_process(
        log, *ports, "--region", REGION, program=(program,), PYTHONPATH=str(ROOT)
    ) as running:
        yield running


def test_a_server_that_logs_everything_logs_no_secret(
    server: ServerProcess, tmp_path: Path
) -> None:
    clients = Clients(server.url, {})
    made = clients.use()
    certificate, key = tmp_path / "device.pem", tmp_path / "device.key"
    certificate.write_text(made["certificatePem"], encoding="ascii")
    key.write_text(made["keyPair"]["PrivateKey"], encoding="ascii")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(certificate, key)
    for scheme, wrapped in (("mqtt", None), ("mqtts", context)):
        with Device(server.address(scheme), Version.V5, wrapped) as device:
            device.send(Connect(Version.V5, "t1", username="u", password=MQTT_PASSWORD.encode()))
            device.send(
                Publish("$aws/things/t1/jobs/$next/get", b"{}"),
                Publish("$aws/things/t1/jobs/j1/update", b"nonsense"),
            )
            device.receive()
            device.socket.sendall(b"\xff" * 20)  # and the broker says why it hangs up
            while device.receive() is not None:
                continue
    https = http.client.HTTPSConnection(*server.address("https"), context=context, timeout=20)
    https.request("GET", "/things/t1/jobs/$next")
    assert https.getresponse().status == 200
    https.close()
    ws = http.client.HTTPConnection(*server.address("mqtt"), timeout=20)
    ws.request(
        "GET", f"/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Security-Token={SESSION_TOKEN}"
    )
    assert ws.getresponse().status in (400, 403, 426)
    ws.close()
    log = server.printed
    assert "is disconnected" in log  # something was logged at all
    # botocore, which signs the URLs in documents, shows each signature to those who ask for its
    # DEBUG messages.
    clients.check(re.sub(r"^DEBUG:botocore\.auth:Signature:\n\w+$", "", log, flags=re.MULTILINE))


def test_in_process_no_logger_of_ours_or_of_moto_logs_a_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    clients = Clients(None, {})
    with mock_iot():
        clients.use()
    # botocore shows its user, at DEBUG, what it signs and what comes back; that is its business and
    # in his process.
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.split(".")[0] in {"moto", "moto_iot_jobs", "werkzeug"}
    ]
    clients.check("\n".join(ours))
