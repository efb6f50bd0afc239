"""Abort criteria, row by row (AWS IoT developer guide, job-configurations-api; the wording
captured).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.service.conftest import World


def things(number: int) -> list[str]:
    return [f"thing-{each:04}" for each in range(number)]


def close(world: World, thing: str, how: str) -> None:
    """Let the thing's execution end in a status."""
    match how:
        case "SUCCEEDED" | "FAILED" | "REJECTED":
            world.report(thing, how)
        case "TIMED_OUT":
            world.start(thing)
            world.advance(minutes=10)
        case "CANCELED":
            world.control_plane.cancel_job_execution(thing, "job", world.now)
        case "REMOVED":
            world.leave(thing, "all")


def run(world: World, criteria: list[tuple[str, float, int]], *outcomes: str) -> list[str]:
    """Run a job with two things to spare and give its status after each outcome."""
    world.group("all", *things(len(outcomes) + 2))
    world.follow("job", "all", abort=criteria, timeout=10)
    statuses = []
    for thing, outcome in zip(things(len(outcomes)), outcomes, strict=True):
        close(world, thing, outcome)
        statuses.append(world.job().status.value)
    return statuses


GOES_ON, ABORTED = "IN_PROGRESS", "CANCELED"


# When a criterion is met


@pytest.mark.parametrize("kind", ["FAILED", "REJECTED", "TIMED_OUT", "ALL"])
@pytest.mark.parametrize(
    "outcome", ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "CANCELED", "REMOVED"]
)
def test_which_outcomes_count_as_failures_of_a_type(world: World, kind: str, outcome: str) -> None:
    # ALL is not defined in the guide; captured: what a device reports or misses.
    counts = outcome == kind or (kind == "ALL" and outcome in ("FAILED", "REJECTED", "TIMED_OUT"))
    assert run(world, [(kind, 100, 1)], outcome) == [ABORTED if counts else GOES_ON]


@pytest.mark.parametrize(
    "threshold, least, outcomes, aborts_at",
    [
        (50, 1, "S F", 2),  # exactly the threshold is enough
        (50.01, 1, "S F", None),
        (50, 4, "F F F S", 4),  # but not before so many are done
        (50, 4, "F F F", None),
        (100, 2, "F F", 2),
        (100, 2, "F S F F F", None),
        (20, 5, "F S S S S", 5),
        (20, 5, "S S S S S F", None),
        (20, 5, "S S S S F", 5),
        (0.01, 1, "S S S F", 4),
        (33.33, 3, "S S F", 3),
        (33.34, 3, "S S F S F", 5),
        (66.66, 3, "F F S", 3),
        (66.67, 3, "F F S", None),  # two thirds are less
    ],
)
def test_a_criterion_is_met_at_its_threshold_once_enough_are_done(
    world: World, threshold: float, least: int, outcomes: str, aborts_at: int | None
) -> None:
    statuses = run(
        world,
        [("FAILED", threshold, least)],
        *({"S": "SUCCEEDED", "F": "FAILED"}[each] for each in outcomes.split()),
    )
    assert (
        statuses == [GOES_ON] * len(statuses)
        if aborts_at is None
        else [GOES_ON] * (aborts_at - 1) + [ABORTED]
    )


@pytest.mark.parametrize("other", ["SUCCEEDED", "CANCELED", "REMOVED", "REJECTED", "TIMED_OUT"])
def test_every_terminal_execution_counts_as_executed(world: World, other: str) -> None:
    assert run(world, [("FAILED", 50, 4)], other, other, "FAILED", "FAILED") == [GOES_ON] * 3 + [
        ABORTED
    ]


@pytest.mark.parametrize(
    "threshold, executed, failed", [(8.8, 375, 33), (64.4, 250, 161), (33.3, 1000, 333)]
)
def test_a_threshold_is_exact_to_its_two_decimals(
    world: World, threshold: float, executed: int, failed: int
) -> None:
    world.group("all", *things(executed + 1))
    world.create("job", "all", abort=[("FAILED", threshold, executed)])
    world.advance(minutes=10)
    for number, thing in enumerate(things(executed)):
        world.report(thing, "FAILED" if number < failed else "SUCCEEDED")
    assert world.counts() == {"FAILED": failed, "SUCCEEDED": executed - failed, "CANCELED": 1}
    assert world.job().status == ABORTED


def test_the_first_criterion_met_in_the_order_of_the_list_is_named(world: World) -> None:
    criteria = [("REJECTED", 10.0, 2), ("ALL", 50.0, 2), ("FAILED", 20.0, 1)]
    assert run(world, criteria, "SUCCEEDED", "FAILED") == [GOES_ON, ABORTED]
    assert (
        world.job().comment
        == "Abort criteria for failure type ALL with threshold 50.00% met. Total completed"
        " executions: 2, total ALL executions: 1"
    )


@pytest.mark.parametrize("last", ["report", "timeout", "cancel", "delete"])
def test_criteria_are_looked_at_after_every_end_of_an_execution(world: World, last: str) -> None:
    world.create(
        "job", "a", "b", "c", "d", "e", abort=[("TIMED_OUT", 50, 2), ("FAILED", 50, 2)], timeout=10
    )
    match last:
        case "report":
            world.report("a", "SUCCEEDED")
            world.report("b", "FAILED")
        case "timeout":
            world.report("a", "SUCCEEDED")
            close(world, "b", "TIMED_OUT")
        case "cancel":
            world.report("a", "FAILED")
            close(world, "b", "CANCELED")
        case "delete":
            world.report("a", "SUCCEEDED")
            world.report("b", "SUCCEEDED")
            world.report("c", "FAILED")
            world.control_plane.delete_job_execution("a", "job", 1, world.now)
    assert world.job().status == ABORTED
    assert world.status("e") == "CANCELED"


# What it does


def test_an_abort_is_a_cancellation_without_force(world: World) -> None:
    world.create("job", *things(6), abort=[("FAILED", 33.5, 2)], rollout=5)
    done, failed, working, queued, other, _waiting = things(6)
    world.report(working, "IN_PROGRESS")
    world.report(done, "SUCCEEDED")
    world.advance(minutes=0.5)
    world.report(failed, "FAILED")
    job = world.job()
    assert (job.status, job.force_canceled, job.reason_code) == ("CANCELED", False, "ABORT_CANCEL")
    assert (
        job.comment == "Abort criteria for failure type FAILED with threshold 33.50% met. "
        "Total completed executions: 2, total FAILED executions: 1"
    )
    assert (world.clock(job.last_updated_at), job.completed_at) == ("12:00:30", None)
    assert world.counts() == {"SUCCEEDED": 1, "FAILED": 1, "IN_PROGRESS": 1, "CANCELED": 2}
    canceled = world.execution(queued)
    assert (canceled.status, canceled.version_number, canceled.force_canceled) == (
        "CANCELED",
        2,
        False,
    )
    assert world.status(other) == "CANCELED"
    world.advance(hours=1)
    assert world.report(working, "SUCCEEDED").status == "SUCCEEDED"
    assert (world.job().status, world.counts()) == (
        "CANCELED",
        {"SUCCEEDED": 2, "FAILED": 1, "CANCELED": 2},
    )


def test_a_timeout_aborts_at_the_time_of_the_timeout(world: World) -> None:
    world.create("job", "a", "b", abort=[("TIMED_OUT", 1, 1)], timeout=10)
    world.start("a")
    world.now = world.time_of("18:00")
    assert (world.job().status, world.clock(world.job().last_updated_at)) == ("CANCELED", "12:10")
    assert world.clock(world.execution("b").last_updated_at) == "12:10"


def test_the_report_that_ends_the_job_completes_it_whatever_the_criteria_say(world: World) -> None:
    world.create("job", "a", "b", abort=[("FAILED", 50, 2)])
    world.report("a", "SUCCEEDED")
    world.report("b", "FAILED")
    assert (world.job().status, world.job().reason_code, world.job().comment) == (
        "COMPLETED",
        None,
        None,
    )


def test_a_cancellation_is_not_overwritten_by_a_later_failure(world: World) -> None:
    world.create("job", "a", "b", abort=[("FAILED", 1, 1)])
    world.start("a")
    world.control_plane.cancel_job("job", world.now, comment="mine", reason_code="MINE")
    world.report("a", "FAILED")
    assert (world.job().comment, world.job().reason_code) == ("mine", "MINE")


def test_a_job_without_criteria_goes_on(world: World) -> None:
    world.create("job", "a", "b")
    world.report("a", "FAILED")
    assert world.job().status == GOES_ON


def test_an_abort_stops_a_job_between_its_windows(world: World) -> None:
    world.group("all", "a", "b")
    world.follow(
        "job",
        "all",
        start="13:00",
        windows=[("cron(0 13 * * ? *)", 60)],
        abort=[("FAILED", 50, 1)],
        retries={"FAILED": 3},
    )
    world.move_to("13:00")
    world.start("a")
    world.move_to("14:30")
    assert world.job().status == "SCHEDULED"
    world.report("a", "FAILED")
    assert (world.job().status, world.job().reason_code) == ("CANCELED", "ABORT_CANCEL")
    world.advance(days=3)
    assert (world.history("a"), world.history("b")) == (["FAILED"], ["CANCELED"])
