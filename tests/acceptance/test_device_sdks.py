"""AWS's own tests and samples of shadows and jobs in its device SDKs, downloaded and unmodified,
against the server. They take a port and an authority for granted: 8883, and one that the system
trusts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.acceptance.downloads import needs_downloads, needs_npm, npm_install, sdist
from tests.accounts import REGION
from tests.server_process import server_process

PROGRAMS = Path(__file__).parent / "device_sdks"
PORT = 8883
PATIENCE = 60
"""How long a program may take, in seconds."""

pytestmark = needs_downloads


@dataclass(frozen=True)
class Device:
    """Where a device connects, and the files by which it and the server know each other."""

    host: str
    authority: Path
    certificate: Path
    key: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that AWS's tests read, and the one that `trusting` reads."""
        return {
            **os.environ,
            "AWS_TEST_MQTT5_IOT_CORE_HOST": self.host,
            "AWS_TEST_MQTT5_IOT_CERTIFICATE_PATH": str(self.certificate),
            "AWS_TEST_MQTT5_IOT_KEY_PATH": str(self.key),
            "AUTHORITY": str(self.authority),
            # Programs find what lies beside them.
            "PYTHONSAFEPATH": "",
        }


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    """A device that a server lets in at the port that AWS has."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError as problem:
            pytest.skip(f"port {PORT}, which AWS's tests expect, is not free: {problem}")
    folder = tmp_path_factory.mktemp("device")
    options = ("--mqtts-port", str(PORT), "--region", REGION)
    with server_process(folder / "server.log", *options) as server:
        iot = _client(server.url, "iot")
        iot.create_thing(thingName="device")
        yield Device("localhost", server.authority("mqtts"), *_identity(iot, folder))


def test_the_tests_of_the_sdk_v2_for_python_pass(device: Device, tmp_path: Path) -> None:
    tests = sdist("awsiotsdk", tmp_path) / "test"
    shutil.copy(PROGRAMS / "trusting.py", tests)
    expected = len(re.findall(r"^    def test_", (tests / "test_shadow.py").read_text(), re.M))
    done = subprocess.run(
        [sys.executable, "trusting.py", "test_shadow"],
        cwd=tests,
        env=device.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    # Not the return code: awscrt 0.36.1 may crash when the interpreter ends.
    assert re.search(rf"Ran {expected} tests in .*\n\nOK\n", done.stderr), done.stderr
    assert expected >= 9


def test_the_samples_of_the_sdk_v1_for_python_understand_each_other(
    device: Device, tmp_path: Path
) -> None:
    samples = sdist("AWSIoTPythonSDK", tmp_path) / "samples"
    at: list[str | Path] = [
        "-e",
        device.host,
        "-r",
        device.authority,
        "-c",
        device.certificate,
        "-k",
        device.key,
    ]
    echo, listener, updater = (tmp_path / f"{role}.txt" for role in ("echo", "listener", "updater"))
    programs = {
        echo: "ThingShadowEcho/ThingShadowEcho.py",
        listener: "basicShadow/basicShadowDeltaListener.py",
        updater: "basicShadow/basicShadowUpdater.py",
    }
    with ExitStack() as ends:
        for output, program in programs.items():
            command: list[str | Path] = [
                sys.executable,
                "-u",
                samples / program,
                *at,
                "-n",
                "Bot",
                "-id",
                output.stem,
            ]
            ends.enter_context(_running(command, output))
        _output(echo, until=r"\{\"property\": 1\}(.|\n)*Sent\.")
        _output(listener, until=r"\+\+DELTA\+\+.*\nproperty: 2\nversion: \d+")
        told = _output(updater, until=r"token: \S+ accepted!\nproperty: 2")
    assert re.search(r"request \S+ time out!", told) is None


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both SDKs for JavaScript."""
    folder = tmp_path_factory.mktemp("javascript") / "device_sdks"
    shutil.copytree(PROGRAMS, folder)
    npm_install(folder)
    # jest overlooks what is in node_modules.
    shutil.copytree(folder / "node_modules" / "aws-iot-device-sdk-v2" / "dist", folder / "sdk")
    return folder


@needs_npm
def test_the_specification_of_the_sdk_v2_for_javascript_passes(
    device: Device, node_modules: Path
) -> None:
    options = ("--rootDir", "sdk", "--setupFiles", "../trusting.js", "--forceExit")
    done = subprocess.run(
        ["npx", "jest", *options, "--testMatch", "**/iotshadowclientv2.spec.js"],
        cwd=node_modules,
        env=device.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert "Tests:       8 passed, 8 total" in done.stderr, done.stderr


@needs_npm
def test_the_sample_of_the_sdk_v1_for_javascript_plays_app_and_lamp(
    device: Device, node_modules: Path, tmp_path: Path
) -> None:
    sample = node_modules / "node_modules" / "aws-iot-device-sdk" / "examples" / "thing-example.js"
    at: list[str | Path] = ["-H", device.host, "-p", str(PORT), "-a", device.authority]
    identity: list[str | Path] = ["-c", device.certificate, "-k", device.key]
    app, lamp = tmp_path / "app.txt", tmp_path / "lamp.txt"
    with ExitStack() as ends:
        for mode, output, line in (("1", app, "registered"), ("2", lamp, "updated")):
            command: list[str | Path] = [
                "node",
                sample,
                *at,
                *identity,
                "-i",
                output.stem,
                "-t",
                mode,
            ]
            ends.enter_context(_running(command, output))
            _output(output, until=line)
        delta = _output(app, until=r"delta on: RGBLedLamp\{.*\}")
    assert '"state":{"red":' in delta
    assert "got 'accepted' status on: RGBLedLamp" in _output(lamp, until="accepted")


@needs_npm
def test_the_jobs_agent_of_the_sdk_v1_for_javascript_installs_a_file_and_tells_how_it_is(
    node_modules: Path, tmp_path: Path
) -> None:
    """The agent fetches only what has an `https:` URL, and reports numbers (`uptime`)."""
    with server_process(tmp_path / "log", "--tls-port", "0", "--region", REGION) as server:
        iot, s3 = (_client(server.url, name) for name in ("iot", "s3"))
        target = [iot.create_thing(thingName="device")["thingArn"]]
        certificate, key = _identity(iot, tmp_path)
        s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="files", Key="page", Body=b"the second edition")
        place = {"fileName": "page.txt", "fileSource": {"url": _SIGNED}}
        install = {
            "operation": "install",
            "packageName": "page",
            "workingDirectory": str(tmp_path),
            "files": [place],
        }
        role = {"roleArn": "arn:aws:iam::123456789012:role/files"}
        iot.create_job(
            jobId="install",
            targets=target,
            document=json.dumps(install),
            presignedUrlConfig=role,
        )
        authority = server.authority("https")
        port = re.findall(r"https://[\d.]+:(\d+) certified", server.printed)[0]
        agent = node_modules / "node_modules" / "aws-iot-device-sdk" / "examples" / "jobs-agent.js"
        command: list[str | Path] = ["node", agent, "-H", "localhost", "-p", port, "-a", authority]
        command += ["-c", certificate, "-k", key, "-i", "device", "-T", "device"]
        output = tmp_path / "agent.txt"
        trusting = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority)}
        with _running(command, output, cwd=tmp_path, env=trusting):
            _succeeded(iot, "install", output)
            iot.create_job(jobId="status", targets=target, document='{"operation": "systemStatus"}')
            details = _succeeded(iot, "status", output)
        assert (tmp_path / "page.txt").read_text() == "the second edition"
    assert float(details["uptime"]) > 0
    assert details["platform"] == sys.platform


_SIGNED = "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/files/page}"


def _client(url: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def _identity(iot: Any, folder: Path) -> tuple[Path, Path]:
    """Files of a certificate of the thing's, and of its key."""
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_thing_principal(thingName="device", principal=made["certificateArn"])
    certificate, key = folder / "device.pem", folder / "device.key"
    certificate.write_text(made["certificatePem"], encoding="ascii")
    key.write_text(made["keyPair"]["PrivateKey"], encoding="ascii")
    return certificate, key


def _succeeded(iot: Any, job: str, output: Path) -> dict[str, str]:
    """The status details of the device's execution, once it is over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = iot.describe_job_execution(jobId=job, thingName="device")["execution"]
        if found["status"] not in ("QUEUED", "IN_PROGRESS"):
            break
        assert time.monotonic() < deadline, output.read_text(encoding="utf-8")
        time.sleep(0.1)
    assert found["status"] == "SUCCEEDED", found
    details: dict[str, str] = found["statusDetails"]["detailsMap"]
    return details


@contextmanager
def _running(
    command: Sequence[str | Path],
    output: Path,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> Iterator[None]:
    """Run a program until the block ends."""
    with (
        output.open("wb") as written,
        subprocess.Popen(
            command, stdout=written, stderr=subprocess.STDOUT, cwd=cwd, env=env
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def _output(file: Path, until: str) -> str:
    """What a program has written, once a pattern is in it."""
    deadline = time.monotonic() + PATIENCE
    while re.search(until, text := file.read_text(encoding="utf-8")) is None:
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    return text
