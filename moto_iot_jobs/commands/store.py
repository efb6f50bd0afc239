"""The commands of one account and region, and their executions.

Every change of an execution is made here, together with indexes, counters, timers and events.
"""

from __future__ import annotations

from collections import Counter
from itertools import count

from moto_iot_jobs.service.events import EventLog
from moto_iot_jobs.service.timers import TimerQueue

from .command import DELETION_MS, Command, CommandExecution, Report, StatusReason
from .events import CommandExecutionChanged, CommandExecutionDeleted
from .listing import CommandListing, ExecutionListing
from .states import ACTIVE, FINISHED, Act, ExecutionState
from .timer_kinds import CommandTimer


class CommandStore:
    """Commands and executions.

    Args:
        event_log: where changes are recorded.

    Attributes:
        commands: by id, those that are pending deletion included.
        listing: the commands that lists show.
        executions: by id.
        started_by: executions by the client tokens of their requests.
        active: number of active executions of each target, by its ARN.
        by_command, by_target: executions by ARN.
        timers: what becomes due.
    """

    def __init__(self, event_log: EventLog) -> None:
        self._event_log = event_log
        self.commands: dict[str, Command] = {}
        self.listing = CommandListing()
        self.executions: dict[str, CommandExecution] = {}
        self.started_by: dict[str, CommandExecution] = {}
        self.active: Counter[str] = Counter()
        self.by_command: dict[str, ExecutionListing] = {}
        self.by_target: dict[str, ExecutionListing] = {}
        self.timers: TimerQueue[CommandTimer] = TimerQueue()
        self.numbers = count(1)

    # Commands

    def add_command(self, command: Command) -> None:
        """Add a new command."""
        self.commands[command.command_id] = command
        self.listing.add(command)

    def mark_deleted(self, command: Command, at: int) -> None:
        """Hide a command, until it is removed by its timer."""
        self.listing.remove(command)
        command.deleted_at = command.last_updated_at = at
        self.timers.add(at + DELETION_MS, CommandTimer.DELETION_ENDS, command)

    def remove_command(self, command: Command) -> None:
        """Remove a command. Its executions stay."""
        if command.deleted_at is None:
            self.listing.remove(command)
        del self.commands[command.command_id]

    # Executions

    def add_execution(self, execution: CommandExecution) -> None:
        """Add a new execution, and start its timers."""
        self.executions[execution.execution_id] = execution
        token = execution.request.client_token
        if token is not None:
            self.started_by[token] = execution
        self._index(execution)
        self.active[execution.target.arn] += 1
        execution.timer = self.timers.add(
            execution.due, CommandTimer.EXECUTION_TIMES_OUT, execution
        )
        self.timers.add(execution.expires_at, CommandTimer.EXECUTION_EXPIRES, execution)
        self._record(execution, None, None, execution.created_at)

    def change(
        self,
        execution: CommandExecution,
        state: ExecutionState,
        act: Act,
        at: int,
        report: Report | None = None,
        reason: StatusReason | None = None,
    ) -> None:
        """Give an execution a state, which may be the one that it has.

        Args:
            report: the device's, whose reason and result are kept.
            reason: the reason when there is no report.
        """
        before = execution.state
        self._unindex(execution)
        execution.state = state
        execution.last_updated_at = at
        execution.reason = report.reason if report is not None else reason
        if report is not None and report.result is not None:
            execution.result = report.result
        if state in FINISHED:
            execution.completed_at = at
        self._index(execution)
        if before in ACTIVE and state not in ACTIVE:
            self._end_activity(execution)
        self._record(execution, before, act, at)

    def remove_execution(self, execution: CommandExecution, at: int) -> None:
        """Remove an execution."""
        self._unindex(execution)
        if execution.state in ACTIVE:
            self._end_activity(execution)
        del self.executions[execution.execution_id]
        token = execution.request.client_token
        if token is not None and self.started_by.get(token) is execution:
            del self.started_by[token]
        if self._event_log.listening:
            self._event_log.append(CommandExecutionDeleted.of(execution, at))

    def _end_activity(self, execution: CommandExecution) -> None:
        self.timers.drop(execution.timer)
        execution.timer = None
        target = execution.target.arn
        self.active[target] -= 1
        if not self.active[target]:
            del self.active[target]

    def _index(self, execution: CommandExecution) -> None:
        self.by_command.setdefault(execution.command.arn, ExecutionListing()).add(execution)
        self.by_target.setdefault(execution.target.arn, ExecutionListing()).add(execution)

    def _unindex(self, execution: CommandExecution) -> None:
        self.by_command[execution.command.arn].remove(execution)
        self.by_target[execution.target.arn].remove(execution)

    def _record(
        self,
        execution: CommandExecution,
        before: ExecutionState | None,
        act: Act | None,
        at: int,
    ) -> None:
        if self._event_log.listening:
            self._event_log.append(CommandExecutionChanged.of(execution, before, act, at))
