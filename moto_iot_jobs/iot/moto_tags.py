"""Tags of resources that moto keeps without tags: thing groups and types, billing groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.iot.responses import IoTResponse

# In ARNs, and the backend's attribute that has the resources, by ARN or by name.
_KINDS = {
    "thinggroup": "thing_groups",
    "thingtype": "thing_types",
    "billinggroup": "billing_groups",
}
_ATTRIBUTE = "iot_jobs_tags"


class MotoTaggedResources:
    """The tags of one kind of resources, which are kept at moto's resources and end with them.

    Args:
        backend: moto's.
        attribute: that of the resources, by ARN or by name.
    """

    def __init__(self, backend: Any, attribute: str) -> None:
        self._backend = backend
        self._attribute = attribute

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a resource, to be changed in place.

        None if there is no such resource.
        """
        found = self._resources.get(arn) or self._resources.get(arn.rpartition("/")[2])
        if found is None:
            return None
        tags: dict[str, str] = vars(found).setdefault(_ATTRIBUTE, {})
        return tags

    def tagged(self) -> Mapping[str, dict[str, str]]:
        """Return the tags of all resources that have any, by ARN."""
        return {
            found.arn: tags
            for found in self._resources.values()
            if (tags := vars(found).get(_ATTRIBUTE))
        }

    @property
    def _resources(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = getattr(self._backend, self._attribute)
        return found


def tagged_resources(backend: Any) -> dict[str, MotoTaggedResources]:
    """Return what moto keeps and cannot tag, by the kind in its ARN."""
    if hasattr(IoTResponse, "tag_resource"):
        return {}
    return {
        kind: MotoTaggedResources(backend, attribute)
        for kind, attribute in _KINDS.items()
        if hasattr(backend, attribute)
    }
