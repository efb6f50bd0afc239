"""The command that compares two results, and says which rows moved.

Run as `python -m benchmarks.compare BEFORE.json AFTER.json`, with files of `benchmarks/results/`. A
row has moved when its median changed by more than 3 % and the two spreads, from quartile to
quartile, do not touch. Results of two machines, or of two days, differ in times for reasons of
their own; ratios differ less.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .results import Bar, drawn, number
from .sampling import Sample

_LEAST_CHANGE = 0.03
HEADER = ("what", "before", "after", "after / before", "moved")


class Move(NamedTuple):
    """A row of two results.

    Attributes:
        moved: "better", "worse", "moved" where nothing says which way is better, or nothing.
    """

    what: str
    before: Sample
    after: Sample
    unit: str
    moved: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        unit = f" {self.unit}" if self.unit else ""
        ratio = self.after.median / self.before.median if self.before.median else float("inf")
        figures = (f"{number(each.median)}{unit}" for each in (self.before, self.after))
        return self.what, *figures, number(ratio), self.moved


def main(arguments: list[str] | None = None) -> int:
    """Compare, and print; return 1 when a row with a bar got worse."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--all", action="store_true", help="show the rows that did not move, too")
    options = parser.parse_args(arguments)
    before, after = (
        json.loads(path.read_text(encoding="utf-8")) for path in (options.before, options.after)
    )
    for run in (before, after):
        sys.stdout.write(f"{', '.join(f'{k} {v}' for k, v in run['machine'].items())}\n")
    moves = list(compared(before, after))
    shown = [each.cells for each in moves if each.moved or options.all]
    sys.stdout.write(f"\n{drawn(HEADER, shown)}\n" if shown else "\nNo row moved.\n")
    for title, one, other in (("gone", before, after), ("new", after, before)):
        for what in rows(one).keys() - rows(other).keys():
            sys.stdout.write(f"{title}: {what}\n")
    return 1 if any(each.moved == "worse" for each in moves) else 0


def rows(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rows of a result, by what was measured."""
    return {row["what"]: row for section in run["sections"].values() for row in section["rows"]}


def compared(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Move]:
    """Yield the rows that both results have."""
    known = rows(before)
    for what, row in rows(after).items():
        if what in known:
            one, other = (Sample.of(each["sample"]["rounds"]) for each in (known[what], row))
            yield Move(what, one, other, row["unit"], _moved(one, other, row["bar"]))


def _moved(before: Sample, after: Sample, bar: dict[str, Any] | None) -> str:
    change = after.median - before.median
    apart = after.low > before.high or after.high < before.low
    if not apart or abs(change) <= _LEAST_CHANGE * abs(before.median):
        return ""
    if bar is None:
        return "moved"
    return "better" if (change > 0) == Bar(**bar).at_least else "worse"


if __name__ == "__main__":
    sys.exit(main())
