"""Consequences for CONTINUOUS jobs of things that join and leave their groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .job import Job
from .lifecycle import JobLifecycle
from .states import LIVE, Act, ExecutionStatus, JobStatus, execution_move
from .store import Store
from .targets import Target, keeps_thing, things_of


class GroupMembership:
    """Translates changes of membership into executions of the jobs that follow the groups.

    Args:
        store: the jobs.
        lifecycle: carries out the consequences of a REMOVED execution.
    """

    def __init__(self, store: Store, lifecycle: JobLifecycle) -> None:
        self._store = store
        self._lifecycle = lifecycle

    def thing_joined(self, thing: str, groups: Iterable[str], at: int) -> None:
        """Give a thing the jobs that follow the groups that it joined.

        Args:
            groups: names of the groups, those above them included.

        Source: captured from AWS (a thing that finished gets a further execution when it joins
        again; one with an open execution gets nothing).
        """
        for job in self._followers(groups):
            self._join(job, thing, at)

    def _join(self, job: Job, thing: str, at: int) -> None:
        self._store.settle(thing)
        newest = job.executions.get(thing)
        if thing in job.waiting or (newest is not None and newest.is_open):
            return
        # A thing that joins starts afresh; a retry that waits for the next window would come on
        # top.
        job.retries_due.pop(thing, None)
        if job.status is JobStatus.SCHEDULED:
            job.waiting[thing] = None
        else:
            job.joined.add(thing)
            self._store.queue_execution(job, thing, at)

    def add_targets(self, job: Job, targets: list[Target], at: int) -> None:
        """Add groups to a CONTINUOUS job.

        Their members are treated as things that join.
        """
        self._store.unfollow(job)
        self._store.retarget(job, [*job.targets, *targets])
        self._store.follow(job)
        self._lifecycle.carry_out(job, self._join_all(job, targets, at))

    def _join_all(self, job: Job, targets: list[Target], at: int) -> Iterator[None]:
        for thing in things_of(targets, self._store.registry.members):
            if job.status not in LIVE:
                return
            self._join(job, thing, at)
            yield

    def thing_left(self, thing: str, groups: Iterable[str], at: int) -> None:
        """Remove a thing from the jobs that follow the groups that it left.

        Where no other target keeps the thing, its queued execution becomes REMOVED and nothing is
        retried.

        Args:
            groups: names of the groups, those above them included.
        """
        self._store.settle(thing)
        for job in self._followers(groups):
            if keeps_thing(job.targets, thing, self._store.registry):
                continue
            job.waiting.pop(thing, None)
            job.retries_due.pop(thing, None)
            newest = job.executions.get(thing)
            if newest is None and thing in job.cleared:
                self._store.record_removed(job, thing, at)
            move = execution_move(Act.LEAVE_TARGET, newest.status) if newest else None
            if newest is not None and isinstance(move, ExecutionStatus):
                self._store.move(job, newest, move, at, Act.LEAVE_TARGET)
                self._lifecycle.on_execution_closed(job, newest, at)
            elif newest is not None and newest.is_open:
                # AWS IoT developer guide, jobs-configurations-details: a thing that joins again
                # starts with no retries done.
                newest.retries = newest.retries.reset()

    def thing_deleted(self, thing: str, at: int) -> None:
        """Remove a thing that was deleted from all jobs.

        Its executions stay listed; queued ones become REMOVED, and a job that waited only for them
        completes. An execution in progress stays until it times out or is canceled.

        Source: API reference, JobProcessDetails (things "no longer scheduled to execute the job
        because they have been deleted").
        """
        self._store.settle(thing)
        executions = self._store.things.get(thing)
        own = list(executions.descending(None))[::-1] if executions is not None else []
        reaching = list(self._store.rolling_out.values())
        for job in [*(self._store.jobs[each.job_id] for each in own), *reaching]:
            job.retries_due.pop(thing, None)
            if job.status is JobStatus.IN_PROGRESS:
                job.waiting.pop(thing, None)
        for execution in own:
            job = self._store.jobs[execution.job_id]
            move = execution_move(Act.DELETE_THING, execution.status)
            if job.status in LIVE and isinstance(move, ExecutionStatus):
                self._store.move(job, execution, move, at, Act.DELETE_THING)
                self._lifecycle.on_execution_closed(job, execution, at)
        for job in reaching:
            self._lifecycle.complete_if_over(job, at)

    def _followers(self, groups: Iterable[str]) -> list[Job]:
        jobs: dict[int, Job] = {}
        for group in groups:
            for job in self._store.followers.get(group, {}).values():
                jobs[job.order] = job
        return [jobs[order] for order in sorted(jobs)]
