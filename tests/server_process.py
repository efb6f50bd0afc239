"""A server in a process of its own, as its users start it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.warm_python import warm_python

STARTING_TIME_ALLOWED = 60.0
"""Seconds that the server process may take to listen."""


@dataclass(frozen=True)
class ServerProcess:
    """A server that answers, and its output.

    Attributes:
        url: of its HTTP port.
        log: the file with everything that it has printed.
    """

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def printed(self) -> str:
        """Everything that the server has printed so far."""
        return self.log.read_text(encoding="utf-8")

    def address(self, scheme: str) -> tuple[str, int]:
        """Return host and port of its listener for `mqtt`, `mqtts` or `https`."""
        found = re.search(rf"^{scheme}://([\d.]+):(\d+)", self.printed, re.MULTILINE)
        assert found is not None, self.printed
        return found[1], int(found[2])

    def authority(self, scheme: str) -> Path:
        """Return the file of the authority that certified its listener for `mqtts` or `https`."""
        found = re.search(rf"\b{scheme}://\S+ certified by (\S+)", self.printed)
        assert found is not None, self.printed
        return Path(found[1])


@contextmanager
def server_process(
    log: Path,
    *options: str,
    python: Sequence[str] | None = None,
    program: tuple[str, ...] = ("-m", "moto_iot_jobs", "server"),
    **variables: str,
) -> Iterator[ServerProcess]:
    """Run `moto-iot-jobs server` until the block ends.

    Args:
        log: the file for what it prints.
        options: those of the command; each port that they name should be 0.
        python: what the command begins with, by default a warm interpreter. The process is then
            that of its client.
        program: what the interpreter is started with instead of the command.
        variables: the environment's, beside those of this process.

    Raises:
        AssertionError: it ended, or it does not listen in time.
    """
    command = [*(python or warm_python()), "-u", *program, "--port", "0", *options]
    environment = {**os.environ, **variables}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment
        ) as process,
    ):
        try:
            yield ServerProcess(_announced_url(log, process), log, process)
        finally:
            process.terminate()


def _announced_url(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until a server says in its log where it listens, and answers there."""
    deadline = time.monotonic() + STARTING_TIME_ALLOWED
    while time.monotonic() < deadline:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8"))
        if found:
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", int(found[1])), timeout=1),
            ):
                return found[0]
        assert process.poll() is None, f"the server ended:\n{log.read_text(encoding='utf-8')}"
        time.sleep(0.05)
    raise AssertionError(
        f"the server did not say where it listens:\n{log.read_text(encoding='utf-8')}"
    )
