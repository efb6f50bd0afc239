"""`AWS::IoT::Command` in stacks of CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.commands import bare
from tests.aws.test_stacks import body, create, delete, error_of, update

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

STATIC = {
    "CommandId": "lock",
    "Description": "Locks",
    "Payload": {"Content": '{"lock": "ü"}', "ContentType": "application/json"},
    "Tags": [{"Key": "team", "Value": "a"}],
}
DYNAMIC = {
    "CommandId": "dim",
    "PayloadTemplate": '{"level": "${aws:iot:commandexecution::parameter:level}"}',
    "Preprocessor": {"AwsJsonSubstitution": {"OutputFormat": "JSON"}},
    "MandatoryParameters": [
        {
            "Name": "level",
            "Type": "LONG",
            "DefaultValue": {"L": "7"},
            "ValueConditions": [
                {"ComparisonOperator": "IN_SET", "Operand": {"Numbers": ["7", "8"]}}
            ],
        }
    ],
}


def stack(properties: dict[str, Any]) -> str:
    return body(
        {"It": ("Command", properties)},
        {"Ref": {"Ref": "It"}, "Arn": {"Fn::GetAtt": ["It", "CommandArn"]}},
    )


def test_a_stack_makes_a_static_command(aws: Aws) -> None:
    assert create(aws, stack(STATIC)) == {"Ref": "lock", "Arn": aws.arn("command", "lock")}
    shown = aws.iot.get_command(commandId="lock")
    assert shown["payload"]["content"].decode() == '{"lock": "ü"}'
    tags = aws.iot.list_tags_for_resource(resourceArn=aws.arn("command", "lock"))["tags"]
    assert tags == STATIC["Tags"]


def test_a_stack_makes_a_dynamic_command(aws: Aws) -> None:
    create(aws, stack(DYNAMIC))
    (parameter,) = aws.iot.get_command(commandId="dim")["mandatoryParameters"]
    assert parameter == {
        "name": "level",
        "type": "LONG",
        "defaultValue": {"L": 7},
        "valueConditions": [{"comparisonOperator": "IN_SET", "operand": {"numbers": ["7", "8"]}}],
    }


def test_a_stack_updates_what_can_be_updated(aws: Aws) -> None:
    create(aws, stack(STATIC))
    tags = [{"Key": "team", "Value": "b"}]
    update(aws, stack({**STATIC, "DisplayName": "Lock", "Deprecated": "true", "Tags": tags}))
    shown = bare(aws.iot.get_command(commandId="lock"))
    assert (shown["displayName"], shown["deprecated"]) == ("Lock", True)
    arn = aws.arn("command", "lock")
    assert aws.iot.list_tags_for_resource(resourceArn=arn)["tags"] == tags
    update(aws, stack(STATIC))
    shown = bare(aws.iot.get_command(commandId="lock"))
    assert (shown["displayName"], shown["deprecated"]) == ("", False)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"Payload": {"Content": "x"}}, "Payload of command lock cannot be updated."),
        ({"PayloadTemplate": "{}"}, "already exists|does not support"),
    ],
)
def test_what_is_immutable_cannot_be_updated(
    aws: Aws, change: dict[str, Any], sentence: str
) -> None:
    create(aws, stack(STATIC))
    with pytest.raises(ClientError, match=sentence):
        update(aws, stack({**STATIC, **change}))


def test_an_error_of_the_api_fails_the_stack(aws: Aws) -> None:
    message = error_of(aws, stack({"CommandId": "lock"}))
    assert "The 'payload' field of the command is required" in message
    assert aws.iot.list_commands()["commands"] == []


def test_properties_are_checked(aws: Aws) -> None:
    message = error_of(aws, body({"It": ("Command", {"Deprecated": "maybe", "Text": "x"})}))
    assert "#: required key [CommandId] not found" in message
    assert "#: extraneous key [Text] is not permitted" in message
    assert "#/Deprecated: expected type: Boolean, found: String" in message


def test_a_deleted_stack_leaves_a_command_that_is_pending_deletion(aws: Aws) -> None:
    create(aws, stack(STATIC))
    delete(aws)
    shown = aws.iot.get_command(commandId="lock")
    assert (shown["deprecated"], shown["pendingDeletion"]) == (True, True)
    aws.advance(hours=12)
    aws.raises("ResourceNotFoundException", 404, aws.iot.get_command, commandId="lock")
