"""Other processes: children of ours that measure themselves, and servers, all on loopback and
ended with the run.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
REGION = "us-east-1"
# What children are started with. Where only their answers matter, and not how long they take to
# start, it may be something that starts more quickly.
PYTHON = shlex.split(os.environ.get("BENCHMARKS_PYTHON", "")) or [sys.executable]
_STARTING_SECONDS = 60.0


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a child: nobody's own credentials, server, or settings of Python
    that make it slow.
    """
    own = ("AWS_", "MOTO_", "PYTHON", "TEST_SERVER_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
        **more,
    }


class Child:
    """A Python process of ours that is asked and answers, one line of JSON each.

    Args:
        module: run with `-m`; see `answering`.
        arguments: its command line.
        root: the checkout that it runs in.
    """

    def __init__(self, module: str, *arguments: str, root: Path = ROOT) -> None:
        self._process = subprocess.Popen(
            [*PYTHON, "-m", module, *arguments],
            cwd=root,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, question: str, **arguments: Any) -> Any:
        """Return the answer to a question. Raises RuntimeError when the process ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps([question, arguments]) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended; its error stands above")
        return json.loads(line)

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()


def answering(answerer: object) -> None:
    """Be a `Child`: answer each question by the method of that name, until there are no more."""
    for line in sys.stdin:
        question, arguments = json.loads(line)
        sys.stdout.write(json.dumps(getattr(answerer, question)(**arguments)) + "\n")
        sys.stdout.flush()


def free_port() -> int:
    """Return a free port, none of those that systems give to programs that ask for any."""
    while True:
        port = random.randrange(15_000, 30_000)
        with suppress(OSError), socket.create_server((HOST, port)):
            return port


@contextmanager
def serving(
    command: Sequence[str], ports: Sequence[int], **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server within the block, from the moment on in which it listens on all its ports.

    Raises:
        RuntimeError: it ended or does not listen; with what it said.
    """
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(TMPDIR=folder, **variables),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            for port in ports:
                _await(process, port, Path(log.name))
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def processor_seconds(pid: int) -> float:
    """Return the processor time of another process; where the system hides it, the time of day.

    What else the machine does meanwhile is not in it.
    """
    try:
        schedules = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        schedules = []
    nanoseconds = [int(schedule.split()[0]) for schedule in schedules]
    return sum(nanoseconds) / 1e9 if nanoseconds else time.perf_counter()


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _STARTING_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(
        f"{process.args!r} does not listen on port {port}:\n{log.read_text()[-2000:]}"
    )


def run(command: Sequence[str]) -> str:
    """Run a program to its end and return what it printed; its errors are shown.

    Raises subprocess.CalledProcessError.
    """
    return subprocess.check_output(
        command, cwd=ROOT, env=environment(), text=True, stdin=subprocess.DEVNULL
    )


def resident_bytes() -> int:
    """Return the memory of this process that is in use; 0 on systems that do not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
