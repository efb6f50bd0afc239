"""The in-progress timer and the step timer (developer guide, Job executions timeout
configurations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

# AWS notices a timeout up to a minute late, so that a test may only look a minute before and a
# minute after.
SLACK = 60


def timed(aws: Aws, minutes: int, *things: str) -> None:
    aws.job("j1", *(things or ("t1",)), timeoutConfig={"inProgressTimeoutInMinutes": minutes})


def status(aws: Aws, thing: str = "t1") -> str:
    found: str = aws.execution(thing, "j1")["status"]
    return found


def seconds_left(aws: Aws) -> int:
    left: int = aws.execution("t1", "j1")["approximateSecondsBeforeTimedOut"]
    return left


def minutes_run(aws: Aws) -> float:
    execution = aws.execution("t1", "j1")
    run: float = (execution["lastUpdatedAt"] - execution["startedAt"]).total_seconds() / 60
    return run


def assert_times_out_in(aws: Aws, minutes: int) -> None:
    """Insist that the execution is still running a minute before, and timed out a minute after."""
    aws.advance(minutes=minutes, seconds=-SLACK)
    assert status(aws) == "IN_PROGRESS"
    aws.advance(seconds=2 * SLACK)
    assert status(aws) == "TIMED_OUT"


def test_the_example_of_the_developer_guide(aws: Aws) -> None:
    """In-progress 20 minutes from 12:00; steps of 7 at 12:05, of 5 at 12:10, of 9 at 12:13: due
    12:12, 12:15, 12:20.
    """
    timed(aws, 20)
    aws.report("t1", "j1", "IN_PROGRESS")
    assert seconds_left(aws) == pytest.approx(20 * 60, abs=30)
    aws.advance(minutes=5)
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=7)
    assert seconds_left(aws) == pytest.approx(7 * 60, abs=30)
    aws.advance(minutes=5)
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=5)
    assert seconds_left(aws) == pytest.approx(5 * 60, abs=30)
    aws.advance(minutes=3)
    assert status(aws) == "IN_PROGRESS"
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=9)
    assert seconds_left(aws) == pytest.approx(7 * 60, abs=30)
    aws.advance(minutes=6)
    assert status(aws) == "IN_PROGRESS"
    aws.advance(minutes=2)
    assert status(aws) == "TIMED_OUT"
    assert minutes_run(aws) == pytest.approx(20, abs=1.1)


def test_a_timeout_raises_the_version_and_ends_the_job(aws: Aws) -> None:
    timed(aws, 10)
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={"step": "1"})
    aws.advance(minutes=11)
    execution = aws.execution("t1", "j1")
    assert (execution["status"], execution["versionNumber"]) == ("TIMED_OUT", 3)
    assert execution["statusDetails"] == {"detailsMap": {"step": "1"}}
    assert "approximateSecondsBeforeTimedOut" not in execution
    assert aws.status("j1") == "COMPLETED"
    assert aws.counters("j1") == {"TimedOut": 1}
    assert aws.pending("t1") == ([], [])


def test_a_timeout_happens_when_it_is_due_however_late_the_next_call_comes(aws: Aws) -> None:
    timed(aws, 10)
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.advance(hours=30)
    assert status(aws) == "TIMED_OUT"
    assert minutes_run(aws) == pytest.approx(10, abs=1.1)
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert (job["completedAt"] - job["createdAt"]).total_seconds() == pytest.approx(600, abs=70)


def test_no_timer_runs_while_queued(aws: Aws) -> None:
    timed(aws, 10)
    aws.advance(days=30)
    assert status(aws) == "QUEUED"


def test_without_a_timeout_an_execution_runs_for_ever(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.advance(days=30)
    assert status(aws) == "IN_PROGRESS"


def test_the_timer_starts_with_each_execution(aws: Aws) -> None:
    timed(aws, 10, "t1", "t2")
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.advance(minutes=6)
    aws.report("t2", "j1", "IN_PROGRESS")
    aws.advance(minutes=5)
    assert (status(aws, "t1"), status(aws, "t2")) == ("TIMED_OUT", "IN_PROGRESS")
    aws.advance(minutes=6)
    assert status(aws, "t2") == "TIMED_OUT"


def test_starting_the_next_execution_starts_the_timer(aws: Aws) -> None:
    timed(aws, 10)
    aws.device.start_next_pending_job_execution(thingName="t1")
    assert_times_out_in(aws, 10)


def test_reports_do_not_restart_the_in_progress_timer(aws: Aws) -> None:
    timed(aws, 10)
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.advance(minutes=5)
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={"step": "2"})
    assert_times_out_in(aws, 5)


# The step timer


def test_a_step_timer_needs_no_in_progress_timer(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=10)
    assert seconds_left(aws) == pytest.approx(600, abs=30)
    assert_times_out_in(aws, 10)


def test_a_step_timer_set_with_the_start_counts(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.device.start_next_pending_job_execution(thingName="t1", stepTimeoutInMinutes=10)
    assert_times_out_in(aws, 10)


def test_every_report_with_a_value_sets_the_step_timer_anew(aws: Aws) -> None:
    aws.job("j1", "t1")
    for _ in range(3):
        aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=10)
        aws.advance(minutes=8)
    assert status(aws) == "IN_PROGRESS"
    aws.advance(minutes=3)
    assert status(aws) == "TIMED_OUT"


def test_a_report_without_a_value_lets_the_step_timer_run(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=10)
    aws.advance(minutes=5)
    aws.report("t1", "j1", "IN_PROGRESS")
    assert_times_out_in(aws, 5)


def test_minus_one_ends_the_step_timer(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=10)
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=-1)
    assert "approximateSecondsBeforeTimedOut" not in aws.execution("t1", "j1")
    aws.advance(days=1)
    assert status(aws) == "IN_PROGRESS"


def test_minus_one_leaves_the_in_progress_timer_running(aws: Aws) -> None:
    timed(aws, 20)
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=5)
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=-1)
    assert seconds_left(aws) == pytest.approx(1200, abs=30)
    assert_times_out_in(aws, 20)


def test_a_step_cannot_outlast_the_in_progress_timer(aws: Aws) -> None:
    timed(aws, 10)
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=60)
    assert seconds_left(aws) == pytest.approx(600, abs=30)
    assert_times_out_in(aws, 10)


def test_a_second_request_for_the_next_sets_the_step_timer_of_the_running_execution(
    aws: Aws,
) -> None:
    aws.job("j1", "t1")
    aws.device.start_next_pending_job_execution(thingName="t1")
    aws.device.start_next_pending_job_execution(thingName="t1", stepTimeoutInMinutes=10)
    assert aws.execution("t1", "j1")["versionNumber"] == 2
    assert_times_out_in(aws, 10)


@pytest.mark.parametrize("minutes", [0, -2, 10081])
def test_a_step_lasts_a_minute_to_a_week(aws: Aws, minutes: int) -> None:
    aws.job("j1", "t1")
    call = aws.device.update_job_execution
    members: dict[str, Any] = {"thingName": "t1", "jobId": "j1", "status": "IN_PROGRESS"}
    aws.raises("InvalidRequestException", 400, call, **members, stepTimeoutInMinutes=minutes)
    assert status(aws) == "QUEUED"


@pytest.mark.parametrize("ending", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_both_timers_end_with_the_execution(aws: Aws, ending: str) -> None:
    timed(aws, 10)
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=5)
    aws.report("t1", "j1", ending)
    aws.advance(days=1)
    assert status(aws) == ending


def test_a_canceled_execution_does_not_time_out(aws: Aws) -> None:
    timed(aws, 10)
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.iot.cancel_job_execution(thingName="t1", jobId="j1", force=True)
    aws.advance(days=1)
    assert status(aws) == "CANCELED"


def test_a_running_execution_of_a_canceled_job_still_times_out(aws: Aws) -> None:
    timed(aws, 10)
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.iot.cancel_job(jobId="j1")
    assert_times_out_in(aws, 10)
    assert aws.status("j1") == "CANCELED"


def test_a_deleted_execution_leaves_no_timer_behind(aws: Aws) -> None:
    aws.job(
        "j1",
        aws.group("g1", "t1"),
        targetSelection="CONTINUOUS",
        timeoutConfig={"inProgressTimeoutInMinutes": 10},
    )
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.iot.delete_job_execution(thingName="t1", jobId="j1", executionNumber=1, force=True)
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    aws.advance(days=1)
    assert status(aws) == "QUEUED"
