"""The states of commands and of their executions, and the tables of all transitions.

Everything that decides a status of AWS IoT Commands is in this file.

Theory. An execution begins as CREATED and is *terminal* once its device has reported SUCCEEDED,
FAILED, REJECTED or TIMED_OUT. When its timer runs out first, the cloud makes it TIMED_OUT as well,
with the reason `$NO_RESPONSE_FROM_DEVICE`; that one is not terminal, for a device that was late may
still report its result. So TIMED_OUT is two states here with one status. A cell is one of

* a state: the execution (or command) takes it;
* KEPT: the act is fine and the state stays;
* DELETED: the execution or command is gone;
* ERROR: the operation raises its error and nothing changes;
* INVALID, TERMINAL: the report is rejected with InvalidStateTransition or TerminalStateReached.

A command that was deprecated for as long as the longest execution lasts has no execution left to
wait for: what a table cannot say is said next to it.

Sources: AWS IoT developer guide, iot-remote-command-concepts, iot-remote-command-create-manage and
commands-troubleshooting. Not documented, and so ours: which of the two rejections a report to a
terminal execution gets beyond the guide's examples (SUCCEEDED to IN_PROGRESS, and a TIMED_OUT of
the device); IN_PROGRESS after a TIMED_OUT of the cloud is InvalidStateTransition.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias


class ExecutionStatus(str, Enum):
    """Status of a command execution (CommandExecutionStatus in the API)."""

    CREATED = "CREATED"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT"

    __str__ = str.__str__


class ExecutionState(Enum):
    """State of a command execution.

    The value is the column of the documentation's table.
    """

    CREATED = "CREATED"
    IN_PROGRESS = "IN_PROGRESS"
    NO_RESPONSE = "TIMED_OUT by the cloud"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT by the device"

    @property
    def status(self) -> ExecutionStatus:
        """The status that the API shows."""
        return _STATUSES[self]


class CommandState(Enum):
    """State of a command.

    The value is the column of the documentation's table.
    """

    AVAILABLE = "available"
    DEPRECATED = "deprecated"
    PENDING_DELETION = "pending deletion"


class Outcome(Enum):
    """Outcomes of an act that leads to no new state."""

    KEPT = "unchanged"
    DELETED = "deleted"
    ERROR = "error"
    INVALID = "InvalidStateTransition"
    TERMINAL = "TerminalStateReached"


class Act(Enum):
    """Acts on an execution.

    The value is the sentence of the documentation's table.
    """

    REPORT_IN_PROGRESS = "device reports IN_PROGRESS"
    REPORT_SUCCEEDED = "device reports SUCCEEDED"
    REPORT_FAILED = "device reports FAILED"
    REPORT_REJECTED = "device reports REJECTED"
    REPORT_TIMED_OUT = "device reports TIMED_OUT"
    TIME_OUT = "a timer runs out"
    DELETE = "DeleteCommandExecution"


class CommandAct(Enum):
    """Acts on a command.

    The value is the sentence of the documentation's table.
    """

    START = "StartCommandExecution"
    EDIT = "UpdateCommand of displayName or description"
    DEPRECATE = "UpdateCommand with deprecated=true"
    RESTORE = "UpdateCommand with deprecated=false"
    DELETE = "DeleteCommand"
    DELETE_SETTLED = "DeleteCommand, deprecated for 12 hours"


CREATED, IN_PROGRESS, NO_RESPONSE, SUCCEEDED, FAILED, REJECTED, TIMED_OUT = ExecutionState
AVAILABLE, DEPRECATED, PENDING_DELETION = CommandState
KEPT, DELETED, ERROR, INVALID, TERMINAL = Outcome

Move: TypeAlias = ExecutionState | Outcome
CommandMove: TypeAlias = CommandState | Outcome

_STATUSES = {
    CREATED: ExecutionStatus.CREATED,
    IN_PROGRESS: ExecutionStatus.IN_PROGRESS,
    NO_RESPONSE: ExecutionStatus.TIMED_OUT,
    SUCCEEDED: ExecutionStatus.SUCCEEDED,
    FAILED: ExecutionStatus.FAILED,
    REJECTED: ExecutionStatus.REJECTED,
    TIMED_OUT: ExecutionStatus.TIMED_OUT,
}

_ROWS: dict[Act, tuple[Move, ...]] = {
    # act                    CREATED      IN_PROGRESS  NO_RESPONSE SUCCEEDED FAILED*   TIMED_OUT
    # FAILED* is FAILED and REJECTED
    Act.REPORT_IN_PROGRESS: (IN_PROGRESS, IN_PROGRESS, INVALID,    INVALID,  TERMINAL, INVALID),
    Act.REPORT_SUCCEEDED:   (SUCCEEDED,   SUCCEEDED,   SUCCEEDED,  TERMINAL, TERMINAL, INVALID),
    Act.REPORT_FAILED:      (FAILED,      FAILED,      FAILED,     TERMINAL, TERMINAL, INVALID),
    Act.REPORT_REJECTED:    (REJECTED,    REJECTED,    REJECTED,   TERMINAL, TERMINAL, INVALID),
    Act.REPORT_TIMED_OUT:   (TIMED_OUT,   TIMED_OUT,   TIMED_OUT,  TERMINAL, TERMINAL, INVALID),
    Act.TIME_OUT:           (NO_RESPONSE, NO_RESPONSE, KEPT,       KEPT,     KEPT,     KEPT),
    Act.DELETE:             (ERROR,       ERROR,       ERROR,      DELETED,  DELETED,  DELETED),
}  # fmt: skip
_COLUMNS = (
    (CREATED,),
    (IN_PROGRESS,),
    (NO_RESPONSE,),
    (SUCCEEDED,),
    (FAILED, REJECTED),
    (TIMED_OUT,),
)

EXECUTION_TABLE: dict[Act, dict[ExecutionState, Move]] = {
    act: {state: cell for states, cell in zip(_COLUMNS, cells, strict=True) for state in states}
    for act, cells in _ROWS.items()
}

_COMMAND_ROWS: dict[CommandAct, tuple[CommandMove, ...]] = {
    # act                      AVAILABLE         DEPRECATED        PENDING_DELETION
    CommandAct.START:          (KEPT,             ERROR,            ERROR),
    CommandAct.EDIT:           (KEPT,             ERROR,            ERROR),
    CommandAct.DEPRECATE:      (DEPRECATED,       KEPT,             ERROR),
    CommandAct.RESTORE:        (KEPT,             AVAILABLE,        ERROR),
    CommandAct.DELETE:         (PENDING_DELETION, PENDING_DELETION, KEPT),
    CommandAct.DELETE_SETTLED: (PENDING_DELETION, DELETED,          KEPT),
}  # fmt: skip

COMMAND_TABLE: dict[CommandAct, dict[CommandState, CommandMove]] = {
    act: dict(zip(CommandState, cells, strict=True)) for act, cells in _COMMAND_ROWS.items()
}

DEVICE_REPORTS = {
    ExecutionStatus.IN_PROGRESS: Act.REPORT_IN_PROGRESS,
    ExecutionStatus.SUCCEEDED: Act.REPORT_SUCCEEDED,
    ExecutionStatus.FAILED: Act.REPORT_FAILED,
    ExecutionStatus.REJECTED: Act.REPORT_REJECTED,
    ExecutionStatus.TIMED_OUT: Act.REPORT_TIMED_OUT,
}

# The states in which a timer runs, and which count for the limit of concurrent executions.
ACTIVE = frozenset({CREATED, IN_PROGRESS})
# Only these have a completedAt (developer guide, iot-remote-command-concepts).
FINISHED = frozenset({SUCCEEDED, FAILED, REJECTED, TIMED_OUT})


def execution_move(act: Act, state: ExecutionState) -> Move:
    """Return the new state of an execution after an act, or the outcome that is none."""
    return EXECUTION_TABLE[act][state]


def command_move(act: CommandAct, state: CommandState) -> CommandMove:
    """Return the new state of a command after an act, or the outcome that is none."""
    return COMMAND_TABLE[act][state]
