"""What a run found: rows with the bar that each has to clear, and tables of everything behind
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .sampling import Sample


@dataclass(frozen=True, slots=True)
class Bar:
    """What is good enough: at most so much, or at least so much."""

    limit: float
    at_least: bool = False

    def is_cleared(self, value: float) -> bool:
        """Return whether a value is good enough."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table that counts.

    Attributes:
        what: what was measured.
        sample: the figure, a value for each round.
        unit: of the figure; nothing for a ratio.
        bar: what is good enough; None where nothing was promised.
    """

    what: str
    sample: Sample
    unit: str = ""
    bar: Bar | None = None

    @property
    def verdict(self) -> str:
        """Whether the bar is cleared."""
        if self.bar is None:
            return ""
        return "yes" if self.bar.is_cleared(self.sample.median) else "NO"

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the columns of the table."""
        figure, low, high = (
            number(value) for value in (self.sample.median, self.sample.low, self.sample.high)
        )
        unit = f" {self.unit}" if self.unit else ""
        spread = f"{low} to {high}" if len(self.sample.rounds) > 1 else ""
        return self.what, f"{figure}{unit}", spread, str(self.bar or ""), self.verdict


ROW_HEADER = ("what", "median", "spread", "bar", "met")


@dataclass(frozen=True, slots=True)
class Table:
    """Figures behind the rows."""

    title: str
    header: tuple[str, ...]
    lines: Sequence[tuple[str, ...]]


@dataclass(slots=True)
class Findings:
    """What one section of a run found.

    Attributes:
        versions: of the programs measured, by name.
        remarks: what was left out, and why.
        constants: figures that the simulation of large fleets is made from, by name.
    """

    rows: list[Row] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    constants: dict[str, float] = field(default_factory=dict)

    def add(self, what: str, sample: Sample, unit: str = "", bar: Bar | None = None) -> None:
        """Add a row."""
        self.rows.append(Row(what, sample, unit, bar))

    def as_json(self) -> dict[str, Any]:
        """Return everything, each row with its median and verdict."""
        return {
            **asdict(self),
            "rows": [
                {**asdict(row), "median": row.sample.median, "met": row.verdict}
                for row in self.rows
            ],
        }


def number(value: float) -> str:
    """Write a figure with three significant digits, and whole from a hundred on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def micros(seconds: float) -> str:
    """Write a duration in microseconds."""
    return number(seconds * 1e6)


def drawn(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown that can also be read as it stands."""
    widths = [max(len(line[column]) for line in [header, *lines]) for column in range(len(header))]
    rows = [header, tuple("-" * max(width, 3) for width in widths), *lines]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )
