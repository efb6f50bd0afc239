"""The base of all types of resources: the API they are made with, and their failures.

An error reaches who creates the stack as a ValidationError of CreateStack with the API's sentence,
for moto creates stacks at once. The stack's events and status tell of it in CloudFormation's words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn
from urllib.parse import urlencode
from uuid import uuid4

from moto.cloudformation import models as cloudformation
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError

from moto_iot_jobs.dispatch.pipeline import Call, Members, handle
from moto_iot_jobs.iot.responses import operations
from moto_iot_jobs.iot.stack_types import StackContext
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.wire import WireError

from .properties import Schema, check, to_members

# FakeEvent in older versions of moto.
_Event: Any = getattr(cloudformation, "Event", None) or vars(cloudformation)["FakeEvent"]

_HANDLER_CODES = {
    402: "ServiceLimitExceeded",
    403: "AccessDenied",
    404: "NotFound",
    409: "AlreadyExists",
    410: "ServiceLimitExceeded",
    429: "Throttling",
    500: "ServiceInternalError",
}


class StackCall(Call):
    """A call that CloudFormation makes for its customer."""

    __slots__ = ("_body", "_query")

    transport = "https"

    def __init__(
        self, stack: StackContext, operation: str, members: Mapping[str, Any], query: str
    ) -> None:
        uri = operations.api.by_name[operation].uri
        labels = {name: str(members[name]) for name in re.findall(r"{(\w+)}", uri)}
        super().__init__(operations, operation, labels, stack.region, None, from_server=False)
        self.account = stack.account
        self._query = query
        self._body = {name: value for name, value in members.items() if name not in labels}

    def authenticate(self) -> str:
        """Return the stack's account, whose rights cover what is in the stack."""
        return self.account

    def parse(self) -> dict[str, Any]:
        """Check the members by the model."""
        body = json.dumps(self._body).encode()
        return self.operations.api.by_name[self.operation].read(self.labels, self._query, body)

    def render(self, members: Members | None) -> Members:
        """Return the members as they are."""
        return members or {}

    def render_error(self, error: WireError) -> WireError:
        """Return the error."""
        return error

    def hang_up(self) -> None:
        """Fail: CloudFormation reports no lost connections."""
        raise ConnectionError(f"The connection of {self.operation} was lost.")


def call(stack: StackContext, operation: str, query: Any = None, **members: Any) -> Members:
    """Call an operation for a stack.

    Args:
        stack: for whose account and region.
        operation: as AWS writes it.
        query: members that travel in the query string, as texts.
        members: all others, by their names in the model.

    Raises:
        WireError: the operation's error.
    """
    try:
        response = handle(StackCall(stack, operation, members, urlencode(query or {})))
    finally:
        runtime.delivery.deliver()
    if isinstance(response, WireError):
        raise response
    found: Members = response
    return found


def status_of(operation: str, error: WireError) -> int:
    """Return the HTTP status of an operation's error."""
    return operations.api.status(operation, error.code)


class StackResource:
    """A resource as moto keeps it.

    Args:
        physical_id: what `Ref` gives.
        properties: those of the template, resolved.
        attributes: what `Fn::GetAtt` gives.
    """

    def __init__(
        self, physical_id: str, properties: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> None:
        self.physical_resource_id = physical_id
        self.properties = dict(properties)
        self._attributes = attributes

    def is_created(self) -> bool:
        """Report to CloudFormation that the resource is there already."""
        return True

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """Return an attribute."""
        if attribute_name not in self._attributes:
            raise UnformattedGetAttTemplateException
        return self._attributes[attribute_name]


class ResourceType:
    """One type of resources.

    Subclasses say with which operations they live.

    Attributes:
        name: of the type.
        schema: of the properties.
        create_only: properties that cannot be updated: another value is another resource.
        renamed: members whose names are not those of their properties.
        arn_attribute: the attribute that has the resource's ARN.
    """

    name: ClassVar[str]
    schema: ClassVar[Schema]
    create_only: ClassVar[frozenset[str]]
    renamed: ClassVar[Mapping[str, str]] = {}
    arn_attribute: ClassVar[str] = "Arn"

    def create(self, name: str, properties: dict[str, Any], stack: StackContext) -> StackResource:
        """Create a resource.

        Args:
            name: the name that is given, or one that moto generated.

        Raises:
            ValidationError: a property is wrong, or an operation raised an error.
        """
        given = {key: value for key, value in properties.items() if value is not None}
        problems = list(check(self.schema, given))
        if problems:
            logical = stack.logical_id or name
            sentence = f"Properties validation failed for resource {logical} with message:"
            self._fail(stack, name, "\n".join([sentence, *problems]))
        try:
            return self.make(name, given, stack)
        except WireError as error:
            self._fail(stack, name, error.message, _handler_message(error))

    def update(
        self, original: StackResource, name: str, properties: dict[str, Any], stack: StackContext
    ) -> StackResource:
        """Update a resource, or replace it when a property is another that cannot be updated.

        Raises:
            ValidationError: as `create`.
        """
        given = {key: value for key, value in properties.items() if value is not None}
        before = original.properties
        changed = {key for key in {*given, *before} if given.get(key) != before.get(key)}
        if changed & self.create_only or list(check(self.schema, given)):
            return self.replace(original, name, given, stack)
        try:
            self.change(original, given, changed - {"Tags"}, stack)
            if "Tags" in changed:
                arn = original.get_cfn_attribute(self.arn_attribute)
                _retag(stack, arn, before.get("Tags"), given.get("Tags"))
        except WireError as error:
            self._fail(stack, name, error.message, _handler_message(error))
        original.properties = given
        return original

    def replace(
        self, original: StackResource, name: str, given: dict[str, Any], stack: StackContext
    ) -> StackResource:
        """Create the new resource, and delete the old one afterwards."""
        made = self.create(name, given, stack)
        self.delete(original.physical_resource_id, stack)
        return made

    def delete(self, physical_id: str, stack: StackContext) -> None:
        """Delete a resource.

        One that is gone already is no error.

        Raises:
            ValidationError: an operation raised an error.
        """
        try:
            self.unmake(physical_id, stack)
        except WireError as error:
            if error.code != "ResourceNotFoundException":
                raise ValidationError(physical_id, message=error.message) from None

    def make(self, name: str, given: dict[str, Any], stack: StackContext) -> StackResource:
        """Create a resource with properties that were checked. Raises WireError."""
        raise NotImplementedError

    def change(
        self, original: StackResource, given: dict[str, Any], changed: set[str], stack: StackContext
    ) -> None:
        """Update a resource, but for its tags. Raises WireError."""
        raise NotImplementedError

    def unmake(self, physical_id: str, stack: StackContext) -> None:
        """Delete a resource. Raises WireError."""
        raise NotImplementedError

    def members(self, given: Mapping[str, Any], names: set[str] | None = None) -> dict[str, Any]:
        """Return properties as members of the API.

        All of them, or those that are named.
        """
        chosen = {key: value for key, value in given.items() if names is None or key in names}
        members: dict[str, Any] = to_members(self.schema, chosen, self.renamed)
        return members

    def _fail(
        self, stack: StackContext, name: str, message: str, reason: str | None = None
    ) -> NoReturn:
        found = cloudformation.cloudformation_backends[stack.account][stack.region].stacks.get(
            stack.stack_id
        )
        if found is not None:
            found.events.append(
                _Event(
                    stack.stack_id,
                    found.name,
                    stack.logical_id,
                    "",
                    self.name,
                    "CREATE_FAILED",
                    reason or message,
                    None,
                )
            )
            found.status = "CREATE_FAILED"
            found._add_stack_event("CREATE_FAILED", reason or message)
            _create_no_more(found)
        raise ValidationError(name, message=message)


def _create_no_more(stack: Any) -> None:
    """Leave a stack with what it has made so far.

    moto makes a resource whenever it looks for one that is not there, also to describe a stack.
    """
    resources = stack.resource_map
    made = resources._parsed_resources
    resources._resource_json_map = {
        name: resource for name, resource in resources._resource_json_map.items() if name in made
    }
    stack.output_map._output_json_map = {}


def _retag(stack: StackContext, arn: str, before: Any, after: Any) -> None:
    """Bring the tags of a resource from one list to another."""
    old, new = ({tag["Key"]: str(tag["Value"]) for tag in tags or ()} for tags in (before, after))
    gone = [key for key in old if key not in new]
    if gone:
        call(stack, "UntagResource", resourceArn=arn, tagKeys=gone)
    added = [{"Key": key, "Value": value} for key, value in new.items() if old.get(key) != value]
    if added:
        call(stack, "TagResource", resourceArn=arn, tags=added)


def _handler_message(error: WireError) -> str:
    """Return what CloudFormation writes when a resource's handler fails."""
    status = operations.api.status(None, error.code)
    code = _HANDLER_CODES.get(status, "InvalidRequest")
    request = f"(Service: Iot, Status Code: {status}, Request ID: {uuid4()})"
    return (
        f'Resource handler returned message: "{error.message} {request} (SDK Attempt Count: 1)"'
        f" (RequestToken: {uuid4()}, HandlerErrorCode: {code})"
    )
