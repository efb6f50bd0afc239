"""IoT Jobs of one account and region: one store, and the operations of both planes over it."""

from __future__ import annotations

from collections.abc import Callable

from .control_plane import ControlPlane
from .creation import Sources
from .data_plane import DataPlane
from .event_configurations import EventConfigurations
from .events import Event
from .lifecycle import DeletionPace, Immediate, JobLifecycle
from .store import Store
from .tags import Tags
from .targets import Location, ThingRegistry
from .templates.operations import JobTemplates


class JobsService:
    """Everything there is of IoT Jobs in one account and region.

    Args:
        place: partition, region and account.
        fleet: the things and groups that exist there.
        sources: where documents come from and what fills their placeholders.
        deletion_pace: how long deletions take; asked whenever it matters.
        delete_queued_needs_force: see `states`.

    Attributes:
        control_plane, templates, tags, event_switches: the owner's operations.
        reports: the device's operations.
        store, course: what they work on.
    """

    def __init__(
        self,
        location: Location,
        registry: ThingRegistry,
        sources: Sources,
        *,
        deletion_pace: Callable[[], DeletionPace] = Immediate,
        delete_queued_needs_force: Callable[[], bool] = bool,
    ) -> None:
        self.location = location
        self.sources = sources
        self.store = Store(location, registry)
        self.lifecycle = JobLifecycle(self.store, deletion_pace)
        self.control_plane = ControlPlane(
            self.store, self.lifecycle, sources, delete_queued_needs_force=delete_queued_needs_force
        )
        self.templates = JobTemplates(self.store, sources)
        self.tags = Tags(self.store)
        self.event_configurations = EventConfigurations()
        self.data_plane = DataPlane(self.store, self.lifecycle)

    def run_due_timers(self, now: int) -> None:
        """Let everything happen that is due by `now` (milliseconds since the epoch)."""
        self.lifecycle.run_due_timers(now)

    def take_events(self) -> list[Event]:
        """Return what happened since the last call, for whoever delivers messages."""
        return self.store.event_log.take()
