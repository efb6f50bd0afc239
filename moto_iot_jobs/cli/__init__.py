"""The command line: `moto-iot-jobs server`, `moto-iot-jobs simulate` and `moto-iot-jobs demo`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from moto_iot_jobs import __version__

_PURPOSES = {
    "server": "serve moto with AWS IoT Jobs, for programs in any language",
    "simulate": (
        "roll a job out to a simulated fleet, to try rollout, abort, timeout and retry settings"
    ),
    "demo": "walk a small fleet through a job and its deletion, and check every answer",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code.

    Args:
        arguments: the command line without the program's name; that of the process by default.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(
        prog="moto-iot-jobs", description="AWS IoT Jobs for the moto mocking library."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, purpose in _PURPOSES.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        # A command imports what it needs; the others' needs (moto, aiohttp, rich) would cost it time.
        if name in arguments:
            module = import_module(f"{__name__}.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    return int(options.run(options))
