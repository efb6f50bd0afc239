"""Retries of executions that failed or timed out."""

from __future__ import annotations

from collections.abc import Iterator

from .execution import JobExecution
from .job import Job
from .states import JobStatus
from .store import Store
from .targets import keeps_thing


def wants_retry(store: Store, job: Job, execution: JobExecution) -> bool:
    """Return whether an execution that ended in a status that can be retried is to be."""
    newest = job.executions.get(execution.thing.name)
    if newest is not execution or job.ended:
        if job.retries_due.get(execution.thing.name) is execution:
            del job.retries_due[execution.thing.name]
        return False
    return job.retries_left(execution) and _is_target(store, job, execution.thing.name)


def _is_target(store: Store, job: Job, thing: str) -> bool:
    registry = store.registry
    return registry.has_thing(thing) and (
        not job.is_continuous or keeps_thing(job.targets, thing, registry)
    )


def begin_retry(store: Store, job: Job, execution: JobExecution, at: int) -> None:
    """Queue the retry of an execution, or have it wait for the job's next window."""
    if job.status is JobStatus.SCHEDULED:
        job.retries_due[execution.thing.name] = execution
    else:
        store.queue_execution(job, execution.thing.name, at, after=execution)


def begin_due_retries(store: Store, job: Job, at: int) -> Iterator[None]:
    """Queue, step by step, the retries that waited for a window."""
    for thing, execution in list(job.retries_due.items()):
        if job.retries_due.get(thing) is not execution or job.status is not JobStatus.IN_PROGRESS:
            continue
        wanted = wants_retry(store, job, execution)
        job.retries_due.pop(thing, None)
        if wanted:
            store.queue_execution(job, thing, at, after=execution)
        yield
