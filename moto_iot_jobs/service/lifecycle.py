"""The life of jobs: the consequences of changes, and all that is driven by time.

An operation changes something through the store and then calls `on_execution_closed` when an
execution finished or went away. From there come retries, abort and completion. `run_due_timers`
starts and ends jobs, rolls them out, opens and closes their windows, times executions out and
finishes deletions, each at its own time, so that the result does not depend on how often time is
settled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .deletion import Deletion, DeletionPace, Immediate
from .execution import JobExecution
from .job import Job
from .settings import MINUTE, EndBehavior, JobExecutionsRolloutConfig
from .states import (
    IN_PROGRESS,
    LIVE,
    QUEUED,
    RETRYABLE,
    Act,
    ExecutionStatus,
    JobAct,
    JobStatus,
    execution_move,
    job_move,
)
from .store import Store
from .targets import keeps_thing, things_of
from .timers import Timer, TimerKind

ABORTED = "ABORT_CANCEL"
_WINDOW_TIMERS = (TimerKind.WINDOW_CLOSES, TimerKind.WINDOW_OPENS)


class JobLifecycle:
    """The rules by which the jobs of a store live.

    Args:
        store: the jobs and their executions.
        deletion_pace: gives the time that deletions take; called whenever it matters.
    """

    def __init__(self, store: Store, deletion_pace: Callable[[], DeletionPace] = Immediate) -> None:
        self.store = store
        self._deletion_pace = deletion_pace

    # Time

    def run_due_timers(self, now: int) -> None:
        """Run every timer that is due by `now` (milliseconds), in order of time, each at its time.

        Windows of a job that has nothing to do in them are passed over, and made up for before the
        job's next other timer, or at the end.
        """
        if self.store.deletions:
            self._plan_deletions(now)
        timers = self.store.timers
        passed_over: dict[str, int] = {}
        # Called before every operation: mostly nothing is due.
        while timers.heap and timers.heap[0][0] <= now and (timer := timers.first(now)) is not None:
            job = self._job_of(timer)
            if timer.kind in _WINDOW_TIMERS and self._is_idle(job):
                self._plan(job, timer.kind, None)
                passed_over.setdefault(job.job_id, timer.due)
            elif job.job_id in passed_over:
                since = passed_over.pop(job.job_id)
                self._catch_up(job, since, timer.due, before=timer.kind)
            else:
                subject = timer.subject
                timers.take(now)
                self._run(job, subject, timer.kind, timer.due)
        for job_id, since in passed_over.items():
            self._catch_up(self.store.jobs[job_id], since, now)

    def next_due(self) -> int | None:
        """Return when the next timer is due, or None when there is none."""
        return self.store.timers.next_due()

    def _job_of(self, timer: Timer[TimerKind]) -> Job:
        subject = timer.subject
        job = self.store.jobs[subject.job_id] if isinstance(subject, JobExecution) else subject
        assert isinstance(job, Job)
        return job

    def _run(self, job: Job, subject: object, kind: TimerKind, due: int) -> None:
        if isinstance(subject, JobExecution):
            self._time_out(job, subject, due)
            return
        job.timers.pop(kind, None)
        {
            TimerKind.JOB_STARTS: self._start,
            TimerKind.WINDOW_OPENS: self._start,
            TimerKind.WINDOW_CLOSES: self._pause,
            TimerKind.JOB_ENDS: self._end,
            TimerKind.ROLLOUT_GOES_ON: self._roll_out,
            TimerKind.DELETION_ENDS: self._finish_deletion,
        }[kind](job, due)

    def _plan(self, job: Job, kind: TimerKind, due: int | None) -> None:
        self.store.timers.drop(job.timers.pop(kind, None))
        if due is not None:
            job.timers[kind] = self.store.timers.add(due, kind, job)

    # Beginning, going on, ending

    def launch(self, job: Job, at: int) -> None:
        """Start a new job, or schedule it for its startTime."""
        self._plan(job, TimerKind.JOB_ENDS, job.ends_at)
        if not job.is_continuous:
            self._resolve(job, at)
        if job.starts_at is None:
            self._start(job, at)
        else:
            self._plan(job, TimerKind.JOB_STARTS, job.starts_at)
            self.store.set_job_status(job, JobStatus.SCHEDULED, at)

    def _resolve(self, job: Job, at: int) -> None:
        # The members of the targets: of a SNAPSHOT job at creation, of a CONTINUOUS one when it
        # starts.
        job.resolved = True
        registry = self.store.registry
        members = (
            registry.members if job.is_continuous else partial(registry.settled_members, at=at)
        )
        job.waiting.update(things_of(job.targets, members))
        if job.is_continuous:
            self.store.follow(job)

    def _start(self, job: Job, at: int) -> None:
        """Start a job, or open one of its windows."""
        if not job.resolved:
            self._resolve(job, at)
            if job.windows is not None and self.store.is_rollout_full():
                # AWS IoT developer guide, job-limits: such a job is canceled when it reaches its
                # startTime.
                move = job_move(JobAct.CANCEL, job.status)
                assert isinstance(move, JobStatus)
                self.cancel(job, move, at, comment=None, reason_code=None, force=False)
                return
        if job.windows is not None and job.windows.open_at(at) is None:
            self._plan(job, TimerKind.WINDOW_OPENS, job.windows.next_opening(at))
            return
        move = job_move(JobAct.START, job.status)
        if isinstance(move, JobStatus):
            self.store.set_job_status(job, move, at)
            self._show_queued(job, at)
        if job.windows is not None:
            self._plan(job, TimerKind.WINDOW_CLOSES, job.windows.open_at(at))
        self._retry_what_waited(job, at)
        self._roll_out(job, at)

    def _pause(self, job: Job, at: int) -> None:
        """Close a maintenance window: queued executions are hidden until the next one."""
        assert job.windows is not None
        still_open_until = job.windows.open_at(at)
        if still_open_until is not None:
            # Windows without a gap are followed a year at a time.
            self._plan(job, TimerKind.WINDOW_CLOSES, still_open_until)
            return
        move = job_move(JobAct.PAUSE, job.status)
        if not isinstance(move, JobStatus):
            return
        for execution in job.with_status(QUEUED):
            self.store.hide(job, execution, at)
        self.store.set_job_status(job, move, at)
        self.store.rolling_out.pop(job.job_id, None)
        self._plan(job, TimerKind.ROLLOUT_GOES_ON, None)
        self._plan(job, TimerKind.WINDOW_OPENS, job.windows.next_opening(at))

    def _is_idle(self, job: Job) -> bool:
        """Tell whether windows can open and close without any effect but on the job's status."""
        if not job.resolved or job.waiting or job.retries_due:
            return False
        # What is hidden and shown again is nothing to anybody who does not listen.
        return not (self.store.event_log.listening and job.count(QUEUED))

    def _catch_up(self, job: Job, since: int, at: int, before: TimerKind | None = None) -> None:
        """Bring a job whose windows were passed over to where they have it at a time.

        Args:
            since: the first window that was passed over.
            before: a kind of timer that is to run at that time; changes at the same time count only
                where their kind comes earlier.
        """
        assert job.windows is not None
        change = job.windows.last_change(at, since)
        if change == at and before is not None:
            opens = job.windows.open_at(at) is not None
            if before < (TimerKind.WINDOW_OPENS if opens else TimerKind.WINDOW_CLOSES):
                at -= 1
                change = job.windows.last_change(at, since)
        end = job.windows.open_at(at)
        if (end is not None) != (job.status is JobStatus.IN_PROGRESS):
            assert change is not None
            (self._pause if end is None else self._start)(job, change)
            return
        if change is not None:
            job.last_updated_at = change
        if end is None:
            self._plan(job, TimerKind.WINDOW_OPENS, job.windows.next_opening(at))
        else:
            self._plan(job, TimerKind.WINDOW_CLOSES, end)

    def _show_queued(self, job: Job, at: int) -> None:
        for execution in job.with_status(QUEUED):
            self.store.show(job, execution, at)

    def _roll_out(self, job: Job, at: int) -> None:
        """Queue the next batch, and plan the one after it a minute later."""
        if job.status is not JobStatus.IN_PROGRESS:
            return
        job.held_back = (
            bool(job.waiting)
            and job.job_id not in self.store.rolling_out
            and self.store.is_rollout_full()
        )
        if job.held_back:
            self._plan(job, TimerKind.ROLLOUT_GOES_ON, at + MINUTE)
            return
        config = job.settings.job_executions_rollout_config or JobExecutionsRolloutConfig()
        rate = config.rate(job.notified, job.succeeded)
        for _ in range(min(rate, len(job.waiting))):
            thing, _nothing = job.waiting.popitem(last=False)
            if self.store.registry.has_thing(thing):
                self.store.queue_execution(job, thing, at)
                job.notified += 1
                job.last_updated_at = at
        if job.waiting:
            self.store.rolling_out[job.job_id] = job
        else:
            self.store.rolling_out.pop(job.job_id, None)
        self._plan(job, TimerKind.ROLLOUT_GOES_ON, at + MINUTE if job.waiting else None)
        self.complete_if_over(job, at)

    def _end(self, job: Job, at: int) -> None:
        """End a job at its endTime: nothing begins any more, and endBehavior says what ends."""
        move = job_move(JobAct.END, job.status)
        job.ended = True
        self._stop(job)
        behavior = (
            job.scheduling_config and job.scheduling_config.end_behavior
        ) or EndBehavior.STOP_ROLLOUT
        if isinstance(move, JobStatus):
            self.store.set_job_status(job, move, at)
            if behavior is EndBehavior.STOP_ROLLOUT:
                self._show_queued(job, at)
        if behavior is not EndBehavior.STOP_ROLLOUT:
            self.cancel_open(job, at, force=behavior is EndBehavior.FORCE_CANCEL)
        self.complete_if_over(job, at)

    def _stop(self, job: Job) -> None:
        # Nothing more begins: no rollout, no window, no retry, no new member.
        job.waiting.clear()
        job.retries_due.clear()
        self.store.rolling_out.pop(job.job_id, None)
        self.store.unfollow(job)
        for kind in list(job.timers):
            self._plan(job, kind, None)

    # Consequences of the end of an execution

    def on_execution_closed(self, job: Job, execution: JobExecution, at: int) -> None:
        """Retry an execution that finished or was deleted, abort its job, or complete it."""
        if job.status not in LIVE:
            return
        retry = self._wants_retry(job, execution)
        if not retry and self.complete_if_over(job, at):
            return
        reason = job.abort_reason()
        if reason is not None:
            self._abort(job, reason, at)
        elif retry:
            self._retry(job, execution, at)

    def _wants_retry(self, job: Job, execution: JobExecution) -> bool:
        newest = job.executions.get(execution.thing.name)
        if newest is not execution or execution.status not in RETRYABLE or job.ended:
            if job.retries_due.get(execution.thing.name) is execution:
                del job.retries_due[execution.thing.name]
            return False
        return job.retries_left(execution) and self._is_target(job, execution.thing.name)

    def _is_target(self, job: Job, thing: str) -> bool:
        registry = self.store.registry
        return registry.has_thing(thing) and (
            not job.is_continuous or keeps_thing(job.targets, thing, registry)
        )

    def _retry(self, job: Job, execution: JobExecution, at: int) -> None:
        if job.status is JobStatus.SCHEDULED:
            job.retries_due[execution.thing.name] = execution
        else:
            self.store.queue_execution(job, execution.thing.name, at, after=execution)

    def _retry_what_waited(self, job: Job, at: int) -> None:
        waited = list(job.retries_due.values())
        job.retries_due.clear()
        for execution in waited:
            if self._wants_retry(job, execution):
                self.store.queue_execution(job, execution.thing.name, at, after=execution)

    def _abort(self, job: Job, reason: str, at: int) -> None:
        move = job_move(JobAct.ABORT, job.status)
        if isinstance(move, JobStatus):
            self.cancel(job, move, at, comment=reason, reason_code=ABORTED, force=False)

    def cancel(
        self,
        job: Job,
        status: JobStatus,
        at: int,
        *,
        comment: str | None,
        reason_code: str | None,
        force: bool,
    ) -> None:
        """Cancel a job and its open executions: all of them by force, else only queued ones."""
        self._stop(job)
        job.comment = comment
        job.reason_code = reason_code
        job.force_canceled = force
        self.store.set_job_status(job, status, at)
        self.store.record_job(job, "cancellation_in_progress", at)
        self.cancel_open(job, at, force=force)
        self.store.record_job(job, "canceled", at)

    def cancel_open(self, job: Job, at: int, *, force: bool) -> None:
        """Cancel a job's open executions as CancelJob does, without touching the job."""
        act = Act.CANCEL_JOB_FORCE if force else Act.CANCEL_JOB
        for before in (QUEUED, IN_PROGRESS):
            move = execution_move(act, before)
            if isinstance(move, ExecutionStatus):
                for execution in job.with_status(before):
                    self.store.move(job, execution, move, at, act, force=force)

    def complete_if_over(self, job: Job, at: int) -> bool:
        """Complete a job when nothing is left of it, and return whether that was so."""
        move = job_move(JobAct.CLOSE, job.status)
        if not isinstance(move, JobStatus) or not job.has_nothing_left():
            return False
        self._stop(job)
        job.completed_at = at
        self.store.set_job_status(job, move, at)
        self.store.record_job(job, "completed", at)
        return True

    def _time_out(self, job: Job, execution: JobExecution, at: int) -> None:
        move = execution_move(Act.TIME_OUT, execution.status)
        if isinstance(move, ExecutionStatus):
            self.store.move(job, execution, move, at, Act.TIME_OUT)
            self.on_execution_closed(job, execution, at)

    # Deletion

    def begin_deletion(self, job: Job, status: JobStatus, at: int) -> None:
        """Put a job into DELETION_IN_PROGRESS.

        Devices see nothing of it any more.

        Raises:
            ValueError: the pace of deletions makes no sense; nothing has changed.
        """
        self._deletion_pace()
        self._stop(job)
        self.store.set_job_status(job, status, at)
        self.store.deletions[job.job_id] = Deletion(job, at)
        self.store.record_job(job, "deletion_in_progress", at)
        for open_status in (QUEUED, IN_PROGRESS):
            for execution in job.with_status(open_status):
                self.store.stop_timers(execution)
                self.store.hide(job, execution, at)
        self.run_due_timers(at)

    def _plan_deletions(self, now: int) -> None:
        """Plan the ends of deletions as the pace has them now.

        One without sense changes nothing.
        """
        try:
            pace = self._deletion_pace()
        except ValueError:
            return
        for deletion in self.store.deletions.values():
            due = deletion.ends_at(pace, now)
            planned = deletion.job.timers.get(TimerKind.DELETION_ENDS)
            if due != (planned.due if planned else None):
                self._plan(deletion.job, TimerKind.DELETION_ENDS, due)

    def _finish_deletion(self, job: Job, at: int) -> None:
        del self.store.deletions[job.job_id]
        for status in ExecutionStatus:
            for execution in job.with_status(status):
                self.store.purge(job, execution, at)
        self.store.remove_job(job)
        self.store.record_job(job, "deleted", at)
