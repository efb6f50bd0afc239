"""Dynamic thing groups, and jobs that follow them (developer guide, Dynamic thing groups; API
reference).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

Run = tuple[int, str, int]


def index(aws: Aws) -> None:
    """Switch fleet indexing on, without which AWS makes no dynamic group."""
    aws.iot.update_indexing_configuration(
        thingIndexingConfiguration={"thingIndexingMode": "REGISTRY_AND_SHADOW"}
    )


def dynamic(aws: Aws, name: str, query: str, **members: Any) -> str:
    index(aws)
    arn: str = aws.iot.create_dynamic_thing_group(
        thingGroupName=name, queryString=query, **members
    )["thingGroupArn"]
    return arn


def thing(aws: Aws, name: str, **attributes: str) -> None:
    aws.iot.create_thing(thingName=name, attributePayload={"attributes": attributes})


def set_attributes(aws: Aws, name: str, **attributes: str) -> None:
    aws.iot.update_thing(thingName=name, attributePayload={"attributes": attributes})


def members(aws: Aws, group: str) -> list[str]:
    return sorted(aws.iot.list_things_in_thing_group(thingGroupName=group)["things"])


def groups(aws: Aws, thing_name: str) -> list[str]:
    return [
        one["groupName"]
        for one in aws.iot.list_thing_groups_for_thing(thingName=thing_name)["thingGroups"]
    ]


def runs(aws: Aws, thing_name: str = "t1", job_id: str = "j1") -> list[Run]:
    """Every execution of a job on a thing, oldest first: number, status, version."""
    listed = aws.iot.list_job_executions_for_thing(thingName=thing_name, jobId=job_id)[
        "executionSummaries"
    ]
    numbers = sorted(item["jobExecutionSummary"]["executionNumber"] for item in listed)
    found = [aws.execution(thing_name, job_id, number) for number in numbers]
    return [(one["executionNumber"], one["status"], one["versionNumber"]) for one in found]


# The groups themselves


def test_the_response_holds_the_query_and_the_index(aws: Aws) -> None:
    index(aws)
    response = aws.iot.create_dynamic_thing_group(
        thingGroupName="warm", queryString="attributes.temperature>60"
    )
    group_id = response["thingGroupId"]
    assert {name: response[name] for name in response if name != "ResponseMetadata"} == {
        "thingGroupName": "warm",
        "thingGroupArn": aws.arn("thinggroup", "warm"),
        "thingGroupId": group_id,
        "indexName": "AWS_Things",
        "queryString": "attributes.temperature>60",
        "queryVersion": "2017-09-30",
    }


def test_a_group_shows_what_it_was_given_and_that_it_is_active(aws: Aws) -> None:
    properties = {
        "thingGroupDescription": "warm rooms",
        "attributePayload": {"attributes": {"floor": "2"}},
    }
    dynamic(aws, "warm", "attributes.temperature>60", thingGroupProperties=properties)
    shown = aws.iot.describe_thing_group(thingGroupName="warm")
    assert (shown["status"], shown["version"]) == ("ACTIVE", 1)
    assert (shown["indexName"], shown["queryVersion"]) == ("AWS_Things", "2017-09-30")
    assert shown["queryString"] == "attributes.temperature>60"
    assert shown["thingGroupProperties"]["thingGroupDescription"] == "warm rooms"
    assert shown["thingGroupProperties"]["attributePayload"]["attributes"] == {"floor": "2"}
    assert "parentGroupName" not in shown["thingGroupMetadata"]


def test_a_static_group_shows_no_query(aws: Aws) -> None:
    aws.group("g1", "t1")
    shown = aws.iot.describe_thing_group(thingGroupName="g1")
    assert not {"status", "indexName", "queryString", "queryVersion"} & shown.keys()


def test_its_members_are_the_things_that_there_are_and_match(aws: Aws) -> None:
    thing(aws, "lamp-1", model="a")
    thing(aws, "lamp-2", model="b")
    dynamic(aws, "a", "attributes.model:a")
    assert members(aws, "a") == ["lamp-1"]
    assert groups(aws, "lamp-1") == ["a"]
    assert [one["groupName"] for one in aws.iot.list_thing_groups()["thingGroups"]] == ["a"]


def test_things_come_and_go_as_their_attributes_change(aws: Aws) -> None:
    dynamic(aws, "warm", "attributes.temperature>60")
    thing(aws, "room", temperature="61")
    assert members(aws, "warm") == ["room"]
    set_attributes(aws, "room", temperature="60")
    assert members(aws, "warm") == []
    set_attributes(aws, "room", temperature="75")
    assert members(aws, "warm") == ["room"]
    aws.iot.delete_thing(thingName="room")
    assert members(aws, "warm") == []


def test_things_come_and_go_as_their_type_changes(aws: Aws) -> None:
    dynamic(aws, "lamps", "thingTypeName:lamp")
    aws.iot.create_thing_type(thingTypeName="lamp")
    aws.iot.create_thing(thingName="t1", thingTypeName="lamp")
    assert members(aws, "lamps") == ["t1"]
    aws.iot.update_thing(thingName="t1", removeThingType=True)
    assert members(aws, "lamps") == []
    aws.iot.update_thing(thingName="t1", thingTypeName="lamp")
    assert members(aws, "lamps") == ["t1"]


def test_things_come_and_go_as_their_shadows_change(aws: Aws) -> None:
    """The guide's own example: update only what has enough battery."""
    dynamic(aws, "charged", "shadow.reported.battery>80")
    dynamic(aws, "lit", "shadow.name.light.desired.on:true")
    aws.thing("t1")
    shadows = aws.client("iot-data")
    shadows.update_thing_shadow(
        thingName="t1", payload=json.dumps({"state": {"reported": {"battery": 80}}})
    )
    assert members(aws, "charged") == []
    shadows.update_thing_shadow(
        thingName="t1", payload=json.dumps({"state": {"reported": {"battery": 81}}})
    )
    assert members(aws, "charged") == ["t1"]
    shadows.delete_thing_shadow(thingName="t1")
    assert members(aws, "charged") == []
    named = {"state": {"desired": {"on": True}}}
    shadows.update_thing_shadow(thingName="t1", shadowName="light", payload=json.dumps(named))
    assert members(aws, "lit") == ["t1"]


def test_things_come_and_go_as_their_static_groups_change(aws: Aws) -> None:
    dynamic(aws, "loose", "attributes.model:a NOT thingGroupNames:fixed")
    thing(aws, "t1", model="a")
    assert members(aws, "loose") == ["t1"]
    aws.group("fixed")
    aws.iot.add_thing_to_thing_group(thingGroupName="fixed", thingName="t1")
    assert members(aws, "loose") == []
    aws.iot.delete_thing_group(thingGroupName="fixed")
    assert members(aws, "loose") == ["t1"]


def test_a_group_may_be_found_by_another_dynamic_group(aws: Aws) -> None:
    dynamic(aws, "second", "thingGroupNames:first")
    dynamic(aws, "first", "attributes.model:a")
    thing(aws, "t1", model="a")
    assert (members(aws, "first"), members(aws, "second")) == (["t1"], ["t1"])
    set_attributes(aws, "t1", model="b")
    assert (members(aws, "first"), members(aws, "second")) == ([], [])
    set_attributes(aws, "t1", model="a")
    aws.iot.delete_dynamic_thing_group(thingGroupName="first")
    assert members(aws, "second") == []


def test_an_update_changes_query_properties_and_version(aws: Aws) -> None:
    thing(aws, "t1", temperature="63")
    thing(aws, "t2", temperature="70")
    dynamic(aws, "warm", "attributes.temperature>60")
    properties = {"thingGroupDescription": "warmer than 65F"}
    update = aws.iot.update_dynamic_thing_group
    response = update(
        thingGroupName="warm",
        thingGroupProperties=properties,
        queryString="attributes.temperature>65",
    )
    assert response["version"] == 2
    assert members(aws, "warm") == ["t2"]
    assert update(thingGroupName="warm", thingGroupProperties={}, expectedVersion=2)["version"] == 3
    shown = aws.iot.describe_thing_group(thingGroupName="warm")
    assert (shown["version"], shown["queryString"]) == (3, "attributes.temperature>65")
    assert shown["thingGroupProperties"]["thingGroupDescription"] == "warmer than 65F"


def test_a_deleted_group_is_gone_and_its_things_stay(aws: Aws) -> None:
    thing(aws, "t1", model="a")
    dynamic(aws, "a", "attributes.model:a")
    assert aws.iot.delete_dynamic_thing_group(thingGroupName="a", expectedVersion=1).keys() == {
        "ResponseMetadata"
    }
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_thing_group, thingGroupName="a")
    assert groups(aws, "t1") == []
    aws.iot.delete_dynamic_thing_group(thingGroupName="a")


def test_its_tags_are_listed_changed_and_gone_with_it(aws: Aws) -> None:
    arn = dynamic(aws, "a", "attributes.model:a", tags=[{"Key": "team", "Value": "lamps"}])

    def tags() -> dict[str, str]:
        return {
            tag["Key"]: tag["Value"]
            for tag in aws.iot.list_tags_for_resource(resourceArn=arn)["tags"]
        }

    assert tags() == {"team": "lamps"}
    aws.iot.tag_resource(resourceArn=arn, tags=[{"Key": "stage", "Value": "test"}])
    aws.iot.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert tags() == {"stage": "test"}
    aws.iot.delete_dynamic_thing_group(thingGroupName="a")
    dynamic(aws, "a", "attributes.model:a")
    assert tags() == {}


def test_a_thing_is_in_ten_groups_at_most_and_older_dynamic_groups_come_first(aws: Aws) -> None:
    for number in range(9):
        aws.group(f"g{number}", "t1")
    dynamic(aws, "older", "thingName:t*")
    dynamic(aws, "newer", "thingName:t1")
    assert (members(aws, "older"), members(aws, "newer")) == (["t1"], [])
    aws.leave("g0", "t1")
    assert (members(aws, "older"), members(aws, "newer")) == (["t1"], ["t1"])
    aws.iot.add_thing_to_thing_group(
        thingGroupName="g0", thingName="t1", overrideDynamicGroups=True
    )
    assert (members(aws, "older"), members(aws, "newer")) == (["t1"], [])


# Jobs that follow a dynamic group


def test_a_snapshot_takes_the_members_of_its_creation(aws: Aws) -> None:
    thing(aws, "t1", model="a")
    aws.job("j1", dynamic(aws, "a", "attributes.model:a"))
    thing(aws, "t2", model="a")
    set_attributes(aws, "t1", model="b")
    assert (runs(aws), runs(aws, "t2")) == ([(1, "QUEUED", 1)], [])


def follow(aws: Aws, *further: str) -> None:
    group = dynamic(aws, "a", "attributes.model:a")
    aws.job("j1", group, *further, targetSelection="CONTINUOUS")


def test_a_thing_that_is_created_matching_gets_the_job(aws: Aws) -> None:
    follow(aws)
    thing(aws, "t1", model="a")
    assert (runs(aws), aws.pending("t1")) == ([(1, "QUEUED", 1)], ([], ["j1"]))


@pytest.mark.parametrize(
    "status, version, after",
    [
        ("QUEUED", 1, "REMOVED"),
        ("IN_PROGRESS", 2, "IN_PROGRESS"),
        ("SUCCEEDED", 2, "SUCCEEDED"),
        ("FAILED", 2, "FAILED"),
        ("REJECTED", 2, "REJECTED"),
        ("CANCELED", 2, "CANCELED"),
        ("TIMED_OUT", 3, "TIMED_OUT"),
    ],
)
def test_a_thing_that_ceases_to_match_leaves_and_one_that_matches_again_joins(
    aws: Aws, status: str, version: int, after: str
) -> None:
    follow(aws)
    thing(aws, "t1", model="a")
    if status != "QUEUED":
        aws.in_status("t1", "j1", status)
    set_attributes(aws, "t1", model="b")
    left: list[Run] = [(1, after, version)]
    assert runs(aws) == left
    set_attributes(aws, "t1", model="a")
    assert runs(aws) == (left if status == "IN_PROGRESS" else [*left, (2, "QUEUED", 1)])


def test_a_change_that_leaves_a_thing_matching_means_nothing(aws: Aws) -> None:
    follow(aws)
    thing(aws, "t1", model="a")
    aws.report("t1", "j1", "SUCCEEDED")
    set_attributes(aws, "t1", model="a", color="red")
    assert runs(aws) == [(1, "SUCCEEDED", 2)]


def test_another_target_that_keeps_the_thing_keeps_its_execution(aws: Aws) -> None:
    thing(aws, "t1", model="a")
    static = aws.arn("thinggroup", "g1")
    aws.group("g1")
    aws.iot.add_thing_to_thing_group(thingGroupName="g1", thingName="t1")
    follow(aws, static)
    set_attributes(aws, "t1", model="b")
    assert runs(aws) == [(1, "QUEUED", 1)]
    aws.iot.remove_thing_from_thing_group(thingGroupName="g1", thingName="t1")
    assert runs(aws) == [(1, "REMOVED", 1)]


def test_going_from_a_static_target_straight_into_a_dynamic_one_is_no_leaving(aws: Aws) -> None:
    thing(aws, "t1", model="a")
    aws.group("fixed")
    aws.iot.add_thing_to_thing_group(thingGroupName="fixed", thingName="t1")
    loose = dynamic(aws, "loose", "attributes.model:a NOT thingGroupNames:fixed")
    aws.job("j1", aws.arn("thinggroup", "fixed"), loose, targetSelection="CONTINUOUS")
    aws.iot.remove_thing_from_thing_group(thingGroupName="fixed", thingName="t1")
    assert runs(aws) == [(1, "QUEUED", 1)]


def test_another_query_is_followed_too(aws: Aws) -> None:
    thing(aws, "t1", model="a")
    thing(aws, "t2", model="b")
    follow(aws)
    aws.iot.update_dynamic_thing_group(
        thingGroupName="a", thingGroupProperties={}, queryString="attributes.model:b"
    )
    assert (runs(aws), runs(aws, "t2")) == ([(1, "REMOVED", 1)], [(1, "QUEUED", 1)])


def test_when_the_group_is_deleted_its_things_leave(aws: Aws) -> None:
    thing(aws, "t1", model="a")
    thing(aws, "t2", model="a")
    follow(aws)
    aws.report("t2", "j1", "IN_PROGRESS")
    aws.iot.delete_dynamic_thing_group(thingGroupName="a")
    assert (runs(aws), runs(aws, "t2")) == ([(1, "REMOVED", 1)], [(1, "IN_PROGRESS", 2)])
    thing(aws, "t3", model="a")
    assert runs(aws, "t3") == []


def test_a_shadow_that_changes_brings_the_job(aws: Aws) -> None:
    aws.thing("t1")
    charged = dynamic(aws, "charged", "shadow.reported.battery>80")
    aws.job("j1", charged, targetSelection="CONTINUOUS")
    shadows = aws.client("iot-data")
    shadows.update_thing_shadow(
        thingName="t1", payload=json.dumps({"state": {"reported": {"battery": 90}}})
    )
    assert runs(aws) == [(1, "QUEUED", 1)]


def test_a_dynamic_group_may_be_associated(aws: Aws) -> None:
    thing(aws, "t1", model="a")
    aws.job("j1", aws.group("g1", "t0"), targetSelection="CONTINUOUS")
    aws.iot.associate_targets_with_job(
        jobId="j1", targets=[dynamic(aws, "a", "attributes.model:a")]
    )
    thing(aws, "t2", model="a")
    assert (runs(aws), runs(aws, "t2")) == ([(1, "QUEUED", 1)], [(1, "QUEUED", 1)])
