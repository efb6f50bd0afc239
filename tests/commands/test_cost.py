"""What operations on commands cost: as many steps with much in the store as with little.

Steps are lines of the core carried out, counted by a trace function, so that the numbers are the
same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.commands import states
from moto_iot_jobs.commands.command import StatusReason
from moto_iot_jobs.commands.listing import CommandQuery, ExecutionQuery
from moto_iot_jobs.commands.pending import requests_for
from moto_iot_jobs.commands.states import ExecutionStatus
from moto_iot_jobs.service import timers
from tests.commands.conftest import ALWAYS, World
from tests.steps import Trace, folder_of

if TYPE_CHECKING:
    from collections.abc import Callable

ROOMS = (folder_of(states), folder_of(timers))
FEW, MANY = 100, 10_000


def steps(call: Callable[[], object]) -> int:
    """Count the lines of the core that a call carries out."""
    return Trace(call, *ROOMS).steps


def filled(number: int) -> World:
    """Return a world in which so many executions of one command ended on one thing."""
    world = World(listening=False)
    world.create()
    for _ in range(number):
        world.report(world.start(), "SUCCEEDED")
        world.advance(1)
    for each in range(number // 10):
        world.create(f"other-{each}")
    return world


@pytest.fixture(scope="module")
def worlds() -> tuple[World, World]:
    return filled(FEW), filled(MANY)


def list_page(world: World, **query: Any) -> object:
    return world.service.executions.list(
        ExecutionQuery(command_arn=world.arn("command", "blink"), **query)
    )


def time_out(world: World) -> None:
    world.start()
    world.advance(10_000)


OPERATIONS: dict[str, Callable[[World], object]] = {
    "StartCommandExecution": lambda world: world.start(),
    "a report": lambda world: world.report(world.start(), "SUCCEEDED"),
    "a time out": lambda world: time_out(world),
    "GetCommandExecution": lambda world: world.service.executions.get(
        next(iter(world.service.store.executions)), world.arn("thing", "lamp")
    ),
    "ListCommandExecutions": lambda world: list_page(world, started_time_filter=ALWAYS),
    "ListCommandExecutions by end and status": lambda world: list_page(
        world, completed_time_filter=ALWAYS, status=ExecutionStatus.SUCCEEDED
    ),
    "ListCommandExecutions of what there is not": lambda world: list_page(
        world, completed_time_filter=ALWAYS, status=ExecutionStatus.FAILED
    ),
    "ListCommands": lambda world: world.service.commands.list(CommandQuery()),
    "CreateCommand": lambda world: world.create(f"new-{next(world.tokens)}"),
    "UpdateCommand": lambda world: world.update(description="d"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_costs_the_same_however_much_there_is(
    worlds: tuple[World, World], operation: str
) -> None:
    few, many = worlds
    call = OPERATIONS[operation]
    small, large = (steps(lambda world=world: call(world)) for world in (few, many))  # type: ignore[misc]
    # Blocks of an index are found by bisection: a few steps more in a hundred times as much.
    assert large <= small * 1.25 + 20, (small, large)


def test_what_waits_for_a_device_is_looked_up(worlds: tuple[World, World]) -> None:
    _, many = worlds
    many.advance(10_000)
    started = many.start()
    listing = many.service.store.by_target[many.arn("thing", "lamp")]
    assert list(listing.started[ExecutionStatus.CREATED].ascending()) == [started]
    many.report(started, "FAILED", "DONE")
    assert started.reason == StatusReason("DONE")
    assert callable(requests_for)
