"""The report of the contract: what the tests of a run saw, and what never; as text readable in 80
columns, and as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

WIDTH = 80
TITLE = "AWS IoT Jobs: what the tests saw"

_COLUMNS = ("QUEUED", "IN_PROGRESS", "finished")


def report(found: Mapping[str, Any]) -> str:
    """Return the coverage of the contract as text; see `recording.coverage`."""
    blocks = [
        list(_operations(found["operations"])),
        list(_moves(found["executionMoves"])),
        list(_job_moves(found["jobMoves"])),
        list(_hanging(f"never called: {', '.join(found['neverCalled'])}"))
        if found["neverCalled"]
        else [],
        [
            line
            for sentence in found["neverSeenErrors"]
            for line in _hanging(f"never seen: {sentence}")
        ],
        list(_orderable(found["operations"])),
        [
            line
            for each in found["undocumented"]
            for line in _hanging(f"seen, but not documented: {_error(each)}")
        ],
        [_summary(found["summary"])],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def write(found: Mapping[str, Any], path: Path) -> None:
    """Write the coverage of the contract as JSON."""
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _operations(operations: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    called = [each for each in operations if each["calls"]]
    if called:
        yield f"{'service':<14} {'operation':<40} {'calls':>7} {'errors seen':>14}"
    for each in called:
        seen = sum(bool(error["seen"]) for error in each["errors"])
        errors = f"{seen} of {len(each['errors'])}"
        yield f"{each['service']:<14} {each['operation']:<40} {each['calls']:>7} {errors:>14}"


def _moves(moves: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    rows: dict[str, dict[str, int]] = {}
    for move in moves:
        rows.setdefault(move["act"], {})[move["from"]] = move["seen"]
    yield f"{'what moved an execution':<43}" + "".join(f"{column:>12}" for column in _COLUMNS)
    for act, cells in rows.items():
        # Blank where the act changes nothing, or is refused.
        shown = (_count(cells[column]) if column in cells else "" for column in _COLUMNS)
        yield f"{act:<43}{''.join(f'{cell:>12}' for cell in shown)}".rstrip()


def _job_moves(moves: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield f"{'what moved a job':<43}{'seen':>12}"
    for move in moves:
        yield f"{move['act']:<43}{_count(move['seen']):>12}"


def _count(seen: int) -> str:
    return str(seen) if seen else "never"


def _orderable(operations: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The errors that no request provokes, each once with the operations that were called and
    never gave it.
    """
    missing: dict[str, list[str]] = {}
    for each in operations:
        for error in each["errors"] if each["calls"] else ():
            if error["onlyByFaults"] and not error["seen"]:
                missing.setdefault(f"{error['status']} {error['code']}", []).append(
                    each["operation"]
                )
    if missing:
        yield "never seen, though faults.inject orders them:"
    for error, names in sorted(missing.items()):
        yield from wrap(
            f"{error} of {', '.join(names)}", WIDTH, initial_indent="  ", subsequent_indent="    "
        )


def _hanging(text: str) -> Iterator[str]:
    yield from wrap(
        text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _error(each: Mapping[str, Any]) -> str:
    return f"{each['operation']} of {each['service']} refused with {each['code']}"


def _summary(summary: Mapping[str, Mapping[str, int]]) -> str:
    parts = [f"{numbers['seen']} of {numbers['of']} {name}" for name, numbers in summary.items()]
    return f"seen: {', '.join(parts)}"
