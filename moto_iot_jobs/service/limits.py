"""Limits on the jobs, targets and templates of one account and region."""

from __future__ import annotations

from .record import Record
from .targets import MOST_TARGETS
from .templates.template import MOST_TEMPLATES

# API reference, DeleteJob: "Only 10 jobs may have status DELETION_IN_PROGRESS at the same time".
MOST_DELETIONS = 10


class Limits(Record):
    """The quotas of one account and region.

    None is no limit.

    Attributes:
        active_jobs: jobs that are SCHEDULED or IN_PROGRESS.
        concurrent_jobs: jobs that roll out at the same time; further ones wait (AWS IoT developer
            guide, job-limits).
        concurrent_jobs_at_creation: the same number, above which CreateJob fails (AWS IoT developer
            guide, jobs-troubleshooting).
        jobs_in_deletion: jobs in DELETION_IN_PROGRESS.
        targets_per_job: targets of one job.
        job_templates: the account's own templates.
    """

    active_jobs: int | None = None
    concurrent_jobs: int | None = None
    concurrent_jobs_at_creation: int | None = None
    jobs_in_deletion: int = MOST_DELETIONS
    targets_per_job: int = MOST_TARGETS
    job_templates: int = MOST_TEMPLATES
