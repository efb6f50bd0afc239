"""AWS IoT Commands of one account and region: a store, and the operations on it."""

from __future__ import annotations

from collections.abc import Callable

from moto_iot_jobs.service.events import EventLog
from moto_iot_jobs.service.targets import Location, ThingRegistry

from .commands import Commands
from .executions import CommandExecutions
from .store import CommandStore
from .timer_kinds import CommandTimer


class CommandsService:
    """Commands of one account and region.

    Time is settled once per operation: call `run_due_timers` before it, with the same `now`.

    Args:
        location: partition, region and account.
        registry: the things that exist there.
        event_log: where changes are recorded.
        new_id: makes the ids of executions.

    Attributes:
        commands, executions: the operations.
        store: the state that they work on.
    """

    def __init__(
        self,
        location: Location,
        registry: ThingRegistry,
        event_log: EventLog,
        new_id: Callable[[], str],
    ) -> None:
        self.location = location
        self.store = CommandStore(event_log)
        self.commands = Commands(location, self.store)
        self.executions = CommandExecutions(location, registry, self.store, new_id)

    def run_due_timers(self, now: int) -> None:
        """Run every timer that is due by `now` (milliseconds), in order, each at its own time."""
        timers = self.store.timers
        while timers.heap and timers.heap[0][0] <= now and (taken := timers.take(now)) is not None:
            due, kind, subject = taken
            if kind is CommandTimer.EXECUTION_TIMES_OUT:
                self.executions.time_out(subject, due)
            elif kind is CommandTimer.DELETION_ENDS:
                self.store.remove_command(subject)
            elif subject.execution_id in self.store.executions:
                # One that was deleted by hand has left its timer behind.
                self.store.remove_execution(subject, due)

    def next_due(self) -> int | None:
        """Return when the next timer is due, or None when there is none."""
        return self.store.timers.next_due()
