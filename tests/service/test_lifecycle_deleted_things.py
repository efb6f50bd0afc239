"""Things that are deleted: their queued executions are REMOVED, and nothing is published for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.service.conftest import World


def test_a_queued_execution_becomes_removed_and_stays_listed(world: World) -> None:
    world.create("job", "lamp", "fan")
    world.advance(minutes=1)
    world.delete_thing("lamp")
    removed = world.execution("lamp")
    assert (removed.status, removed.version_number) == ("REMOVED", 1)
    assert removed.last_updated_at == world.now
    assert world.counts() == {"QUEUED": 1, "REMOVED": 1}


def test_a_job_that_waited_only_for_it_completes(world: World) -> None:
    world.create("job", "lamp", "fan")
    world.report("fan", "SUCCEEDED")
    world.delete_thing("lamp")
    assert (world.job().status, world.job().completed_at) == ("COMPLETED", world.now)


def test_an_execution_in_progress_stays_until_it_times_out_and_is_not_retried(
    world: World,
) -> None:
    world.create("job", "lamp", timeout=10, retries={"TIMED_OUT": 3})
    world.start("lamp")
    world.delete_thing("lamp")
    assert (world.status("lamp"), world.job().status) == ("IN_PROGRESS", "IN_PROGRESS")
    world.advance(minutes=10)
    assert (world.history("lamp"), world.job().status) == (["TIMED_OUT"], "COMPLETED")


def test_an_execution_in_progress_can_be_canceled(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp")
    world.delete_thing("lamp")
    world.control_plane.cancel_job_execution("lamp", "job", world.now, force=True)
    assert (world.status("lamp"), world.job().status) == ("CANCELED", "COMPLETED")


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_a_finished_execution_is_left_as_it_is(world: World, status: str) -> None:
    world.create("job", "lamp", "fan")
    world.report("lamp", status)
    world.delete_thing("lamp")
    assert world.status("lamp") == status


def test_all_its_jobs_are_concerned_each_for_itself(world: World) -> None:
    for job_id in ("first", "second", "third"):
        world.create(job_id, "lamp")
    world.create("other", "fan")
    world.start("lamp")
    world.delete_thing("lamp")
    assert [world.status("lamp", job_id) for job_id in ("first", "second", "third")] == [
        "IN_PROGRESS",
        "REMOVED",
        "REMOVED",
    ]
    assert [world.job(job_id).status.value for job_id in ("first", "second", "third", "other")] == [
        "IN_PROGRESS",
        "COMPLETED",
        "COMPLETED",
        "IN_PROGRESS",
    ]


def test_the_rollout_does_not_wait_for_it(world: World) -> None:
    world.create("job", "lamp", "fan", rollout=1)
    world.report("lamp", "SUCCEEDED")
    world.delete_thing("fan")
    assert (world.job().status, world.counts()) == ("COMPLETED", {"SUCCEEDED": 1})


def test_a_continuous_job_goes_on(world: World) -> None:
    world.group("all", "lamp")
    world.follow("job", "all")
    world.delete_thing("lamp")
    assert (world.status("lamp"), world.job().status) == ("REMOVED", "IN_PROGRESS")


def test_what_a_closed_window_hides_is_removed_too(world: World) -> None:
    world.group("all", "lamp")
    world.follow("job", "all", start="13:00", windows=[("cron(0 14 * * ? *)", 60)])
    world.move_to("15:00")
    world.delete_thing("lamp")
    world.thing("lamp")
    world.move_to("2026-11-22 14:00")
    assert (world.status("lamp"), world.pending("lamp")) == ("REMOVED", [])


def test_a_job_that_is_being_deleted_is_left_alone(world: World) -> None:
    from moto_iot_jobs.service.deletion import AfterTime

    world.pace = AfterTime(60_000)
    world.create("job", "lamp")
    world.control_plane.delete_job("job", world.now, force=True)
    world.delete_thing("lamp")
    assert world.status("lamp") == "QUEUED"
    world.advance(minutes=1)
    assert (world.store.jobs, world.store.things) == ({}, {})


def test_devices_get_no_notification(world: World) -> None:
    world.create("job", "lamp")
    world.create("next", "lamp")
    world.listen()
    world.delete_thing("lamp")
    assert world.notifications() == []


def test_a_thing_of_the_same_name_begins_with_nothing(world: World) -> None:
    world.create("job", "lamp")
    world.delete_thing("lamp")
    world.thing("lamp")
    assert (world.pending("lamp"), world.start("lamp")) == ([], None)
    world.create("next", "lamp")
    assert world.pending("lamp") == ["next"]


def test_a_thing_without_jobs_can_be_deleted(world: World) -> None:
    world.thing("lamp")
    world.create("job", "fan")
    world.delete_thing("lamp")
    assert world.counts() == {"QUEUED": 1}
