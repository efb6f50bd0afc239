"""Maintenance windows: what is open and hidden, rolled out and retried when (guide,
jobs-configurations-details).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.settings import MaintenanceWindow, SchedulingConfig, TargetSelection

if TYPE_CHECKING:
    from moto_iot_jobs.service.job import Job
    from moto_iot_jobs.service.states import JobStatus
    from tests.service.conftest import World

# Every day from 14 to 15 o'clock.
DAILY = ("cron(0 14 * * ? *)", 60)


def follow(
    world: World, *things: str, start: str = "13:00", windows: Any = (DAILY,), **members: Any
) -> None:
    """A CONTINUOUS job with windows for a group of these things."""
    world.group("all", *things)
    world.follow("job", "all", start=start, windows=windows, **members)


# What is refused


def test_windows_are_for_continuous_jobs_with_a_start(world: World) -> None:
    world.group("all", "lamp")
    with world.raises(
        InvalidRequest,
        "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job.",
    ):
        world.create("job", "all", start="13:00", windows=[DAILY])
    with world.raises(
        InvalidRequest, "MaintenanceWindow cannot be used without StartTime of SchedulingConfig."
    ):
        world.follow("job", "all", windows=[DAILY])
    with world.raises(
        InvalidRequest, "MaintenanceWindow cannot be used without StartTime of SchedulingConfig."
    ):
        world.follow("job", "all", windows=[DAILY], end="18:00")


@pytest.mark.parametrize(
    "window, problem",
    [
        (
            ("every day", 60),
            (
                "'every day' is not of the form cron(minutes hours day-of-month month day-of-week"
                " year)."
            ),
        ),
        (
            ("cron(0 14 * * * *)", 60),
            (
                "'cron(0 14 * * * *)' must have ? in one of the day-of-month and day-of-week"
                " fields, and only one."
            ),
        ),
        (("cron(0 14 * * ? *)", 0), "A maintenance window lasts 1 to 1430 minutes, not 0."),
        (("cron(0 14 * * ? *)", 1431), "A maintenance window lasts 1 to 1430 minutes, not 1431."),
    ],
)
def test_a_window_that_cannot_be_read_is_an_error(
    world: World, window: tuple[str, int], problem: str
) -> None:
    world.group("all", "lamp")
    with world.raises(InvalidRequest, f"MaintenanceWindow is invalid. {problem}"):
        world.follow("job", "all", start="13:00", windows=[DAILY, window])


# Opening and closing


def test_a_job_waits_for_its_first_window_and_then_for_every_next_one(world: World) -> None:
    follow(world, "lamp")
    seen = []
    for at in (
        "13:00",
        "13:59:59",
        "14:00",
        "14:59:59",
        "15:00",
        "2026-11-22 13:59:59",
        "2026-11-22 14:00",
        "2026-11-22 15:00",
    ):
        world.move_to(at)
        seen.append(world.job().status.value)
    assert seen == [
        "SCHEDULED",
        "SCHEDULED",
        "IN_PROGRESS",
        "IN_PROGRESS",
        "SCHEDULED",
        "SCHEDULED",
        "IN_PROGRESS",
        "SCHEDULED",
    ]
    assert world.clock(world.execution("lamp").queued_at) == "14:00"
    assert world.clock(world.job().last_updated_at) == "11-22 15:00"


def test_a_job_that_starts_inside_a_window_goes_on_at_once(world: World) -> None:
    follow(world, "lamp", start="14:30")
    world.move_to("14:30")
    assert (world.job().status, world.pending("lamp")) == ("IN_PROGRESS", ["job"])
    world.move_to("15:00")
    assert (world.job().status, world.pending("lamp")) == ("SCHEDULED", [])


@pytest.mark.parametrize("start, status", [("14:00", "IN_PROGRESS"), ("15:00", "SCHEDULED")])
def test_a_window_is_open_at_its_first_instant_and_closed_at_its_last(
    world: World, start: str, status: str
) -> None:
    follow(world, "lamp", start=start)
    world.move_to(start)
    assert world.job().status == status


def test_windows_that_join_are_one(world: World) -> None:
    follow(world, "lamp", windows=[DAILY, ("cron(0 15 * * ? *)", 30), ("cron(15 15 * * ? *)", 60)])
    world.move_to("14:00")
    world.listen()
    for at in ("15:00", "15:30", "16:14:59"):
        world.move_to(at)
        assert (world.job().status, world.pending("lamp")) == ("IN_PROGRESS", ["job"])
    world.move_to("16:15")
    assert (world.job().status, world.pending("lamp")) == ("SCHEDULED", [])
    assert world.notifications() == ["notify lamp", "notify-next lamp"]


def test_after_the_last_window_a_job_stays_scheduled_until_its_end(world: World) -> None:
    follow(world, "lamp", windows=[("cron(0 14 21 11 ? 2026)", 60)], end="2026-11-25 10:00")
    world.move_to("2026-11-25 09:59")
    assert (world.job().status, world.pending("lamp")) == ("SCHEDULED", [])
    world.move_to("2026-11-25 10:00")
    assert (world.job().status, world.pending("lamp")) == ("IN_PROGRESS", ["job"])


# Hidden outside


def test_queued_executions_are_hidden_outside_windows_and_return_unchanged(world: World) -> None:
    follow(world, "lamp", "fan")
    world.create("other", "lamp")
    world.move_to("14:00")
    assert world.pending("lamp") == ["other", "job"]
    world.move_to("15:00")
    assert (world.pending("lamp"), world.pending("fan")) == (["other"], [])
    assert world.start("fan") is None
    assert world.counts() == {"QUEUED": 2}
    world.move_to("2026-11-22 14:00")
    assert (world.pending("lamp"), world.pending("fan")) == (["other", "job"], ["job"])
    execution = world.execution("lamp")
    assert (
        execution.version_number,
        world.clock(execution.queued_at),
        world.clock(execution.last_updated_at),
    ) == (
        1,
        "14:00",
        "14:00",
    )


def test_work_in_progress_goes_on_outside_windows(world: World) -> None:
    follow(world, "lamp", timeout=120)
    world.move_to("14:30")
    world.start("lamp")
    world.move_to("15:10")
    assert world.pending("lamp") == ["job*"]
    assert world.start("lamp") is world.execution("lamp")
    world.report("lamp", "IN_PROGRESS")
    world.move_to("16:30")
    assert world.status("lamp") == "TIMED_OUT"


def test_a_hidden_execution_comes_to_sight_when_its_device_reports_work_on_it(world: World) -> None:
    follow(world, "lamp")
    world.move_to("15:10")
    assert world.pending("lamp") == []
    world.report("lamp", "IN_PROGRESS")
    assert world.pending("lamp") == ["job*"]


# Rolled out inside only


def test_a_rollout_pauses_between_windows(world: World) -> None:
    follow(world, *(f"thing-{number:03}" for number in range(70)), rollout=1)
    world.move_to("15:00")
    assert world.counts() == {"QUEUED": 60}
    assert not world.job().is_concurrent
    world.move_to("2026-11-22 13:59:59")
    assert world.counts() == {"QUEUED": 60}
    world.move_to("2026-11-22 14:00")
    assert world.counts() == {"QUEUED": 61}
    world.move_to("2026-11-22 14:09")
    assert world.counts() == {"QUEUED": 70}
    assert world.clock(world.execution("thing-069").queued_at) == "11-22 14:09"


def test_things_that_join_between_windows_come_with_the_next_one(world: World) -> None:
    follow(world, "lamp")
    world.move_to("15:30")
    world.join("late", "all")
    world.join("brief", "all")
    world.leave("brief", "all")
    assert world.counts() == {"QUEUED": 1}
    world.move_to("2026-11-22 14:00")
    assert world.counts() == {"QUEUED": 2}
    assert world.clock(world.execution("late").queued_at) == "11-22 14:00"


def test_things_that_join_inside_a_window_come_at_once(world: World) -> None:
    follow(world, "lamp")
    world.move_to("14:30")
    world.join("late", "all")
    assert world.pending("late") == ["job"]


def test_things_that_join_between_the_start_and_the_first_window_are_not_lost(world: World) -> None:
    follow(world, "lamp")
    world.move_to("13:30")
    world.join("late", "all")
    world.leave("lamp", "all")
    world.move_to("14:00")
    assert list(world.job().executions) == ["late"]


def test_a_hidden_execution_is_removed_when_its_thing_leaves(world: World) -> None:
    follow(world, "lamp")
    world.move_to("15:30")
    world.listen()
    world.leave("lamp", "all")
    assert world.events() == ["jobExecution/job/removed lamp"]
    world.join("lamp", "all")
    assert world.history("lamp") == ["REMOVED"]
    world.move_to("2026-11-22 14:00")
    assert world.history("lamp") == ["REMOVED", "QUEUED"]
    assert world.pending("lamp") == ["job"]


# Retried inside only


def test_a_failure_outside_is_retried_when_the_next_window_opens(world: World) -> None:
    follow(world, "lamp", retries={"FAILED": 1})
    world.move_to("14:30")
    world.start("lamp")
    world.move_to("15:30")
    world.report("lamp", "FAILED")
    assert world.history("lamp") == ["FAILED"]
    world.move_to("2026-11-22 13:59:59")
    assert world.history("lamp") == ["FAILED"]
    world.now = world.time_of("2026-11-22 14:30")
    assert world.history("lamp") == ["FAILED", "QUEUED"]
    retried = world.execution("lamp")
    assert (world.clock(retried.queued_at), retried.retry_attempt) == ("11-22 14:00", 1)
    assert world.pending("lamp") == ["job"]


def test_a_failure_inside_is_retried_at_once(world: World) -> None:
    follow(world, "lamp", retries={"FAILED": 1})
    world.move_to("14:30")
    world.report("lamp", "FAILED")
    assert (world.history("lamp"), world.pending("lamp")) == (["FAILED", "QUEUED"], ["job"])


def test_a_timeout_in_the_instant_in_which_a_window_closes_is_retried_and_hidden(
    world: World,
) -> None:
    # What ends comes in its order: the device's time, then the window.
    follow(world, "lamp", retries={"TIMED_OUT": 1}, timeout=30)
    world.move_to("14:30")
    world.start("lamp")
    world.move_to("15:00")
    assert (world.history("lamp"), world.pending("lamp")) == (["TIMED_OUT", "QUEUED"], [])


@pytest.mark.parametrize("how", ["leave", "cancel", "endTime"])
def test_a_retry_that_waits_for_a_window_is_dropped(world: World, how: str) -> None:
    follow(world, "lamp", "fan", retries={"FAILED": 1}, end="2026-11-22 10:00")
    world.move_to("14:30")
    world.start("lamp")
    world.move_to("15:30")
    world.report("lamp", "FAILED")
    assert list(world.job().retries_due) == ["lamp"]
    if how == "leave":
        world.leave("lamp", "all")
    elif how == "cancel":
        world.control_plane.cancel_job("job", world.now)
    else:
        world.move_to("2026-11-22 10:00")
    assert world.job().retries_due == {}
    world.move_to("2026-11-23 14:00")
    assert world.history("lamp") == ["FAILED"]


def test_a_retry_that_waits_is_not_lost_when_an_older_execution_is_deleted(world: World) -> None:
    follow(world, "lamp", retries={"FAILED": 3})
    world.move_to("14:30")
    world.report("lamp", "FAILED")
    world.start("lamp")
    world.move_to("15:30")
    world.report("lamp", "FAILED")
    world.control_plane.delete_job_execution("lamp", "job", 1, world.now)
    world.move_to("2026-11-22 14:00")
    assert world.execution("lamp").execution_number == 3
    assert world.status("lamp") == "QUEUED"


def test_a_retry_that_waits_goes_with_its_failed_execution(world: World) -> None:
    follow(world, "lamp", retries={"FAILED": 3})
    world.move_to("14:30")
    world.start("lamp")
    world.move_to("15:30")
    world.report("lamp", "FAILED")
    world.control_plane.delete_job_execution("lamp", "job", 1, world.now)
    world.move_to("2026-11-22 14:00")
    assert world.counts() == {}


def test_a_thing_whose_retry_waits_gets_one_execution_if_it_joins_another_target_meanwhile(
    world: World,
) -> None:
    world.group("some")
    world.group("all", "lamp")
    world.follow("job", "all", "some", start="13:00", windows=[DAILY], retries={"FAILED": 3})
    world.move_to("14:30")
    world.start("lamp")
    world.move_to("15:30")
    world.report("lamp", "FAILED")
    world.join("lamp", "some")
    world.move_to("2026-11-22 14:10")
    assert world.history("lamp") == ["FAILED", "QUEUED"]
    assert world.pending("lamp") == ["job"]


# endTime


def test_the_end_outside_a_window_shows_what_is_queued_again(world: World) -> None:
    follow(world, "lamp", end="16:00")
    world.move_to("15:30")
    assert world.pending("lamp") == []
    world.move_to("16:00")
    assert (world.job().status, world.pending("lamp")) == ("IN_PROGRESS", ["job"])
    world.report("lamp", "SUCCEEDED")
    assert world.job().status == "COMPLETED"
    assert world.lifecycle.next_due() is None


@pytest.mark.parametrize("behavior", ["CANCEL", "FORCE_CANCEL"])
def test_the_end_outside_a_window_cancels_what_is_hidden(world: World, behavior: str) -> None:
    follow(world, "lamp", end="16:00", end_behavior=behavior)
    world.move_to("15:30")
    world.listen()
    world.move_to("16:00")
    assert world.events() == ["jobExecution/job/canceled lamp", "job/job/completed"]
    assert (world.job().status, world.counts()) == ("COMPLETED", {"CANCELED": 1})


def test_the_end_inside_a_window_ends_the_windows_too(world: World) -> None:
    follow(world, "lamp", "fan", end="14:30", end_behavior="CANCEL")
    world.move_to("14:10")
    world.start("lamp")
    world.move_to("2026-11-23 10:00")
    assert world.counts() == {"IN_PROGRESS": 1, "CANCELED": 1}
    assert world.job().status == "IN_PROGRESS"
    world.report("lamp", "SUCCEEDED")
    assert (world.job().status, world.clock(world.job().completed_at)) == (
        "COMPLETED",
        "11-23 10:00",
    )


def test_canceling_between_windows_cancels_what_is_hidden(world: World) -> None:
    follow(world, "lamp")
    world.move_to("15:30")
    world.listen()
    world.control_plane.cancel_job("job", world.now)
    assert (world.counts(), world.notifications(), world.lifecycle.next_due()) == (
        {"CANCELED": 1},
        [],
        None,
    )


def test_a_year_of_windows_is_gone_through_one_by_one(world: World) -> None:
    follow(world, "lamp")
    world.listen()
    world.advance(days=365)
    events = world.regional.take_events()
    assert (
        len([event for event in events if type(event).__name__ == "PendingChanged"])
        == 2 * 365 - 1 + 1
    )
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_windows_come_with_the_kind_of_job_that_has_them(world: World) -> None:
    follow(world, "lamp")
    job = world.job()
    assert job.scheduling_config == SchedulingConfig(
        "2026-11-21T13:00", maintenance_windows=(MaintenanceWindow(*DAILY),)
    )
    assert job.target_selection is TargetSelection.CONTINUOUS
    assert job.windows is not None
    assert [world.clock(start) for start in job.windows.next_starts(world.now)] == [
        f"{day} 14:00".removeprefix("11-21 ")
        for day in (f"11-{number}" for number in range(21, 28))
    ]


# Windows in which nothing happens

EVERY_OTHER_MINUTE = ("cron(0/2 * * * ? *)", 1)


def test_a_year_of_windows_without_jobs_costs_no_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(world, windows=[EVERY_OTHER_MINUTE])
    statuses = []
    set_job_status = world.store.set_job_status

    def counted(job: Job, status: JobStatus, at: int) -> None:
        statuses.append(status)
        set_job_status(job, status, at)

    monkeypatch.setattr(world.store, "set_job_status", counted)
    world.move_to("2027-11-21 13:31")
    assert len(statuses) < 5
    assert (world.job().status, world.clock(world.job().last_updated_at)) == (
        "SCHEDULED",
        "11-21 13:31",
    )
    world.advance(minutes=1)
    assert world.job().status == "IN_PROGRESS"


def test_what_is_hidden_and_shown_unseen_is_passed_over(world: World) -> None:
    follow(world, "lamp", windows=[EVERY_OTHER_MINUTE])
    world.move_to("2027-05-01 08:00")
    assert (world.job().status, world.pending("lamp")) == ("IN_PROGRESS", ["job"])
    world.move_to("2027-05-02 08:01")
    assert (world.job().status, world.pending("lamp")) == ("SCHEDULED", [])


def test_a_listener_gets_an_event_for_every_window(world: World) -> None:
    follow(world, "lamp", windows=[EVERY_OTHER_MINUTE])
    world.move_to("13:00")
    world.listen()
    world.move_to("13:10")
    assert world.notifications() == ["notify lamp", "notify-next lamp"] * 10


@pytest.mark.parametrize(
    "started, timeout, queued",
    [
        ("13:00:30", 32, "13:32:30"),
        ("13:00:30", 31, "13:32"),
        # What ends comes before what begins, and a device's time before a window.
        ("13:00", 31, "13:31"),
        ("13:00", 32, "13:32"),
    ],
    ids=["open", "closed", "closing", "opening"],
)
def test_a_timeout_finds_the_window_of_its_time(
    world: World, started: str, timeout: int, queued: str
) -> None:
    follow(world, "lamp", windows=[EVERY_OTHER_MINUTE], timeout=timeout, retries={"TIMED_OUT": 1})
    world.move_to(started)
    world.start("lamp")
    world.move_to("18:00")
    assert world.history("lamp") == ["TIMED_OUT", "QUEUED"]
    assert world.clock(world.execution("lamp").queued_at) == queued


@pytest.mark.parametrize("end, status", [("14:00", "COMPLETED"), ("14:01", "COMPLETED")])
def test_end_time_is_kept_while_windows_are_passed_over(
    world: World, end: str, status: str
) -> None:
    follow(world, windows=[EVERY_OTHER_MINUTE], end=end)
    world.move_to("2026-12-01 12:00")
    assert (world.job().status, world.clock(world.job().completed_at)) == (status, end)


def test_windows_without_a_gap_stay_open_for_years(world: World) -> None:
    follow(world, "lamp", windows=[("cron(* * * * ? *)", 1)])
    world.move_to("2030-01-01 12:00")
    assert (world.job().status, world.pending("lamp")) == ("IN_PROGRESS", ["job"])


def test_windows_without_a_gap_close_when_their_years_are_over(world: World) -> None:
    follow(world, "lamp", windows=[("cron(0 * * * ? 2026-2028)", 60)])
    world.move_to("2030-01-01 12:00")
    assert (world.job().status, world.clock(world.job().last_updated_at)) == (
        "SCHEDULED",
        "01-01 00:00",
    )


def test_a_job_has_at_most_a_hundred_windows(world: World) -> None:
    most = [(f"cron({minute} 14 * * ? *)", 1) for minute in range(50)] * 2
    follow(world, windows=most)
    with world.raises(
        InvalidRequest,
        "MaintenanceWindow is invalid. A job has at most 100 maintenance windows, not 101.",
    ):
        world.follow("more", "all", start="13:00", windows=[*most, DAILY])
