"""Happenings at one instant: first what ends, then what begins, and the same result however often
somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.settings import JobUpdate

if TYPE_CHECKING:
    from tests.service.conftest import World

WINDOW = ("cron(0 14 * * ? *)", 60)
MINUTE = 60_000


def test_a_timeout_comes_before_the_end_of_its_job(world: World) -> None:
    world.create("job", "lamp", timeout=30, end="12:30", end_behavior="FORCE_CANCEL")
    world.start("lamp")
    world.listen()
    world.move_to("12:30")
    assert (world.status("lamp"), world.execution("lamp").force_canceled) == ("TIMED_OUT", False)
    assert world.events() == ["jobExecution/job/timed_out lamp", "job/job/completed"]


def test_a_retry_of_the_last_instant_is_ended_with_its_job(world: World) -> None:
    world.create("job", "lamp", timeout=30, end="12:30", end_behavior="CANCEL", retries={"ALL": 1})
    world.start("lamp")
    world.move_to("12:30")
    assert world.history("lamp") == ["TIMED_OUT", "CANCELED"]


def test_an_end_comes_before_the_next_batch(world: World) -> None:
    world.create("job", *(f"thing-{number}" for number in range(40)), rollout=1, end="12:30")
    world.move_to("12:30")
    assert world.counts() == {"QUEUED": 30}


def test_a_window_closes_before_the_next_batch(world: World) -> None:
    world.group("all", *(f"thing-{number}" for number in range(90)))
    world.follow("job", "all", rollout=1, start="14:00", windows=[WINDOW])
    world.move_to("15:00")
    assert world.counts() == {"QUEUED": 60}


def test_a_window_closes_before_its_job_ends(world: World) -> None:
    world.group("all", "lamp")
    world.follow("job", "all", start="14:00", windows=[WINDOW], end="15:00")
    world.listen()
    world.move_to("15:00")
    assert (world.job().status, world.pending("lamp")) == ("IN_PROGRESS", ["job"])
    assert world.lifecycle.next_due() is None


def test_the_end_of_one_job_comes_before_the_start_of_another_created_earlier(world: World) -> None:
    world.create("starting", "lamp", start="13:00")
    world.create("ending", "lamp", end="13:00", end_behavior="CANCEL")
    world.listen()
    world.move_to("13:00")
    assert world.notifications() == [
        "notify lamp",
        "notify-next lamp",
        "notify lamp",
        "notify-next lamp",
    ]
    assert world.pending("lamp") == ["starting"]


def test_a_deletion_ends_before_a_job_starts(world: World) -> None:
    world.pace = AfterTime(60 * MINUTE)
    world.create("starting", "lamp", start="13:00")
    world.create("going", "lamp")
    world.control_plane.delete_job("going", world.now, force=True)
    world.listen()
    world.move_to("13:00")
    kinds = [type(event).__name__ for event in world.regional.take_events()]
    assert kinds == ["ExecutionDeleted", "JobChanged", "ExecutionQueued", "PendingChanged"]


def test_timeouts_of_one_instant_come_in_the_order_in_which_the_timers_were_set(
    world: World,
) -> None:
    world.create("job", "a", "b", "c", timeout=20)
    for thing in "cab":
        world.start(thing)
    world.listen()
    world.move_to("12:20")
    assert world.events() == [
        *(f"jobExecution/job/timed_out {thing}" for thing in "cab"),
        "job/job/completed",
    ]


def test_an_abort_by_the_first_timeout_of_an_instant_leaves_the_others_to_time_out(
    world: World,
) -> None:
    world.create("job", "a", "b", "c", timeout=20, abort=[("TIMED_OUT", 1, 1)])
    world.start("a")
    world.start("b")
    world.listen()
    world.move_to("12:20")
    assert world.events() == [
        "jobExecution/job/timed_out a",
        "job/job/cancellation_in_progress",
        "jobExecution/job/canceled c",
        "job/job/canceled",
        "jobExecution/job/timed_out b",
    ]


def test_three_hours_at_once_bring_everything_in_order_with_its_own_stamp(world: World) -> None:
    world.create(
        "a", *(f"thing-{number}" for number in range(4)), rollout=2, timeout=30, retries={"ALL": 1}
    )
    world.create("b", "thing-0", start="13:15", end="14:00", end_behavior="FORCE_CANCEL")
    world.start("thing-0")
    world.start("thing-1")
    world.listen()
    world.advance(hours=3)
    events = [
        (world.clock(event.at), type(event).__name__, getattr(event, "thing", "-"))
        for event in world.regional.take_events()
        if type(event).__name__ != "PendingChanged"
    ]
    assert events == [
        ("12:01", "ExecutionQueued", "thing-2"),
        ("12:01", "ExecutionQueued", "thing-3"),
        ("12:30", "StatusChanged", "thing-0"),
        ("12:30", "ExecutionQueued", "thing-0"),
        ("12:30", "StatusChanged", "thing-1"),
        ("12:30", "ExecutionQueued", "thing-1"),
        ("13:15", "ExecutionQueued", "thing-0"),
        ("14:00", "StatusChanged", "thing-0"),
        ("14:00", "JobChanged", "-"),
    ]


def test_settling_twice_is_settling_once(world: World) -> None:
    world.create("job", *(f"thing-{number}" for number in range(9)), rollout=2, timeout=3)
    world.start("thing-0")
    world.move_to("12:03")
    before = world.dump_state()
    world.regional.run_due_timers(world.now)
    world.regional.run_due_timers(world.time_of("12:01"))
    assert world.dump_state() == before


OPERATIONS: dict[str, Callable[[World], object]] = {
    "CreateJob": lambda world: world.create("new", "lamp"),
    "DescribeJob": lambda world: world.control_plane.describe_job("job", world.now),
    "find_job": lambda world: world.control_plane.find_job("job"),
    "ListJobs": lambda world: world.control_plane.list_jobs(),
    "UpdateJob": lambda world: world.control_plane.update_job(
        JobUpdate(job_id="job", description="x"), world.now
    ),
    "CancelJob": lambda world: world.control_plane.cancel_job("other", world.now),
    "DeleteJob": lambda world: world.control_plane.delete_job("other", world.now, force=True),
    "AssociateTargetsWithJob": lambda world: world.control_plane.associate_targets_with_job(
        "following", (), world.now
    ),
    "ListJobExecutionsForJob": lambda world: world.control_plane.list_job_executions_for_job("job"),
    "ListJobExecutionsForThing": lambda world: world.control_plane.list_job_executions_for_thing(
        "lamp"
    ),
    "DescribeJobExecution": lambda world: world.control_plane.describe_job_execution(
        "lamp", "job", None
    ),
    "CancelJobExecution": lambda world: world.control_plane.cancel_job_execution(
        "lamp", "other", world.now
    ),
    "DeleteJobExecution": lambda world: world.control_plane.delete_job_execution(
        "lamp", "other", 1, world.now
    ),
    "GetPendingJobExecutions": lambda world: world.data_plane.get_pending_job_executions("lamp"),
    "StartNextPendingJobExecution": lambda world: world.start("fan"),
    "DescribeJobExecution $next": lambda world: world.data_plane.describe_job_execution(
        "lamp", "$next", None
    ),
    "DescribeJobExecution on the device": lambda world: world.data_plane.describe_job_execution(
        "lamp", "job", None
    ),
    "UpdateJobExecution": lambda world: world.report("lamp", "IN_PROGRESS", "other"),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_operation_first_runs_the_timers_that_are_due(
    world: World, operation: Callable[[World], object]
) -> None:
    world.group("nobody")
    world.create("job", "lamp", "fan", timeout=20, retries={"TIMED_OUT": 1})
    world.create("other", "lamp")
    world.follow("following", "nobody")
    world.start("lamp")
    world.now += 30 * MINUTE
    operation(world)
    first, second = (world.store.jobs["job"].find("lamp", number) for number in (1, 2))
    assert first is not None
    assert second is not None
    assert (first.status, world.clock(first.last_updated_at), second.status) == (
        "TIMED_OUT",
        "12:20",
        "QUEUED",
    )
