"""Command executions as snapshots, histories and API coverage show them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Any

from moto_iot_jobs.runtime.neighbours import RecordedChange, TableCell
from moto_iot_jobs.service.events import DELETED, NeighbourEvent
from moto_iot_jobs.service.jobs_service import JobsService

from .command import CommandExecution
from .events import CommandExecutionChanged, CommandExecutionDeleted
from .listing import created
from .regional import existing_commands_of
from .states import EXECUTION_TABLE, ExecutionState, Outcome

_MEMBER, _LEFT_OUT = "commandExecutions", "commandExecutionsLeftOut"


class CommandIntrospection:
    """The view of commands, as `runtime.neighbours.NeighbourIntrospection` says."""

    kind = "command execution"

    def change(self, _jobs: JobsService, event: NeighbourEvent) -> RecordedChange | None:
        """Return the change that an event is of."""
        if isinstance(event, CommandExecutionChanged):
            before = event.before
            return RecordedChange(
                event.execution_id,
                before.status.value if before is not None else None,
                event.state.status.value,
                event.act.value if event.act is not None else None,
                before.value if before is not None else None,
            )
        if isinstance(event, CommandExecutionDeleted):
            before = event.before
            return RecordedChange(
                event.execution_id, before.status.value, DELETED, None, before.value
            )
        return None

    def region(self, jobs: JobsService, most: int, device: str | None) -> dict[str, Any]:
        """Return the executions of an account and region, latest first."""
        service = existing_commands_of(jobs)
        if service is None or not service.store.executions:
            return {}
        store = service.store
        if device is None:
            # A dict keeps the order of insertion, which is that of starting.
            shown = list(islice(reversed(store.executions.values()), most))
            left = len(store.executions) - len(shown)
        else:
            arns = (jobs.location.arn(kind, device) for kind in ("thing", "client"))
            listings = (store.by_target[arn] for arn in arns if arn in store.by_target)
            found = [
                each
                for listing in listings
                for index in listing.started.values()
                for each in index.ascending()
            ]
            shown = sorted(found, key=created, reverse=True)[:most]
            left = len(found) - len(shown)
        return {_MEMBER: [_execution(each) for each in shown], _LEFT_OUT: left} if shown else {}

    def items(self, region: dict[str, Any]) -> Iterator[tuple[Hashable, dict[str, Any]]]:
        """Yield the executions of a region, with their ids."""
        for execution in region.get(_MEMBER, ()):
            yield execution["executionId"], execution

    def table(self) -> Iterator[TableCell]:
        """Yield the cells of the table of executions that lead to another status."""
        for act, cells in EXECUTION_TABLE.items():
            for before, after in cells.items():
                if isinstance(after, ExecutionState):
                    yield TableCell(act.value, before.value, after.status.value)
                elif after is Outcome.DELETED:
                    yield TableCell(act.value, before.value, after.value)


def _execution(execution: CommandExecution) -> dict[str, Any]:
    reason = execution.reason
    return {
        "executionId": execution.execution_id,
        "commandId": execution.command.command_id,
        "target": f"{execution.target.kind} {execution.target.name}",
        "status": execution.status.value,
        "reason": reason.reason_code if reason is not None else None,
        "createdAt": execution.created_at,
        "lastUpdatedAt": execution.last_updated_at,
        "timesOutAt": execution.due if execution.timer is not None else None,
    }
