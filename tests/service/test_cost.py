"""What operations cost: as many steps with much in the store as with little, and a step for each happening, not each minute.

Steps are lines of the core carried out, counted by a trace function, so that the numbers are the same on every machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service import store
from moto_iot_jobs.service.course import AfterTime
from moto_iot_jobs.service.settings import JobUpdate, TargetSelection
from moto_iot_jobs.service.states import ExecutionStatus, JobStatus

if TYPE_CHECKING:
    from tests.service.conftest import World

CORE = str(Path(store.__file__).parent)
FEW, MANY = 100, 20_000


def steps(call: Callable[[], object]) -> int:
    """Count the lines of the core that a call carries out."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace if frame.f_code.co_filename.startswith(CORE) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def names(number: int) -> list[str]:
    return [f"thing-{each:05}" for each in range(number)]


# Operations, in a store where one job has many executions and one thing has many jobs


def filled(world: World, things: int, jobs: int) -> World:
    """One CONTINUOUS job for so many things, half of them at work; and one thing with so many jobs of its own."""
    world.group("all", *names(things))
    world.group("none")
    world.follow("job", "all", timeout=600, retries={"ALL": 1}, abort=[("FAILED", 100, things + 9)], rollout=1000)
    world.advance(minutes=30)
    for thing in names(things)[::2]:
        world.start(thing)
    for number in range(jobs):
        world.create(f"job-{number:05}", "busy", timeout=600)
    world.create("waiting", "idle", start="2026-12-24 10:00")
    world.create("last", "alone", timeout=900)
    world.start("alone")
    return world


@pytest.fixture(scope="module")
def small(new_world: type[World]) -> World:
    return filled(new_world(), FEW, 20)


@pytest.fixture(scope="module")
def large(new_world: type[World]) -> World:
    return filled(new_world(), MANY, 4_000)


# In this order, on both stores: each is done once to each, and leaves them alike but for their sizes.
OPERATIONS: dict[str, Callable[[World], object]] = {
    "DescribeJob": lambda world: world.jobs.describe_job("job", world.now),
    "counters": lambda world: world.job().counts(),
    "ListJobs": lambda world: world.jobs.list_jobs(world.now, max_results=10),
    "ListJobs, the rarest status": lambda world: world.jobs.list_jobs(world.now, status=JobStatus.SCHEDULED),
    "ListJobs, no match": lambda world: world.jobs.list_jobs(world.now, status=JobStatus.CANCELED),
    "ListJobs by selection": lambda world: world.jobs.list_jobs(world.now, target_selection=TargetSelection.CONTINUOUS),
    "ListJobs by group": lambda world: world.jobs.list_jobs(world.now, thing_group_name="all"),
    "ListJobExecutionsForJob": lambda world: world.jobs.list_job_executions_for_job("job", world.now, max_results=10),
    "ListJobExecutionsForJob, no match": lambda world: world.jobs.list_job_executions_for_job(
        "job", world.now, status=ExecutionStatus.REMOVED
    ),
    "ListJobExecutionsForThing": lambda world: world.jobs.list_job_executions_for_thing("busy", world.now, max_results=10),
    "ListJobExecutionsForThing of one job": lambda world: world.jobs.list_job_executions_for_thing(
        "busy", world.now, job_id="job-00003"
    ),
    "DescribeJobExecution": lambda world: world.jobs.describe_job_execution("thing-00001", "job", 1, world.now),
    "GetPendingJobExecutions": lambda world: world.reports.get_pending_job_executions("busy", world.now),
    "DescribeJobExecution $next": lambda world: world.reports.describe_job_execution("busy", "$next", None, world.now),
    "StartNextPendingJobExecution": lambda world: world.start("busy"),
    "start of one among many": lambda world: world.start("thing-00001"),
    "progress": lambda world: world.report("thing-00001", "IN_PROGRESS", step_timeout_in_minutes=5),
    "success": lambda world: world.report("thing-00001", "SUCCEEDED"),
    "failure with a retry": lambda world: world.report("thing-00003", "FAILED"),
    "success of the busy thing": lambda world: world.report("busy", "SUCCEEDED", "job-00010"),
    "CancelJobExecution": lambda world: world.jobs.cancel_job_execution("thing-00005", "job", world.now),
    "DeleteJobExecution": lambda world: world.jobs.delete_job_execution("thing-00007", "job", 1, world.now),
    "DeleteJobExecution of the busy thing": lambda world: world.jobs.delete_job_execution("busy", "job-00011", 1, world.now),
    "UpdateJob": lambda world: world.jobs.update_job(JobUpdate(job_id="job", description="x"), world.now),
    "a thing joins": lambda world: world.course.joined("late", {"all"}, world.now),
    "a thing leaves": lambda world: world.course.left("thing-00009", {"none"}, world.now),
    "CreateJob": lambda world: world.create("new", "busy"),
    "CancelJob": lambda world: world.jobs.cancel_job("job-00012", world.now),
    "DeleteJob": lambda world: world.jobs.delete_job("job-00013", world.now, force=True),
    "settling nothing": lambda world: world.regional.settle(world.now),
}


def test_no_operation_looks_at_more_because_there_is_more(small: World, large: World) -> None:
    small.thing("late")
    large.thing("late")
    costs = {}
    for name, operation in OPERATIONS.items():
        costs[name] = (steps(partial(operation, small)), steps(partial(operation, large)))
    assert {name: cost for name, cost in costs.items() if cost[1] > 1.5 * cost[0] + 60} == {}
    # The counting works: every operation takes some steps, and none as many as there are executions.
    assert min(min(cost) for cost in costs.values()) > 0
    assert max(max(cost) for cost in costs.values()) < 2_000


# What has to be proportional


@pytest.mark.parametrize("work", ["create", "cancel", "delete", "delete slowly"])
def test_what_concerns_every_execution_costs_the_same_for_each(new_world: type[World], work: str) -> None:
    def cost(number: int) -> int:
        world = new_world()
        if work == "delete slowly":
            world.pace = AfterTime(60_000)
        world.group("all", *names(number))

        def create() -> None:
            world.create("job", "all", timeout=10)
            world.advance(minutes=5)

        if work == "create":
            return steps(create)
        create()
        if work == "cancel":
            return steps(lambda: world.jobs.cancel_job("job", world.now, force=True))

        def delete() -> None:
            world.jobs.delete_job("job", world.now, force=True)
            world.advance(hours=1)

        return steps(delete)

    small, large = cost(500), cost(3_000)
    assert large < 6.6 * small
    assert large < 200 * 3_000


# Time


def working(world: World, things: int) -> World:
    """A job whose things are all at work, each since another second, with timeouts and retries."""
    world.group("all", *names(things))
    world.create("job", "all", timeout=600, retries={"TIMED_OUT": 1})
    world.advance(minutes=things / 1000 + 1)
    for thing in names(things):
        world.now += 1_000
        world.start(thing)
    return world


def test_a_year_over_ten_thousand_executions_costs_by_happening_and_not_by_minute(new_world: type[World]) -> None:
    few, many = working(new_world(), 1_000), working(new_world(), 10_000)
    for_few, for_many = steps(lambda: few.advance(days=365)), steps(lambda: many.advance(days=365))
    assert many.counts() == {"TIMED_OUT": 10_000, "QUEUED": 10_000}
    assert for_many < 11 * for_few
    assert for_many < 250 * 10_000
    day = working(new_world(), 1_000)
    assert steps(lambda: day.advance(days=1)) == for_few
    assert steps(lambda: many.advance(days=365)) < 50


def test_a_window_costs_by_its_openings(new_world: type[World]) -> None:
    def cost(days: int) -> int:
        world = new_world()
        world.group("all", "lamp")
        world.follow("job", "all", start="13:00", windows=[("cron(0 14 * * ? *)", 60)])
        world.advance(days=1)
        return steps(lambda: world.advance(days=days))

    month, year = cost(30), cost(360)
    assert year < 14 * month


def test_moving_the_clock_in_small_steps_costs_little_more(new_world: type[World]) -> None:
    def glide(world: World) -> None:
        for _ in range(1_000):
            world.advance(minutes=1)

    at_once, gliding = working(new_world(), 1_000), working(new_world(), 1_000)
    jump = steps(lambda: at_once.advance(minutes=1_000))
    assert steps(lambda: glide(gliding)) < jump + 1_000 * 50


def test_a_timer_set_again_and_again_leaves_nothing_behind(world: World) -> None:
    world.create("job", "lamp", timeout=600)
    for _ in range(5_000):
        world.report("lamp", "IN_PROGRESS", step_timeout_in_minutes=500)
    assert len(world.store.agenda) == 1
    assert steps(lambda: world.advance(minutes=501)) < 1_000
    assert world.status("lamp") == "TIMED_OUT"
