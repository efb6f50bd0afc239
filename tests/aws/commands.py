"""Shortcuts of the tests of AWS IoT Commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

JSON_PAYLOAD = {"content": b'{"lock": true}', "contentType": "application/json"}
ALWAYS = {"after": "2020-01-01T00:00"}
PARAMETER = "${aws:iot:commandexecution::parameter:%s}"


def bare(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without what boto3 adds."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def command(aws: Aws, command_id: str = "lock", **members: Any) -> str:
    """Create a static command; return its ARN."""
    members.setdefault("payload", JSON_PAYLOAD)
    arn: str = aws.iot.create_command(commandId=command_id, **members)["commandArn"]
    return arn


def start(aws: Aws, thing: str = "door", command_id: str = "lock", **members: Any) -> str:
    """Start a command on a thing, and make both unless they are there; return the execution's id."""
    target = aws.arn("thing", thing)
    if not any(each["thingName"] == thing for each in aws.iot.list_things()["things"]):
        aws.thing(thing)
    arn = aws.arn("command", command_id)
    if not any(each["commandId"] == command_id for each in aws.iot.list_commands()["commands"]):
        command(aws, command_id)
    started = aws.device.start_command_execution(targetArn=target, commandArn=arn, **members)
    execution: str = started["executionId"]
    return execution


def report(aws: Aws, execution: str, status: str, thing: str = "door", **members: Any) -> None:
    """Report about an execution as a device does, without hearing the response."""
    topic = f"$aws/commands/things/{thing}/executions/{execution}/response/json"
    payload = json.dumps({"status": status, **members})
    requests.post(
        f"{aws.url or 'http://motoapi.amazonaws.com'}/moto-api/iot-jobs/messages",
        data=json.dumps({"topic": topic, "payload": payload, "region": aws.region}),
        timeout=30,
    ).raise_for_status()


def execution_of(aws: Aws, execution: str, thing: str = "door") -> dict[str, Any]:
    """Describe an execution, with its result."""
    return bare(
        aws.iot.get_command_execution(
            executionId=execution, targetArn=aws.arn("thing", thing), includeResult=True
        )
    )
