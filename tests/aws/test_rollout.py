"""Rollout: how many executions a job creates a minute (developer guide, Job rollout rate
configuration).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


def fleet(aws: Aws, size: int) -> str:
    return aws.group("fleet", *(f"t{number:02}" for number in range(size)))


def reached(aws: Aws) -> list[str]:
    """The things that have an execution by now."""
    listed = aws.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"]
    return sorted(item["thingArn"].rpartition("/")[2] for item in listed)


def exponential(base: int, factor: float, maximum: int, **step: int) -> dict[str, Any]:
    rate = {"baseRatePerMinute": base, "incrementFactor": factor, "rateIncreaseCriteria": step}
    return {"jobExecutionsRolloutConfig": {"maximumPerMinute": maximum, "exponentialRate": rate}}


def constant(maximum: int) -> dict[str, Any]:
    return {"jobExecutionsRolloutConfig": {"maximumPerMinute": maximum}}


def reached_each_minute(aws: Aws, minutes: int) -> list[int]:
    """How many things have an execution at once and a little after each of the next minutes."""
    numbers = []
    for _ in range(minutes):
        numbers.append(len(reached(aws)))
        aws.advance(seconds=60)
    return [*numbers, len(reached(aws))]


def test_a_small_job_reaches_everything_at_once(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 10))
    assert len(reached(aws)) == 10


def test_a_constant_rate_reaches_as_many_each_minute(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 7), **constant(3))
    assert reached_each_minute(aws, 3) == [3, 6, 7, 7]


def test_many_minutes_at_once_are_so_many_batches(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 7), **constant(2))
    aws.advance(minutes=2)
    assert len(reached(aws)) == 6


def test_a_batch_is_queued_when_it_is_due_however_late_the_next_call_comes(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 3), **constant(1))
    aws.advance(hours=1)
    queued = sorted(aws.execution(thing, "j1")["queuedAt"] for thing in reached(aws))
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(queued)]
    assert gaps == pytest.approx([60, 60], abs=1)


def test_a_thing_that_waits_has_no_execution_anywhere(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 3), **constant(1))
    (first,) = reached(aws)
    waiting = [thing for thing in ("t00", "t01", "t02") if thing != first]
    assert aws.counters("j1") == {"Queued": 1}
    for thing in waiting:
        assert aws.pending(thing) == ([], [])
        assert aws.iot.list_job_executions_for_thing(thingName=thing)["executionSummaries"] == []
        call = aws.iot.describe_job_execution
        aws.raises("ResourceNotFoundException", 404, call, thingName=thing, jobId="j1")


def test_a_job_is_concurrent_while_it_rolls_out(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 2), **constant(1))
    assert aws.iot.describe_job(jobId="j1")["job"]["isConcurrent"] is True
    aws.advance(minutes=1)
    assert aws.iot.describe_job(jobId="j1")["job"]["isConcurrent"] is False


def test_a_job_is_not_completed_before_everything_was_reached(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 2), **constant(1))
    (first,) = reached(aws)
    aws.report(first, "j1", "SUCCEEDED")
    assert aws.status("j1") == "IN_PROGRESS"
    aws.advance(minutes=1)
    (second,) = set(reached(aws)) - {first}
    aws.report(second, "j1", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"


@pytest.mark.parametrize("force", [False, True], ids=["without force", "with force"])
def test_a_canceled_job_reaches_nothing_more(aws: Aws, force: bool) -> None:
    aws.job("j1", fleet(aws, 5), **constant(2))
    aws.iot.cancel_job(jobId="j1", force=force)
    aws.advance(minutes=10)
    assert aws.counters("j1") == {"Canceled": 2}


def test_a_thing_that_joins_a_continuous_job_does_not_wait(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 5), targetSelection="CONTINUOUS", **constant(1))
    aws.join("fleet", "late")
    assert "late" in reached(aws)
    assert len(reached(aws)) == 2


def test_a_thing_that_leaves_before_its_turn_is_never_reached(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 3), targetSelection="CONTINUOUS", **constant(1))
    (first,) = reached(aws)
    gone = next(thing for thing in ("t00", "t01", "t02") if thing != first)
    aws.leave("fleet", gone)
    aws.advance(minutes=5)
    listed = aws.iot.list_job_executions_for_job(jobId="j1", status="QUEUED")["executionSummaries"]
    assert gone not in {item["thingArn"].rpartition("/")[2] for item in listed}
    assert aws.pending(gone) == ([], [])


# Exponential rates


def test_the_rate_is_multiplied_at_every_step_of_notified_things(aws: Aws) -> None:
    """The guide's example in small: 2 a minute up to 4 things, 4 up to 8, 8 up to 16, and never
    more than 8.
    """
    aws.job("j1", fleet(aws, 30), **exponential(2, 2.0, 8, numberOfNotifiedThings=4))
    assert reached_each_minute(aws, 5) == [2, 4, 8, 16, 24, 30]


def test_the_rate_never_exceeds_the_maximum(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 20), **exponential(2, 5.0, 5, numberOfNotifiedThings=2))
    assert reached_each_minute(aws, 4) == [2, 7, 12, 17, 20]


def test_the_rate_may_follow_what_succeeded(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 20), **exponential(1, 3.0, 50, numberOfSucceededThings=2))
    assert reached_each_minute(aws, 2) == [1, 2, 3]
    for thing in reached(aws)[:2]:
        aws.report(thing, "j1", "SUCCEEDED")
    aws.advance(minutes=1)
    assert len(reached(aws)) == 6
    aws.advance(minutes=1)
    assert len(reached(aws)) == 9


def test_failures_do_not_raise_a_rate_that_follows_successes(aws: Aws) -> None:
    aws.job("j1", fleet(aws, 20), **exponential(1, 3.0, 50, numberOfSucceededThings=1))
    aws.report(reached(aws)[0], "j1", "FAILED")
    aws.advance(minutes=1)
    assert len(reached(aws)) == 2


@pytest.mark.parametrize(
    "config",
    [
        {
            "exponentialRate": {
                "baseRatePerMinute": 5,
                "incrementFactor": 2.0,
                "rateIncreaseCriteria": {},
            }
        },
        exponential(5, 2.0, 50)["jobExecutionsRolloutConfig"],
        exponential(5, 2.0, 50, numberOfNotifiedThings=1, numberOfSucceededThings=1)[
            "jobExecutionsRolloutConfig"
        ],
        exponential(51, 2.0, 50, numberOfNotifiedThings=1)["jobExecutionsRolloutConfig"],
    ],
    ids=["no maximum", "no step", "two steps", "base above the maximum"],
)
def test_a_rate_that_makes_no_sense_is_an_error(aws: Aws, config: dict[str, Any]) -> None:
    targets = [aws.thing("t1")]
    call = aws.iot.create_job
    aws.raises(
        "InvalidRequestException",
        400,
        call,
        jobId="j1",
        targets=targets,
        document="{}",
        jobExecutionsRolloutConfig=config,
    )
    assert aws.iot.list_jobs()["jobs"] == []
