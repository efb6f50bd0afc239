"""StartCommandExecution and what becomes of executions, through boto3."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.aws.commands import (
    ALWAYS,
    PARAMETER,
    bare,
    command,
    execution_of,
    report,
    start,
)

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


def test_an_execution_is_started_and_shown(aws: Aws) -> None:
    execution = start(aws)
    assert str(uuid.UUID(execution)) == execution
    shown = execution_of(aws, execution)
    created = shown.pop("createdAt")
    assert abs(created - aws.now()) < timedelta(minutes=1)
    assert shown.pop("startedAt") == shown.pop("lastUpdatedAt") == created
    assert shown.pop("timeToLive") == created + timedelta(days=180)
    assert shown == {
        "executionId": execution,
        "commandArn": aws.arn("command", "lock"),
        "targetArn": aws.arn("thing", "door"),
        "status": "CREATED",
        "executionTimeoutSeconds": 10,
    }


def test_ten_seconds_later_it_has_timed_out_and_may_still_be_reported_about(aws: Aws) -> None:
    execution = start(aws)
    aws.advance(seconds=10)
    shown = execution_of(aws, execution)
    assert shown["status"] == "TIMED_OUT"
    assert shown["statusReason"] == {"reasonCode": "$NO_RESPONSE_FROM_DEVICE"}
    assert "completedAt" not in shown
    assert shown["lastUpdatedAt"] == shown["createdAt"] + timedelta(seconds=10)
    error = aws.raises(
        "ConflictException",
        409,
        aws.iot.delete_command_execution,
        executionId=execution,
        targetArn=aws.arn("thing", "door"),
    )
    assert error.response["resourceId"] == execution
    reason = {"reasonCode": "LATE", "reasonDescription": "no network"}
    report(aws, execution, "SUCCEEDED", statusReason=reason)
    shown = execution_of(aws, execution)
    assert (shown["status"], shown["statusReason"]) == ("SUCCEEDED", reason)
    assert shown["completedAt"] >= shown["createdAt"] + timedelta(seconds=10)
    report(aws, execution, "FAILED")
    assert execution_of(aws, execution)["status"] == "SUCCEEDED"


def test_a_result_is_shown_on_request(aws: Aws) -> None:
    execution = start(aws)
    result = {"sn": {"s": "ABC-001"}, "digital": {"b": True}, "raw": {"bin": "AP8="}}
    report(aws, execution, "SUCCEEDED", result=result)
    assert execution_of(aws, execution)["result"] == {
        "sn": {"S": "ABC-001"},
        "digital": {"B": True},
        "raw": {"BIN": b"\x00\xff"},
    }
    plain = aws.iot.get_command_execution(executionId=execution, targetArn=aws.arn("thing", "door"))
    assert "result" not in plain


def test_a_finished_execution_is_deleted(aws: Aws) -> None:
    execution = start(aws)
    report(aws, execution, "REJECTED")
    named = {"executionId": execution, "targetArn": aws.arn("thing", "door")}
    assert bare(aws.iot.delete_command_execution(**named)) == {}
    for operation in (aws.iot.get_command_execution, aws.iot.delete_command_execution):
        error = aws.raises("ResourceNotFoundException", 404, operation, **named)
        assert error.message == f"Command execution {execution} cannot be found."


def test_the_same_client_token_starts_once(aws: Aws) -> None:
    command(aws)
    members = {
        "targetArn": aws.thing("door"),
        "commandArn": aws.arn("command", "lock"),
        "clientToken": "once",
    }
    begin = aws.device.start_command_execution
    first = begin(**members)["executionId"]
    assert begin(**members)["executionId"] == first
    error = aws.raises("ConflictException", 409, begin, **members, executionTimeoutSeconds=20)
    assert error.response["resourceId"] == first
    shown = aws.iot.list_command_executions(
        targetArn=members["targetArn"], startedTimeFilter=ALWAYS
    )
    assert len(shown["commandExecutions"]) == 1


def test_a_device_has_a_hundred_active_executions_at_most(aws: Aws) -> None:
    command(aws)
    members = {"targetArn": aws.thing("door"), "commandArn": aws.arn("command", "lock")}
    for _ in range(100):
        aws.device.start_command_execution(**members)
    aws.raises("ServiceQuotaExceededException", 402, aws.device.start_command_execution, **members)
    aws.advance(seconds=10)
    aws.device.start_command_execution(**members)


@pytest.mark.parametrize(
    ("code", "status", "changed"),
    [
        ("ResourceNotFoundException", 404, {"commandArn": ("command", "none")}),
        ("ResourceNotFoundException", 404, {"targetArn": ("thing", "none")}),
        ("ValidationException", 400, {"targetArn": ("thinggroup", "door")}),
        ("ValidationException", 400, {"commandArn": ("thing", "door")}),
    ],
)
def test_what_is_not_there_or_no_target_is_an_error(
    aws: Aws, code: str, status: int, changed: dict[str, tuple[str, str]]
) -> None:
    command(aws)
    members = {"targetArn": aws.thing("door"), "commandArn": aws.arn("command", "lock")}
    members |= {name: aws.arn(*arn) for name, arn in changed.items()}
    aws.raises(code, status, aws.device.start_command_execution, **members)


@pytest.mark.parametrize(
    "members", [{"executionTimeoutSeconds": 43_201}, {"parameters": {"x": {"I": 1}}}]
)
def test_a_time_that_is_too_long_and_parameters_of_none_are_errors(
    aws: Aws, members: dict[str, Any]
) -> None:
    starting = {"targetArn": aws.thing("door"), "commandArn": command(aws)}
    aws.raises(
        "ValidationException", 400, aws.device.start_command_execution, **starting, **members
    )


def test_a_dynamic_command_takes_parameters(aws: Aws) -> None:
    condition = {"comparisonOperator": "LESS_THAN", "operand": {"number": "11"}}
    aws.iot.create_command(
        commandId="dim",
        payloadTemplate=json.dumps({"level": PARAMETER % "level", "in": PARAMETER % "room"}),
        preprocessor={"awsJsonSubstitution": {"outputFormat": "JSON"}},
        mandatoryParameters=[
            {"name": "level", "type": "INTEGER", "valueConditions": [condition]},
            {"name": "room", "defaultValue": {"S": "hall"}},
        ],
    )
    starting = {"targetArn": aws.thing("lamp"), "commandArn": aws.arn("command", "dim")}
    begin = aws.device.start_command_execution
    for parameters in (None, {"level": {"S": "3"}}, {"level": {"I": 11}}):
        given = {"parameters": parameters} if parameters is not None else {}
        aws.raises("ValidationException", 400, begin, **starting, **given)
    started = begin(**starting, parameters={"level": {"I": 3}})["executionId"]
    shown = execution_of(aws, started, "lamp")
    assert shown["parameters"] == {"level": {"I": 3}, "room": {"S": "hall"}}


def test_the_same_path_is_another_operation_on_the_other_plane(aws: Aws) -> None:
    arn, target = command(aws), aws.thing("door")
    members = {"commandArn": arn, "targetArn": target}
    # POST /command-executions, signed for iot-jobs-data and for iot.
    started = aws.device.start_command_execution(**members)
    assert bare(started).keys() == {"executionId"}
    listed = aws.iot.list_command_executions(targetArn=target, startedTimeFilter=ALWAYS)
    assert [each["executionId"] for each in listed["commandExecutions"]] == [started["executionId"]]


def test_the_order_of_calls_of_awss_workshop(aws: Aws) -> None:
    """aws-samples/sample-aws-iot-device-management-learning-path-basics, manage_commands.py."""
    aws.thing("Vehicle-VIN-001")
    arn = aws.iot.create_command(
        commandId="lock-doors",
        displayName="lock-doors",
        description="Lock all vehicle doors remotely",
        namespace="AWS-IoT",
        payload={
            "content": json.dumps({"action": "lock"}).encode(),
            "contentType": "application/json",
        },
    )["commandArn"]
    assert [each["commandId"] for each in aws.iot.list_commands()["commands"]] == ["lock-doors"]
    shown = aws.iot.get_command(commandId="lock-doors")
    assert json.loads(shown["payload"]["content"]) == {"action": "lock"}
    endpoint = aws.iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    url = {} if aws.url is not None else {"endpoint_url": f"https://{endpoint}"}
    target = aws.arn("thing", "Vehicle-VIN-001")
    execution = aws.client("iot-jobs-data", **url).start_command_execution(
        commandArn=arn, targetArn=target, executionTimeoutSeconds=60
    )["executionId"]
    named = {"executionId": execution, "targetArn": target}
    assert aws.iot.get_command_execution(**named)["status"] == "CREATED"
    reason = {"reasonCode": "DOORS_LOCKED", "reasonDescription": "Vehicle doors locked"}
    for status in ("IN_PROGRESS", "SUCCEEDED"):
        report(
            aws,
            execution,
            status,
            "Vehicle-VIN-001",
            executionId=execution,
            statusReason=reason,
            timestamp=1,
        )
    assert aws.iot.get_command_execution(**named)["statusReason"] == reason
    a_month_ago = (aws.now() - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    history = aws.iot.list_command_executions(
        targetArn=target, maxResults=10, startedTimeFilter={"after": a_month_ago}
    )["commandExecutions"]
    assert [each["status"] for each in history] == ["SUCCEEDED"]
    assert aws.iot.delete_command(commandId="lock-doors")["statusCode"] == 202


def test_starting_an_unknown_command_is_an_error_of_the_model(aws: Aws) -> None:
    arn = "arn:aws:iot:eu-west-1:123456789012:command/c1"
    response = aws.http(
        "POST",
        "/command-executions",
        service="iot-jobs-data",
        json={"targetArn": aws.thing("t1"), "commandArn": arn},
    )
    modelled = {
        "ValidationException": 400,
        "ResourceNotFoundException": 404,
        "ConflictException": 409,
    }
    kind = response.headers["x-amzn-ErrorType"].partition(":")[0]
    assert response.status_code == modelled[kind]
    assert response.json()["message"]
