"""Whatever is asked for in whatever order, and however the clock moves: what always holds.

Hypothesis makes up a story, a list of steps, and a `StepRunner` carries it out on a world. After
every step the indexes agree with the executions, and those who listened to the events know what
there is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.deletion import DeletionPace, Immediate
from moto_iot_jobs.service.errors import ServiceError
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.states import TERMINAL, ExecutionStatus
from tests.service.invariants import Listener, check, executions_of
from tests.service.strategies import Step, StepRunner, paces, run_steps, step_lists

if TYPE_CHECKING:
    from tests.service.conftest import World

MODERATELY = settings(
    deadline=None,
    max_examples=60,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@MODERATELY
@given(steps_taken=step_lists, pace=paces)
def test_indexes_counters_and_timers_always_agree(
    new_world: type[World], steps_taken: list[Step], pace: DeletionPace
) -> None:
    world = new_world()
    finished: dict[int, tuple[JobExecution, ExecutionStatus, int]] = {}

    def after() -> None:
        check(world)
        for execution, status, version in finished.values():
            assert (execution.status, execution.version_number) == (status, version), (
                "it left a terminal status"
            )
        for job in world.store.jobs.values():
            for execution in executions_of(job):
                if execution.status in TERMINAL:
                    finished.setdefault(
                        id(execution), (execution, execution.status, execution.version_number)
                    )

    run_steps(StepRunner(world, pace), steps_taken, after)


@MODERATELY
@given(steps_taken=step_lists, pace=paces)
def test_events_suffice_to_know_what_there_is(
    new_world: type[World], steps_taken: list[Step], pace: DeletionPace
) -> None:
    world = new_world()
    listener = Listener()

    def after() -> None:
        world.regional.run_due_timers(world.now)
        for event in world.regional.take_events():
            listener.hear(event, in_order_of_time=True)
        listener.check(world)

    run_steps(StepRunner(world, pace), steps_taken, after)


@MODERATELY
@given(steps_taken=step_lists, pace=paces, slices=st.sampled_from([1, 3, 50]))
def test_it_does_not_matter_how_the_clock_moves(
    new_world: type[World], steps_taken: list[Step], pace: DeletionPace, slices: int
) -> None:
    jumping, gliding = StepRunner(new_world(), pace), StepRunner(new_world(), pace, slices)
    assert run_steps(jumping, steps_taken) == run_steps(gliding, steps_taken)
    assert jumping.world.regional.take_events() == gliding.world.regional.take_events()
    assert jumping.world.dump_state() == gliding.world.dump_state()


@MODERATELY
@given(steps_taken=step_lists, pace=paces, slices=st.sampled_from([1, 3, 50]))
def test_it_does_not_matter_how_the_clock_moves_while_nothing_listens(
    new_world: type[World], steps_taken: list[Step], pace: DeletionPace, slices: int
) -> None:
    jumping, gliding = StepRunner(new_world(), pace), StepRunner(new_world(), pace, slices)
    for each in (jumping, gliding):
        each.world.store.event_log.listening = False
    assert run_steps(jumping, steps_taken) == run_steps(gliding, steps_taken)
    assert jumping.world.dump_state() == gliding.world.dump_state()


@settings(MODERATELY, max_examples=25)
@given(steps_taken=step_lists, pace=paces)
def test_a_call_that_fails_changes_nothing(
    new_world: type[World], steps_taken: list[Step], pace: DeletionPace
) -> None:
    runner = StepRunner(new_world(), pace)
    world = runner.world
    for step in steps_taken:
        world.regional.run_due_timers(world.now)
        before = world.dump_state()
        try:
            runner.run_steps(step)
        except ServiceError:
            assert world.dump_state() == before


@settings(MODERATELY, max_examples=25)
@given(steps_taken=step_lists)
def test_what_is_deleted_leaves_nothing_behind(
    new_world: type[World], steps_taken: list[Step]
) -> None:
    runner = StepRunner(new_world(), Immediate())
    run_steps(runner, steps_taken)
    world = runner.world
    for job_id in list(world.store.jobs):
        world.control_plane.delete_job(job_id, world.now, force=True)
    store = world.store
    left = (store.jobs, store.things, store.deletions, store.followers)
    assert left == ({}, {}, {}, {})
    assert (bool(store.listing), len(store.timers)) == (False, 0)
