"""`moto-iot-jobs server` in a process of its own, as a program starts it."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import boto3
import requests

from tests.paho_clients import paho_client
from tests.waiting import PATIENCE, wait_until
from tests.warm_python import warm_python

REGION = "us-east-1"
SECRET = "wJalrXUtnFEMI"
TOKEN = "FwoGZXIvYXdzEBYaTOKEN"
ARN = "arn:aws:iot:us-east-1:123456789012:thing/lamp"


class Running:
    """A server process, its ports and its output."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.ports: dict[str, Any] = json.loads((folder / "ports.json").read_text())

    @property
    def url(self) -> str:
        return str(self.ports["http"]["url"])

    @property
    def printed(self) -> str:
        return (self.folder / "stdout").read_text(encoding="utf-8")

    @property
    def log(self) -> str:
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def wait_for_log(self, text: str) -> None:
        """Wait until the log has a text in it."""
        wait_until(lambda: text in self.log, lambda: self.log)

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(f"{self.url}/moto-api/iot-jobs/{path}", headers=headers, timeout=30)

    def client(self, name: str, **options: Any) -> Any:
        session = boto3.session.Session("AKIDEXAMPLE", SECRET, TOKEN, REGION)
        return session.client(name, **{"endpoint_url": self.url, **options})

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def server(folder: Path, *options: str, python: Sequence[str] | None = None) -> Iterator[Running]:
    """A server that has written its ports; `python` is what its command begins with."""
    folder.mkdir(exist_ok=True)
    file = folder / "ports.json"
    file.unlink(missing_ok=True)
    command = [*(python or warm_python()), "-m", "moto_iot_jobs", "server", "-p", "0", *options]
    with (
        (folder / "stdout").open("wb") as out,
        (folder / "stderr").open("wb") as err,
        subprocess.Popen([*command, "--ports-file", str(file)], stdout=out, stderr=err) as process,
    ):
        try:

            def has_written() -> bool:
                assert process.poll() is None, (folder / "stderr").read_text()
                return file.exists()

            wait_until(has_written)
            yield Running(process, folder)
        finally:
            process.kill()


def failure(*options: str) -> tuple[int, str]:
    """The exit code and the message of a server that cannot start."""
    command = [*warm_python(), "-m", "moto_iot_jobs", "server", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def device(running: Running, kind: str, **options: Any) -> Any:
    """What a client of MQTT gets on a port: the answer to a request, or why there is none."""
    path, alpn, tls = (options.get(name) for name in ("path", "alpn", "tls"))
    request = options.get("request", "get")
    client = paho_client("lamp", transport="websockets" if path is not None else "tcp")
    if path is not None:
        client.ws_set_options(path=path)
    if tls:
        context = ssl.create_default_context(cafile=running.ports[kind]["ca_file"])
        if alpn is not None:
            context.set_alpn_protocols([alpn])
        if (identity := options.get("identity")) is not None:
            context.load_cert_chain(*identity)
        client.tls_set_context(context)
    answers: Queue[Any] = Queue()
    client.on_connect = lambda _client, _userdata, _flags, reason, _properties: (
        client.publish(f"$aws/things/lamp/jobs/{request}", "{}", qos=1)
        if reason == "Success"
        else answers.put(str(reason))
    )
    client.on_message = lambda _client, _userdata, message: answers.put(
        (
            [each["jobId"] for each in json.loads(message.payload)["queuedJobs"]]
            if request == "get"
            else json.loads(message.payload)["execution"]["jobDocument"]
        )
        if message.topic.endswith("accepted")
        else json.loads(message.payload)["code"]
    )
    client.connect("127.0.0.1", running.ports[kind]["port"])
    client.loop_start()
    try:
        return answers.get(timeout=PATIENCE)
    finally:
        client.disconnect()
        client.loop_stop()


def identity_of_a_thing(running: Running) -> tuple[Path, Path]:
    """The certificate and key of a thing."""
    iot = running.client("iot")
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_thing_principal(thingName="lamp", principal=made["certificateArn"])
    files = running.folder / "lamp.pem", running.folder / "lamp.key"
    files[0].write_text(made["certificatePem"])
    files[1].write_text(made["keyPair"]["PrivateKey"])
    return files
