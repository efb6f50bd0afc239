"""DeleteJob: by which pace a job goes, what shows of it meanwhile, and the limit of ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.deletion import AfterDescriptions, AfterTime, DeletionPace, Immediate
from moto_iot_jobs.service.errors import (
    JobAlreadyExists,
    JobNotAssociable,
    JobNotCancelable,
    JobNotDeletable,
    JobNotFound,
    JobNotFoundForThing,
    JobNotUpdatable,
    TooManyDeletions,
)
from moto_iot_jobs.service.settings import JobUpdate
from moto_iot_jobs.service.states import ExecutionStatus, JobStatus

if TYPE_CHECKING:
    from tests.service.conftest import World

MINUTE = 60_000


def delete(world: World, job_id: str = "job", *, force: bool = True) -> None:
    world.control_plane.delete_job(job_id, world.now, force=force)


def is_gone(world: World, job_id: str = "job") -> bool:
    return all(job.job_id != job_id for job in world.control_plane.list_jobs()[0])


# Who may be deleted


@pytest.mark.parametrize("status", ["SCHEDULED", "IN_PROGRESS"])
def test_a_live_job_is_deleted_by_force_only(world: World, status: str) -> None:
    world.create("job", "lamp", start="13:00" if status == "SCHEDULED" else None)
    with world.raises(
        JobNotDeletable, f"Job job in status {status} cannot be deleted without force flag."
    ):
        delete(world, force=False)
    delete(world)
    assert is_gone(world)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("status", ["COMPLETED", "CANCELED"])
def test_a_finished_job_is_deleted_with_or_without_force(
    world: World, status: str, force: bool
) -> None:
    world.create("job", "lamp")
    if status == "COMPLETED":
        world.report("lamp", "SUCCEEDED")
    else:
        world.control_plane.cancel_job("job", world.now)
    delete(world, force=force)
    assert is_gone(world)


def test_a_canceled_job_goes_with_what_was_still_in_progress(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp")
    world.control_plane.cancel_job("job", world.now)
    delete(world, force=False)
    assert is_gone(world)
    assert world.pending("lamp") == []


# What goes with it


def test_nothing_of_a_deleted_job_is_left(world: World) -> None:
    world.group("lamps", "lamp", "spare")
    pristine = world.dump_state()
    world.follow("job", "lamps", timeout=5, rollout=1, end="2026-11-22 12:00", namespace_id="east")
    world.start("lamp")
    delete(world)
    after = world.dump_state()
    changed = [line for line, before in zip(after, pristine, strict=True) if line != before]
    # only how many things were ever created, and how many changes there were
    assert len(changed) == 1
    assert "jobs={}, things={}, templates={}, deletions={}" in changed[0]
    assert "followers={}" in changed[0]
    world.listen()
    world.advance(days=400)
    world.join("late", "lamps")
    assert world.events() == []


def test_other_jobs_of_the_same_things_are_left_alone(world: World) -> None:
    world.create("job", "lamp")
    world.create("other", "lamp")
    world.start("lamp")
    delete(world)
    assert world.pending("lamp") == ["other"]
    assert world.counts("other") == {"QUEUED": 1}


def test_an_id_can_be_used_again_and_nothing_of_the_old_job_returns(world: World) -> None:
    world.create("job", "lamp", timeout=5, tags=({"Key": "a", "Value": "1"},))
    world.start("lamp")
    delete(world)
    job = world.create("job", "lamp")
    assert (job.tags, world.counts()) == ({}, {"QUEUED": 1})
    world.start("lamp")
    world.advance(minutes=6)
    assert world.status("lamp") == "IN_PROGRESS"


# Meanwhile


@pytest.fixture
def deleting(world: World) -> World:
    """A job of a lamp, in progress, a fan, queued, and a door, done, that takes an hour to delete."""
    world.pace = AfterTime(60 * MINUTE)
    world.group("lamps")
    world.create("job", "lamp", "fan", "door", timeout=5)
    world.report("door", "SUCCEEDED")
    world.start("lamp")
    delete(world)
    return world


def test_the_control_plane_still_has_it_in_every_description_and_list(deleting: World) -> None:
    assert deleting.control_plane.describe_job("job", deleting.now).status == "DELETION_IN_PROGRESS"
    listed, _ = deleting.control_plane.list_jobs(status=JobStatus.DELETION_IN_PROGRESS)
    assert [job.job_id for job in listed] == ["job"]
    assert deleting.control_plane.list_jobs(status=JobStatus.IN_PROGRESS) == (
        [],
        None,
    )
    executions, _ = deleting.control_plane.list_job_executions_for_job("job")
    assert len(executions) == 3
    queued, _ = deleting.control_plane.list_job_executions_for_thing(
        "fan", status=ExecutionStatus.QUEUED
    )
    assert len(queued) == 1
    assert deleting.counts() == {"IN_PROGRESS": 1, "QUEUED": 1, "SUCCEEDED": 1}


def test_devices_see_nothing_of_it(deleting: World) -> None:
    assert deleting.pending("lamp") == deleting.pending("fan") == []
    assert deleting.start("fan") is None
    assert deleting.data_plane.describe_job_execution("fan", "$next", None) is None
    for thing in ("lamp", "fan", "door"):
        with deleting.raises(JobNotFoundForThing, f"Job job not found for {thing}"):
            deleting.report(thing, "SUCCEEDED")
        with deleting.raises(JobNotFoundForThing, f"Job job not found for {thing}"):
            deleting.data_plane.describe_job_execution(thing, "job", None)


def test_its_timers_have_stopped(deleting: World) -> None:
    deleting.advance(minutes=30)
    assert deleting.status("lamp") == "IN_PROGRESS"
    assert deleting.execution("lamp").seconds_left(deleting.now) is None


def test_it_can_neither_be_changed_nor_deleted_nor_created_again(deleting: World) -> None:
    for force in (False, True):
        with deleting.raises(
            JobNotDeletable, "Job job in status DELETION_IN_PROGRESS cannot be deleted."
        ):
            delete(deleting, force=force)
        with deleting.raises(
            JobNotCancelable, "Job job in status DELETION_IN_PROGRESS cannot be canceled."
        ):
            deleting.control_plane.cancel_job("job", deleting.now, force=force)
    with deleting.raises(
        JobNotUpdatable, "Job job in status DELETION_IN_PROGRESS cannot be updated."
    ):
        deleting.control_plane.update_job(JobUpdate(job_id="job", description="x"), deleting.now)
    with deleting.raises(JobNotAssociable):
        deleting.control_plane.associate_targets_with_job(
            "job", (deleting.target("lamps"),), deleting.now
        )
    with deleting.raises(JobAlreadyExists):
        deleting.create("job", "lamp")


def test_an_execution_may_be_deleted_meanwhile(deleting: World) -> None:
    deleting.control_plane.delete_job_execution("lamp", "job", 1, deleting.now, force=True)
    assert deleting.counts() == {"QUEUED": 1, "SUCCEEDED": 1}
    assert deleting.job().status == "DELETION_IN_PROGRESS"
    deleting.advance(hours=1)
    assert is_gone(deleting)


# Paces


def test_an_immediate_deletion_ends_in_the_call(world: World) -> None:
    world.create("job", "lamp")
    delete(world)
    with world.raises(JobNotFound):
        world.job()


def test_a_deletion_ends_exactly_when_it_is_due(world: World) -> None:
    world.pace = AfterTime(90 * MINUTE)
    world.create("job", "lamp")
    delete(world)
    world.move_to("13:29:59")
    assert not is_gone(world)
    world.listen()
    world.now = world.time_of("18:00")
    assert is_gone(world)
    assert [world.clock(event.at) for event in world.regional.take_events()] == ["13:30", "13:30"]


def test_a_deletion_ends_when_it_was_described_often_enough(world: World) -> None:
    world.pace = AfterDescriptions(3)
    world.create("job", "lamp")
    delete(world)
    world.advance(days=1)
    for _ in range(3):
        assert world.control_plane.describe_job("job", world.now).status == "DELETION_IN_PROGRESS"
    with pytest.raises(JobNotFound):
        world.control_plane.describe_job("job", world.now)


def test_a_deletion_that_need_not_be_described_ends_in_the_call(world: World) -> None:
    world.pace = AfterDescriptions(0)
    world.create("job", "lamp")
    delete(world)
    assert is_gone(world)


def test_a_deletion_that_was_described_often_enough_has_its_event_before_later_ones(
    world: World,
) -> None:
    world.pace = AfterDescriptions(1)
    world.create("job", "lamp")
    world.create("other", "fan", timeout=20)
    world.start("fan")
    delete(world)
    world.control_plane.describe_job("job", world.now)
    world.listen()
    world.advance(hours=6)
    stamps = [event.at for event in world.regional.take_events()]
    assert stamps == sorted(stamps)
    assert world.clock(stamps[0]) == "12:00"


def test_only_describe_job_of_that_job_counts_as_a_description(world: World) -> None:
    world.pace = AfterDescriptions(1)
    for job_id in ("job", "other"):
        world.create(job_id, "lamp")
        delete(world, job_id)
    world.control_plane.describe_job("other", world.now)
    world.job()
    world.control_plane.list_job_executions_for_job("job")
    world.execution("lamp")
    assert not is_gone(world)
    assert is_gone(world, "other")


@pytest.mark.parametrize("first", [AfterDescriptions(1), AfterTime(60 * MINUTE)])
def test_a_pace_may_be_changed_meanwhile(world: World, first: DeletionPace) -> None:
    world.pace = first
    world.create("job", "lamp")
    delete(world)
    assert not is_gone(world)
    world.pace = Immediate()
    assert is_gone(world)
    assert world.lifecycle.next_due() is None


def test_a_time_may_be_shortened_and_lengthened_meanwhile(world: World) -> None:
    world.create("job", "lamp")
    world.pace = AfterTime(60 * MINUTE)
    delete(world)
    world.pace = AfterTime(10 * MINUTE)
    world.advance(minutes=9)
    world.pace = AfterTime(30 * MINUTE)
    world.advance(minutes=20)
    assert not is_gone(world)
    world.advance(minutes=1)
    assert is_gone(world)
    assert world.lifecycle.next_due() is None


def test_a_pace_counts_from_the_call_even_if_it_is_set_later(world: World) -> None:
    world.pace = AfterDescriptions(1)
    world.create("job", "lamp")
    delete(world)
    world.advance(minutes=20)
    world.pace = AfterTime(30 * MINUTE)
    world.advance(minutes=9)
    assert not is_gone(world)
    world.advance(minutes=1)
    assert is_gone(world)


# Ten at once


def test_the_eleventh_deletion_is_an_error_until_one_ends(world: World) -> None:
    # API reference, DeleteJob: only 10 jobs may have status DELETION_IN_PROGRESS at the same time.
    world.pace = AfterTime(60 * MINUTE)
    for number in range(12):
        world.create(f"job-{number}", "lamp")
    for number in range(10):
        delete(world, f"job-{number}")
        world.advance(minutes=1)
    text = "Job job-10 cannot be deleted: 10 jobs are already in status DELETION_IN_PROGRESS."
    with world.raises(TooManyDeletions, text):
        delete(world, "job-10")
    with world.raises(JobNotDeletable):
        delete(world, "job-10", force=False)
    with world.raises(JobNotDeletable):
        delete(world, "job-0")
    world.move_to("13:00")
    delete(world, "job-10")
    assert world.job("job-10").status == "DELETION_IN_PROGRESS"
    with world.raises(TooManyDeletions):
        delete(world, "job-11")


def test_immediate_deletions_never_reach_the_limit(world: World) -> None:
    for number in range(30):
        world.create(f"job-{number}", "lamp")
        delete(world, f"job-{number}")
    assert world.control_plane.list_jobs() == ([], None)
