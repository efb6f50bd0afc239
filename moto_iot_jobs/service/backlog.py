"""Work on many executions of one job, cut into slices where others wait for the store.

An operation changes the job at once and leaves the rest as work. In process all of it is carried
out on the spot. A server carries out one slice, answers others, and comes back. Meanwhile the store
is consistent: each execution is changed as a whole or not yet, a job's work is carried out in the
order in which it began, and an operation on a thing first has the thing's executions changed as the
work will change them, so that a device never sees what was canceled or deleted before its request.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

from .execution import JobExecution
from .job import Job
from .states import ExecutionStatus

#: Executions that a server changes before it looks at other requests again. Jobs of half as many
#: never have work left.
SLICE = 200
#: Executions that the response of CancelJob and DeleteJob waits for at a server; those of larger
#: jobs are canceled or deleted after the response.
AT_ONCE = 10_000

_ALL = sys.maxsize


class Work(Protocol):
    """Work that can be cut into slices.

    Attributes:
        job: the job that it is for.
        is_large: whether it is for more executions than a response waits for.
        is_over: whether nothing of it is left.
        cause: the operation that led to it.
    """

    job: Job
    is_large: bool
    is_over: bool
    cause: str

    def go_on(self, most: int) -> int:
        """Carry out the next slice, and return how many executions were in it.

        Args:
            most: number of executions in it, at most.
        """
        ...

    def settle(self, thing: str) -> None:
        """Carry out what it has to do to the executions of a thing, ahead of its order."""
        ...


class Sweep:
    """One change of all executions of a job that have certain statuses.

    They are changed oldest change first.

    Args:
        job: the job.
        statuses: those of the executions to change, one status after the other.
        last_change: returns that of the store; executions that change after the sweep has begun are
            left alone.
        change: makes the change of one execution.
        then: called when all are changed.
    """

    def __init__(
        self,
        job: Job,
        statuses: tuple[ExecutionStatus, ...],
        last_change: Callable[[], int],
        change: Callable[[JobExecution], object],
        then: Callable[[], object],
    ) -> None:
        self.job = job
        self.is_large = sum(map(job.count, statuses)) > AT_ONCE
        self.is_over = False
        self.cause = ""
        self._statuses = statuses
        self._last_change = last_change
        self._last: int | None = None
        self._change = change
        self._then = then
        self._after = 0
        self._ahead: set[JobExecution] = set()

    def go_on(self, most: int) -> int:
        """Change the next executions, and return their number."""
        left = most
        if self._last is None:
            # Only now: what comes before it changes the same executions.
            self._last = self._last_change()
            self._statuses = tuple(filter(self.job.count, self._statuses))
        while self._statuses and left > 0:
            found = self.job.changed_after(self._after, self._statuses[0], left)
            are_last = len(found) < left
            for execution in found:
                if execution.change_number > self._last:
                    are_last = True
                    break
                self._after = execution.change_number
                if execution not in self._ahead:
                    self._change(execution)
            left -= len(found)
            if are_last:
                self._statuses = self._statuses[1:]
                self._after = 0
        if not self._statuses:
            self.is_over = True
            self._then()
        return most - left

    def settle(self, thing: str) -> None:
        """Change the executions of a thing that are still to be changed."""
        for execution in list(self.job.executions_of(thing, None, None)):
            if self._is_to_come(execution):
                self._ahead.add(execution)
                self._change(execution)

    def _is_to_come(self, execution: JobExecution) -> bool:
        if execution.status not in self._statuses or execution in self._ahead:
            return False
        is_current = execution.status is self._statuses[0]
        return (self._after if is_current else 0) < execution.change_number and (
            self._last is None or execution.change_number <= self._last
        )


class Steps:
    """Work of which every step is one thing's, and no thing's is needed before its turn.

    Args:
        job: the job.
        steps: carries out one step each time that it is advanced.
    """

    def __init__(self, job: Job, steps: Iterator[object]) -> None:
        self.job = job
        self.is_large = False
        self.is_over = False
        self.cause = ""
        self._steps = steps

    def go_on(self, most: int) -> int:
        """Carry out the next steps, and return their number."""
        done = 0
        for _ in islice(self._steps, most):
            done += 1
        self.is_over = done < most
        return done

    def settle(self, thing: str) -> None:
        """Leave a thing to its turn."""


class Backlog:
    """The work of one account and region that is not over.

    Attributes:
        slice: number of executions to change at once, further ones are left for `go_on`; None where
            everything is carried out at once.
        cause: the operation that work begins for now.
        left: work that began since this list was last emptied, whether it is over or not.
        done: number of executions that were changed in slices.
        works: by job, the job whose work began first in front; of each job the oldest first.
    """

    def __init__(self) -> None:
        self.slice: int | None = None
        self.cause = ""
        self.works: dict[str, list[Work]] = {}
        self.left: list[Work] = []
        self.done = 0

    def carry_out(self, work: Work) -> None:
        """Carry work out, or the first slice of it, behind earlier work for the same job."""
        if self.slice is None and not self.works:
            work.go_on(_ALL)
            return
        work.cause = self.cause
        waits = self.has(work.job)
        # Before it begins: what follows from it comes after it.
        self.works.setdefault(work.job.job_id, []).append(work)
        self.left.append(work)
        if not waits:
            self.go_on(work.job, _ALL if self.slice is None else self.slice)

    def has(self, job: Job) -> bool:
        """Return whether work for a job is left."""
        return job.job_id in self.works

    def first(self) -> Work | None:
        """Return the work to go on with, or None when nothing is left."""
        return next(iter(self.works.values()))[0] if self.works else None

    def go_on(self, job: Job, most: int = SLICE) -> None:
        """Carry out the next slice of the work for a job."""
        works = self.works.get(job.job_id)
        while works and most > 0:
            work = works[0]
            try:
                done = work.go_on(most)
                most -= done
                self.done += done
            except BaseException:
                work.is_over = True  # or it would be tried for ever
                raise
            finally:
                if work.is_over:
                    del works[0]
                if not works:
                    del self.works[job.job_id]
            if not work.is_over:
                return

    def settle(self, thing: str) -> None:
        """Change a thing's executions as all work that is left will change them."""
        for works in tuple(self.works.values()):
            for work in tuple(works):
                work.settle(thing)

    def finish(self) -> None:
        """Carry out all that is left."""
        while (work := self.first()) is not None:
            self.go_on(work.job, _ALL)
