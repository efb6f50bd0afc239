"""The configuration of fleet indexing, as UpdateIndexingConfiguration has it.

Source: AWS IoT developer guide, managing-index and managing-fleet-index.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_iot_jobs.service.errors import InvalidRequest

THINGS, GROUPS = "AWS_Things", "AWS_ThingGroups"
# AWS general reference, IoT Device Management quotas.
MOST_NAMED_SHADOWS = 10

_OFF = "OFF"
# The values of each mode (botocore model). The first has to be given.
_MODES = {
    "thingIndexingMode": (_OFF, "REGISTRY", "REGISTRY_AND_SHADOW"),
    "thingConnectivityIndexingMode": (_OFF, "STATUS"),
    "deviceDefenderIndexingMode": (_OFF, "VIOLATIONS"),
    "namedShadowIndexingMode": (_OFF, "ON"),
}
_GROUP_MODES = {"thingGroupIndexingMode": (_OFF, "ON")}
_FIELD_TYPES = ("Number", "String", "Boolean")
_REGISTRY = {
    "thingName": "String",
    "thingId": "String",
    "registry.thingTypeName": "String",
    "registry.thingGroupNames": "String",
    "registry.version": "Number",
}
_SHADOW = {"shadow.version": "Number", "shadow.hasDelta": "Boolean"}
_NAMED_SHADOWS = {"shadow.name.*.version": "Number", "shadow.name.*.hasDelta": "Boolean"}
_CONNECTIVITY = {
    "connectivity.clientId": "String",
    "connectivity.disconnectReason": "String",
    "connectivity.version": "Number",
    "connectivity.timestamp": "Number",
    "connectivity.keepAliveDuration": "Number",
    "connectivity.sessionExpiry": "Number",
    "connectivity.connected": "Boolean",
    "connectivity.cleanSession": "Boolean",
}
_GROUPS = {
    "thingGroupName": "String",
    "thingGroupId": "String",
    "thingGroupDescription": "String",
    "parentGroupNames": "String",
    "version": "Number",
}


class IndexingConfiguration:
    """The configuration of one account and region.

    Everything is off at first.
    """

    def __init__(self) -> None:
        self._things: dict[str, Any] = {}
        self._groups: dict[str, Any] = {}

    def update(
        self,
        things: Mapping[str, Any] | None,
        groups: Mapping[str, Any] | None,
        *,
        is_in_use: bool,
    ) -> None:
        """Replace the configuration of things, of groups, or of both.

        The part that says which sockets are shown is kept when it is not given.

        Args:
            things, groups: as in the request.
            is_in_use: whether there are dynamic groups.

        Raises:
            InvalidRequest: a mode or field is none, the modes do not go together, or dynamic groups
                need the index.
        """
        if groups:
            _check_members("thingGroupIndexingConfiguration", groups, _GROUP_MODES)
        if things:
            new = {name: value for name, value in things.items() if value is not None}
            _check_members("thingIndexingConfiguration", new, _MODES)
            _check(new, is_in_use=is_in_use)
            _check_custom_fields(new)
            sockets = (self._things.get("filter") or {}).get("connectivity")
            if sockets and "connectivity" not in new.get("filter", {}):
                new["filter"] = {**new.get("filter", {}), "connectivity": sockets}
            self._things = new
        if groups:
            self._groups = {name: value for name, value in groups.items() if value is not None}

    @property
    def indexes_things(self) -> bool:
        """True if things are indexed."""
        return self._mode("thingIndexingMode") != _OFF

    @property
    def indexes_shadows(self) -> bool:
        """True if shadows are indexed."""
        return self._mode("thingIndexingMode") == "REGISTRY_AND_SHADOW"

    @property
    def indexes_connectivity(self) -> bool:
        """True if the connectivity of things is indexed."""
        return self._mode("thingConnectivityIndexingMode") != _OFF

    @property
    def indexes_groups(self) -> bool:
        """True if thing groups are indexed."""
        mode: str = self._groups.get("thingGroupIndexingMode", _OFF)
        return mode != _OFF

    def indexes_named_shadow(self, name: str) -> bool:
        """Tell whether a named shadow is indexed.

        Without a filter all are. That is ours: AWS indexes those that the filter names.
        """
        names = (self._things.get("filter") or {}).get("namedShadowNames")
        return self.indexes_shadows and (not names or name in names)

    def indices(self) -> list[str]:
        """Return the names of the indices that there are."""
        return [
            name
            for name, exists in ((THINGS, self.indexes_things), (GROUPS, self.indexes_groups))
            if exists
        ]

    def schema(self) -> str:
        """Return the schema of the index of things (botocore model, DescribeIndexResponse)."""
        named = self._mode("namedShadowIndexingMode") != _OFF
        if named or self._mode("deviceDefenderIndexingMode") != _OFF:
            return "MULTI_INDEXING_MODE"
        suffix = "_AND_CONNECTIVITY_STATUS" if self.indexes_connectivity else ""
        return self._mode("thingIndexingMode") + suffix

    def to_dict(self) -> dict[str, Any]:
        """Return both configurations, with the fields that AWS manages."""
        managed: dict[str, str] = {}
        if self.indexes_things:
            managed |= _REGISTRY
            managed |= _SHADOW if self.indexes_shadows else {}
            managed |= _NAMED_SHADOWS if self._mode("namedShadowIndexingMode") != _OFF else {}
            managed |= _CONNECTIVITY if self.indexes_connectivity else {}
        return {
            "thingIndexingConfiguration": {
                "customFields": [],
                "filter": {"namedShadowNames": [], "geoLocations": []},
                **dict.fromkeys(_MODES, _OFF),
                **self._things,
                "managedFields": _fields(managed),
            },
            "thingGroupIndexingConfiguration": {
                "customFields": [],
                "thingGroupIndexingMode": _OFF,
                **self._groups,
                "managedFields": _fields(_GROUPS if self.indexes_groups else {}),
            },
        }

    def _mode(self, name: str) -> str:
        mode: str = self._things.get(name, _OFF)
        return mode


def _fields(fields: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields.items()]


def _check(things: Mapping[str, Any], *, is_in_use: bool) -> None:
    if things.get("thingIndexingMode", _OFF) == _OFF:
        if is_in_use:
            raise InvalidRequest(
                "Fleet indexing cannot be disabled while there are dynamic thing groups."
            )
        for name in list(_MODES)[1:]:
            if things.get(name, _OFF) != _OFF:
                raise InvalidRequest(
                    f"{name} cannot be {things[name]} while things are not indexed."
                )
    names = (things.get("filter") or {}).get("namedShadowNames") or ()
    if len(names) > MOST_NAMED_SHADOWS:
        raise InvalidRequest(f"More than {MOST_NAMED_SHADOWS} named shadows cannot be indexed.")


def _check_members(
    where: str, given: Mapping[str, Any], modes: Mapping[str, tuple[str, ...]]
) -> None:
    """Check what the model says of a configuration, in its words."""
    first = next(iter(modes))
    if given.get(first) is None:
        _refuse("null", f"{where}.{first}", "not be null")
    allowed = {name: (given.get(name), values) for name, values in modes.items()}
    for number, field in enumerate(given.get("customFields") or (), start=1):
        allowed[f"customFields.{number}.member.type"] = field.get("type"), _FIELD_TYPES
    for name, (value, values) in allowed.items():
        if value is not None and value not in values:
            listed = ", ".join(values)
            _refuse(f"'{value}'", f"{where}.{name}", f"satisfy enum value set: [{listed}]")


def _refuse(value: str, where: str, must: str) -> None:
    raise InvalidRequest(
        f"1 validation error detected: Value {value} at '{where}' failed to satisfy constraint:"
        f" Member must {must}"
    )


def _check_custom_fields(things: Mapping[str, Any]) -> None:
    """Check that custom fields belong to what is indexed, and are not managed ones."""
    for field in things.get("customFields") or ():
        name = field.get("name") or ""
        if name in _REGISTRY or name.startswith(("registry.", "connectivity.")):
            raise InvalidRequest(f"Custom field {name} is a managed field.")
        if name.startswith("shadow.") and things["thingIndexingMode"] != "REGISTRY_AND_SHADOW":
            raise InvalidRequest(f"Custom field {name} is of shadows, which are not indexed.")
        if name in _SHADOW:
            raise InvalidRequest(f"Custom field {name} is a managed field.")
