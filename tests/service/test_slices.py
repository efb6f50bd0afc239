"""Work that a server cuts into slices: bounded in each, right in between, and the same at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.backlog import AT_ONCE, SLICE
from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.errors import (
    JobExecutionNotFound,
    JobNotDeletable,
    JobNotFoundForThing,
    ServiceError,
    TooManyDeletions,
)
from moto_iot_jobs.service.events import Event, PendingChanged
from moto_iot_jobs.service.settings import ExecutionReport
from tests.service.state_dump import dump_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.service.conftest import World

THINGS = 3 * SLICE


def names(number: int = THINGS) -> list[str]:
    return [f"thing-{index:05}" for index in range(number)]


def at_a_server(world: World) -> World:
    """Have work left after each slice, as a server does."""
    world.store.backlog.slice = SLICE
    return world


def go_on(world: World) -> int:
    """Carry out one slice, and return how many executions were changed in it."""
    work = world.store.backlog.first()
    assert work is not None
    before = world.store.backlog.done
    world.store.backlog.go_on(work.job)
    return world.store.backlog.done - before


def finish(world: World) -> int:
    """Carry out all that is left, and return the number of slices."""
    slices = 0
    while world.store.backlog.first() is not None:
        assert go_on(world) <= SLICE
        slices += 1
    return slices


def rolled_out(world: World, **members: object) -> World:
    world.group("all", *names())
    world.create("job", "all", **members)  # type: ignore[arg-type]
    finish(world)
    return world


def working(world: World) -> World:
    """A job of which every third execution is in progress."""
    rolled_out(world, timeout=10)
    for thing in names()[::3]:
        world.start(thing)
    world.store.event_log.listening = True
    return world


def pending(world: World, thing: str) -> list[str]:
    in_progress, queued = world.data_plane.get_pending_job_executions(thing)
    return [execution.job_id for execution in (*in_progress, *queued)]


def by_thing(events: list[Event]) -> dict[str, list[Event]]:
    """Events in the order in which each thing, or the job, sees them."""
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(getattr(event, "thing", ""), []).append(event)
    return found


# Each slice is bounded, and in the end all is as if it had been done at once


def cancel_and_delete(world: World) -> None:
    world.control_plane.cancel_job("job", world.now)
    world.control_plane.delete_job("job", world.now)


OPERATIONS: dict[str, Callable[[World], object]] = {
    "CancelJob": lambda world: world.control_plane.cancel_job("job", world.now),
    "CancelJob by force": lambda world: world.control_plane.cancel_job(
        "job", world.now, force=True
    ),
    "DeleteJob": lambda world: world.control_plane.delete_job("job", world.now, force=True),
    "CreateJob": lambda world: world.create("second", "all"),
    "CancelJob and DeleteJob": cancel_and_delete,
    "AssociateTargetsWithJob": lambda world: (
        world.group("none"),
        world.follow("second", "none"),
        world.control_plane.associate_targets_with_job("second", (world.target("all"),), world.now),
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_slices_come_to_the_same_as_all_at_once(new_world: type[World], name: str) -> None:
    at_once, sliced = working(new_world()), working(new_world())
    at_a_server(sliced)
    before = sliced.store.backlog.done
    OPERATIONS[name](at_once)
    OPERATIONS[name](sliced)
    assert sliced.store.backlog.done - before <= 2 * SLICE
    assert finish(sliced) >= 2
    found, expected = (by_thing(world.store.event_log.take()) for world in (sliced, at_once))
    if name == "CancelJob and DeleteJob":
        # The deletion has begun before the cancellation is over.
        found[""] = expected[""] = []
    assert found == expected
    assert dump_state(sliced) == dump_state(at_once)


def test_a_small_job_has_no_work_left(world: World) -> None:
    at_a_server(world)
    world.group("few", *names(SLICE // 2))
    world.create("job", "few")
    world.control_plane.cancel_job("job", world.now)
    assert world.store.backlog.first() is None
    assert world.counts() == {"CANCELED": SLICE // 2}
    world.control_plane.delete_job("job", world.now)
    assert world.store.backlog.first() is None
    assert "job" not in world.store.jobs


def test_a_response_waits_for_all_but_the_largest(world: World) -> None:
    at_a_server(working(world))
    world.control_plane.cancel_job("job", world.now)
    work = world.store.backlog.first()
    assert work is not None
    assert not work.is_large
    assert THINGS < AT_ONCE


# In between


def test_devices_see_nothing_of_a_job_whose_deletion_has_begun(world: World) -> None:
    at_a_server(working(world))
    world.create("next", names()[-1])
    world.control_plane.delete_job("job", world.now, force=True)
    assert world.control_plane.describe_job("job", world.now).status == "DELETION_IN_PROGRESS"
    last = names()[-1]
    assert len(world.store.jobs["job"].executions) > SLICE
    assert pending(world, last) == ["next"]
    started = world.start(last)
    assert started is not None
    assert started.job_id == "next"
    with pytest.raises(JobNotFoundForThing):
        world.data_plane.update_job_execution(last, "job", ExecutionReport("SUCCEEDED"), world.now)
    with pytest.raises(JobExecutionNotFound):
        world.control_plane.describe_job_execution(last, "job", None)
    # Its list never showed what is deleted after something else had changed it.
    changes = [
        [execution.job_id for execution in event.pending]
        for event in world.store.event_log.take()
        if isinstance(event, PendingChanged) and event.thing == last
    ]
    finish(world)
    assert changes[-1] == ["next"]
    assert "job" not in world.store.jobs


def test_a_deletion_that_has_begun_takes_the_id_and_counts_until_its_last_slice(
    world: World,
) -> None:
    world.group("all", *names())
    for number in range(10):
        world.create(f"job-{number}", "all")
    world.create("one-more", "lamp")
    at_a_server(world)
    for number in range(10):
        world.control_plane.delete_job(f"job-{number}", world.now, force=True)
    with pytest.raises(TooManyDeletions):
        world.control_plane.delete_job("one-more", world.now, force=True)
    with pytest.raises(JobNotDeletable):
        world.control_plane.delete_job("job-0", world.now, force=True)
    with pytest.raises(ServiceError):
        world.create("job-0", "lamp")
    while "job-0" in world.store.jobs:
        go_on(world)
    world.control_plane.delete_job("one-more", world.now, force=True)
    assert world.create("job-0", "lamp").job_id == "job-0"
    assert pending(world, "lamp") == ["job-0"]


def test_a_device_cannot_start_what_was_canceled_before_its_request(world: World) -> None:
    at_a_server(working(world))
    job = world.control_plane.cancel_job("job", world.now)
    assert job.status == "CANCELED"
    assert job.is_concurrent
    queued = names()[-1]
    assert world.counts()["QUEUED"] == SLICE
    assert world.data_plane.start_next_pending_job_execution(queued, world.now) is None
    execution = world.control_plane.describe_job_execution(queued, "job", None)
    assert (execution.status, execution.version_number) == ("CANCELED", 2)
    finish(world)
    assert not world.control_plane.describe_job("job", world.now).is_concurrent
    assert execution.version_number == 2
    assert world.counts() == {"CANCELED": THINGS * 2 // 3, "IN_PROGRESS": THINGS // 3}


def test_a_timeout_comes_too_late_for_what_is_canceled_by_force_or_deleted(
    new_world: type[World],
) -> None:
    for operation in ("CancelJob by force", "DeleteJob"):
        world = at_a_server(working(new_world()))
        if operation == "DeleteJob":
            world.pace = AfterTime(3_600_000)
        OPERATIONS[operation](world)
        world.advance(minutes=30)
        assert "TIMED_OUT" not in world.counts()
        finish(world)
        assert "TIMED_OUT" not in world.counts()


def test_a_deletion_during_a_cancellation_comes_after_it(world: World) -> None:
    at_a_server(working(world))
    OPERATIONS["CancelJob and DeleteJob"](world)
    finish(world)
    operations = [
        event.operation
        for event in world.store.event_log.take()
        if not hasattr(event, "thing") and hasattr(event, "operation")
    ]
    assert operations == [
        "cancellation_in_progress",
        "deletion_in_progress",
        "canceled",
        "deleted",
    ]
    assert world.store.things == {}


def test_a_cancellation_ends_a_rollout_between_two_slices(world: World) -> None:
    at_a_server(world)
    world.group("all", *names(5_000))
    world.create("job", "all")
    go_on(world)
    world.control_plane.cancel_job("job", world.now)
    finish(world)
    assert set(world.counts()) <= {"CANCELED"}
    assert not world.store.jobs["job"].waiting
    world.control_plane.delete_job("job", world.now)
    finish(world)
    assert world.lifecycle.next_due() is None


def test_a_timer_of_a_job_waits_for_the_work_before_it(world: World) -> None:
    world.group("all", *names())
    world.follow("job", "all", start="13:00", windows=[("cron(0 14 * * ? *)", 60)])
    at_a_server(world)
    world.move_to("14:00")
    world.move_to("15:00")
    finish(world)
    assert world.store.jobs["job"].status == "SCHEDULED"
    assert pending(world, names()[-1]) == []
    assert world.counts() == {"QUEUED": THINGS}


def test_timers_stop_at_a_bound_and_say_how_far_they_came(world: World) -> None:
    rolled_out(world, timeout=10)
    for thing in names():
        world.now += 1_000
        world.start(thing)
    at_a_server(world)
    first = world.lifecycle.next_due()
    assert first is not None
    later = world.now + 3_600_000
    assert world.lifecycle.run_due_timers(later, most=SLICE) == first + (SLICE - 1) * 1_000
    assert world.counts() == {"TIMED_OUT": SLICE, "IN_PROGRESS": THINGS - SLICE}
    while world.lifecycle.run_due_timers(later, most=SLICE) < later:
        pass
    assert world.counts() == {"TIMED_OUT": THINGS}


# By search

FEW = [f"lamp-{number}" for number in range(9)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sampled_from(FEW)),
        st.tuples(st.just("report"), st.sampled_from(FEW)),
        st.tuples(st.sampled_from(["cancel", "force", "delete"]), st.sampled_from(["job", "b"])),
        st.tuples(st.just("go on"), st.integers(1, 3)),
    ),
    max_size=14,
)


def carry_out(world: World, kind: str, subject: str) -> object:
    """Carry a step out, and return what its caller sees."""
    try:
        if kind == "start":
            started = world.start(subject)
            return started and (started.job_id, started.execution_number, started.version_number)
        if kind == "report":
            return world.report(subject, "SUCCEEDED").version_number
        if kind == "delete":
            world.control_plane.delete_job(subject, world.now, force=True)
            return None
        return world.control_plane.cancel_job(subject, world.now, force=kind == "force").status
    except ServiceError as error:
        return type(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(steps=STEPS)
def test_devices_see_no_difference_between_slices_and_all_at_once(
    new_world: type[World], steps: list[tuple[str, Any]]
) -> None:
    at_once, sliced = new_world(), new_world()
    for world in (at_once, sliced):
        world.group("all", *FEW)
        world.create("job", "all")
        world.create("b", "all")
    sliced.store.backlog.slice = 2
    for kind, subject in steps:
        if kind == "go on":
            work = sliced.store.backlog.first()
            if work is not None:
                sliced.store.backlog.go_on(work.job, subject)
        elif kind in ("start", "report") or sliced.store.backlog.first() is None:
            assert carry_out(sliced, kind, subject) == carry_out(at_once, kind, subject)
    sliced.store.backlog.finish()
    for thing in FEW:
        assert sliced.pending(thing) == at_once.pending(thing)
    found = [world.store.jobs for world in (sliced, at_once)]
    assert [*found[0]] == [*found[1]]
    assert [job.counts() for job in found[0].values()] == [
        job.counts() for job in found[1].values()
    ]
