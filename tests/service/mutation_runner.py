"""A faster judge of the mutants that mutmut made: tests are collected once, and every mutant gets
a fork of that process.

mutmut starts pytest anew for each mutant, which takes longer than the tests. This plugin of pytest
uses the mutants, and the record of which test calls which function, that a run of mutmut left in
the folder `mutants`, and writes its verdicts where `mutmut results` and `mutmut show` find them.
How to use it stands in docs/evidence/mutation.md.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

PREFIX = "moto_iot_jobs.service."
MEMORY_BYTES = 4 << 30
# What mutmut's results mean by these.
SURVIVED, KILLED, NO_TESTS, TIMED_OUT = 0, 1, 33, 36
WORDS = {SURVIVED: "survived", KILLED: "killed", NO_TESTS: "no tests", TIMED_OUT: "timed out"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mutants")
    group.addoption(
        "--mutants",
        default="*",
        help="patterns of mutants, with commas between, such as store.*,lifecycle.*",
    )
    group.addoption(
        "--again",
        default="",
        help="only those with one of these verdicts so far, such as survived,none",
    )
    group.addoption(
        "--forks",
        type=int,
        default=os.cpu_count() or 1,
        help="how many mutants are judged at the same time",
    )


@dataclass
class Mutants:
    """The mutants of every module, their verdicts so far, and which tests call what they change."""

    verdicts: dict[str, dict[str, int | None]] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Mutants:
        """Read what mutmut left in the current folder."""
        mutants = cls()
        for path in sorted(Path("moto_iot_jobs/service").glob("*.meta")):
            mutants.verdicts[path.name.removesuffix(".py.meta")] = json.loads(path.read_text())[
                "exit_code_by_key"
            ]
        stats = json.loads(Path("mutmut-stats.json").read_text())
        mutants.tests, mutants.seconds = (
            stats["tests_by_mangled_function_name"],
            stats["duration_by_test"],
        )
        return mutants

    def chosen(self, patterns: str, again: str) -> Iterator[tuple[str, str]]:
        """Yield the module and the name of each mutant that is asked for."""
        for module, verdicts in self.verdicts.items():
            for name, verdict in verdicts.items():
                requested = any(
                    fnmatch(name.removeprefix(PREFIX), pattern) for pattern in patterns.split(",")
                )
                so_far = "none" if verdict is None else WORDS.get(verdict, "killed")
                if requested and (not again or so_far in again.split(",")):
                    yield module, name

    def write(self, module: str) -> None:
        """Put the verdicts on a module's mutants where mutmut finds them."""
        path = Path(f"moto_iot_jobs/service/{module}.py.meta")
        path.write_text(
            json.dumps(
                {**json.loads(path.read_text()), "exit_code_by_key": self.verdicts[module]},
                indent=4,
            )
        )


def function_of(mutant: str) -> str:
    return mutant.partition("__mutmut_")[0]


def run_anew(tests: str) -> None:
    """Become a new interpreter that runs a file of tests, if there is such a file."""
    if Path(tests).exists():
        os.execv(
            sys.executable,
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests],
        )


class Judge:
    """Runs the tests of mutants, each in a fork, those first that killed similar ones."""

    def __init__(self, mutants: Mutants, items: list[pytest.Item], forks: int) -> None:
        self.mutants = mutants
        self.items = {item.nodeid: item for item in items}
        self.forks = forks
        self.of_function: dict[str, Counter[str]] = defaultdict(Counter)
        self.of_module: dict[str, Counter[str]] = defaultdict(Counter)
        self.running: dict[int, tuple[str, str, int]] = {}

    def judge(self, module: str, mutant: str) -> None:
        """Start to run the tests of a mutant, once there is room."""
        while len(self.running) >= self.forks:
            self.take()
        tests = self.tests(module, mutant)
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            self.run(module, mutant, tests, writing)
        os.close(writing)
        self.running[process] = (module, mutant, reading)

    def tests(self, module: str, mutant: str) -> list[str]:
        """Return the tests that call the mutated function, the likeliest killers first, then the
        quickest.
        """
        function = function_of(mutant)
        # Tests written since mutmut ran them all may call anything.
        known = self.mutants.seconds
        calling = {test for test in self.mutants.tests.get(function, ()) if test in self.items} | (
            self.items.keys() - known
        )
        killers = [
            *self.of_function[function].most_common(8),
            *self.of_module[module].most_common(20),
        ]
        first = dict.fromkeys(test for test, _ in killers if test in calling)
        rest = sorted(
            calling - first.keys(),
            key=lambda test: (module.rstrip("s") not in test, known.get(test, 0)),
        )
        return [*first, *rest]

    def run(self, module: str, mutant: str, tests: list[str], writing: int) -> None:
        """Run the tests in this fork until one fails, and end it."""
        verdict = KILLED
        try:
            seconds = 20 + 2 * int(sum(self.mutants.seconds.get(test, 0.1) for test in tests))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os.environ["MUTANT_UNDER_TEST"] = mutant
            verdict = SURVIVED if tests else NO_TESTS
            for test, following in zip(tests, [*tests[1:], None], strict=True):
                after = self.items[following] if following else None
                if any(
                    report.failed
                    for report in runtestprotocol(self.items[test], nextitem=after, log=False)
                ):
                    os.write(writing, test.encode())
                    verdict = KILLED
                    break
            if verdict != KILLED and len(tests) < 2:
                # It may run only while its module is imported, which was long before this fork.
                run_anew(f"tests/service/test_{module}.py")
        finally:
            os._exit(verdict)

    def take(self) -> None:
        """Wait for the next verdict."""
        process, status = os.wait()
        module, mutant, reading = self.running.pop(process)
        killer = os.read(reading, 1 << 16).decode()
        os.close(reading)
        if killer:
            self.of_function[function_of(mutant)][killer] += 1
            self.of_module[module][killer] += 1
        out_of_time = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
        verdict = os.waitstatus_to_exitcode(status)
        self.mutants.verdicts[module][mutant] = (
            TIMED_OUT if out_of_time else verdict if verdict in WORDS else KILLED
        )
        self.mutants.write(module)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    mutants = Mutants.read()
    judge = Judge(mutants, session.items, session.config.getoption("--forks"))
    gc.freeze()  # so that forks share their memory for longer
    for module, mutant in list(
        mutants.chosen(session.config.getoption("--mutants"), session.config.getoption("--again"))
    ):
        judge.judge(module, mutant)
    while judge.running:
        judge.take()
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("mutants")
    total: Counter[str] = Counter()
    for module, verdicts in Mutants.read().verdicts.items():
        counts = Counter(
            "not run" if each is None else WORDS.get(each, "killed") for each in verdicts.values()
        )
        total += counts
        if counts:
            terminalreporter.write_line(row(module, counts))
    terminalreporter.write_line(row("all", total))


def row(name: str, counts: Counter[str]) -> str:
    """Return a line of the table: how many mutants, and what became of them."""
    dead = counts["killed"] + counts["timed out"]
    words = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    return (
        f"{name:<18} {counts.total():>5} "
        f" {100 * dead / (counts.total() - counts['not run'] or 1):5.1f} %  {words}"
    )
