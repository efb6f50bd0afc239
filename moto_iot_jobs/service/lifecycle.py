"""The life of jobs: the consequences of changes, and all that is driven by time.

An operation changes something through the store and then calls `on_execution_closed` when an
execution finished or went away. From there come retries, abort and completion. `run_due_timers`
starts and ends jobs, rolls them out, opens and closes their windows, times executions out and
finishes deletions, each at its own time, so that the result does not depend on how often time is
settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from .backlog import Steps
from .deletion import DeletionPace, Immediate
from .execution import JobExecution
from .job import Job
from .job_deletion import JobDeletions
from .retries import begin_due_retries, begin_retry, wants_retry
from .settings import MINUTE, EndBehavior
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
from .targets import things_of
from .timers import Timer, TimerKind

ABORTED = "ABORT_CANCEL"
_WINDOW_TIMERS = (TimerKind.WINDOW_CLOSES, TimerKind.WINDOW_OPENS)
# A member of a group costs much less than an execution.
_MEMBERS_IN_A_STEP = 40


class JobLifecycle:
    """The rules by which the jobs of a store live.

    Args:
        store: the jobs and their executions.
        deletion_pace: gives the time that deletions take; called whenever it matters.
    """

    def __init__(self, store: Store, deletion_pace: Callable[[], DeletionPace] = Immediate) -> None:
        self.store = store
        self.deletions = JobDeletions(store, deletion_pace)

    # Time

    def run_due_timers(self, now: int, most: int | None = None) -> int:
        """Run every timer that is due by `now` (milliseconds), in order of time, each at its time.

        Windows of a job that has nothing to do in them are passed over, and made up for before the
        job's next other timer, or at the end.

        Args:
            most: how many timers may run, and executions be changed by them in slices, before the
                rest is left for later; None for all.

        Returns:
            The time up to which they have run: `now`, or when the last one of `most` was due.
        """
        if self.store.deletions:
            self.deletions.plan_ends(now)
        timers = self.store.timers
        passed_over: dict[str, int] = {}
        backlog = self.store.backlog
        last = backlog.done + most if most is not None else None
        # Called before every operation: mostly nothing is due.
        while timers.heap and timers.heap[0][0] <= now and (timer := timers.first(now)) is not None:
            job = self._job_of(timer)
            if timer.kind in _WINDOW_TIMERS and self._is_idle(job):
                self.store.plan(job, timer.kind, None)
                passed_over.setdefault(job.job_id, timer.due)
            elif job.job_id in passed_over:
                since = passed_over.pop(job.job_id)
                self._catch_up(job, since, timer.due, before=timer.kind)
            else:
                subject = timer.subject
                timers.drop(timer)
                self._run(job, subject, timer.kind, timer.due)
            if last is not None:
                last -= 1
                if backlog.done >= last and timers.first(now) is not None:
                    now = timer.due
                    break
        for job_id, since in passed_over.items():
            self._catch_up(self.store.jobs[job_id], since, now)
        return now

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
        if kind is TimerKind.DELETION_ENDS:
            self.deletions.finish(job, due)
            return
        self.carry_out(job, _STEPS[kind](self, job, due))

    def carry_out(self, job: Job, steps: Iterator[None]) -> None:
        """Carry out work on many things, a step for each."""
        self.store.backlog.carry_out(Steps(job, steps))

    # Beginning, going on, ending

    # What may concern many things is an iterator of steps. Between two of them the job may change.

    def launch(self, job: Job, at: int) -> None:
        """Start a new job, or schedule it for its startTime."""
        self.store.plan(job, TimerKind.JOB_ENDS, job.ends_at)
        if job.starts_at is not None:
            self.store.plan(job, TimerKind.JOB_STARTS, job.starts_at)
            self.store.set_job_status(job, JobStatus.SCHEDULED, at)
        self.carry_out(job, self._launch(job, at))

    def _launch(self, job: Job, at: int) -> Iterator[None]:
        if not job.is_continuous:
            yield from self._resolve(job, at)
        if job.starts_at is None:
            yield from self._start(job, at)

    def _resolve(self, job: Job, at: int) -> Iterator[None]:
        # The members of the targets: of a SNAPSHOT job at creation, of a CONTINUOUS one when it
        # starts.
        job.resolved = True
        if job.is_continuous:
            self.store.follow(job)
        registry = self.store.registry
        members = (
            registry.members if job.is_continuous else partial(registry.settled_members, at=at)
        )
        names = things_of(job.targets, members)
        while (some := list(islice(names, _MEMBERS_IN_A_STEP))) and job.status in LIVE:
            # One that joined meanwhile may have its execution already.
            job.waiting.update((name, None) for name in some if name not in job.executions)
            yield

    def _start(self, job: Job, at: int) -> Iterator[None]:
        """Start a job, or open one of its windows."""
        if not job.resolved and job.status in LIVE:
            yield from self._resolve(job, at)
            if job.windows is not None and self.store.is_rollout_full():
                # AWS IoT developer guide, job-limits: such a job is canceled when it reaches its
                # startTime.
                move = job_move(JobAct.CANCEL, job.status)
                if isinstance(move, JobStatus):
                    self.cancel(job, move, at, comment=None, reason_code=None, force=False)
        if job.status not in LIVE:
            return
        closes = job.windows.open_at(at) if job.windows is not None else None
        if job.windows is not None and closes is None:
            self.store.plan(job, TimerKind.WINDOW_OPENS, job.windows.next_opening(at))
            return
        move = job_move(JobAct.START, job.status)
        if isinstance(move, JobStatus):
            self.store.set_job_status(job, move, at)
            yield from self._show_queued(job, at)
        if job.windows is not None and job.status in LIVE:
            self.store.plan(job, TimerKind.WINDOW_CLOSES, closes)
        if job.retries_due:
            yield from begin_due_retries(self.store, job, at)
        yield from self._roll_out(job, at)

    def _pause(self, job: Job, at: int) -> Iterator[None]:
        """Close a maintenance window: queued executions are hidden until the next one."""
        assert job.windows is not None
        still_open_until = job.windows.open_at(at)
        if still_open_until is not None:
            # Windows without a gap are followed a year at a time.
            self.store.plan(job, TimerKind.WINDOW_CLOSES, still_open_until)
            return
        move = job_move(JobAct.PAUSE, job.status)
        if not isinstance(move, JobStatus):
            return
        for execution in job.each(QUEUED):
            self.store.hide(job, execution, at)
            yield
        if not _is_in_progress(job):
            return
        self.store.set_job_status(job, move, at)
        self.store.rolling_out.pop(job.job_id, None)
        self.store.plan(job, TimerKind.ROLLOUT_GOES_ON, None)
        self.store.plan(job, TimerKind.WINDOW_OPENS, job.windows.next_opening(at))

    def _is_idle(self, job: Job) -> bool:
        """Return whether windows can open and close without any effect but on the job's status."""
        # What is hidden and shown again concerns listeners only.
        if self.store.event_log.listening and job.count(QUEUED):
            return False
        is_busy = job.waiting or job.retries_due or self.store.backlog.has(job)
        return job.resolved and not is_busy

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
            self.carry_out(job, (self._pause if end is None else self._start)(job, change))
            return
        if change is not None:
            job.last_updated_at = change
        if end is None:
            self.store.plan(job, TimerKind.WINDOW_OPENS, job.windows.next_opening(at))
        else:
            self.store.plan(job, TimerKind.WINDOW_CLOSES, end)

    def _show_queued(self, job: Job, at: int) -> Iterator[None]:
        for execution in job.each(QUEUED):
            if job.status is JobStatus.IN_PROGRESS:
                self.store.show(job, execution, at)
                yield

    def _roll_out(self, job: Job, at: int) -> Iterator[None]:
        """Queue the next batch, and plan the one after it a minute later."""
        if not _is_in_progress(job):
            return
        job.held_back = (
            bool(job.waiting)
            and job.job_id not in self.store.rolling_out
            and self.store.is_rollout_full()
        )
        if job.held_back:
            self.store.plan(job, TimerKind.ROLLOUT_GOES_ON, at + MINUTE)
            return
        batch = job.next_batch()
        if len(job.waiting) > len(batch):
            self.store.rolling_out[job.job_id] = job
        for thing in batch:
            # The job may have ended since, or the thing left.
            if not _is_in_progress(job) or job.waiting.pop(thing, self) is self:
                continue
            if self.store.registry.has_thing(thing):
                self.store.queue_execution(job, thing, at)
                job.notified += 1
                job.last_updated_at = at
            yield
        if not _is_in_progress(job):
            return
        if not job.waiting:
            self.store.rolling_out.pop(job.job_id, None)
        self.store.plan(job, TimerKind.ROLLOUT_GOES_ON, at + MINUTE if job.waiting else None)
        self.complete_if_over(job, at)

    def _end(self, job: Job, at: int) -> Iterator[None]:
        """End a job at its endTime: nothing begins any more, and endBehavior says what ends."""
        if job.status not in LIVE:
            return
        move = job_move(JobAct.END, job.status)
        job.ended = True
        self.store.stop(job)
        behavior = (
            job.scheduling_config and job.scheduling_config.end_behavior
        ) or EndBehavior.STOP_ROLLOUT
        if isinstance(move, JobStatus):
            self.store.set_job_status(job, move, at)
            if behavior is EndBehavior.STOP_ROLLOUT:
                yield from self._show_queued(job, at)
        if behavior is EndBehavior.STOP_ROLLOUT:
            self.complete_if_over(job, at)
        else:
            force = behavior is EndBehavior.FORCE_CANCEL
            self._cancel_open(job, at, force=force, then=lambda: self.complete_if_over(job, at))

    # Consequences of the end of an execution

    def on_execution_closed(self, job: Job, execution: JobExecution, at: int) -> None:
        """Retry an execution that finished or was deleted, abort its job, or complete it."""
        if job.status not in LIVE:
            return
        retry = execution.status in RETRYABLE and wants_retry(self.store, job, execution)
        if not retry and self.complete_if_over(job, at):
            return
        reason = job.abort_reason()
        if reason is not None:
            self._abort(job, reason, at)
        elif retry:
            begin_retry(self.store, job, execution, at)

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
        self.store.stop(job)
        job.comment = comment
        job.reason_code = reason_code
        job.force_canceled = force
        self.store.set_job_status(job, status, at)
        self.store.record_job(job, "cancellation_in_progress", at)
        job.is_canceling = True
        self._cancel_open(job, at, force=force, then=lambda: self._end_cancellation(job, at))

    def _end_cancellation(self, job: Job, at: int) -> None:
        job.is_canceling = False
        self.store.record_job(job, "canceled", at)

    def _cancel_open(self, job: Job, at: int, *, force: bool, then: Callable[[], object]) -> None:
        act = Act.CANCEL_JOB_FORCE if force else Act.CANCEL_JOB
        moves = {
            before: move
            for before in (QUEUED, IN_PROGRESS)
            if isinstance(move := execution_move(act, before), ExecutionStatus)
        }

        def cancel(execution: JobExecution) -> None:
            move = moves[execution.status]
            self.store.move(job, execution, move, at, act, force=force)

        self.store.sweep(job, tuple(moves), cancel, then)

    def complete_if_over(self, job: Job, at: int) -> bool:
        """Complete a job when nothing is left of it, and return whether that was so."""
        move = job_move(JobAct.CLOSE, job.status)
        if not isinstance(move, JobStatus) or not job.has_nothing_left():
            return False
        self.store.stop(job)
        job.completed_at = at
        self.store.set_job_status(job, move, at)
        self.store.record_job(job, "completed", at)
        return True

    def _time_out(self, job: Job, execution: JobExecution, at: int) -> None:
        self.store.settle(execution.thing.name)
        if execution.timers is None:  # it has been canceled or hidden just now
            return
        move = execution_move(Act.TIME_OUT, execution.status)
        if isinstance(move, ExecutionStatus):
            self.store.move(job, execution, move, at, Act.TIME_OUT)
            self.on_execution_closed(job, execution, at)

    # Deletion

    def begin_deletion(self, job: Job, status: JobStatus, at: int) -> None:
        """Put a job into DELETION_IN_PROGRESS, and end the deletion if the pace has it so.

        Raises:
            ValueError: the pace of deletions makes no sense; nothing has changed.
        """
        self.deletions.begin(job, status, at)
        self.run_due_timers(at)


_STEPS: dict[TimerKind, Callable[[JobLifecycle, Job, int], Iterator[None]]] = {
    TimerKind.JOB_STARTS: JobLifecycle._start,
    TimerKind.WINDOW_OPENS: JobLifecycle._start,
    TimerKind.WINDOW_CLOSES: JobLifecycle._pause,
    TimerKind.JOB_ENDS: JobLifecycle._end,
    TimerKind.ROLLOUT_GOES_ON: JobLifecycle._roll_out,
}


def _is_in_progress(job: Job) -> bool:
    return job.status is JobStatus.IN_PROGRESS
