"""Simulated devices that run commands, without sockets and over MQTT, in process and at a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from moto_iot_jobs import devices, faults, messages
from moto_iot_jobs.devices import Command, CommandReport, Device, Fleet, HandlerError, mqtt
from tests.aws.commands import command, execution_of, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.devices.conftest import Account, Address


@pytest.fixture
def door(account: Account, address: Address | None) -> Iterator[Device]:
    """The device `door`, which listens."""
    account.thing("door")
    with Device("door", region=account.region, address=address) as device:
        device.listen_for_commands()
        yield device


def test_a_device_runs_its_commands_in_order(
    account: Account, door: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def handler(got: Command) -> CommandReport:
        seen.append((got.thing, got.execution_id, got.json))
        got.progress("HALF_WAY", "half way")
        assert execution_of(account, got.execution_id)["status"] == "IN_PROGRESS"
        return CommandReport(
            "FAILED", "JAMMED", "the door is jammed", {"tries": "3", "open": True, "raw": b"\xff"}
        )

    first = start(account)
    second = start(account, executionTimeoutSeconds=600)
    runs: list[devices.CommandRun] = []
    while len(runs) < 2:
        runs += door.run_commands(handler)
    assert seen == [("door", first, {"lock": True}), ("door", second, {"lock": True})]
    assert [(run.execution_id, run.status, run.error) for run in runs] == [
        (first, "FAILED", None),
        (second, "FAILED", None),
    ]
    shown = execution_of(account, first)
    assert shown["statusReason"] == {
        "reasonCode": "JAMMED",
        "reasonDescription": "the door is jammed",
    }
    assert shown["result"] == {"tries": {"S": "3"}, "open": {"B": True}, "raw": {"BIN": b"\xff"}}
    monkeypatch.setattr(mqtt, "_COMMAND_SECONDS", 0.2)  # for which a device waits for the next one
    assert door.run_commands(handler) == []


@pytest.mark.parametrize(
    ("verdict", "status"), [(None, "SUCCEEDED"), ("REJECTED", "REJECTED"), ("IN_PROGRESS", None)]
)
def test_a_verdict_can_be_short(
    account: Account, door: Device, verdict: str | None, status: str | None
) -> None:
    execution = start(account)
    (run,) = door.run_commands(lambda _: verdict)
    shown = execution_of(account, execution)
    assert shown["status"] == run.status == (status or "IN_PROGRESS")
    assert "statusReason" not in shown


def test_a_crash_of_the_handler_is_a_failure(account: Account, door: Device) -> None:
    execution = start(account)

    def crash(_got: Command) -> None:
        raise ZeroDivisionError("by\nnought")

    door.run_commands(crash)
    shown = execution_of(account, execution)
    assert (shown["status"], shown["statusReason"]) == (
        "FAILED",
        {"reasonCode": "ZERO_DIVISION_ERROR", "reasonDescription": "by nought"},
    )


def test_a_failed_assertion_fails_the_test_and_a_wrong_verdict_says_so(
    account: Account, door: Device
) -> None:
    start(account)

    def wrong(_got: Command) -> Any:
        return "DONE"

    with pytest.raises(HandlerError, match="SUCCEEDED"):
        door.run_commands(wrong)
    start(account)

    def fail(_got: Command) -> None:
        raise AssertionError("no")

    with pytest.raises(AssertionError):
        door.run_commands(fail)


def test_a_device_that_is_late_gets_an_error(account: Account, door: Device) -> None:
    execution = start(account)

    def dawdle(got: Command) -> str:
        account.advance(seconds=11)
        with pytest.raises(devices.ExecutionOverError):
            got.progress()
        return "SUCCEEDED"

    (run,) = door.run_commands(dawdle)
    assert run.error is None
    assert execution_of(account, execution)["status"] == "SUCCEEDED"


def test_a_device_retries_while_the_service_is_busy(account: Account, door: Device) -> None:
    execution = start(account)
    with faults.inject("UpdateCommandExecution", "DataConflict", times=2):
        (run,) = door.run_commands()
    assert run.error is None
    assert execution_of(account, execution)["status"] == "SUCCEEDED"


def test_without_sockets_commands_that_timed_out_are_not_received(account: Account) -> None:
    account.thing("door")
    device = Device("door", region=account.region)
    start(account)
    account.advance(seconds=11)
    kept = start(account)
    assert [run.execution_id for run in device.run_commands()] == [kept]


def test_a_client_is_a_device_too(account: Account) -> None:
    target, arn = account.arn("client", "robot"), command(account)
    device = Device("robot", region=account.region)
    account.device.start_command_execution(targetArn=target, commandArn=arn)
    (run,) = device.run_commands()
    found = account.iot.get_command_execution(executionId=run.execution_id, targetArn=target)
    assert found["status"] == "SUCCEEDED"


def test_a_test_plays_the_device_by_topics(account: Account) -> None:
    execution = start(account)
    request = f"$aws/commands/things/door/executions/{execution}/request/json"
    if account.url is not None:
        (message,) = messages.published(request)
        assert (message.json, message.content_type) == ({"lock": True}, "application/json")
    topic = request.replace("request", "response")
    response = messages.request(topic, {"status": "SUCCEEDED"}, region=account.region)
    assert response is not None
    assert response.topic.endswith("/response/accepted/json")
    assert response.json == {"executionId": execution}
    packed = messages.request(
        topic.replace("json", "cbor"), b"\xa1fstatusfFAILED", region=account.region
    )
    assert packed is not None
    assert b"TerminalStateReached" in packed.payload


def test_a_fleet_runs_commands_while_it_runs_a_job(account: Account) -> None:
    fleet = Fleet(3, region=account.region, commands=lambda _: CommandReport("REJECTED", "BUSY"))
    arn = command(account)
    started = [
        account.device.start_command_execution(
            commandArn=arn, targetArn=account.arn("thing", thing), executionTimeoutSeconds=3600
        )["executionId"]
        for thing in fleet.things
    ]
    assert fleet.roll_out("job").status == "COMPLETED"
    assert [
        execution_of(account, execution, thing)["status"]
        for execution, thing in zip(started, fleet.things, strict=True)
    ] == ["REJECTED"] * 3
    account.device.start_command_execution(
        commandArn=arn, targetArn=account.arn("thing", fleet.things[1])
    )
    (run,) = fleet.run_commands(lambda _: None)
    assert (run.thing, run.status) == (fleet.things[1], "SUCCEEDED")


@pytest.mark.parametrize("lost", ["request", "response"])
def test_a_lost_report_is_repeated(account: Account, lost: Literal["request", "response"]) -> None:
    account.thing("door")
    device = Device("door", region=account.region)
    execution = start(account, executionTimeoutSeconds=3600)
    lose = faults.lose_request if lost == "request" else faults.lose_response
    with lose("UpdateCommandExecution", thing="door"):
        (run,) = device.run_commands()
    assert run.error is None
    assert execution_of(account, execution)["status"] == "SUCCEEDED"
