"""A program that has another one run by the warm interpreter, as if it were that one.

Run without site packages, for it has to start quickly: `python -IS client.py SOCKET ARGUMENTS`,
where the arguments are those of an interpreter. A program that depends on how its interpreter is
started gets one of its own.
"""

from __future__ import annotations

import os
import signal
import sys
from _socket import AF_UNIX, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socket
from array import array

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
# What moto or Python reads when it starts, and has read already in the warm interpreter.
READ_AT_THE_START = ("MOTO_", "TEST_", "INITIAL_NO_AUTH_", "PYTHON")
READ_LATER = {"PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONSAFEPATH", "PYTHONDONTWRITEBYTECODE"}


def needs_its_own(arguments: list[str]) -> bool:
    """Return whether a program has to be started in an interpreter of its own."""
    further = [argument for argument in arguments if argument != "-u"]
    if not further or (further[0].startswith("-") and further[0] not in {"-c", "-m"}):
        return True
    return any(
        name.startswith(READ_AT_THE_START) and name not in READ_LATER and value
        for name, value in os.environ.items()
    )


def request(arguments: list[str]) -> bytes:
    """Return what the warm interpreter has to know of a program."""
    variables = [name + b"=" + value for name, value in os.environb.items()]
    counted = b"%d" % len(arguments)
    folder = os.getcwdb()  # noqa: PTH109 (pathlib takes a while to import)
    parts = [counted, *map(os.fsencode, arguments), folder, *variables]
    data = b"\0".join(parts)
    return b"%8d" % len(data) + data


def read_number(server: socket) -> int | None:
    """Read one line from the warm interpreter; None if it has gone."""
    line = b""
    while not line.endswith(b"\n"):
        received = server.recv(1)
        if not received:
            return None
        line += received
    return int(line)


def run(path: str, arguments: list[str]) -> int:
    """Run a program; return its exit status, negative for a signal."""
    server = socket(AF_UNIX, SOCK_STREAM)
    server.connect(path)
    streams = array("i", [0, 1, 2])
    data = request(arguments)
    sent = server.sendmsg([data], [(SOL_SOCKET, SCM_RIGHTS, streams.tobytes())])
    if sent < len(data):  # else the program may be over, and the socket closed, by now
        server.sendall(data[sent:])
    process = read_number(server)
    if process is None:
        return 70

    def forward(number: int, _frame: object) -> None:
        try:  # contextlib takes a while to import
            os.kill(process, number)
        except ProcessLookupError:
            return

    for number in FORWARDED:
        signal.signal(number, forward)
    status = read_number(server)
    return -signal.SIGKILL if status is None else status


def main() -> None:
    """Run a program and end as it ended."""
    path, *arguments = sys.argv[1:]
    if needs_its_own(arguments):
        os.execv(sys.executable, [sys.executable, *arguments])
    status = run(path, arguments)
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


main()
