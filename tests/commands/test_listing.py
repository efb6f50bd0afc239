"""ListCommandExecutions: filters, order and pages, against a list that is searched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_iot_jobs.commands.command import CommandExecution
from moto_iot_jobs.commands.errors import CommandNotFound
from moto_iot_jobs.commands.listing import ExecutionQuery, TimeFilter, milliseconds
from moto_iot_jobs.commands.states import ExecutionStatus
from moto_iot_jobs.service.errors import InvalidInput, ThingNotFound
from tests.commands.conftest import ALWAYS, FIRST_DAY, World

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE = 60_000


def minute(number: int) -> str:
    return f"2026-11-21T{number // 60:02}:{number % 60:02}"


def test_the_times_of_these_tests_are_right() -> None:
    assert milliseconds(minute(0)) == FIRST_DAY
    assert milliseconds(minute(61)) == FIRST_DAY + 61 * MINUTE


@pytest.mark.parametrize(
    "text", ["2026-11-21", "2026-11-21T00:00:00", "2026-11-21T00:00Z", "2026-13-01T00:00", "now"]
)
def test_a_time_has_one_format(world: World, text: str) -> None:
    world.create()
    with pytest.raises(InvalidInput, match="yyyy-MM-dd'T'HH:mm"):
        world.listed(started_time_filter=TimeFilter(after=text))


@pytest.mark.parametrize(
    "query",
    [
        {"started_time_filter": None},
        {"started_time_filter": ALWAYS, "completed_time_filter": ALWAYS},
        {"started_time_filter": TimeFilter()},
        {"target_arn": "arn:aws:iot:eu-west-1:123456789012:thing/lamp"},
        {"command_arn": None},
    ],
)
def test_a_query_has_one_time_filter_and_either_a_thing_or_a_command(
    world: World, query: dict[str, Any]
) -> None:
    world.create()
    both = {
        "command_arn": world.arn("command", "blink"),
        "started_time_filter": ALWAYS,
        **query,
    }
    with pytest.raises(InvalidInput):
        world.service.executions.list(ExecutionQuery(**both))


def test_what_does_not_exist_is_not_found_and_what_does_may_be_empty(world: World) -> None:
    with pytest.raises(CommandNotFound):
        world.listed()
    with pytest.raises(ThingNotFound):
        world.listed(target_arn=world.arn("thing", "nowhere"))
    world.create()
    assert world.listed() == []
    assert world.listed(target_arn=world.arn("thing", "lamp")) == []
    assert world.listed(target_arn=world.arn("client", "anything")) == []


def test_executions_of_a_thing_that_is_gone_stay_listed(world: World) -> None:
    world.create()
    execution = world.start()
    world.things.names.clear()
    assert world.listed(target_arn=execution.target.arn) == [execution.execution_id]


def test_no_command_has_another_namespace(world: World) -> None:
    world.create()
    execution = world.start()
    assert world.listed(namespace="AWS-IoT") == [execution.execution_id]
    assert world.listed(namespace="AWS-IoT-FleetWise") == []


def test_a_time_out_of_the_cloud_has_no_end(world: World) -> None:
    world.create()
    execution = world.start()
    world.advance(10_000)
    assert world.listed(completed_time_filter=ALWAYS) == []
    assert world.listed(status=ExecutionStatus.TIMED_OUT) == [execution.execution_id]


STATUSES = ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT"]
STEPS = st.lists(
    st.tuples(st.sampled_from(["start", "report"]), st.integers(0, 5), st.sampled_from(STATUSES)),
    max_size=25,
)
TIMES = st.none() | st.integers(0, 12).map(minute)


@given(
    steps=STEPS,
    after=TIMES,
    before=TIMES,
    status=st.none() | st.sampled_from(["CREATED", *STATUSES]),
    by_end=st.booleans(),
    by_target=st.booleans(),
    ascending=st.booleans(),
    size=st.integers(1, 4),
)
def test_pages_are_what_a_search_finds(
    steps: list[tuple[str, int, str]],
    after: str | None,
    before: str | None,
    status: str | None,
    by_end: bool,
    by_target: bool,
    ascending: bool,
    size: int,
) -> None:
    world = World(listening=False)
    world.create()
    world.create("other")
    started: list[CommandExecution] = []
    for act, number, reported in steps:
        if act == "start" or not started:
            started.append(
                world.start(
                    "blink" if number % 3 else "other",
                    "thing/lamp" if number % 2 else "thing/door",
                    execution_timeout_seconds=90,
                )
            )
        elif started[number % len(started)].completed_at is None:
            execution = started[number % len(started)]
            if reported != "IN_PROGRESS" or execution.status != "TIMED_OUT":
                world.report(execution, reported)
        world.advance(number * 10_000)
    if after is None and before is None:
        after = minute(0)
    arn = world.arn("thing", "lamp") if by_target else world.arn("command", "blink")
    time_of: Callable[[CommandExecution], int | None] = (
        (lambda each: each.completed_at) if by_end else (lambda each: each.created_at)
    )

    def is_wanted(each: CommandExecution) -> bool:
        time = time_of(each)
        low, high = milliseconds(after), milliseconds(before)
        return (
            time is not None
            and arn in (each.target.arn, each.command.arn)
            and status in (None, each.status)
            and (low is None or time >= low)
            and (high is None or time < high)
        )

    wanted = sorted(
        filter(is_wanted, started),
        key=lambda each: (time_of(each), each.order),
        reverse=not ascending,
    )
    name = "completed_time_filter" if by_end else "started_time_filter"
    found = world.listed(
        **{
            name: TimeFilter(after, before),
            "target_arn" if by_target else "command_arn": arn,
            "status": ExecutionStatus(status) if status is not None else None,
            "sort_order": "ASCENDING" if ascending else "DESCENDING",
            "max_results": size,
        }
    )
    assert found == [each.execution_id for each in wanted]
