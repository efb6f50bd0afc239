"""The course of jobs: what follows from what, and what happens by itself as time passes.

An operation changes something through the store and then tells the course: `on_execution_closed` when an
execution finished or went away. The course decides about retries, abort and completion, starts and
ends jobs, rolls them out, opens and closes their windows, lets executions time out, and finishes
deletions. `run_due_timers` carries out everything that has become due, each happening at its own moment, so
that the result does not depend on how often somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable

from .deletion import Deletion, DeletionPace, Immediate
from .execution import JobExecution
from .job import Job
from .settings import MINUTE, EndBehavior, JobExecutionsRolloutConfig
from .states import (
    IN_PROGRESS,
    LIVE,
    OPEN,
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
from .timers import TimerKind

ABORTED = "ABORT_CANCEL"


class JobLifecycle:
    """What happens to the jobs of a store.

    Args:
        store: the store.
        deletion_pace: asked anew whenever it matters how long DELETION_IN_PROGRESS lasts.
    """

    def __init__(self, store: Store, deletion_pace: Callable[[], DeletionPace] = Immediate) -> None:
        self.store = store
        self._deletion_pace = deletion_pace

    # Time

    def run_due_timers(self, now: int) -> None:
        """Carry out everything that is due by `now` (milliseconds), in order of time, each at its
        own moment.
        """
        if self.store.deletions:
            self._plan_deletions(now)
        timers = self.store.timers
        while (timer := timers.take(now)) is not None:
            due, kind, subject = timer
            self._carry_out(kind, subject, due)

    def next_due(self) -> int | None:
        """Return when something happens next by itself, or None."""
        return self.store.timers.next_due()

    def _carry_out(self, kind: TimerKind, subject: object, due: int) -> None:
        if isinstance(subject, JobExecution):
            self._time_out(subject, due)
            return
        assert isinstance(subject, Job)
        subject.timers.pop(kind, None)
        {
            TimerKind.JOB_STARTS: self._start,
            TimerKind.WINDOW_OPENS: self._start,
            TimerKind.WINDOW_CLOSES: self._pause,
            TimerKind.JOB_ENDS: self._end,
            TimerKind.ROLLOUT_GOES_ON: self._roll_out,
            TimerKind.DELETION_ENDS: self._finish_deletion,
        }[kind](subject, due)

    def _plan(self, job: Job, kind: TimerKind, due: int | None) -> None:
        self.store.timers.drop(job.timers.pop(kind, None))
        if due is not None:
            job.timers[kind] = self.store.timers.add(due, kind, job)

    # Beginning, going on, ending

    def launch(self, job: Job, at: int) -> None:
        """Set a new job going: at once, or at its startTime."""
        self._plan(job, TimerKind.JOB_ENDS, job.ends_at)
        if not job.is_continuous:
            self._resolve(job)
        if job.starts_at is None:
            self._start(job, at)
        else:
            self._plan(job, TimerKind.JOB_STARTS, job.starts_at)
            self.store.set_job_status(job, JobStatus.SCHEDULED, at)

    def _resolve(self, job: Job) -> None:
        """Take the members of the targets: of a SNAPSHOT job at creation, of a CONTINUOUS one when
        it starts.
        """
        job.resolved = True
        job.waiting.update(things_of(job.targets, self.store.registry))
        if job.is_continuous:
            self.store.follow(job)

    def _start(self, job: Job, at: int) -> None:
        """The job starts, or one of its windows opens."""
        if not job.resolved:
            self._resolve(job)
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
            self._present_all(job, at)
        self._plan_window(job, at)
        self._retry_what_waited(job, at)
        self._roll_out(job, at)

    def _plan_window(self, job: Job, at: int) -> None:
        if job.windows is not None:
            self._plan(job, TimerKind.WINDOW_CLOSES, job.windows.open_at(at))

    def _pause(self, job: Job, at: int) -> None:
        """A maintenance window closes: what is queued is hidden until the next one."""
        move = job_move(JobAct.PAUSE, job.status)
        if not isinstance(move, JobStatus) or job.windows is None:
            return
        opening = job.windows.next_opening(at)
        for execution in job.with_status(QUEUED):
            self.store.hide(job, execution, at)
        self.store.set_job_status(job, move, at)
        self.store.rolling_out.pop(job.job_id, None)
        self._plan(job, TimerKind.ROLLOUT_GOES_ON, None)
        self._plan(job, TimerKind.WINDOW_OPENS, opening)

    def _present_all(self, job: Job, at: int) -> None:
        for execution in job.with_status(QUEUED):
            self.store.show(job, execution, at)

    def _roll_out(self, job: Job, at: int) -> None:
        """Queue the next batch, and put the one after it on the agenda a minute later."""
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
        rate = config.rate(job.notified, job.count(ExecutionStatus.SUCCEEDED))
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
        self._complete_if_over(job, at)

    def _end(self, job: Job, at: int) -> None:
        """endTime has passed: nothing new begins, and endBehavior decides about what is open."""
        move = job_move(JobAct.END, job.status)
        job.ended = True
        self._stop(job)
        behavior = (
            job.scheduling_config and job.scheduling_config.end_behavior
        ) or EndBehavior.STOP_ROLLOUT
        if isinstance(move, JobStatus):
            self.store.set_job_status(job, move, at)
            if behavior is EndBehavior.STOP_ROLLOUT:
                self._present_all(job, at)
        if behavior is not EndBehavior.STOP_ROLLOUT:
            self.cancel_open(job, at, force=behavior is EndBehavior.FORCE_CANCEL)
        self._complete_if_over(job, at)

    def _stop(self, job: Job) -> None:
        """Nothing more will begin: no rollout, no window, no retry, no new member."""
        job.waiting.clear()
        job.retries_due.clear()
        self.store.rolling_out.pop(job.job_id, None)
        self.store.unfollow(job)
        for kind in list(job.timers):
            self._plan(job, kind, None)

    # What follows from the end of an execution

    def on_execution_closed(self, job: Job, execution: JobExecution, at: int) -> None:
        """An execution finished or was deleted: retry it, abort the job, or complete it."""
        if job.status not in LIVE:
            return
        retry = self._wants_retry(job, execution)
        if not retry and self._complete_if_over(job, at):
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
        """Cancel a job and what of it is open: all of it by force, else only what is queued."""
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

    def _complete_if_over(self, job: Job, at: int) -> bool:
        move = job_move(JobAct.CLOSE, job.status)
        if not isinstance(move, JobStatus) or not job.has_nothing_left():
            return False
        self._stop(job)
        job.completed_at = at
        self.store.set_job_status(job, move, at)
        self.store.record_job(job, "completed", at)
        return True

    def _time_out(self, execution: JobExecution, at: int) -> None:
        job = self.store.jobs[execution.job_id]
        move = execution_move(Act.TIME_OUT, execution.status)
        if isinstance(move, ExecutionStatus):
            self.store.move(job, execution, move, at, Act.TIME_OUT)
            self.on_execution_closed(job, execution, at)

    # Deletion

    def begin_deletion(self, job: Job, status: JobStatus, at: int) -> None:
        """Put a job into DELETION_IN_PROGRESS: devices see nothing of it any more; owners do until
        the deletion ends.
        """
        self._stop(job)
        self.store.set_job_status(job, status, at)
        self.store.deletions[job.job_id] = Deletion(job, at)
        self.store.record_job(job, "deletion_in_progress", at)
        for open_status in OPEN:
            for execution in job.with_status(open_status):
                self.store.stop_timers(execution)
                self.store.hide(job, execution, at)
        self.run_due_timers(at)

    def _plan_deletions(self, now: int) -> None:
        """Put the ends of deletions on the agenda, as the pace has them now."""
        pace = self._deletion_pace()
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
