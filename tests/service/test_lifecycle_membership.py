"""CONTINUOUS jobs and the things that join and leave their groups, row by row of what was captured
from AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.service.conftest import World


@pytest.fixture
def following(world: World) -> World:
    """A job that follows two groups, and a lamp in the first."""
    world.group("lamps", "lamp")
    world.group("others")
    world.follow("job", "lamps", "others")
    world.advance(minutes=1)
    return world


# Joining


def test_a_thing_that_joins_gets_its_first_execution(following: World) -> None:
    following.listen()
    following.join("late", "lamps")
    execution = following.execution("late")
    assert (execution.status, execution.execution_number, execution.version_number) == (
        "QUEUED",
        1,
        1,
    )
    assert following.clock(execution.queued_at) == "12:01"
    assert following.notifications() == ["notify late", "notify-next late"]


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_a_thing_with_an_open_execution_gets_nothing(following: World, status: str) -> None:
    if status == "IN_PROGRESS":
        following.start("lamp")
    following.listen()
    following.join("lamp", "others")
    assert (following.history("lamp"), following.regional.take_events()) == ([status], [])


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_a_thing_that_finished_gets_another_execution_when_it_joins_another_target(
    following: World, status: str
) -> None:
    following.report("lamp", status)
    following.join("lamp", "others")
    execution = following.execution("lamp")
    assert following.history("lamp") == [status, "QUEUED"]
    assert (execution.version_number, execution.retry_attempt, execution.status_details) == (
        1,
        0,
        None,
    )


def test_a_thing_that_was_removed_gets_another_execution_when_it_joins_again(
    following: World,
) -> None:
    following.leave("lamp", "lamps")
    following.join("lamp", "lamps")
    assert following.history("lamp") == ["REMOVED", "QUEUED"]


def test_a_member_that_finished_gets_no_second_execution(following: World) -> None:
    following.report("lamp", "SUCCEEDED")
    following.advance(days=100)
    assert following.history("lamp") == ["SUCCEEDED"]


def test_joining_a_group_again_changes_nothing(following: World) -> None:
    following.report("lamp", "SUCCEEDED")
    following.join("lamp", "lamps")
    assert following.history("lamp") == ["SUCCEEDED"]


def test_joining_a_group_that_no_job_follows_changes_nothing(following: World) -> None:
    following.group("elsewhere")
    following.join("late", "elsewhere")
    assert following.counts() == {"QUEUED": 1}


def test_a_thing_that_joins_a_group_below_a_target_joins_the_target(following: World) -> None:
    # AWS IoT developer guide, thing-groups: jobs go to a group and the groups below it.
    following.group("shelf", parent="lamps")
    following.group("box", parent="shelf")
    following.join("late", "box")
    assert following.status("late") == "QUEUED"
    following.leave("late", "box")
    assert following.status("late") == "REMOVED"


def test_moving_between_groups_below_one_target_is_no_joining(following: World) -> None:
    following.group("left", parent="lamps")
    following.group("right", parent="lamps")
    following.join("late", "left")
    following.report("late", "SUCCEEDED")
    following.join("late", "right")
    following.leave("late", "left")
    assert following.history("late") == ["SUCCEEDED"]


# Leaving


def test_a_queued_execution_is_removed_and_keeps_its_version(following: World) -> None:
    following.listen()
    following.leave("lamp", "lamps")
    execution = following.execution("lamp")
    assert (
        execution.status,
        execution.version_number,
        following.clock(execution.last_updated_at),
    ) == ("REMOVED", 1, "12:01")
    assert following.events() == ["jobExecution/job/removed lamp"]
    assert (following.pending("lamp"), following.counts()) == ([], {"REMOVED": 1})
    assert following.job().status == "IN_PROGRESS"


def test_a_removal_is_notified(following: World) -> None:
    following.listen()
    following.leave("lamp", "lamps")
    assert following.notifications() == ["notify lamp", "notify-next lamp"]


def test_an_execution_in_progress_goes_on_and_may_finish(following: World) -> None:
    following.start("lamp")
    following.listen()
    following.leave("lamp", "lamps")
    assert (following.history("lamp"), following.regional.take_events()) == (["IN_PROGRESS"], [])
    following.join("lamp", "lamps")
    assert following.history("lamp") == ["IN_PROGRESS"]
    following.leave("lamp", "lamps")
    following.report("lamp", "SUCCEEDED")
    assert following.history("lamp") == ["SUCCEEDED"]
    following.join("lamp", "lamps")
    assert following.history("lamp") == ["SUCCEEDED", "QUEUED"]


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_a_finished_execution_is_left_as_it_is(following: World, status: str) -> None:
    following.report("lamp", status)
    following.listen()
    following.leave("lamp", "lamps")
    assert (following.history("lamp"), following.regional.take_events()) == ([status], [])


def test_leaving_one_of_two_targets_changes_nothing(following: World) -> None:
    following.join("lamp", "others")
    following.leave("lamp", "lamps")
    assert following.history("lamp") == ["QUEUED"]
    following.leave("lamp", "others")
    assert following.history("lamp") == ["REMOVED"]


def test_a_thing_that_is_a_target_itself_is_kept(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", "lamp")
    world.leave("lamp", "lamps")
    assert world.history("lamp") == ["QUEUED"]


def test_leaving_a_group_it_was_not_in_changes_nothing(following: World) -> None:
    following.leave("lamp", "others")
    assert following.history("lamp") == ["QUEUED"]


# All executions deleted


def test_a_thing_whose_executions_were_all_deleted_is_removed_as_number_1_without_a_word(
    following: World,
) -> None:
    following.report("lamp", "SUCCEEDED")
    following.control_plane.delete_job_execution("lamp", "job", 1, following.now)
    following.listen()
    following.leave("lamp", "lamps")
    assert following.history("lamp") == ["REMOVED"]
    assert following.regional.take_events() == []
    following.join("lamp", "lamps")
    assert following.history("lamp") == ["REMOVED", "QUEUED"]


def test_a_thing_that_never_had_an_execution_is_not_removed(world: World) -> None:
    world.group("lamps", "lamp", "waiting")
    world.follow("job", "lamps", rollout=1)
    world.leave("waiting", "lamps")
    assert world.counts() == {"QUEUED": 1}


def test_a_thing_whose_executions_were_all_deleted_may_join_another_target(
    following: World,
) -> None:
    following.control_plane.delete_job_execution("lamp", "job", 1, following.now)
    following.join("lamp", "others")
    assert following.history("lamp") == ["QUEUED"]


# Jobs that follow no more


@pytest.mark.parametrize("how", ["canceled", "aborted", "deleted", "ended"])
def test_a_finished_job_no_longer_follows(world: World, how: str) -> None:
    world.group("lamps", "lamp", "spare")
    world.follow("job", "lamps", abort=[("FAILED", 1, 1)], end="12:30")
    world.start("spare")
    match how:
        case "canceled":
            world.control_plane.cancel_job("job", world.now)
        case "aborted":
            world.report("lamp", "FAILED")
        case "deleted":
            world.control_plane.delete_job("job", world.now, force=True)
        case "ended":
            world.move_to("12:30")
    world.listen()
    world.join("late", "lamps")
    world.leave("spare", "lamps")
    assert world.regional.take_events() == []
    assert world.store.followers == {}


def test_jobs_that_follow_the_same_group_end_each_for_itself(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("ending", "lamps")
    world.follow("lasting", "lamps")
    world.control_plane.cancel_job("ending", world.now)
    world.join("late", "lamps")
    assert world.pending("late") == ["lasting"]
    world.leave("lamp", "lamps")
    assert (world.status("lamp", "ending"), world.status("lamp", "lasting")) == (
        "CANCELED",
        "REMOVED",
    )


def test_a_snapshot_never_follows(world: World) -> None:
    world.group("lamps", "lamp")
    world.create("job", "lamps")
    world.join("late", "lamps")
    world.leave("lamp", "lamps")
    assert world.counts() == {"QUEUED": 1}


def test_several_jobs_follow_one_group_in_the_order_of_their_creation(world: World) -> None:
    world.group("lamps")
    for job_id in "cab":
        world.follow(job_id, "lamps")
    world.listen()
    world.join("lamp", "lamps")
    assert world.pending("lamp") == ["c", "a", "b"]
    world.leave("lamp", "lamps")
    assert world.events() == [f"jobExecution/{job_id}/removed lamp" for job_id in "cab"]


def test_timers_that_are_due_before_a_thing_joins_run_before(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", start="13:00")
    world.now = world.time_of("14:00")
    world.join("late", "lamps")
    assert [world.clock(world.execution(thing).queued_at) for thing in ("lamp", "late")] == [
        "13:00",
        "14:00",
    ]
