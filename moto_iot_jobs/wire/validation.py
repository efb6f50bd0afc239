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

from moto_iot_jobs.service.lazy import lazy

from .deviations import ALSO_ALLOWED, CHECKED_FIRST, ENUM_ORDER
from .model import Shape
from .parsing import as_is
from .patterns import matcher
from .wording import clause, missing, quoting, within

Check = Callable[[Any, str, list[str]], None]

_NUMBERS = ("integer", "long", "float", "double")


class _Rule(NamedTuple):
    holds: Callable[[Any], object]
    wording: str


class _Rules:
    """The rules of a value itself, whatever is in it.

    They are compiled for the first value.

    Args:
        shape: of the value. Nothing of it is kept but the traits that are rules.
    """

    def __init__(self, shape: Shape) -> None:
        self._is_number = shape.type_name in _NUMBERS
        self._low: Any = shape.metadata.get("min")
        self._high: Any = shape.metadata.get("max")
        self._pattern: str | None = shape.metadata.get("pattern")
        self._also_allowed = ALSO_ALLOWED.get(shape.name, "")
        self._enum: list[str] = shape.metadata.get("enum") or []
        self._enum_order = ENUM_ORDER.get(shape.name, ())

    def __bool__(self) -> bool:
        return bool(self._pattern or self._enum) or (self._low, self._high) != (None, None)

    @lazy
    def all_hold(self) -> Callable[[Any], object]:
        """A test of all rules at once: of a text with a pattern, a single match."""
        if self._pattern and not self._enum:
            with suppress(re.error):
                return matcher(self._pattern, self._also_allowed, self._low or 0, self._high)
        rules = [*self.contents, *self.sizes]
        if len(rules) == 1:
            return rules[0].holds
        return lambda value: all(rule.holds(value) for rule in rules)

    @lazy
    def sizes(self) -> list[_Rule]:
        """The rules of length or range."""
        low, high = self._low, self._high
        noun = "value" if self._is_number else "length"
        measure: Callable[[Any], Any] = as_is if self._is_number else len
        rules = []
        if high is not None:
            wording = f"Member must have {noun} less than or equal to {high}"
            rules.append(_Rule(lambda value: measure(value) <= high, wording))
        if low is not None:
            wording = f"Member must have {noun} greater than or equal to {low}"
            rules.append(_Rule(lambda value: measure(value) >= low, wording))
        return rules

    @lazy
    def contents(self) -> list[_Rule]:
        """The rules of pattern and enum."""
        rules = []
        if pattern := self._pattern:
            # A pattern of a later model must not stop us from working. All of today's are
            # understood, as the tests show.
            with suppress(re.error):
                rules.append(
                    _Rule(
                        matcher(pattern, self._also_allowed),
                        f"Member must satisfy regular expression pattern: {pattern}",
                    )
                )
        if self._enum:
            order = [*self._enum_order, *self._enum]
            shown = ", ".join(sorted(self._enum, key=order.index))
            rules.append(
                _Rule(
                    frozenset(self._enum).__contains__,
                    f"Member must satisfy enum value set: [{shown}]",
                )
            )
        return rules


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
    rules = _Rules(shape)
    if not rules:
        return None
    quote = quoting(shape)

    def check(value: Any, at: str, clauses: list[str]) -> None:
        if not rules.all_hold(value):
            # Captured on an IoT rule's name: the pattern comes before the length.
            for holds, wording in (*rules.contents, *rules.sizes):
                if not holds(value):
                    clauses.append(clause(quote(value), at, wording))

    return check


def _every(
    shape: Shape, item: Shape, items: Callable[[Any], Iterable[Any]], subject: str
) -> Check | None:
    """Check the scalars in a list or map.

    One clause for all, which quotes the whole and names every rule.
    """
    rules = _Rules(item)
    if not rules:
        return None
    quote = quoting(shape)

    def check(value: Any, at: str, clauses: list[str]) -> None:
        if not all(map(rules.all_hold, items(value))):
            wordings = ", ".join(rule.wording for rule in (*rules.sizes, *rules.contents))
            constraint = f"{subject} must satisfy constraint: [{wordings}]"
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


def _each(check: Check, placed: Callable[[Any], Iterable[tuple[object, Any]]]) -> Check:
    """Check the structures in a list or map, each at its own path."""

    def check_each(value: Any, at: str, clauses: list[str]) -> None:
        found: list[str] = []
        for place, item in placed(value):
            # Paths of items are written for those that are wrong.
            check(item, "", found)
            if found:
                found.clear()
                check(item, f"{at}.{place}.member", clauses)

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
