"""Events of commands as frozen records, in the log of events that Jobs have."""

from __future__ import annotations

from dataclasses import dataclass

from moto_iot_jobs.service.events import NeighbourEvent

from .command import CommandExecution, CommandTarget, Message, StatusReason
from .states import Act, ExecutionState


@dataclass(frozen=True, slots=True)
class CommandExecutionChanged(NeighbourEvent):
    """An execution began, was reported about, or ran out of time.

    Attributes:
        before: the state before; None at its start.
        state: the state after it.
        message: at its start, what the device gets.
        due: the end of the device's time.
        act: the cause of the change; None at its start.
    """

    at: int
    execution_id: str
    command_id: str
    command_arn: str
    target: CommandTarget
    before: ExecutionState | None
    state: ExecutionState
    reason: StatusReason | None
    message: Message | None
    due: int
    act: Act | None

    @classmethod
    def of(
        cls, execution: CommandExecution, before: ExecutionState | None, act: Act | None, at: int
    ) -> CommandExecutionChanged:
        """Return the event of a change, with the execution as it stands after it."""
        return cls(
            at,
            execution.execution_id,
            execution.command.command_id,
            execution.command.arn,
            execution.target,
            before,
            execution.state,
            execution.reason,
            execution.message if before is None else None,
            execution.due,
            act,
        )


@dataclass(frozen=True, slots=True)
class CommandExecutionDeleted(NeighbourEvent):
    """An execution was deleted, or forgotten at the end of its time to live.

    AWS publishes no event for it.
    """

    at: int
    execution_id: str
    command_id: str
    target: CommandTarget
    before: ExecutionState

    @classmethod
    def of(cls, execution: CommandExecution, at: int) -> CommandExecutionDeleted:
        """Return the event of a deletion, with the execution as it stood before it."""
        return cls(
            at,
            execution.execution_id,
            execution.command.command_id,
            execution.target,
            execution.state,
        )
