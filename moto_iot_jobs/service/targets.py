"""Targets of jobs: ARNs, their account and region, and the things that a host has."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from .errors import InvalidRequest, ThingGroupNotFound, ThingNotFound
from .record import Record

MOST_TARGETS = 100


class Location(Record):
    """The partition, region and account that a store belongs to.

    Makes and reads its ARNs.
    """

    partition: str
    region: str
    account: str

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a thing, thing group, job or job template.

        Args:
            kind: as it stands in the ARN.
        """
        return f"arn:{self.partition}:iot:{self.region}:{self.account}:{kind}/{name}"


class ThingRegistry(Protocol):
    """The things and groups that a host (moto, or a test) knows.

    Groups include the members of their child groups.
    """

    def has_thing(self, thing: str) -> bool:
        """Return whether a thing of that name exists."""
        ...

    def group_id(self, group: str) -> str | None:
        """Return the id of the thing group of that name, or None when there is no such group."""
        ...

    def group_with_id(self, group_id: str) -> str | None:
        """Return the name of the thing group with that id, or None when there is no such group."""
        ...

    def members(self, group: str) -> Iterable[str]:
        """Return the names of the things in a group or below it."""
        ...

    def settled_members(self, group: str, at: int) -> Iterable[str]:
        """Return the members that a SNAPSHOT job sees: without those that joined too recently.

        AWS IoT developer guide, jobs-troubleshooting: a membership may take seconds to be seen.
        """
        ...

    def is_member(self, thing: str, group: str) -> bool:
        """Return whether a thing is in a group or below it."""
        ...


class Target(Record):
    """One entry of a job's targets."""

    arn: str
    name: str
    is_group: bool


def find_targets(arns: Iterable[str], location: Location, registry: ThingRegistry) -> list[Target]:
    """Look up the targets of a job.

    Raises:
        InvalidRequest: an entry is not the ARN of a thing or thing group.
        ThingNotFound, ThingGroupNotFound: no such thing or group, or it belongs to another account
            or region.
    """
    return [_find_target(arn, location, registry) for arn in dict.fromkeys(arns)]


def _find_target(arn: str, location: Location, registry: ThingRegistry) -> Target:
    kind, name = _kind_and_name(arn)
    here = arn == location.arn(kind, name)
    if kind == "thing":
        if not here or not registry.has_thing(name):
            raise ThingNotFound(name)
        return Target(arn, name, is_group=False)
    if not here or registry.group_id(name) is None:
        raise ThingGroupNotFound(name)
    return Target(arn, name, is_group=True)


def _kind_and_name(arn: str) -> tuple[str, str]:
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and parts[2] == "iot":
        kind, _, name = parts[5].partition("/")
        if kind in ("thing", "thinggroup") and name:
            return kind, name
    raise InvalidRequest(f"Invalid target ARN: {arn}")


def things_of(targets: Iterable[Target], members: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Yield the names of the things of targets, in the order of the targets.

    One in several targets comes several times.

    Args:
        members: returns those of a group.
    """
    for target in targets:
        if target.is_group:
            yield from members(target.name)
        else:
            yield target.name


def keeps_thing(targets: Iterable[Target], thing: str, registry: ThingRegistry) -> bool:
    """Return whether a thing is one of the targets, or in a group that is."""
    return any(
        registry.is_member(thing, target.name) if target.is_group else target.name == thing
        for target in targets
    )
