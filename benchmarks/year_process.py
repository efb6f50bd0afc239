"""The process in which a clock is moved by a year.

Run as `python -m benchmarks.year_process`; see `processes.Child`.
"""

from __future__ import annotations

import gc
from datetime import timedelta

from moto_iot_jobs import clock, mock_iot
from moto_iot_jobs.introspection.history import history
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.settings import (
    FailureType,
    JobExecutionsRetryConfig,
    JobRequest,
    MaintenanceWindow,
    RetryCriteria,
    SchedulingConfig,
    TargetSelection,
    TimeoutConfig,
)
from moto_iot_jobs.service.states import ExecutionStatus

from .processes import REGION, answering
from .sampling import seconds_of
from .stored import ACCOUNT, GROUP, put_things

_DAY_MINUTES = 24 * 60


class Year:
    """Jobs whose windows open and close daily, and executions that time out and are tried again."""

    def move(self, jobs: int, timers: int, days: int, *, listening: bool) -> dict[str, float]:
        """Move the clock; return the seconds that it took, and how much happened.

        Args:
            jobs: each with a daily window of its own, and with an execution that no device ever
                takes, so that each opening and closing changes what a device can see.
            timers: executions that time out, each at its own time, and are queued anew.
            listening: whether messages and histories are recorded.
        """
        with mock_iot():
            if listening:
                message_log.start()
                history.start()
            clock.freeze()
            service = find_jobs(ACCOUNT, REGION)
            put_things(REGION, [f"thing-{number:06}" for number in range(timers)], GROUP)
            for number in range(jobs):
                _create_with_window(service, number)
            _create_with_timers(service, timers)
            clock.advance(days=2)
            # Or what was done before, for another time, is looked through by a collection in here.
            gc.collect()
            seconds = seconds_of(lambda: clock.advance(days=days))
            _check(service, jobs, timers)
        return {"seconds": seconds, "happenings": 2 * (days * jobs + timers)}


def _create_with_window(service: JobsService, number: int) -> None:
    start = clock.now() + timedelta(hours=1)
    hour, minute = divmod(number % _DAY_MINUTES, 60)
    request = JobRequest(
        job_id=f"window-{number}",
        targets=(service.location.arn("thing", f"thing-{number:06}"),),
        document="{}",
        target_selection=TargetSelection.CONTINUOUS,
        scheduling_config=SchedulingConfig(
            start_time=f"{start:%Y-%m-%dT%H:%M}",
            maintenance_windows=(MaintenanceWindow(f"cron({minute} {hour} * * ? *)", 60),),
        ),
    )
    service.control_plane.create_job(request, runtime.clock.now())


def _create_with_timers(service: JobsService, timers: int) -> None:
    """Have each thing work on an execution that times out on the fourth day, each at its time."""
    request = JobRequest(
        job_id="timers",
        targets=(service.location.arn("thinggroup", GROUP),),
        document="{}",
        timeout_config=TimeoutConfig(4 * _DAY_MINUTES),
        job_executions_retry_config=JobExecutionsRetryConfig(
            (RetryCriteria(FailureType.TIMED_OUT, 1),)
        ),
    )
    service.control_plane.create_job(request, runtime.clock.now())
    clock.advance(minutes=timers // 1000 + 1)
    now = runtime.clock.now()
    for number in range(timers):
        service.data_plane.start_next_pending_job_execution(
            f"thing-{number:06}", now, step_timeout_in_minutes=3 * _DAY_MINUTES + number % 1440
        )


def _check(service: JobsService, jobs: int, timers: int) -> None:
    counts = service.store.jobs["timers"].counts()
    queued = sum(
        service.store.jobs[f"window-{number}"].count(ExecutionStatus.QUEUED)
        for number in range(jobs)
    )
    if (counts[ExecutionStatus.TIMED_OUT], queued) != (timers, jobs):
        raise AssertionError(f"{counts} and {queued} executions that wait for windows")


if __name__ == "__main__":
    answering(Year())
