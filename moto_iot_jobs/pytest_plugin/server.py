"""The server of `iot_jobs_server`: a process of its own, for as long as the test run lasts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from moto_iot_jobs.moto_api.client import RemoteMock
from moto_iot_jobs.runtime.defaults import home_account

from .account import JobsAccount

_STARTING_SECONDS = 60
_STOPPING_SECONDS = 10
_LINES_SHOWN = 20

# In these the parent's mock, or its tests' coverage, would reach into the server.
_NOT_INHERITED = ("TEST_SERVER_MODE", "TEST_SERVER_MODE_ENDPOINT", "MOTO_PORT")


class ServerUrl(JobsAccount, str):
    """URL of a server, for `endpoint_url`, with clients, makers, assertions, and its control.

    Attributes:
        region: region of its clients by default: that of the test.
        account: id of the account.
        mqtt_address: host and port for devices that speak MQTT.
        mqtt_region: region of those devices.
    """

    __slots__ = ("_arns", "_clients", "account", "mqtt_address", "mqtt_region", "region")

    region: str
    account: str
    mqtt_region: str
    mqtt_address: tuple[str, int]

    @classmethod
    def of(cls, url: str, region: str, account: str, mqtt_address: tuple[str, int]) -> ServerUrl:
        """Return the URL of a running server.

        Args:
            url: of its HTTP port.
            region: region of its clients and of the devices that speak MQTT.
            account: id of the account.
            mqtt_address: host and port for devices that speak MQTT.
        """
        self = cls(url)
        self.region = self.mqtt_region = region
        self.account = account
        self.mqtt_address = mqtt_address
        self._arns = {}
        self._clients = {}
        return self

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead boto3, the AWS CLI and other SDKs to the server.

        For `subprocess` add them to `os.environ`; in process set each by `monkeypatch.setenv`. No
        setting of the machine takes precedence but `AWS_PROFILE`.
        """
        url = str(self)
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_IOT": url,
            "AWS_ENDPOINT_URL_IOT_JOBS_DATA_PLANE": url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def reset(self) -> None:
        """Forget everything, as before each test that uses the server."""
        self._arns.clear()
        RemoteMock(self).reset()

    def _snapshot(self, **choice: Any) -> dict[str, Any]:
        return RemoteMock(self).state(**choice)

    def _reach(self, function: str = "This") -> RemoteMock:  # noqa: ARG002
        return RemoteMock(str(self))

    @property
    def _endpoint_url(self) -> str:
        return str(self)

    def _was_there(self, job_id: str, thing: str | None) -> bool:  # noqa: ARG002
        return True  # a server has no history of what is deleted


class ServerProcess:
    """A running server. It ends with `stop`, and by itself when this process ends.

    Args:
        region: region of the devices at its MQTT port.
    """

    def __init__(self, region: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="moto-iot-jobs-")
        self._log = Path(self._folder.name) / "server.log"
        self._read = 0
        command = [sys.executable, "-m", f"{__package__}.server_process"]
        command += ["--port", "0", "--mqtt-port", "0", "--region", region]
        environment = {
            name: value for name, value in os.environ.items() if name not in _NOT_INHERITED
        }
        with self._log.open("wb") as output:
            # The process ends when its standard input does, which the end of this one closes.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        try:
            printed = self._announcement()
        except BaseException:
            self.stop()
            raise
        mqtt = urlsplit(re.findall(r"mqtt://\S+", printed)[0])
        self.url = ServerUrl.of(
            re.findall(r"http://\S+", printed)[0],
            region,
            home_account(),
            (mqtt.hostname or "127.0.0.1", mqtt.port or 0),
        )
        self.remote = RemoteMock(self.url)

    def begin_test(self, region: str) -> None:
        """Reset the server, forget its output, and set the default region of its clients."""
        self.url.reset()
        self.url.region = region
        self._read = self._log.stat().st_size

    def output_lines(self) -> list[str]:
        """Return the last lines of its output since the test began, such as tracebacks."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            return log.read().decode(errors="replace").splitlines()[-_LINES_SHOWN:]

    def stop(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _announcement(self) -> str:
        """Wait for the server to print its addresses, and return what it printed."""
        deadline = time.monotonic() + _STARTING_SECONDS
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None
            printed = self._log.read_text(encoding="utf-8", errors="replace")
            if re.search(r"^mqtt://\S+:\d+$", printed, re.MULTILINE):
                return printed
            if ended:
                pytest.fail(f"iot_jobs_server cannot start:\n{printed}", pytrace=False)
            time.sleep(0.02)
        pytest.fail(
            f"iot_jobs_server did not print its addresses within {_STARTING_SECONDS} seconds.",
            pytrace=False,
        )
