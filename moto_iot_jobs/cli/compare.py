"""`moto-iot-jobs compare`: differences between two transcripts of the same tests."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .terminal import Terminal

Call = dict[str, Any]
_MOST = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("first", type=Path, help="a file of pytest --iot-jobs-transcript")
    parser.add_argument("second", type=Path, help="another one, of the same tests")


def run(options: argparse.Namespace) -> int:
    """Print the differences, and return the exit status: 0 for none, 1, or 2 for a bad file."""
    try:
        first, second = (_read(path) for path in (options.first, options.second))
    except (OSError, ValueError) as problem:
        print(f"moto-iot-jobs compare: {problem}", file=sys.stderr)
        return 2
    terminal = Terminal(sys.stdout)
    count = 0
    for test in first:
        if test not in second:
            continue
        lines = list(differences(first[test], second[test]))
        count += bool(lines)
        if lines:
            terminal.print(terminal.paint(test, "bold"))
            for line in lines:
                terminal.print(f"  {line}")
    both = len(first.keys() & second.keys())
    terminal.print(f"{both} tests are in both; {count} of them differ.")
    return 1 if count else 0


def differences(first: list[Call], second: list[Call]) -> Iterator[str]:
    """Compare the calls of one test, up to the first that is another call."""
    for number, (one, other) in enumerate(zip(first, second, strict=False), 1):
        what = f"call {number}, {one['operation']}"
        if one["operation"] != other["operation"]:
            yield f"{what}: here {other['operation']} was called"
            return
        for part in ("parameters", "status", "error", "response"):
            yield from (f"{what}: {each}" for each in _unlike(part, one[part], other[part]))
    if len(first) != len(second):
        yield f"{len(first)} calls against {len(second)}"


def _unlike(path: str, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            if name not in other:
                yield f"{path}.{name}: {_shown(one[name])} against nothing"
            elif name not in one:
                yield f"{path}.{name}: nothing against {_shown(other[name])}"
            else:
                yield from _unlike(f"{path}.{name}", one[name], other[name])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from _unlike(f"{path}[{number}]", *pair)
    elif one != other:
        yield f"{path}: {_shown(one)} against {_shown(other)}"


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _MOST else f"{text[:_MOST]}..."


def _read(path: Path) -> dict[str, list[Call]]:
    tests: dict[str, list[Call]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            call = json.loads(line)
            tests.setdefault(call["test"], []).append(call)
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path}, line {number}: this is no line of a transcript") from None
    return tests
