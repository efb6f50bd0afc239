"""Serializers of the data plane: executions in responses, notifications and rejections.

Timestamps are whole seconds here (botocore model, iot-jobs-data). The order of members is that of
AWS's messages over MQTT (captured).
"""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.service.events import PendingExecution
from moto_iot_jobs.service.execution import JobExecution


def seconds(timestamp: int | None) -> int | None:
    """Return milliseconds as whole seconds."""
    return timestamp // 1000 if timestamp is not None else None


def summary(execution: JobExecution | PendingExecution) -> dict[str, Any]:
    """Return an execution as GetPendingJobExecutions and notify show it: without status."""
    return {
        "jobId": execution.job_id,
        "queuedAt": seconds(execution.queued_at),
        "lastUpdatedAt": seconds(execution.last_updated_at),
        "startedAt": seconds(execution.started_at),
        "executionNumber": execution.execution_number,
        "versionNumber": execution.version_number,
    }


def job_execution(
    execution: JobExecution | PendingExecution, document: str | None, now: int
) -> dict[str, Any]:
    """Return an execution as a device sees it.

    StatusDetails only once any were set (captured).

    Args:
        execution: which one; its thingName is for the response over HTTPS alone.
        document: the job document as JSON text, or None where it is not wanted.
        now: milliseconds since the epoch, for the time that is left.
    """
    return {
        "jobId": execution.job_id,
        "status": execution.status,
        "statusDetails": execution.status_details,
        "queuedAt": seconds(execution.queued_at),
        "startedAt": seconds(execution.started_at),
        "lastUpdatedAt": seconds(execution.last_updated_at),
        "versionNumber": execution.version_number,
        "executionNumber": execution.execution_number,
        "approximateSecondsBeforeTimedOut": execution.seconds_left(now),
        "jobDocument": document,
    }


def execution_state(execution: JobExecution) -> dict[str, Any]:
    """Return an execution's state as UpdateJobExecution and some rejections show it."""
    return {
        "status": execution.status,
        "statusDetails": execution.status_details,
        "versionNumber": execution.version_number,
    }
