"""The lists of thing groups and their members come in pages, as AWS documents them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


@pytest.fixture
def fleet(aws: Aws) -> Aws:
    """Three groups, `all` above `north`, with 30 things in `all` and two more in `north`."""
    return with_things(aws, 30)


@pytest.fixture
def large_fleet(aws: Aws) -> Aws:
    """The same with 300 things in `all`, which are more than one page."""
    return with_things(aws, 300)


def with_things(aws: Aws, in_all: int) -> Aws:
    aws.iot.create_thing_group(thingGroupName="all")
    aws.iot.create_thing_group(thingGroupName="north", parentGroupName="all")
    aws.iot.create_thing_group(thingGroupName="empty")
    for number in range(in_all + 2):
        name = f"t{number:03}"
        aws.iot.create_thing(thingName=name)
        group = "all" if number < in_all else "north"
        aws.iot.add_thing_to_thing_group(thingGroupName=group, thingName=name)
    return aws


def pages(call: Any, member: str, **parameters: Any) -> list[list[Any]]:
    """Follow `nextToken` until there is none."""
    found: list[list[Any]] = []
    token: dict[str, str] = {}
    while True:
        page = call(**parameters, **token)
        found.append(page[member])
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


def test_three_hundred_things_are_more_than_one_page(large_fleet: Aws) -> None:
    call = large_fleet.iot.list_things_in_thing_group
    found = pages(call, "things", thingGroupName="all")
    assert [len(page) for page in found] == [250, 50]
    assert [thing for page in found for thing in page] == [f"t{number:03}" for number in range(300)]
    small = pages(call, "things", thingGroupName="all", maxResults=100)
    assert [len(page) for page in small] == [100, 100, 100]


def test_things_of_child_groups_are_listed_if_requested(
    large_fleet: Aws,
) -> None:
    call = large_fleet.iot.list_things_in_thing_group
    found = pages(call, "things", thingGroupName="all", recursive=True)
    assert [len(page) for page in found] == [250, 52]
    assert large_fleet.iot.list_things_in_thing_group(thingGroupName="empty")["things"] == []


def test_botocores_paginators_see_everything_once(fleet: Aws) -> None:
    paginator = fleet.iot.get_paginator("list_things_in_thing_group")
    things = [
        thing
        for page in paginator.paginate(thingGroupName="all", PaginationConfig={"PageSize": 7})
        for thing in page["things"]
    ]
    assert sorted(things) == sorted({f"t{number:03}" for number in range(30)})


def test_groups_come_in_pages_with_and_without_those_below(fleet: Aws) -> None:
    found = pages(fleet.iot.list_thing_groups, "thingGroups", maxResults=2)
    assert [[group["groupName"] for group in page] for page in found] == [
        ["all", "empty"],
        ["north"],
    ]
    roots = fleet.iot.list_thing_groups(recursive=False)["thingGroups"]
    assert [group["groupName"] for group in roots] == ["all", "empty"]
    below = fleet.iot.list_thing_groups(parentGroup="all")["thingGroups"]
    assert [group["groupName"] for group in below] == ["north"]
    assert below[0]["groupArn"].endswith(":thinggroup/north")
    named = fleet.iot.list_thing_groups(namePrefixFilter="e")["thingGroups"]
    assert [group["groupName"] for group in named] == ["empty"]


def test_the_groups_of_a_thing_come_in_pages(fleet: Aws) -> None:
    fleet.iot.add_thing_to_thing_group(thingGroupName="empty", thingName="t000")
    found = pages(
        fleet.iot.list_thing_groups_for_thing, "thingGroups", thingName="t000", maxResults=1
    )
    assert [[group["groupName"] for group in page] for page in found] == [["all"], ["empty"]]


def test_what_is_not_there_cannot_be_found(aws: Aws) -> None:
    for call, name in (
        (aws.iot.list_things_in_thing_group, "thingGroupName"),
        (aws.iot.list_thing_groups_for_thing, "thingName"),
        (aws.iot.list_thing_groups, "parentGroup"),
    ):
        aws.raises("ResourceNotFoundException", 404, call, **{name: "nowhere"})


def test_the_token_of_another_list_is_invalid(fleet: Aws) -> None:
    token = fleet.iot.list_thing_groups(maxResults=1)["nextToken"]
    fleet.raises(
        "InvalidRequestException",
        400,
        fleet.iot.list_things_in_thing_group,
        thingGroupName="all",
        nextToken=token,
    )


def test_more_than_250_at_once_cannot_be_requested(fleet: Aws) -> None:
    fleet.raises(
        "InvalidRequestException",
        400,
        fleet.iot.list_things_in_thing_group,
        thingGroupName="all",
        maxResults=251,
    )
