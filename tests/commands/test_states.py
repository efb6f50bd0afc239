"""The tables of `states`, cell by cell against tables copied by hand from the AWS IoT developer
guide (iot-remote-command-concepts, iot-remote-command-create-manage, commands-troubleshooting), and
against what the operations do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.commands.command import CommandExecution
from moto_iot_jobs.commands.errors import (
    CommandConflict,
    CommandExecutionNotFinished,
    CommandNotFound,
    CommandUnavailable,
    InvalidCommandTransition,
    TerminalStateReached,
)
from moto_iot_jobs.commands.states import (
    COMMAND_TABLE,
    EXECUTION_TABLE,
    Act,
    CommandAct,
    CommandState,
    ExecutionState,
)

if TYPE_CHECKING:
    from tests.commands.conftest import World

EXECUTIONS = """
act                 CREATED      IN_PROGRESS  NO_RESPONSE  SUCCEEDED  FAILED    REJECTED  TIMED_OUT
REPORT_IN_PROGRESS  IN_PROGRESS  IN_PROGRESS  invalid      invalid    terminal  terminal  invalid
REPORT_SUCCEEDED    SUCCEEDED    SUCCEEDED    SUCCEEDED    terminal   terminal  terminal  invalid
REPORT_FAILED       FAILED       FAILED       FAILED       terminal   terminal  terminal  invalid
REPORT_REJECTED     REJECTED     REJECTED     REJECTED     terminal   terminal  terminal  invalid
REPORT_TIMED_OUT    TIMED_OUT    TIMED_OUT    TIMED_OUT    terminal   terminal  terminal  invalid
TIME_OUT            NO_RESPONSE  NO_RESPONSE  unchanged    unchanged  unchanged unchanged unchanged
DELETE              error        error        error        deleted    deleted   deleted   deleted
"""
COMMANDS = """
act             AVAILABLE         DEPRECATED        PENDING_DELETION
START           unchanged         error             error
EDIT            unchanged         error             error
DEPRECATE       DEPRECATED        unchanged         error
RESTORE         unchanged         AVAILABLE         error
DELETE          PENDING_DELETION  PENDING_DELETION  unchanged
DELETE_SETTLED  PENDING_DELETION  deleted           unchanged
"""
OUTCOMES = {"invalid": "InvalidStateTransition", "terminal": "TerminalStateReached"}


def cells(table: str) -> list[tuple[str, str, str]]:
    """Give (act, state, outcome) for every cell."""
    header, *rows = (line.split() for line in table.strip().splitlines())
    return [
        (row[0], state, outcome)
        for row in rows
        for state, outcome in zip(header[1:], row[1:], strict=True)
    ]


@pytest.mark.parametrize(("act", "state", "outcome"), cells(EXECUTIONS))
def test_each_cell_of_executions(act: str, state: str, outcome: str) -> None:
    move = EXECUTION_TABLE[Act[act]][ExecutionState[state]]
    found = move.name if isinstance(move, ExecutionState) else move.value
    assert found == OUTCOMES.get(outcome, outcome)


@pytest.mark.parametrize(("act", "state", "outcome"), cells(COMMANDS))
def test_each_cell_of_commands(act: str, state: str, outcome: str) -> None:
    move = COMMAND_TABLE[CommandAct[act]][CommandState[state]]
    assert (move.name if isinstance(move, CommandState) else move.value) == outcome


def test_the_tables_have_no_other_cells() -> None:
    assert len(cells(EXECUTIONS)) == len(Act) * len(ExecutionState)
    assert len(cells(COMMANDS)) == len(CommandAct) * len(CommandState)


def brought(world: World, state: str) -> CommandExecution:
    """Start an execution, and bring it into a state."""
    world.create()
    execution = world.start()
    if state == "NO_RESPONSE":
        world.advance(10_000)
    elif state != "CREATED":
        world.report(execution, state)
    assert execution.state is ExecutionState[state]
    return execution


@pytest.mark.parametrize(("act", "state", "outcome"), cells(EXECUTIONS))
def test_the_operations_do_what_each_cell_says(
    world: World, act: str, state: str, outcome: str
) -> None:
    execution = brought(world, state)

    def carry_out() -> None:
        if act == "TIME_OUT":
            world.service.executions.time_out(execution, world.now)
        elif act == "DELETE":
            world.service.executions.delete(execution.execution_id, execution.target.arn, world.now)
        else:
            world.report(execution, act.removeprefix("REPORT_"))

    error = {
        "invalid": InvalidCommandTransition,
        "terminal": TerminalStateReached,
        "error": CommandExecutionNotFinished,
    }.get(outcome)
    if error is not None:
        with pytest.raises(error):
            carry_out()
    else:
        carry_out()
    after = outcome if outcome in ExecutionState.__members__ else state
    assert execution.state is ExecutionState[after]
    assert (execution.execution_id in world.service.store.executions) is (outcome != "deleted")


# Only what is deprecated can have been so for 12 hours.
POSSIBLE = [
    cell for cell in cells(COMMANDS) if cell[0] != "DELETE_SETTLED" or cell[1] == "DEPRECATED"
]


@pytest.mark.parametrize(("act", "state", "outcome"), POSSIBLE)
def test_the_operations_on_commands_do_what_each_cell_says(
    world: World, act: str, state: str, outcome: str
) -> None:
    command = world.create()
    if state == "DEPRECATED":
        world.update(deprecated=True)
    if state == "PENDING_DELETION":
        world.delete()
    if act == "DELETE_SETTLED":
        world.advance(12 * 3_600_000)

    def carry_out() -> object:
        match act:
            case "START":
                return world.start()
            case "EDIT":
                return world.update(description="other")
            case "DEPRECATE" | "RESTORE":
                return world.update(deprecated=act == "DEPRECATE")
        return world.delete()

    if outcome == "error":
        error = CommandUnavailable if act == "START" else CommandConflict
        with pytest.raises(error, match=r"deprecated|pending deletion"):
            carry_out()
    else:
        carry_out()
    after = outcome if outcome in CommandState.__members__ else state
    assert command.state is CommandState[after]
    if outcome == "deleted":
        with pytest.raises(CommandNotFound):
            world.service.commands.get("blink")
