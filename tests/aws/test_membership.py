"""Every way in which things get into groups and out of them, and what CONTINUOUS jobs make of it.

The rules are those captured on AWS for AddThingToThingGroup and RemoveThingFromThingGroup
(`test_targets`); here they are followed through the other operations, through CloudFormation, and
through the phases of a job.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

Run = tuple[int, str, int]
QUEUED: list[Run] = [(1, "QUEUED", 1)]
REMOVED: list[Run] = [(1, "REMOVED", 1)]


def runs(aws: Aws, thing: str = "t1", job_id: str = "j1") -> list[Run]:
    """Every execution of a job on a thing, oldest first: number, status, version."""
    listed = aws.iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
    mine = [one for one in listed if one["thingArn"] == aws.arn("thing", thing)]
    numbers = sorted(one["jobExecutionSummary"]["executionNumber"] for one in mine)
    found = [aws.execution(thing, job_id, number) for number in numbers]
    return [(one["executionNumber"], one["status"], one["versionNumber"]) for one in found]


def follow(aws: Aws, *groups: str, **settings: Any) -> None:
    aws.job("j1", *groups, targetSelection="CONTINUOUS", **settings)


def in_half_a_day(aws: Aws) -> str:
    start = aws.now().timestamp() + 12 * 3600
    return aws.now().fromtimestamp(start, aws.now().tzinfo).strftime("%Y-%m-%dT%H:%M")


# UpdateThingGroupsForThing


def move(aws: Aws, thing: str, *, out_of: str, into: str) -> None:
    aws.iot.update_thing_groups_for_thing(
        thingName=thing, thingGroupsToAdd=[into], thingGroupsToRemove=[out_of]
    )


def test_moving_to_a_group_that_no_job_follows_is_leaving(aws: Aws) -> None:
    follow(aws, aws.group("g1", "t1"))
    aws.group("elsewhere")
    move(aws, "t1", out_of="g1", into="elsewhere")
    assert runs(aws) == REMOVED


def test_moving_between_two_targets_leaves_what_is_queued(aws: Aws) -> None:
    follow(aws, aws.group("g1", "t1"), aws.group("g2"))
    move(aws, "t1", out_of="g1", into="g2")
    assert runs(aws) == QUEUED


def test_moving_between_two_targets_after_finishing_is_joining(aws: Aws) -> None:
    follow(aws, aws.group("g1", "t1"), aws.group("g2"))
    aws.report("t1", "j1", "SUCCEEDED")
    move(aws, "t1", out_of="g1", into="g2")
    assert runs(aws) == [(1, "SUCCEEDED", 2), (2, "QUEUED", 1)]


def test_moving_within_a_hierarchy_that_is_followed_means_nothing(aws: Aws) -> None:
    group = aws.group("g1")
    aws.group("left", "t1", parent="g1")
    aws.group("right", parent="g1")
    follow(aws, group)
    aws.report("t1", "j1", "SUCCEEDED")
    move(aws, "t1", out_of="left", into="right")
    assert runs(aws) == [(1, "SUCCEEDED", 2)]


def test_groups_and_things_may_be_named_by_their_arns(aws: Aws) -> None:
    group = aws.group("g1")
    follow(aws, group)
    named = {"thingGroupArn": group, "thingArn": aws.thing("t1")}
    aws.iot.add_thing_to_thing_group(**named)
    assert runs(aws) == QUEUED
    aws.iot.remove_thing_from_thing_group(**named)
    assert runs(aws) == REMOVED


def test_a_thing_in_a_group_and_in_its_child_leaves_with_the_last(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.group("child", "t1", parent="g1")
    follow(aws, group)
    aws.leave("child", "t1")
    assert runs(aws) == QUEUED
    aws.leave("g1", "t1")
    assert runs(aws) == REMOVED


# DeleteThingGroup


@pytest.mark.parametrize(
    "status, after",
    [
        ("QUEUED", REMOVED),
        ("IN_PROGRESS", [(1, "IN_PROGRESS", 2)]),
        ("SUCCEEDED", [(1, "SUCCEEDED", 2)]),
        ("CANCELED", [(1, "CANCELED", 2)]),
    ],
)
def test_when_a_group_is_deleted_its_things_leave(aws: Aws, status: str, after: list[Run]) -> None:
    follow(aws, aws.group("g1", "t1"))
    if status != "QUEUED":
        aws.in_status("t1", "j1", status)
    aws.iot.delete_thing_group(thingGroupName="g1")
    assert runs(aws) == after
    assert aws.status("j1") == "IN_PROGRESS"


def test_when_a_child_group_is_deleted_its_things_leave_the_parent(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.group("child", "t1", "t2", parent="g1")
    follow(aws, group)
    aws.iot.delete_thing_group(thingGroupName="child")
    assert (runs(aws), runs(aws, "t2")) == (QUEUED, REMOVED)


def test_a_group_with_children_cannot_be_deleted_and_keeps_its_members(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.group("child", "t2", parent="g1")
    follow(aws, group)
    aws.raises("InvalidRequestException", 400, aws.iot.delete_thing_group, thingGroupName="g1")
    assert (runs(aws), runs(aws, "t2")) == (QUEUED, QUEUED)


def test_things_of_a_deleted_group_that_another_target_keeps_stay(aws: Aws) -> None:
    follow(aws, aws.group("g1", "t1", "t2"), aws.group("g2", "t2"))
    aws.iot.delete_thing_group(thingGroupName="g1")
    assert (runs(aws), runs(aws, "t2")) == (REMOVED, QUEUED)


def test_a_thing_whose_executions_were_all_deleted_is_removed_with_its_group(aws: Aws) -> None:
    follow(aws, aws.group("g1", "t1"))
    aws.iot.delete_job_execution(thingName="t1", jobId="j1", executionNumber=1)
    aws.iot.delete_thing_group(thingGroupName="g1")
    assert runs(aws) == REMOVED


# CreateThing and DeleteThing


def test_what_a_deleted_thing_had_queued_is_removed(aws: Aws) -> None:
    follow(aws, aws.group("g1", "t1", "t2"))
    aws.report("t2", "j1", "IN_PROGRESS")
    aws.iot.delete_thing(thingName="t1")
    aws.iot.delete_thing(thingName="t2")
    assert (runs(aws), runs(aws, "t2")) == (REMOVED, [(1, "IN_PROGRESS", 2)])
    assert aws.iot.list_things_in_thing_group(thingGroupName="g1")["things"] == []


def test_a_thing_created_again_is_in_no_group_until_it_joins(aws: Aws) -> None:
    follow(aws, aws.group("g1", "t1"))
    aws.report("t1", "j1", "SUCCEEDED")
    aws.iot.delete_thing(thingName="t1")
    aws.iot.create_thing(thingName="t1")
    assert runs(aws) == [(1, "SUCCEEDED", 2)]
    aws.iot.add_thing_to_thing_group(thingGroupName="g1", thingName="t1")
    assert runs(aws) == [(1, "SUCCEEDED", 2), (2, "QUEUED", 1)]


def test_a_job_that_waited_only_for_a_deleted_thing_completes(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.report("t2", "j1", "SUCCEEDED")
    aws.iot.delete_thing(thingName="t1")
    assert aws.status("j1") == "COMPLETED"
    assert aws.counters("j1") == {"Succeeded": 1, "Removed": 1}


def test_a_deleted_thing_is_no_target_of_a_later_job(aws: Aws) -> None:
    group = aws.group("g1", "t1", "t2")
    aws.iot.delete_thing(thingName="t1")
    aws.job("j1", group)
    assert (runs(aws), runs(aws, "t2")) == ([], QUEUED)


# CloudFormation


def stack(aws: Aws, things: list[str], call: str = "create_stack") -> None:
    resources = {
        name: {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": name}} for name in things
    }
    call_it = getattr(aws.client("cloudformation"), call)
    call_it(StackName="house", TemplateBody=json.dumps({"Resources": resources}))


def test_things_of_a_stack_get_the_jobs_of_the_groups_that_find_them(aws: Aws) -> None:
    aws.iot.update_indexing_configuration(
        thingIndexingConfiguration={"thingIndexingMode": "REGISTRY"}
    )
    lamps = aws.iot.create_dynamic_thing_group(
        thingGroupName="lamps", queryString="thingName:lamp*"
    )
    follow(aws, lamps["thingGroupArn"])
    stack(aws, ["lamp1", "door1"])
    assert (runs(aws, "lamp1"), runs(aws, "door1")) == (QUEUED, [])
    stack(aws, ["lamp1", "lamp2"], "update_stack")
    assert (runs(aws, "lamp1"), runs(aws, "lamp2")) == (QUEUED, QUEUED)
    aws.client("cloudformation").delete_stack(StackName="house")
    assert aws.iot.list_things()["things"] == []
    assert (runs(aws, "lamp1"), runs(aws, "lamp2")) == (REMOVED, REMOVED)


# Phases of a job


def test_a_job_that_has_not_started_takes_the_members_of_its_start(aws: Aws) -> None:
    follow(aws, aws.group("g1", "t1", "t2"), schedulingConfig={"startTime": in_half_a_day(aws)})
    aws.leave("g1", "t1")
    aws.join("g1", "t3")
    assert (runs(aws), runs(aws, "t2"), runs(aws, "t3")) == ([], [], [])
    aws.advance(hours=13)
    assert (runs(aws), runs(aws, "t2"), runs(aws, "t3")) == ([], QUEUED, QUEUED)
    aws.leave("g1", "t2")
    assert runs(aws, "t2") == REMOVED


def test_a_change_just_after_the_start_finds_the_job_started(aws: Aws) -> None:
    """Nobody has looked at the job since its start was due: what was queued then is what leaves
    now.
    """
    follow(aws, aws.group("g1", "t1"), schedulingConfig={"startTime": in_half_a_day(aws)})
    aws.advance(hours=13)
    aws.leave("g1", "t1")
    assert runs(aws) == REMOVED


def test_a_thing_that_leaves_before_its_turn_in_the_rollout_gets_nothing(aws: Aws) -> None:
    follow(
        aws, aws.group("g1", "t1", "t2", "t3"), jobExecutionsRolloutConfig={"maximumPerMinute": 1}
    )
    aws.leave("g1", "t2")
    aws.advance(minutes=5)
    assert (runs(aws), runs(aws, "t2"), runs(aws, "t3")) == (QUEUED, [], QUEUED)


def test_one_that_joins_during_the_rollout_does_not_wait_for_its_turn(aws: Aws) -> None:
    """Developer guide, Job configurations: the rate is for those that were there at the start."""
    follow(aws, aws.group("g1", "t1", "t2"), jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    aws.join("g1", "t3")
    assert (runs(aws), runs(aws, "t2"), runs(aws, "t3")) == (QUEUED, [], QUEUED)


def test_leaving_ends_retries_and_coming_back_begins_their_count_anew(aws: Aws) -> None:
    retries = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]}
    follow(aws, aws.group("g1", "t1"), jobExecutionsRetryConfig=retries)
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.leave("g1", "t1")
    aws.report("t1", "j1", "FAILED")
    assert [run[:2] for run in runs(aws)] == [(1, "FAILED")]
    aws.join("g1", "t1")
    aws.report("t1", "j1", "FAILED")
    assert [run[:2] for run in runs(aws)] == [(1, "FAILED"), (2, "FAILED"), (3, "QUEUED")]
    aws.report("t1", "j1", "FAILED")
    assert [run[:2] for run in runs(aws)] == [(1, "FAILED"), (2, "FAILED"), (3, "FAILED")]


@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_a_job_that_is_over_takes_no_more_members(aws: Aws, end: str) -> None:
    aws.deletion("manual", times=1000)
    follow(aws, aws.group("g1", "t1"))
    if end == "cancel":
        aws.iot.cancel_job(jobId="j1", force=True)
    else:
        aws.iot.delete_job(jobId="j1", force=True)
    before = runs(aws)
    aws.join("g1", "t2")
    aws.leave("g1", "t1")
    aws.iot.delete_thing_group(thingGroupName="g1")
    assert (runs(aws), runs(aws, "t2")) == (before, [])


def test_several_jobs_follow_one_group_each_by_itself(aws: Aws) -> None:
    group = aws.group("g1")
    aws.job("a", group, targetSelection="CONTINUOUS")
    aws.job("b", group, targetSelection="CONTINUOUS")
    aws.join("g1", "t1")
    assert aws.pending("t1") == ([], ["a", "b"])
    aws.report("t1", "a", "SUCCEEDED")
    aws.leave("g1", "t1")
    assert (runs(aws, job_id="a"), runs(aws, job_id="b")) == ([(1, "SUCCEEDED", 2)], REMOVED)
