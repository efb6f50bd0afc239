"""Tests like a user's, against the same with plain moto's mock: from the second one on, the first
one, the memory that they leave, and a run of pytest-xdist.
"""

from __future__ import annotations

import shlex
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from .effort import Effort
from .processes import PYTHON, Child, run
from .results import Bar, Findings, Table, number
from .sampling import Sample, elapsed_seconds_of

KINDS = {
    "plain": "plain mock_aws",
    "mock": "mock_iot and boto3.client",
    "beside": "boto3.client beside the fixture",
    "fixture": "the fixture's own clients",
}
BARS = {"mock": Bar(0.3), "beside": Bar(0.3), "fixture": Bar(0.12)}
_TESTS_IN_A_ROUND = 5


def measure(effort: Effort) -> Findings:
    """Time tests in four processes, in turn, and their first ones in fresh processes."""
    findings = Findings()
    firsts = {kind: _firsts(kind, effort.rounds) for kind in KINDS}
    rounds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with ExitStack() as running:
        children = {
            kind: running.enter_context(Child("benchmarks.suite_process", kind)) for kind in KINDS
        }
        for turn in range(effort.rounds + 1):
            for kind, child in children.items():
                seconds = child.ask("time", tests=_TESTS_IN_A_ROUND)
                if turn:  # the first is for warming up
                    rounds[kind].append(seconds)
        memory = {kind: child.ask("memory") for kind, child in children.items()}
    samples = {kind: Sample.of(seconds) for kind, seconds in rounds.items()}
    for kind, bar in BARS.items():
        what = f"a test with {KINDS[kind]}, from the second on, against plain mock_aws"
        findings.add(what, samples[kind].over(samples["plain"]), bar=bar)
    first = firsts["mock"].over(firsts["plain"])
    findings.add("the first test of a process, imports included, against plain mock_aws", first)
    lines = [
        (
            words,
            number(samples[kind].median * 1e3),
            number(firsts[kind].median * 1e3),
            number(memory[kind] / 1e6),
        )
        for kind, words in KINDS.items()
    ]
    header = ("a test with", "milliseconds", "the first one, imports included", "megabytes after")
    findings.tables.append(Table("Tests like a user's, processor time", header, lines))
    if find_spec("xdist") is not None:
        findings.tables.append(_with_xdist(effort))
    return findings


def _firsts(kind: str, times: int) -> Sample:
    seconds = []
    for _ in range(min(times, 5)):
        with Child("benchmarks.suite_process", kind) as child:
            seconds.append(child.ask("first"))
    return Sample.of(seconds)


_SUITE = """
import boto3, pytest
from {module} import {mock}

@pytest.mark.parametrize("number", range({tests}))
def test_of_a_user(number):
    with {mock}():
        iot, device = (boto3.client(name, "us-east-1") for name in ("iot", "iot-jobs-data"))
        thing = iot.create_thing(thingName="lamp")["thingArn"]
        iot.create_job(jobId="update", targets=[thing], document="{{}}")
        iot.describe_job(jobId="update")
"""


def _with_xdist(effort: Effort) -> Table:
    tests = 8 * effort.rounds
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "pytest.ini")
        configuration.write_text("[pytest]\n")
        for module, mock in (("moto", "mock_aws"), ("moto_iot_jobs", "mock_iot")):
            suite = Path(folder, f"test_{mock}.py")
            suite.write_text(_SUITE.format(module=module, mock=mock, tests=tests))
            command = [*PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
            command += ["-d", "--tx", f"2*popen//python={shlex.join(PYTHON)}"]
            command += ["-c", str(configuration), str(suite)]
            seconds = elapsed_seconds_of(lambda: run(command))  # noqa: B023
            lines.append((mock, number(seconds), number(seconds / tests * 1e3)))
    header = ("mock", "seconds", "milliseconds a test")
    title = f"{tests:,} such tests with pytest-xdist, two workers, once; time that passes"
    return Table(title, header, lines)
