"""The command line: `moto-iot-jobs server`, `moto-iot-jobs simulate` and `moto-iot-jobs demo`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import __version__, demo, server, simulate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code.

    Args:
        arguments: the command line without the program's name; that of the process by default.
    """
    parser = argparse.ArgumentParser(prog="moto-iot-jobs", description="AWS IoT Jobs for the moto mocking library.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module, purpose in (
        ("server", server, "serve moto with AWS IoT Jobs, for programs in any language"),
        ("simulate", simulate, "roll a job out to a simulated fleet, to try rollout, abort, timeout and retry settings"),
        ("demo", demo, "walk a small fleet through a job and its deletion, and check every answer"),
    ):
        command = commands.add_parser(name, help=purpose, description=purpose)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
