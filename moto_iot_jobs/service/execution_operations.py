"""The control plane's operations on job executions."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import (
    InvalidRequest,
    JobExecutionNotCancelable,
    JobExecutionNotDeletable,
    JobExecutionNotFound,
    JobOfExecutionNotFound,
    ThingNotFound,
    VersionMismatch,
)
from .execution import JobExecution
from .job import Job
from .lifecycle import JobLifecycle
from .listing import PAGE_SIZE, page_token, position
from .setting_checks import check_status_details
from .sorted_index import page
from .states import Act, ExecutionStatus, JobAct, Outcome, execution_move, job_move
from .store import Store


class JobExecutionOperations:
    """Operations on the job executions of one account and region.

    Args:
        store: the jobs and their executions.
        lifecycle: carries out the consequences of an operation.
    """

    def __init__(self, store: Store, lifecycle: JobLifecycle) -> None:
        self._store = store
        self._lifecycle = lifecycle

    def describe_job_execution(self, thing: str, job_id: str, number: int | None) -> JobExecution:
        """Return a thing's execution of a job: the one with that number, or its newest.

        Raises:
            JobOfExecutionNotFound: no such job.
            JobExecutionNotFound: no such thing, execution or number.
        """
        return self._execution(thing, job_id, number)[1]

    def list_job_executions_for_job(
        self,
        job_id: str,
        *,
        status: ExecutionStatus | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[JobExecution], str | None]:
        """Return a page of a job's executions, and the token of the next page.

        The most recently changed comes first.

        Raises:
            JobNotFound: no such job.
            InvalidRequest: the token is not one of this list.
        """
        job = self._store.job(job_id)
        listing = f"job:{job_id}"
        below = position(next_token, listing)
        found = job.recent_executions(status, below[0] if below else None)
        executions, more = page(found, max_results or PAGE_SIZE)
        return executions, page_token(listing, executions[-1].change_number) if more else None

    def list_job_executions_for_thing(
        self,
        thing: str,
        *,
        status: ExecutionStatus | None = None,
        namespace_id: str | None = None,
        job_id: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[JobExecution], str | None]:
        """Return a page of a thing's executions, and the token of the next page.

        The newest job comes first, and of a job the newest number.

        Raises:
            ThingNotFound: no such thing, and no execution of a thing that was deleted.
            InvalidRequest: the token is not one of this list.
        """
        self._store.settle(thing)
        executions = self._store.things.get(thing)
        if executions is None and not self._store.registry.has_thing(thing):
            raise ThingNotFound(thing)
        listing = f"thing:{thing}"
        below = position(next_token, listing, length=2)
        source = executions.listing(namespace_id) if executions is not None else None
        if source is None:
            return [], None
        job = self._store.jobs.get(job_id) if job_id is not None else None
        if job_id is not None and (job is None or namespace_id not in (None, job.namespace_id)):
            return [], None
        found = job.executions_of(thing, status, below) if job else source.descending(status, below)
        shown, more = page(found, max_results or PAGE_SIZE)
        return shown, page_token(
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
        check_status_details(status_details)
        job, execution = self._execution(thing, job_id, None)
        self._check_version(execution, expected_version)
        act = Act.CANCEL_EXECUTION_FORCE if force else Act.CANCEL_EXECUTION
        move = execution_move(act, execution.status)
        job_allows = job_move(JobAct.CANCEL_EXECUTION, job.status) is not Outcome.ERROR
        if not job_allows or not isinstance(move, ExecutionStatus):
            with_force = execution_move(Act.CANCEL_EXECUTION_FORCE, execution.status)
            raise JobExecutionNotCancelable(
                thing,
                job_id,
                execution.status,
                execution.version_number,
                force_would_do=job_allows and with_force is not Outcome.ERROR,
            )
        self._store.move(job, execution, move, now, act, details=status_details, force=force)
        self._lifecycle.on_execution_closed(job, execution, now)

    def delete_job_execution(
        self,
        thing: str,
        job_id: str,
        number: int,
        now: int,
        *,
        force: bool = False,
        queued_needs_force: bool = False,
    ) -> None:
        """Delete one execution.

        Its number may be given out again.

        Args:
            queued_needs_force: read the operation as its API page says it (see `states`).

        Raises:
            InvalidRequest: the number is below 1.
            JobOfExecutionNotFound, JobExecutionNotFound: no such job, thing or number.
            JobExecutionNotDeletable: it is in progress and force is not given.
        """
        if number < 1:
            raise InvalidRequest("Execution number is invalid.")
        job, execution = self._execution(thing, job_id, number)
        act = Act.DELETE_EXECUTION_FORCE if force else Act.DELETE_EXECUTION
        move = execution_move(act, execution.status, delete_queued_needs_force=queued_needs_force)
        if move is Outcome.ERROR:
            raise JobExecutionNotDeletable(
                thing, job_id, execution.status, execution.version_number
            )
        self._store.delete_execution(job, execution, now)
        if job.is_continuous and thing not in job.executions:
            job.cleared.add(thing)
        self._lifecycle.on_execution_closed(job, execution, now)

    def _execution(self, thing: str, job_id: str, number: int | None) -> tuple[Job, JobExecution]:
        self._store.settle(thing)
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
