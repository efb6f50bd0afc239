"""`moto-iot-jobs simulate`: tries the settings of a rollout on a simulated fleet."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from moto_iot_jobs.cli.environment import check_own_mock, without_aws_settings
from moto_iot_jobs.cli.terminal import Terminal

from . import arguments, picture, report

if TYPE_CHECKING:
    from moto_iot_jobs.devices import Rollout

add_arguments = arguments.add

JOB = "rollout"
REGION = "us-east-1"


def run(options: argparse.Namespace) -> int:
    """Simulate, print the result, and return 0, or 2 for settings that are rejected."""
    from botocore.exceptions import ClientError

    try:
        check_own_mock("simulate")
        arguments.check(options)
        if options.picture is not None:
            picture.check(options.picture)
        rollout = simulate(options)
        if options.picture is not None:
            picture.save(options, rollout)
    except ClientError as error:
        return _problem(f"CreateJob rejects these settings: {error.response['Error']['Message']}")
    except (ValueError, ImportError, OSError) as problem:
        return _problem(str(problem))
    terminal = Terminal(sys.stdout)
    if options.json:
        members = {"settings": arguments.to_dict(options), **rollout.to_dict()}
        terminal.print(json.dumps(members, indent=2))
    else:
        terminal.has_colours = terminal.has_colours and not options.plain
        terminal.print(report.text(options, rollout, terminal))
    return 0


def simulate(options: argparse.Namespace) -> Rollout:
    """Roll a job out to a fleet in a mock of its own, with a live table on a terminal.

    Raises:
        ValueError: outcomes or times that cannot be.
        botocore.exceptions.ClientError: CreateJob's error.
    """
    from moto_iot_jobs import mock_iot
    from moto_iot_jobs.devices import Fleet

    with without_aws_settings(), mock_iot(), _display(options) as show:
        fleet = Fleet(
            options.devices,
            outcomes=arguments.outcomes(options),
            seed=options.seed,
            works_for=options.works_for,
            starts_after=options.starts_after,
            region=REGION,
        )
        return fleet.roll_out(
            JOB, days=options.days, on_progress=show, **arguments.job_settings(options)
        )


def _display(options: argparse.Namespace) -> report.Display:
    if options.json or options.plain or not sys.stdout.isatty():
        return report.NoDisplay()
    try:
        from .live import LiveTable
    except ImportError:
        sys.stderr.write("A live table needs rich: pip install 'moto-iot-jobs[simulate]'\n")
        return report.NoDisplay()
    return LiveTable(options.devices)


def _problem(text: str) -> int:
    sys.stderr.write(f"moto-iot-jobs simulate: {text}\n")
    return 2
