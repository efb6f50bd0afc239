"""DeleteJobExecution: what goes with an execution, what stays, and which numbers come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.errors import (
    InvalidRequest,
    JobExecutionNotDeletable,
    JobExecutionNotFound,
    JobNotFoundForThing,
    JobOfExecutionNotFound,
)

if TYPE_CHECKING:
    from tests.service.conftest import World


def delete(
    world: World, thing: str = "lamp", number: int = 1, *, force: bool = False, job_id: str = "job"
) -> None:
    world.control_plane.delete_job_execution(thing, job_id, number, world.now, force=force)


# Errors


@pytest.mark.parametrize("number", [0, -1, -(10**18)])
def test_a_number_below_1_is_invalid_whatever_else_is_wrong(world: World, number: int) -> None:
    with world.raises(InvalidRequest, "Execution number is invalid."):
        delete(world, number=number, job_id="nope")


def test_what_is_not_there_cannot_be_deleted(world: World) -> None:
    world.create("job", "lamp")
    world.thing("fan")
    with world.raises(
        JobOfExecutionNotFound, "Job execution cannot be found as the Job nope does not exist."
    ):
        delete(world, job_id="nope")
    for thing, number in (("fan", 1), ("nobody", 1), ("lamp", 2), ("lamp", 10**18)):
        text = f"Job execution for thing {thing} cannot be found within job job."
        with world.raises(JobExecutionNotFound, text):
            delete(world, thing, number, force=True)


def test_an_execution_in_progress_is_deleted_by_force_only(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp")
    text = (
        "Job execution for thing lamp within job job in status IN_PROGRESS cannot be deleted"
        " without force flag."
    )
    with world.raises(JobExecutionNotDeletable, text):
        delete(world)
    delete(world, force=True)
    assert world.counts() == {}


def test_a_queued_execution_needs_force_where_the_api_page_is_read_literally(world: World) -> None:
    world.create("job", "lamp", "fan")
    text = (
        "Job execution for thing lamp within job job in status QUEUED cannot be deleted without"
        " force flag."
    )
    with world.raises(JobExecutionNotDeletable, text):
        world.control_plane.delete_job_execution(
            "lamp", "job", 1, world.now, queued_needs_force=True
        )
    world.control_plane.delete_job_execution(
        "lamp", "job", 1, world.now, force=True, queued_needs_force=True
    )
    assert world.counts() == {"QUEUED": 1}


def test_the_execution_of_a_job_that_is_gone_cannot_be_deleted_again(world: World) -> None:
    world.create("job", "lamp", "fan")
    delete(world)
    with world.raises(JobExecutionNotFound):
        delete(world)


# What goes


def test_a_deleted_execution_is_gone_on_both_planes(world: World) -> None:
    world.create("job", "lamp", "fan", timeout=5)
    world.start("lamp")
    delete(world, force=True)
    assert world.counts() == {"QUEUED": 1}
    assert world.pending("lamp") == []
    with world.raises(JobExecutionNotFound):
        world.execution("lamp")
    with world.raises(JobNotFoundForThing, "Job job not found for lamp"):
        world.report("lamp", "SUCCEEDED")
    with world.raises(JobNotFoundForThing, "Job job not found for lamp"):
        world.data_plane.describe_job_execution("lamp", "job", None)
    assert world.control_plane.list_job_executions_for_thing("lamp") == ([], None)
    listed, _ = world.control_plane.list_job_executions_for_job("job")
    assert [execution.thing.name for execution in listed] == ["fan"]


def test_its_timers_go_with_it(world: World) -> None:
    world.create("job", "lamp", "fan", timeout=5)
    world.start("lamp", step_timeout_in_minutes=3)
    delete(world, force=True)
    assert world.lifecycle.next_due() is None
    world.listen()
    world.advance(days=8)
    assert world.events() == []


def test_the_next_pending_execution_moves_up(world: World) -> None:
    world.create("job", "lamp")
    world.advance(minutes=1)
    world.create("next", "lamp")
    delete(world)
    assert world.pending("lamp") == ["next"]


def test_an_execution_of_a_job_with_a_schedule_is_no_longer_pending_either(world: World) -> None:
    world.create("job", "lamp", start="12:30")
    world.move_to("12:30")
    assert world.pending("lamp") == ["job"]
    delete(world)
    assert world.pending("lamp") == []
    assert world.start("lamp") is None


# What follows


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_a_snapshot_completes_when_its_last_open_execution_is_deleted(
    world: World, status: str
) -> None:
    world.create("job", "lamp", "fan")
    world.report("fan", "SUCCEEDED")
    if status == "IN_PROGRESS":
        world.start("lamp")
    world.advance(minutes=1)
    delete(world, force=True)
    assert (world.job().status, world.job().completed_at) == ("COMPLETED", world.now)
    assert world.counts() == {"SUCCEEDED": 1}


def test_a_snapshot_completes_when_none_is_left(world: World) -> None:
    world.create("job", "lamp")
    delete(world)
    assert (world.job().status, world.counts()) == ("COMPLETED", {})


def test_a_snapshot_goes_on_while_others_are_open_or_to_come(world: World) -> None:
    world.create("job", "lamp", "fan")
    delete(world)
    assert world.job().status == "IN_PROGRESS"
    world.create("slow", "lamp", "fan", rollout=1)
    delete(world, job_id="slow")
    assert world.job("slow").status == "IN_PROGRESS"
    world.advance(minutes=1)
    assert world.counts("slow") == {"QUEUED": 1}


def test_deleting_from_a_finished_job_leaves_the_job_as_it_is(world: World) -> None:
    world.create("job", "lamp")
    world.report("lamp", "SUCCEEDED")
    before = world.job().completed_at
    world.advance(minutes=1)
    delete(world)
    assert (world.job().status, world.job().completed_at, world.counts()) == (
        "COMPLETED",
        before,
        {},
    )


def test_abort_criteria_are_looked_at_again_without_the_deleted_execution(world: World) -> None:
    world.create("job", "a", "b", "c", "d", abort=[("FAILED", 50, 2)])
    for thing, status in (("a", "SUCCEEDED"), ("b", "SUCCEEDED"), ("c", "FAILED")):
        world.report(thing, status)
    assert world.job().status == "IN_PROGRESS"
    delete(world, "a")
    assert (world.job().status, world.job().reason_code) == ("CANCELED", "ABORT_CANCEL")
    assert world.status("d") == "CANCELED"


def test_a_deleted_failure_no_longer_counts_for_an_abort(world: World) -> None:
    world.create("job", "a", "b", "c", "d", abort=[("FAILED", 50, 2)])
    world.report("a", "FAILED")
    delete(world, "a")
    world.report("b", "FAILED")
    assert world.job().status == "IN_PROGRESS"


# Numbers


def test_the_newest_one_deleted_makes_the_older_one_current(world: World) -> None:
    world.create("job", "lamp", "fan", retries={"FAILED": 2})
    world.report("lamp", "FAILED")
    world.report("lamp", "FAILED")
    assert world.history("lamp") == ["FAILED", "FAILED", "QUEUED"]
    delete(world, number=3)
    assert world.execution("lamp").execution_number == 2
    assert world.history("lamp") == ["FAILED", "FAILED"]


def test_the_next_number_is_one_above_the_highest_left(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps")
    for _ in range(2):
        world.report("lamp", "SUCCEEDED")
        world.leave("lamp", "lamps")
        world.join("lamp", "lamps")
    assert world.history("lamp") == ["SUCCEEDED", "SUCCEEDED", "QUEUED"]
    delete(world, number=2)
    assert [number for number in (1, 2, 3) if world.job().find("lamp", number)] == [1, 3]
    delete(world, number=3)
    world.leave("lamp", "lamps")
    world.join("lamp", "lamps")
    assert world.execution("lamp").execution_number == 2
    assert world.history("lamp") == ["SUCCEEDED", "QUEUED"]


def test_a_number_is_given_out_again(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps")
    delete(world)
    world.leave("lamp", "lamps")
    assert world.history("lamp") == ["REMOVED"]
    delete(world)
    world.join("lamp", "lamps")
    assert (world.execution("lamp").execution_number, world.execution("lamp").version_number) == (
        1,
        1,
    )


def test_an_older_number_can_be_deleted_while_the_newest_is_open(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 2})
    world.report("lamp", "FAILED")
    world.report("lamp", "FAILED")
    delete(world, number=1)
    assert world.job().find("lamp", 1) is None
    assert world.status("lamp", number=2) == "FAILED"
    assert world.pending("lamp") == ["job"]
    # Retries are those of the thing, not of the executions that are left.
    world.report("lamp", "FAILED")
    assert world.execution("lamp").execution_number == 3
    assert world.job().status == "COMPLETED"


def test_a_member_of_a_continuous_jobs_group_gets_no_second_execution(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps")
    delete(world)
    world.advance(days=1)
    assert world.counts() == {}
    assert world.job().status == "IN_PROGRESS"
