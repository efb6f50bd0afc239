"""Constant and exponential rollouts, to the number (AWS IoT developer guide,
jobs-configurations-details).
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.settings import JobUpdate

if TYPE_CHECKING:
    from tests.service.conftest import World


def things(number: int) -> list[str]:
    return [f"thing-{each:05}" for each in range(number)]


def notified(world: World, job_id: str = "job") -> int:
    """How many executions there are."""
    return sum(world.counts(job_id).values())


def batches(world: World, minutes: int) -> list[int]:
    """How many executions come in each of the following minutes, the current one first."""
    totals = [notified(world)]
    for _ in range(minutes - 1):
        world.advance(minutes=1)
        totals.append(notified(world))
    return [totals[0], *(after - before for before, after in pairwise(totals))]


# Constant


def test_at_most_so_many_executions_come_every_minute(world: World) -> None:
    world.create("job", *things(25), rollout=10)
    assert batches(world, 4) == [10, 10, 5, 0]


def test_things_come_in_the_order_of_the_targets(world: World) -> None:
    world.group("lamps", "a", "b", "c")
    world.create("job", "z", "lamps", "y", rollout=2)
    world.advance(minutes=5)
    queued: dict[str | None, list[str]] = {}
    for thing in "zabcy":
        queued.setdefault(world.clock(world.execution(thing).queued_at), []).append(thing)
    assert queued == {"12:00": ["z", "a"], "12:01": ["b", "c"], "12:02": ["y"]}


def test_a_thing_not_yet_reached_has_no_execution_anywhere(world: World) -> None:
    world.create("job", "lamp", "fan", rollout=1)
    assert world.counts() == {"QUEUED": 1}
    assert (world.pending("lamp"), world.pending("fan")) == (["job"], [])
    assert len(world.control_plane.list_job_executions_for_job("job")[0]) == 1


def test_a_batch_is_stamped_with_its_own_minute(world: World) -> None:
    world.create("job", *things(5), rollout=2)
    world.now = world.time_of("18:00")
    stamps = [world.clock(world.execution(thing).queued_at) for thing in things(5)]
    assert stamps == ["12:00", "12:00", "12:01", "12:01", "12:02"]
    assert world.clock(world.job().last_updated_at) == "12:02"


def test_a_job_is_concurrent_while_it_rolls_out(world: World) -> None:
    # API reference, Job: true while the job rolls out new executions.
    world.create("job", *things(3), rollout=1)
    assert world.job().is_concurrent
    world.advance(minutes=1)
    assert world.job().is_concurrent
    world.advance(minutes=1)
    assert not world.job().is_concurrent


def test_a_snapshot_is_not_complete_before_its_rollout_is(world: World) -> None:
    world.create("job", "lamp", "fan", rollout=1)
    world.report("lamp", "SUCCEEDED")
    assert world.job().status == "IN_PROGRESS"
    world.advance(minutes=1)
    world.report("fan", "SUCCEEDED")
    assert world.job().status == "COMPLETED"


def test_without_a_configuration_a_thousand_come_every_minute(world: World) -> None:
    world.group("all", *things(2001))
    world.create("job", "all")
    assert batches(world, 4) == [1000, 1000, 1, 0]


def test_a_thing_that_is_gone_when_its_turn_comes_is_passed_over(world: World) -> None:
    world.create("job", "a", "b", "c", rollout=1)
    del world.registry.things["b"]
    world.advance(minutes=1)
    assert world.counts() == {"QUEUED": 1}
    world.advance(minutes=1)
    assert world.status("c") == "QUEUED"
    world.report("a", "SUCCEEDED")
    world.report("c", "SUCCEEDED")
    assert world.job().status == "COMPLETED"


def test_a_snapshot_whose_last_things_are_gone_completes_when_their_turn_comes(
    world: World,
) -> None:
    world.create("job", "a", "b", rollout=1)
    world.report("a", "SUCCEEDED")
    del world.registry.things["b"]
    world.now = world.time_of("18:00")
    assert (world.job().status, world.clock(world.job().completed_at)) == ("COMPLETED", "12:01")


def test_a_new_rate_is_for_the_next_batch(world: World) -> None:
    world.create("job", *things(20), rollout=1)
    assert batches(world, 2) == [1, 1]
    world.control_plane.update_job(
        JobUpdate(job_id="job", job_executions_rollout_config=world.rollout(7)), world.now
    )
    assert batches(world, 4) == [2, 7, 7, 4]


# What stops it


@pytest.mark.parametrize("how", ["cancel", "abort", "delete", "delete slowly", "endTime"])
def test_a_rollout_is_stopped(world: World, how: str) -> None:
    world.group("all", *things(100))
    world.follow("job", "all", rollout=1, abort=[("FAILED", 100, 1)], end="12:30")
    match how:
        case "cancel":
            world.control_plane.cancel_job("job", world.now)
        case "abort":
            world.report(things(1)[0], "FAILED")
        case "delete":
            world.control_plane.delete_job("job", world.now, force=True)
        case "delete slowly":
            world.pace = AfterTime(10**12)
            world.control_plane.delete_job("job", world.now, force=True)
        case "endTime":
            world.move_to("12:30")
    world.listen()
    world.advance(hours=5)
    assert world.regional.take_events() == []
    if how != "delete":
        # At endTime nothing new begins, not even what would come in the same instant.
        assert notified(world) == (30 if how == "endTime" else 1)
        assert not world.job().is_concurrent


# Later members of CONTINUOUS jobs


def test_later_members_come_at_once_outside_the_rate(world: World) -> None:
    world.group("all", *things(3))
    world.follow("job", "all", rollout=1)
    for late in ("x", "y"):
        world.join(late, "all")
        assert world.status(late) == "QUEUED"
    assert batches(world, 4) == [3, 1, 1, 0]


def test_a_member_that_waits_for_its_turn_keeps_it_when_it_joins_another_target(
    world: World,
) -> None:
    world.group("all", "a", "b")
    world.group("some")
    world.follow("job", "all", "some", rollout=1)
    world.join("b", "some")
    assert world.counts() == {"QUEUED": 1}
    world.advance(minutes=5)
    assert world.counts() == {"QUEUED": 2}


def test_a_member_that_leaves_before_its_turn_never_comes(world: World) -> None:
    world.group("all", "a", "b", "c")
    world.follow("job", "all", rollout=1)
    world.leave("b", "all")
    world.advance(minutes=5)
    assert world.counts() == {"QUEUED": 2}
    assert world.job().find("b", None) is None


# Exponential


def test_the_guides_example_to_the_number(world: World) -> None:
    # 50 a minute up to 1000 things, 100 up to 2000, 200 up to 3000, 400 up to 4000.
    world.group("all", *things(4000))
    world.create("job", "all", rollout=1000, exponential=(50, 2, 1000, None))
    by_minute = batches(world, 39)
    assert by_minute == [50] * 20 + [100] * 10 + [200] * 5 + [400] * 2 + [200] + [0]
    totals = list(accumulate(by_minute))
    assert (totals[19], totals[29], totals[34], totals[37]) == (1000, 2000, 3000, 4000)


def test_the_maximum_caps_the_rate(world: World) -> None:
    world.group("all", *things(1000))
    world.create("job", "all", rollout=30, exponential=(10, 2, 10, None))
    assert batches(world, 5) == [10, 20, 30, 30, 30]


def test_a_step_is_made_when_so_many_were_notified_and_not_one_earlier(world: World) -> None:
    world.group("all", *things(100))
    world.create("job", "all", rollout=100, exponential=(10, 2, 11, None))
    assert batches(world, 3) == [10, 10, 20]


def test_a_rate_that_passes_several_steps_at_once_is_multiplied_for_each(world: World) -> None:
    world.group("all", *things(500))
    world.create("job", "all", rollout=1000, exponential=(10, 2, 5, None))
    assert batches(world, 3) == [10, 40, 450]


def test_a_rate_of_succeeded_things_waits_for_successes(world: World) -> None:
    world.group("all", *things(100))
    world.create("job", "all", rollout=100, exponential=(2, 3, None, 2))
    assert batches(world, 3) == [2, 2, 2]
    for thing in things(2):
        world.report(thing, "SUCCEEDED")
    assert batches(world, 2) == [6, 6]
    world.report(things(3)[2], "FAILED")
    world.report(things(4)[3], "SUCCEEDED")
    assert batches(world, 2) == [12, 6]
    world.report(things(5)[4], "SUCCEEDED")
    assert batches(world, 2) == [18, 18]


def test_a_success_that_was_deleted_still_counts_for_the_rate(world: World) -> None:
    world.group("all", *things(100))
    world.create("job", "all", rollout=100, exponential=(2, 3, None, 2))
    for thing in things(2):
        world.report(thing, "SUCCEEDED")
        world.control_plane.delete_job_execution(thing, "job", 1, world.now)
    world.advance(minutes=1)
    assert world.counts() == {"QUEUED": 6}


def test_the_success_of_a_thing_that_joined_does_not_count_for_the_rate(world: World) -> None:
    world.group("all", *things(100))
    world.follow("job", "all", rollout=100, exponential=(2, 3, None, 1))
    world.join("late", "all")
    world.report("late", "SUCCEEDED")
    assert batches(world, 2) == [3, 2]
    world.report(things(1)[0], "SUCCEEDED")
    assert batches(world, 2) == [5, 6]


def test_the_success_of_a_retry_counts_for_the_rate(world: World) -> None:
    world.group("all", *things(100))
    world.create("job", "all", rollout=100, exponential=(1, 2, None, 1), retries={"FAILED": 1})
    world.report(things(1)[0], "FAILED")
    world.report(things(1)[0], "SUCCEEDED")
    assert batches(world, 2) == [2, 2]


def test_a_factor_with_a_decimal_is_exact(world: World) -> None:
    world.group("all", *things(200))
    world.create("job", "all", rollout=1000, exponential=(10, 1.1, 10, None))
    # 10; 10 * 1.1 = 11; steps 2, 3, 4, 6, 7, 9 at 21, 33, 46, 60, 77 and 96 notified things.
    assert batches(world, 8) == [10, 11, 12, 13, 14, 17, 19, 23]
