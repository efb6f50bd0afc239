"""Scheduled jobs: start, end and what the end does to executions (developer guide, Job scheduling
configuration).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


def at(aws: Aws, **ahead: float) -> datetime:
    """A moment ahead of now, on a full minute."""
    return (aws.now() + timedelta(**ahead)).replace(second=0, microsecond=0)


def written(timestamp: datetime) -> str:
    return timestamp.strftime("%Y-%m-%dT%H:%M")


def move_to(aws: Aws, timestamp: datetime) -> None:
    """Let it be a little after a moment."""
    aws.advance(seconds=(timestamp - aws.now()).total_seconds() + 1)


def schedule(
    start: datetime | None = None, end: datetime | None = None, behavior: str | None = None
) -> dict[str, Any]:
    config = {
        "startTime": start and written(start),
        "endTime": end and written(end),
        "endBehavior": behavior,
    }
    return {
        "schedulingConfig": {name: value for name, value in config.items() if value is not None}
    }


def error_of(aws: Aws, **settings: Any) -> str:
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": "{}", **settings}
    return aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request).message


def executions(aws: Aws) -> int:
    return len(aws.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"])


# The start


def test_before_its_start_a_job_is_scheduled_and_no_device_hears_of_it(aws: Aws) -> None:
    aws.job("j1", "t1", **schedule(at(aws, hours=2)))
    assert aws.status("j1") == "SCHEDULED"
    assert aws.pending("t1") == ([], [])
    assert "execution" not in aws.device.start_next_pending_job_execution(thingName="t1")
    call = aws.device.update_job_execution
    aws.raises(
        "ResourceNotFoundException", 404, call, thingName="t1", jobId="j1", status="SUCCEEDED"
    )


def test_at_its_start_it_rolls_out(aws: Aws) -> None:
    start = at(aws, hours=2)
    aws.job("j1", "t1", **schedule(start))
    move_to(aws, start - timedelta(minutes=1))
    assert aws.status("j1") == "SCHEDULED"
    move_to(aws, start)
    assert aws.status("j1") == "IN_PROGRESS"
    assert aws.pending("t1") == ([], ["j1"])
    queued = aws.execution("t1", "j1")["queuedAt"]
    assert abs((queued - start).total_seconds()) < 60


def test_the_schedule_is_shown_as_it_was_given(aws: Aws) -> None:
    settings = schedule(at(aws, hours=2), at(aws, hours=5), "CANCEL")
    aws.job("j1", "t1", **settings)
    assert (
        aws.iot.describe_job(jobId="j1")["job"]["schedulingConfig"] == settings["schedulingConfig"]
    )


def test_members_are_taken_at_the_start_of_a_continuous_job(aws: Aws) -> None:
    start = at(aws, hours=2)
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS", **schedule(start))
    aws.join("g1", "t2")
    assert executions(aws) == 0
    move_to(aws, start)
    assert aws.counters("j1") == {"Queued": 2}


@pytest.mark.parametrize(
    "ahead", [{"minutes": 29}, {"minutes": -5}, {"days": 367}], ids=["29 minutes", "past", "a year"]
)
def test_a_start_is_at_least_half_an_hour_and_at_most_a_year_ahead(
    aws: Aws, ahead: dict[str, float]
) -> None:
    error_of(aws, **schedule(at(aws, **ahead)))
    assert aws.iot.list_jobs()["jobs"] == []


@pytest.mark.parametrize("ahead", [{"minutes": 32}, {"days": 364}], ids=["half an hour", "a year"])
def test_a_start_within_these_bounds_is_accepted(aws: Aws, ahead: dict[str, float]) -> None:
    aws.job("j1", "t1", **schedule(at(aws, **ahead)))
    assert aws.status("j1") == "SCHEDULED"


@pytest.mark.parametrize(
    "text", ["tomorrow", "2027-01-01", "10:00", "2027-01-01T10:00:00", "2027-13-01T10:00"]
)
@pytest.mark.parametrize("member", ["startTime", "endTime"])
def test_a_time_has_one_format(aws: Aws, member: str, text: str) -> None:
    message = error_of(aws, schedulingConfig={member: text})
    assert (
        message == f"1 validation error detected: Provided time {text} UTC must follow the format"
        " YYYY-MM-DDThh:mm."
    )


# The owner, before the start


def test_a_scheduled_job_can_be_canceled_and_then_never_starts(aws: Aws) -> None:
    start = at(aws, hours=2)
    aws.job("j1", "t1", **schedule(start))
    aws.iot.cancel_job(jobId="j1")
    move_to(aws, start)
    assert aws.status("j1") == "CANCELED"
    assert aws.pending("t1") == ([], [])


def test_a_scheduled_job_can_be_updated(aws: Aws) -> None:
    aws.job("j1", "t1", **schedule(at(aws, hours=2)))
    aws.iot.update_job(jobId="j1", description="new")
    assert aws.iot.describe_job(jobId="j1")["job"]["description"] == "new"


def test_a_scheduled_job_is_deleted_only_by_force(aws: Aws) -> None:
    start = at(aws, hours=2)
    aws.job("j1", "t1", **schedule(start))
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="j1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")
    move_to(aws, start)
    assert aws.pending("t1") == ([], [])


# The end


def test_an_end_without_a_start_starts_at_once(aws: Aws) -> None:
    aws.job("j1", "t1", **schedule(end=at(aws, hours=2)))
    assert aws.status("j1") == "IN_PROGRESS"
    assert aws.pending("t1") == ([], ["j1"])


@pytest.mark.parametrize(
    "start, end",
    [
        (None, {"minutes": 29}),
        ({"hours": 2}, {"hours": 2, "minutes": 29}),
        ({"hours": 2}, {"hours": 1}),
        (None, {"days": 732}),
    ],
    ids=["too soon", "too soon after the start", "before the start", "more than two years"],
)
def test_an_end_has_bounds(aws: Aws, start: dict[str, float] | None, end: dict[str, float]) -> None:
    error_of(aws, **schedule(at(aws, **start) if start else None, at(aws, **end)))
    assert aws.iot.list_jobs()["jobs"] == []


@pytest.mark.parametrize(
    "behavior, queued, running, status",
    [
        (None, "QUEUED", "IN_PROGRESS", "IN_PROGRESS"),
        ("STOP_ROLLOUT", "QUEUED", "IN_PROGRESS", "IN_PROGRESS"),
        ("CANCEL", "CANCELED", "IN_PROGRESS", "IN_PROGRESS"),
        ("FORCE_CANCEL", "CANCELED", "CANCELED", "COMPLETED"),
    ],
    ids=["by default", "STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"],
)
def test_the_end_behavior_decides_what_becomes_of_executions(
    aws: Aws, behavior: str | None, queued: str, running: str, status: str
) -> None:
    end = at(aws, hours=2)
    aws.job("j1", "waiting", "running", **schedule(end=end, behavior=behavior))
    aws.report("running", "j1", "IN_PROGRESS")
    move_to(aws, end - timedelta(minutes=1))
    assert aws.counters("j1") == {"Queued": 1, "InProgress": 1}
    move_to(aws, end)
    assert aws.execution("waiting", "j1")["status"] == queued
    assert aws.execution("running", "j1")["status"] == running
    assert aws.status("j1") == status
    if running == "IN_PROGRESS":
        aws.report("running", "j1", "SUCCEEDED")
    if queued == "QUEUED":
        aws.report("waiting", "j1", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"


@pytest.mark.parametrize("behavior", ["STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"])
def test_after_the_end_nothing_more_is_rolled_out(aws: Aws, behavior: str) -> None:
    end = at(aws, minutes=45)
    group = aws.group("g1", "t1")
    aws.job("j1", group, targetSelection="CONTINUOUS", **schedule(end=end, behavior=behavior))
    move_to(aws, end)
    aws.join("g1", "t2")
    assert executions(aws) == 1


def test_a_continuous_job_with_an_end_is_completed_once_everything_has_ended(aws: Aws) -> None:
    end = at(aws, hours=2)
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS", **schedule(end=end))
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "IN_PROGRESS"
    move_to(aws, end)
    assert aws.status("j1") == "COMPLETED"


def test_a_snapshot_job_that_is_done_before_its_end_is_completed_then(aws: Aws) -> None:
    aws.job("j1", "t1", **schedule(end=at(aws, hours=2)))
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"


def test_retries_go_on_until_the_end(aws: Aws) -> None:
    end = at(aws, hours=2)
    retry = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 5}]}
    aws.job("j1", "t1", jobExecutionsRetryConfig=retry, **schedule(end=end, behavior="CANCEL"))
    aws.report("t1", "j1", "FAILED")
    assert aws.counters("j1") == {"Failed": 1, "Queued": 1}
    move_to(aws, end)
    assert aws.counters("j1") == {"Failed": 1, "Canceled": 1}
    assert aws.status("j1") == "COMPLETED"


def test_an_end_behaviour_without_an_end_means_nothing(aws: Aws) -> None:
    start = at(aws, hours=2)
    aws.job("j1", "t1", **schedule(start, behavior="FORCE_CANCEL"))
    aws.advance(days=400)
    assert aws.pending("t1") == ([], ["j1"])


@pytest.mark.parametrize(
    "config", [{}, {"endBehavior": "CANCEL"}], ids=["empty", "an end behaviour alone"]
)
def test_a_configuration_without_any_time_is_no_schedule(aws: Aws, config: dict[str, str]) -> None:
    for number in range(11):
        aws.job(f"j{number}", "t1", schedulingConfig=config)
    assert len(aws.pending("t1")[1]) == 10  # of jobs with a schedule a device sees up to 15
