"""Dynamic thing groups: their members are the things that a query finds.

moto has none.

A dynamic group is one of moto's groups with a query, in moto's own store, so that everything of
moto that reads groups sees it. Its members are kept, not searched for: when a thing changes, that
thing is evaluated again.

Source: AWS IoT developer guide, dynamic-thing-groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from moto.iot.models import FakeThingGroup

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.targets import Location

if TYPE_CHECKING:
    from .index import IndexedThing
    from .query import ThingQuery

INDEX = "AWS_Things"
QUERY_VERSION = "2017-09-30"

# AWS general reference, IoT Device Management quotas; neither can be raised.
MOST_DYNAMIC_GROUPS = 100
MOST_GROUPS_OF_A_THING = 10


class DynamicThingGroup(FakeThingGroup):
    """A thing group with a query.

    Attributes:
        query: what finds its members.
        tags: as given at creation.
    """

    def __init__(
        self,
        name: str,
        query: ThingQuery,
        properties: dict[str, Any],
        tags: dict[str, str],
        account: str,
        region: str,
    ) -> None:
        no_parent: Any = None
        super().__init__(name, no_parent, properties, account, region, {})
        self.query = query
        self.tags = tags

    def to_dict(self) -> dict[str, Any]:
        """Return the group as DescribeThingGroup shows it.

        Members are found at once, so that the group is never seen building.
        """
        return {
            **super().to_dict(),
            "indexName": INDEX,
            "queryString": self.query.text,
            "queryVersion": QUERY_VERSION,
            "status": "ACTIVE",
        }


class DynamicGroups:
    """The dynamic groups of one of moto's iot backends, oldest first.

    Args:
        backend: moto's backend.
        location: partition, region and account, for ARNs.
    """

    def __init__(self, backend: Any, location: Location) -> None:
        self._backend = backend
        self._location = location
        self._groups: dict[str, DynamicThingGroup] = {}
        for group in backend.thing_groups.values():
            if isinstance(group, DynamicThingGroup):
                self._groups[group.thing_group_name] = group

    def __len__(self) -> int:
        return len(self._groups)

    def all(self) -> list[DynamicThingGroup]:
        """Return the groups, oldest first."""
        return list(self._groups.values())

    def indexed(self, thing: Any) -> IndexedThing:
        """Return a thing as fleet indexing sees it."""
        # Imported late: most tests have no queries.
        from .index import IndexedThing

        arn = self._location.arn("thing", thing.thing_name)
        return IndexedThing(
            thing,
            lambda: self._names_of_groups_of(arn, thing),
            self._backend.indexing,
            self._connectivity(thing.thing_name),
        )

    def _connectivity(self, thing_name: str) -> dict[str, Any] | None:
        if not self._backend.indexing.indexes_connectivity:
            return None
        return runtime.presence.of(self._location.account, self._location.region, thing_name)

    def find(self, name: str | None) -> DynamicThingGroup | None:
        """Return the dynamic group of that name, or None when there is no group or a static one."""
        return self._groups.get(name or "")

    def add(self, group: DynamicThingGroup) -> None:
        """Keep a new group, in moto's store too."""
        self._backend.thing_groups[group.arn] = group
        self._groups[group.thing_group_name] = group

    def remove(self, group: DynamicThingGroup) -> None:
        """Forget a group, in moto's store too."""
        del self._backend.thing_groups[group.arn]
        del self._groups[group.thing_group_name]

    def evaluate(
        self, thing_name: str, queries_of: DynamicThingGroup | None = None
    ) -> tuple[set[str], set[str]]:
        """Evaluate the queries again for one thing.

        A thing is in ten groups at most, and older dynamic groups come before newer ones.

        Args:
            queries_of: the only group whose query is another than before; None when it is the thing
                that changed.

        Returns:
            The names of the groups that the thing came into, and of those that it went out of.
        """
        if not self._groups:
            return set(), set()
        arn = self._location.arn("thing", thing_name)
        before = self._groups_of(arn)
        thing = self._backend.things.get(arn)
        if thing is None:
            self._set(arn, None, [])
            return set(), before
        changed = self._ask(arn, thing, [queries_of] if queries_of else list(self._groups.values()))
        # A query may name a dynamic group. Each further round reaches one more link of such a
        # chain; a circle ends as well.
        naming = [group for group in self._groups.values() if group.query.looks_at_groups]
        for _ in naming:
            if not changed:
                break
            changed = self._ask(arn, thing, naming)
        after = self._groups_of(arn)
        return after - before, before - after

    def _groups_of(self, arn: str) -> set[str]:
        return {name for name, group in self._groups.items() if arn in group.things}

    def _ask(self, arn: str, thing: Any, groups: Iterable[DynamicThingGroup]) -> bool:
        """Evaluate the queries of some groups, and return whether the thing's groups changed."""
        affected = {group.thing_group_name for group in groups}
        values = self.indexed(thing).values
        found = [
            group
            for name, group in self._groups.items()
            if (group.query.matches(values) if name in affected else arn in group.things)
        ]
        return self._set(arn, thing, found[: self._places_left(arn)] if found else [])

    def _set(self, arn: str, thing: Any, groups: list[DynamicThingGroup]) -> bool:
        changed = False
        for group in self._groups.values():
            belongs = group in groups
            changed |= belongs != (arn in group.things)
            if belongs:
                group.things[arn] = thing
            else:
                group.things.pop(arn, None)
        return changed

    def _places_left(self, arn: str) -> int:
        groups = self._backend.thing_groups.values()
        if len(groups) <= MOST_GROUPS_OF_A_THING:
            return MOST_GROUPS_OF_A_THING
        static = sum(
            arn in group.things for group in groups if not isinstance(group, DynamicThingGroup)
        )
        return max(0, MOST_GROUPS_OF_A_THING - static)

    def _names_of_groups_of(self, arn: str, thing: Any) -> Iterator[str]:
        for group in self._backend.thing_groups.values():
            if arn in group.things:
                yield group.thing_group_name
        # moto's own search finds things by their billing group here.
        billing_group = getattr(thing, "billing_group_name", None)
        if billing_group:
            yield billing_group

    def watch(self, thing: Any) -> None:
        """Subscribe the backend to a thing's shadows, which moto writes without a call."""
        if not isinstance(thing.thing_shadows, _WatchedShadows):
            thing.thing_shadows = _WatchedShadows(
                thing.thing_shadows, lambda: self._shadow_changed(thing.thing_name)
            )

    def _shadow_changed(self, thing_name: str) -> None:
        hear = getattr(self._backend, "shadow_changed", None)
        if hear is not None and any(
            group.query.looks_at_shadows for group in self._groups.values()
        ):
            hear(thing_name)


class _WatchedShadows(dict[Any, Any]):
    def __init__(self, shadows: dict[Any, Any], changed: Callable[[], None]) -> None:
        super().__init__(shadows)
        self._changed = changed

    def __setitem__(self, name: Any, shadow: Any) -> None:
        super().__setitem__(name, shadow)
        self._changed()

    def __delitem__(self, name: Any) -> None:
        super().__delitem__(name)
        self._changed()
