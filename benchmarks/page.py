"""Puts what was found into the manual: tables of docs/evidence/benchmarks.md, and figures of
docs/evidence/scale.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .compare import rows
from .results import ROW_HEADER, Findings, Row, drawn, number
from .scale import Constants, tables

DOCS = Path(__file__).parents[1] / "docs"


def write(
    run: dict[str, Any], found: dict[str, Findings], before: dict[str, Any] | None = None
) -> None:
    """Replace what stands between the marks of both pages.

    Args:
        run: the machine, and when.
        found: what was found.
        before: the result before, which stands beside it.
    """
    replace(DOCS / "evidence" / "benchmarks.md", "results", results(run["machine"], found, before))
    constants = Constants.of(
        {name: value for findings in found.values() for name, value in findings.constants.items()}
    )
    replace(DOCS / "evidence" / "scale.md", "figures", tables(constants))


def replace(path: Path, name: str, text: str) -> None:
    """Replace what stands between the two marks of a name.

    Raises ValueError when they are not there.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = path.read_text(encoding="utf-8")
    written, count = re.subn(
        f"{begin}\n.*?{end}", lambda _: f"{begin}\n\n{text}\n\n{end}", page, flags=re.DOTALL
    )
    if count != 1:
        raise ValueError(f"{path.name} has not one part between {begin} and {end}")
    path.write_text(written, encoding="utf-8")


def results(
    machine: dict[str, Any], found: dict[str, Findings], before: dict[str, Any] | None = None
) -> str:
    """Return what was found, as Markdown, with the medians of the result before beside it."""
    versions = {
        name: version for findings in found.values() for name, version in findings.versions.items()
    }
    parts = [
        (
            f"Measured on {machine['date']} in {machine['seconds'] / 60:.0f} minutes with"
            f" {machine['python']} on {machine['system']}, {machine['processor']},"
            f" {machine['cores']} cores, {machine['gigabytes']} GB, load {machine['load']}."
            f"\nVersions: {', '.join(f'{name} {version}' for name, version in versions.items())}."
        ),
        _rows([row for findings in found.values() for row in findings.rows], before),
    ]
    for findings in found.values():
        parts += findings.remarks
        for table in findings.tables:
            parts += [f"### {table.title}", drawn(table.header, table.lines)]
    return "\n\n".join(parts)


def _rows(found: list[Row], before: dict[str, Any] | None) -> str:
    if before is None:
        return drawn(ROW_HEADER, [row.cells for row in found])
    known = rows(before)
    lines = []
    for row in found:
        what, median, *others = row.cells
        unit = f" {row.unit}" if row.unit else ""
        was = f"{number(known[what]['median'])}{unit}" if what in known else ""
        lines.append((what, was, median, *others))
    return drawn((ROW_HEADER[0], before["machine"]["date"], *ROW_HEADER[1:]), lines)
