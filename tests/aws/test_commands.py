"""Commands as their owner calls them: answers, documented errors, deletion, pages, tags,
permissions, quotas and faults.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.commands import ALWAYS, JSON_PAYLOAD, PARAMETER, bare, command, report, start

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


def test_a_command_is_created_and_shown(aws: Aws) -> None:
    given = {
        "displayName": "Lock",
        "description": "Locks the door",
        "namespace": "AWS-IoT",
        "payload": JSON_PAYLOAD,
    }
    created = bare(aws.iot.create_command(commandId="lock", **given))
    arn = aws.arn("command", "lock")
    assert created == {"commandId": "lock", "commandArn": arn}
    shown = bare(aws.iot.get_command(commandId="lock"))
    for name in ("createdAt", "lastUpdatedAt"):
        assert abs(shown.pop(name) - aws.now()) < timedelta(minutes=1)
    assert shown == {
        "commandId": "lock",
        "commandArn": arn,
        **given,
        "deprecated": False,
        "pendingDeletion": False,
    }


def test_what_was_not_given_is_not_shown(aws: Aws) -> None:
    aws.iot.create_command(commandId="raw", payload={"content": b"\x00\xff"})
    shown = bare(aws.iot.get_command(commandId="raw"))
    # Ours: AWS shows the content type that it takes by default.
    assert shown["payload"] == {
        "content": b"\x00\xff",
        "contentType": "application/octet-stream",
    }
    assert shown["namespace"] == "AWS-IoT"
    assert not shown.keys() & {"displayName", "description", "roleArn", "mandatoryParameters"}


def test_a_dynamic_command_shows_its_template_and_parameters(aws: Aws) -> None:
    given: dict[str, Any] = {
        "payloadTemplate": json.dumps({"level": PARAMETER % "level"}),
        "preprocessor": {"awsJsonSubstitution": {"outputFormat": "JSON"}},
        "mandatoryParameters": [
            {
                "name": "level",
                "type": "INTEGER",
                "defaultValue": {"I": 5},
                "valueConditions": [
                    {
                        "comparisonOperator": "IN_RANGE",
                        "operand": {"numberRange": {"min": "0", "max": "10"}},
                    }
                ],
                "description": "How bright",
            }
        ],
    }
    aws.iot.create_command(commandId="dim", **given)
    shown = aws.iot.get_command(commandId="dim")
    assert {name: shown[name] for name in given} == given
    listed = aws.iot.list_commands(commandParameterName="level")["commands"]
    assert [each["commandId"] for each in listed] == ["dim"]


def test_an_update_changes_what_it_names(aws: Aws) -> None:
    command(aws, displayName="a", description="b")
    aws.advance(minutes=5)
    updated = bare(aws.iot.update_command(commandId="lock", displayName="c"))
    changed = updated.pop("lastUpdatedAt")
    assert updated == {
        "commandId": "lock",
        "displayName": "c",
        "description": "b",
        "deprecated": False,
    }
    shown = aws.iot.get_command(commandId="lock")
    assert shown["lastUpdatedAt"] == changed >= shown["createdAt"] + timedelta(minutes=5)


def test_a_deprecated_command_cannot_be_started_or_edited_until_it_is_restored(aws: Aws) -> None:
    first = start(aws)
    assert aws.iot.update_command(commandId="lock", deprecated=True)["deprecated"] is True
    starting = {"targetArn": aws.arn("thing", "door"), "commandArn": aws.arn("command", "lock")}
    error = aws.raises("ValidationException", 400, aws.device.start_command_execution, **starting)
    assert error.message == "Command lock is deprecated."
    edit = {"commandId": "lock", "description": "d"}
    conflict = aws.raises("ConflictException", 409, aws.iot.update_command, **edit)
    assert conflict.response["resourceId"] == "lock"
    report(aws, first, "SUCCEEDED")
    aws.iot.update_command(commandId="lock", deprecated=False)
    aws.iot.update_command(**edit)
    start(aws)


def test_a_command_in_use_is_deleted_after_twelve_hours(aws: Aws) -> None:
    command(aws)
    deleted = aws.iot.delete_command(commandId="lock")
    assert (deleted["statusCode"], deleted["ResponseMetadata"]["HTTPStatusCode"]) == (202, 202)
    assert aws.iot.list_commands()["commands"] == []
    assert aws.iot.get_command(commandId="lock")["pendingDeletion"] is True
    assert aws.iot.delete_command(commandId="lock")["statusCode"] == 202
    error = aws.raises(
        "ConflictException", 409, aws.iot.create_command, commandId="lock", payload=JSON_PAYLOAD
    )
    assert error.message == "Command lock already exists."
    aws.advance(hours=12)
    aws.raises("ResourceNotFoundException", 404, aws.iot.get_command, commandId="lock")
    command(aws)


def test_a_command_that_was_deprecated_for_long_is_deleted_at_once(aws: Aws) -> None:
    command(aws)
    aws.iot.update_command(commandId="lock", deprecated=True)
    aws.advance(hours=13)
    deleted = aws.iot.delete_command(commandId="lock")
    assert (deleted["statusCode"], deleted["ResponseMetadata"]["HTTPStatusCode"]) == (204, 204)
    aws.raises("ResourceNotFoundException", 404, aws.iot.get_command, commandId="lock")
    error = aws.raises("ResourceNotFoundException", 404, aws.iot.delete_command, commandId="lock")
    assert error.message == "Command lock cannot be found."


# Errors


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (
            {},
            "The 'payload' field of the command is required when using the 'AWS-IoT' namespace.",
        ),
        (
            {"payload": JSON_PAYLOAD, "mandatoryParameters": [{"name": "x"}]},
            "AWS-IoT namespace does not support 'mandatoryParameters' with 'payload' option.",
        ),
        (
            {"payload": JSON_PAYLOAD, "namespace": "AWS-IoT-FleetWise"},
            "The command namespace AWS-IoT-FleetWise is unsupported.",
        ),
        (
            {"payload": JSON_PAYLOAD, "displayName": "a" * 65},
            f"1 validation error detected: Value '{'a' * 65}' at 'displayName' failed to satisfy"
            " constraint: Member must have length less than or equal to 64",
        ),
    ],
)
def test_what_is_not_valid_is_an_error(aws: Aws, members: dict[str, Any], sentence: str) -> None:
    error = aws.raises(
        "ValidationException", 400, aws.iot.create_command, commandId="lock", **members
    )
    assert error.message == sentence


@pytest.mark.parametrize("operation", ["get_command", "update_command", "delete_command"])
def test_an_unknown_command_is_not_found(aws: Aws, operation: str) -> None:
    error = aws.raises(
        "ResourceNotFoundException", 404, getattr(aws.iot, operation), commandId="none"
    )
    assert error.message == "Command none cannot be found."


@pytest.mark.parametrize(
    ("service", "operation", "members"),
    [
        ("iot", "CreateCommand", {"commandId": "new", "payload": JSON_PAYLOAD}),
        ("iot", "GetCommand", {"commandId": "lock"}),
        ("iot", "ListCommands", {}),
        ("iot", "UpdateCommand", {"commandId": "lock"}),
        ("iot", "DeleteCommand", {"commandId": "lock"}),
        ("iot", "GetCommandExecution", {"executionId": "e", "targetArn": "t"}),
        ("iot", "ListCommandExecutions", {}),
        ("iot", "DeleteCommandExecution", {"executionId": "e", "targetArn": "t"}),
        ("iot-jobs-data", "StartCommandExecution", {"targetArn": "t", "commandArn": "c"}),
    ],
)
def test_every_declared_error_can_be_injected(
    aws: Aws, service: str, operation: str, members: dict[str, Any]
) -> None:
    client = aws.client(service)
    for shape in client.meta.service_model.operation_model(operation).error_shapes:
        aws.fault(operation, shape.name, times=1, service=service)
        # Ours: 429 on both planes, where the model of `iot` says 400.
        status = (
            429
            if shape.name == "ThrottlingException"
            else shape.metadata["error"]["httpStatusCode"]
        )
        aws.raises(shape.name, status, _method(client, operation), **members)


def _method(client: Any, operation: str) -> Any:
    name = "".join(f"_{each.lower()}" if each.isupper() else each for each in operation)
    return getattr(client, name.lstrip("_"))


# Lists


def test_commands_are_paged_latest_first(aws: Aws) -> None:
    names = [f"c{number:02}" for number in range(30)]
    for name in names:
        command(aws, name)
    first = aws.iot.list_commands()
    assert len(first["commands"]) == 25
    assert first["nextToken"]
    shown = first["commands"][0]
    assert shown.keys() == {
        *("commandArn", "commandId", "deprecated", "createdAt"),
        *("lastUpdatedAt", "pendingDeletion"),
    }
    pages = aws.iot.get_paginator("list_commands").paginate(
        sortOrder="ASCENDING", PaginationConfig={"PageSize": 7}
    )
    assert [each["commandId"] for page in pages for each in page["commands"]] == names
    aws.raises("ValidationException", 400, aws.iot.list_commands, nextToken="nonsense")


def test_executions_are_paged_and_filtered(aws: Aws) -> None:
    started = [start(aws) for _ in range(5)]
    other = start(aws, "window")
    report(aws, started[2], "SUCCEEDED")
    lock, door = aws.arn("command", "lock"), aws.arn("thing", "door")
    pages = aws.iot.get_paginator("list_command_executions").paginate(
        targetArn=door, startedTimeFilter=ALWAYS, PaginationConfig={"PageSize": 2}
    )
    shown = [each for page in pages for each in page["commandExecutions"]]
    assert [each["executionId"] for each in shown] == started[::-1]
    assert shown[0]["startedAt"] == shown[0]["createdAt"]
    listed = aws.iot.list_command_executions

    def ids(**query: Any) -> list[str]:
        return [each["executionId"] for each in listed(**query)["commandExecutions"]]

    assert ids(commandArn=lock, startedTimeFilter=ALWAYS) == [other, *started[::-1]]
    done = {"targetArn": door, "completedTimeFilter": ALWAYS}
    assert ids(**done) == ids(**done, status="SUCCEEDED") == [started[2]]
    assert ids(**done, status="FAILED") == []
    for query in (
        {"commandArn": lock},
        {"startedTimeFilter": ALWAYS},
        {**done, "commandArn": lock},
        {**done, "startedTimeFilter": ALWAYS},
        {"targetArn": door, "startedTimeFilter": {"after": "yesterday"}},
    ):
        aws.raises("ValidationException", 400, listed, **query)


def test_the_time_of_a_filter_is_that_of_the_mock(aws: Aws) -> None:
    execution = start(aws)
    aws.advance(hours=2)
    report(aws, execution, "SUCCEEDED")
    an_hour_later = (aws.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    door = aws.arn("thing", "door")

    def found(name: str, **times: str) -> int:
        shown = aws.iot.list_command_executions(targetArn=door, **{name: times})
        return len(shown["commandExecutions"])

    assert found("startedTimeFilter", before=an_hour_later) == 1
    assert found("startedTimeFilter", after=an_hour_later) == 0
    assert found("completedTimeFilter", after=an_hour_later) == 1
    assert found("completedTimeFilter", before=an_hour_later) == 0


# Tags, permissions, quotas


def test_a_command_is_tagged_by_its_arn(aws: Aws) -> None:
    arn = command(aws, tags=[{"Key": "team", "Value": "a"}])
    listed = aws.iot.list_tags_for_resource
    assert listed(resourceArn=arn)["tags"] == [{"Key": "team", "Value": "a"}]
    aws.iot.tag_resource(resourceArn=arn, tags=[{"Key": "k", "Value": "v"}])
    aws.iot.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert listed(resourceArn=arn)["tags"] == [{"Key": "k", "Value": "v"}]
    aws.raises(
        "ResourceNotFoundException",
        404,
        aws.iot.tag_resource,
        resourceArn=aws.arn("command", "none"),
        tags=[{"Key": "k", "Value": "v"}],
    )


@pytest.mark.parametrize(
    ("action", "allowed"), [("iot:StartCommandExecution", True), ("iotjobsdata:*", False)]
)
def test_starting_is_an_action_of_iot(aws: Aws, action: str, allowed: bool) -> None:
    if aws.url is not None:
        pytest.skip("permissions are checked in process")
    arn, target = command(aws), aws.thing("door")
    iam = aws.client("iam")
    iam.create_user(UserName="owner")
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName="owner", PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="owner")["AccessKey"]
    client = aws.client(
        "iot-jobs-data",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with aws.authenticating():
        if allowed:
            client.start_command_execution(targetArn=target, commandArn=arn)
        else:
            with pytest.raises(ClientError) as caught:
                client.start_command_execution(targetArn=target, commandArn=arn)
            assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.usefixtures("public_modules_reach_it")
def test_the_rate_of_starts_is_a_quota(aws: Aws) -> None:
    from moto_iot_jobs import quotas

    start(aws)
    with quotas.enforce(StartCommandExecution=1):
        starting = {"targetArn": aws.arn("thing", "door"), "commandArn": aws.arn("command", "lock")}
        for attempt in range(2):
            if attempt == 0:
                aws.device.start_command_execution(**starting)
            else:
                aws.raises(
                    "ThrottlingException", 429, aws.device.start_command_execution, **starting
                )


def test_accounts_and_regions_are_apart(aws: Aws) -> None:
    command(aws)
    elsewhere = aws.client("iot", "eu-north-1")
    assert elsewhere.list_commands()["commands"] == []
    elsewhere.create_command(commandId="lock", payload=JSON_PAYLOAD)
