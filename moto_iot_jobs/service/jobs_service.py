"""IoT Jobs of one account and region: a store, and the operations of both planes on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .control_plane import ControlPlane
from .creation import Sources
from .data_plane import DataPlane
from .deletion import DeletionPace, Immediate
from .event_configurations import EventConfigurations
from .events import Event
from .lifecycle import JobLifecycle
from .membership import GroupMembership
from .store import Store
from .tags import Tags
from .targets import Location, ThingRegistry
from .templates.operations import JobTemplates


class TimedNeighbour(Protocol):
    """A neighbour of Jobs in which something becomes due."""

    def run_due_timers(self, now: int) -> None:
        """Run every timer that is due by `now` (milliseconds since the epoch)."""

    def next_due(self) -> int | None:
        """Return when the next timer is due, or None when there is none."""


class JobsService:
    """IoT Jobs of one account and region.

    Time is settled once per operation, here: call `run_due_timers` before an operation, with the
    same `now`. The operations take it that everything due by `now` has happened.

    Args:
        location: partition, region and account.
        registry: the things and groups that exist there.
        sources: origin of job documents and of the values of their placeholders.
        deletion_pace: gives the time that deletions take; called whenever it matters.

    Attributes:
        control_plane, templates, tags, event_configurations: operations of the control plane.
        data_plane: operations of the data plane.
        membership: operations for a host whose things join or leave groups, or are deleted.
        store, lifecycle: the state that all of them work on, and its rules.
        timed_neighbours: the neighbours whose time is settled together with that of jobs.
    """

    def __init__(
        self,
        location: Location,
        registry: ThingRegistry,
        sources: Sources,
        *,
        deletion_pace: Callable[[], DeletionPace] = Immediate,
    ) -> None:
        self.location = location
        self.sources = sources
        self.store = Store(location, registry)
        self.lifecycle = JobLifecycle(self.store, deletion_pace)
        self.membership = GroupMembership(self.store, self.lifecycle)
        self.control_plane = ControlPlane(self.store, self.lifecycle, self.membership, sources)
        self.templates = JobTemplates(self.store, sources)
        self.tags = Tags(self.store)
        self.event_configurations = EventConfigurations()
        self.data_plane = DataPlane(self.store, self.lifecycle)
        self.timed_neighbours: list[TimedNeighbour] = []

    def run_due_timers(self, now: int, most: int | None = None) -> int:
        """Run every timer that is due by `now` (milliseconds since the epoch).

        Args:
            most: how many timers of jobs may run, see `JobLifecycle.run_due_timers`.

        Returns:
            The time up to which they have run.
        """
        reached = self.lifecycle.run_due_timers(now, most)
        for neighbour in self.timed_neighbours:
            neighbour.run_due_timers(reached)
        return reached

    def next_due(self) -> int | None:
        """Return when the next timer is due, or None when there is none."""
        dues = [self.lifecycle.next_due()]
        dues += [neighbour.next_due() for neighbour in self.timed_neighbours]
        return min((due for due in dues if due is not None), default=None)

    def take_events(self) -> list[Event]:
        """Return the events since the last call, oldest first."""
        return self.store.event_log.take()
