"""The store of one account and region: jobs and executions, sorted as all lists show them.

All changes of an execution's or a job's status go through the methods here, so that indexes,
counters, versions, stamps and events cannot disagree. What follows from a change (retries, abort,
completion) is decided in `lifecycle`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .backlog import Backlog, Sweep
from .deletion import Deletion
from .errors import JobNotFound
from .events import (
    EventLog,
    ExecutionDeleted,
    ExecutionQueued,
    JobChanged,
    PendingChanged,
    StatusChanged,
)
from .execution import JobExecution, ThingExecutions, Timers
from .job import Job
from .limits import Limits
from .listing import JobListing
from .settings import MINUTE
from .states import (
    IN_PROGRESS,
    KEEPS_THE_VERSION,
    OPEN,
    QUEUED,
    STARTS_THE_WORK,
    Act,
    ExecutionStatus,
    JobStatus,
)
from .targets import Location, Target, ThingRegistry
from .templates.template import JobTemplate
from .timers import TimerKind, TimerQueue


class Store:
    """Everything that IoT Jobs keeps for one account and region.

    Args:
        location: partition, region and account, for ARNs.
        registry: the things and groups that exist.

    Attributes:
        backlog: work on many executions that is left for later.
        deletions: jobs in DELETION_IN_PROGRESS by id, first deleted first.
        followers: live CONTINUOUS jobs by the group that they follow.
        limits: how many jobs and templates there may be.
        rolling_out: jobs whose rollout goes on after the batch before.
    """

    def __init__(self, location: Location, registry: ThingRegistry) -> None:
        self.location = location
        self.registry = registry
        self.event_log = EventLog()
        self.timers: TimerQueue[TimerKind] = TimerQueue()
        self.backlog = Backlog()
        self.jobs: dict[str, Job] = {}
        self.things: dict[str, ThingExecutions] = {}
        self.templates: dict[str, JobTemplate] = {}
        self.deletions: dict[str, Deletion] = {}
        self.listing = JobListing()
        self.followers: dict[str, dict[str, Job]] = {}
        self.limits = Limits()
        self.rolling_out: dict[str, Job] = {}
        self._changes = 0
        self._creations = 0

    # Jobs

    def next_order(self) -> int:
        """Return the place of the next thing created (job or template) among all of them."""
        self._creations += 1
        return self._creations

    def add_job(self, job: Job) -> None:
        """Keep a new job."""
        self.jobs[job.job_id] = job
        self.listing.add(job)

    def job(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            JobNotFound: no such job.
        """
        job = self.jobs.get(job_id)
        if job is None:
            raise JobNotFound(job_id)
        return job

    def remove_job(self, job: Job) -> None:
        """Forget a job, whose executions are gone."""
        del self.jobs[job.job_id]
        self.listing.remove(job)

    def set_job_status(self, job: Job, status: JobStatus, at: int) -> None:
        """Give a job a status, in every list that it stands in."""
        self.listing.move(job, status)
        job.last_updated_at = at

    def record_job(self, job: Job, operation: str, at: int) -> None:
        """Record an event of a job, by its name in AWS's spelling."""
        if self.event_log.listening:
            self.event_log.append(JobChanged.of(job, operation, at))

    def retarget(self, job: Job, targets: list[Target]) -> None:
        """Replace a job's targets."""
        self.listing.remove(job)
        job.targets = targets
        self.listing.add(job)

    def plan(self, job: Job, kind: TimerKind, due: int | None) -> None:
        """Have a timer of a job run at a time and no other, for None never."""
        self.timers.drop(job.timers.pop(kind, None))
        if due is not None:
            job.timers[kind] = self.timers.add(due, kind, job)

    def stop(self, job: Job) -> None:
        """Let nothing more of a job begin: no rollout, no window, no retry, no new member."""
        job.waiting.clear()
        job.retries_due.clear()
        self.rolling_out.pop(job.job_id, None)
        self.unfollow(job)
        for kind in list(job.timers):
            self.plan(job, kind, None)

    def is_rollout_full(self) -> bool:
        """Return whether as many jobs roll out as may.

        Further ones wait (AWS IoT developer guide, job-limits).
        """
        most = self.limits.concurrent_jobs
        return most is not None and len(self.rolling_out) >= most

    def follow(self, job: Job) -> None:
        """Subscribe a CONTINUOUS job to the changes of its groups."""
        for target in job.targets:
            if target.is_group:
                self.followers.setdefault(target.name, {})[job.job_id] = job

    def unfollow(self, job: Job) -> None:
        """End `follow`. Idempotent."""
        for target in job.targets:
            if target.is_group:
                jobs = self.followers.get(target.name, {})
                jobs.pop(job.job_id, None)
                if not jobs:
                    self.followers.pop(target.name, None)

    # Executions

    def settle(self, thing_name: str) -> None:
        """Change a thing's executions as the work that is left will change them."""
        if self.backlog.works:
            self.backlog.settle(thing_name)

    def sweep(
        self,
        job: Job,
        statuses: tuple[ExecutionStatus, ...],
        change: Callable[[JobExecution], object],
        then: Callable[[], object],
    ) -> None:
        """Change all executions of a job that have certain statuses, by a `Sweep`."""
        self.backlog.carry_out(Sweep(job, statuses, lambda: self._changes, change, then))

    def queue_execution(
        self, job: Job, thing_name: str, at: int, after: JobExecution | None = None
    ) -> None:
        """Give a thing its next execution of a job, QUEUED.

        Args:
            after: the failed execution that this one retries, if it does.
        """
        self.settle(thing_name)
        execution = self._create(job, thing_name, at)
        if after is not None:
            execution.retries = after.retries.after(after.status)
        self._list(job, execution)
        if self.event_log.listening:
            self.event_log.append(ExecutionQueued.of(execution, at))
        if job.status is JobStatus.IN_PROGRESS:
            self.show(job, execution, at)

    def record_removed(self, job: Job, thing_name: str, at: int) -> None:
        """Note that a thing without executions left a CONTINUOUS job.

        No event and no notification come of it (captured).
        """
        self.settle(thing_name)
        execution = self._create(job, thing_name, at)
        execution.status = ExecutionStatus.REMOVED
        self._list(job, execution)

    def _create(self, job: Job, thing_name: str, at: int) -> JobExecution:
        thing = self.things.get(thing_name)
        if thing is None:
            thing = self.things[thing_name] = ThingExecutions(thing_name)
        previous = job.executions.get(thing_name)
        execution = JobExecution(job.job_id, job.order, thing, previous, at, self._next_change())
        job.executions[thing_name] = execution
        job.cleared.discard(thing_name)
        return execution

    def move(
        self,
        job: Job,
        execution: JobExecution,
        status: ExecutionStatus,
        at: int,
        act: Act,
        *,
        details: Mapping[str, str] | None = None,
        force: bool = False,
    ) -> None:
        """Give an execution a status (possibly the one it has) with all that goes with it.

        Args:
            act: who does it, for the record.
            details: status details that replace those it has; None leaves them.
            force: whether it was canceled by force.
        """
        before = execution.status
        front = execution.thing.front() if self.event_log.listening else None
        self._unlist(job, execution)
        was_visible = before in OPEN and execution.thing.hide(
            execution, before, is_scheduled=job.is_scheduled
        )
        execution.status = status
        execution.last_updated_at = at
        execution.change_number = self._next_change()
        execution.version_number += status not in KEEPS_THE_VERSION
        if details is not None:
            execution.status_details = details
        execution.force_canceled = force
        if execution.started_at is None and status in STARTS_THE_WORK:
            execution.started_at = at
        self._list(job, execution)
        if status is ExecutionStatus.SUCCEEDED and execution.thing.name not in job.joined:
            job.succeeded += 1
        is_visible = status is IN_PROGRESS or (status in OPEN and was_visible)
        if is_visible:
            execution.thing.show(execution, is_scheduled=job.is_scheduled)
        self._set_timers(job, execution, before, at)
        if self.event_log.listening:
            self.event_log.append(StatusChanged.of(execution, act, at))
        if act is not Act.DELETE_THING:
            self._record_pending(
                execution.thing, front, at, moved=execution if was_visible != is_visible else None
            )

    def delete_execution(self, job: Job, execution: JobExecution, at: int) -> None:
        """Delete an execution.

        An older one of the same thing becomes the newest.
        """
        thing = execution.thing
        front = thing.front() if self.event_log.listening else None
        visible = execution.status in OPEN and thing.hide(
            execution, execution.status, is_scheduled=job.is_scheduled
        )
        self._forget(job, execution)
        if self.event_log.listening:
            self.event_log.append(ExecutionDeleted.of(execution, at))
        self._record_pending(thing, front, at, moved=execution if visible else None)

    def hide(self, job: Job, execution: JobExecution, at: int) -> None:
        """Hide an open execution from its device: a window closed, or the job is deleted."""
        front = execution.thing.front()
        if execution.thing.hide(execution, execution.status, is_scheduled=job.is_scheduled):
            self._record_pending(execution.thing, front, at, moved=execution)

    def show(self, job: Job, execution: JobExecution, at: int) -> None:
        """End `hide`: the window opened again."""
        front = execution.thing.front()
        execution.thing.show(execution, is_scheduled=job.is_scheduled)
        self._record_pending(execution.thing, front, at, moved=execution)

    def purge(self, job: Job, execution: JobExecution, at: int) -> None:
        """Delete one of the executions of a job that is being deleted, and was withdrawn before."""
        self._forget(job, execution)
        if self.event_log.listening:
            self.event_log.append(ExecutionDeleted.of(execution, at))

    def set_step_timer(self, execution: JobExecution, duration: int | None, at: int) -> None:
        """Set, cancel or leave alone the step timer of an execution in progress.

        Args:
            duration: milliseconds; -1 cancels it, None leaves it alone.
        """
        if duration is None:
            return
        timers = execution.timers or Timers(None)
        timers.step_deadline = None if duration == -1 else at + duration
        execution.timers = timers
        self._schedule_timeout(execution)

    def stop_timers(self, execution: JobExecution) -> None:
        """Stop what timers an execution has."""
        if execution.timers is not None:
            self.timers.drop(execution.timers.timer)
            execution.timers = None

    def _next_change(self) -> int:
        self._changes += 1
        return self._changes

    def _list(self, job: Job, execution: JobExecution) -> None:
        job.enter(execution)
        for listing in execution.thing.listings(job.namespace_id):
            listing.add(execution)

    def _unlist(self, job: Job, execution: JobExecution) -> None:
        job.leave(execution)
        for listing in execution.thing.listings(job.namespace_id):
            listing.remove(execution, execution.status)

    def _forget(self, job: Job, execution: JobExecution) -> None:
        self.stop_timers(execution)
        self._unlist(job, execution)
        thing = execution.thing
        newer = job.executions[thing.name]
        if newer is execution:
            if execution.previous is not None:
                job.executions[thing.name] = execution.previous
            else:
                del job.executions[thing.name]
        else:
            while newer.previous is not execution:
                assert newer.previous is not None
                newer = newer.previous
            newer.previous = execution.previous
        if thing.is_empty():
            self.things.pop(thing.name, None)

    def _record_pending(
        self,
        thing: ThingExecutions,
        front: JobExecution | None,
        at: int,
        *,
        moved: JobExecution | None,
    ) -> None:
        """Record a change of a device's pending list.

        Args:
            front: the first execution before the change.
            moved: the execution that came or went, if one did.
        """
        if not self.event_log.listening:
            return
        new_front = thing.front()
        if moved is None and new_front is front:
            return
        fronts = () if new_front is front else (front, new_front)
        self.event_log.append(
            PendingChanged.of(
                thing,
                self.jobs,
                at,
                moved=() if moved is None else (moved,),
                fronts=[each for each in fronts if each is not None],
            )
        )

    def _set_timers(
        self, job: Job, execution: JobExecution, before: ExecutionStatus, at: int
    ) -> None:
        if execution.status not in OPEN:
            self.stop_timers(execution)
        elif before is QUEUED and execution.status is IN_PROGRESS:
            config = job.settings.timeout_config
            minutes = config.in_progress_timeout_in_minutes if config else None
            if minutes is not None:
                execution.timers = Timers(at + minutes * MINUTE)
                self._schedule_timeout(execution)

    def _schedule_timeout(self, execution: JobExecution) -> None:
        timers = execution.timers
        assert timers is not None
        self.timers.drop(timers.timer)
        due = timers.due
        timers.timer = (
            self.timers.add(due, TimerKind.EXECUTION_TIMES_OUT, execution)
            if due is not None
            else None
        )
