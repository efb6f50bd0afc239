"""The data plane: the operations of devices, over HTTPS and MQTT alike.

A job that is being deleted does not exist here, and neither does a thing that was deleted (AWS IoT
developer guide and API reference, DeleteJob). Each operation is given `now` (milliseconds since the
epoch); timers that are due by then have run already (see `jobs_service`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .errors import (
    JobExecutionFinished,
    JobExecutionTerminal,
    JobNotFoundForThing,
    StatusNotSettable,
    ThingNotFound,
    VersionMismatch,
)
from .execution import JobExecution, ThingExecutions
from .job import Job
from .lifecycle import JobLifecycle
from .setting_checks import check_status_details, step_timeout
from .settings import ExecutionReport
from .states import DEVICE_REPORTS, Act, ExecutionStatus, JobAct, Outcome, execution_move, job_move
from .store import Store

NEXT = "$next"


class DataPlane:
    """The data plane's operations of one account and region.

    Args:
        store: the jobs and their executions.
        lifecycle: carries out the consequences of a report.
    """

    def __init__(self, store: Store, lifecycle: JobLifecycle) -> None:
        self._store = store
        self._lifecycle = lifecycle

    def get_pending_job_executions(
        self, thing: str
    ) -> tuple[Sequence[JobExecution], Sequence[JobExecution]]:
        """Return the executions in progress and those queued, each oldest first.

        Raises:
            ThingNotFound: no such thing.
        """
        executions = self._thing(thing)
        if executions is None:
            return (), ()
        return executions.pending()

    def start_next_pending_job_execution(
        self,
        thing: str,
        now: int,
        *,
        status_details: Mapping[str, str] | None = None,
        step_timeout_in_minutes: int | None = None,
    ) -> tuple[Job, JobExecution] | None:
        """Start the thing's next execution, or return again the one in progress.

        The details of one in progress stay as they are.

        Args:
            step_timeout_in_minutes: 1 to 10080, or -1 for no step timer.

        Returns:
            The job and its execution, or None when nothing is pending.

        Raises:
            ThingNotFound: no such thing.
            InvalidRequest: details or step timeout out of range.
        """
        check_status_details(status_details)
        duration = step_timeout(step_timeout_in_minutes)
        executions = self._thing(thing)
        execution = executions.front() if executions is not None else None
        if execution is None:
            return None
        job = self._store.jobs[execution.job_id]
        move = execution_move(Act.START_NEXT, execution.status)
        if isinstance(move, ExecutionStatus):
            self._store.move(job, execution, move, now, Act.START_NEXT, details=status_details)
        self._store.set_step_timer(execution, duration, now)
        return job, execution

    def describe_job_execution(
        self, thing: str, job_id: str, number: int | None, namespace_id: str | None = None
    ) -> tuple[Job, JobExecution] | None:
        """Return an open execution: of a job, or the next one for `$next`.

        Args:
            namespace_id: the only namespace that counts, if one was named.

        Raises:
            ThingNotFound: no such thing, with `$next`.
            JobNotFoundForThing: no such job, thing or number.
            JobExecutionTerminal: it has finished.
        """
        if job_id == NEXT:
            executions = self._thing(thing)
            front = None
            if executions is not None:
                front = (
                    executions.front()
                    if namespace_id is None
                    else executions.front_of(namespace_id)
                )
            return None if front is None else (self._store.jobs[front.job_id], front)
        job, execution = self._execution(thing, job_id, number, namespace_id)
        if not execution.is_open:
            raise JobExecutionTerminal(thing, job_id, execution.status, execution.version_number)
        return job, execution

    def update_job_execution(
        self,
        thing: str,
        job_id: str,
        report: ExecutionReport,
        now: int,
        namespace_id: str | None = None,
    ) -> tuple[Job, JobExecution]:
        """Carry out a device's report.

        The checks come in the order captured from AWS.

        Args:
            namespace_id: the only namespace that counts, if one was named.

        Returns:
            The job and its execution after the report.

        Raises:
            InvalidRequest: details or step timeout out of range.
            StatusNotSettable: a status that only the service sets, even when the job does not
                exist.
            JobNotFoundForThing: no such job, thing or number.
            VersionMismatch: the execution has another version than expected.
            JobExecutionFinished: it has finished already.
        """
        check_status_details(report.status_details)
        duration = step_timeout(report.step_timeout_in_minutes)
        act = DEVICE_REPORTS.get(report.status)
        if act is None:
            raise StatusNotSettable(report.status)
        job, execution = self._execution(thing, job_id, report.execution_number, namespace_id)
        expected, found = report.expected_version, execution.version_number
        if expected is not None and expected != found:
            raise VersionMismatch(thing, job_id, execution.status, expected, found)
        move = execution_move(act, execution.status)
        if not isinstance(move, ExecutionStatus):
            raise JobExecutionFinished(thing, job_id, execution.status, found)
        self._store.move(job, execution, move, now, act, details=report.status_details)
        if execution.is_open:
            self._store.set_step_timer(execution, duration, now)
        else:
            self._lifecycle.on_execution_closed(job, execution, now)
        return job, execution

    def _thing(self, thing: str) -> ThingExecutions | None:
        if not self._store.registry.has_thing(thing):
            raise ThingNotFound(thing)
        self._store.settle(thing)
        return self._store.things.get(thing)

    def _execution(
        self, thing: str, job_id: str, number: int | None, namespace_id: str | None
    ) -> tuple[Job, JobExecution]:
        self._store.settle(thing)
        job = self._store.jobs.get(job_id)
        execution = job.find(thing, number) if job is not None else None
        if job is None or execution is None or not self._store.registry.has_thing(thing):
            raise JobNotFoundForThing(thing, job_id)
        if job_move(JobAct.SERVE, job.status) is Outcome.ERROR:
            raise JobNotFoundForThing(thing, job_id)
        if namespace_id not in (None, job.namespace_id):
            raise JobNotFoundForThing(thing, job_id)
        return job, execution
