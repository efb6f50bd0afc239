"""Serializers of the control plane: jobs, executions and templates as members.

Timestamps stay milliseconds; the wire writes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.scheduling.schedule import to_text
from moto_iot_jobs.service.states import ExecutionStatus
from moto_iot_jobs.service.targets import Location
from moto_iot_jobs.service.templates.template import JobTemplate
from moto_iot_jobs.wire import members

if TYPE_CHECKING:
    from moto_iot_jobs.service.templates.managed import ManagedJobTemplate

# DescribeJob shows the next seven starts of maintenance windows (botocore model,
# ScheduledJobRollout).
_ROLLOUTS_SHOWN = 7

_COUNTERS = {
    "numberOfCanceledThings": ExecutionStatus.CANCELED,
    "numberOfSucceededThings": ExecutionStatus.SUCCEEDED,
    "numberOfFailedThings": ExecutionStatus.FAILED,
    "numberOfRejectedThings": ExecutionStatus.REJECTED,
    "numberOfQueuedThings": ExecutionStatus.QUEUED,
    "numberOfInProgressThings": ExecutionStatus.IN_PROGRESS,
    "numberOfRemovedThings": ExecutionStatus.REMOVED,
    "numberOfTimedOutThings": ExecutionStatus.TIMED_OUT,
}


def job(job: Job, now: int, *, before_substitution: bool = False) -> dict[str, Any]:
    """Return a job as DescribeJob shows it.

    Some members are always there, others only when set (captured).

    Args:
        before_substitution: show `$default` where the request had it.
    """
    settings = job.settings
    return {
        "jobArn": job.arn,
        "jobId": job.job_id,
        "targetSelection": job.target_selection,
        "status": job.status,
        "forceCanceled": job.force_canceled,
        "reasonCode": job.reason_code,
        "comment": job.comment,
        "targets": [target.arn for target in job.targets],
        "description": job.description,
        "presignedUrlConfig": _config(settings.presigned_url_config) or {},
        "jobExecutionsRolloutConfig": _config(settings.job_executions_rollout_config) or {},
        "abortConfig": _config(settings.abort_config),
        "createdAt": job.created_at,
        "lastUpdatedAt": job.last_updated_at,
        "completedAt": job.completed_at,
        "jobProcessDetails": _process_details(job),
        "timeoutConfig": _config(settings.timeout_config) or {},
        "namespaceId": job.namespace_id,
        "jobTemplateArn": job.job_template_arn,
        "jobExecutionsRetryConfig": _config(settings.job_executions_retry_config),
        "documentParameters": job.document_parameters,
        "isConcurrent": job.is_concurrent,
        "schedulingConfig": _config(job.scheduling_config) or {},
        "scheduledJobRollouts": _scheduled_rollouts(job, now),
        "destinationPackageVersions": (
            job.destinations_before_substitution
            if before_substitution
            else job.destination_package_versions
        ),
    }


def _config(settings: Any) -> dict[str, Any] | None:
    return members(settings) if settings is not None else None


def _process_details(job: Job) -> dict[str, Any]:
    counts = job.counts()
    details: dict[str, Any] = {member: counts[status] for member, status in _COUNTERS.items()}
    if job.is_concurrent:
        details["processingTargets"] = [target.arn for target in job.targets]
    return details


def _scheduled_rollouts(job: Job, now: int) -> list[dict[str, str]] | None:
    if job.windows is None or job.ended:
        return None
    starts = job.windows.next_starts(max(now, (job.starts_at or 0) - 1), _ROLLOUTS_SHOWN)
    return [
        {"startTime": to_text(start)}
        for start in starts
        if job.ends_at is None or start < job.ends_at
    ]


def job_summary(job: Job, thing_group_id: str | None) -> dict[str, Any]:
    """Return a job as ListJobs shows it.

    The group's id is there only in a list filtered by a group (seen by users of AWS).
    """
    return {
        "jobArn": job.arn,
        "jobId": job.job_id,
        "thingGroupId": thing_group_id,
        "targetSelection": job.target_selection,
        "status": job.status,
        "createdAt": job.created_at,
        "lastUpdatedAt": job.last_updated_at,
        "completedAt": job.completed_at,
        "isConcurrent": job.is_concurrent,
    }


def job_reference(job: Job) -> dict[str, Any]:
    """Return the response of operations that change a job."""
    return {"jobArn": job.arn, "jobId": job.job_id, "description": job.description}


def job_execution(execution: JobExecution, location: Location, now: int) -> dict[str, Any]:
    """Return an execution as DescribeJobExecution shows it.

    statusDetails are always there (captured).
    """
    details = execution.status_details
    return {
        "jobId": execution.job_id,
        "status": execution.status,
        "forceCanceled": execution.force_canceled or None,
        "statusDetails": {"detailsMap": dict(details)} if details else {},
        "thingArn": location.arn("thing", execution.thing.name),
        "queuedAt": execution.queued_at,
        "startedAt": execution.started_at,
        "lastUpdatedAt": execution.last_updated_at,
        "executionNumber": execution.execution_number,
        "versionNumber": execution.version_number,
        "approximateSecondsBeforeTimedOut": execution.seconds_left(now),
    }


def job_execution_summary(execution: JobExecution) -> dict[str, Any]:
    """Return an execution as both lists of the control plane show it."""
    return {
        "status": execution.status,
        "queuedAt": execution.queued_at,
        "startedAt": execution.started_at,
        "lastUpdatedAt": execution.last_updated_at,
        "executionNumber": execution.execution_number,
        "retryAttempt": execution.retry_attempt,
    }


def job_template(template: JobTemplate) -> dict[str, Any]:
    """Return one of the account's templates as DescribeJobTemplate shows it."""
    windows = template.maintenance_windows
    return {
        "jobTemplateArn": template.job_template_arn,
        "jobTemplateId": template.job_template_id,
        "description": template.description,
        "documentSource": template.document_source,
        "document": template.document,
        "createdAt": template.created_at,
        "maintenanceWindows": (
            [members(window) for window in windows] if windows is not None else None
        ),
        "destinationPackageVersions": template.destination_package_versions,
        **members(template.settings),
    }


def managed_template_summary(template: ManagedJobTemplate, location: Location) -> dict[str, Any]:
    """Return one of AWS's templates as ListManagedJobTemplates shows it."""
    return {
        "templateArn": template.arn(location.partition, location.region),
        "templateName": template.name,
        "description": template.description,
        "environments": template.environments,
        "templateVersion": template.version,
    }


def managed_template(template: ManagedJobTemplate, location: Location) -> dict[str, Any]:
    """Return one of AWS's templates as DescribeManagedJobTemplate shows it."""
    return {
        **managed_template_summary(template, location),
        "documentParameters": [members(parameter) for parameter in template.parameters],
        "document": template.document,
    }
