"""The quotas of an account: what is refused, and what waits, once they are used up (guide,
job-limits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.errors import (
    TooManyActiveJobs,
    TooManyConcurrentJobs,
    TooManyDeletions,
    TooManyTargets,
    TooManyTemplates,
)
from moto_iot_jobs.service.limits import Limits
from moto_iot_jobs.service.settings import JobTemplateRequest

if TYPE_CHECKING:
    from tests.service.conftest import World


# Active jobs


@pytest.mark.parametrize("ending", ["canceled", "completed", "deleted"])
def test_scheduled_jobs_and_those_in_progress_are_active_until_they_end(
    world: World, ending: str
) -> None:
    world.store.limits = Limits(active_jobs=2)
    world.create("going", "lamp")
    world.create("scheduled", "lamp", start="13:00")
    with world.raises(TooManyActiveJobs, "Job new exceeds the limit of 2 active jobs."):
        world.create("new", "lamp")
    match ending:
        case "canceled":
            world.control_plane.cancel_job("scheduled", world.now)
        case "completed":
            world.report("lamp", "SUCCEEDED", "going")
        case "deleted":
            world.pace = AfterTime(10**9)
            world.control_plane.delete_job("going", world.now, force=True)
    assert world.create("new", "lamp").status == "IN_PROGRESS"


def test_the_error_of_one_job_too_many_names_it(world: World) -> None:
    world.store.limits = Limits(active_jobs=0)
    with pytest.raises(TooManyActiveJobs) as caught:
        world.create("new", "lamp")
    assert caught.value.job == "new"


def test_by_default_there_is_no_limit_of_active_or_concurrent_jobs() -> None:
    assert Limits() == Limits(
        None, None, jobs_in_deletion=10, targets_per_job=100, job_templates=100
    )


# Concurrent jobs


def test_a_job_waits_to_roll_out_while_as_many_as_may_are_rolling_out(world: World) -> None:
    world.store.limits = Limits(concurrent_jobs=1)
    first = world.create("first", "a", "b", "c", rollout=1)
    second = world.create("second", "d", "e", rollout=1)
    assert (first.is_concurrent, second.is_concurrent, second.status) == (
        True,
        False,
        "IN_PROGRESS",
    )
    seen = []
    for minute in range(5):
        world.move_to(f"12:0{minute}")
        seen.append(
            (world.counts("first").get("QUEUED", 0), world.counts("second").get("QUEUED", 0))
        )
    # The first one's last batch comes in the minute in which the second one's first does.
    assert seen == [(1, 0), (2, 0), (3, 1), (3, 2), (3, 2)]
    assert not first.is_concurrent
    assert not second.is_concurrent


def test_a_job_that_queues_everything_at_once_is_held_back_like_any_other(world: World) -> None:
    world.store.limits = Limits(concurrent_jobs=1)
    world.create("first", "a", "b", rollout=1)
    world.create("second", "c")
    assert world.counts("second") == {}
    world.advance(minutes=1)
    assert world.counts("second") == {"QUEUED": 1}


@pytest.mark.parametrize("end", ["cancel", "delete", "window"])
def test_a_rollout_that_stops_makes_room(world: World, end: str) -> None:
    world.store.limits = Limits(concurrent_jobs=1)
    world.group("all", "a", "b", "c", "d")
    world.follow("first", "all", rollout=1, start="13:00", windows=[("cron(0 13 * * ? *)", 2)])
    world.move_to("13:00")
    world.create("second", "lamp")
    match end:
        case "cancel":
            world.control_plane.cancel_job("first", world.now)
        case "delete":
            world.control_plane.delete_job("first", world.now, force=True)
    world.move_to("13:01")
    assert world.counts("second") == ({} if end == "window" else {"QUEUED": 1})
    world.move_to("13:02")
    assert world.counts("second") == {"QUEUED": 1}


def test_a_job_with_windows_is_canceled_at_its_start_when_too_many_roll_out(world: World) -> None:
    # AWS IoT developer guide, job-limits.
    world.store.limits = Limits(concurrent_jobs=1)
    world.group("all", "lamp")
    world.create("first", *(f"thing-{number}" for number in range(100)), rollout=1)
    scheduled = world.follow(
        "scheduled", "all", start="12:30", windows=[("cron(0 14 * * ? *)", 60)]
    )
    plain = world.follow("plain", "all", start="12:30")
    world.move_to("13:38")
    assert (plain.status, world.counts("plain")) == ("IN_PROGRESS", {})
    world.move_to("13:40")
    assert world.counts("plain") == {"QUEUED": 1}
    assert (scheduled.status, world.clock(scheduled.last_updated_at)) == ("CANCELED", "12:30")
    assert (scheduled.force_canceled, scheduled.comment, scheduled.reason_code) == (
        False,
        None,
        None,
    )


def test_the_limit_of_concurrent_jobs_may_be_one_of_create_job(world: World) -> None:
    world.store.limits = Limits(concurrent_jobs_at_creation=1)
    world.create("job", "a", "b", rollout=1)
    with world.raises(TooManyConcurrentJobs, "Job other exceeds the limit of 1 concurrent jobs."):
        world.create("other", "c")
    world.create("later", "c", start="13:00")
    world.advance(minutes=1)
    world.create("other", "c")
    assert world.counts("other") == {"QUEUED": 1}


# The others


def test_deletions_targets_and_templates_are_as_many_as_the_limits_say(world: World) -> None:
    world.store.limits = Limits(jobs_in_deletion=1, targets_per_job=2, job_templates=1)
    world.pace = AfterTime(10**9)
    for group in ("g", "h", "i"):
        world.group(group)
    world.follow("job", "g", "h")
    world.create("other", "lamp")
    world.control_plane.delete_job("other", world.now, force=True)
    with world.raises(
        TooManyDeletions,
        "Job job cannot be deleted: 1 jobs are already in status DELETION_IN_PROGRESS.",
    ):
        world.control_plane.delete_job("job", world.now, force=True)
    with world.raises(TooManyTargets, "Job job cannot have more than 2 targets."):
        world.control_plane.associate_targets_with_job("job", (world.target("i"),), world.now)
    with world.raises(TooManyTargets, "Job new cannot have more than 2 targets."):
        world.create("new", "g", "h", "i")
    create = world.regional.templates.create_job_template
    create(JobTemplateRequest(job_template_id="template", document="{}"), world.now)
    with world.raises(TooManyTemplates, "Job Template more exceeds the limit of 1 job templates."):
        create(JobTemplateRequest(job_template_id="more", document="{}"), world.now)
