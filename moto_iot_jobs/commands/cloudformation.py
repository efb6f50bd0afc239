"""`AWS::IoT::Command`.

Source: the resource's schema in the CloudFormation registry. Not documented, and so ours: the
handler of deletion deprecates the command first, for it may call UpdateCommand; a payload is text.
"""

from __future__ import annotations

import base64
from types import MappingProxyType
from typing import Any, NoReturn

from moto_iot_jobs.iot.cloudformation.properties import (
    NUMBER,
    TAGS,
    TEXT,
    TRUTH,
    WHOLE,
    Schema,
)
from moto_iot_jobs.iot.cloudformation.resources import ResourceType, StackResource, call
from moto_iot_jobs.iot.stack_types import StackContext
from moto_iot_jobs.wire import WireError

_VALUE: Schema = {
    "S": TEXT,
    "B": TRUTH,
    "I": WHOLE,
    # Text here, and a number in the API.
    "L": TEXT,
    "D": NUMBER,
    "BIN": TEXT,
    "UL": TEXT,
}
_OPERAND: Schema = {
    "Number": TEXT,
    "Numbers": [TEXT],
    "String": TEXT,
    "Strings": [TEXT],
    "NumberRange": {"Min!": TEXT, "Max!": TEXT},
}
_PARAMETER: Schema = {
    "Name!": TEXT,
    "Type": TEXT,
    "Value": _VALUE,
    "DefaultValue": _VALUE,
    "ValueConditions": [{"ComparisonOperator!": TEXT, "Operand!": _OPERAND}],
    "Description": TEXT,
}
_COMMAND: Schema = {
    "CommandId!": TEXT,
    "Namespace": TEXT,
    "DisplayName": TEXT,
    "Description": TEXT,
    "Payload": {"Content": TEXT, "ContentType": TEXT},
    "PayloadTemplate": TEXT,
    "Preprocessor": {"AwsJsonSubstitution": {"OutputFormat!": TEXT}},
    "MandatoryParameters": [_PARAMETER],
    "RoleArn": TEXT,
    "Deprecated": TRUTH,
    "PendingDeletion": TRUTH,
    "CreatedAt": TEXT,
    "LastUpdatedAt": TEXT,
    "Tags": TAGS,
}
# Properties that can be updated, with what they are when the template leaves them out.
_UPDATABLE = {"DisplayName": "", "Description": "", "Deprecated": False}
_NOT_OF_THE_API = frozenset({"CreatedAt", "LastUpdatedAt", "PendingDeletion", "Deprecated"})


class Commands(ResourceType):
    """`AWS::IoT::Command`."""

    name = "AWS::IoT::Command"
    schema = _COMMAND
    create_only = frozenset({"CommandId", "PayloadTemplate", "Preprocessor"})
    renamed = MappingProxyType({name: name for name in _VALUE})
    arn_attribute = "CommandArn"

    def make(self, name: str, given: dict[str, Any], stack: StackContext) -> StackResource:
        """Create a command, and deprecate it if that is said.

        `Ref` gives its id.
        """
        members = self.members(given, given.keys() - _NOT_OF_THE_API)
        content = members.get("payload", {}).get("content")
        if content is not None:
            members["payload"]["content"] = base64.b64encode(content.encode()).decode()
        arn = call(stack, "CreateCommand", **members)["commandArn"]
        if self.members(given, {"Deprecated"}).get("deprecated"):
            call(stack, "UpdateCommand", commandId=name, deprecated=True)
        return StackResource(name, given, {"CommandArn": arn})

    def change(
        self, original: StackResource, given: dict[str, Any], changed: set[str], stack: StackContext
    ) -> None:
        """Update a command."""
        command = original.physical_resource_id
        fixed = changed - _UPDATABLE.keys() - _NOT_OF_THE_API
        if fixed:
            _fail(f"{', '.join(sorted(fixed))} of command {command} cannot be updated.")
        wanted = {
            name: given.get(name, unsaid) for name, unsaid in _UPDATABLE.items() if name in changed
        }
        if wanted:
            call(stack, "UpdateCommand", commandId=command, **self.members(wanted))

    def unmake(self, physical_id: str, stack: StackContext) -> None:
        """Deprecate a command and delete it, which takes 12 hours."""
        found = call(stack, "GetCommand", commandId=physical_id)
        if found["pendingDeletion"]:
            return
        call(stack, "UpdateCommand", commandId=physical_id, deprecated=True)
        call(stack, "DeleteCommand", commandId=physical_id)


def _fail(message: str) -> NoReturn:
    raise WireError("ValidationException", message)
