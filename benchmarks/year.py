"""A clock that is moved by a year in one call: what each happening of that year costs.

A happening is a window that opens or closes, an execution that times out, or its retry.
"""

from __future__ import annotations

from .effort import Effort
from .processes import Child
from .results import Bar, Findings
from .sampling import Sample

EACH, LINEAR = Bar(20), Bar(1.15)
_DAYS = 365
# A year takes seconds: fewer rounds say enough.
_MOST_ROUNDS = 3
_LISTENERS = {False: "nobody listening", True: "messages and histories recorded"}


def measure(effort: Effort) -> Findings:
    """Move the clock by a year and by a quarter of it, with and without receivers of events."""
    findings = Findings()
    jobs, timers = effort.year
    rounds = min(effort.rounds, _MOST_ROUNDS)
    for listening, listeners in _LISTENERS.items():
        each: dict[int, list[float]] = {_DAYS: [], _DAYS // 4: []}
        with Child("benchmarks.year_process") as child:
            for _ in range(rounds):
                for days, seconds in each.items():
                    moved = child.ask(
                        "move", jobs=jobs, timers=timers, days=days, listening=listening
                    )
                    seconds.append(moved["seconds"] / moved["happenings"])
        samples = {days: Sample.of(seconds) for days, seconds in each.items()}
        what = f"a year in one move, {jobs:,} jobs with daily windows and {timers:,} timers"
        findings.add(f"{what}: each happening, {listeners}", samples[_DAYS].times(1e6), "µs", EACH)
        if listening:
            ratio = samples[_DAYS].over(samples[_DAYS // 4])
            findings.add(f"{what}: against a quarter of a year, {listeners}", ratio, bar=LINEAR)
    return findings
