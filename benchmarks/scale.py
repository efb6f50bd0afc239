"""Fleets larger than anybody tests with: what they would take, computed from measured constants
and from a run of the core.

Run as `python -m benchmarks.scale [result.json]`: prints the tables of docs/evidence/scale.md from
the constants of a kept run.

Two things are told apart. The pace of a rollout is simulated: the core's own rules decide, minute
by minute, how many executions are queued. Memory, processor time and messages are computed: a
measured constant times a number.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from moto_iot_jobs.service.settings import (
    ExponentialRate,
    JobExecutionsRolloutConfig,
    RateIncreaseCriteria,
)

from .results import drawn, number

FLEETS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
# For one execution that goes well: notify and notify-next when it is queued; the requests to start
# and to report success with an answer to each; and notify and notify-next when it has gone from the
# list.
MESSAGES_OF_AN_EXECUTION = 8
REPORTS_OF_AN_EXECUTION = 2
_MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Constants:
    """What was measured, on one machine in one run.

    Attributes:
        bytes_of_an_execution: memory for each queued execution in the core.
        resident_bytes_of_a_thing: of the whole process, for each of moto's things with one queued
            execution.
        seconds_to_queue_one: of CreateJob and rollout, for each thing of the largest group.
        seconds_to_delete_one: of DeleteJob, for each thing of it.
        requests_a_second: one server, HTTP.
        mqtt_updates_a_second: one server, UpdateJobExecution by MQTT.
        notifications_a_second: one server, MQTT, from CreateJob on.
        connects_a_second: one server, MQTT.
    """

    bytes_of_an_execution: float
    resident_bytes_of_a_thing: float
    seconds_to_queue_one: float
    seconds_to_delete_one: float
    requests_a_second: float
    mqtt_updates_a_second: float
    notifications_a_second: float
    connects_a_second: float

    @classmethod
    def of(cls, found: Mapping[str, float]) -> Constants:
        """Take the constants out of all that a run found.

        Raises KeyError when the run was not of all sections.
        """
        return cls(**{field.name: found[field.name] for field in fields(cls)})


def minutes_of_rollout(things: int, config: JobExecutionsRolloutConfig) -> int:
    """Return after how many minutes the last execution is queued when everything succeeds at once,
    by the core's rules.
    """
    queued, minutes = 0, 0
    while True:
        queued += config.rate(queued, queued)
        if queued >= things:
            return minutes
        minutes += 1


ROLLOUTS = {
    "AWS's default, 1,000 a minute": JobExecutionsRolloutConfig(),
    "50 a minute": JobExecutionsRolloutConfig(50),
    "exponential: 50, doubled with every 1,000, up to 1,000": JobExecutionsRolloutConfig(
        1_000, ExponentialRate(50, 2.0, RateIncreaseCriteria(number_of_notified_things=1_000))
    ),
}


def tables(constants: Constants) -> str:
    """Return all tables, as Markdown."""
    parts = [
        "Measured, on one core of one machine; the rest follows from these:",
        _measured(constants),
        (
            "How long a rollout takes on the mock's clock (simulated by the core's own rule, minute"
            " by minute, all succeeding):"
        ),
        _rollouts(),
        "What one process needs for a job of one execution for each thing (computed):",
        _needs(constants),
        (
            "What the devices of such a fleet do to one server, when every thing takes and finishes"
            " one job (computed):"
        ),
        _traffic(constants),
    ]
    return "\n\n".join(parts)


def _measured(constants: Constants) -> str:
    lines = [
        (
            "memory for a queued execution, in the core",
            f"{constants.bytes_of_an_execution:,.0f} bytes",
        ),
        (
            "a thing of moto's with one, resident",
            f"{constants.resident_bytes_of_a_thing:,.0f} bytes",
        ),
        (
            "to queue an execution, in the largest group",
            f"{number(constants.seconds_to_queue_one * 1e6)} microseconds",
        ),
        (
            "to delete it with its job",
            f"{number(constants.seconds_to_delete_one * 1e6)} microseconds",
        ),
        ("requests a second over HTTP", number(constants.requests_a_second)),
        ("updates a second over MQTT", number(constants.mqtt_updates_a_second)),
        ("notifications a second over MQTT", number(constants.notifications_a_second)),
        ("connections a second over MQTT", number(constants.connects_a_second)),
    ]
    return drawn(("what", "measured"), lines)


def _rollouts() -> str:
    lines = [
        (
            f"{fleet:,}",
            *(_lasting(minutes_of_rollout(fleet, config)) for config in ROLLOUTS.values()),
        )
        for fleet in FLEETS
    ]
    return drawn(("things", *ROLLOUTS), lines)


def _needs(constants: Constants) -> str:
    lines = []
    for fleet in FLEETS:
        memory = fleet * constants.resident_bytes_of_a_thing
        seconds = (fleet * constants.seconds_to_queue_one, fleet * constants.seconds_to_delete_one)
        lines.append((f"{fleet:,}", _size(memory), *(f"{number(each)} s" for each in seconds)))
    return drawn(("things", "memory", "processor time to queue all", "to delete the job"), lines)


def _traffic(constants: Constants) -> str:
    lines = []
    for fleet in FLEETS:
        updates = fleet * REPORTS_OF_AN_EXECUTION
        lines.append(
            (
                f"{fleet:,}",
                f"{fleet * MESSAGES_OF_AN_EXECUTION:,}",
                _duration(updates / constants.mqtt_updates_a_second),
                _duration(updates / constants.requests_a_second),
                number(min(fleet, 1_000) * MESSAGES_OF_AN_EXECUTION / 60),
            )
        )
    header = (
        "things",
        "messages",
        "reports by MQTT, at most",
        "reports by HTTPS, at most",
        "messages a second at AWS's pace",
    )
    return drawn(header, lines)


def _lasting(minutes: int) -> str:
    if minutes < 120:
        return f"{minutes} min"
    return (
        f"{minutes / 60:.0f} h"
        if minutes < 2 * _MINUTES_OF_A_DAY
        else f"{minutes / _MINUTES_OF_A_DAY:.0f} days"
    )


def _duration(seconds: float) -> str:
    return f"{number(seconds)} s" if seconds < 120 else _lasting(round(seconds / 60))


def _size(size: float) -> str:
    return f"{number(size / 1e6)} MB" if size < 1e9 else f"{number(size / 1e9)} GB"


def main(arguments: list[str]) -> int:
    """Print the tables of the run kept in a file, or of the newest full one."""
    kept = sorted((Path(__file__).parent / "results").glob("*-full.json"))
    if not arguments and not kept:
        sys.stderr.write("There is no full run yet: python -m benchmarks\n")
        return 1
    run = json.loads(Path(arguments[0] if arguments else kept[-1]).read_text(encoding="utf-8"))
    found = {
        name: value
        for section in run["sections"].values()
        for name, value in section["constants"].items()
    }
    sys.stdout.write(tables(Constants.of(found)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
