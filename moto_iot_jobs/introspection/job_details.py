"""Settings, document and targets of one job, for the dashboard."""

from __future__ import annotations

from itertools import islice
from typing import Any

from moto_iot_jobs.iot import serializers
from moto_iot_jobs.service.job import Job

# Far more than is read; the number of all stands beside them.
MOST_THINGS = 20

_MEMBERS = (
    "jobArn",
    "presignedUrlConfig",
    "jobExecutionsRolloutConfig",
    "abortConfig",
    "timeoutConfig",
    "jobExecutionsRetryConfig",
    "schedulingConfig",
    "scheduledJobRollouts",
    "namespaceId",
    "jobTemplateArn",
    "documentParameters",
    "destinationPackageVersions",
)


def job_details(job: Job, now: int) -> dict[str, Any]:
    """Return the settings that a job was given, by AWS's names, and what its rollout waits for.

    Args:
        job: the job.
        now: milliseconds since the epoch.

    Returns:
        Members of DescribeJob that are set, and `targets`, `document`, `documentSource`, `tags`,
        `waitingThings` (the first things that the rollout has not reached), `waitingRetries`.
    """
    shown = serializers.job(job, now)
    return {
        **{name: shown[name] for name in _MEMBERS if shown[name]},
        "targets": shown["targets"],
        "document": job.document.text,
        "documentSource": job.document_source,
        "tags": dict(job.tags),
        "waitingThings": list(islice(job.waiting, MOST_THINGS)),
        "waitingRetries": list(islice(job.retries_due, MOST_THINGS)),
    }
