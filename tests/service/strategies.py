"""Stories for hypothesis: lists of steps on both planes, and who carries them out on a world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from moto_iot_jobs.service.deletion import AfterDescriptions, AfterTime, DeletionPace, Immediate
from moto_iot_jobs.service.errors import ServiceError
from moto_iot_jobs.service.scheduling.schedule import to_text
from moto_iot_jobs.service.settings import (
    EndBehavior,
    JobUpdate,
    MaintenanceWindow,
    SchedulingConfig,
    TargetSelection,
    TimeoutConfig,
)

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
WINDOWS = [
    (),
    (("cron(0 13 * * ? *)", 120),),
    (("cron(30 * * * ? *)", 20), ("cron(45 10/2 * * ? *)", 40)),
]


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
waits = st.sampled_from(
    [
        1,
        30_000,
        MINUTE,
        7 * MINUTE,
        31 * MINUTE,
        65 * MINUTE,
        65 * MINUTE,
        600 * MINUTE,
        1440 * MINUTE,
    ]
)
reported = st.sampled_from(
    ["IN_PROGRESS", "SUCCEEDED", "FAILED", "FAILED", "FAILED", "REJECTED", "QUEUED"]
)
actions: dict[str, tuple[int, list[st.SearchStrategy[Any]]]] = {
    # how often among the others, and with what
    "wait": (8, [waits]),
    "start": (5, [things, steps_in_minutes]),
    "report": (
        14,
        [things, jobs, reported, steps_in_minutes, st.sampled_from([None, None, None, 1])],
    ),
    "join": (5, [things, groups]),
    "leave": (3, [things, groups]),
    "associate": (2, [jobs, groups]),
    "cancel execution": (1, [things, jobs, st.booleans()]),
    "delete execution": (2, [things, jobs, st.integers(1, 3), st.booleans()]),
    "update job": (
        1,
        [jobs, st.sampled_from([1, 30]), st.sampled_from([None, 1, 3]), st.booleans()],
    ),
    "cancel job": (1, [jobs, st.booleans()]),
    "delete job": (2, [jobs, st.booleans()]),
    "describe job": (3, [jobs]),
    "create": (2, [jobs, recipes(), st.sampled_from(TARGETS)]),
}
by_weight = [action for action, (weight, _) in actions.items() for _ in range(weight)]
steps = st.sampled_from(by_weight).flatmap(
    lambda action: st.tuples(st.just(action), *actions[action][1])
)
beginnings = st.tuples(
    *(
        st.tuples(st.just("create"), st.just(job_id), recipes(), st.sampled_from(TARGETS))
        for job_id in JOBS
    )
)
step_lists: st.SearchStrategy[list[Step]] = st.builds(
    lambda first, rest: [*first, *rest],
    beginnings,
    st.lists(steps, min_size=15, max_size=50),
)
paces: st.SearchStrategy[DeletionPace] = st.sampled_from(
    [Immediate(), AfterTime(50 * MINUTE), AfterDescriptions(1)]
)


class StepRunner:
    """Carries out stories on a world of its own.

    Args:
        world: an empty one.
        pace: how long deletions take.
        slices: in how many pieces the clock moves; with 0 it is set, and nothing happens before the
            next operation.
    """

    def __init__(self, world: World, pace: DeletionPace, slices: int = 0) -> None:
        self.world = world
        world.pace = pace
        world.group("north", "a", "b")
        world.group("south", "c")
        world.group("northeast", parent="north")
        world.listen()
        self.slices = slices

    def run_steps(self, step: Step) -> None:
        """Carry out one step. Raises what the step raises."""
        action, *arguments = step
        getattr(self, action.replace(" ", "_"))(*arguments)

    def wait(self, duration: int) -> None:
        end = self.world.now + duration
        for number in range(1, self.slices + 1):
            self.world.regional.run_due_timers(end - duration + duration * number // self.slices)
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
            target_selection=TargetSelection.CONTINUOUS
            if recipe.continuous
            else TargetSelection.SNAPSHOT,
            timeout=recipe.timeout,
            retries=dict(recipe.retries),
            rollout=recipe.rollout,
            abort=recipe.abort,
            scheduling_config=config,
            namespace_id=recipe.namespace,
        )

    def start(self, thing: str, step: int | None) -> None:
        self.world.start(thing, step_timeout_in_minutes=step)

    def report(
        self, thing: str, job_id: str, status: str, step: int | None, version: int | None
    ) -> None:
        self.world.report(
            thing, status, job_id, step_timeout_in_minutes=step, expected_version=version
        )

    def join(self, thing: str, group: str) -> None:
        self.world.join(thing, group)

    def leave(self, thing: str, group: str) -> None:
        self.world.leave(thing, group)

    def cancel_execution(self, thing: str, job_id: str, force: bool) -> None:
        self.world.control_plane.cancel_job_execution(thing, job_id, self.world.now, force=force)

    def delete_execution(self, thing: str, job_id: str, number: int, force: bool) -> None:
        self.world.control_plane.delete_job_execution(
            thing, job_id, number, self.world.now, force=force
        )

    def cancel_job(self, job_id: str, force: bool) -> None:
        self.world.control_plane.cancel_job(job_id, self.world.now, force=force)

    def delete_job(self, job_id: str, force: bool) -> None:
        self.world.control_plane.delete_job(job_id, self.world.now, force=force)

    def describe_job(self, job_id: str) -> None:
        self.world.control_plane.describe_job(job_id, self.world.now)

    def update_job(self, job_id: str, timeout: int, rollout: int | None, no_retries: bool) -> None:
        job = self.world.job(job_id)
        stored = job.settings.job_executions_retry_config
        retries = (
            self.world.retries({each.failure_type: 0 for each in stored.criteria_list})
            if stored and no_retries
            else None
        )
        update = JobUpdate(
            job_id=job_id,
            timeout_config=TimeoutConfig(timeout),
            job_executions_rollout_config=self.world.rollout(rollout) if rollout else None,
            job_executions_retry_config=retries,
        )
        self.world.control_plane.update_job(update, self.world.now)

    def associate(self, job_id: str, group: str) -> None:
        self.world.control_plane.associate_targets_with_job(
            job_id, (self.world.target(group),), self.world.now
        )


def run_steps(
    runner: StepRunner, steps_taken: list[Step], after: Callable[[], None] = lambda: None
) -> list[str]:
    """Carry out a story to its end, and a day more; return the errors of its steps."""
    errors = []
    for number, step in enumerate([*steps_taken, ("wait", 1440 * MINUTE)]):
        try:
            runner.run_steps(step)
        except ServiceError as error:
            errors.append(f"{number}: {error!r}")
        after()
    runner.world.regional.run_due_timers(runner.world.now)
    after()
    return errors
