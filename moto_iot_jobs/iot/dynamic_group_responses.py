"""Operations on dynamic thing groups, which moto lacks.

DescribeThingGroup is moto's own.

Source: API reference, CreateDynamicThingGroup, UpdateDynamicThingGroup and DeleteDynamicThingGroup.
Where no sentence of AWS is known, the sentences are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.service.errors import (
    InvalidRequest,
    LimitExceeded,
    ResourceAlreadyExists,
    ResourceNotFound,
    ThingGroupNotFound,
    VersionConflict,
)
from moto_iot_jobs.service.tags import to_tags
from moto_iot_jobs.service.targets import Location

from .dynamic_groups.groups import INDEX, MOST_DYNAMIC_GROUPS, QUERY_VERSION, DynamicThingGroup
from .thing_groups import MembershipMixin, backend_of

if TYPE_CHECKING:
    from .dynamic_groups.query import ThingQuery

Members = dict[str, Any]

# AWS's sentence, from the tests of its own CloudFormation handler for thing groups.
_NOT_ENABLED = (
    "AWS IoT Fleet Indexing is not enabled. Please enable index by calling"
    " UpdateIndexingConfiguration."
)


class DynamicGroupOperations:
    """The handlers of operations on dynamic thing groups."""

    def create_dynamic_thing_group(self, request: Request) -> Members:
        """CreateDynamicThingGroup.

        The same once more is no error, as with other groups.
        """
        location = request.jobs.location
        backend = backend_of(location)
        _check_index(backend, request)
        query = _query(request)
        tags = to_tags(request.get("tags"))
        properties = request.get("thingGroupProperties") or {}
        group = _unchanged(backend, location, request["thingGroupName"], query, properties)
        if group is None:
            if len(backend.dynamic_groups) >= MOST_DYNAMIC_GROUPS:
                raise LimitExceeded(
                    f"There are {MOST_DYNAMIC_GROUPS} dynamic thing groups already; there cannot be"
                    " more."
                )
            group = DynamicThingGroup(
                request["thingGroupName"],
                query,
                properties,
                tags,
                location.account,
                location.region,
            )
            backend.create_dynamic_thing_group(group)
        return {
            "thingGroupName": group.thing_group_name,
            "thingGroupArn": group.arn,
            "thingGroupId": group.thing_group_id,
            "indexName": INDEX,
            "queryString": group.query.text,
            "queryVersion": QUERY_VERSION,
        }

    def update_dynamic_thing_group(self, request: Request) -> Members:
        """UpdateDynamicThingGroup."""
        backend = backend_of(request.jobs.location)
        group = _find(backend, request)
        if group is None:
            raise ThingGroupNotFound(request["thingGroupName"])
        _check_version(group, request)
        _check_index(backend, request)
        query = _query(request) if "queryString" in request.members else None
        return {
            "version": backend.update_dynamic_thing_group(
                group, request["thingGroupProperties"], query
            )
        }

    def delete_dynamic_thing_group(self, request: Request) -> None:
        """DeleteDynamicThingGroup.

        One that does not exist is no error: none is declared for it.
        """
        backend = backend_of(request.jobs.location)
        group = _find(backend, request)
        if group is not None:
            _check_version(group, request)
            backend.delete_dynamic_thing_group(group)


def _query(request: Request) -> ThingQuery:
    # Imported late: most tests have no dynamic groups.
    from .dynamic_groups.query import MOST_TERMS_OF_A_GROUP, ThingQuery

    return ThingQuery.parse(
        request["queryString"],
        connectivity=backend_of(request.jobs.location).indexing.indexes_connectivity,
        most_terms=MOST_TERMS_OF_A_GROUP,
    )


def _check_index(backend: MembershipMixin, request: Request) -> None:
    name, version = request.get("indexName", INDEX), request.get("queryVersion", QUERY_VERSION)
    if name != INDEX:
        raise ResourceNotFound(f"Index {name} does not exist")
    if version != QUERY_VERSION:
        raise InvalidRequest(f"Query version {version} is not supported; use {QUERY_VERSION}.")
    if not backend.indexing.indexes_things:
        raise ResourceNotFound(_NOT_ENABLED)


def _find(backend: MembershipMixin, request: Request) -> DynamicThingGroup | None:
    name = request["thingGroupName"]
    group = backend.thing_groups.get(request.jobs.location.arn("thinggroup", name))
    if group is not None and not isinstance(group, DynamicThingGroup):
        raise InvalidRequest(f"Thing Group {name} is not a dynamic thing group.")
    return group


def _unchanged(
    backend: MembershipMixin, location: Location, name: str, query: ThingQuery, properties: Members
) -> DynamicThingGroup | None:
    group = backend.thing_groups.get(location.arn("thinggroup", name))
    if group is None:
        return None
    if isinstance(group, DynamicThingGroup) and (group.query, group.thing_group_properties) == (
        query,
        properties,
    ):
        return group
    problem = f"Thing Group {name} already exists in current account with different properties"
    raise ResourceAlreadyExists(problem, resource_id=group.thing_group_id, resource_arn=group.arn)


def _check_version(group: DynamicThingGroup, request: Request) -> None:
    expected = request.get("expectedVersion")
    if expected is not None and expected != group.version:
        name = group.thing_group_name
        raise VersionConflict(
            f"The version for thing group {name} does not match the expected version.",
            version=group.version,
        )
