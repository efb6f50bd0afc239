"""What a dynamic thing group does not allow (API reference; developer guide, Dynamic thing
groups).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


def switch(aws: Aws, mode: str) -> None:
    aws.iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": mode})


@pytest.fixture
def indexed(aws: Aws) -> Aws:
    """An account whose things are indexed, with a dynamic group that has one member."""
    switch(aws, "REGISTRY")
    aws.thing("t1")
    aws.iot.create_dynamic_thing_group(thingGroupName="found", queryString="thingName:t1")
    return aws


def members(aws: Aws) -> list[str]:
    listed: list[str] = aws.iot.list_things_in_thing_group(thingGroupName="found")["things"]
    return listed


# Fleet indexing


def test_fleet_indexing_must_be_enabled(aws: Aws) -> None:
    call = aws.iot.create_dynamic_thing_group
    error = aws.raises(
        "ResourceNotFoundException", 404, call, thingGroupName="found", queryString="thingName:t1"
    )
    assert (
        error.message == "AWS IoT Fleet Indexing is not enabled. Please enable index by calling"
        " UpdateIndexingConfiguration."
    )
    assert aws.iot.list_thing_groups()["thingGroups"] == []


def test_fleet_indexing_cannot_be_disabled_while_there_are_dynamic_groups(indexed: Aws) -> None:
    off = {"thingIndexingMode": "OFF"}
    call = indexed.iot.update_indexing_configuration
    indexed.raises("InvalidRequestException", 400, call, thingIndexingConfiguration=off)
    indexed.iot.delete_dynamic_thing_group(thingGroupName="found")
    call(thingIndexingConfiguration=off)


@pytest.mark.parametrize(
    "member, code, status",
    [
        ({"indexName": "AWS_ThingGroups"}, "ResourceNotFoundException", 404),
        ({"queryVersion": "2030-01-01"}, "InvalidRequestException", 400),
    ],
    ids=["index", "version of the query language"],
)
def test_there_is_one_index_and_one_version(
    indexed: Aws, member: dict[str, str], code: str, status: int
) -> None:
    create = indexed.iot.create_dynamic_thing_group
    indexed.raises(
        code, status, create, thingGroupName="other", queryString="thingName:t1", **member
    )
    update = indexed.iot.update_dynamic_thing_group
    indexed.raises(code, status, update, thingGroupName="found", thingGroupProperties={}, **member)
    given = {"indexName": "AWS_Things", "queryVersion": "2017-09-30"}
    create(thingGroupName="other", queryString="thingName:t1", **given)


# Queries


@pytest.mark.parametrize(
    "query",
    [
        "(thingName:a",
        "thingName:a)",
        "thingName:a AND",
        "OR thingName:a",
        "thingName:",
        "attributes.temperature:[60 TO",
        " ".join(f"thingName:a{number}" for number in range(13)),
        "thingName:" + "a" * 1000,
        "(" * 100 + "thingName:a" + ")" * 100,
        "connectivity.connected:true",
    ],
    ids=[
        "open",
        "closed",
        "and",
        "or",
        "no value",
        "half a range",
        "13 terms",
        "too long",
        "too deep",
        "not indexed here",
    ],
)
def test_a_query_that_cannot_be_read_is_an_error(indexed: Aws, query: str) -> None:
    create = indexed.iot.create_dynamic_thing_group
    error = indexed.raises(
        "InvalidQueryException", 400, create, thingGroupName="other", queryString=query
    )
    assert error.message.startswith("Unable to parse query, ")
    update = indexed.iot.update_dynamic_thing_group
    given = {"thingGroupProperties": {"thingGroupDescription": "new"}, "queryString": query}
    indexed.raises("InvalidQueryException", 400, update, thingGroupName="found", **given)
    shown = indexed.iot.describe_thing_group(thingGroupName="found")
    assert (shown["version"], shown["queryString"], shown["thingGroupProperties"]) == (
        1,
        "thingName:t1",
        {},
    )


def test_a_field_that_does_not_exist_is_named(indexed: Aws) -> None:
    """The sentence was seen by a user of AWS (awsdocs/aws-iot-docs, pull request 30)."""
    create = indexed.iot.create_dynamic_thing_group
    query = "thingGroupName:mythinggroup"
    error = indexed.raises(
        "InvalidQueryException", 400, create, thingGroupName="other", queryString=query
    )
    assert (
        error.message
        == "Unable to parse query, invalid field name, field name: thingGroupName, query string:"
        " thingGroupName:mythinggroup"
    )


def test_a_query_is_required(indexed: Aws) -> None:
    response = indexed.http("POST", "/dynamic-thing-groups/other", json={})
    assert (response.status_code, response.json()["message"]) == (
        400,
        (
            "1 validation error detected: Value null at 'queryString' failed to satisfy constraint:"
            " Member must not be null"
        ),
    )


# Names and versions


def test_the_same_once_more_is_no_error_and_something_else_is_one(indexed: Aws) -> None:
    create = indexed.iot.create_dynamic_thing_group
    first = indexed.iot.describe_thing_group(thingGroupName="found")["thingGroupId"]
    assert create(thingGroupName="found", queryString="thingName:t1")["thingGroupId"] == first
    error = indexed.raises(
        "ResourceAlreadyExistsException",
        409,
        create,
        thingGroupName="found",
        queryString="thingName:t2",
    )
    assert error.response["resourceId"] == first
    assert error.response["resourceArn"] == indexed.arn("thinggroup", "found")


def test_a_name_is_one_groups_only(indexed: Aws) -> None:
    indexed.group("fixed")
    create = indexed.iot.create_dynamic_thing_group
    indexed.raises(
        "ResourceAlreadyExistsException",
        409,
        create,
        thingGroupName="fixed",
        queryString="thingName:t1",
    )
    create_static = indexed.iot.create_thing_group
    indexed.raises("ResourceAlreadyExistsException", 409, create_static, thingGroupName="found")


@pytest.mark.parametrize("operation", ["update", "delete"])
def test_the_expected_version_must_be_the_groups(indexed: Aws, operation: str) -> None:
    calls: dict[str, tuple[Any, dict[str, Any]]] = {
        "update": (
            indexed.iot.update_dynamic_thing_group,
            {"thingGroupProperties": {}, "queryString": "thingName:t2"},
        ),
        "delete": (indexed.iot.delete_dynamic_thing_group, {}),
    }
    call, given = calls[operation]
    indexed.raises(
        "VersionConflictException", 409, call, thingGroupName="found", expectedVersion=2, **given
    )
    assert (
        members(indexed),
        indexed.iot.describe_thing_group(thingGroupName="found")["version"],
    ) == (["t1"], 1)
    call(thingGroupName="found", expectedVersion=1, **given)


def test_an_unknown_group_cannot_be_updated(indexed: Aws) -> None:
    call = indexed.iot.update_dynamic_thing_group
    indexed.raises(
        "ResourceNotFoundException", 404, call, thingGroupName="ghost", thingGroupProperties={}
    )


def test_an_account_has_at_most_100_dynamic_groups(indexed: Aws) -> None:
    create = indexed.iot.create_dynamic_thing_group
    for number in range(99):
        create(thingGroupName=f"d{number}", queryString=f"thingName:d{number}")
    indexed.raises(
        "LimitExceededException", 410, create, thingGroupName="one-more", queryString="thingName:x"
    )
    indexed.iot.delete_dynamic_thing_group(thingGroupName="d0")
    create(thingGroupName="one-more", queryString="thingName:x")


def test_tags_are_checked_as_elsewhere(indexed: Aws) -> None:
    create = indexed.iot.create_dynamic_thing_group
    tags = [{"Key": "aws:x", "Value": "v"}]
    error = indexed.raises(
        "InvalidRequestException",
        400,
        create,
        thingGroupName="other",
        queryString="thingName:t1",
        tags=tags,
    )
    assert error.message == 'Tags cannot begin with "aws:", offending tag: aws:x'


# The other kind's operations


def test_things_are_neither_added_to_a_dynamic_group_nor_removed(indexed: Aws) -> None:
    indexed.thing("t2")
    for call, thing in (
        (indexed.iot.add_thing_to_thing_group, "t2"),
        (indexed.iot.remove_thing_from_thing_group, "t1"),
    ):
        indexed.raises(
            "InvalidRequestException", 400, call, thingGroupName="found", thingName=thing
        )
        arns = {
            "thingGroupArn": indexed.arn("thinggroup", "found"),
            "thingArn": indexed.arn("thing", thing),
        }
        indexed.raises("InvalidRequestException", 400, call, **arns)
    call = indexed.iot.update_thing_groups_for_thing
    indexed.raises("InvalidRequestException", 400, call, thingName="t2", thingGroupsToAdd=["found"])
    indexed.raises(
        "InvalidRequestException", 400, call, thingName="t1", thingGroupsToRemove=["found"]
    )
    assert members(indexed) == ["t1"]


def test_operations_for_static_groups_leave_a_dynamic_one_alone(indexed: Aws) -> None:
    indexed.raises(
        "InvalidRequestException", 400, indexed.iot.delete_thing_group, thingGroupName="found"
    )
    call = indexed.iot.update_thing_group
    properties = {"thingGroupDescription": "new"}
    indexed.raises(
        "InvalidRequestException",
        400,
        call,
        thingGroupName="found",
        thingGroupProperties=properties,
    )
    shown = indexed.iot.describe_thing_group(thingGroupName="found")
    assert (shown["version"], shown["thingGroupProperties"], members(indexed)) == (1, {}, ["t1"])


def test_operations_for_dynamic_groups_leave_a_static_one_alone(indexed: Aws) -> None:
    indexed.group("fixed", "t1")
    indexed.raises(
        "InvalidRequestException",
        400,
        indexed.iot.delete_dynamic_thing_group,
        thingGroupName="fixed",
    )
    call = indexed.iot.update_dynamic_thing_group
    given = {"thingGroupProperties": {}, "queryString": "thingName:t2"}
    indexed.raises("InvalidRequestException", 400, call, thingGroupName="fixed", **given)
    assert indexed.iot.list_things_in_thing_group(thingGroupName="fixed")["things"] == ["t1"]


def test_a_dynamic_group_is_not_part_of_a_hierarchy(indexed: Aws) -> None:
    call = indexed.iot.create_thing_group
    indexed.raises(
        "InvalidRequestException", 400, call, thingGroupName="child", parentGroupName="found"
    )
    assert [one["groupName"] for one in indexed.iot.list_thing_groups()["thingGroups"]] == ["found"]


def test_a_policy_cannot_be_attached(indexed: Aws) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}],
    }
    indexed.iot.create_policy(policyName="p", policyDocument=json.dumps(document))
    call = indexed.iot.attach_policy
    indexed.raises(
        "InvalidRequestException",
        400,
        call,
        policyName="p",
        target=indexed.arn("thinggroup", "found"),
    )
    call(policyName="p", target=indexed.group("fixed"))
