"""A second model of shadows that shares no code and no idea with the first: a section is a flat
table of paths, each an object or a value with the time at which it was set.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

Path = tuple[str, ...]
OBJECT = object()


class NaiveSection:
    """One section: `OBJECT`, or a value and a time, by path."""

    def __init__(self) -> None:
        self.nodes: dict[Path, Any] = {}

    def forget(self, path: Path) -> None:
        for each in [each for each in self.nodes if each[: len(path)] == path]:
            del self.nodes[each]

    def apply(self, change: dict[str, Any] | None, at: int) -> None:
        if change is None:
            self.nodes.clear()
            return
        for path, value in walk((), change):
            parent = path[:-1]
            if parent and self.nodes.get(parent) is not OBJECT:
                continue  # it was not created, for it held nothing but nulls
            if value is None:
                self.forget(path)
            elif not isinstance(value, dict):
                self.forget(path)
                self.nodes[path] = (value, at)
            elif self.nodes.get(path) is not OBJECT and (path in self.nodes or something(value)):
                self.forget(path)
                self.nodes[path] = OBJECT

    def state(self) -> dict[str, Any]:
        return tree({path: {} if node is OBJECT else node[0] for path, node in self.nodes.items()})

    def metadata(self) -> dict[str, Any]:
        return tree(
            {path: {} if node is OBJECT else ages(*node) for path, node in self.nodes.items()}
        )

    def beyond(self, reported: NaiveSection) -> tuple[dict[str, Any], dict[str, Any]]:
        """The delta and its metadata."""
        missing = {
            path: node
            for path, node in self.nodes.items()
            if self.is_end(path) and not reported.agrees(path, node)
        }
        values = {path: {} if node is OBJECT else node[0] for path, node in missing.items()}
        when = {path: {} if node is OBJECT else ages(*node) for path, node in missing.items()}
        return tree(values), tree(when)

    def is_end(self, path: Path) -> bool:
        if self.nodes[path] is not OBJECT:
            return True
        return not any(len(each) > len(path) and each[: len(path)] == path for each in self.nodes)

    def agrees(self, path: Path, node: Any) -> bool:
        if path not in self.nodes:
            return False
        mine = self.nodes[path]
        if node is OBJECT or mine is OBJECT:
            return node is mine
        return bool(canonical(mine[0]) == canonical(node[0]))


class NaiveShadow:
    """A whole shadow."""

    def __init__(self) -> None:
        self.version = 0
        self.sections = {"desired": NaiveSection(), "reported": NaiveSection()}

    def update(self, state: dict[str, Any] | None, at: int) -> None:
        self.version += 1
        for name, section in self.sections.items():
            if state is None:
                section.apply(None, at)
            elif name in state:
                section.apply(state[name], at)

    def shown(self) -> dict[str, Any]:
        """State and metadata as GetThingShadow shows them."""
        delta, when = self.sections["desired"].beyond(self.sections["reported"])
        state = {name: section.state() for name, section in self.sections.items()}
        metadata = {name: section.metadata() for name, section in self.sections.items()}
        state["delta"], metadata["delta"] = delta, when
        present = [name for name, values in state.items() if values]
        return {
            "state": {name: state[name] for name in present},
            "metadata": {name: metadata[name] for name in present},
            "version": self.version,
        }


def walk(path: Path, change: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Every member of a change, outer ones first."""
    for name, value in change.items():
        yield (*path, name), value
        if isinstance(value, dict):
            yield from walk((*path, name), value)


def something(value: dict[str, Any]) -> bool:
    """Whether an object holds more than nulls; one that was sent empty counts."""
    ends = [each for _, each in walk((), value) if each == {} or not isinstance(each, dict)]
    return not value or any(each is not None for each in ends)


def tree(values: dict[Path, Any]) -> dict[str, Any]:
    """Nested objects of paths."""
    root: dict[str, Any] = {}
    for path in sorted(values, key=len):
        at = root
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = dict(values[path]) if isinstance(values[path], dict) else values[path]
    return root


def ages(value: Any, at: int) -> Any:
    if isinstance(value, list):
        return [ages(each, at) for each in value]
    if isinstance(value, dict):
        return {name: ages(each, at) for name, each in value.items()}
    return {"timestamp": at}


def canonical(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return ("word", str(value))
    if isinstance(value, int | float):
        return ("number", Fraction(value))
    if isinstance(value, list):
        return ("array", tuple(map(canonical, value)))
    if isinstance(value, dict):
        return ("object", frozenset((name, canonical(each)) for name, each in value.items()))
    return ("text", value)
