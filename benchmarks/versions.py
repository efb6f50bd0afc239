"""The command that compares two checkouts of this package, in turn within each round.

Run as `python -m benchmarks.versions CHECKOUT`, with the folder of the other checkout. Two runs one
after the other tell little: the machine changes more between them than the code does. Figures are
of this checkout against the other: below 1, this one takes less.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import geometric_mean
from time import perf_counter
from typing import Any, NamedTuple

import boto3

from . import devices, serving
from .call_process import SERVICES
from .http_clients import Crowd, signed
from .mqtt_clients import Crowd as MqttCrowd
from .processes import HOST, REGION, ROOT, Child, environment, free_port, processor_seconds
from .processes import serving as served
from .results import ROW_HEADER, Bar, Findings, drawn
from .sampling import Sample

NO_WORSE = Bar(1.03)
_STORED = 100_000
_SECONDS = 0.6
_CONNECTIONS = (1, 8, 32)
_DEVICES, _REPORTERS = 500, 32
_REPORTS = f"a report, {_REPORTERS} devices"
_NOTIFICATIONS = f"a notification, {_DEVICES} devices"
_PROCESSOR, _PASSING = "processor time", "time that passes"


def main(arguments: list[str] | None = None) -> int:
    """Compare, print and keep; return 1 when something is more than 3 % worse."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.versions", description=__doc__)
    parser.add_argument("checkout", type=Path, help="the folder of the other checkout")
    parser.add_argument("sections", nargs="*", metavar="section", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args(arguments)
    other = options.checkout.resolve()
    found = {}
    for name in options.sections or SECTIONS:
        measure = SECTIONS[name]
        found[name] = measure(other, options.rounds)
        rows = drawn(ROW_HEADER, [row.cells for row in found[name].rows])
        sys.stdout.write(f"\n{name}\n{rows}\n")
        sys.stdout.flush()
    if options.json:
        run = {name: findings.as_json() for name, findings in found.items()}
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return any(row.verdict == "NO" for findings in found.values() for row in findings.rows)


def compare_calls(other: Path, rounds: int) -> Findings:
    """Compare full boto3 calls in process."""
    with ExitStack() as running:
        children = [
            running.enter_context(Child("benchmarks.call_process", "ours", root=root))
            for root in (ROOT, other)
        ]

        def time(child: Child, name: str) -> float:
            return float(child.ask("time", operation=name, calls=100))

        known = _calls_of(other)
        return _compared(children, [name for name in SERVICES if name in known], time, rounds)


def _calls_of(root: Path) -> list[str]:
    """Return the calls that a checkout can time: an older one lacks some."""
    command = [sys.executable, "-c", "from benchmarks import calls; print(*calls.SERVICES)"]
    return subprocess.check_output(command, cwd=root, env=environment(), text=True).split()


def compare_growth(other: Path, rounds: int) -> Findings:
    """Compare what operations take inside, with many executions in the store."""
    with ExitStack() as running:
        children = [
            running.enter_context(Child("benchmarks.growth_process", str(_STORED), root=root))
            for root in (ROOT, other)
        ]
        known: list[list[Any]] = [child.ask("operations") for child in children]
        inside = {name for name, can in known[0] if can} & {name for name, can in known[1] if can}

        def time(child: Child, name: str) -> float:
            return float(child.ask("time", operation=name, size=_STORED, calls=30, inside=True))

        return _compared(children, sorted(inside), time, rounds)


def compare_servers(other: Path, rounds: int) -> Findings:
    """Compare the time for each request of busy servers that write no log."""
    with ExitStack() as running:
        crowds = []
        for root in (ROOT, other):
            port = free_port()
            command = [sys.executable, "-m", "moto_iot_jobs", "server", "--port", str(port)]
            command += _quiet(root)
            running.enter_context(served(command, (port,), PYTHONPATH=str(root)))
            url = f"http://127.0.0.1:{port}"
            serving._set_up(url)
            crowds.append(_crowds(url))

        def time(each: dict[str, Crowd], name: str) -> float:
            return 1 / each[name].busy(_SECONDS).rate

        return _compared(crowds, list(crowds[0]), time, rounds)


def compare_mqtt(other: Path, rounds: int) -> Findings:
    """Compare the time for each report over MQTT, and for each notification to a crowd, of servers
    that write no log.
    """
    with ExitStack() as running:
        fleets = [_fleet(root, running) for root in (ROOT, other)]

        def time(fleet: _Fleet, name: str) -> float:
            before, began = processor_seconds(fleet.pid), perf_counter()
            if name.startswith(_REPORTS):
                messages = devices._update(fleet.few, _SECONDS) * (perf_counter() - began)
                seconds = perf_counter() - began
            else:
                seconds = devices._notify(fleet.crowd, fleet.iot, fleet.group) * 2
                messages = 2 * _DEVICES  # of the job's end, too
            if name.endswith(_PROCESSOR):
                seconds = processor_seconds(fleet.pid) - before
            return seconds / messages

        kinds = (_REPORTS, _NOTIFICATIONS)
        names = [f"{kind}, {taken}" for kind in kinds for taken in (_PROCESSOR, _PASSING)]
        return _compared(fleets, names, time, rounds)


class _Fleet(NamedTuple):
    pid: int
    iot: Any
    group: str
    crowd: MqttCrowd
    few: MqttCrowd


def _fleet(root: Path, running: ExitStack) -> _Fleet:
    """Start a server with devices that hear of their jobs, and a few that report on one."""
    http, mqtt = free_port(), free_port()
    command = [sys.executable, "-m", "moto_iot_jobs", "server", "-p", str(http)]
    command += ["--mqtt-port", str(mqtt), *_quiet(root)]
    process = running.enter_context(served(command, (http, mqtt), PYTHONPATH=str(root)))
    iot: Any = boto3.client(
        "iot",
        REGION,
        endpoint_url=f"http://{HOST}:{http}",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    names = [f"thing-{at:04}" for at in range(_DEVICES)]
    group = devices._group(iot, names)
    crowd, few = MqttCrowd(), MqttCrowd()
    for each in (crowd, few):
        running.callback(each.close)
    # Those that report hear nothing of the jobs that come and go.
    devices._connect(crowd, names, (HOST, mqtt))
    devices._subscribe(crowd)
    reporting = [f"reporter-{at}" for at in range(_REPORTERS)]
    arns = [iot.create_thing(thingName=name)["thingArn"] for name in reporting]
    iot.create_job(jobId="busy", targets=arns, document="{}")
    devices._connect(few, reporting, (HOST, mqtt))
    return _Fleet(process.pid, iot, group, crowd, few)


def _quiet(root: Path) -> list[str]:
    """Return the option by which a server writes no line for each request, where it has one."""
    command = [sys.executable, "-m", "moto_iot_jobs", "server", "--help"]
    said = subprocess.check_output(command, cwd=root, env=environment(), text=True)
    return ["--quiet"] if "--quiet" in said else []


def _crowds(url: str) -> dict[str, Crowd]:
    requests = {
        operation: signed(url, service, operation, **members)
        for operation, (service, members) in serving.OPERATIONS.items()
    }
    return {
        f"{operation}, {connections} connections": Crowd(url, request, connections)
        for operation, request in requests.items()
        for connections in _CONNECTIONS
    }


SECTIONS: dict[str, Callable[[Path, int], Findings]] = {
    "calls": compare_calls,
    "growth": compare_growth,
    "servers": compare_servers,
    "mqtt": compare_mqtt,
}


def _compared(
    pair: list[Any], names: list[str], time: Callable[[Any, str], float], rounds: int
) -> Findings:
    """Time both of a pair in turn, the first of each round being now one, now the other."""
    seconds: list[dict[str, list[float]]] = [{name: [] for name in names} for _ in pair]
    for turn in range(rounds + 1):
        for name in names:
            for which in (0, 1) if turn % 2 else (1, 0):
                taken = time(pair[which], name)
                if turn:  # the first is for warming up
                    seconds[which][name].append(taken)
    findings = Findings()
    ratios = {name: Sample.of(seconds[0][name]).over(Sample.of(seconds[1][name])) for name in names}
    rounds_of_all = zip(*(ratio.rounds for ratio in ratios.values()), strict=True)
    together = Sample.of([geometric_mean(each) for each in rounds_of_all])
    findings.add("all together", together, bar=NO_WORSE)
    for name, ratio in ratios.items():
        findings.add(name, ratio)
    return findings


if __name__ == "__main__":
    sys.exit(main())
