"""What the second model shows: the members of answers and messages, as AWS's pages list them.

Timestamps are in the units of their place: milliseconds for what boto3 gives as datetimes, seconds for
devices.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import calendar
from .calendar import DAY

if TYPE_CHECKING:
    from .account import Account, Execution, Job

COUNTED = {
    "numberOfCanceledThings": "CANCELED",
    "numberOfSucceededThings": "SUCCEEDED",
    "numberOfFailedThings": "FAILED",
    "numberOfRejectedThings": "REJECTED",
    "numberOfQueuedThings": "QUEUED",
    "numberOfInProgressThings": "IN_PROGRESS",
    "numberOfRemovedThings": "REMOVED",
    "numberOfTimedOutThings": "TIMED_OUT",
}
IN_EVENTS = {
    name: status for name, status in COUNTED.items() if status not in {"QUEUED", "IN_PROGRESS"}
}
STATUSES_OF_EVENTS = {
    "completed": "COMPLETED",
    "canceled": "CANCELED",
    "cancellation_in_progress": "CANCELLATION_IN_PROGRESS",
    "deletion_in_progress": "DELETION_IN_PROGRESS",
    "deleted": "DELETED",
}
LISTED = 15
LISTED_WITHOUT_SCHEDULE = 10


def given(**members: Any) -> dict[str, Any]:
    """Keep the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


# What the owner sees.


def counters(account: Account, job: Job, names: dict[str, str]) -> dict[str, int]:
    """Count the executions of a job."""
    statuses = [one.status for one in account.of(job)]
    return {name: statuses.count(status) for name, status in names.items()}


def rolling_out(job: Job) -> bool:
    """Return whether things wait for the rollout of a job in progress."""
    return job.status == "IN_PROGRESS" and bool(job.waiting)


def job_in_list(job: Job) -> dict[str, Any]:
    """Show a job as lists do."""
    return given(
        jobArn=job.arn,
        jobId=job.id,
        targetSelection=job.request.get("targetSelection", "SNAPSHOT"),
        status=job.status,
        createdAt=job.created,
        lastUpdatedAt=job.updated,
        completedAt=job.completed,
        isConcurrent=rolling_out(job),
    )


def job(account: Account, job: Job) -> dict[str, Any]:
    """Show a job as DescribeJob does."""
    details: dict[str, Any] = counters(account, job, COUNTED)
    if rolling_out(job):
        details["processingTargets"] = job.targets
    request = job.request
    return job_in_list(job) | given(
        targets=job.targets,
        jobProcessDetails=details,
        presignedUrlConfig=request.get("presignedUrlConfig", {}),
        jobExecutionsRolloutConfig=request.get("jobExecutionsRolloutConfig", {}),
        timeoutConfig=request.get("timeoutConfig", {}),
        schedulingConfig=job.schedule,
        abortConfig=request.get("abortConfig"),
        jobExecutionsRetryConfig=request.get("jobExecutionsRetryConfig"),
        destinationPackageVersions=request.get("destinationPackageVersions"),
        description=request.get("description"),
        jobTemplateArn=request.get("jobTemplateArn"),
        comment=job.comment,
        reasonCode=job.reason,
        forceCanceled=job.forced,
        scheduledJobRollouts=next_windows(account, job) if job.windows and not job.over else None,
    )


def next_windows(account: Account, job: Job) -> list[dict[str, str]] | None:
    """List the next seven openings of a job's windows; whether a job that was canceled has any,
    nobody knows.
    """
    first = max(account.at + 1, calendar.in_milliseconds(job.schedule["startTime"]))
    last = (
        calendar.in_milliseconds(job.schedule["endTime"]) - 1
        if "endTime" in job.schedule
        else first + 60 * DAY
    )
    found = {
        timestamp for window in job.windows for timestamp in calendar.openings(window, first, last)
    }
    return [{"startTime": calendar.in_words(timestamp)} for timestamp in sorted(found)[:7]]


def summary(execution: Execution) -> dict[str, Any]:
    """Show an execution as the owner's lists do."""
    return given(
        status=execution.status,
        queuedAt=execution.queued,
        startedAt=execution.started,
        lastUpdatedAt=execution.updated,
        executionNumber=execution.number,
        retryAttempt=execution.attempt,
    )


def execution(account: Account, execution: Execution) -> dict[str, Any]:
    """Show an execution as the owner's DescribeJobExecution does."""
    return given(
        jobId=execution.job.id,
        status=execution.status,
        forceCanceled=True if execution.forced else None,
        statusDetails={"detailsMap": execution.details} if execution.details else {},
        thingArn=f"{execution.job.arn.partition('job/')[0]}thing/{execution.thing}",
        queuedAt=execution.queued,
        startedAt=execution.started,
        lastUpdatedAt=execution.updated,
        executionNumber=execution.number,
        versionNumber=execution.version,
        approximateSecondsBeforeTimedOut=seconds_left(account, execution),
    )


# What the device sees.


def seconds(timestamp: int | None) -> int | None:
    """Return a timestamp in whole seconds."""
    return None if timestamp is None else timestamp // 1000


def seconds_left(account: Account, execution: Execution) -> int | None:
    """Tell how long an execution has before it times out."""
    ends = execution.ends
    return None if ends is None else (ends - account.at) // 1000


def document(execution: Execution) -> Any:
    """Read the document of an execution's job."""
    return json.loads(execution.job.request["document"])


def pending_one(execution: Execution) -> dict[str, Any]:
    """Show an execution as the device's lists do."""
    return given(
        jobId=execution.job.id,
        queuedAt=seconds(execution.queued),
        startedAt=seconds(execution.started),
        lastUpdatedAt=seconds(execution.updated),
        executionNumber=execution.number,
        versionNumber=execution.version,
    )


def pending(account: Account, thing: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Show what is in progress on a thing and what is queued, as far as lists go."""
    in_progress, queued, unscheduled = [], [], 0
    for one in account.pending(thing):
        if one.status == "IN_PROGRESS":
            in_progress.append(pending_one(one))
        else:
            scheduled = "startTime" in one.job.schedule or "endTime" in one.job.schedule
            if scheduled or unscheduled < LISTED_WITHOUT_SCHEDULE:
                unscheduled += not scheduled
                queued.append(pending_one(one))
    return in_progress[:LISTED], queued[:LISTED]


def to_device(account: Account, execution: Execution, with_document: bool = True) -> dict[str, Any]:
    """Show an execution as topics do; HTTPS adds the thing's name, and writes the document as a
    string.
    """
    return given(
        jobId=execution.job.id,
        status=execution.status,
        statusDetails=execution.details,
        queuedAt=seconds(execution.queued),
        startedAt=seconds(execution.started),
        lastUpdatedAt=seconds(execution.updated),
        versionNumber=execution.version,
        executionNumber=execution.number,
        approximateSecondsBeforeTimedOut=seconds_left(account, execution),
        jobDocument=document(execution) if with_document else None,
    )


def state(execution: Execution) -> dict[str, Any]:
    """Show an execution as answers to reports do."""
    return given(
        status=execution.status, statusDetails=execution.details, versionNumber=execution.version
    )


# What is told.


def notify(account: Account, thing: str) -> dict[str, Any]:
    """Tell a thing what is pending."""
    in_progress, queued = pending(account, thing)
    jobs = given(IN_PROGRESS=in_progress or None, QUEUED=queued or None)
    return {"timestamp": seconds(account.at), "jobs": jobs}


def notify_next(account: Account, front: Execution | None) -> dict[str, Any]:
    """Tell a thing what comes first."""
    return given(
        timestamp=seconds(account.at), execution=to_device(account, front) if front else None
    )


def job_event(account: Account, job: Job, operation: str) -> dict[str, Any]:
    """Tell what has become of a job."""
    canceled = operation in {"canceled", "cancellation_in_progress"}
    return given(
        eventType="JOB",
        timestamp=seconds(account.at),
        operation=operation,
        jobId=job.id,
        status=STATUSES_OF_EVENTS[operation],
        targetSelection=job.request.get("targetSelection", "SNAPSHOT"),
        targets=job.targets,
        description=job.request.get("description"),
        completedAt=job.completed if operation == "completed" else None,
        createdAt=job.created,
        lastUpdatedAt=job.updated,
        comment=job.comment if operation != "completed" else None,
        reasonCode=job.reason if canceled else None,
        forceCanceled=job.forced if canceled else None,
        jobProcessDetails=counters(account, job, IN_EVENTS)
        if operation in {"completed", "canceled"}
        else None,
    )


def execution_event(account: Account, execution: Execution, status: str) -> dict[str, Any]:
    """Tell what has become of an execution."""
    return given(
        eventType="JOB_EXECUTION",
        timestamp=seconds(account.at),
        operation=status.lower(),
        jobId=execution.job.id,
        thingArn=f"{execution.job.arn.partition('job/')[0]}thing/{execution.thing}",
        status=status,
        executionNumber=execution.number,
        forceCanceled=execution.forced if status == "CANCELED" else None,
        statusDetails=execution.details or None,
    )
