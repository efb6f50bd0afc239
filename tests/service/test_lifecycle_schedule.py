"""startTime, endTime and the three end behaviors (AWS IoT developer guide,
jobs-configurations-details).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service.errors import InvalidRequest, JobNotAssociable
from moto_iot_jobs.service.scheduling.schedule import to_milliseconds, to_text
from moto_iot_jobs.service.settings import EndBehavior, JobUpdate, SchedulingConfig, TimeoutConfig

if TYPE_CHECKING:
    from tests.service.conftest import World

NOON_IN_A_YEAR = "2027-11-21 12:00"
NOON_IN_TWO_YEARS = "2028-11-20 12:00"  # 730 days: 2028 has a leap day


# What is accepted


@pytest.mark.parametrize(
    "schedule",
    [
        {"start": "12:30"},
        {"start": NOON_IN_A_YEAR},
        {"end": "12:30"},
        {"end": NOON_IN_TWO_YEARS},
        {"start": "12:30", "end": "13:00"},
        {"start": NOON_IN_A_YEAR, "end": NOON_IN_TWO_YEARS, "end_behavior": "CANCEL"},
        {"end_behavior": "CANCEL"},
    ],
)
def test_a_schedule_within_its_limits_is_accepted(world: World, schedule: dict[str, str]) -> None:
    job = world.create("job", "lamp", **schedule)  # type: ignore[arg-type]
    assert job.status == ("SCHEDULED" if "start" in schedule else "IN_PROGRESS")


BAD_START = (
    "StartTime {} is invalid. It must be between 30 minutes and 1 year from the current time."
)
BAD_END = "EndTime {} is invalid. It must be between 30 minutes and 2 years from the current time."
TOO_SHORT = "EndTime {} is invalid. It must be at least 30 minutes after StartTime."


@pytest.mark.parametrize(
    "schedule, sentence, written",
    [
        ({"start": "12:29"}, BAD_START, "2026-11-21T12:29"),
        ({"start": "11:00"}, BAD_START, "2026-11-21T11:00"),
        ({"start": "2027-11-21 12:01"}, BAD_START, "2027-11-21T12:01"),
        ({"end": "12:29"}, BAD_END, "2026-11-21T12:29"),
        ({"end": "11:00"}, BAD_END, "2026-11-21T11:00"),
        ({"end": "2028-11-20 12:01"}, BAD_END, "2028-11-20T12:01"),
        ({"start": "12:30", "end": "12:59"}, TOO_SHORT, "2026-11-21T12:59"),
        ({"start": "14:00", "end": "13:00"}, TOO_SHORT, "2026-11-21T13:00"),
    ],
)
def test_a_schedule_beyond_its_limits_is_an_error(
    world: World, schedule: dict[str, str], sentence: str, written: str
) -> None:
    # The ranges are documented, the sentences are ours.
    world.thing("lamp")
    with world.raises(InvalidRequest, sentence.format(written)):
        world.create("job", "lamp", **schedule)  # type: ignore[arg-type]


def test_a_lead_of_thirty_minutes_is_counted_to_the_millisecond(world: World) -> None:
    world.now += 1
    with world.raises(InvalidRequest):
        world.create("job", "lamp", start="12:30")
    world.create("job", "lamp", start="12:31")


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22T10:00Z", "2026-11-22 10:00", "2026-13-01T10:00",
     "2026-02-30T10:00", "2026-11-22T24:00", "2026-11-22T1:00", "\u0662\u0660\u0662\u0666-11-22T10:00", "2026-11-22T10:00\n"],
)  # fmt: skip
@pytest.mark.parametrize(
    "config",
    [lambda text: SchedulingConfig(start_time=text), lambda text: SchedulingConfig(end_time=text)],
)
def test_a_time_is_written_in_one_way_only(
    world: World, text: str, config: Callable[[str], SchedulingConfig]
) -> None:
    world.thing("lamp")
    message = (
        f"1 validation error detected: Provided time {text} UTC must follow the format"
        " YYYY-MM-DDThh:mm."
    )
    with world.raises(InvalidRequest, message):
        world.create("job", "lamp", scheduling_config=config(text))


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00", "2026-11-21T12:00", "2028-02-29T23:59", "2199-12-31T23:59"]
)
def test_times_are_read_as_they_are_written(text: str) -> None:
    assert to_text(to_milliseconds(text)) == text
    assert to_milliseconds("2026-11-21T12:00") == 1_795_262_400_000


# startTime


def test_before_its_start_a_job_has_no_execution_at_all(world: World) -> None:
    world.create("job", "lamp", "fan", start="13:00")
    world.move_to("12:59:59")
    assert (world.job().status, world.counts(), world.pending("lamp")) == ("SCHEDULED", {}, [])
    assert not world.job().is_concurrent
    assert world.start("lamp") is None


def test_at_its_start_a_job_rolls_out(world: World) -> None:
    world.create("job", "a", "b", "c", start="13:00", rollout=2)
    world.now = world.time_of("18:00")
    assert (world.job().status, world.counts()) == ("IN_PROGRESS", {"QUEUED": 3})
    assert [world.clock(world.execution(thing).queued_at) for thing in "abc"] == [
        "13:00",
        "13:00",
        "13:01",
    ]
    assert world.clock(world.job().created_at) == "12:00"


def test_a_snapshot_takes_its_members_at_creation_and_a_continuous_job_at_its_start(
    world: World,
) -> None:
    world.group("lamps", "first", "leaving")
    world.create("snapshot", "lamps", start="13:00")
    world.follow("continuous", "lamps", start="13:00")
    world.join("late", "lamps")
    world.leave("leaving", "lamps")
    world.move_to("13:00")
    assert set(world.job("snapshot").executions) == {"first", "leaving"}
    assert set(world.job("continuous").executions) == {"first", "late"}
    assert world.counts("continuous") == {"QUEUED": 2}


def test_a_scheduled_snapshot_of_an_empty_group_completes_when_it_starts(world: World) -> None:
    world.group("nobody")
    assert world.create("job", "nobody", start="13:00").status == "SCHEDULED"
    world.now = world.time_of("18:00")
    assert (world.job().status, world.clock(world.job().completed_at)) == ("COMPLETED", "13:00")


def test_a_scheduled_job_may_be_updated(world: World) -> None:
    world.create("job", "lamp", start="13:00")
    world.control_plane.update_job(
        JobUpdate(job_id="job", timeout_config=TimeoutConfig(5)), world.now
    )
    world.move_to("13:00")
    world.start("lamp")
    world.move_to("13:05")
    assert world.status("lamp") == "TIMED_OUT"


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_a_scheduled_job_that_was_ended_never_starts(world: World, how: str) -> None:
    world.create("job", "lamp", start="13:00", end="14:00")
    if how == "cancel":
        world.control_plane.cancel_job("job", world.now)
    else:
        world.control_plane.delete_job("job", world.now, force=True)
    assert world.lifecycle.next_due() is None
    world.advance(days=2)
    assert world.pending("lamp") == []


# endTime


def job_with_one_of_each(world: World, **schedule: Any) -> None:
    """A job whose things are done, working, waiting and not yet reached when the end comes at
    12:30.
    """
    world.group("all", "done", "working", "waiting", *(f"later-{number}" for number in range(40)))
    world.follow("job", "all", rollout=3, end="12:30", **schedule)
    world.report("done", "SUCCEEDED")
    world.start("working")
    world.advance(minutes=0.5)
    for number in range(40):
        world.leave(f"later-{number}", "all")
    world.move_to("12:29:59")
    assert world.counts() == {"SUCCEEDED": 1, "IN_PROGRESS": 1, "QUEUED": 1}


@pytest.mark.parametrize("schedule", [{}, {"end_behavior": "STOP_ROLLOUT"}])
def test_stop_rollout_lets_everything_open_go_on(world: World, schedule: dict[str, Any]) -> None:
    job_with_one_of_each(world, **schedule)
    world.move_to("12:30")
    assert world.counts() == {"SUCCEEDED": 1, "IN_PROGRESS": 1, "QUEUED": 1}
    assert world.job().status == "IN_PROGRESS"
    world.report("working", "SUCCEEDED")
    assert world.job().status == "IN_PROGRESS"
    world.move_to("15:00")
    world.start("waiting")
    world.report("waiting", "FAILED")
    assert (world.job().status, world.clock(world.job().completed_at)) == ("COMPLETED", "15:00")


def test_cancel_ends_what_is_queued_and_lets_the_rest_finish(world: World) -> None:
    job_with_one_of_each(world, end_behavior="CANCEL")
    world.move_to("12:30")
    assert world.counts() == {"SUCCEEDED": 1, "IN_PROGRESS": 1, "CANCELED": 1}
    canceled = world.execution("waiting")
    assert (
        world.clock(canceled.last_updated_at),
        canceled.version_number,
        canceled.force_canceled,
    ) == ("12:30", 2, False)
    assert world.job().status == "IN_PROGRESS"
    world.move_to("15:00")
    world.report("working", "SUCCEEDED")
    assert (world.job().status, world.clock(world.job().completed_at)) == ("COMPLETED", "15:00")


def test_force_cancel_ends_everything_and_completes_the_job(world: World) -> None:
    job_with_one_of_each(world, end_behavior="FORCE_CANCEL")
    world.now = world.time_of("18:00")
    job = world.job()
    assert world.counts() == {"SUCCEEDED": 1, "CANCELED": 2}
    assert (job.status, world.clock(job.completed_at)) == ("COMPLETED", "12:30")
    assert (job.force_canceled, job.reason_code, job.comment) == (None, None, None)
    assert world.execution("working").force_canceled
    assert world.clock(world.execution("working").last_updated_at) == "12:30"


@pytest.mark.parametrize("behavior", EndBehavior)
def test_a_continuous_job_with_nothing_open_completes_at_its_end(
    world: World, behavior: str
) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", end="12:30", end_behavior=behavior)
    world.report("lamp", "SUCCEEDED")
    assert world.job().status == "IN_PROGRESS"
    world.now = world.time_of("18:00")
    assert (world.job().status, world.clock(world.job().completed_at)) == ("COMPLETED", "12:30")


def test_a_snapshot_that_is_done_completes_before_its_end(world: World) -> None:
    world.create("job", "lamp", end="12:30")
    world.report("lamp", "SUCCEEDED")
    assert world.job().status == "COMPLETED"
    assert world.lifecycle.next_due() is None


def test_the_end_stops_the_rollout_of_what_is_left(world: World) -> None:
    world.create("job", *(f"thing-{number}" for number in range(50)), rollout=1, end="12:30")
    world.now = world.time_of("18:00")
    assert world.counts() == {"QUEUED": 30}
    for number in range(30):
        world.report(f"thing-{number}", "SUCCEEDED")
    assert world.job().status == "COMPLETED"


def test_after_its_end_a_job_follows_its_groups_no_more(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", end="12:30")
    world.move_to("12:30")
    world.join("late", "lamps")
    world.leave("lamp", "lamps")
    assert (world.counts(), world.job().status) == ({"QUEUED": 1}, "IN_PROGRESS")
    assert world.store.followers == {}


def test_after_its_end_a_job_gets_no_new_members_by_association_either(world: World) -> None:
    world.group("lamps", "lamp")
    world.group("fans", "fan")
    world.follow("job", "lamps", end="12:30")
    world.move_to("12:30")
    with suppress(JobNotAssociable):
        world.control_plane.associate_targets_with_job("job", (world.target("fans"),), world.now)
    world.join("late", "fans")
    assert world.counts() == {"QUEUED": 1}
    world.report("lamp", "SUCCEEDED")
    assert world.job().status == "COMPLETED"


def test_an_execution_may_time_out_after_the_end(world: World) -> None:
    world.create("job", "lamp", end="12:30", timeout=60, retries={"ALL": 5})
    world.start("lamp")
    world.now = world.time_of("18:00")
    assert (world.history("lamp"), world.job().status) == (["TIMED_OUT"], "COMPLETED")
    assert world.clock(world.job().completed_at) == "13:00"


def test_a_canceled_job_takes_no_notice_of_its_end(world: World) -> None:
    world.create("job", "lamp", end="12:30", end_behavior="FORCE_CANCEL")
    world.start("lamp")
    world.control_plane.cancel_job("job", world.now)
    world.advance(hours=2)
    assert (world.status("lamp"), world.job().status) == ("IN_PROGRESS", "CANCELED")


def test_an_end_behavior_without_an_end_does_not_apply(world: World) -> None:
    world.create("job", "lamp", end_behavior="FORCE_CANCEL")
    world.advance(days=800)
    assert world.counts() == {"QUEUED": 1}


def test_a_criterion_met_after_the_end_still_aborts(world: World) -> None:
    world.create("job", "a", "b", end="12:30", abort=[("FAILED", 1, 1)])
    world.move_to("12:30")
    world.report("a", "FAILED")
    assert (world.job().status, world.job().reason_code, world.status("b")) == (
        "CANCELED",
        "ABORT_CANCEL",
        "CANCELED",
    )
