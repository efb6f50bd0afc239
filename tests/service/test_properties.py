"""Whatever is asked for in whatever order, and however the clock moves: what always holds.

Hypothesis makes up a story, a list of steps, and a `Storyteller` carries it out on a world. After every step the indexes
agree with the executions, and those who listened to the events know what there is.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.course import AfterDescriptions, AfterTime, DeletionPace, Immediate
from moto_iot_jobs.service.errors import Refusal
from moto_iot_jobs.service.events import Event, ExecutionDeleted, ExecutionQueued, JobChanged, PendingChanged, StatusChanged
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.schedule import to_text
from moto_iot_jobs.service.settings import (
    EndBehavior,
    JobUpdate,
    MaintenanceWindow,
    SchedulingConfig,
    TargetSelection,
    TimeoutConfig,
)
from moto_iot_jobs.service.states import LIVE, OPEN, TERMINAL, ExecutionStatus, JobStatus

if TYPE_CHECKING:
    from tests.service.conftest import World

MINUTE = 60_000
THINGS = ["a", "b", "c"]
GROUPS = ["north", "south", "northeast"]
JOBS = ["job-1", "job-2"]
TARGETS = [("north",), ("north", "south"), ("northeast", "c"), ("a", "b")]

Step = tuple[Any, ...]


@dataclass(frozen=True)
class Recipe:
    """The settings of a job; schedules in minutes from its creation."""

    continuous: bool = True
    timeout: int | None = None
    retries: tuple[tuple[str, int], ...] = ()
    rollout: int | None = None
    abort: tuple[tuple[str, float, int], ...] = ()
    start: int | None = None
    end: int | None = None
    end_behavior: EndBehavior | None = None
    windows: tuple[tuple[str, int], ...] = ()
    namespace: str | None = None


RETRIES = [(), (("FAILED", 2),), (("ALL", 1),), (("FAILED", 1), ("TIMED_OUT", 10))]
ABORTS = [(), (("FAILED", 50.0, 2),), (("ALL", 100.0, 3), ("TIMED_OUT", 10.0, 4))]
WINDOWS = [(), (("cron(0 13 * * ? *)", 120),), (("cron(30 * * * ? *)", 20), ("cron(45 10/2 * * ? *)", 40))]


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Make up settings that CreateJob accepts."""
    start = draw(st.sampled_from([None, None, 31, 200]))
    continuous = draw(st.booleans())
    return Recipe(
        continuous=continuous,
        timeout=draw(st.sampled_from([None, 5, 45])),
        retries=draw(st.sampled_from(RETRIES)),
        rollout=draw(st.sampled_from([None, 1, 2])),
        abort=draw(st.sampled_from(ABORTS)),
        start=start,
        end=draw(st.sampled_from([None, None, 300, 2000])),
        end_behavior=draw(st.sampled_from([None, *EndBehavior])),
        windows=draw(st.sampled_from(WINDOWS)) if continuous and start else (),
        namespace=draw(st.sampled_from([None, "east"])),
    )


jobs = st.sampled_from(JOBS)
things = st.sampled_from(THINGS)
groups = st.sampled_from(GROUPS)
steps_in_minutes = st.sampled_from([None, None, 3, 40, -1])
waits = st.sampled_from([1, 30_000, MINUTE, 7 * MINUTE, 31 * MINUTE, 65 * MINUTE, 65 * MINUTE, 600 * MINUTE, 1440 * MINUTE])
reported = st.sampled_from(["IN_PROGRESS", "SUCCEEDED", "FAILED", "FAILED", "FAILED", "REJECTED", "QUEUED"])
actions: dict[str, tuple[int, list[st.SearchStrategy[Any]]]] = {
    # how often among the others, and with what
    "wait": (8, [waits]),
    "start": (5, [things, steps_in_minutes]),
    "report": (14, [things, jobs, reported, steps_in_minutes, st.sampled_from([None, None, None, 1])]),
    "join": (5, [things, groups]),
    "leave": (3, [things, groups]),
    "associate": (2, [jobs, groups]),
    "cancel execution": (1, [things, jobs, st.booleans()]),
    "delete execution": (2, [things, jobs, st.integers(1, 3), st.booleans()]),
    "update job": (1, [jobs, st.sampled_from([1, 30]), st.sampled_from([None, 1, 3]), st.booleans()]),
    "cancel job": (1, [jobs, st.booleans()]),
    "delete job": (2, [jobs, st.booleans()]),
    "describe job": (3, [jobs]),
    "create": (2, [jobs, recipes(), st.sampled_from(TARGETS)]),
}
by_weight = [action for action, (weight, _) in actions.items() for _ in range(weight)]
steps = st.sampled_from(by_weight).flatmap(lambda action: st.tuples(st.just(action), *actions[action][1]))
beginnings = st.tuples(*(st.tuples(st.just("create"), st.just(job_id), recipes(), st.sampled_from(TARGETS)) for job_id in JOBS))
stories: st.SearchStrategy[list[Step]] = st.builds(
    lambda first, rest: [*first, *rest],
    beginnings,
    st.lists(steps, min_size=15, max_size=50),
)
paces: st.SearchStrategy[DeletionPace] = st.sampled_from([Immediate(), AfterTime(50 * MINUTE), AfterDescriptions(1)])


class Storyteller:
    """Carries out stories on a world of its own.

    Args:
        world: an empty one.
        pace: how long deletions take.
        slices: in how many pieces the clock moves; with 0 it is set, and nothing happens before the next operation.
    """

    def __init__(self, world: World, pace: DeletionPace, slices: int = 0) -> None:
        self.world = world
        world.pace = pace
        world.group("north", "a", "b")
        world.group("south", "c")
        world.group("northeast", parent="north")
        world.listen()
        self.slices = slices

    def tell(self, step: Step) -> None:
        """Carry out one step; Refusals come through."""
        action, *arguments = step
        getattr(self, action.replace(" ", "_"))(*arguments)

    def wait(self, duration: int) -> None:
        end = self.world.now + duration
        for number in range(1, self.slices + 1):
            self.world.regional.settle(end - duration + duration * number // self.slices)
        self.world.now = end

    def create(self, job_id: str, recipe: Recipe, targets: tuple[str, ...]) -> None:
        now = self.world.now
        config = SchedulingConfig(
            to_text(now + recipe.start * MINUTE) if recipe.start else None,
            to_text(now + recipe.end * MINUTE) if recipe.end else None,
            recipe.end_behavior,
            tuple(MaintenanceWindow(*window) for window in recipe.windows) or None,
        )
        self.world.create(
            job_id,
            *targets,
            target_selection=TargetSelection.CONTINUOUS if recipe.continuous else TargetSelection.SNAPSHOT,
            timeout=recipe.timeout,
            retries=dict(recipe.retries),
            rollout=recipe.rollout,
            abort=recipe.abort,
            scheduling_config=config,
            namespace_id=recipe.namespace,
        )

    def start(self, thing: str, step: int | None) -> None:
        self.world.start(thing, step_timeout_in_minutes=step)

    def report(self, thing: str, job_id: str, status: str, step: int | None, version: int | None) -> None:
        self.world.report(thing, status, job_id, step_timeout_in_minutes=step, expected_version=version)

    def join(self, thing: str, group: str) -> None:
        self.world.join(thing, group)

    def leave(self, thing: str, group: str) -> None:
        self.world.leave(thing, group)

    def cancel_execution(self, thing: str, job_id: str, force: bool) -> None:
        self.world.jobs.cancel_job_execution(thing, job_id, self.world.now, force=force)

    def delete_execution(self, thing: str, job_id: str, number: int, force: bool) -> None:
        self.world.jobs.delete_job_execution(thing, job_id, number, self.world.now, force=force)

    def cancel_job(self, job_id: str, force: bool) -> None:
        self.world.jobs.cancel_job(job_id, self.world.now, force=force)

    def delete_job(self, job_id: str, force: bool) -> None:
        self.world.jobs.delete_job(job_id, self.world.now, force=force)

    def describe_job(self, job_id: str) -> None:
        self.world.jobs.describe_job(job_id, self.world.now)

    def update_job(self, job_id: str, timeout: int, rollout: int | None, no_retries: bool) -> None:
        job = self.world.job(job_id)
        stored = job.settings.job_executions_retry_config
        retries = self.world.retries({each.failure_type: 0 for each in stored.criteria_list}) if stored and no_retries else None
        update = JobUpdate(
            job_id=job_id,
            timeout_config=TimeoutConfig(timeout),
            job_executions_rollout_config=self.world.rollout(rollout) if rollout else None,
            job_executions_retry_config=retries,
        )
        self.world.jobs.update_job(update, self.world.now)

    def associate(self, job_id: str, group: str) -> None:
        self.world.jobs.associate_targets_with_job(job_id, (self.world.target(group),), self.world.now)


def tell(storyteller: Storyteller, story: list[Step], after: Callable[[], None] = lambda: None) -> list[str]:
    """Carry out a story to its end, and a day more; return how every refused step was refused."""
    refused = []
    for number, step in enumerate([*story, ("wait", 1440 * MINUTE)]):
        try:
            storyteller.tell(step)
        except Refusal as refusal:
            refused.append(f"{number}: {refusal!r}")
        after()
    storyteller.world.regional.settle(storyteller.world.now)
    after()
    return refused


# What always holds


def executions_of(job: Job) -> Iterator[JobExecution]:
    for newest in job.executions.values():
        execution: JobExecution | None = newest
        while execution is not None:
            yield execution
            execution = execution.previous


def check_executions(job: Job) -> None:
    """An execution chain has descending numbers and at most one open execution, the newest; counters equal a recount."""
    for thing, newest in job.executions.items():
        chain = []
        execution: JobExecution | None = newest
        while execution is not None:
            chain.append(execution)
            execution = execution.previous
        numbers = [each.execution_number for each in chain]
        assert numbers == sorted(set(numbers), reverse=True), "numbers descend"
        assert not any(each.is_open for each in chain[1:]), "only the newest execution may be open"
        assert {(each.thing.name, each.job_id, each.job_order) for each in chain} == {(thing, job.job_id, job.order)}
    every = list(executions_of(job))
    recount = Counter(execution.status for execution in every)
    assert job.counts() == {status: recount[status] for status in ExecutionStatus}, "counters equal a recount"
    assert (job.open_count, job.terminal_count) == (
        sum(recount[each] for each in OPEN),
        sum(recount[each] for each in TERMINAL),
    )
    by_change = sorted(every, key=lambda execution: -execution.touched)
    assert list(job.recent_executions(None, None)) == by_change
    for status in ExecutionStatus:
        assert job.with_status(status)[::-1] == [each for each in by_change if each.status is status]


def check_things(world: World) -> None:
    """The lists of every thing hold exactly its executions, each in its order; so do the lists of what is pending."""
    every = [execution for job in world.store.jobs.values() for execution in executions_of(job)]
    assert len({execution.touched for execution in every}) == len(every)
    assert {execution.thing.name for execution in every} == set(world.store.things), "things without executions are forgotten"
    namespaces = {job.job_id: job.namespace_id for job in world.store.jobs.values()}
    for name, thing in world.store.things.items():
        own = sorted(
            (each for each in every if each.thing is thing), key=lambda each: (-each.job_order, -each.execution_number)
        )
        assert own, name
        for status in (None, *ExecutionStatus):
            of_status = [each for each in own if status in (None, each.status)]
            assert list(thing.descending(status)) == of_status
            east = thing.listing("east")
            in_east = [each for each in of_status if namespaces[each.job_id] == "east"]
            assert (list(east.descending(status)) if east else []) == in_east
        visible = sorted((each for each in own if is_visible(world, each)), key=lambda each: (each.queued_at, each.job_order))
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
    """A job's status fits its executions, and what is to come of it is on the agenda and nowhere else."""
    kinds = {kind.name for kind in job.happenings}
    assert all(happening.subject is job for happening in job.happenings.values())
    assert (job.completed_at is not None) >= (job.status is JobStatus.COMPLETED)
    if job.status not in LIVE:
        assert not job.waiting
        assert not job.retries_due
        assert kinds <= {"DELETION_ENDS"}
        assert (job.status is JobStatus.DELETION_IN_PROGRESS) or not job.count(ExecutionStatus.QUEUED)
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


def check_agenda(world: World) -> None:
    """The agenda holds what live jobs and executions know of, nothing else, and nothing that is due already."""
    known = [happening for job in world.store.jobs.values() for happening in job.happenings.values()]
    for job in world.store.jobs.values():
        for execution in executions_of(job):
            timers = execution.timers
            if timers is None:
                continue
            assert execution.status == "IN_PROGRESS"
            assert job.status is not JobStatus.DELETION_IN_PROGRESS
            assert (timers.happening is None) == (timers.due is None)
            if timers.happening is not None:
                assert (timers.happening.due, timers.happening.subject) == (timers.due, execution)
                known.append(timers.happening)
    assert len(world.store.agenda) == len(known)
    due = world.course.next_due()
    assert due == min((happening.due for happening in known), default=None)
    assert due is None or due > world.now, "nothing is left that is due"


def check_groups(world: World) -> None:
    """Followers are the live CONTINUOUS jobs that have begun; the lists of groups are those of jobs that aim at them."""
    by_creation = sorted(world.store.jobs.values(), key=lambda job: job.order)
    for group in GROUPS:
        aiming = [job for job in by_creation if any(target.name == group for target in job.targets)]
        following = [job for job in aiming if job.is_continuous and job.resolved and job.status in LIVE and not job.ended]
        assert {job.job_id for job in following} == set(world.store.followers.get(group, {}))
        listed, _ = world.jobs.list_jobs(world.now, thing_group_name=group)
        assert listed == [job for job in aiming if job.status is not JobStatus.SCHEDULED]
    assert all(world.store.followers.values())
    assert {target.name for job in by_creation for target in job.targets if target.is_group} == set(world.store.group_listings)
    for status in JobStatus:
        listed, _ = world.jobs.list_jobs(world.now, status=status)
        assert listed == [job for job in by_creation if job.status is status]


def check(world: World) -> None:
    """Check all of it, once what is due by now has happened."""
    world.regional.settle(world.now)
    for job in world.store.jobs.values():
        check_executions(job)
        check_job(world, job)
    check_things(world)
    check_agenda(world)
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
                assert status in OPEN, "an execution never leaves a terminal status, and nothing happens twice"
                assert event.version == version + (event.status != "REMOVED")
                self.executions[key] = (event.status, event.version)
            case ExecutionDeleted():
                # One that was removed without a word may not be known.
                self.executions.pop((event.job_id, event.thing, event.execution_number), None)
            case JobChanged():
                assert (event.job_id, event.operation) not in self.points, "no point in a job's life comes twice"
                self.points.add((event.job_id, event.operation))
                if event.operation == "deleted":
                    self.points -= {point for point in self.points if point[0] == event.job_id}
            case PendingChanged():
                self.pending[event.thing] = [each.job_id for each in event.pending]

    def check(self, world: World) -> None:
        """What was heard is what there is."""
        every = {
            (job.job_id, each.thing.name, each.execution_number): (each.status.value, each.version_number)
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


# The tests

MODERATELY = settings(
    deadline=None,
    max_examples=60,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@MODERATELY
@given(story=stories, pace=paces)
def test_indexes_counters_and_the_agenda_always_agree(new_world: type[World], story: list[Step], pace: DeletionPace) -> None:
    world = new_world()
    finished: dict[int, tuple[JobExecution, ExecutionStatus, int]] = {}

    def after() -> None:
        check(world)
        for execution, status, version in finished.values():
            assert (execution.status, execution.version_number) == (status, version), "it left a terminal status"
        for job in world.store.jobs.values():
            for execution in executions_of(job):
                if execution.status in TERMINAL:
                    finished.setdefault(id(execution), (execution, execution.status, execution.version_number))

    tell(Storyteller(world, pace), story, after)


@MODERATELY
@given(story=stories, pace=paces)
def test_whoever_listens_knows_what_there_is(new_world: type[World], story: list[Step], pace: DeletionPace) -> None:
    world = new_world()
    listener = Listener()

    def after() -> None:
        world.regional.settle(world.now)
        for event in world.regional.take_events():
            listener.hear(event, in_order_of_time=True)
        listener.check(world)

    tell(Storyteller(world, pace), story, after)


@MODERATELY
@given(story=stories, pace=paces, slices=st.sampled_from([1, 3, 50]))
def test_it_does_not_matter_how_the_clock_moves(
    new_world: type[World], story: list[Step], pace: DeletionPace, slices: int
) -> None:
    jumping, gliding = Storyteller(new_world(), pace), Storyteller(new_world(), pace, slices)
    assert tell(jumping, story) == tell(gliding, story)
    assert jumping.world.regional.take_events() == gliding.world.regional.take_events()
    assert jumping.world.picture() == gliding.world.picture()


@settings(MODERATELY, max_examples=25)
@given(story=stories, pace=paces)
def test_a_refused_call_changes_nothing(new_world: type[World], story: list[Step], pace: DeletionPace) -> None:
    storyteller = Storyteller(new_world(), pace)
    world = storyteller.world
    for step in story:
        world.regional.settle(world.now)
        before = world.picture()
        try:
            storyteller.tell(step)
        except Refusal:
            assert world.picture() == before


@settings(MODERATELY, max_examples=25)
@given(story=stories)
def test_what_is_deleted_leaves_nothing_behind(new_world: type[World], story: list[Step]) -> None:
    storyteller = Storyteller(new_world(), Immediate())
    tell(storyteller, story)
    world = storyteller.world
    for job_id in list(world.store.jobs):
        world.jobs.delete_job(job_id, world.now, force=True)
    store = world.store
    left = (store.jobs, store.things, store.deletions, store.group_listings, store.followers)
    assert left == ({}, {}, {}, {}, {})
    assert (bool(store.listing), len(store.agenda)) == (False, 0)
