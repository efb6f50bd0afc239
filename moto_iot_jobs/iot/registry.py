"""moto's things and thing groups as the fleet that jobs aim at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from moto_iot_jobs.runtime.configuration import setting
from moto_iot_jobs.service.targets import Location


class MotoThingRegistry:
    """The things and groups of one of moto's iot backends, found by name without a search.

    Args:
        backend: moto's backend.
        location: partition, region and account, for ARNs.
    """

    def __init__(self, backend: Any, location: Location) -> None:
        self._backend = backend
        self._location = location
        self._arn_of_things = location.arn("thing", "")
        self._names_by_id: dict[str, str] = {}
        self._children: dict[str, dict[str, None]] = {}
        # When a thing joined a group, by their names; kept only while memberships are seen late.
        self._joined: dict[tuple[str, str], int] = {}
        for group in backend.thing_groups.values():
            self.note_group(group)

    def note_group(self, group: Any) -> None:
        """Remember a new group's id and parent."""
        self._names_by_id[group.thing_group_id] = group.thing_group_name
        if group.parent_group_name:
            self._children.setdefault(group.parent_group_name, {})[group.thing_group_name] = None

    def forget_group(self, group: Any) -> None:
        """Forget a deleted group."""
        self._names_by_id.pop(group.thing_group_id, None)
        self._children.get(group.parent_group_name, {}).pop(group.thing_group_name, None)

    def has_thing(self, thing: str) -> bool:
        """Return whether a thing of that name exists."""
        return self._thing_arn(thing) in self._backend.things

    def find_thing(self, thing: str) -> Any:
        """Return moto's thing of that name, or None."""
        return self._backend.things.get(self._thing_arn(thing))

    def group_id(self, group: str) -> str | None:
        """Return the id of the thing group of that name, or None when there is no such group."""
        found = self._group(group)
        return found.thing_group_id if found is not None else None

    def group_with_id(self, group_id: str) -> str | None:
        """Return the name of the thing group with that id, or None when there is no such group."""
        return self._names_by_id.get(group_id)

    def members(self, group: str) -> Iterable[str]:
        """Yield the names of the things in a group or below it.

        A thing that joins or leaves while they are read may be among them or not, and names may
        come twice.
        """
        for each in list(self._with_children(group)):
            yield from _names(each.things)

    def note_joined(self, thing: str, group: str, at: int) -> None:
        """Remember when a thing joined a group, if SNAPSHOT jobs see that late."""
        if _membership_delay():
            self._joined[group, thing] = at

    def settled_members(self, group: str, at: int) -> Iterable[str]:
        """Return the members of a group or below it, without those that joined too recently."""
        delay = _membership_delay()
        if not delay:
            return self.members(group)
        names: dict[str, None] = {}
        for each in self._with_children(group):
            for thing in each.things.values():
                joined = self._joined.get((each.thing_group_name, thing.thing_name))
                if joined is None or at - joined >= delay:
                    names[unquote(thing.thing_name)] = None
        return names

    def is_member(self, thing: str, group: str) -> bool:
        """Return whether a thing is in a group or below it."""
        arn = self._thing_arn(thing)
        return any(arn in each.things for each in self._with_children(group))

    def with_parents(self, group: str) -> Iterator[str]:
        """Yield the names of a group and of all groups above it."""
        found = self._group(group)
        while found is not None:
            yield found.thing_group_name
            found = self._group(found.parent_group_name) if found.parent_group_name else None

    def _thing_arn(self, name: str) -> str:
        arn = self._arn_of_things + name
        if ":" not in name or arn in self._backend.things:
            return arn
        # moto before 5.1.22 keeps names as they stood in the URL.
        return self._arn_of_things + quote(name, safe="")

    def _group(self, name: str) -> Any:
        return self._backend.thing_groups.get(self._location.arn("thinggroup", name))

    def _with_children(self, name: str) -> Iterator[Any]:
        # A stack and no recursion: moto lets groups be nested deeper than Python's calls.
        names = [name]
        while names:
            each = names.pop()
            found = self._group(each)
            if found is not None:
                yield found
            names += reversed(self._children.get(each, {}))


def _names(things: Mapping[str, Any]) -> Iterator[str]:
    try:
        for thing in things.values():
            yield unquote(thing.thing_name)
    except RuntimeError:
        # One came or went. To look for the place again and again would cost by the square.
        for thing in list(things.values()):
            yield unquote(thing.thing_name)


def _membership_delay() -> int:
    """Return the milliseconds for which SNAPSHOT jobs do not see a new membership."""
    return round(float(setting("snapshot_membership_delay") or 0) * 1000)
