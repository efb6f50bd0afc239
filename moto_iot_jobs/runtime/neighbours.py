"""The parts of neighbours that others show: messages of events, histories, snapshots.

Each neighbour plugs in functions that import the rest of it when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol, TypeAlias

from moto_iot_jobs.service.events import NeighbourEvent
from moto_iot_jobs.service.jobs_service import JobsService

# Yields the messages of an event, none of one that is another neighbour's.
Writer: TypeAlias = Callable[[JobsService, NeighbourEvent], Iterable[Any]]

#: By neighbour.
writers: dict[str, Writer] = {}


def messages_of(jobs: JobsService, event: NeighbourEvent) -> Iterator[Any]:
    """Yield the messages that a neighbour's event leads to."""
    for write in writers.values():
        yield from write(jobs, event)


class RecordedChange(NamedTuple):
    """A change of something that has a history.

    Attributes:
        key: tells it from all others.
        before, after: statuses; None before it began.
        act: row of the neighbour's table of transitions; None for its beginning and its end.
        column: the column of the status before in that table; None where there is none.
    """

    key: Hashable
    before: str | None
    after: str
    act: str | None
    column: str | None


class TableCell(NamedTuple):
    """A cell of a table of transitions, by its act and its columns."""

    act: str
    before: str
    after: str


class NeighbourIntrospection(Protocol):
    """The side of a neighbour that snapshots, histories and API coverage show.

    Attributes:
        kind: of what has the statuses, such as "command execution".
    """

    kind: str

    def change(self, jobs: JobsService, event: NeighbourEvent) -> RecordedChange | None:
        """Return the change that an event is of, or None of another neighbour's."""

    def region(self, jobs: JobsService, most: int, device: str | None) -> dict[str, Any]:
        """Return the members of a region of a snapshot, none without anything to show.

        Args:
            jobs: those of the account and region.
            most: number of items of a list, latest first.
            device: only what is of this thing or client; None is all.
        """

    def items(self, region: dict[str, Any]) -> Iterable[tuple[Hashable, dict[str, Any]]]:
        """Yield key and members of all of a region's items that have a history."""

    def table(self) -> Iterable[TableCell]:
        """Yield the cells of the table of transitions that lead to another status."""


#: By neighbour: loads its introspection.
introspections: dict[str, Callable[[], NeighbourIntrospection]] = {}
