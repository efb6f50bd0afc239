"""The things of a fleet, and the group that makes them targets of a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.service.suggestions import suggestion

from .https import client, direct_is_possible

MOST_TARGETS = 100
"""Most targets that CreateJob takes (AWS IoT quotas)."""


class Things:
    """Things, and the group that they are in if they are many, in one account and region.

    Args:
        names: their names.
        region, account: theirs.
        group: the name of their group; by default they have one only if they are too many to be
            targets themselves.
    """

    def __init__(self, names: Sequence[str], region: str, account: str, group: str | None) -> None:
        self.names = tuple(names)
        self._region, self._account = region, account
        self.iot: Any = client("iot", region, account)
        self.group = group if group is not None or len(names) <= MOST_TARGETS else "fleet"

    def create(self) -> None:
        """Create those that do not exist yet."""
        backend = self._backend()
        for name in self.names:
            if not self._exists(name):
                if backend is None:
                    self.iot.create_thing(thingName=name)
                else:
                    with backend_lock:
                        backend.create_thing(name, None, None)

    def check(self) -> None:
        """Raise LookupError for the first that does not exist."""
        for name in self.names:
            if not self._exists(name):
                known = [
                    each["thingName"] for each in self.iot.list_things(maxResults=250)["things"]
                ]
                raise LookupError(
                    f"There is no thing {name!r} in {self._region}.{suggestion(name, known)}"
                    f" Create it first, iot.create_thing(thingName={name!r}), or give the fleet a"
                    " number, and it creates things itself."
                )

    def targets(self) -> list[str]:
        """Return the ARNs for CreateJob: the things', or that of their group, which is made now."""
        if self.group is None:
            return [self.iot.describe_thing(thingName=name)["thingArn"] for name in self.names]
        arn: str = self.iot.create_thing_group(thingGroupName=self.group)["thingGroupArn"]
        backend = self._backend()
        for name in self.names:
            if backend is None:
                self.iot.add_thing_to_thing_group(thingGroupName=self.group, thingName=name)
            else:
                # By ARN, for moto finds names by a search among all things.
                with backend_lock:
                    backend.add_thing_to_thing_group(
                        self.group, None, None, backend.iot_jobs.location.arn("thing", name)
                    )
        return [arn]

    def delete_group(self) -> None:
        """Delete the group that `targets` made, if they have one."""
        if self.group is not None:
            self.iot.delete_thing_group(thingGroupName=self.group)

    def _exists(self, name: str) -> bool:
        backend = self._backend()
        if backend is not None:
            with backend_lock:
                return bool(backend.iot_jobs.store.registry.has_thing(name))
        try:
            self.iot.describe_thing(thingName=name)
        except self.iot.exceptions.ResourceNotFoundException:
            return False
        return True

    def _backend(self) -> Any:
        """Return moto's backend, ten times as fast as clients, or None where it is out of reach."""
        if not direct_is_possible():
            return None
        return iot_backends[self._account][self._region]
