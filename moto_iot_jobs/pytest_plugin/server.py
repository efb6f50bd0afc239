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
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from moto_iot_jobs.moto_api.client import RemoteMock

if TYPE_CHECKING:
    from moto_iot_jobs.introspection.calls import RecordedCall

_STARTING_SECONDS = 60
_STOPPING_SECONDS = 10
_LINES_SHOWN = 20

# In these the parent's mock, or its tests' coverage, would reach into the server.
_NOT_INHERITED = ("TEST_SERVER_MODE", "TEST_SERVER_MODE_ENDPOINT", "MOTO_PORT")


class ServerUrl(str):
    """URL of a server, for `endpoint_url`, with clients and control of the server.

    Attributes:
        region: region of its clients by default: that of the test.
        mqtt_address: host and port for devices that speak MQTT.
        mqtt_region: region of those devices.
    """

    __slots__ = ("mqtt_address", "mqtt_region", "region")

    region: str
    mqtt_region: str
    mqtt_address: tuple[str, int]

    @property
    def iot(self) -> Any:
        """A new client of the control plane."""
        return self.client("iot")

    @property
    def device(self) -> Any:
        """A new client of the data plane."""
        return self.client("iot-jobs-data")

    def client(self, service: str, region: str | None = None, **kwargs: Any) -> Any:
        """Return a new boto3 client of the server.

        Args:
            service: as boto3 names it.
            region: its region; that of the server by default.
            kwargs: other arguments of `boto3.client`.
        """
        from .clients import client

        return client(service, region or self.region, **{"endpoint_url": str(self), **kwargs})

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the server's clock forward, and run the timers that become due.

        Args:
            days, hours, minutes, seconds: how far, added together.
        """
        distance = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        RemoteMock(self).ask("POST", "iot-jobs/clock/advance", {"seconds": distance})

    def inject(self, operation: str, error: str, **order: Any) -> None:
        """Inject an error, as `moto_iot_jobs.faults.inject` does.

        Args:
            operation, error: as AWS writes them.
            order: its other arguments, such as `times`.
        """
        RemoteMock(self).ask(
            "POST", "iot-jobs/faults", {"operation": operation, "error": error, **order}
        )

    def calls(self, operation: str | None = None, **parameters: Any) -> list[RecordedCall]:
        """Return the calls of operations of Jobs that the server handled since its last reset.

        Args:
            operation: only calls of one operation, as AWS writes it.
            parameters: only calls with these parameters, by AWS's names, such as `jobId`.

        Returns:
            The last ten thousand, oldest first, failed ones included.

        Raises:
            ValueError: Jobs has no such operation.
        """
        __tracebackhide__ = True
        found = RemoteMock(self).calls(operation)
        return [call for call in found if call.matches(parameters)]

    def reset(self) -> None:
        """Forget everything; done before each test that uses the server."""
        RemoteMock(self).reset()

    def state(self, **choice: Any) -> dict[str, Any]:
        """Return the state, as `GET /moto-api/iot-jobs/state` does.

        Args:
            choice: the parameters of that request, such as `job` and `executions`.
        """
        return RemoteMock(self).state(**choice)


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
        self.url = ServerUrl(re.findall(r"http://\S+", printed)[0])
        self.url.region = self.url.mqtt_region = region
        mqtt = urlsplit(re.findall(r"mqtt://\S+", printed)[0])
        self.url.mqtt_address = (mqtt.hostname or "127.0.0.1", mqtt.port or 0)
        self.remote = RemoteMock(self.url)

    def begin_test(self, region: str) -> None:
        """Reset the server, forget its output, and set the default region of its clients."""
        self.remote.reset()
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
