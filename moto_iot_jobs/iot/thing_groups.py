"""Changes of moto's things and groups, and their consequences for queries and jobs.

`MembershipMixin` stands in front of moto's iot backend: each method does what moto does, brings
dynamic thing groups up to date, and tells CONTINUOUS jobs which of their groups the things came
into or went out of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import backend_lock
from moto.iot.exceptions import InvalidRequestException, ResourceAlreadyExistsException
from moto.iot.models import iot_backends

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.lazy import lazy
from moto_iot_jobs.service.targets import Location

from .dynamic_groups.groups import DynamicGroups, DynamicThingGroup
from .registry import MotoThingRegistry

if TYPE_CHECKING:
    from .dynamic_groups.configuration import IndexingConfiguration
    from .dynamic_groups.query import ThingQuery

# What led to executions that came and went with members of groups.
_CAUSE = "a change of things or groups"


class MembershipMixin:
    """Things and groups of a backend of moto's iot, whose changes jobs hear of.

    Attributes:
        dynamic_groups: the groups that have a query.
    """

    things: dict[str, Any]
    thing_groups: dict[str, Any]
    iot_jobs: JobsService
    dynamic_groups: DynamicGroups
    indexing_configuration: Any
    _registry: MotoThingRegistry

    def begin_membership(self) -> None:
        """Start with the things and groups that the backend has."""
        location = self.iot_jobs.location
        vars(self).pop("indexing", None)
        self.dynamic_groups = DynamicGroups(self, location)
        for thing in self.things.values():
            self.dynamic_groups.watch(thing)
        for group in self.thing_groups.values():
            if isinstance(group, DynamicThingGroup):
                self.iot_jobs.tags.keep(group.arn, group.tags)

    @lazy
    def indexing(self) -> IndexingConfiguration:
        """The configuration of fleet indexing, which most tests never look at."""
        from .dynamic_groups.configuration import IndexingConfiguration

        return IndexingConfiguration()

    # Things

    def create_thing(self, thing_name: str, *args: Any, **kwargs: Any) -> Any:
        """As moto does.

        Shadows that the thing had already stay.
        """
        with self._changing([thing_name]):
            before = self.find_thing(thing_name)
            thing = super().create_thing(thing_name, *args, **kwargs)  # type: ignore[misc]
            if before is not None and before is not thing:
                thing.thing_shadows.update(before.thing_shadows)
            location = self.iot_jobs.location
            runtime.thing_created.send(location.account, location.region, thing)
            self.dynamic_groups.watch(thing)
            return thing

    def find_thing(self, thing_name: str) -> Any:
        """Return the thing of that name, or None."""
        return self._registry.find_thing(thing_name)

    def update_thing(self, thing_name: str, *args: Any, **kwargs: Any) -> None:
        """As moto does."""
        with self._changing([thing_name]):
            super().update_thing(thing_name, *args, **kwargs)  # type: ignore[misc]

    def delete_thing(self, thing_name: str) -> None:
        """As moto does.

        The thing is in no group any more, and what it has queued is REMOVED.
        """
        with backend_lock:
            now = runtime.clock.now()
            runtime.delivery.run_due_timers_of(
                self.iot_jobs, now, in_slices=runtime.delivery.is_serving
            )
            thing = self.find_thing(thing_name)
            super().delete_thing(thing_name)  # type: ignore[misc]
            location = self.iot_jobs.location
            runtime.thing_deleted.send(location.account, location.region, thing)
            arn = self.iot_jobs.location.arn("thing", thing_name)
            for group in self.thing_groups.values():
                group.things.pop(arn, None)
            self.iot_jobs.membership.thing_deleted(thing_name, now)
            runtime.delivery.collect(self.iot_jobs, _CAUSE)

    def shadow_changed(self, thing_name: str) -> None:
        """Update dynamic groups after one of a thing's shadows changed.

        Called only where a query looks at shadows.

        It delivers nothing, for the caller may hold the lock.
        """
        with self._changing([thing_name]):
            pass

    def connectivity_changed(self, thing_name: str) -> None:
        """Bring dynamic groups up to date after a client of a thing's name came or went."""
        if self.indexing.indexes_connectivity and any(
            group.query.looks_at_connectivity for group in self.dynamic_groups.all()
        ):
            self.shadow_changed(thing_name)

    # Members of static groups

    def add_thing_to_thing_group(
        self,
        thing_group_name: str | None,
        thing_group_arn: str | None,
        thing_name: str | None,
        thing_arn: str | None,
    ) -> None:
        """Add a thing as moto does.

        To a dynamic group it is an error.
        """
        named = (thing_group_name, thing_group_arn, thing_name, thing_arn)
        group, thing = self._identified(*named)
        self._check_static(group, "Things cannot be added to")
        with self._changing([thing], group):
            super().add_thing_to_thing_group(*named)  # type: ignore[misc]
            self._registry.note_joined(thing, group, runtime.clock.now())

    def remove_thing_from_thing_group(
        self,
        thing_group_name: str | None,
        thing_group_arn: str | None,
        thing_name: str | None,
        thing_arn: str | None,
    ) -> None:
        """Remove a thing as moto does.

        From a dynamic group it is an error.
        """
        named = (thing_group_name, thing_group_arn, thing_name, thing_arn)
        group, thing = self._identified(*named)
        self._check_static(group, "Things cannot be removed from")
        with self._changing([thing], group):
            super().remove_thing_from_thing_group(*named)  # type: ignore[misc]

    def add_thing_to_billing_group(self, *args: Any, **kwargs: Any) -> None:
        """As moto does.

        Its search takes a billing group for one of the thing's groups.
        """
        with self._changing(self._named_in(*args, **kwargs)):
            super().add_thing_to_billing_group(*args, **kwargs)  # type: ignore[misc]

    def remove_thing_from_billing_group(self, *args: Any, **kwargs: Any) -> None:
        """As moto does.

        Its search takes a billing group for one of the thing's groups.
        """
        with self._changing(self._named_in(*args, **kwargs)):
            super().remove_thing_from_billing_group(*args, **kwargs)  # type: ignore[misc]

    # Static groups

    def create_thing_group(
        self, thing_group_name: str, parent_group_name: str | None, *args: Any, **kwargs: Any
    ) -> Any:
        """As moto does.

        A dynamic group cannot be a parent, and its name is in use.
        """
        with backend_lock:
            self._check_static(parent_group_name, "Child groups cannot be created in")
            self._check_free(self.dynamic_groups.find(thing_group_name))
            created = super().create_thing_group(  # type: ignore[misc]
                thing_group_name, parent_group_name, *args, **kwargs
            )
            self._registry.note_group(self.thing_groups[created[1]])
            return created

    def update_thing_group(self, thing_group_name: str, *args: Any, **kwargs: Any) -> Any:
        """Update a group as moto does.

        For a dynamic group it is an error.
        """
        with backend_lock:
            self._check_static(thing_group_name, "UpdateThingGroup cannot update")
            return super().update_thing_group(thing_group_name, *args, **kwargs)  # type: ignore[misc]

    def delete_thing_group(self, thing_group_name: str) -> None:
        """Delete a group as moto does.

        For a dynamic group it is an error.
        """
        with backend_lock:
            self._check_static(thing_group_name, "DeleteThingGroup cannot delete")
            with self._changing(self._registry.members(thing_group_name), thing_group_name):
                before = dict(self.thing_groups)
                super().delete_thing_group(thing_group_name)  # type: ignore[misc]
                for arn in before.keys() - self.thing_groups.keys():
                    self._registry.forget_group(before[arn])

    def attach_policy(self, policy_name: str, target: str) -> None:
        """Attach a policy as moto does.

        To a dynamic group it is an error.
        """
        if ":thinggroup/" in target:
            self._check_static(target.rpartition("/")[2], "Policies cannot be attached to")
        super().attach_policy(policy_name, target)  # type: ignore[misc]

    # Dynamic groups

    def get_indexing_configuration(self) -> dict[str, Any]:
        """Return the configuration of fleet indexing."""
        return self.indexing.to_dict()

    def update_indexing_configuration(
        self, thing_indexing: dict[str, Any], thing_group_indexing: dict[str, Any]
    ) -> None:
        """Configure fleet indexing, for code that calls moto's backend."""
        try:
            self.configure_indexing(thing_indexing, thing_group_indexing)
        except InvalidRequest as error:
            raise InvalidRequestException(error.message) from None

    def configure_indexing(
        self, things: dict[str, Any] | None, groups: dict[str, Any] | None
    ) -> None:
        """Configure fleet indexing.

        It cannot be switched off while there are dynamic groups.
        """
        with backend_lock:
            self.indexing.update(things, groups, is_in_use=bool(len(self.dynamic_groups)))
            for group in self.dynamic_groups.all():
                self._find_members(group)

    def create_dynamic_thing_group(self, group: DynamicThingGroup) -> None:
        """Keep a new dynamic group and find its members."""
        with backend_lock:
            self.dynamic_groups.add(group)
            self._registry.note_group(group)
            self.iot_jobs.tags.keep(group.arn, group.tags)
            for thing in list(self.things.values()):
                self.dynamic_groups.watch(thing)
            self._find_members(group)

    def update_dynamic_thing_group(
        self, group: DynamicThingGroup, properties: dict[str, Any], query: ThingQuery | None
    ) -> int:
        """Change a dynamic group's properties and query, and return the new version."""
        with backend_lock:
            version: int = super().update_thing_group(group.thing_group_name, properties, None)  # type: ignore[misc]
            if query is not None:
                group.query = query
                self._find_members(group)
            return version

    def delete_dynamic_thing_group(self, group: DynamicThingGroup) -> None:
        """Delete a dynamic group.

        Jobs that follow it let go of its things.
        """
        with self._changing(self._registry.members(group.thing_group_name), group.thing_group_name):
            self.dynamic_groups.remove(group)
            self._registry.forget_group(group)
            self.iot_jobs.tags.drop(group.arn)

    def _find_members(self, group: DynamicThingGroup) -> None:
        with self._changing([thing.thing_name for thing in self.things.values()], queries_of=group):
            pass

    # What they have in common

    def _identified(self, *named: str | None) -> tuple[str, str]:
        group = self._identify_thing_group(*named[:2])  # type: ignore[attr-defined]
        thing = self._identify_thing(*named[2:])  # type: ignore[attr-defined]
        return group.thing_group_name, thing.thing_name

    def _named_in(
        self,
        _billing_group_name: str | None = None,
        _billing_group_arn: str | None = None,
        thing_name: str | None = None,
        thing_arn: str | None = None,
        **_billing_group: Any,
    ) -> list[str]:
        return [name for name in (thing_name or (thing_arn or "").rpartition("/")[2],) if name]

    def _check_static(self, name: str | None, problem: str) -> None:
        if self.dynamic_groups.find(name) is not None:
            raise InvalidRequestException(f"{problem} the dynamic thing group {name}.")

    def _check_free(self, group: Any) -> None:
        if group is not None:
            name = group.thing_group_name
            problem = (
                f"Thing Group {name} already exists in current account with different properties"
            )
            raise ResourceAlreadyExistsException(problem, group.thing_group_id, group.arn)

    @contextmanager
    def _changing(
        self,
        things: Iterable[str],
        group: str | None = None,
        queries_of: DynamicThingGroup | None = None,
    ) -> Iterator[None]:
        """Update jobs with the things that joined or left their groups within the block.

        Args:
            things: the names of the things that may come or go.
            group: the static or dynamic group concerned, if it is one.
            queries_of: the dynamic group whose query is another one, when it is not the things that
                change.
        """
        with backend_lock:
            now = runtime.clock.now()
            runtime.delivery.run_due_timers_of(
                self.iot_jobs, now, in_slices=runtime.delivery.is_serving
            )
            followers = self.iot_jobs.store.followers
            followed = (
                [each for each in self._registry.with_parents(group) if each in followers]
                if group
                else []
            )
            before = {thing: self._groups(thing, followed) for thing in things}
            yield
            for thing, groups in before.items():
                after = self._groups(thing, followed)
                came, went = self.dynamic_groups.evaluate(thing, queries_of)
                for each in came:
                    self._registry.note_joined(thing, each, now)
                self.iot_jobs.membership.thing_joined(thing, (after - groups) | came, now)
                self.iot_jobs.membership.thing_left(thing, (groups - after) | went, now)
            runtime.delivery.collect(self.iot_jobs, _CAUSE)

    def _groups(self, thing: str, groups: list[str]) -> set[str]:
        return {group for group in groups if self._registry.is_member(thing, group)}


def backend_of(location: Location) -> MembershipMixin:
    """Return moto's backend of an account and region."""
    backend: Any = iot_backends[location.account][location.region]
    found: MembershipMixin = backend
    return found


def presence_changed(account: str, region: str, client_id: str) -> None:
    """Notify the backend of an account and region that a client came or went."""
    backend: Any = iot_backends[account][region]
    backend.connectivity_changed(client_id)
