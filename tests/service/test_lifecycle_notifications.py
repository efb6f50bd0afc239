"""When a thing is told that its pending executions changed, row by row of the guide's
jobs-comm-notifications page.

`notify` stands for a change of the list and `notify-next` for a change of its first entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.events import PendingChanged
from moto_iot_jobs.service.settings import PresignedUrlConfig

if TYPE_CHECKING:
    from tests.service.conftest import World

BOTH = ["notify lamp", "notify-next lamp"]
LIST_ONLY = ["notify lamp"]
NEXT_ONLY = ["notify-next lamp"]
SILENCE: list[str] = []
DOCUMENT = '{"op":"x"}'


def jobs(world: World, *job_ids: str) -> None:
    """Create jobs for the lamp (and a spare, which keeps them going), a minute apart, and listen
    from then on.
    """
    for job_id in job_ids:
        world.create(job_id, "lamp", "spare", timeout=60)
        world.advance(minutes=1)
    world.listen()


# Rows of the table


def test_a_job_for_an_idle_thing(world: World) -> None:
    world.listen()
    world.create("job", "lamp")
    assert world.notifications() == BOTH


def test_a_job_behind_others(world: World) -> None:
    jobs(world, "first")
    world.create("second", "lamp")
    assert world.notifications() == LIST_ONLY


@pytest.mark.parametrize("how", ["start-next", "update"])
def test_the_first_job_is_started(world: World, how: str) -> None:
    jobs(world, "first", "second")
    if how == "update":
        world.report("lamp", "IN_PROGRESS", "first")
    else:
        world.start("lamp")
    assert world.notifications() == SILENCE


def test_a_later_job_is_started_and_becomes_the_first(world: World) -> None:
    jobs(world, "first", "second")
    world.report("lamp", "IN_PROGRESS", "second")
    assert world.notifications() == NEXT_ONLY
    assert world.pending("lamp") == ["second*", "first"]


def test_a_job_older_than_all_in_progress_is_started(world: World) -> None:
    jobs(world, "first", "second", "third")
    world.report("lamp", "IN_PROGRESS", "third")
    world.notifications()
    world.report("lamp", "IN_PROGRESS", "second")
    assert world.notifications() == NEXT_ONLY


def test_a_later_job_is_started_behind_another_in_progress(world: World) -> None:
    jobs(world, "first", "second", "third")
    world.report("lamp", "IN_PROGRESS", "second")
    world.notifications()
    world.report("lamp", "IN_PROGRESS", "third")
    assert world.notifications() == SILENCE


def test_progress(world: World) -> None:
    jobs(world, "first")
    world.start("lamp")
    world.report(
        "lamp", "IN_PROGRESS", "first", status_details={"step": "2"}, step_timeout_in_minutes=5
    )
    world.start("lamp", step_timeout_in_minutes=7)
    assert world.notifications() == SILENCE


@pytest.mark.parametrize("how", ["SUCCEEDED", "FAILED", "REJECTED", "cancel", "timeout"])
@pytest.mark.parametrize("which, events", [("first", BOTH), ("second", LIST_ONLY)])
def test_an_execution_ends(world: World, how: str, which: str, events: list[str]) -> None:
    jobs(world, "first", "second", "third")
    world.report(
        "lamp", "IN_PROGRESS", "first", step_timeout_in_minutes=40 if which == "first" else None
    )
    world.report(
        "lamp", "IN_PROGRESS", "second", step_timeout_in_minutes=40 if which == "second" else None
    )
    world.notifications()
    if how == "cancel":
        world.control_plane.cancel_job_execution("lamp", which, world.now, force=True)
    elif how == "timeout":
        world.advance(minutes=40)
    else:
        world.report("lamp", how, which)
    assert world.notifications() == events


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
@pytest.mark.parametrize("which, events", [("first", BOTH), ("second", LIST_ONLY)])
def test_a_pending_execution_is_deleted(
    world: World, status: str, which: str, events: list[str]
) -> None:
    jobs(world, "first", "second")
    if status == "IN_PROGRESS":
        world.report("lamp", "IN_PROGRESS", "first")
        world.report("lamp", "IN_PROGRESS", "second")
    world.notifications()
    world.control_plane.delete_job_execution("lamp", which, 1, world.now, force=True)
    assert world.notifications() == events


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
@pytest.mark.parametrize("which, events", [("first", BOTH), ("second", LIST_ONLY)])
def test_a_job_is_deleted(world: World, status: str, which: str, events: list[str]) -> None:
    jobs(world, "first", "second")
    if status == "IN_PROGRESS":
        world.report("lamp", "IN_PROGRESS", "first")
        world.report("lamp", "IN_PROGRESS", "second")
    world.notifications()
    world.control_plane.delete_job(which, world.now, force=True)
    assert [each for each in world.notifications() if each.endswith("lamp")] == events


def test_a_finished_execution_is_deleted(world: World) -> None:
    jobs(world, "first")
    world.report("lamp", "SUCCEEDED", "first")
    world.notifications()
    world.control_plane.delete_job_execution("lamp", "first", 1, world.now)
    assert world.notifications() == SILENCE


def test_a_job_is_canceled_by_force_while_its_execution_is_the_first(world: World) -> None:
    jobs(world, "first", "second")
    world.start("lamp")
    world.control_plane.cancel_job("first", world.now, force=True)
    assert [each for each in world.notifications() if each.endswith("lamp")] == BOTH


def test_a_job_is_canceled_without_force_while_its_execution_is_in_progress(world: World) -> None:
    jobs(world, "first")
    world.start("lamp")
    world.control_plane.cancel_job("first", world.now)
    assert [each for each in world.notifications() if each.endswith("lamp")] == SILENCE


@pytest.mark.parametrize("busy, events", [(False, BOTH), (True, LIST_ONLY)])
def test_a_thing_joins_leaves_and_joins_again(world: World, busy: bool, events: list[str]) -> None:
    world.group("lamps")
    world.follow("job", "lamps")
    if busy:
        world.create("other", "lamp")
        world.advance(minutes=1)
    world.listen()
    for change in (world.join, world.leave, world.join):
        change("lamp", "lamps")
        assert world.notifications() == events


def test_an_abort_cancels_a_queued_execution(world: World) -> None:
    world.create("job", "failing", "lamp", abort=[("FAILED", 1, 1)])
    world.listen()
    world.report("failing", "FAILED")
    assert [each for each in world.notifications() if each.endswith("lamp")] == BOTH


def test_a_rollout_reaches_a_thing(world: World) -> None:
    world.create("job", "first", "lamp", rollout=1)
    world.listen()
    world.advance(minutes=1)
    assert world.notifications() == BOTH


@pytest.mark.parametrize("busy, events", [(False, BOTH), (True, LIST_ONLY)])
def test_a_window_opens_and_closes(world: World, busy: bool, events: list[str]) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", start="14:00", windows=[("cron(0 14 * * ? *)", 60)])
    if busy:
        world.create("other", "lamp")
    world.listen()
    for at in ("14:00", "15:00", "2026-11-22 14:00", "2026-11-22 15:00"):
        world.move_to(at)
        assert world.notifications() == events


def test_a_window_closes_over_an_execution_in_progress(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps", start="14:00", windows=[("cron(0 14 * * ? *)", 60)])
    world.move_to("14:00")
    world.start("lamp")
    world.listen()
    world.advance(days=2)
    assert world.notifications() == SILENCE


def test_a_retry_is_queued(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 1})
    world.listen()
    world.report("lamp", "FAILED")
    # First the failed execution goes, then the new one comes.
    assert world.notifications() == BOTH + BOTH


def test_a_retry_is_queued_behind_another_job(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 1})
    world.advance(minutes=1)
    world.create("other", "lamp")
    world.advance(minutes=1)
    world.listen()
    world.report("lamp", "FAILED")
    assert world.notifications() == BOTH + LIST_ONLY


def test_a_queued_execution_finishes_without_ever_being_started(world: World) -> None:
    jobs(world, "first", "second")
    world.report("lamp", "SUCCEEDED", "second")
    assert world.notifications() == LIST_ONLY
    world.report("lamp", "SUCCEEDED", "first")
    assert world.notifications() == BOTH


# The guide's worked example, with jobs 1 to 3


def test_the_worked_example_of_the_guide(world: World) -> None:
    world.listen()
    world.create("job1", "lamp")
    assert world.notifications() == BOTH
    world.advance(minutes=1)
    world.create("job2", "lamp")
    assert world.notifications() == LIST_ONLY
    world.start("lamp")
    assert world.notifications() == SILENCE
    world.advance(minutes=1)
    world.create("job3", "lamp")
    assert world.notifications() == LIST_ONLY
    world.report("lamp", "REJECTED", "job2")
    assert world.notifications() == LIST_ONLY
    world.report("lamp", "SUCCEEDED", "job1")
    assert world.notifications() == BOTH
    world.control_plane.delete_job("job3", world.now, force=True)
    assert world.notifications() == BOTH
    assert world.pending("lamp") == []


# What is told


def last_pending(world: World) -> PendingChanged:
    return [event for event in world.regional.take_events() if isinstance(event, PendingChanged)][
        -1
    ]


def test_the_whole_list_is_published_first_entry_first(world: World) -> None:
    jobs(world, "first", "second")
    world.report("lamp", "IN_PROGRESS", "second", status_details={"step": "1"})
    events = last_pending(world)
    assert [(each.job_id, each.status, each.version_number) for each in events.pending] == [
        ("second", "IN_PROGRESS", 2),
        ("first", "QUEUED", 1),
    ]
    second = events.pending[0]
    assert (
        world.clock(second.queued_at),
        world.clock(second.started_at),
        second.execution_number,
    ) == ("12:01", "12:02", 1)
    assert second.status_details == {"step": "1"}
    assert events.at == world.now


def test_an_entry_has_all_that_the_message_of_the_first_one_is_made_of(world: World) -> None:
    config = PresignedUrlConfig(expires_in_sec=90)
    world.create("job", "lamp", timeout=60, namespace_id="east", presigned_url_config=config)
    world.create("next", "lamp")
    world.advance(minutes=1)
    world.start("lamp")
    world.advance(minutes=1)
    world.listen()
    world.report("lamp", "SUCCEEDED", "next")
    (entry,) = last_pending(world).pending
    assert (world.clock(entry.last_updated_at), world.clock(entry.due), entry.namespace_id) == (
        "12:01",
        "13:01",
        "east",
    )
    assert (entry.document.text, entry.presigned_url_config) == (DOCUMENT, config)


def test_no_list_is_published_when_nothing_came_or_went(world: World) -> None:
    jobs(world, "first")
    world.start("lamp")
    world.report("lamp", "IN_PROGRESS", "first")
    assert not [
        event for event in world.regional.take_events() if isinstance(event, PendingChanged)
    ]


def test_an_event_stays_as_it_was(world: World) -> None:
    jobs(world, "first")
    world.create("second", "lamp")
    events = last_pending(world)
    world.report("lamp", "SUCCEEDED", "first")
    assert [(each.job_id, each.status) for each in events.pending] == [
        ("first", "QUEUED"),
        ("second", "QUEUED"),
    ]


def test_an_empty_list_is_published_as_such(world: World) -> None:
    jobs(world, "first")
    world.report("lamp", "SUCCEEDED", "first")
    assert last_pending(world).pending == ()


# Namespaces


def test_a_change_is_published_in_the_namespace_of_the_execution_that_came_or_went(
    world: World,
) -> None:
    world.listen()
    world.create("plain", "lamp")
    assert world.notifications() == BOTH
    world.advance(minutes=1)
    world.create("spaced", "lamp", namespace_id="east")
    assert world.notifications() == ["notify-namespace-east lamp"]


def test_a_change_of_the_first_is_published_in_the_namespaces_of_the_old_and_the_new_one(
    world: World,
) -> None:
    world.create("plain", "lamp")
    world.advance(minutes=1)
    world.create("spaced", "lamp", namespace_id="east")
    world.listen()
    world.report("lamp", "SUCCEEDED", "plain")
    assert sorted(world.notifications()) == [
        "notify lamp",
        "notify-next lamp",
        "notify-next-namespace-east lamp",
    ]
