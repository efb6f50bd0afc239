"""In-progress and step timers (AWS IoT developer guide, jobs-configurations-details)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service.errors import InvalidRequest, JobExecutionFinished
from moto_iot_jobs.service.settings import JobUpdate, TimeoutConfig

if TYPE_CHECKING:
    from tests.service.conftest import World


def due(world: World, thing: str = "lamp") -> str | None:
    """When the thing's execution will time out."""
    timers = world.execution(thing).timers
    return world.clock(timers.due if timers else None)


def progress(world: World, step: int | None = None, thing: str = "lamp", **members: Any) -> None:
    world.report(thing, "IN_PROGRESS", step_timeout_in_minutes=step, **members)


def test_the_worked_example_of_the_guide(world: World) -> None:
    world.create("job", "lamp", timeout=20)
    world.start("lamp")
    assert due(world) == "12:20"
    world.move_to("12:05")
    progress(world, step=7)
    assert due(world) == "12:12"
    world.move_to("12:10")
    progress(world, step=5)
    assert due(world) == "12:15"
    world.move_to("12:13")
    progress(world, step=9)
    assert due(world) == "12:20"
    world.move_to("12:19:59")
    assert world.status("lamp") == "IN_PROGRESS"
    world.move_to("12:20")
    assert world.status("lamp") == "TIMED_OUT"


def test_a_timed_out_execution_is_stamped_with_the_time_it_was_due(world: World) -> None:
    world.create("job", "lamp", "fan", timeout=20)
    world.start("lamp", status_details={"step": "1"})
    world.now = world.time_of("18:00")
    execution = world.execution("lamp")
    assert (execution.status, world.clock(execution.last_updated_at), execution.version_number) == (
        "TIMED_OUT",
        "12:20",
        3,
    )
    assert (world.clock(execution.started_at), execution.status_details) == ("12:00", {"step": "1"})
    assert (execution.seconds_left(world.now), execution.timers) == (None, None)
    assert world.counts() == {"TIMED_OUT": 1, "QUEUED": 1}
    with world.raises(
        JobExecutionFinished, "Job job for lamp has already finished with status TIMED_OUT"
    ):
        world.report("lamp", "SUCCEEDED")


def test_a_report_in_the_very_instant_of_the_timeout_comes_too_late(world: World) -> None:
    world.create("job", "lamp", "fan", timeout=20)
    world.start("lamp")
    world.start("fan")
    world.now = world.time_of("12:20") - 1
    world.report("fan", "SUCCEEDED")
    world.now += 1
    with world.raises(JobExecutionFinished):
        world.report("lamp", "SUCCEEDED")


def test_the_last_timeout_completes_a_snapshot_at_its_own_time(world: World) -> None:
    world.create("job", "lamp", timeout=20)
    world.start("lamp")
    world.advance(days=3)
    assert (world.job().status, world.clock(world.job().completed_at)) == ("COMPLETED", "12:20")


def test_no_timer_runs_while_an_execution_is_queued(world: World) -> None:
    world.create("job", "lamp", timeout=20)
    assert due(world) is None
    assert world.lifecycle.next_due() is None
    world.advance(days=3)
    assert world.status("lamp") == "QUEUED"
    world.start("lamp")
    assert due(world) == "11-24 12:20"


@pytest.mark.parametrize("begin", ["start-next", "update"])
def test_the_timer_starts_with_the_work_however_it_begins(world: World, begin: str) -> None:
    world.create("job", "lamp", timeout=20)
    world.advance(minutes=3)
    if begin == "update":
        progress(world)
    else:
        world.start("lamp")
    assert due(world) == "12:23"
    world.advance(minutes=3)
    progress(world, status_details={"step": "2"})
    assert due(world) == "12:23"


def test_without_a_timeout_an_execution_is_in_progress_for_ever(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp")
    world.advance(days=800)
    assert (world.status("lamp"), due(world)) == ("IN_PROGRESS", None)
    assert world.execution("lamp").seconds_left(world.now) is None


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_timers_end_with_the_execution(world: World, status: str) -> None:
    world.create("job", "lamp", "fan", timeout=20)
    world.start("lamp", step_timeout_in_minutes=10)
    world.report("lamp", status)
    assert world.lifecycle.next_due() is None
    world.advance(hours=1)
    assert world.status("lamp") == status


# The step timer


def test_a_step_timer_needs_no_in_progress_timer(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp", step_timeout_in_minutes=10)
    assert due(world) == "12:10"
    world.advance(minutes=10)
    assert world.status("lamp") == "TIMED_OUT"


def test_a_step_timer_goes_on_when_a_report_says_nothing_of_it(world: World) -> None:
    world.create("job", "lamp", timeout=20)
    progress(world, step=7)
    world.advance(minutes=2)
    progress(world)
    assert due(world) == "12:07"


def test_minus_1_cancels_the_step_timer_and_leaves_the_other_alone(world: World) -> None:
    world.create("job", "lamp", timeout=20)
    progress(world, step=7)
    world.advance(minutes=2)
    progress(world, step=-1)
    assert due(world) == "12:20"


def test_minus_1_without_a_step_timer_does_nothing(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp", step_timeout_in_minutes=-1)
    assert due(world) is None
    progress(world, step=-1)
    world.advance(days=8)
    assert world.status("lamp") == "IN_PROGRESS"


def test_a_step_timer_can_be_set_again_after_it_was_canceled(world: World) -> None:
    world.create("job", "lamp")
    progress(world, step=5)
    progress(world, step=-1)
    world.advance(minutes=4)
    progress(world, step=5)
    assert due(world) == "12:09"


def test_a_step_timer_never_moves_the_in_progress_timer(world: World) -> None:
    world.create("job", "lamp", timeout=20)
    progress(world, step=10_080)
    assert due(world) == "12:20"
    world.advance(minutes=19)
    progress(world, step=-1)
    assert due(world) == "12:20"


def test_starting_again_sets_the_step_timer_and_nothing_else(world: World) -> None:
    world.create("job", "lamp", timeout=20)
    world.start("lamp", step_timeout_in_minutes=3, status_details={"step": "1"})
    world.advance(minutes=2)
    world.start("lamp", step_timeout_in_minutes=9, status_details={"step": "2"})
    execution = world.execution("lamp")
    assert (due(world), execution.version_number, execution.status_details) == (
        "12:11",
        2,
        {"step": "1"},
    )
    world.start("lamp")
    assert due(world) == "12:11"


def test_a_step_timer_of_a_report_that_finishes_is_nothing(world: World) -> None:
    world.create("job", "lamp", "fan")
    world.report("lamp", "SUCCEEDED", step_timeout_in_minutes=5)
    assert world.lifecycle.next_due() is None


@pytest.mark.parametrize("minutes", [0, -2, 10_081])
def test_a_step_timeout_out_of_range_changes_nothing(world: World, minutes: int) -> None:
    world.create("job", "lamp", timeout=20)
    message = f"Provide valid timeout value, stepTimeoutInMinutes cannot be {minutes}."
    with world.raises(InvalidRequest, message):
        world.start("lamp", step_timeout_in_minutes=minutes)
    for thing in ("lamp", "nobody"):
        with world.raises(InvalidRequest, message):
            progress(world, step=minutes, thing=thing)


# Seconds left


@pytest.mark.parametrize(
    "passed, left",
    [(0, 1200), (1, 1199), (999, 1199), (1000, 1199), (1001, 1198), (1_199_000, 1), (1_199_999, 0)],
)
def test_the_seconds_left_are_whole(world: World, passed: int, left: int) -> None:
    world.create("job", "lamp", timeout=20)
    assert world.execution("lamp").seconds_left(world.now) is None
    world.start("lamp")
    world.now += passed
    assert world.execution("lamp").seconds_left(world.now) == left


def test_the_seconds_left_are_those_of_the_timer_that_ends_first(world: World) -> None:
    world.create("job", "lamp", timeout=20)
    progress(world, step=7)
    assert world.execution("lamp").seconds_left(world.now) == 420
    progress(world, step=-1)
    assert world.execution("lamp").seconds_left(world.now) == 1200


# UpdateJob


@pytest.mark.parametrize("before, shown", [(20, "12:20"), (None, None)])
def test_a_new_timeout_is_for_executions_that_start_afterwards(
    world: World, before: int | None, shown: str | None
) -> None:
    world.create("job", "lamp", "fan", timeout=before)
    world.start("lamp")
    world.control_plane.update_job(
        JobUpdate(job_id="job", timeout_config=TimeoutConfig(3)), world.now
    )
    world.start("fan")
    assert (due(world, "lamp"), due(world, "fan")) == (shown, "12:03")
    progress(world)
    assert due(world, "lamp") == shown


# Jobs that are not in progress any more


def test_an_execution_left_in_progress_by_a_canceled_job_still_times_out(world: World) -> None:
    world.create("job", "lamp", "fan", timeout=20, retries={"TIMED_OUT": 3})
    world.start("lamp")
    world.control_plane.cancel_job("job", world.now)
    world.advance(hours=1)
    assert (world.history("lamp"), world.job().status) == (["TIMED_OUT"], "CANCELED")


def test_many_timeouts_come_each_at_its_own_time(world: World) -> None:
    things = [f"thing-{number}" for number in range(20)]
    world.create("job", *things, timeout=20)
    for thing in things:
        world.start(thing)
        world.advance(minutes=0.5)
    world.now = world.time_of("18:00")
    stamps = [world.clock(world.execution(thing).last_updated_at) for thing in things]
    assert stamps[:3] == ["12:20", "12:20:30", "12:21"]
    assert stamps == sorted(set(filter(None, stamps)))
    assert world.clock(world.job().completed_at) == "12:29:30"
