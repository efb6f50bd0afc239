"""The command line `moto-iot-jobs`, with the commands server, simulate, demo and compare."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from moto_iot_jobs import __version__

_PROGRAM = "moto-iot-jobs"
_PURPOSES = {
    "server": "serve moto with AWS IoT Jobs, for programs in any language",
    "simulate": (
        "roll a job out to a simulated fleet, to try rollout, abort, timeout and retry settings"
    ),
    "demo": "walk a small fleet through a job and its deletion, and check every response",
    "compare": "compare two transcripts of the same tests, one of them made at AWS",
}
# As shells have it: 128 and the number of the signal, SIGINT or SIGPIPE.
_INTERRUPTED, _PIPE_CLOSED = 130, 141
_EXAMPLES = """\
examples:
  moto-iot-jobs demo
  moto-iot-jobs simulate --devices 300 --fail 5% --rate 20 --abort FAILED:10:20
  moto-iot-jobs server --port 5000 --mqtt-port 1883

`moto-iot-jobs COMMAND --help` lists the options of a command.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status.

    Args:
        arguments: the command line without the program's name; that of the process by default.

    Raises:
        SystemExit: the command line makes no sense (status 2), or it is `--help`.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        command = next((each for each in arguments if each in _PURPOSES), None)
        print(f"\n{' '.join(filter(None, (_PROGRAM, command)))}: interrupted.", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has seen enough. What is still buffered would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    return status


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, without the list of all options before it."""

    def error(self, message: str) -> NoReturn:
        text = message.removeprefix("argument ").removesuffix(".")
        self.exit(
            2, f"{self.prog}: {text}{'' if text.endswith('?') else '.'} See {self.prog} --help.\n"
        )


def _run(arguments: Sequence[str]) -> int:
    parser = _Parser(
        prog=_PROGRAM,
        description="AWS IoT Jobs for the moto mocking library.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, purpose in _PURPOSES.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        # A command imports what it needs; the needs of the others (moto, aiohttp, rich) cost time.
        if name in arguments:
            module = import_module(f"{__name__}.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    if not arguments:
        parser.print_help()
        return 0
    options = parser.parse_args(arguments)
    return int(options.run(options))
