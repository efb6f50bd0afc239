"""The API coverage of a test run, as text in 80 columns and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

WIDTH = 80
TITLE = "AWS IoT Jobs: API coverage"

_COLUMNS = ("QUEUED", "IN_PROGRESS", "finished")


def report(found: Mapping[str, Any]) -> str:
    """Return the result of `introspection.coverage` as text."""
    blocks = [
        list(_operations(found["operations"])),
        list(_transitions(found["executionTransitions"])),
        list(_job_transitions(found["jobTransitions"])),
        list(_neighbour_transitions(found.get("neighbourTransitions", ()))),
        list(_hanging(f"never called: {', '.join(found['neverCalled'])}"))
        if found["neverCalled"]
        else [],
        [line for text in found["neverSeenErrors"] for line in _hanging(f"never seen: {text}")],
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
    """Write the result of `introspection.coverage` as JSON."""
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _operations(operations: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    called = [each for each in operations if each["calls"]]
    if called:
        yield f"{'service':<14} {'operation':<40} {'calls':>7} {'errors seen':>14}"
    for each in called:
        seen = sum(bool(error["seen"]) for error in each["errors"])
        errors = f"{seen} of {len(each['errors'])}"
        yield f"{each['service']:<14} {each['operation']:<40} {each['calls']:>7} {errors:>14}"


def _transitions(transitions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    rows: dict[str, dict[str, int]] = {}
    for transition in transitions:
        rows.setdefault(transition["act"], {})[transition["from"]] = transition["seen"]
    yield f"{'transitions of executions':<43}" + "".join(f"{column:>12}" for column in _COLUMNS)
    for act, cells in rows.items():
        # Blank where the act changes nothing, or is an error.
        shown = (_count(cells[column]) if column in cells else "" for column in _COLUMNS)
        yield f"{act:<43}{''.join(f'{cell:>12}' for cell in shown)}".rstrip()


def _job_transitions(transitions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield f"{'transitions of jobs':<43}{'seen':>12}"
    for transition in transitions:
        yield f"{transition['act']:<43}{_count(transition['seen']):>12}"


def _neighbour_transitions(transitions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    kind = None
    for transition in transitions:
        if transition["kind"] != kind:
            kind = transition["kind"]
            yield f"{f'transitions of {kind}s':<59}{'seen':>12}"
        text = f"{transition['act']} ({transition['from']})"
        yield f"{text:<59}{_count(transition['seen']):>12}"


def _count(seen: int) -> str:
    return str(seen) if seen else "never"


def _orderable(operations: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the errors that no request provokes, with the operations that never returned them."""
    missing: dict[str, list[str]] = {}
    for each in operations:
        for error in each["errors"] if each["calls"] else ():
            if error["onlyByFaults"] and not error["seen"]:
                missing.setdefault(f"{error['status']} {error['code']}", []).append(
                    each["operation"]
                )
    if missing:
        yield "never seen, but available by faults.inject:"
    for error, names in sorted(missing.items()):
        yield from wrap(
            f"{error} of {', '.join(names)}", WIDTH, initial_indent="  ", subsequent_indent="    "
        )


def _hanging(text: str) -> Iterator[str]:
    yield from wrap(
        text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _error(each: Mapping[str, Any]) -> str:
    return f"{each['code']} of {each['operation']} ({each['service']})"


def _summary(summary: Mapping[str, Mapping[str, int]]) -> str:
    parts = [f"{numbers['seen']} of {numbers['of']} {name}" for name, numbers in summary.items()]
    return f"seen: {', '.join(parts)}"
