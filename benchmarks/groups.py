"""Jobs for whole groups: created, rolled out at AWS's pace and deleted; and what ministack takes
to create one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import boto3
from botocore.config import Config

from .effort import Effort
from .processes import REGION, Child
from .results import Bar, Findings, Table, number
from .rivals import CannotBeHad, ministack
from .sampling import Sample, elapsed_seconds_of

SECONDS = {10_000: Bar(0.1), 100_000: Bar(1.2)}
FLAT, LINEAR = Bar(1.2), Bar(2)
STEPS = ("CreateJob", "rollout", "DeleteJob")
# A hundred thousand things take seconds: fewer rounds say enough.
_MOST_ROUNDS = 5
_PATIENT = Config(read_timeout=600, retries={"total_max_attempts": 1}, max_pool_connections=1)


def measure(effort: Effort) -> Findings:
    """Time the life of jobs for groups of all sizes, in turn."""
    findings = Findings()
    sizes = effort.groups
    rounds: dict[tuple[int, str], list[float]] = {
        (size, step): [] for size in sizes for step in STEPS
    }
    with Child("benchmarks.group_process", *map(str, sizes)) as child:
        for _ in range(min(effort.rounds, _MOST_ROUNDS)):
            for size in sizes:
                for step, seconds in child.ask("time", size=size).items():
                    rounds[size, step].append(seconds)
        findings.constants["resident_bytes_of_a_thing"] = child.ask("weight", size=sizes[-1])
    samples = {each: Sample.of(seconds) for each, seconds in rounds.items()}
    for size in sizes:
        created = samples[size, "CreateJob"].plus(samples[size, "rollout"])
        what = f"CreateJob on a group of {size:,} things, rollout included"
        findings.add(what, created, "s", SECONDS.get(size))
    least, most = sizes[0], sizes[-1]
    for step in ("CreateJob and rollout", "DeleteJob"):
        # The least of all rounds: whatever else the machine does makes the longer one longer.
        each = [_for_each(samples, size, step).least for size in (most, least)]
        what = f"{step} for each thing, in a group of {most:,} against {least:,}, least of each"
        ratio = Sample.of([each[0] / each[1]])
        findings.add(what, ratio, bar=LINEAR if step == "DeleteJob" else FLAT)
    findings.tables.append(_table(samples, sizes))
    findings.constants["seconds_to_queue_one"] = _for_each(
        samples, most, "CreateJob and rollout"
    ).median
    findings.constants["seconds_to_delete_one"] = _for_each(samples, most, "DeleteJob").median
    if effort.ministack_groups:
        _measure_ministack(effort, findings)
    return findings


def _for_each(samples: dict[tuple[int, str], Sample], size: int, step: str) -> Sample:
    if step == "DeleteJob":
        return samples[size, step].times(1 / size)
    return samples[size, "CreateJob"].plus(samples[size, "rollout"]).times(1 / size)


def _table(samples: dict[tuple[int, str], Sample], sizes: tuple[int, ...]) -> Table:
    lines = []
    for size in sizes:
        figures = [samples[size, step] for step in STEPS]
        each = _for_each(samples, size, "CreateJob and rollout").median
        lines.append(
            (f"{size:,}", *(number(figure.median) for figure in figures), number(each * 1e6))
        )
    header = (
        "things in the group",
        *(f"{step}, s" for step in STEPS),
        "microseconds for each queued",
    )
    return Table("Jobs for whole groups", header, lines)


def _measure_ministack(effort: Effort, findings: Findings) -> None:
    try:
        with ministack() as (url, version):
            findings.versions["ministack"] = version
            lines = [
                (f"{size:,}", number(_ministack_seconds(url, size)))
                for size in effort.ministack_groups
            ]
    except CannotBeHad as reason:
        findings.remarks.append(f"CreateJob on groups was not compared with ministack: {reason}")
        return
    header = ("things in the group", "CreateJob, s")
    findings.tables.append(
        Table(
            f"The same with ministack {version}, which queues all in the call; once each",
            header,
            lines,
        )
    )


def _ministack_seconds(url: str, size: int) -> float:
    """Return how long ministack takes to create a job for a group of so many things."""
    iot: Any = boto3.client(
        "iot",
        REGION,
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=_PATIENT,
    )
    group = f"all-{size}"
    arn = iot.create_thing_group(thingGroupName=group)["thingGroupArn"]
    for at in range(size):
        name = f"thing-{at:06}"
        with suppress(iot.exceptions.ResourceAlreadyExistsException):
            iot.create_thing(thingName=name)
        iot.add_thing_to_thing_group(thingGroupName=group, thingName=name)
    return elapsed_seconds_of(
        lambda: iot.create_job(jobId=f"job-{size}", targets=[arn], document='{"op":"x"}')
    )
