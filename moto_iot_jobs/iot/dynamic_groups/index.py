"""A thing as fleet indexing sees it: what it has in the fields that a query can name.

Needed only where there are dynamic groups; `dynamic_groups` imports it then, and with it the
language of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .query import GROUP_NAMES, SHADOW, Values


def values_of(thing: Any, groups: Callable[[], Iterable[str]]) -> Values:
    """Return what gives a thing's values by the name of a field; of None, those of all fields.

    Args:
        thing: moto's.
        groups: gives the names of the groups that it is in.
    """

    def values(name: str | None) -> Iterable[object]:
        if name is None:
            return _all_values(thing, groups)
        if name.startswith("attributes."):
            return _leaves(thing.attributes.get(name.partition(".")[2]))
        if name.startswith(SHADOW):
            return _shadow_values(thing.thing_shadows, name[len(SHADOW) :])
        return groups() if name == GROUP_NAMES else _leaves(_registered(thing)[name])

    return values


def _registered(thing: Any) -> dict[str, str | None]:
    kind = thing.thing_type
    return {
        "thingName": thing.thing_name,
        "thingId": thing.thing_id,
        "thingTypeName": kind.thing_type_name if kind else None,
    }


def _all_values(thing: Any, groups: Callable[[], Iterable[str]]) -> Iterator[object]:
    yield from _leaves(_registered(thing))
    yield from groups()
    yield from _leaves(thing.attributes)
    for shadow in thing.thing_shadows.values():
        yield from _leaves(shadow.to_dict().get("state"))


def _shadow_values(shadows: dict[str | None, Any], path: str) -> Iterator[object]:
    parts = path.split(".")
    shadow = shadows.get(parts[1]) if parts[0] == "name" else shadows.get(None)
    if shadow is None or shadow.deleted:
        return
    within: Any = shadow.to_dict()
    state = within.get("state") or {}
    section, *keys = parts[2:] if parts[0] == "name" else parts
    if section == "hasDelta":
        yield "delta" in state
        return
    within = within.get("metadata") if section == "metadata" else state.get(section)
    for key in keys:
        within = within.get(key) if isinstance(within, dict) else None
    yield from _leaves(within)


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    elif value is not None:
        yield value
