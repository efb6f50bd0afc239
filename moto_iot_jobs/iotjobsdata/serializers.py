"""Executions as members of the data plane.

Moments are whole seconds here (botocore model, iot-jobs-data).
"""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.service.execution import JobExecution


def _seconds(moment: int | None) -> int | None:
    return moment // 1000 if moment is not None else None


def summary(execution: JobExecution) -> dict[str, Any]:
    """Return an execution as GetPendingJobExecutions shows it: without status."""
    return {
        "jobId": execution.job_id,
        "queuedAt": _seconds(execution.queued_at),
        "startedAt": _seconds(execution.started_at),
        "lastUpdatedAt": _seconds(execution.last_updated_at),
        "versionNumber": execution.version_number,
        "executionNumber": execution.execution_number,
    }


def job_execution(execution: JobExecution, document: str | None, now: int) -> dict[str, Any]:
    """Return an execution as a device sees it; statusDetails only once any were set (captured).

    Args:
        document: the job document as JSON text, or None where the device did not ask for it.
    """
    return {
        **summary(execution),
        "thingName": execution.thing.name,
        "status": execution.status,
        "statusDetails": execution.status_details,
        "approximateSecondsBeforeTimedOut": execution.seconds_left(now),
        "jobDocument": document,
    }


def execution_state(execution: JobExecution) -> dict[str, Any]:
    """Return an execution's state as UpdateJobExecution answers it."""
    return {
        "status": execution.status,
        "statusDetails": execution.status_details,
        "versionNumber": execution.version_number,
    }
