"""Executions of the core: timers and stamps, tokens, limits, targets, reasons and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.commands.command import (
    CommandTarget,
    Message,
    Payload,
    Report,
    ResultValue,
    StartRequest,
    StatusReason,
)
from moto_iot_jobs.commands.errors import (
    ClientTokenConflict,
    CommandExecutionNotFound,
    CommandNotFound,
    TooManyExecutions,
)
from moto_iot_jobs.commands.events import CommandExecutionChanged, CommandExecutionDeleted
from moto_iot_jobs.commands.states import ExecutionState, ExecutionStatus
from moto_iot_jobs.service.errors import InvalidInput, ThingNotFound
from tests.commands.conftest import FIRST_DAY, HOUR, SECOND

if TYPE_CHECKING:
    from tests.commands.conftest import World

DAY = 24 * HOUR


def test_the_device_has_ten_seconds_by_default(world: World) -> None:
    world.create()
    execution = world.start()
    world.advance(9_999)
    assert execution.status == "CREATED"
    world.advance(1)
    assert execution.state is ExecutionState.NO_RESPONSE
    assert execution.status == "TIMED_OUT"
    assert execution.reason == StatusReason("$NO_RESPONSE_FROM_DEVICE")
    assert execution.completed_at is None
    assert execution.last_updated_at == FIRST_DAY + 10 * SECOND


def test_a_timer_runs_at_its_own_time_however_late_time_is_settled(world: World) -> None:
    world.create()
    execution = world.start(execution_timeout_seconds=60)
    world.advance(HOUR)
    assert execution.last_updated_at == FIRST_DAY + 60 * SECOND


def test_a_report_of_progress_does_not_restart_the_timer(world: World) -> None:
    world.create()
    execution = world.start()
    world.advance(9_000)
    world.report(execution, "IN_PROGRESS")
    world.advance(1_000)
    assert execution.state is ExecutionState.NO_RESPONSE


def test_only_a_report_of_the_device_completes_an_execution(world: World) -> None:
    world.create()
    execution = world.start()
    world.advance(10_000)
    world.advance(5_000)
    world.report(execution, "SUCCEEDED")
    assert execution.completed_at == FIRST_DAY + 15 * SECOND
    assert execution.reason is None
    world.advance(DAY)
    assert execution.state is ExecutionState.SUCCEEDED


def test_the_longest_time_is_twelve_hours(world: World) -> None:
    world.create()
    world.start(execution_timeout_seconds=43_200)
    with pytest.raises(InvalidInput, match="43200"):
        world.start(execution_timeout_seconds=43_201)


def test_an_execution_is_forgotten_after_180_days(world: World) -> None:
    world.create()
    execution = world.start()
    world.report(execution, "SUCCEEDED")
    world.events()
    world.advance(180 * DAY - 1)
    assert world.listed() == [execution.execution_id]
    world.advance(1)
    assert world.listed() == []
    assert not world.service.store.executions
    assert not world.service.store.started_by
    (event,) = world.events()
    assert isinstance(event, CommandExecutionDeleted)


def test_a_deleted_execution_leaves_nothing_behind(world: World) -> None:
    world.create()
    execution = world.start()
    world.report(execution, "FAILED")
    world.service.executions.delete(execution.execution_id, execution.target.arn, world.now)
    assert world.listed() == []
    assert not world.service.store.started_by
    world.advance(181 * DAY)


def test_what_a_report_leaves_out_clears_the_reason_and_keeps_the_result(world: World) -> None:
    world.create()
    execution = world.start()
    result = {"level": ResultValue(s="50 %")}
    world.report(execution, "IN_PROGRESS", "HALF_WAY", result=result)
    assert (execution.reason, execution.result) == (StatusReason("HALF_WAY"), result)
    world.report(execution, "SUCCEEDED")
    assert (execution.reason, execution.result) == (None, result)


# Client tokens


def test_the_same_request_with_the_same_token_starts_once(world: World) -> None:
    world.create()
    first = world.start(client_token="once")
    world.report(first, "SUCCEEDED")
    world.update(deprecated=True)
    assert world.start(client_token="once") is first
    assert world.listed() == [first.execution_id]


def test_another_request_with_the_same_token_is_a_conflict(world: World) -> None:
    world.create()
    first = world.start(client_token="once")
    with pytest.raises(ClientTokenConflict) as raised:
        world.start(client_token="once", execution_timeout_seconds=11)
    assert raised.value.resource_id == first.execution_id


def test_without_token_each_request_starts(world: World) -> None:
    world.create()
    assert world.start(client_token=None) is not world.start(client_token=None)


# Limits


def test_a_device_has_a_hundred_active_executions_at_most(world: World) -> None:
    world.create()
    started = [world.start() for _ in range(100)]
    with pytest.raises(TooManyExecutions, match="100"):
        world.start()
    world.start(target="thing/door")
    world.report(started[0], "IN_PROGRESS")
    with pytest.raises(TooManyExecutions):
        world.start()
    world.report(started[0], "REJECTED")
    world.start()
    world.advance(10_000)
    assert not world.service.store.active
    world.start()


# Targets and commands


def test_a_thing_must_exist_and_a_client_need_not(world: World) -> None:
    world.create()
    with pytest.raises(ThingNotFound):
        world.start(target="thing/nowhere")
    assert world.start(target="client/nowhere").target == CommandTarget(
        "arn:aws:iot:eu-west-1:123456789012:client/nowhere", "client", "nowhere"
    )


@pytest.mark.parametrize(
    "arn",
    [
        "lamp",
        "arn:aws:iot:eu-west-1:123456789012:thinggroup/lamp",
        "arn:aws:iot:eu-west-1:123456789012:thing/",
        "arn:aws:iot:eu-west-1:123456789012:client/a/b",
        "arn:aws:iot:eu-west-1:123456789012:client/+",
        "arn:aws:iot:eu-west-1:999999999999:client/c",
        "arn:aws:s3:::thing/lamp",
    ],
)
def test_a_target_is_a_thing_or_client_of_the_account(world: World, arn: str) -> None:
    world.create()
    with pytest.raises(InvalidInput, match="Invalid target ARN"):
        world.service.executions.start(StartRequest(arn, world.arn("command", "blink")), world.now)


def test_a_thing_of_another_region_is_not_found(world: World) -> None:
    world.create()
    other = world.arn("thing", "lamp").replace("eu-west-1", "eu-west-2")
    with pytest.raises(ThingNotFound):
        world.service.executions.start(
            StartRequest(other, world.arn("command", "blink")), world.now
        )


def test_a_command_is_named_by_its_own_arn(world: World) -> None:
    world.create()
    lamp = world.arn("thing", "lamp")
    with pytest.raises(InvalidInput, match="Invalid command ARN"):
        world.service.executions.start(StartRequest(lamp, lamp), world.now)
    with pytest.raises(CommandNotFound):
        world.start("unknown")
    other = world.arn("command", "blink").replace("123456789012", "999999999999")
    with pytest.raises(CommandNotFound):
        world.service.executions.start(StartRequest(lamp, other), world.now)


def test_an_execution_is_found_on_its_own_target_only(world: World) -> None:
    world.create()
    execution = world.start()
    find = world.service.executions.get
    assert find(execution.execution_id, world.arn("thing", "lamp")) is execution
    for target in (world.arn("thing", "door"), world.arn("client", "lamp")):
        with pytest.raises(CommandExecutionNotFound):
            find(execution.execution_id, target)


def test_a_device_reports_about_its_own_executions_only(world: World) -> None:
    world.create()
    execution = world.start()
    for kind, name in (("client", "lamp"), ("thing", "door")):
        with pytest.raises(CommandExecutionNotFound):
            world.service.executions.report(
                kind, name, execution.execution_id, Report(ExecutionStatus.SUCCEEDED), world.now
            )


# Messages and events


def test_the_message_is_the_payload_as_it_is(world: World) -> None:
    world.create(payload=Payload(b"\x00\xff", None))
    assert world.start().message == Message(b"\x00\xff", "application/octet-stream")


def test_each_change_is_an_event(world: World) -> None:
    world.create()
    execution = world.start()
    world.report(execution, "IN_PROGRESS")
    world.report(execution, "IN_PROGRESS")
    world.advance(10_000)
    world.report(execution, "FAILED", "TOO_LATE")
    events = [each for each in world.events() if isinstance(each, CommandExecutionChanged)]
    assert [each.state.name for each in events] == [
        "CREATED",
        "IN_PROGRESS",
        "IN_PROGRESS",
        "NO_RESPONSE",
        "FAILED",
    ]
    assert [each.message is not None for each in events] == [True, False, False, False, False]
    assert events[0].due == FIRST_DAY + 10 * SECOND
    assert events[-1].reason == StatusReason("TOO_LATE")


def test_nothing_is_recorded_while_nothing_listens(world: World) -> None:
    world.log.listening = False
    world.create()
    world.report(world.start(), "SUCCEEDED")
    assert world.events() == []
