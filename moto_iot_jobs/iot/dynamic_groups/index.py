"""Things and groups as fleet indexing sees them: values by field, and a search's documents.

Dynamic groups and SearchIndex look at the same values. Needed only where there is a query;
a mock that has one imports it then, and with it the language of queries.

Source: AWS IoT developer guide, managing-index.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .configuration import IndexingConfiguration
from .query import CONNECTIVITY, GROUP_NAMES, SHADOW, Values

Connectivity = dict[str, Any]


class IndexedThing:
    """A thing as fleet indexing sees it.

    Args:
        thing: moto's.
        groups: gives the names of the groups that it is in.
        configuration: what is indexed.
        connectivity: what is known of its connection; None where that is not indexed.
    """

    def __init__(
        self,
        thing: Any,
        groups: Callable[[], Iterable[str]],
        configuration: IndexingConfiguration,
        connectivity: Connectivity | None = None,
    ) -> None:
        self._thing = thing
        self._groups = groups
        self._configuration = configuration
        self._connectivity = connectivity

    def values(self, name: str | None) -> Iterable[object]:
        """Return the values of a field.

        Of None, those of all fields.
        """
        if name is None:
            return self._all_values()
        if name.startswith("attributes."):
            return _leaves(self._thing.attributes.get(name.partition(".")[2]))
        if name.startswith(SHADOW):
            return self._shadow_values(name[len(SHADOW) :])
        if name.startswith(CONNECTIVITY):
            return _leaves((self._connectivity or {}).get(name.partition(".")[2]))
        return self._groups() if name == GROUP_NAMES else _leaves(self._registered()[name])

    def document(self) -> dict[str, Any]:
        """Return what SearchIndex shows of the thing."""
        shadow = self._shadow_document() if self._configuration.indexes_shadows else {}
        return {
            **self._registered(),
            "thingGroupNames": list(self._groups()),
            "attributes": dict(self._thing.attributes),
            # Without a shadow that is indexed there is no such member.
            "shadow": json.dumps(shadow) if shadow else None,
            "connectivity": self._connectivity,
        }

    def _registered(self) -> dict[str, str | None]:
        kind = self._thing.thing_type
        return {
            "thingName": self._thing.thing_name,
            "thingId": self._thing.thing_id,
            "thingTypeName": kind.thing_type_name if kind else None,
        }

    def _all_values(self) -> Iterator[object]:
        yield from _leaves(self._registered())
        yield from self._groups()
        yield from _leaves(self._thing.attributes)
        for _, shadow in self._shadows():
            yield from _leaves(shadow.to_dict().get("state"))
        yield from _leaves(self._connectivity)

    def _shadows(self) -> Iterator[tuple[str | None, Any]]:
        """Yield the shadows that are indexed, the classic one under None."""
        for name, shadow in self._thing.thing_shadows.items():
            indexed = self._configuration
            is_indexed = indexed.indexes_named_shadow(name) if name else indexed.indexes_shadows
            if is_indexed and not shadow.deleted:
                yield name, shadow

    def _shadow_values(self, path: str) -> Iterator[object]:
        parts = path.split(".")
        name = parts[1] if parts[0] == "name" else None
        section, *keys = parts[2:] if name else parts
        for each, shadow in self._shadows():
            if each == name:
                whole = shadow.to_dict()
                state = whole.get("state") or {}
                if section == "hasDelta":
                    yield "delta" in state
                    return
                within = whole.get("metadata") if section == "metadata" else state.get(section)
                yield from _leaves(_within(within, keys))

    def _shadow_document(self) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        names: dict[str, Any] = {}
        for name, shadow in self._shadows():
            whole = shadow.to_dict()
            state, metadata = whole.get("state") or {}, whole.get("metadata") or {}
            sections = [section for section in ("desired", "reported") if section in state]
            document = {
                **{section: state[section] for section in sections},
                "metadata": {section: metadata.get(section, {}) for section in sections},
                "hasDelta": "delta" in state,
                "version": shadow.version,
            }
            if name:
                names[name] = document
            else:
                shown |= document
        return {**shown, **({"name": names} if names else {})}


def group_values(group: Any) -> Values:
    """Return what gives the values of a thing group by the name of a field."""
    document = group_document(group)

    def values(name: str | None) -> Iterable[object]:
        if name is None:
            return _leaves(document)
        if name.startswith("attributes."):
            return _leaves(document["attributes"].get(name.partition(".")[2]))
        return _leaves(document[name])

    return values


def group_document(group: Any) -> dict[str, Any]:
    """Return what SearchIndex shows of a thing group."""
    properties = group.thing_group_properties or {}
    parents = [each["groupName"] for each in group.metadata.get("rootToParentThingGroups", ())]
    return {
        "thingGroupName": group.thing_group_name,
        "thingGroupId": group.thing_group_id,
        "thingGroupDescription": properties.get("thingGroupDescription"),
        "attributes": dict((properties.get("attributePayload") or {}).get("attributes") or {}),
        "parentGroupNames": parents,
    }


def _within(value: Any, keys: list[str]) -> Any:
    """Return what stands below a path.

    A name with dots is the same as nested ones.
    """
    if not keys:
        return value
    if not isinstance(value, dict):
        return None
    for length in range(1, len(keys) + 1):
        found = value.get(".".join(keys[:length]))
        if found is not None:
            below = _within(found, keys[length:])
            if below is not None:
                return below
    return None


def _leaves(value: object) -> Iterator[object]:
    """Yield simple values.

    An array that holds more than those is not indexed.
    """
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        if not any(isinstance(member, dict | list) for member in value):
            yield from (member for member in value if member is not None)
    elif value is not None:
        yield value
