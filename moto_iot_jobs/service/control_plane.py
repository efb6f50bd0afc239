"""The control plane: every operation on jobs, executions and templates that AWS offers to those
who run a fleet.

Each operation is given `now` (milliseconds since the epoch) and first lets happen what is due by
then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .creation import Sources, check_document_update, new_job, settings_of
from .errors import (
    InvalidRequest,
    JobExecutionNotCancelable,
    JobExecutionNotDeletable,
    JobExecutionNotFound,
    JobNotAssociable,
    JobNotCancelable,
    JobNotDeletable,
    JobNotFound,
    JobNotUpdatable,
    JobOfExecutionNotFound,
    ThingGroupNotFound,
    ThingNotFound,
    TooManyDeletions,
    TooManyTargets,
    VersionMismatch,
)
from .execution import JobExecution
from .job import Job
from .lifecycle import JobLifecycle
from .listing import PAGE_SIZE, position, token
from .settings import (
    JobRequest,
    JobUpdate,
    TargetSelection,
    check_retry_update,
    check_status_details,
    check_update,
)
from .sorted_index import page
from .states import Act, ExecutionStatus, JobAct, JobStatus, Outcome, execution_move, job_move
from .store import Store
from .targets import find_targets


class ControlPlane:
    """The owner's operations of one account and region.

    Args:
        store: what is kept.
        course: what happens by itself.
        sources: where job documents come from.
        delete_queued_needs_force: whether to read DeleteJobExecution as its API page says it (see
            `states`).
    """

    def __init__(
        self,
        store: Store,
        lifecycle: JobLifecycle,
        sources: Sources,
        *,
        delete_queued_needs_force: Callable[[], bool] = bool,
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._sources = sources
        self._delete_queued_needs_force = delete_queued_needs_force

    # Jobs

    def create_job(self, request: JobRequest, now: int) -> Job:
        """Create a job and roll it out, or schedule it. Raises what `creation.new_job` raises."""
        self._lifecycle.run_due_timers(now)
        job = new_job(self._store, self._sources, request, now)
        self._store.add_job(job)
        self._lifecycle.launch(job, now)
        return job

    def describe_job(self, job_id: str, now: int) -> Job:
        """Return a job; while it is being deleted this counts as a description for the deletion's
        pace.

        Raises:
            JobNotFound: no such job.
        """
        self._lifecycle.run_due_timers(now)
        job = self._job(job_id)
        deletion = self._store.deletions.get(job_id)
        if deletion is not None:
            deletion.described += 1
            deletion.described_at = now
        return job

    def find_job(self, job_id: str, now: int) -> Job:
        """Return a job without describing it. Raises JobNotFound."""
        self._lifecycle.run_due_timers(now)
        return self._job(job_id)

    def list_jobs(
        self,
        now: int,
        *,
        status: JobStatus | None = None,
        target_selection: TargetSelection | None = None,
        thing_group_name: str | None = None,
        thing_group_id: str | None = None,
        namespace_id: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[Job], str | None]:
        """Return a page of the jobs that match every filter, oldest first, and the token of the
        next page.

        SCHEDULED jobs are missing from a list filtered by a group (seen by users of AWS).

        Raises:
            InvalidRequest: the token is not one of this list.
            ThingGroupNotFound: no such group.
        """
        self._lifecycle.run_due_timers(now)
        after = position(next_token, "jobs")
        statuses = frozenset(JobStatus) if status is None else frozenset({status})
        listing = self._store.listing
        group = self._group(thing_group_name, thing_group_id)
        if group is not None:
            statuses -= {JobStatus.SCHEDULED}
            listing = self._store.group_listings.get(group, type(listing)())
        found = listing.matching(
            statuses, target_selection, namespace_id, after[0] if after else None
        )
        jobs, more = page(found, max_results or PAGE_SIZE)
        return jobs, token("jobs", jobs[-1].order) if more else None

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
        """Replace settings of a job; a new timeout is for executions that start afterwards.

        Raises:
            InvalidRequest: nothing or something wrong to update.
            JobNotFound: no such job.
            JobNotUpdatable: the job has finished or is being deleted.
        """
        self._lifecycle.run_due_timers(now)
        check_update(update.job_id, update)
        job = self._job(update.job_id)
        if job_move(JobAct.UPDATE, job.status) is Outcome.REFUSED:
            raise JobNotUpdatable(job.job_id, job.status)
        check_retry_update(
            update.job_executions_retry_config, job.settings.job_executions_retry_config
        )
        check_document_update(job, update)
        job.settings = settings_of(update).over(job.settings)
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
        """Cancel a job; by force, executions in progress too.

        Raises:
            JobNotFound: no such job.
            JobNotCancelable: the job has finished or is being deleted.
        """
        self._lifecycle.run_due_timers(now)
        job = self._job(job_id)
        move = job_move(JobAct.CANCEL, job.status)
        if not isinstance(move, JobStatus):
            raise JobNotCancelable(job_id, job.status)
        self._lifecycle.cancel(
            job, move, now, comment=comment, reason_code=reason_code, force=force
        )
        return job

    def delete_job(self, job_id: str, now: int, *, force: bool = False) -> None:
        """Begin to delete a job and its executions; how long it takes is up to the deletion pace.

        Raises:
            JobNotFound: no such job.
            JobNotDeletable: the job is not terminal and force is not given, or it is being deleted
                already.
            TooManyDeletions: as many jobs as allowed (ten) are being deleted already; the job is
                left as it is.
        """
        self._lifecycle.run_due_timers(now)
        job = self._job(job_id)
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
        self._lifecycle.run_due_timers(now)
        job = self._job(job_id)
        follows = job.is_continuous and not job.ended
        if not follows or job_move(JobAct.ASSOCIATE, job.status) is Outcome.REFUSED:
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
        self._lifecycle.add_targets(job, new, now)
        if comment is not None:
            job.comment = comment
        job.last_updated_at = now
        return job

    # Executions

    def describe_job_execution(
        self, thing: str, job_id: str, number: int | None, now: int
    ) -> JobExecution:
        """Return a thing's execution of a job: the one with that number, or its newest.

        Raises:
            JobOfExecutionNotFound: no such job.
            JobExecutionNotFound: no such thing, execution or number.
        """
        self._lifecycle.run_due_timers(now)
        return self._execution(thing, job_id, number)[1]

    def list_job_executions_for_job(
        self,
        job_id: str,
        now: int,
        *,
        status: ExecutionStatus | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[JobExecution], str | None]:
        """Return a page of a job's executions, most recently changed first, and the token of the
        next page.

        Raises:
            JobNotFound: no such job.
            InvalidRequest: the token is not one of this list.
        """
        self._lifecycle.run_due_timers(now)
        job = self._job(job_id)
        listing = f"job:{job_id}"
        below = position(next_token, listing)
        found = job.recent_executions(status, below[0] if below else None)
        executions, more = page(found, max_results or PAGE_SIZE)
        return executions, token(listing, executions[-1].change_number) if more else None

    def list_job_executions_for_thing(
        self,
        thing: str,
        now: int,
        *,
        status: ExecutionStatus | None = None,
        namespace_id: str | None = None,
        job_id: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[JobExecution], str | None]:
        """Return a page of a thing's executions, newest job first and newest number first, and the
        next page's token.

        Raises:
            ThingNotFound: no such thing, and no execution of a thing that was deleted.
            InvalidRequest: the token is not one of this list.
        """
        self._lifecycle.run_due_timers(now)
        executions = self._store.things.get(thing)
        if executions is None and not self._store.registry.has_thing(thing):
            raise ThingNotFound(thing)
        listing = f"thing:{thing}"
        below = position(next_token, listing)
        if below is not None and len(below) != 2:
            raise InvalidRequest("Next token is invalid.")
        place = (below[0], below[1]) if below else None
        source = executions.listing(namespace_id) if executions is not None else None
        if source is None:
            return [], None
        job = self._store.jobs.get(job_id) if job_id is not None else None
        if job_id is not None and (job is None or namespace_id not in (None, job.namespace_id)):
            return [], None
        found = job.executions_of(thing, status, place) if job else source.descending(status, place)
        shown, more = page(found, max_results or PAGE_SIZE)
        return shown, token(
            listing, shown[-1].job_order, shown[-1].execution_number
        ) if more else None

    def cancel_job_execution(
        self,
        thing: str,
        job_id: str,
        now: int,
        *,
        force: bool = False,
        expected_version: int | None = None,
        status_details: Mapping[str, str] | None = None,
    ) -> None:
        """Cancel a thing's newest execution of a job.

        Raises:
            JobOfExecutionNotFound, JobExecutionNotFound: no such job, thing or execution.
            VersionMismatch: the execution has another version than expected.
            JobExecutionNotCancelable: it has finished, or is in progress and force is not given.
        """
        self._lifecycle.run_due_timers(now)
        check_status_details(status_details)
        job, execution = self._execution(thing, job_id, None)
        self._check_version(execution, expected_version)
        act = Act.CANCEL_EXECUTION_FORCE if force else Act.CANCEL_EXECUTION
        move = execution_move(act, execution.status)
        job_allows = job_move(JobAct.CANCEL_EXECUTION, job.status) is not Outcome.REFUSED
        if not job_allows or not isinstance(move, ExecutionStatus):
            with_force = execution_move(Act.CANCEL_EXECUTION_FORCE, execution.status)
            raise JobExecutionNotCancelable(
                thing,
                job_id,
                execution.status,
                execution.version_number,
                force_would_do=job_allows and with_force is not Outcome.REFUSED,
            )
        self._store.move(job, execution, move, now, act, details=status_details, force=force)
        self._lifecycle.on_execution_closed(job, execution, now)

    def delete_job_execution(
        self, thing: str, job_id: str, number: int, now: int, *, force: bool = False
    ) -> None:
        """Delete one execution; its number may be given out again.

        Raises:
            InvalidRequest: the number is below 1.
            JobOfExecutionNotFound, JobExecutionNotFound: no such job, thing or number.
            JobExecutionNotDeletable: it is in progress and force is not given.
        """
        self._lifecycle.run_due_timers(now)
        if number < 1:
            raise InvalidRequest("Execution number is invalid.")
        job, execution = self._execution(thing, job_id, number)
        act = Act.DELETE_EXECUTION_FORCE if force else Act.DELETE_EXECUTION
        move = execution_move(
            act, execution.status, delete_queued_needs_force=self._delete_queued_needs_force()
        )
        if move is Outcome.REFUSED:
            raise JobExecutionNotDeletable(
                thing, job_id, execution.status, execution.version_number
            )
        self._store.delete(job, execution, now)
        if job.is_continuous and thing not in job.executions:
            job.cleared.add(thing)
        self._lifecycle.on_execution_closed(job, execution, now)

    def _job(self, job_id: str) -> Job:
        job = self._store.jobs.get(job_id)
        if job is None:
            raise JobNotFound(job_id)
        return job

    def _execution(self, thing: str, job_id: str, number: int | None) -> tuple[Job, JobExecution]:
        job = self._store.jobs.get(job_id)
        if job is None:
            raise JobOfExecutionNotFound(job_id)
        execution = job.find(thing, number)
        if execution is None:
            raise JobExecutionNotFound(thing, job_id)
        return job, execution

    def _check_version(self, execution: JobExecution, expected: int | None) -> None:
        if expected is not None and expected != execution.version_number:
            raise VersionMismatch(
                execution.thing.name,
                execution.job_id,
                execution.status,
                expected,
                execution.version_number,
            )
