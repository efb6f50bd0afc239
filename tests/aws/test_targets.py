"""Targets: things, static groups, groups of groups, and how a CONTINUOUS job follows them
(captured on AWS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

Run = tuple[int, str, int]


def runs(aws: Aws, thing: str = "t1", job_id: str = "j1") -> list[Run]:
    """Every execution of a job on a thing, oldest first: number, status, version."""
    listed = aws.iot.list_job_executions_for_thing(thingName=thing, jobId=job_id)[
        "executionSummaries"
    ]
    numbers = sorted(item["jobExecutionSummary"]["executionNumber"] for item in listed)
    found = [aws.execution(thing, job_id, number) for number in numbers]
    return [(one["executionNumber"], one["status"], one["versionNumber"]) for one in found]


def continuous(aws: Aws, *groups: str, **settings: Any) -> None:
    aws.job("j1", *groups, targetSelection="CONTINUOUS", **settings)


# SNAPSHOT


def test_a_group_stands_for_its_members(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1", "t2"))
    assert aws.counters("j1") == {"Queued": 2}
    assert aws.iot.describe_job(jobId="j1")["job"]["targets"] == [aws.arn("thinggroup", "g1")]


def test_children_and_grandchildren_of_a_group_count_as_members(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.group("child", "t2", parent="g1")
    aws.group("grandchild", "t3", "t1", parent="child")
    aws.group("stranger", "t4")
    aws.job("j1", group)
    assert aws.counters("j1") == {"Queued": 3}
    assert [aws.pending(thing) for thing in ("t1", "t2", "t3", "t4")] == [([], ["j1"])] * 3 + [
        ([], [])
    ]


def test_a_thing_in_several_targets_gets_one_execution(aws: Aws) -> None:
    first, second = aws.group("g1", "t1", "t2"), aws.group("g2", "t2", "t3")
    aws.job("j1", first, second, aws.thing("t3"))
    assert aws.counters("j1") == {"Queued": 3}


def test_a_snapshot_keeps_the_members_of_its_creation(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1", "t2"))
    aws.join("g1", "late")
    aws.leave("g1", "t2")
    assert aws.counters("j1") == {"Queued": 2}
    assert aws.pending("late") == ([], [])
    assert aws.pending("t2") == ([], ["j1"])


def test_a_snapshot_completes_when_every_member_is_done(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1", "t2"))
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "IN_PROGRESS"
    aws.report("t2", "j1", "REJECTED")
    assert aws.status("j1") == "COMPLETED"


# CONTINUOUS, a test for each line of the captured table


def test_a_thing_that_joins_gets_an_execution(aws: Aws) -> None:
    continuous(aws, aws.group("g1"))
    aws.join("g1", "t1")
    assert runs(aws) == [(1, "QUEUED", 1)]
    assert aws.pending("t1") == ([], ["j1"])


@pytest.mark.parametrize("status, version", [("QUEUED", 1), ("IN_PROGRESS", 2)])
def test_joining_another_target_while_the_newest_is_open_adds_nothing(
    aws: Aws, status: str, version: int
) -> None:
    continuous(aws, aws.group("g1", "t1"), aws.group("g2"))
    aws.in_status("t1", "j1", status)
    aws.join("g2", "t1")
    assert runs(aws) == [(1, status, version)]


@pytest.mark.parametrize(
    "status, version",
    [
        ("SUCCEEDED", 2),
        ("FAILED", 2),
        ("REJECTED", 2),
        ("CANCELED", 2),
        ("TIMED_OUT", 3),
        ("REMOVED", 1),
    ],
)
def test_joining_again_after_the_end_queues_the_next_number(
    aws: Aws, status: str, version: int
) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.in_status("t1", "j1", status)
    if status != "REMOVED":
        aws.leave("g1", "t1")
    aws.join("g1", "t1")
    assert runs(aws) == [(1, status, version), (2, "QUEUED", 1)]
    assert aws.pending("t1") == ([], ["j1"])


def test_a_member_that_finishes_is_not_run_again(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.report("t1", "j1", "SUCCEEDED")
    aws.advance(hours=24)
    assert runs(aws) == [(1, "SUCCEEDED", 2)]


def test_being_added_to_a_group_it_is_already_in_means_nothing(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.report("t1", "j1", "SUCCEEDED")
    aws.join("g1", "t1")
    assert runs(aws) == [(1, "SUCCEEDED", 2)]


def test_leaving_the_last_target_removes_a_queued_execution_and_keeps_its_version(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    queued = aws.execution("t1", "j1")
    aws.advance(seconds=5)
    aws.leave("g1", "t1")
    assert runs(aws) == [(1, "REMOVED", 1)]
    removed = aws.execution("t1", "j1")
    assert (removed["lastUpdatedAt"] - queued["lastUpdatedAt"]).total_seconds() >= 5
    assert aws.pending("t1") == ([], [])
    assert aws.counters("j1") == {"Removed": 1}


def test_leaving_lets_a_running_execution_finish(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.leave("g1", "t1")
    assert runs(aws) == [(1, "IN_PROGRESS", 2)]
    aws.join("g1", "t1")
    assert runs(aws) == [(1, "IN_PROGRESS", 2)]
    aws.report("t1", "j1", "SUCCEEDED")
    assert runs(aws) == [(1, "SUCCEEDED", 3)]


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "TIMED_OUT"])
def test_leaving_leaves_a_finished_execution_alone(aws: Aws, status: str) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.in_status("t1", "j1", status)
    before = runs(aws)
    aws.leave("g1", "t1")
    assert runs(aws) == before


@pytest.mark.parametrize("status, version", [("QUEUED", 1), ("IN_PROGRESS", 2), ("SUCCEEDED", 2)])
def test_leaving_one_of_two_targets_means_nothing(aws: Aws, status: str, version: int) -> None:
    continuous(aws, aws.group("g1", "t1"), aws.group("g2", "t1"))
    aws.in_status("t1", "j1", status)
    aws.leave("g1", "t1")
    assert runs(aws) == [(1, status, version)]


def test_joining_a_second_target_after_finishing_queues_the_next_number(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"), aws.group("g2"))
    aws.report("t1", "j1", "SUCCEEDED")
    aws.join("g2", "t1")
    assert runs(aws) == [(1, "SUCCEEDED", 2), (2, "QUEUED", 1)]


def test_a_thing_whose_executions_were_all_deleted_is_removed_when_it_leaves_and_runs_again_when_it_returns(
    aws: Aws,
) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.iot.delete_job_execution(thingName="t1", jobId="j1", executionNumber=1, force=True)
    assert runs(aws) == []
    aws.leave("g1", "t1")
    assert [run[:2] for run in runs(aws)] == [(1, "REMOVED")]
    aws.join("g1", "t1")
    assert [run[:2] for run in runs(aws)] == [(1, "REMOVED"), (2, "QUEUED")]


def test_a_canceled_job_no_longer_follows(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.iot.cancel_job(jobId="j1")
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    aws.join("g1", "t2")
    assert (runs(aws), runs(aws, "t2")) == ([(1, "CANCELED", 2)], [])


# More ways of coming and going


def test_joining_a_child_group_is_joining_its_parent(aws: Aws) -> None:
    group = aws.group("g1")
    aws.group("child", parent="g1")
    continuous(aws, group)
    aws.join("child", "t1")
    assert runs(aws) == [(1, "QUEUED", 1)]
    aws.leave("child", "t1")
    assert runs(aws) == [(1, "REMOVED", 1)]


def test_a_things_groups_may_be_set_all_at_once(aws: Aws) -> None:
    continuous(aws, aws.group("g1"))
    aws.thing("t1")
    aws.iot.update_thing_groups_for_thing(thingName="t1", thingGroupsToAdd=["g1"])
    assert runs(aws) == [(1, "QUEUED", 1)]
    aws.iot.update_thing_groups_for_thing(thingName="t1", thingGroupsToRemove=["g1"])
    assert runs(aws) == [(1, "REMOVED", 1)]


def test_a_continuous_job_is_never_completed_by_its_members(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "IN_PROGRESS"


def test_counters_count_executions_not_things(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    for status in ("FAILED", "SUCCEEDED", "REJECTED"):
        aws.report("t1", "j1", status)
        aws.leave("g1", "t1")
        aws.join("g1", "t1")
    assert aws.counters("j1") == {"Failed": 1, "Succeeded": 1, "Rejected": 1, "Queued": 1}


def test_the_executions_of_a_deleted_thing_stay_listed(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.report("t1", "j1", "SUCCEEDED")
    aws.iot.delete_thing(thingName="t1")
    listed = aws.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"]
    assert {item["thingArn"] for item in listed} == {aws.arn("thing", "t1"), aws.arn("thing", "t2")}
    assert aws.counters("j1") == {"Succeeded": 1, "Queued": 1}


# AssociateTargetsWithJob


def test_a_continuous_job_takes_further_groups(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"), description="d")
    group = aws.group("g2", "t2")
    response = aws.iot.associate_targets_with_job(jobId="j1", targets=[group], comment="more")
    shown = {name: response[name] for name in response if name != "ResponseMetadata"}
    assert shown == {"jobArn": aws.arn("job", "j1"), "jobId": "j1", "description": "d"}
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert job["targets"] == [aws.arn("thinggroup", "g1"), group]
    assert job["comment"] == "more"
    assert runs(aws, "t2") == [(1, "QUEUED", 1)]
    aws.join("g2", "t3")
    assert runs(aws, "t3") == [(1, "QUEUED", 1)]


def test_members_that_are_busy_with_the_job_get_nothing_new_by_an_association(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.iot.associate_targets_with_job(jobId="j1", targets=[aws.group("g2", "t1")])
    assert runs(aws) == [(1, "QUEUED", 1)]


def test_a_snapshot_job_takes_no_further_targets(aws: Aws) -> None:
    aws.job("j1", "t1")
    group = aws.group("g2", "t2")
    aws.raises(
        "InvalidRequestException",
        400,
        aws.iot.associate_targets_with_job,
        jobId="j1",
        targets=[group],
    )
    assert aws.counters("j1") == {"Queued": 1}


def test_a_canceled_job_takes_no_further_targets(aws: Aws) -> None:
    continuous(aws, aws.group("g1", "t1"))
    aws.iot.cancel_job(jobId="j1")
    group = aws.group("g2", "t2")
    aws.raises(
        "InvalidRequestException",
        400,
        aws.iot.associate_targets_with_job,
        jobId="j1",
        targets=[group],
    )
    assert aws.counters("j1") == {"Canceled": 1}


def test_an_unknown_job_or_group_cannot_be_associated(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    continuous(aws, group)
    call = aws.iot.associate_targets_with_job
    error = aws.raises("ResourceNotFoundException", 404, call, jobId="ghost", targets=[group])
    assert error.message == "Job ghost cannot be found."
    ghost = aws.arn("thinggroup", "ghost")
    error = aws.raises("ResourceNotFoundException", 404, call, jobId="j1", targets=[ghost])
    assert error.message == "Thing Group ghost cannot be found."


def test_a_job_has_at_most_100_targets(aws: Aws) -> None:
    groups = [aws.group(f"g{number}") for number in range(101)]
    continuous(aws, *groups[:99])
    call = aws.iot.associate_targets_with_job
    aws.raises("LimitExceededException", 410, call, jobId="j1", targets=groups[99:])
    assert len(aws.iot.describe_job(jobId="j1")["job"]["targets"]) == 99
    call(jobId="j1", targets=groups[99:100])
    assert len(aws.iot.describe_job(jobId="j1")["job"]["targets"]) == 100
