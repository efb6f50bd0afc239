"""The control plane's operations on jobs."""

from __future__ import annotations

from .creation import Sources, check_document_update, new_job
from .errors import (
    InvalidRequest,
    JobNotAssociable,
    JobNotCancelable,
    JobNotDeletable,
    JobNotUpdatable,
    ThingGroupNotFound,
    TooManyDeletions,
    TooManyTargets,
)
from .job import Job
from .lifecycle import JobLifecycle
from .listing import PAGE_SIZE, page_token, position
from .membership import GroupMembership
from .setting_checks import check_retry_update, check_update
from .settings import JobRequest, JobSettings, JobUpdate, TargetSelection
from .sorted_index import page
from .states import JobAct, JobStatus, Outcome, job_move
from .store import Store
from .targets import find_targets


class JobOperations:
    """Operations on the jobs of one account and region.

    Args:
        store: the jobs.
        lifecycle: carries out the consequences of an operation.
        membership: adds groups to jobs.
        sources: origin of job documents.
    """

    def __init__(
        self,
        store: Store,
        lifecycle: JobLifecycle,
        membership: GroupMembership,
        sources: Sources,
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._membership = membership
        self._sources = sources

    def create_job(self, request: JobRequest, now: int) -> Job:
        """Create a job and roll it out, or schedule it. Raises what `creation.new_job` raises."""
        job = new_job(self._store, self._sources, request, now)
        self._store.add_job(job)
        self._lifecycle.launch(job, now)
        return job

    def describe_job(self, job_id: str, now: int) -> Job:
        """Return a job.

        While it is being deleted this counts as a description for the deletion's pace.

        Raises:
            JobNotFound: no such job.
        """
        job = self._store.job(job_id)
        deletion = self._store.deletions.get(job_id)
        if deletion is not None:
            deletion.described += 1
            deletion.described_at = now
        return job

    def find_job(self, job_id: str) -> Job:
        """Return a job without describing it. Raises JobNotFound."""
        return self._store.job(job_id)

    def list_jobs(
        self,
        *,
        status: JobStatus | None = None,
        target_selection: TargetSelection | None = None,
        thing_group_name: str | None = None,
        thing_group_id: str | None = None,
        namespace_id: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[Job], str | None]:
        """Return a page of the jobs that match every filter, and the token of the next page.

        The oldest comes first.

        SCHEDULED jobs are missing from a list filtered by a group (seen by users of AWS).

        Raises:
            InvalidRequest: the token is not one of this list.
            ThingGroupNotFound: no such group.
        """
        after = position(next_token, "jobs")
        statuses = frozenset(JobStatus) if status is None else frozenset({status})
        group = self._group(thing_group_name, thing_group_id)
        if group is not None:
            statuses -= {JobStatus.SCHEDULED}
        found = self._store.listing.matching(
            statuses, target_selection, group, namespace_id, after[0] if after else None
        )
        jobs, more = page(found, max_results or PAGE_SIZE)
        return jobs, page_token("jobs", jobs[-1].order) if more else None

    def _group(self, name: str | None, group_id: str | None) -> str | None:
        registry = self._store.registry
        if group_id is not None:
            found = registry.group_with_id(group_id)
            if found is None or name not in (None, found):
                raise ThingGroupNotFound(name or group_id)
            return found
        if name is not None and registry.group_id(name) is None:
            raise ThingGroupNotFound(name)
        return name

    def update_job(self, update: JobUpdate, now: int) -> None:
        """Replace settings of a job.

        A new timeout is for executions that start afterwards.

        Raises:
            InvalidRequest: nothing or something wrong to update.
            JobNotFound: no such job.
            JobNotUpdatable: the job has finished or is being deleted.
        """
        check_update(update.job_id, update)
        job = self._store.job(update.job_id)
        if job_move(JobAct.UPDATE, job.status) is Outcome.ERROR:
            raise JobNotUpdatable(job.job_id, job.status)
        check_retry_update(
            update.job_executions_retry_config, job.settings.job_executions_retry_config
        )
        check_document_update(job, update)
        job.settings = JobSettings.of(update).over(job.settings)
        if update.description is not None:
            job.description = update.description
        job.last_updated_at = now

    def cancel_job(
        self,
        job_id: str,
        now: int,
        *,
        force: bool = False,
        comment: str | None = None,
        reason_code: str | None = None,
    ) -> Job:
        """Cancel a job.

        By force, executions in progress too.

        Raises:
            JobNotFound: no such job.
            JobNotCancelable: the job has finished or is being deleted.
        """
        job = self._store.job(job_id)
        move = job_move(JobAct.CANCEL, job.status)
        if not isinstance(move, JobStatus):
            raise JobNotCancelable(job_id, job.status)
        self._lifecycle.cancel(
            job, move, now, comment=comment, reason_code=reason_code, force=force
        )
        return job

    def delete_job(self, job_id: str, now: int, *, force: bool = False) -> None:
        """Begin to delete a job and its executions.

        How long it takes is up to the deletion pace.

        Raises:
            JobNotFound: no such job.
            JobNotDeletable: the job is not terminal and force is not given, or it is being deleted
                already.
            TooManyDeletions: as many jobs as allowed (ten) are being deleted already; the job is
                left as it is.
        """
        job = self._store.job(job_id)
        move = job_move(JobAct.DELETE_FORCE if force else JobAct.DELETE, job.status)
        if not isinstance(move, JobStatus):
            with_force = job_move(JobAct.DELETE_FORCE, job.status)
            raise JobNotDeletable(
                job_id, job.status, force_would_do=isinstance(with_force, JobStatus)
            )
        most = self._store.limits.jobs_in_deletion
        if len(self._store.deletions) >= most:
            raise TooManyDeletions(job_id, most)
        self._lifecycle.begin_deletion(job, move, now)

    def associate_targets_with_job(
        self, job_id: str, targets: tuple[str, ...], now: int, *, comment: str | None = None
    ) -> Job:
        """Add thing groups to a CONTINUOUS job in progress.

        Raises:
            JobNotFound, ThingGroupNotFound: no such job or group.
            JobNotAssociable: the job is not CONTINUOUS, not in progress, or past its endTime.
            InvalidRequest: a target is not a thing group.
            TooManyTargets: more in all than a job may have (100).
        """
        job = self._store.job(job_id)
        follows = job.is_continuous and not job.ended
        if not follows or job_move(JobAct.ASSOCIATE, job.status) is Outcome.ERROR:
            raise JobNotAssociable(job_id, job.status, job.target_selection)
        found = find_targets(targets, self._store.location, self._store.registry)
        for target in found:
            if not target.is_group:
                raise InvalidRequest(f"Target {target.arn} is not a thing group.")
        known = {target.arn for target in job.targets}
        new = [target for target in found if target.arn not in known]
        most = self._store.limits.targets_per_job
        if len(job.targets) + len(new) > most:
            raise TooManyTargets(job_id, most)
        self._membership.add_targets(job, new, now)
        if comment is not None:
            job.comment = comment
        job.last_updated_at = now
        return job
