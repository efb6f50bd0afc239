"""Every change carries the time at which it happened, however late time is settled: stamps,
events and notifications alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.events import (
    Event,
    ExecutionDeleted,
    ExecutionQueued,
    JobChanged,
    PendingChanged,
    StatusChanged,
)
from moto_iot_jobs.service.states import Act

if TYPE_CHECKING:
    from tests.service.conftest import World


def events(world: World) -> list[str]:
    """Return what was told since the last call, each with its time."""
    return [f"{world.clock(event.at)} {_words(event)}" for event in world.regional.take_events()]


def _words(event: Event) -> str:
    match event:
        case JobChanged():
            return f"{event.job_id} {event.operation}"
        case StatusChanged():
            return f"{event.thing} {event.status}"
        case ExecutionQueued():
            return f"{event.thing} queued"
        case ExecutionDeleted():
            return f"{event.thing} deleted"
        case PendingChanged():
            return (
                f"{event.thing} has"
                f" {' and '.join(each.job_id for each in event.pending) or 'nothing'}"
            )
    raise AssertionError(event)


# Settling late


def test_windows_hide_and_show_at_their_own_times(world: World) -> None:
    world.group("lamps", "lamp")
    world.listen()
    world.follow("job", "lamps", start="12:30", windows=[("cron(0 14 * * ? *)", 60)])
    world.move_to("2026-11-22 14:30")
    assert events(world) == [
        "14:00 lamp queued",
        "14:00 lamp has job",
        "15:00 lamp has nothing",
        "11-22 14:00 lamp has job",
    ]


@pytest.mark.parametrize(
    "looks", [["18:00"], ["12:29", "12:31", "14:30", "15:30", "16:01", "18:00"]]
)
def test_a_job_was_last_updated_when_its_status_last_changed(
    world: World, looks: list[str]
) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", start="12:30", end="16:00", windows=[("cron(0 14 * * ? *)", 60)])
    stamps = [world.clock(world.job().last_updated_at)]
    for at in looks:
        world.move_to(at)
        stamps.append(world.clock(world.job().last_updated_at))
    # Created, opened, closed, and shown again by endTime.
    assert stamps in (
        ["12:00", "16:00"],
        ["12:00", "12:00", "12:00", "14:00", "15:00", "16:00", "16:00"],
    )
    assert world.job().status == "IN_PROGRESS"


def test_the_start_is_when_a_scheduled_job_was_last_updated_though_it_has_no_targets(
    world: World,
) -> None:
    world.group("nobody")
    world.follow("job", "nobody", start="13:00")
    world.move_to("18:00")
    assert (world.job().status, world.clock(world.job().last_updated_at)) == (
        "IN_PROGRESS",
        "13:00",
    )


def test_what_was_hidden_is_shown_at_the_end_of_the_job(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", start="12:30", end="17:00", windows=[("cron(0 14 * * ? *)", 60)])
    world.move_to("16:00")
    world.listen()
    world.move_to("18:00")
    assert events(world) == ["17:00 lamp has job"]


def test_a_cancellation_at_the_end_happens_at_the_end(world: World) -> None:
    world.create("job", "lamp", "fan", end="12:30", end_behavior="FORCE_CANCEL")
    world.listen()
    world.move_to("18:00")
    assert events(world) == [
        "12:30 lamp CANCELED",
        "12:30 lamp has nothing",
        "12:30 fan CANCELED",
        "12:30 fan has nothing",
        "12:30 job completed",
    ]


def test_the_event_of_an_abort_by_a_timeout_has_the_time_of_the_timeout(world: World) -> None:
    world.create("job", "lamp", "fan", timeout=20, abort=[("TIMED_OUT", 50, 1)])
    world.start("lamp")
    world.listen()
    world.move_to("18:00")
    assert events(world) == [
        "12:20 lamp TIMED_OUT",
        "12:20 lamp has nothing",
        "12:20 job cancellation_in_progress",
        "12:20 fan CANCELED",
        "12:20 fan has nothing",
        "12:20 job canceled",
    ]


def test_a_deletion_has_an_event_when_it_begins_and_when_it_ends(world: World) -> None:
    world.create("job", "lamp")
    world.pace = AfterTime(90_000)
    world.listen()
    world.control_plane.delete_job("job", world.now, force=True)
    assert world.job().last_updated_at == world.now
    world.move_to("18:00")
    assert events(world) == [
        "12:00 job deletion_in_progress",
        "12:00 lamp has nothing",
        "12:01:30 lamp deleted",
        "12:01:30 job deleted",
    ]


def test_the_event_of_a_deleted_execution_has_the_time_of_its_deletion(world: World) -> None:
    world.create("job", "lamp", "fan")
    world.advance(minutes=5)
    world.listen()
    world.control_plane.delete_job_execution("lamp", "job", 1, world.now)
    assert events(world) == ["12:05 lamp deleted", "12:05 lamp has nothing"]


def test_a_job_that_waits_for_its_next_window_has_nothing_else_to_wait_for(world: World) -> None:
    world.group("lamps", "lamp", "fan", "oven")
    world.follow("job", "lamps", start="12:30", rollout=1, windows=[("cron(0 14 * * ? *)", 1)])
    world.move_to("14:01")
    assert world.counts() == {"QUEUED": 1}
    assert world.clock(world.lifecycle.next_due()) == "11-22 14:00"


# Things that leave


def test_the_event_of_a_thing_that_leaves_says_so(world: World) -> None:
    world.group("lamps", "lamp", "fan")
    world.follow("job", "lamps")
    world.listen()
    world.advance(minutes=5)
    world.leave("lamp", "lamps")
    changed = [event for event in world.regional.take_events() if isinstance(event, StatusChanged)]
    assert [(each.act, each.status, world.clock(each.at)) for each in changed] == [
        (Act.LEAVE_TARGET, "REMOVED", "12:05")
    ]


def test_a_removal_without_an_event_has_its_time_too(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps")
    world.control_plane.delete_job_execution("lamp", "job", 1, world.now)
    world.advance(minutes=5)
    world.leave("lamp", "lamps")
    removed = world.execution("lamp")
    assert (
        removed.status,
        world.clock(removed.queued_at),
        world.clock(removed.last_updated_at),
    ) == (
        "REMOVED",
        "12:05",
        "12:05",
    )


def test_a_removal_that_meets_an_abort_criterion_cancels_the_job_then(world: World) -> None:
    world.group("lamps", "lamp", "fan", "oven")
    world.follow("job", "lamps", abort=[("FAILED", 50, 2)])
    world.report("lamp", "FAILED")
    world.advance(minutes=5)
    world.leave("fan", "lamps")
    job = world.job()
    assert (job.status, world.clock(job.last_updated_at)) == ("CANCELED", "12:05")
    assert world.counts() == {"FAILED": 1, "REMOVED": 1, "CANCELED": 1}


def test_leaving_is_judged_job_by_job(world: World) -> None:
    world.group("lamps", "lamp")
    world.group("kitchen", "lamp")
    world.follow("keeps", "lamps", "kitchen")
    world.follow("loses", "lamps")
    world.leave("lamp", "lamps")
    assert (world.status("lamp", "keeps"), world.status("lamp", "loses")) == ("QUEUED", "REMOVED")


def test_a_thing_among_the_targets_keeps_no_other_thing(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", "fan")
    world.leave("lamp", "lamps")
    assert (world.status("lamp"), world.status("fan")) == ("REMOVED", "QUEUED")


def test_a_group_of_the_same_name_is_another_target_than_a_thing(world: World) -> None:
    world.group("lamp", "lamp", "fan")
    world.follow("job", "lamp")
    world.leave("lamp", "lamp")
    assert (world.status("lamp"), world.status("fan")) == ("REMOVED", "QUEUED")
