"""`moto-iot-jobs simulate`: try rollout, abort, timeout and retry settings on a simulated fleet
first.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from . import arguments, report

if TYPE_CHECKING:
    from moto_iot_jobs.devices import Rollout

add_arguments = arguments.add

JOB = "rollout"
REGION = "us-east-1"


def run(options: argparse.Namespace) -> int:
    """Simulate, print the result, and return 0; or 2 for settings that AWS would refuse."""
    from botocore.exceptions import ClientError

    from moto_iot_jobs.moto_api.client import is_remote

    if is_remote():
        return _problem(
            "simulate has a mock of its own; unset TEST_SERVER_MODE, whose server it would empty."
        )
    if options.picture is not None and options.picture.suffix.lower() not in (".svg", ".png"):
        return _problem(f"--picture {options.picture}: the name ends in .svg or .png.")
    try:
        rollout = simulate(options)
        if options.picture is not None:
            rollout.draw(options.picture, arguments.title(options))
    except ClientError as refused:
        return _problem(f"CreateJob refuses these settings: {refused.response['Error']['Message']}")
    except (ValueError, ImportError, OSError) as problem:
        return _problem(str(problem))
    if options.json:
        members = {"settings": arguments.members(options), **rollout.members()}
        _say(json.dumps(members, indent=2))
    else:
        _say(report.text(options, rollout))
    return 0


def simulate(options: argparse.Namespace) -> Rollout:
    """Roll a job out to a fleet in a mock of its own, and show how it goes on a terminal.

    Raises:
        ValueError: outcomes or times that cannot be.
        botocore.exceptions.ClientError: CreateJob refuses the settings.
    """
    from moto_iot_jobs import mock_iot
    from moto_iot_jobs.devices import Fleet

    with mock_iot(), _show(options) as watch:
        fleet = Fleet(
            options.devices,
            outcomes=arguments.outcomes(options),
            seed=options.seed,
            works_for=options.works_for,
            starts_after=options.starts_after,
            region=REGION,
        )
        return fleet.roll_out(
            JOB, days=options.days, watch=watch, **arguments.job_settings(options)
        )


def _show(options: argparse.Namespace) -> report.Show:
    if options.json or options.plain or not sys.stdout.isatty():
        return report.Nothing()
    try:
        from .live import Live
    except ImportError:
        sys.stderr.write(
            "A table that shows how it goes needs rich: pip install 'moto-iot-jobs[simulate]'\n"
        )
        return report.Nothing()
    return Live(options.devices)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _problem(text: str) -> int:
    sys.stderr.write(f"moto-iot-jobs simulate: {text}\n")
    return 2
