"""Retries, row by row of what the AWS IoT developer guide says of them
(jobs-configurations-details).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.settings import JobUpdate

if TYPE_CHECKING:
    from tests.service.conftest import World


def fail(world: World, how: str, thing: str = "lamp") -> None:
    """Let the thing's newest execution end as FAILED, TIMED_OUT or otherwise."""
    if how == "TIMED_OUT":
        world.report(thing, "IN_PROGRESS")
        world.advance(minutes=10)
    else:
        world.report(thing, how)


# New executions


def test_a_retry_is_a_new_execution_and_the_failed_one_stays(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 2})
    world.start("lamp", status_details={"step": "1"})
    world.advance(minutes=3)
    world.report("lamp", "FAILED", status_details={"why": "x"})
    failed, retried = world.execution("lamp", number=1), world.execution("lamp")
    assert (failed.status, failed.status_details, failed.retry_attempt) == (
        "FAILED",
        {"why": "x"},
        0,
    )
    assert (retried.status, retried.execution_number, retried.version_number) == ("QUEUED", 2, 1)
    assert (retried.status_details, retried.started_at, retried.retry_attempt) == (None, None, 1)
    assert world.clock(retried.queued_at) == world.clock(retried.last_updated_at) == "12:03"
    assert world.counts() == {"FAILED": 1, "QUEUED": 1}
    assert world.pending("lamp") == ["job"]


def test_a_retry_of_a_timeout_is_queued_at_the_time_of_the_timeout(world: World) -> None:
    world.create("job", "lamp", timeout=10, retries={"TIMED_OUT": 1})
    world.start("lamp")
    world.now = world.time_of("18:00")
    assert world.history("lamp") == ["TIMED_OUT", "QUEUED"]
    assert world.clock(world.execution("lamp").queued_at) == "12:10"
    assert world.execution("lamp").timers is None


def test_a_step_timer_that_runs_out_is_retried_as_well(world: World) -> None:
    world.create("job", "lamp", retries={"TIMED_OUT": 1})
    world.start("lamp", step_timeout_in_minutes=2)
    world.advance(minutes=2)
    assert world.history("lamp") == ["TIMED_OUT", "QUEUED"]


def test_a_retry_times_out_by_itself_once_it_is_started(world: World) -> None:
    world.create("job", "lamp", timeout=10, retries={"TIMED_OUT": 1})
    fail(world, "TIMED_OUT")
    world.advance(minutes=5)
    world.start("lamp")
    world.advance(minutes=10)
    assert world.history("lamp") == ["TIMED_OUT", "TIMED_OUT"]
    assert world.clock(world.execution("lamp").last_updated_at) == "12:25"


# How often


@pytest.mark.parametrize(
    "criteria, failures, attempts",
    [
        ({"FAILED": 0}, ["FAILED"], 1),
        ({"FAILED": 1}, ["FAILED"] * 2, 2),
        ({"FAILED": 3}, ["FAILED"] * 4, 4),
        ({"FAILED": 10}, ["FAILED"] * 11, 11),
        ({"FAILED": 2}, ["TIMED_OUT"], 1),
        ({"TIMED_OUT": 2}, ["FAILED"], 1),
        ({"TIMED_OUT": 2}, ["TIMED_OUT"] * 3, 3),
        ({"ALL": 2}, ["FAILED", "TIMED_OUT", "FAILED"], 3),
        ({"ALL": 0}, ["TIMED_OUT"], 1),
        # Counted by what they follow, so one criterion does not use up the other.
        ({"FAILED": 1, "TIMED_OUT": 1}, ["FAILED", "TIMED_OUT", "FAILED"], 3),
        ({"FAILED": 2, "TIMED_OUT": 1}, ["TIMED_OUT", "FAILED", "FAILED", "FAILED"], 4),
        ({"FAILED": 1, "TIMED_OUT": 5}, ["FAILED", "FAILED"], 2),
        # At most ten on one thing, whatever the criteria add up to.
        ({"FAILED": 10, "TIMED_OUT": 10}, ["FAILED", "TIMED_OUT"] * 5 + ["FAILED"], 11),
        ({"FAILED": 10, "TIMED_OUT": 1}, ["TIMED_OUT"] + ["FAILED"] * 10, 11),
    ],
)
def test_a_failure_is_retried_as_often_as_the_criteria_say(
    world: World, criteria: dict[str, int], failures: list[str], attempts: int
) -> None:
    world.create("job", "lamp", timeout=10, retries=criteria)
    for failure in failures:
        assert world.status("lamp") == "QUEUED"
        fail(world, failure)
    assert world.history("lamp") == failures
    assert len(failures) == attempts
    assert world.execution("lamp").retry_attempt == attempts - 1
    assert world.job().status == "COMPLETED"


def test_retries_stop_at_the_first_success(world: World) -> None:
    world.create("job", "lamp", retries={"ALL": 5})
    fail(world, "FAILED")
    fail(world, "FAILED")
    world.report("lamp", "SUCCEEDED")
    assert world.history("lamp") == ["FAILED", "FAILED", "SUCCEEDED"]
    assert world.counts() == {"FAILED": 2, "SUCCEEDED": 1}
    assert world.job().status == "COMPLETED"


def test_things_are_retried_each_for_itself(world: World) -> None:
    world.create("job", "lamp", "fan", retries={"FAILED": 1})
    fail(world, "FAILED", "lamp")
    fail(world, "FAILED", "lamp")
    fail(world, "FAILED", "fan")
    assert (world.history("lamp"), world.history("fan")) == (
        ["FAILED", "FAILED"],
        ["FAILED", "QUEUED"],
    )


# Never


def test_a_rejection_is_never_retried(world: World) -> None:
    world.create("job", "lamp", retries={"ALL": 5})
    world.report("lamp", "REJECTED")
    assert (world.history("lamp"), world.job().status) == (["REJECTED"], "COMPLETED")


@pytest.mark.parametrize("force", [False, True])
def test_a_canceled_execution_is_never_retried(world: World, force: bool) -> None:
    world.create("job", "lamp", retries={"ALL": 5})
    if force:
        world.start("lamp")
    world.control_plane.cancel_job_execution("lamp", "job", world.now, force=force)
    assert (world.history("lamp"), world.job().status) == (["CANCELED"], "COMPLETED")


def test_a_removed_execution_is_never_retried(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", retries={"ALL": 5})
    world.leave("lamp", "lamps")
    assert world.history("lamp") == ["REMOVED"]


def test_a_deleted_execution_is_never_retried(world: World) -> None:
    world.create("job", "lamp", "fan", retries={"ALL": 5})
    world.start("lamp")
    world.control_plane.delete_job_execution("lamp", "job", 1, world.now, force=True)
    assert world.counts() == {"QUEUED": 1}


# What stops them


def test_canceling_the_job_cancels_a_queued_retry_and_none_follow(world: World) -> None:
    world.create("job", "lamp", "fan", retries={"ALL": 5})
    fail(world, "FAILED", "lamp")
    world.start("fan")
    world.control_plane.cancel_job("job", world.now)
    assert world.history("lamp") == ["FAILED", "CANCELED"]
    world.report("fan", "FAILED")
    assert world.history("fan") == ["FAILED"]


def test_an_abort_cancels_a_queued_retry_and_none_follow(world: World) -> None:
    world.create("job", "lamp", "fan", retries={"FAILED": 5}, abort=[("FAILED", 50, 2)])
    fail(world, "FAILED", "lamp")
    assert world.history("lamp") == ["FAILED", "QUEUED"]
    fail(world, "FAILED", "fan")
    assert (world.history("lamp"), world.history("fan")) == (["FAILED", "CANCELED"], ["FAILED"])
    assert world.job().reason_code == "ABORT_CANCEL"


def test_every_failed_attempt_counts_for_an_abort(world: World) -> None:
    world.create("job", "lamp", "fan", retries={"FAILED": 5}, abort=[("FAILED", 100, 3)])
    for _ in range(3):
        assert world.job().status == "IN_PROGRESS"
        fail(world, "FAILED")
    assert world.job().comment == (
        "Abort criteria for failure type FAILED with threshold 100.00% met. "
        "Total completed executions: 3, total FAILED executions: 3"
    )
    assert (world.history("lamp"), world.history("fan")) == (["FAILED"] * 3, ["CANCELED"])


def test_a_snapshot_is_not_complete_while_a_retry_is_to_be_done(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 1})
    fail(world, "FAILED")
    assert world.job().status == "IN_PROGRESS"
    world.report("lamp", "SUCCEEDED")
    assert world.job().status == "COMPLETED"


def test_retries_taken_back_by_an_update_are_not_done(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 5})
    fail(world, "FAILED")
    update = JobUpdate(job_id="job", job_executions_retry_config=world.retries({"FAILED": 0}))
    world.control_plane.update_job(update, world.now)
    assert world.history("lamp") == ["FAILED", "QUEUED"]
    fail(world, "FAILED")
    assert (world.history("lamp"), world.job().status) == (["FAILED", "FAILED"], "COMPLETED")


def test_retries_go_on_until_the_end_time_and_no_longer(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 5}, end="12:30")
    fail(world, "FAILED")
    world.move_to("12:30")
    assert (world.history("lamp"), world.job().status) == (["FAILED", "QUEUED"], "IN_PROGRESS")
    fail(world, "FAILED")
    assert (world.history("lamp"), world.job().status) == (["FAILED", "FAILED"], "COMPLETED")


# Membership of CONTINUOUS jobs


def test_leaving_the_group_stops_retries(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", retries={"FAILED": 5})
    world.start("lamp")
    world.leave("lamp", "lamps")
    assert world.status("lamp") == "IN_PROGRESS"
    world.report("lamp", "FAILED")
    assert world.history("lamp") == ["FAILED"]


def test_a_queued_retry_is_removed_with_its_thing(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", retries={"FAILED": 5})
    fail(world, "FAILED")
    world.leave("lamp", "lamps")
    assert world.history("lamp") == ["FAILED", "REMOVED"]


def test_joining_again_begins_the_count_again(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", retries={"FAILED": 1})
    fail(world, "FAILED")
    fail(world, "FAILED")
    assert world.history("lamp") == ["FAILED", "FAILED"]
    world.leave("lamp", "lamps")
    world.join("lamp", "lamps")
    assert world.execution("lamp").retry_attempt == 0
    fail(world, "FAILED")
    assert world.execution("lamp").retry_attempt == 1
    fail(world, "FAILED")
    assert world.history("lamp") == ["FAILED"] * 4


def test_joining_again_at_work_begins_the_count_again(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", retries={"FAILED": 1})
    fail(world, "FAILED")
    world.start("lamp")
    world.leave("lamp", "lamps")
    world.join("lamp", "lamps")
    assert world.execution("lamp").retry_attempt == 1, "what it is does not change"
    world.report("lamp", "FAILED")
    assert world.history("lamp") == ["FAILED", "FAILED", "QUEUED"]
    assert world.execution("lamp").retry_attempt == 1
    fail(world, "FAILED")
    assert world.history("lamp") == ["FAILED"] * 3


def test_joining_another_target_at_work_does_not_begin_the_count_again(world: World) -> None:
    world.group("lamps", "lamp")
    world.group("house")
    world.follow("job", "lamps", "house", retries={"FAILED": 1})
    fail(world, "FAILED")
    world.start("lamp")
    world.join("lamp", "house")
    world.leave("lamp", "lamps")
    world.report("lamp", "FAILED")
    assert world.history("lamp") == ["FAILED", "FAILED"]


def test_a_thing_that_another_target_keeps_is_retried(world: World) -> None:
    world.group("lamps", "lamp")
    world.group("house", "lamp")
    world.follow("job", "lamps", "house", retries={"FAILED": 1})
    world.start("lamp")
    world.leave("lamp", "lamps")
    world.report("lamp", "FAILED")
    assert world.history("lamp") == ["FAILED", "QUEUED"]


def test_a_thing_that_is_a_target_itself_is_retried(world: World) -> None:
    world.follow("job", "lamp", retries={"FAILED": 1})
    fail(world, "FAILED")
    assert world.history("lamp") == ["FAILED", "QUEUED"]


def test_a_deleted_thing_gets_no_retry_and_the_job_completes(world: World) -> None:
    # As with the rollout, which passes over things that are gone: nobody could ever work on the
    # retry.
    world.create("job", "lamp", timeout=10, retries={"TIMED_OUT": 5})
    world.start("lamp")
    world.delete_thing("lamp")
    world.advance(minutes=10)
    assert (world.history("lamp"), world.job().status) == (["TIMED_OUT"], "COMPLETED")
