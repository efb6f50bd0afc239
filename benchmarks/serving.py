"""Requests a second: plain moto's server, ministack and ours, each asked the same over 1, 8 and 32
kept connections; and the cost of ours' log.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import boto3

from .effort import Effort
from .http_clients import Burst, Crowd, signed
from .processes import HOST, REGION, ROOT, free_port, processor_seconds
from .processes import serving as served
from .results import Bar, Findings, Table, number
from .rivals import CannotBeHad, ministack, moto_server, ours
from .sampling import Sample

AGAINST_MOTO, AGAINST_MINISTACK = Bar(4, at_least=True), Bar(2, at_least=True)
WITH_LOG = Bar(1.1)
OURS, MOTO, MINISTACK = "moto-iot-jobs", "moto_server", "ministack"
THING, JOB = "lamp", "update"
_ONE = {"jobId": JOB, "thingName": THING}
OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "describe_job": ("iot", {"jobId": JOB}),
    "update_job_execution": ("iot-jobs-data", {**_ONE, "status": "IN_PROGRESS"}),
}
_WARM_UP_SECONDS = 0.2
# Of servers with a log and without.
_PAIRS = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """What one server made of one operation, asked by so many connections."""

    server: str
    operation: str
    connections: int


def measure(effort: Effort) -> Findings:
    """Keep all servers busy, in turn."""
    findings = Findings()
    with ExitStack() as running:
        servers = _started(effort, findings, running)
        crowds: dict[Measured, Crowd] = {}
        for server, url in servers.items():
            _set_up(url)
            for operation, (service, members) in OPERATIONS.items():
                # Plain moto has no such operation.
                if server == MOTO and service == "iot-jobs-data":
                    continue
                request = signed(url, service, operation, **members)
                for connections in effort.clients:
                    crowds[Measured(server, operation, connections)] = Crowd(
                        url, request, connections
                    )
        for crowd in crowds.values():
            crowd.busy(_WARM_UP_SECONDS)
        bursts: dict[Measured, list[Burst]] = {measured: [] for measured in crowds}
        for _ in range(min(effort.rounds, 7)):
            # Those that are compared come right after one another.
            for measured in sorted(crowds, key=lambda each: (each.operation, each.connections)):
                bursts[measured].append(crowds[measured].busy(effort.seconds))
    rates = {
        measured: Sample.of([burst.rate for burst in found]) for measured, found in bursts.items()
    }
    _add_rows(findings, rates, effort)
    findings.add(
        "processor time of a request with its line in the log, against --quiet",
        _of_log(effort),
        bar=WITH_LOG,
    )
    findings.tables.append(_table(rates, bursts))
    findings.constants["requests_a_second"] = max(
        sample.median for measured, sample in rates.items() if measured.server == OURS
    )
    return findings


def _started(effort: Effort, findings: Findings, running: ExitStack) -> dict[str, str]:
    # ministack writes no line for each request either; what ours cost is measured by itself.
    servers = {OURS: running.enter_context(ours("--quiet"))}
    if not effort.rivals:
        findings.remarks.append("No other server was started.")
        return servers
    for name, rival in ((MOTO, moto_server), (MINISTACK, ministack)):
        try:
            servers[name], findings.versions[name] = running.enter_context(rival())
        except CannotBeHad as reason:
            findings.remarks.append(f"{name} was not measured: {reason}")
    return servers


def _set_up(url: str) -> None:
    iot: Any = boto3.client(
        "iot",
        REGION,
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    arn = iot.create_thing(thingName=THING)["thingArn"]
    iot.create_job(
        jobId=JOB,
        targets=[arn],
        document='{"firmware": "2.0"}',
        description="to the second version",
    )


def _add_rows(findings: Findings, rates: dict[Measured, Sample], effort: Effort) -> None:
    for operation in OPERATIONS:
        for rival, bar in ((MOTO, AGAINST_MOTO), (MINISTACK, AGAINST_MINISTACK)):
            for connections in effort.clients:
                theirs = rates.get(Measured(rival, operation, connections))
                if theirs is not None:
                    mine = rates[Measured(OURS, operation, connections)]
                    kept = "connection" if connections == 1 else "connections"
                    what = f"{operation} a second with {connections} {kept}, against {rival}"
                    findings.add(what, mine.over(theirs), bar=bar)


def _of_log(effort: Effort) -> Sample:
    """Return the processor time of a request that is logged, against one that is not.

    Two processes that do the same differ by some percent, by where their memory lies, so there are
    several of either kind.
    """
    pairs = 1 if effort.rounds == 1 else _PAIRS
    return Sample.of([each for _ in range(pairs) for each in _of_a_pair(effort)])


def _of_a_pair(effort: Effort) -> list[float]:
    with ExitStack() as running:
        crowds = []
        for options in ((), ("--quiet",)):
            port = free_port()
            command = [sys.executable, "-m", "moto_iot_jobs", "server", "-p", str(port), *options]
            variables = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
            process = running.enter_context(served(command, (port,), **variables))
            url = f"http://{HOST}:{port}"
            _set_up(url)
            requests = [
                signed(url, service, operation, **members)
                for operation, (service, members) in OPERATIONS.items()
            ]
            crowds.append((process.pid, [Crowd(url, request, 8) for request in requests]))
        ratios = []
        for turn in range(effort.rounds + 1):
            taken = [0.0, 0.0]
            for which in (0, 1) if turn % 2 else (1, 0):
                pid, kinds = crowds[which]
                for crowd in kinds:
                    before = processor_seconds(pid)
                    responses = len(crowd.busy(effort.seconds / 2).latencies)
                    taken[which] += (processor_seconds(pid) - before) / responses
            if turn:  # the first is for warming up
                ratios.append(taken[0] / taken[1])
        return ratios


def _table(rates: dict[Measured, Sample], bursts: dict[Measured, list[Burst]]) -> Table:
    lines = []
    for measured, sample in rates.items():
        latencies = sorted(each for burst in bursts[measured] for each in burst.latencies)
        half, late = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
        lines.append(
            (
                measured.operation,
                measured.server,
                str(measured.connections),
                number(sample.median),
                f"{number(sample.low)} to {number(sample.high)}",
                number(half * 1000),
                number(late * 1000),
            )
        )
    lines.sort(key=lambda line: (line[0], int(line[2])))
    header = (
        "operation",
        "server",
        "connections",
        "a second",
        "spread",
        "half within, ms",
        "99 % within, ms",
    )
    return Table("Servers", header, lines)
