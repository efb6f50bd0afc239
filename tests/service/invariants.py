"""What always holds of a world: its indexes agree with its executions, and its events with what
there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from moto_iot_jobs.service.events import (
    Event,
    ExecutionDeleted,
    ExecutionQueued,
    JobChanged,
    PendingChanged,
    StatusChanged,
)
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.states import LIVE, OPEN, TERMINAL, ExecutionStatus, JobStatus
from tests.service.strategies import GROUPS, THINGS

if TYPE_CHECKING:
    from tests.service.conftest import World


def executions_of(job: Job) -> Iterator[JobExecution]:
    for newest in job.executions.values():
        execution: JobExecution | None = newest
        while execution is not None:
            yield execution
            execution = execution.previous


def check_executions(job: Job) -> None:
    """An execution chain has descending numbers and at most one open execution, the newest;
    counters equal a recount.
    """
    for thing, newest in job.executions.items():
        chain = []
        execution: JobExecution | None = newest
        while execution is not None:
            chain.append(execution)
            execution = execution.previous
        numbers = [each.execution_number for each in chain]
        assert numbers == sorted(set(numbers), reverse=True), "numbers descend"
        assert not any(each.is_open for each in chain[1:]), "only the newest execution may be open"
        assert {(each.thing.name, each.job_id, each.job_order) for each in chain} == {
            (thing, job.job_id, job.order)
        }
    every = list(executions_of(job))
    recount = Counter(execution.status for execution in every)
    assert job.counts() == {status: recount[status] for status in ExecutionStatus}, (
        "counters equal a recount"
    )
    assert (job.open_count, job.terminal_count) == (
        sum(recount[each] for each in OPEN),
        sum(recount[each] for each in TERMINAL),
    )
    by_change = sorted(every, key=lambda execution: -execution.change_number)
    assert list(job.recent_executions(None, None)) == by_change
    for status in ExecutionStatus:
        assert job.with_status(status)[::-1] == [
            each for each in by_change if each.status is status
        ]


def check_things(world: World) -> None:
    """The lists of every thing hold exactly its executions, each in its order; so do the lists of
    what is pending.
    """
    every = [execution for job in world.store.jobs.values() for execution in executions_of(job)]
    assert len({execution.change_number for execution in every}) == len(every)
    assert {execution.thing.name for execution in every} == set(world.store.things), (
        "things without executions are forgotten"
    )
    namespaces = {job.job_id: job.namespace_id for job in world.store.jobs.values()}
    for name, thing in world.store.things.items():
        own = sorted(
            (each for each in every if each.thing is thing),
            key=lambda each: (-each.job_order, -each.execution_number),
        )
        assert own, name
        for status in (None, *ExecutionStatus):
            of_status = [each for each in own if status in (None, each.status)]
            assert list(thing.descending(status)) == of_status
            east = thing.listing("east")
            in_east = [each for each in of_status if namespaces[each.job_id] == "east"]
            assert (list(east.descending(status)) if east else []) == in_east
        visible = sorted(
            (each for each in own if is_visible(world, each)),
            key=lambda each: (each.queued_at, each.job_order),
        )
        pending = thing.pending()
        assert [*pending[0]] == [each for each in visible if each.status == "IN_PROGRESS"]
        assert [*pending[1]] == [each for each in visible if each.status == "QUEUED"]
        assert thing.front() is next(iter([*pending[0], *pending[1]]), None)


def is_visible(world: World, execution: JobExecution) -> bool:
    """Whether a device should see an execution among its pending ones."""
    status = world.store.jobs[execution.job_id].status
    if status is JobStatus.DELETION_IN_PROGRESS or not execution.is_open:
        return False
    return execution.status == "IN_PROGRESS" or status is JobStatus.IN_PROGRESS


def check_job(world: World, job: Job) -> None:
    """A job's status fits its executions, and what is to come of it is in the timers and nowhere
    else.
    """
    kinds = {kind.name for kind in job.timers}
    assert all(timer.subject is job for timer in job.timers.values())
    assert (job.completed_at is not None) >= (job.status is JobStatus.COMPLETED)
    if job.status not in LIVE:
        assert not job.waiting
        assert not job.retries_due
        assert kinds <= {"DELETION_ENDS"}
        assert (job.status is JobStatus.DELETION_IN_PROGRESS) or not job.count(
            ExecutionStatus.QUEUED
        )
        assert job.status is not JobStatus.COMPLETED or not job.open_count
    assert (job.job_id in world.store.deletions) == (job.status is JobStatus.DELETION_IN_PROGRESS)
    for thing in job.waiting:
        newest = job.executions.get(thing)
        assert newest is None or not newest.is_open, "what waits for the rollout has nothing open"
    for thing, failed in job.retries_due.items():
        assert job.status is JobStatus.SCHEDULED
        assert job.executions[thing] is failed
        assert thing not in job.waiting
    if job.status is JobStatus.IN_PROGRESS:
        assert not job.waiting or "ROLLOUT_GOES_ON" in kinds, "the rollout goes on"
        assert not job.has_nothing_left(), "a job with nothing left is complete"
        assert job.windows is None or job.ended or "WINDOW_CLOSES" in kinds
    if job.status is JobStatus.SCHEDULED:
        assert kinds & {"JOB_STARTS", "WINDOW_OPENS"}
    if job.status in LIVE and job.ends_at is not None and not job.ended:
        assert "JOB_ENDS" in kinds
    assert not (job.ended and (job.waiting or job.retries_due)), "nothing begins after endTime"


def check_timers(world: World) -> None:
    """The timers are those that live jobs and executions know of, nothing else, and nothing that is
    due already.
    """
    known = [timer for job in world.store.jobs.values() for timer in job.timers.values()]
    for job in world.store.jobs.values():
        for execution in executions_of(job):
            timers = execution.timers
            if timers is None:
                continue
            assert execution.status == "IN_PROGRESS"
            assert job.status is not JobStatus.DELETION_IN_PROGRESS
            assert (timers.timer is None) == (timers.due is None)
            if timers.timer is not None:
                assert (timers.timer.due, timers.timer.subject) == (timers.due, execution)
                known.append(timers.timer)
    assert len(world.store.timers) == len(known)
    due = world.lifecycle.next_due()
    assert due == min((timer.due for timer in known), default=None)
    assert due is None or due > world.now, "nothing is left that is due"


def check_groups(world: World) -> None:
    """Followers are the live CONTINUOUS jobs that have begun; the lists of groups are those of
    jobs that aim at them.
    """
    by_creation = sorted(world.store.jobs.values(), key=lambda job: job.order)
    for group in GROUPS:
        aiming = [job for job in by_creation if any(target.name == group for target in job.targets)]
        following = [
            job
            for job in aiming
            if job.is_continuous and job.resolved and job.status in LIVE and not job.ended
        ]
        assert {job.job_id for job in following} == set(world.store.followers.get(group, {}))
        listed, _ = world.control_plane.list_jobs(thing_group_name=group)
        assert listed == [job for job in aiming if job.status is not JobStatus.SCHEDULED]
    assert all(world.store.followers.values())
    aimed_at = {target.name for job in by_creation for target in job.targets if target.is_group}
    assert {group for group, _ in world.store.listing._by_filter} == {
        *aimed_at,
        *([""] if by_creation else []),
    }
    for status in JobStatus:
        listed, _ = world.control_plane.list_jobs(status=status)
        assert listed == [job for job in by_creation if job.status is status]


def check(world: World) -> None:
    """Check all of it, once what is due by now has happened."""
    world.regional.run_due_timers(world.now)
    for job in world.store.jobs.values():
        check_executions(job)
        check_job(world, job)
    check_things(world)
    check_timers(world)
    check_groups(world)


class Listener:
    """Knows of the world only what the events tell, and checks that they tell a story that can be."""

    def __init__(self) -> None:
        self.executions: dict[tuple[str, str, int], tuple[str, int]] = {}
        self.points: set[tuple[str, str]] = set()
        self.pending: dict[str, list[str]] = {}
        self.latest = 0

    def hear(self, event: Event, *, in_order_of_time: bool) -> None:
        assert event.at >= self.latest or not in_order_of_time, "events come in order of time"
        self.latest = event.at
        match event:
            case ExecutionQueued():
                key = (event.job_id, event.thing, event.execution_number)
                assert key not in self.executions
                self.executions[key] = ("QUEUED", 1)
            case StatusChanged():
                key = (event.job_id, event.thing, event.execution_number)
                status, version = self.executions[key]
                assert status in OPEN, (
                    "an execution never leaves a terminal status, and nothing happens twice"
                )
                assert event.version == version + (event.status != "REMOVED")
                self.executions[key] = (event.status, event.version)
            case ExecutionDeleted():
                # One that was removed without a word may not be known.
                self.executions.pop((event.job_id, event.thing, event.execution_number), None)
            case JobChanged():
                assert (
                    event.job_id,
                    event.operation,
                ) not in self.points, "no point in a job's life comes twice"
                self.points.add((event.job_id, event.operation))
                if event.operation == "deleted":
                    self.points -= {point for point in self.points if point[0] == event.job_id}
            case PendingChanged():
                self.pending[event.thing] = [each.job_id for each in event.pending]

    def check(self, world: World) -> None:
        """What was heard is what there is."""
        every = {
            (job.job_id, each.thing.name, each.execution_number): (
                each.status.value,
                each.version_number,
            )
            for job in world.store.jobs.values()
            for each in executions_of(job)
        }
        silent = {
            key for key, (status, version) in every.items() if (status, version) == ("REMOVED", 1)
        } - self.executions.keys()
        assert {key: each for key, each in every.items() if key not in silent} == self.executions
        ends = {JobStatus.COMPLETED: "completed", JobStatus.CANCELED: "canceled"}
        for job in world.store.jobs.values():
            if job.status in ends:
                assert (job.job_id, ends[job.status]) in self.points
        for thing in THINGS:
            shown = [each.removesuffix("*") for each in world.pending(thing)]
            heard = self.pending.get(thing, [])
            # A start behind the first one is not told, and may change the order of the rest.
            assert (heard[:1], sorted(heard)) == (shown[:1], sorted(shown))
