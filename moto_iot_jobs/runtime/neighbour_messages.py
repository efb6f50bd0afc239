"""The messages of the events of Jobs' neighbours, of which each plugs in a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from moto_iot_jobs.service.events import NeighbourEvent
from moto_iot_jobs.service.jobs_service import JobsService

Writer: TypeAlias = Callable[[JobsService, NeighbourEvent], Iterable[Any]]

#: By neighbour: yields the messages of an event, none of one that is another's.
writers: dict[str, Writer] = {}


def messages_of(jobs: JobsService, event: NeighbourEvent) -> Iterator[Any]:
    """Yield the messages that a neighbour's event leads to."""
    for write in writers.values():
        yield from write(jobs, event)
