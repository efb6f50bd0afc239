"""The resource types that moto's CloudFormation is given, and takes back.

moto finds a type by looking through the direct subclasses of its class for resources. What is here
are such classes, of which each imports what it does when a stack has one: most tests have none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from moto.core.common_models import CloudFormationModel


class StackResourceType(Protocol):
    """The handling of resources of one type."""

    def create(self, name: str, properties: dict[str, Any], stack: StackContext) -> Any:
        """Create a resource, and return it as moto keeps it."""

    def update(
        self, original: Any, name: str, properties: dict[str, Any], stack: StackContext
    ) -> Any:
        """Update or replace a resource, and return it as moto keeps it."""

    def delete(self, physical_id: str, stack: StackContext) -> None:
        """Delete a resource."""


class StackContext:
    """Account and region of a stack, and the resource that is concerned.

    Args:
        account, region: where the stack is.
        stack_id, logical_id: known while a resource is created (while it is updated the latter
            only), else empty.
    """

    def __init__(self, account: str, region: str, stack_id: str = "", logical_id: str = "") -> None:
        self.account = account
        self.region = region
        self.stack_id = stack_id
        self.logical_id = logical_id


_declared: dict[str, type] = {}
_active: set[str] = set()


def add(
    type_name: str,
    name_property: str,
    attributes: frozenset[str],
    load: Callable[[], StackResourceType],
) -> None:
    """Let stacks have resources of a type. Idempotent.

    Args:
        type_name: such as ``AWS::IoT::Job``.
        name_property: the property with the name of a resource.
        attributes: what `Fn::GetAtt` gives.
        load: imports what is done for them.
    """
    if type_name not in _declared:
        _declared[type_name] = _declare(type_name, name_property, attributes, load)
    _active.add(type_name)
    _forget_map()


def remove_all() -> None:
    """End every `add`."""
    _active.clear()
    _forget_map()


def _forget_map() -> None:
    parsing: Any = sys.modules.get("moto.cloudformation.parsing")
    if parsing is not None:
        for cached in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
            cached.cache_clear()


class _DeclaredType:
    """A type of resource as moto looks for it, together with moto's own class."""

    type_name: ClassVar[str]
    name_property: ClassVar[str]
    attributes: ClassVar[frozenset[str]]
    load: ClassVar[Callable[[], StackResourceType]]

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """Return the property with the name."""
        return cls.name_property

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type, or another one while stacks cannot have it."""
        return cls.type_name if cls.type_name in _active else f"{cls.type_name} (not active)"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether `Fn::GetAtt` gives an attribute."""
        return attr in cls.attributes

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        """Create a resource."""
        stack = StackContext(
            account_id, region_name, kwargs.get("StackId", ""), kwargs.get("LogicalId", "")
        )
        return cls.load().create(resource_name, cloudformation_json["Properties"], stack)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Any:
        """Update or replace a resource."""
        logical = getattr(original_resource, "logical_resource_id", "")
        stack = StackContext(account_id, region_name, logical_id=logical)
        properties = cloudformation_json["Properties"]
        return cls.load().update(original_resource, new_resource_name, properties, stack)

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 - moto's name
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete a resource."""
        cls.load().delete(resource_name, StackContext(account_id, region_name))


def _declare(
    type_name: str,
    name_property: str,
    attributes: frozenset[str],
    load: Callable[[], StackResourceType],
) -> type:
    # moto looks for direct subclasses of its class, and takes the second part of a class's module
    # for its service.
    members = {
        "__module__": __name__,
        "type_name": type_name,
        "name_property": name_property,
        "attributes": attributes,
        "load": staticmethod(load),
    }
    return type(type_name.replace("::", ""), (_DeclaredType, CloudFormationModel), members)
