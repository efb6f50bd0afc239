"""Checks of every constraint of the model at once.

Required members, lengths, ranges, patterns and enums.

A check takes a value, the path it stands at and the list that it adds a clause to for everything
that is broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from .deviations import ALSO_ALLOWED, CHECKED_FIRST, ENUM_ORDER
from .model import Shape
from .patterns import matcher
from .wording import clause, missing, quoting, within

Check = Callable[[Any, str, list[str]], None]

_NUMBERS = ("integer", "long", "float", "double")


class _Rule(NamedTuple):
    holds: Callable[[Any], object]
    wording: str


def checking(shape: Shape) -> Check | None:
    """Make the check of a shape.

    None if nothing can be wrong with its values.
    """
    if shape.type_name == "structure":
        return _structure(shape)
    if shape.type_name == "list":
        return _all(_own(shape), _items(shape))
    if shape.type_name == "map":
        return _all(
            _own(shape), _every(shape, shape.key, dict.keys, "Map keys"), _map_values(shape)
        )
    return _own(shape)


def _structure(shape: Shape) -> Check | None:
    members = [
        (name, within("", name), name in shape.required_members, checking(shape.members[name]))
        for name in _in_order(shape)
    ]
    members = [each for each in members if each[2] or each[3]]
    if not members:
        return None

    def check_members(value: Any, at: str, clauses: list[str]) -> None:
        for name, shown, required, check in members:
            member = value.get(name)
            if member is None:
                if required:
                    clauses.append(missing(f"{at}.{shown}" if at else shown))
            elif check:
                check(member, f"{at}.{shown}" if at else shown, clauses)

    return check_members


def _in_order(shape: Shape) -> list[str]:
    """Order the members as AWS checks them, which is not the order of the request."""
    labels = [
        name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "uri"
    ]
    first = [name for name in CHECKED_FIRST.get(shape.name, ()) if name in shape.members]
    return list(dict.fromkeys([*labels, *first, *shape.members]))


def _own(shape: Shape) -> Check | None:
    """Check the value itself, whatever is in it. A clause for each broken rule."""
    # Captured on an IoT rule's name: the pattern comes before the length.
    rules = [*_content_rules(shape), *_size_rules(shape)]
    if not rules:
        return None
    quote = quoting(shape)

    def check(value: Any, at: str, clauses: list[str]) -> None:
        for holds, wording in rules:
            if not holds(value):
                clauses.append(clause(quote(value), at, wording))

    return check


def _every(
    shape: Shape, item: Shape, items: Callable[[Any], Iterable[Any]], subject: str
) -> Check | None:
    """Check the scalars in a list or map.

    One clause for all, which quotes the whole and names every rule.
    """
    rules = [*_size_rules(item), *_content_rules(item)]
    if not rules:
        return None
    quote = quoting(shape)
    constraint = f"{subject} must satisfy constraint: [{', '.join(rule.wording for rule in rules)}]"

    def check(value: Any, at: str, clauses: list[str]) -> None:
        # Rule by rule, which are few, for the items may be many.
        if not all(all(map(rule.holds, items(value))) for rule in rules):
            clauses.append(clause(quote(value), at, constraint))

    return check


def _items(shape: Shape) -> Check | None:
    if not _is_compound(shape.member):
        return _every(shape, shape.member, iter, "Member")
    check = checking(shape.member)
    return check and _each(check, lambda value: enumerate(value, 1))


def _map_values(shape: Shape) -> Check | None:
    if not _is_compound(shape.value):
        return _every(shape, shape.value, dict.values, "Map value")
    check = checking(shape.value)
    return check and _each(check, dict.items)


def _each(check: Check, located: Callable[[Any], Iterable[tuple[object, Any]]]) -> Check:
    """Check the structures in a list or map, each at its own path."""

    def check_each(value: Any, at: str, clauses: list[str]) -> None:
        found: list[str] = []
        for location, item in located(value):
            # Paths of items are written for those that are wrong.
            check(item, "", found)
            if found:
                found.clear()
                check(item, f"{at}.{location}.member", clauses)

    return check_each


def _all(*checks: Check | None) -> Check | None:
    made = [check for check in checks if check]
    if len(made) < 2:
        return made[0] if made else None

    def check_all(value: Any, at: str, clauses: list[str]) -> None:
        for check in made:
            check(value, at, clauses)

    return check_all


def _is_compound(shape: Shape) -> bool:
    return shape.type_name in ("structure", "list", "map")


def _size_rules(shape: Shape) -> list[_Rule]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    is_number = shape.type_name in _NUMBERS
    noun = "value" if is_number else "length"
    rules = []
    if high is not None:
        rules.append(
            _Rule(
                (lambda value: value <= high) if is_number else (lambda value: len(value) <= high),
                f"Member must have {noun} less than or equal to {high}",
            )
        )
    if low is not None:
        rules.append(
            _Rule(
                (lambda value: value >= low) if is_number else (lambda value: len(value) >= low),
                f"Member must have {noun} greater than or equal to {low}",
            )
        )
    return rules


def _content_rules(shape: Shape) -> list[_Rule]:
    rules = []
    if pattern := shape.metadata.get("pattern"):
        # A pattern of a later model must not stop us from loading. All of today's are understood,
        # as the tests show.
        with suppress(re.error):
            rules.append(
                _Rule(
                    matcher(pattern, ALSO_ALLOWED.get(shape.name, "")),
                    f"Member must satisfy regular expression pattern: {pattern}",
                )
            )
    if enum := shape.metadata.get("enum"):
        order = [*ENUM_ORDER.get(shape.name, ()), *enum]
        shown = ", ".join(sorted(enum, key=order.index))
        rules.append(
            _Rule(frozenset(enum).__contains__, f"Member must satisfy enum value set: [{shown}]")
        )
    return rules
