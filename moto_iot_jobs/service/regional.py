"""IoT Jobs of one account and region: one store, and the operations of both planes over it."""

from __future__ import annotations

from collections.abc import Callable

from .control_plane import Jobs
from .creation import Sources
from .data_plane import Reports
from .event_configurations import EventSwitches
from .events import Event
from .lifecycle import Course, DeletionPace, Immediate
from .store import Store
from .tags import Tags
from .targets import Fleet, Place
from .templates.operations import JobTemplates


class RegionalJobs:
    """Everything there is of IoT Jobs in one account and region.

    Args:
        place: partition, region and account.
        fleet: the things and groups that exist there.
        sources: where documents come from and what fills their placeholders.
        deletion_pace: how long deletions take; asked whenever it matters.
        delete_queued_needs_force: see `states`.

    Attributes:
        jobs, templates, tags, event_switches: the owner's operations.
        reports: the device's operations.
        store, course: what they work on.
    """

    def __init__(
        self,
        place: Place,
        fleet: Fleet,
        sources: Sources,
        *,
        deletion_pace: Callable[[], DeletionPace] = Immediate,
        delete_queued_needs_force: Callable[[], bool] = bool,
    ) -> None:
        self.place = place
        self.sources = sources
        self.store = Store(place, fleet)
        self.course = Course(self.store, deletion_pace)
        self.jobs = Jobs(
            self.store, self.course, sources, delete_queued_needs_force=delete_queued_needs_force
        )
        self.templates = JobTemplates(self.store, sources)
        self.tags = Tags(self.store)
        self.event_switches = EventSwitches()
        self.reports = Reports(self.store, self.course)

    def settle(self, now: int) -> None:
        """Let everything happen that is due by `now` (milliseconds since the epoch)."""
        self.course.settle(now)

    def take_events(self) -> list[Event]:
        """Return what happened since the last call, for whoever delivers messages."""
        return self.store.journal.take()
