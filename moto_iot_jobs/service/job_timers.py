"""The timers of a job: planned, dropped, and stopped together with all that is to begin."""

from __future__ import annotations

from .job import Job
from .store import Store
from .timers import TimerKind


def plan(store: Store, job: Job, kind: TimerKind, due: int | None) -> None:
    """Have a timer of a job run at a time and no other, for None never."""
    store.timers.drop(job.timers.pop(kind, None))
    if due is not None:
        job.timers[kind] = store.timers.add(due, kind, job)


def stop(store: Store, job: Job) -> None:
    """Let nothing more of a job begin: no rollout, no window, no retry, no new member."""
    job.waiting.clear()
    job.retries_due.clear()
    store.rolling_out.pop(job.job_id, None)
    store.unfollow(job)
    for kind in list(job.timers):
        plan(store, job, kind, None)
