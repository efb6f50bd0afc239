"""Commands in histories, snapshots, the section below a failing test, and API coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2
import pytest

from moto_iot_jobs.introspection.coverage import coverage
from moto_iot_jobs.introspection.coverage_counts import CoverageCounts
from moto_iot_jobs.introspection.history import history
from moto_iot_jobs.introspection.snapshot import snapshot
from moto_iot_jobs.pytest_plugin.report import report as coverage_report
from moto_iot_jobs.pytest_plugin.section import section
from tests.aws.commands import report, start
from tests.aws.conftest import (  # noqa: F401 - fixtures
    in_process,
)

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


@pytest.fixture
def account(in_process: Aws) -> Aws:  # noqa: F811 - the fixture
    history.start()
    return in_process


def executions(**choice: Any) -> list[dict[str, Any]]:
    (region,) = snapshot(**choice)["regions"]
    found: list[dict[str, Any]] = region["commandExecutions"]
    return found


def test_a_snapshot_shows_executions_with_their_histories(account: Aws) -> None:
    execution = start(account)
    account.advance(seconds=10)
    report(account, execution, "SUCCEEDED", statusReason={"reasonCode": "LATE"})
    (shown,) = executions()
    transitions = shown.pop("transitions")
    assert (shown["executionId"], shown["commandId"], shown["target"]) == (
        execution,
        "lock",
        "thing door",
    )
    assert (shown["status"], shown["reason"], shown["timesOutAt"]) == ("SUCCEEDED", "LATE", None)
    assert [
        (each["before"], each["after"], each["act"], each["cause"]) for each in transitions
    ] == [
        (None, "CREATED", None, "StartCommandExecution"),
        ("CREATED", "TIMED_OUT", "a timer runs out", "time"),
        ("TIMED_OUT", "SUCCEEDED", "device reports SUCCEEDED", "UpdateCommandExecution"),
    ]


def test_a_snapshot_is_a_page_of_the_latest_and_can_be_of_one_device(account: Aws) -> None:
    started = [start(account) for _ in range(3)]
    other = start(account, "window")
    (region,) = snapshot(commands=2)["regions"]
    assert [each["executionId"] for each in region["commandExecutions"]] == [other, started[2]]
    assert region["commandExecutionsLeftOut"] == 2
    shown = executions(thing="door", commands=2)
    assert [each["executionId"] for each in shown] == started[:0:-1]
    assert snapshot(job="none")["regions"] == []
    assert snapshot(thing="nowhere")["regions"] == []


def test_the_section_below_a_failing_test_shows_commands(account: Aws) -> None:
    execution = start(account)
    report(account, execution, "IN_PROGRESS")
    report(account, execution, "FAILED", statusReason={"reasonCode": "JAMMED"})
    start(account, "window")
    text = section({**snapshot(), "deleted": []})
    assert "command lock on thing door: FAILED, JAMMED, in eu-west-1" in text
    assert "FAILED           device, UpdateCommandExecution" in text
    assert "command lock on thing window: CREATED, times out at" in text
    assert "StartCommandExecution" in text
    assert "$aws/events/commandExecution/lock/FAILED" in text


def test_coverage_counts_commands_once_they_are_used(account: Aws) -> None:
    counts = CoverageCounts()
    counts.start()
    try:
        assert coverage(counts)["neighbourTransitions"] == []
        execution = start(account)
        report(account, execution, "SUCCEEDED")
        account.iot.delete_command_execution(
            executionId=execution, targetArn=account.arn("thing", "door")
        )
        start(account)
        account.advance(seconds=10)
        found = coverage(counts)
    finally:
        counts.stop()
    seen = {
        (each["act"], each["from"], each["to"]): each["seen"]
        for each in found["neighbourTransitions"]
    }
    assert seen["device reports SUCCEEDED", "CREATED", "SUCCEEDED"] == 1
    assert seen["a timer runs out", "CREATED", "TIMED_OUT"] == 1
    assert seen["DeleteCommandExecution", "SUCCEEDED", "deleted"] == 1
    assert sum(seen.values()) == 3
    called = {each["operation"] for each in found["operations"] if each["calls"]}
    assert {"StartCommandExecution", "UpdateCommandExecution", "CreateCommand"} <= called
    text = coverage_report(found)
    assert "transitions of command executions" in text
    assert "a timer runs out, the execution being IN_PROGRESS" in found["neverSeenTransitions"]
    assert found["undocumented"] == []


def test_a_call_of_a_device_can_be_shown_whatever_came_with_it(account: Aws) -> None:
    from moto_iot_jobs import messages
    from moto_iot_jobs.introspection import calls

    calls.start()
    execution = start(account)
    payload = cbor2.dumps(
        {"status": "FAILED", b"raw": {b"\xff": 1}, "result": {"a": {"bin": b"\xff"}}}
    )
    topic = f"$aws/commands/things/door/executions/{execution}/response/cbor"
    messages.request(topic, payload, region=account.region)
    call = snapshot()["calls"][-1]
    assert (call["operation"], call["status"], call["transport"]) == (
        "UpdateCommandExecution",
        200,
        "mqtt",
    )
    assert call["parameters"]["status"] == "FAILED"
    assert call["parameters"]["thingName"] == "door"
