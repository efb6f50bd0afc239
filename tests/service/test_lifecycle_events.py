"""Events of jobs and executions, in the sequences of AWS's events (guide,
events-jobs, and captured).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.events import (
    ExecutionDeleted,
    ExecutionQueued,
    JobChanged,
    StatusChanged,
)
from moto_iot_jobs.service.states import Act, ExecutionStatus

if TYPE_CHECKING:
    from tests.service.conftest import World


@pytest.fixture
def listening(world: World) -> World:
    """A job of a lamp and a fan, and somebody who listens from now on."""
    world.create("job", "lamp", "fan", timeout=20, description="a job")
    world.listen()
    return world


# Sequences


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_the_last_report_of_a_snapshot(listening: World, status: str) -> None:
    listening.report("fan", "SUCCEEDED")
    assert listening.events() == ["jobExecution/job/succeeded fan"]
    listening.report("lamp", status)
    assert listening.events() == [f"jobExecution/job/{status.lower()} lamp", "job/job/completed"]


def test_a_creation_a_start_and_progress_have_no_event(world: World) -> None:
    world.listen()
    world.create("job", "lamp")
    world.start("lamp")
    world.report("lamp", "IN_PROGRESS", status_details={"step": "1"})
    assert world.events() == []


@pytest.mark.parametrize("force", [False, True])
def test_cancel_job(listening: World, force: bool) -> None:
    listening.start("lamp")
    listening.control_plane.cancel_job("job", listening.now, force=force)
    assert listening.events() == [
        "job/job/cancellation_in_progress",
        "jobExecution/job/canceled fan",
        *(["jobExecution/job/canceled lamp"] if force else []),
        "job/job/canceled",
    ]


def test_a_report_into_a_canceled_job(listening: World) -> None:
    listening.start("lamp")
    listening.control_plane.cancel_job("job", listening.now)
    listening.events()
    listening.report("lamp", "SUCCEEDED")
    assert listening.events() == ["jobExecution/job/succeeded lamp"]


def test_cancel_job_execution_of_the_last_open_one(listening: World) -> None:
    listening.report("fan", "SUCCEEDED")
    listening.events()
    listening.control_plane.cancel_job_execution("lamp", "job", listening.now)
    assert listening.events() == ["jobExecution/job/canceled lamp", "job/job/completed"]


def test_an_abort(world: World) -> None:
    world.create("job", "a", "b", "c", "d", abort=[("FAILED", 50, 1)])
    world.report("b", "IN_PROGRESS")
    world.listen()
    world.report("a", "FAILED")
    assert world.events() == [
        "jobExecution/job/failed a",
        "job/job/cancellation_in_progress",
        "jobExecution/job/canceled c",
        "jobExecution/job/canceled d",
        "job/job/canceled",
    ]


def test_a_timeout_and_the_last_one(listening: World) -> None:
    listening.start("lamp")
    listening.advance(minutes=20)
    assert listening.events() == ["jobExecution/job/timed_out lamp"]
    listening.start("fan")
    listening.advance(minutes=20)
    assert listening.events() == ["jobExecution/job/timed_out fan", "job/job/completed"]


@pytest.mark.parametrize("minutes", [0, 30])
def test_delete_job(listening: World, minutes: int) -> None:
    if minutes:
        listening.pace = AfterTime(minutes * 60_000)
    listening.report("fan", "SUCCEEDED")
    listening.events()
    listening.control_plane.delete_job("job", listening.now, force=True)
    before = [] if minutes == 0 else listening.events()
    listening.advance(minutes=minutes)
    events = before + listening.events()
    assert events[0] == "job/job/deletion_in_progress"
    assert sorted(events[1:-1]) == ["jobExecution/job/deleted fan", "jobExecution/job/deleted lamp"]
    assert events[-1] == "job/job/deleted"
    assert before in ([], ["job/job/deletion_in_progress"])


def test_delete_job_execution(listening: World) -> None:
    listening.control_plane.delete_job_execution("lamp", "job", 1, listening.now)
    assert listening.events() == ["jobExecution/job/deleted lamp"]
    listening.control_plane.delete_job_execution("fan", "job", 1, listening.now)
    assert listening.events() == ["jobExecution/job/deleted fan", "job/job/completed"]


def test_leaving_a_continuous_group(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps")
    world.listen()
    world.leave("lamp", "lamps")
    assert world.events() == ["jobExecution/job/removed lamp"]


def test_a_failure_that_is_retried_has_an_event_like_any_other(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 1})
    world.listen()
    world.report("lamp", "FAILED")
    assert world.events() == ["jobExecution/job/failed lamp"]
    world.report("lamp", "SUCCEEDED")
    assert world.events() == ["jobExecution/job/succeeded lamp", "job/job/completed"]


def test_a_snapshot_of_an_empty_group(world: World) -> None:
    world.group("nobody")
    world.listen()
    world.create("job", "nobody")
    assert world.events() == ["job/job/completed"]


@pytest.mark.parametrize(
    "behavior, expected",
    [
        ("STOP_ROLLOUT", []),
        ("CANCEL", ["jobExecution/job/canceled fan"]),
        (
            "FORCE_CANCEL",
            [
                "jobExecution/job/canceled fan",
                "jobExecution/job/canceled lamp",
                "job/job/completed",
            ],
        ),
    ],
)
def test_the_end_of_a_job(world: World, behavior: str, expected: list[str]) -> None:
    world.create("job", "lamp", "fan", end="12:30", end_behavior=behavior)
    world.start("lamp")
    world.listen()
    world.move_to("12:30")
    assert world.events() == expected


def test_a_call_that_fails_has_no_event(listening: World) -> None:
    listening.start("lamp")
    listening.regional.take_events()
    for call in (
        lambda: listening.control_plane.delete_job("job", listening.now),
        lambda: listening.control_plane.cancel_job_execution("lamp", "job", listening.now),
        lambda: listening.report("lamp", "QUEUED"),
        lambda: listening.report("lamp", "FAILED", expected_version=9),
    ):
        with pytest.raises(Exception, match=r"."):
            call()
    assert listening.regional.take_events() == []


# Records


def test_the_event_of_a_change_of_status_has_the_new_one(listening: World) -> None:
    listening.advance(minutes=1)
    listening.report("lamp", "SUCCEEDED", status_details={"a": "b"})
    changed = next(
        event for event in listening.regional.take_events() if isinstance(event, StatusChanged)
    )
    assert changed == StatusChanged(
        at=listening.now,
        job_id="job",
        thing="lamp",
        execution_number=1,
        status=ExecutionStatus.SUCCEEDED,
        version=2,
        status_details={"a": "b"},
        force_canceled=False,
        act=Act.REPORT_SUCCEEDED,
    )


def test_an_event_says_who_caused_it(listening: World) -> None:
    listening.start("lamp")
    listening.report("lamp", "IN_PROGRESS")
    listening.advance(minutes=20)
    listening.control_plane.cancel_job("job", listening.now, force=True)
    changes = [
        event for event in listening.regional.take_events() if isinstance(event, StatusChanged)
    ]
    assert [(each.thing, each.act, each.version, each.force_canceled) for each in changes] == [
        ("lamp", Act.START_NEXT, 2, False),
        ("lamp", Act.REPORT_IN_PROGRESS, 3, False),
        ("lamp", Act.TIME_OUT, 4, False),
        ("fan", Act.CANCEL_JOB_FORCE, 2, True),
    ]


@pytest.mark.parametrize("force", [False, True])
def test_the_event_of_a_cancellation_says_whether_it_was_by_force(
    listening: World, force: bool
) -> None:
    listening.control_plane.cancel_job_execution("lamp", "job", listening.now, force=force)
    changed = next(
        event for event in listening.regional.take_events() if isinstance(event, StatusChanged)
    )
    act = Act.CANCEL_EXECUTION_FORCE if force else Act.CANCEL_EXECUTION
    assert (changed.act, changed.status, changed.force_canceled) == (act, "CANCELED", force)


def test_the_event_of_a_deletion_has_the_last_details(listening: World) -> None:
    listening.start("lamp", status_details={"step": "1"})
    listening.regional.take_events()
    listening.control_plane.delete_job_execution("lamp", "job", 1, listening.now, force=True)
    first = listening.regional.take_events()[0]
    assert first == ExecutionDeleted(listening.now, "job", "lamp", 1, {"step": "1"})


def test_every_new_execution_has_an_event(world: World) -> None:
    world.listen()
    world.create("job", "lamp", "fan", rollout=1, retries={"FAILED": 1})
    world.report("lamp", "FAILED")
    world.advance(minutes=1)
    queued = [event for event in world.regional.take_events() if isinstance(event, ExecutionQueued)]
    assert [
        (world.clock(each.at), each.job_id, each.thing, each.execution_number) for each in queued
    ] == [
        ("12:00", "job", "lamp", 1),
        ("12:00", "job", "lamp", 2),
        ("12:01", "job", "fan", 1),
    ]


def test_an_event_of_a_job_has_the_job_as_it_was_then(listening: World) -> None:
    listening.start("lamp")
    listening.control_plane.cancel_job("job", listening.now, comment="enough", reason_code="ENOUGH")
    first, last = (
        event for event in listening.regional.take_events() if isinstance(event, JobChanged)
    )
    assert (first.operation, last.operation) == ("cancellation_in_progress", "canceled")
    assert (last.comment, last.reason_code, last.force_canceled, last.description) == (
        "enough",
        "ENOUGH",
        False,
        "a job",
    )
    assert last.targets == tuple(target.arn for target in listening.job().targets)
    assert last.target_selection == "SNAPSHOT"
    # The execution that is still running is not among the canceled ones, and not yet canceled ones
    # were none either.
    assert {status.value: count for status, count in last.counts.items() if count} == {
        "IN_PROGRESS": 1,
        "CANCELED": 1,
    }
    assert first.counts[ExecutionStatus.CANCELED] == 0
    listening.report("lamp", "SUCCEEDED")
    assert last.counts[ExecutionStatus.SUCCEEDED] == 0


def test_the_event_of_a_completion_has_its_timestamps(listening: World) -> None:
    created = listening.now
    for thing in ("lamp", "fan"):
        listening.start(thing)
    listening.advance(hours=5)
    done = next(
        event for event in listening.regional.take_events() if isinstance(event, JobChanged)
    )
    assert (done.operation, done.created_at) == ("completed", created)
    assert [
        listening.clock(stamp) for stamp in (done.at, done.completed_at, done.last_updated_at)
    ] == ["12:20"] * 3
    assert done.counts[ExecutionStatus.TIMED_OUT] == 2


# The log itself


def test_nothing_is_kept_without_a_listener(world: World) -> None:
    world.create("job", "lamp")
    world.report("lamp", "SUCCEEDED")
    assert world.regional.take_events() == []


def test_events_are_taken_once(listening: World) -> None:
    listening.report("lamp", "SUCCEEDED")
    assert len(listening.regional.take_events()) == 2
    assert listening.regional.take_events() == []
