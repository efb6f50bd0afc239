"""The data plane: what is pending, starting it, reading it and reporting on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.errors import (
    InvalidRequest,
    JobExecutionFinished,
    JobExecutionTerminal,
    JobNotFoundForThing,
    StatusNotSettable,
    ThingNotFound,
    VersionMismatch,
)
from moto_iot_jobs.service.events import PendingChanged
from moto_iot_jobs.service.settings import ExecutionReport

if TYPE_CHECKING:
    from tests.service.conftest import World

ELEVEN = {f"key {number}": "value" for number in range(11)}


def describe(
    world: World, thing: str = "lamp", job_id: str = "job", number: int | None = None
) -> str | None:
    found = world.data_plane.describe_job_execution(thing, job_id, number)
    return found and f"{found[0].job_id}#{found[1].execution_number} {found[1].status}"


# Pending executions and $next


def test_nothing_is_pending_for_a_thing_that_was_never_aimed_at(world: World) -> None:
    world.thing("lamp")
    assert world.data_plane.get_pending_job_executions("lamp") == ((), ())
    assert world.start("lamp") is None
    assert describe(world, job_id="$next") is None


def test_nothing_is_pending_any_more_once_everything_is_done(world: World) -> None:
    world.create("job", "lamp")
    world.report("lamp", "SUCCEEDED")
    assert world.pending("lamp") == []
    assert world.start("lamp") is None
    assert describe(world, job_id="$next") is None


def test_an_unknown_thing_is_an_error(world: World) -> None:
    world.create("job", "lamp")
    del world.registry.things["lamp"]
    for thing in ("lamp", "nobody"):
        with world.raises(ThingNotFound, f"Thing {thing} cannot be found."):
            world.pending(thing)
        with world.raises(ThingNotFound):
            world.start(thing)
        with world.raises(ThingNotFound):
            describe(world, thing, "$next")
        with world.raises(JobNotFoundForThing, f"Job job not found for {thing}"):
            describe(world, thing)
        with world.raises(JobNotFoundForThing, f"Job job not found for {thing}"):
            world.report(thing, "SUCCEEDED")


def test_what_is_in_progress_comes_before_what_is_queued_each_oldest_first(world: World) -> None:
    # AWS IoT developer guide, jobs-comm-notifications.
    for job_id in ("a", "b", "c", "d"):
        world.create(job_id, "lamp")
        world.advance(minutes=1)
    assert world.pending("lamp") == ["a", "b", "c", "d"]
    world.report("lamp", "IN_PROGRESS", "d")
    world.report("lamp", "IN_PROGRESS", "b")
    assert world.pending("lamp") == ["b*", "d*", "a", "c"]
    assert describe(world, job_id="$next") == "b#1 IN_PROGRESS"
    world.report("lamp", "SUCCEEDED", "b")
    world.report("lamp", "SUCCEEDED", "d")
    assert world.pending("lamp") == ["a", "c"]


def test_jobs_of_the_same_millisecond_are_pending_in_the_order_of_their_creation(
    world: World,
) -> None:
    for job_id in "cab":
        world.create(job_id, "lamp")
    assert world.pending("lamp") == ["c", "a", "b"]


@pytest.mark.parametrize(
    "scheduled, listed",
    [
        (range(0), range(10)),
        (range(18), range(15)),
        (range(8), range(15)),
        (range(12, 18), [*range(10), *range(12, 17)]),
        (range(16, 18), [*range(10), 16, 17]),
    ],
)
def test_ten_queued_jobs_are_listed_and_five_more_with_a_schedule(
    world: World, scheduled: range, listed: range
) -> None:
    # AWS IoT developer guide, job-limits.
    world.listen()
    for number in range(18):
        world.create(
            f"{number:02}", "lamp", end="2026-11-23 10:00" if number in scheduled else None
        )
        world.advance(minutes=1)
    assert world.pending("lamp") == [f"{number:02}" for number in listed]
    change = [event for event in world.regional.take_events() if isinstance(event, PendingChanged)][
        -1
    ]
    assert [each.job_id for each in change.pending] == world.pending("lamp")
    for number in listed:
        world.report("lamp", "SUCCEEDED", f"{number:02}")
    assert world.pending("lamp") == [f"{number:02}" for number in range(18) if number not in listed]


def test_queued_jobs_with_and_without_a_schedule_come_in_one_order(world: World) -> None:
    for job_id, end in (("a", None), ("b", "18:00"), ("c", None), ("d", "18:00")):
        world.create(job_id, "lamp", end=end)
        world.advance(minutes=1)
    assert world.pending("lamp") == ["a", "b", "c", "d"]
    for job_id in "abcd":
        assert describe(world, job_id="$next") == f"{job_id}#1 QUEUED"
        started = world.start("lamp")
        assert started is not None
        assert started.job_id == job_id
        world.report("lamp", "SUCCEEDED", job_id)


def test_describing_next_starts_nothing(world: World) -> None:
    world.create("job", "lamp")
    assert describe(world, job_id="$next") == describe(world) == "job#1 QUEUED"
    assert world.execution("lamp").version_number == 1


# StartNextPendingJobExecution


def test_the_oldest_queued_execution_is_started(world: World) -> None:
    world.create("job", "lamp")
    world.advance(minutes=2)
    world.create("other", "lamp")
    started = world.start("lamp", status_details={"step": "1"})
    assert started is world.execution("lamp")
    assert (started.status, started.version_number, started.status_details) == (
        "IN_PROGRESS",
        2,
        {"step": "1"},
    )
    assert started.started_at == started.last_updated_at == world.now
    assert world.clock(started.queued_at) == "12:00"
    assert world.status("lamp", "other") == "QUEUED"


def test_an_execution_in_progress_is_handed_out_again_unchanged(world: World) -> None:
    world.create("job", "lamp")
    world.create("other", "lamp")
    started_at = world.now
    world.start("lamp", status_details={"step": "1"})
    world.advance(minutes=2)
    again = world.start("lamp", status_details={"step": "2"})
    assert again is world.execution("lamp", "job")
    assert (again.version_number, again.status_details, again.last_updated_at) == (
        2,
        {"step": "1"},
        started_at,
    )


@pytest.mark.parametrize("arguments", [{"status_details": ELEVEN}, {"step_timeout_in_minutes": 0}])
def test_start_next_checks_its_arguments_first(world: World, arguments: dict[str, Any]) -> None:
    world.create("job", "lamp")
    for thing in ("lamp", "nobody"):
        with world.raises(InvalidRequest):
            world.start(thing, **arguments)


# DescribeJobExecution


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED", "CANCELED"])
def test_a_finished_execution_can_never_be_read_again(world: World, status: str) -> None:
    world.create("job", "lamp", "fan")
    if status == "CANCELED":
        world.control_plane.cancel_job_execution("lamp", "job", world.now)
    else:
        world.report("lamp", status)
    text = "Job Execution has reached terminal state. It is neither IN_PROGRESS nor QUEUED"
    for number in (None, 1):
        with world.raises(JobExecutionTerminal, text):
            describe(world, number=number)


def test_an_older_number_is_finished_and_an_unknown_one_is_not_there(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 1})
    world.report("lamp", "FAILED")
    assert describe(world) == describe(world, number=2) == "job#2 QUEUED"
    with world.raises(JobExecutionTerminal):
        describe(world, number=1)
    with world.raises(JobNotFoundForThing, "Job job not found for lamp"):
        describe(world, number=3)
    with world.raises(JobNotFoundForThing, "Job nope not found for lamp"):
        describe(world, job_id="nope")


# UpdateJobExecution


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_a_queued_execution_may_finish_without_ever_being_started(
    world: World, status: str
) -> None:
    world.create("job", "lamp", "fan")
    world.advance(minutes=1)
    execution = world.report("lamp", status, status_details={"a": "b"})
    assert (execution.status, execution.version_number, execution.status_details) == (
        status,
        2,
        {"a": "b"},
    )
    assert execution.last_updated_at == world.now
    # Captured: a rejection never began.
    assert execution.started_at == (None if status == "REJECTED" else world.now)


def test_the_first_report_of_the_work_stamps_its_start_and_later_ones_do_not(world: World) -> None:
    world.create("job", "lamp")
    world.advance(minutes=1)
    started = world.now
    for status in ("IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"):
        execution = world.report("lamp", status)
        assert (execution.started_at, execution.last_updated_at) == (started, world.now)
        world.advance(minutes=1)
    assert world.execution("lamp").version_number == 4


def test_a_rejection_of_started_work_keeps_its_start(world: World) -> None:
    world.create("job", "lamp")
    world.start("lamp")
    started = world.now
    world.advance(minutes=1)
    assert world.report("lamp", "REJECTED").started_at == started


def test_details_replace_each_other_whole_and_stay_when_none_are_given(world: World) -> None:
    world.create("job", "lamp")
    assert world.report(
        "lamp", "IN_PROGRESS", status_details={"a": "1", "b": "1"}
    ).status_details == {"a": "1", "b": "1"}
    assert world.report("lamp", "IN_PROGRESS", status_details={"b": "2"}).status_details == {
        "b": "2"
    }
    assert world.report("lamp", "IN_PROGRESS").status_details == {"b": "2"}
    assert world.report("lamp", "IN_PROGRESS", status_details={}).status_details == {}
    assert world.report("lamp", "SUCCEEDED").status_details == {}


def test_a_version_may_be_expected(world: World) -> None:
    world.create("job", "lamp")
    world.report("lamp", "IN_PROGRESS", expected_version=1)
    with world.raises(VersionMismatch, "Expected version 1 but found version 2"):
        world.report("lamp", "SUCCEEDED", expected_version=1)
    with pytest.raises(VersionMismatch) as caught:
        world.report("lamp", "SUCCEEDED", expected_version=7)
    assert (caught.value.expected, caught.value.version, caught.value.status) == (
        7,
        2,
        "IN_PROGRESS",
    )
    world.report("lamp", "SUCCEEDED", expected_version=2)


def test_a_number_may_be_given(world: World) -> None:
    world.create("job", "lamp", retries={"FAILED": 1})
    world.report("lamp", "FAILED", execution_number=1)
    with world.raises(
        JobExecutionFinished, "Job job for lamp has already finished with status FAILED"
    ):
        world.report("lamp", "SUCCEEDED", execution_number=1)
    with world.raises(JobNotFoundForThing):
        world.report("lamp", "SUCCEEDED", execution_number=3)
    assert world.report("lamp", "SUCCEEDED", execution_number=2).status == "SUCCEEDED"


def test_the_last_report_completes_a_snapshot(world: World) -> None:
    world.create("job", "lamp", "fan")
    world.report("lamp", "FAILED")
    assert world.job().status == "IN_PROGRESS"
    world.advance(minutes=1)
    world.report("fan", "REJECTED")
    assert (world.job().status, world.job().completed_at) == ("COMPLETED", world.now)
    assert world.job().last_updated_at == world.now


def test_the_last_report_does_not_complete_a_continuous_job(world: World) -> None:
    world.group("lamps", "lamp")
    world.follow("job", "lamps")
    world.report("lamp", "SUCCEEDED")
    world.advance(days=400)
    assert world.job().status == "IN_PROGRESS"


def test_the_checks_of_a_report_come_in_the_order_captured_from_aws(world: World) -> None:
    world.create("job", "lamp", "fan")
    world.report("lamp", "SUCCEEDED")
    wrong: dict[str, Any] = {"status_details": ELEVEN, "execution_number": 9, "expected_version": 9}
    with world.raises(InvalidRequest):
        world.report("nobody", "QUEUED", "nope", **wrong)
    wrong["status_details"] = None
    with world.raises(
        StatusNotSettable, "The status of job execution cannot be changed to be QUEUED"
    ):
        world.report("nobody", "QUEUED", "nope", **wrong)
    with world.raises(JobNotFoundForThing, "Job nope not found for nobody"):
        world.report("nobody", "FAILED", "nope", **wrong)
    with world.raises(JobNotFoundForThing, "Job job not found for lamp"):
        world.report("lamp", "FAILED", **wrong)
    wrong["execution_number"] = 1
    with world.raises(VersionMismatch, "Expected version 9 but found version 2"):
        world.report("lamp", "FAILED", **wrong)
    wrong["expected_version"] = 2
    with world.raises(
        JobExecutionFinished, "Job job for lamp has already finished with status SUCCEEDED"
    ):
        world.report("lamp", "FAILED", **wrong)


def test_a_terminal_status_reported_again_is_no_success(world: World) -> None:
    world.create("job", "lamp", "fan")
    world.report("lamp", "SUCCEEDED")
    with world.raises(JobExecutionFinished):
        world.report("lamp", "SUCCEEDED")


def test_a_job_that_is_being_deleted_does_not_exist_for_devices(world: World) -> None:
    world.pace = AfterTime(10**9)
    world.create("job", "lamp")
    world.start("lamp")
    world.control_plane.delete_job("job", world.now, force=True)
    with world.raises(StatusNotSettable):
        world.report("lamp", "QUEUED")
    with world.raises(JobNotFoundForThing):
        world.report("lamp", "SUCCEEDED")


def test_two_devices_cannot_both_start_with_the_same_expected_version(world: World) -> None:
    world.create("job", "lamp")
    world.report("lamp", "IN_PROGRESS", expected_version=1)
    with world.raises(VersionMismatch):
        world.report("lamp", "IN_PROGRESS", expected_version=1)


# Namespaces


def test_next_in_a_namespace_is_its_first_execution(world: World) -> None:
    world.create("plain", "lamp")
    for job_id in ("first", "second"):
        world.advance(minutes=1)
        world.create(job_id, "lamp", namespace_id="east")

    def next_in(namespace: str) -> str | None:
        found = world.data_plane.describe_job_execution("lamp", "$next", None, namespace)
        return found and found[0].job_id

    assert (next_in("east"), next_in("west")) == ("first", None)
    world.report("lamp", "IN_PROGRESS", "second")
    assert next_in("east") == "second"
    for job_id in ("second", "first"):
        world.report("lamp", "SUCCEEDED", job_id)
    assert (next_in("east"), world.pending("lamp")) == (None, ["plain"])


def test_next_in_a_namespace_is_not_what_a_closed_window_hides(world: World) -> None:
    world.group("all", "lamp")
    world.follow(
        "job", "all", start="13:00", windows=[("cron(0 14 * * ? *)", 60)], namespace_id="east"
    )
    world.move_to("14:30")
    assert world.data_plane.describe_job_execution("lamp", "$next", None, "east")
    world.move_to("15:00")
    assert world.data_plane.describe_job_execution("lamp", "$next", None, "east") is None


def test_a_job_is_not_found_in_another_namespace(world: World) -> None:
    world.create("job", "lamp", namespace_id="east")
    world.create("plain", "lamp")
    for job_id, namespace in (("job", "west"), ("plain", "east")):
        with world.raises(JobNotFoundForThing):
            world.data_plane.describe_job_execution("lamp", job_id, None, namespace)
        with world.raises(JobNotFoundForThing):
            world.data_plane.update_job_execution(
                "lamp", job_id, ExecutionReport("SUCCEEDED"), world.now, namespace
            )
    world.data_plane.update_job_execution(
        "lamp", "job", ExecutionReport("SUCCEEDED"), world.now, "east"
    )
    assert world.status("lamp") == "SUCCEEDED"
