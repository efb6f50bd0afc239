"""Wording of the constraints that a request breaks (captured)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Shape

UNQUOTED = "Value"


def message(clauses: list[str]) -> str:
    """Join the clauses of one error."""
    errors = "error" if len(clauses) == 1 else "errors"
    return f"{len(clauses)} validation {errors} detected: {'; '.join(clauses)}"


def clause(value: str, at: str, constraint: str) -> str:
    """Word one broken constraint.

    Args:
        value: as `quoting` writes it, such as ``Value 'NONE'``.
        at: path of the member, such as ``abortConfig.criteriaList.1.member.action``.
        constraint: such as ``Member must satisfy enum value set: [CANCEL]``.
    """
    return f"{value} at '{at}' failed to satisfy constraint: {constraint}"


def missing(at: str) -> str:
    """Word the lack of a required member."""
    return clause("Value null", at, "Member must not be null")


def within(at: str, member: str) -> str:
    """Return the path of a structure's member.

    AWS writes ``tags.1.member.key`` of what the model calls ``Key``.
    """
    name = member[0].lower() + member[1:]
    return f"{at}.{name}" if at else name


def quoting(shape: Shape) -> Callable[[Any], str]:
    """Make the function that quotes a shape's values in a clause."""
    if shape.type_name == "map" and shape.key.metadata.get("enum"):
        # Captured on UpdateEventConfigurations: a map by the values of an enum is not quoted.
        return lambda _: UNQUOTED
    show = _showing(shape)
    return lambda value: f"Value '{show(value)}'"


def _showing(shape: Shape) -> Callable[[Any], str]:
    """Make the function that prints a shape's values as Java does."""
    if shape.type_name == "structure":
        return _showing_structure(shape)
    if shape.type_name == "list":
        item = _showing(shape.member)
        return lambda value: f"[{', '.join(map(item, value))}]"
    if shape.type_name == "map":
        item = _showing(shape.value)
        return lambda value: (
            "{" + ", ".join(f"{key}={item(each)}" for key, each in value.items()) + "}"
        )
    if shape.type_name == "boolean":
        return lambda value: str(value).lower()
    return str


def _showing_structure(shape: Shape) -> Callable[[Any], str]:
    name = shape.name
    members = [(member, _showing(of)) for member, of in shape.members.items()]

    def show(value: Any) -> str:
        shown = (
            f"{member}={'null' if value.get(member) is None else of(value[member])}"
            for member, of in members
        )
        return f"{name}({', '.join(shown)})"

    return show
