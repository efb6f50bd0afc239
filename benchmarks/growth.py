"""What an operation costs when there is much in the store: the same, for every operation of both
planes.
"""

from __future__ import annotations

from .effort import Effort
from .processes import Child
from .results import Bar, Findings, Table, micros, number
from .sampling import Sample

GROWTH = Bar(1.15)
_MOST_CALLS = 12
_Samples = dict[tuple[str, int], Sample]


def measure(effort: Effort) -> Findings:
    """Time every operation in stores of all sizes, in turn."""
    findings = Findings()
    sizes = effort.stored
    with Child("benchmarks.growth_process", *map(str, sizes)) as child:
        operations: list[tuple[str, bool]] = [tuple(each) for each in child.ask("operations")]
        built = child.ask("built")
        whole = _time(child, [name for name, _ in operations], effort, inside=False)
        inside = _time(child, [name for name, known in operations if known], effort, inside=True)
    least, most = sizes[0], sizes[-1]
    ratios = {name: whole[name, most].over(whole[name, least]) for name, _ in operations}
    # Of so many, one always meets a busy moment of the machine: the least times are compared, which
    # are those of the operation.
    grown = {name: whole[name, most].least / whole[name, least].least for name in ratios}
    worst = max(grown, key=lambda name: grown[name])
    against = f"with {most:,} executions in the store against {least:,}"
    findings.add(
        f"the slowest to grow of {len(operations)} operations ({worst}), least times, {against}",
        Sample.of([grown[worst]]),
        bar=GROWTH,
    )
    middle = Sample.of(
        [_middle([ratios[name].rounds[turn] for name in ratios]) for turn in range(effort.rounds)]
    )
    findings.add(f"all operations in the middle, {against}", middle, bar=GROWTH)
    findings.tables.append(
        _table("Full boto3 calls by executions in the store, microseconds", whole, sizes)
    )
    title = "The same inside: from a request's members to an answer's, microseconds"
    findings.tables.append(_table(title, inside, sizes))
    lines = [
        (f"{each['executions']:,}", number(each["seconds"]), f"{each['bytes'] / 1e6:,.0f}")
        for each in built
    ]
    header = ("executions", "seconds to fill", "megabytes resident, things included")
    findings.tables.append(Table("The stores", header, lines))
    return findings


def _time(child: Child, names: list[str], effort: Effort, *, inside: bool) -> _Samples:
    rounds: dict[tuple[str, int], list[float]] = {
        (name, size): [] for name in names for size in effort.stored
    }
    for turn in range(effort.rounds + 1):
        for name, size in rounds:
            seconds = child.ask(
                "time",
                operation=name,
                size=size,
                calls=min(effort.calls, _MOST_CALLS),
                inside=inside,
            )
            if turn:  # the first is for warming up
                rounds[name, size].append(seconds)
    return {each: Sample.of(seconds) for each, seconds in rounds.items()}


def _middle(ratios: list[float]) -> float:
    return Sample.of(ratios).median


def _table(title: str, samples: _Samples, sizes: tuple[int, ...]) -> Table:
    lines = []
    for name in dict.fromkeys(name for name, _ in samples):
        ratio = samples[name, sizes[-1]].over(samples[name, sizes[0]])
        figures = [micros(samples[name, size].median) for size in sizes]
        lines.append(
            (name, *figures, number(ratio.median), f"{number(ratio.low)} to {number(ratio.high)}")
        )
    return Table(title, ("operation", *(f"{size:,}" for size in sizes), "ratio", "spread"), lines)
