"""Jobs that run in recurring windows (developer guide, Job scheduling configuration, recurring
maintenance window).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


@pytest.fixture
def day(aws: Aws) -> datetime:
    """Midnight of the day after tomorrow; the windows of these tests are from ten to eleven,
    daily, from then on.
    """
    return (aws.now() + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)


def move_to(aws: Aws, timestamp: datetime) -> None:
    aws.advance(seconds=(timestamp - aws.now()).total_seconds() + 1)


def windows(
    day: datetime, cron: str = "cron(0 10 * * ? *)", minutes: int = 60, **more: str
) -> dict[str, Any]:
    window = {"startTime": cron, "durationInMinutes": minutes}
    start = (day + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    return {"schedulingConfig": {"startTime": start, "maintenanceWindows": [window], **more}}


def job(aws: Aws, day: datetime, *things: str, **settings: Any) -> None:
    group = aws.group("g1", *things)
    aws.job("j1", group, targetSelection="CONTINUOUS", **{**windows(day), **settings})


def error_of(aws: Aws, day: datetime, **settings: Any) -> str:
    request = {
        "jobId": "j1",
        "targets": [aws.group("g1", "t1")],
        "document": "{}",
        "targetSelection": "CONTINUOUS",
    }
    call = aws.iot.create_job
    return aws.raises(
        "InvalidRequestException", 400, call, **{**request, **windows(day), **settings}
    ).message


TEN = timedelta(hours=10)
ELEVEN = timedelta(hours=11)
A_DAY = timedelta(days=1)


def test_a_snapshot_job_has_no_windows(aws: Aws, day: datetime) -> None:
    message = error_of(aws, day, targetSelection="SNAPSHOT")
    assert (
        message == "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job."
    )


def test_windows_need_a_start(aws: Aws, day: datetime) -> None:
    config = windows(day)["schedulingConfig"]
    del config["startTime"]
    message = error_of(aws, day, schedulingConfig=config)
    assert message == "MaintenanceWindow cannot be used without StartTime of SchedulingConfig."


@pytest.mark.parametrize(
    "cron",
    [
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(0 10 * * ?)",
        "cron(60 10 * * ? *)",
        "cron(0 24 * * ? *)",
        "0 10 * * ? *",
        "daily",
        "cron(0 10 ? * 2#1,4#1 *)",
    ],
    ids=[
        "no question mark",
        "two",
        "five fields",
        "minute 60",
        "hour 24",
        "no cron()",
        "a word",
        "two of #",
    ],
)
def test_a_window_starts_by_a_cron_expression(aws: Aws, day: datetime, cron: str) -> None:
    error_of(aws, day, **windows(day, cron))
    assert aws.iot.list_jobs()["jobs"] == []


@pytest.mark.parametrize(
    "cron",
    ["cron(0 10 * * ? *)", "cron(0 18 ? * MON-FRI *)", "cron(0 8 1 * ? *)", "cron(0/15 0 L * ? *)"],
)
def test_the_guides_expressions_are_accepted(aws: Aws, day: datetime, cron: str) -> None:
    job(aws, day, "t1", **windows(day, cron))
    shown = aws.iot.describe_job(jobId="j1")["job"]["schedulingConfig"]["maintenanceWindows"]
    assert shown == [{"startTime": cron, "durationInMinutes": 60}]


def test_the_next_seven_windows_are_shown(aws: Aws, day: datetime) -> None:
    job(aws, day, "t1")
    shown = aws.iot.describe_job(jobId="j1")["job"]["scheduledJobRollouts"]
    assert [one["startTime"] for one in shown] == [
        (day + TEN + number * A_DAY).strftime("%Y-%m-%dT%H:%M") for number in range(7)
    ]


def test_a_job_without_windows_shows_none(aws: Aws) -> None:
    aws.job("j1", "t1")
    assert "scheduledJobRollouts" not in aws.iot.describe_job(jobId="j1")["job"]


def test_a_job_is_in_progress_in_its_windows_and_scheduled_between_them(
    aws: Aws, day: datetime
) -> None:
    job(aws, day, "t1")
    assert aws.status("j1") == "SCHEDULED"
    move_to(aws, day + timedelta(hours=9, minutes=30))
    assert (aws.status("j1"), aws.pending("t1")) == ("SCHEDULED", ([], []))
    for number in range(2):
        move_to(aws, day + TEN + number * A_DAY)
        assert (aws.status("j1"), aws.pending("t1")) == ("IN_PROGRESS", ([], ["j1"]))
        move_to(aws, day + ELEVEN + number * A_DAY)
        assert (aws.status("j1"), aws.pending("t1")) == ("SCHEDULED", ([], []))


def test_between_windows_an_execution_stays_queued_but_is_not_handed_out(
    aws: Aws, day: datetime
) -> None:
    job(aws, day, "t1")
    move_to(aws, day + ELEVEN)
    assert aws.execution("t1", "j1")["status"] == "QUEUED"
    assert "execution" not in aws.device.start_next_pending_job_execution(thingName="t1")


def test_what_runs_at_the_end_of_a_window_goes_on(aws: Aws, day: datetime) -> None:
    job(aws, day, "t1")
    move_to(aws, day + TEN)
    aws.report("t1", "j1", "IN_PROGRESS")
    move_to(aws, day + ELEVEN)
    assert aws.pending("t1") == (["j1"], [])
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.execution("t1", "j1")["status"] == "SUCCEEDED"


def test_the_rollout_stops_between_windows_and_goes_on_in_the_next(aws: Aws, day: datetime) -> None:
    job(
        aws,
        day,
        "t1",
        "t2",
        "t3",
        **windows(day, minutes=1),
        jobExecutionsRolloutConfig={"maximumPerMinute": 1},
    )
    move_to(aws, day + TEN)
    assert aws.counters("j1") == {"Queued": 1}
    move_to(aws, day + TEN + timedelta(hours=5))
    assert aws.counters("j1") == {"Queued": 1}
    move_to(aws, day + TEN + A_DAY)
    assert aws.counters("j1") == {"Queued": 2}


def test_a_failure_between_windows_is_retried_in_the_next(aws: Aws, day: datetime) -> None:
    retry = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]}
    job(aws, day, "t1", jobExecutionsRetryConfig=retry)
    move_to(aws, day + TEN)
    aws.report("t1", "j1", "IN_PROGRESS")
    move_to(aws, day + ELEVEN)
    aws.report("t1", "j1", "FAILED")
    assert aws.pending("t1") == ([], [])
    assert aws.counters("j1") == {"Failed": 1}
    opening = day + TEN + A_DAY
    move_to(aws, opening)
    assert aws.pending("t1") == ([], ["j1"])
    retry_of_it = aws.execution("t1", "j1")
    assert retry_of_it["executionNumber"] == 2
    assert abs((retry_of_it["queuedAt"] - opening).total_seconds()) < 60


def test_a_thing_that_joins_between_windows_is_reached_in_the_next(aws: Aws, day: datetime) -> None:
    job(aws, day, "t1")
    move_to(aws, day + ELEVEN)
    aws.join("g1", "t2")
    assert aws.pending("t2") == ([], [])
    move_to(aws, day + TEN + A_DAY)
    assert aws.pending("t2") == ([], ["j1"])


def test_an_end_within_a_window_completes_the_job_by_its_end_behaviour(
    aws: Aws, day: datetime
) -> None:
    end = day + TEN + timedelta(minutes=30)
    settings = windows(day, endTime=end.strftime("%Y-%m-%dT%H:%M"), endBehavior="FORCE_CANCEL")
    job(aws, day, "t1", **settings)
    move_to(aws, day + TEN)
    aws.report("t1", "j1", "IN_PROGRESS")
    move_to(aws, end)
    assert aws.status("j1") == "COMPLETED"
    assert aws.execution("t1", "j1")["status"] == "CANCELED"


def test_a_job_between_its_windows_can_be_canceled(aws: Aws, day: datetime) -> None:
    job(aws, day, "t1")
    move_to(aws, day + ELEVEN)
    aws.iot.cancel_job(jobId="j1")
    move_to(aws, day + TEN + A_DAY)
    assert aws.status("j1") == "CANCELED"
    assert aws.execution("t1", "j1")["status"] == "CANCELED"


def test_pending_lists_hold_fifteen_jobs_when_scheduled_ones_are_among_them(
    aws: Aws, day: datetime
) -> None:
    """Ten without a schedule and five more, only within a window (developer guide, Job limits)."""
    group = aws.group("g1", "t1")
    for number in range(12):
        aws.job(f"plain{number:02}", "t1")
    for number in range(6):
        aws.job(f"window{number}", group, targetSelection="CONTINUOUS", **windows(day))
    assert len(aws.pending("t1")[1]) == 10
    move_to(aws, day + TEN)
    queued = aws.pending("t1")[1]
    assert len(queued) == 15
    assert sum(job_id.startswith("window") for job_id in queued) == 5
