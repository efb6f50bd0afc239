"""The state that neighbours of Jobs show in snapshots, for which each plugs in a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from moto_iot_jobs.service.record import Record


class StateRequest(Record):
    """A request for the state of a neighbour.

    Attributes:
        most: number of items.
        account, region, thing: only what belongs to these; None is everything.
    """

    most: int
    account: str | None = None
    region: str | None = None
    thing: str | None = None


Reader: TypeAlias = Callable[[StateRequest], list[dict[str, Any]]]

#: By the snapshot's member: returns items that are ready for JSON. The lock is held.
readers: dict[str, Reader] = {}


def read(member: str, request: StateRequest) -> list[dict[str, Any]]:
    """Return the items of one member, an empty list where the neighbour is not there."""
    reader = readers.get(member)
    return [] if reader is None or not request.most else reader(request)
