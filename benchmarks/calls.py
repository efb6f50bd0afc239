"""A full boto3 call in process: against plain moto, and against botocore with a canned answer,
below which nobody can go.
"""

from __future__ import annotations

from contextlib import ExitStack

from .call_process import SERVICES
from .effort import Effort
from .processes import Child
from .results import Bar, Findings, Table, micros, number
from .sampling import Sample

AGAINST_MOTO, AGAINST_THE_FLOOR = Bar(0.6), Bar(1.35)
# StartCommandExecution, against UpdateJobExecution and against itself in an empty store.
AGAINST_AN_UPDATE, GROWTH = Bar(1.2), Bar(1.2)
STORED_COMMANDS = 20_000
PROMISED = ("describe_job", "delete_job_execution", "update_job_execution")
KINDS = ("plain", "floor", "ours")


def measure(effort: Effort) -> Findings:
    """Time calls in three processes, in turn."""
    findings = Findings()
    with ExitStack() as running:
        children = {
            kind: running.enter_context(Child("benchmarks.call_process", kind)) for kind in KINDS
        }
        findings.versions.update(children["ours"].ask("versions"))
        wanted = [
            ("plain", "describe_job"),
            *((kind, name) for name in SERVICES for kind in ("floor", "ours")),
        ]
        rounds: dict[tuple[str, str], list[float]] = {each: [] for each in wanted}
        for turn in range(effort.rounds + 1):
            for kind, name in wanted:
                if kind == "floor":
                    # In each round: lists and executions have grown by what was measured meanwhile.
                    answer = children["ours"].ask("record", operation=name)
                    children["floor"].ask("can", operation=name, answer=answer)
                seconds = children[kind].ask("time", operation=name, calls=effort.calls)
                if turn:  # the first is for warming up
                    rounds[kind, name].append(seconds)
        children["ours"].ask("fill_with_commands", executions=STORED_COMMANDS)
        full = [
            children["ours"].ask("time", operation="start_command_execution", calls=effort.calls)
            for _ in range(effort.rounds)
        ]
    samples = {each: Sample.of(seconds) for each, seconds in rounds.items()}
    plain = samples["plain", "describe_job"]
    for name in PROMISED:
        findings.add(
            f"{name} in process, against plain moto's describe_job",
            samples["ours", name].over(plain),
            bar=AGAINST_MOTO,
        )
    for name in PROMISED:
        ratio = samples["ours", name].over(samples["floor", name])
        findings.add(
            f"{name} in process, against botocore with a canned answer",
            ratio,
            bar=AGAINST_THE_FLOOR,
        )
    start = samples["ours", "start_command_execution"]
    findings.add(
        "start_command_execution in process, against update_job_execution",
        start.over(samples["ours", "update_job_execution"]),
        bar=AGAINST_AN_UPDATE,
    )
    findings.add(
        f"start_command_execution with {STORED_COMMANDS:,} executions in the store, against none",
        Sample.of(full).over(start),
        bar=GROWTH,
    )
    findings.tables.append(_table(samples, plain))
    return findings


def _table(samples: dict[tuple[str, str], Sample], plain: Sample) -> Table:
    lines = [("plain moto's describe_job", micros(plain.median), "", "1.00", "")]
    for name in SERVICES:
        ours, floor = samples["ours", name], samples["floor", name]
        ratios = number(ours.over(plain).median), number(ours.over(floor).median)
        lines.append((name, micros(ours.median), micros(floor.median), *ratios))
    header = (
        "operation",
        "microseconds",
        "canned answer",
        "against plain moto's describe_job",
        "against the canned answer",
    )
    return Table("Full boto3 calls in process", header, lines)
