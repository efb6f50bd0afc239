"""The execution table again, walked by real operations: every status is brought about, then every
act tried on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.service.errors import (
    JobExecutionFinished,
    JobExecutionNotCancelable,
    JobExecutionNotDeletable,
    JobExecutionNotFound,
    ServiceError,
    StatusNotSettable,
)

if TYPE_CHECKING:
    from tests.service.conftest import World

STATUSES = [
    "QUEUED",
    "IN_PROGRESS",
    "SUCCEEDED",
    "FAILED",
    "REJECTED",
    "TIMED_OUT",
    "REMOVED",
    "CANCELED",
]
OPEN, TERMINAL = STATUSES[:2], STATUSES[2:]


@pytest.fixture(params=STATUSES)
def status(request: pytest.FixtureRequest, world: World) -> str:
    """The lamp's execution of a CONTINUOUS job, which stays IN_PROGRESS whatever happens, in each
    status.
    """
    wanted = str(request.param)
    world.group("lamps", "lamp", "spare")
    world.follow("job", "lamps", timeout=60)
    if wanted in ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"):
        world.report("lamp", wanted)
    elif wanted == "TIMED_OUT":
        world.start("lamp")
        world.advance(minutes=60)
    elif wanted == "REMOVED":
        world.leave("lamp", "lamps")
    elif wanted == "CANCELED":
        world.control_plane.cancel_job_execution("lamp", "job", world.now)
    assert world.status("lamp") == wanted
    return wanted


def comes_to(
    world: World,
    act: Callable[[], object],
    status: str,
    *,
    error: type[ServiceError] | None = None,
) -> None:
    """Perform an act and expect the lamp's execution to have a status; or the act to be refused."""
    version = world.execution("lamp").version_number
    if error is not None:
        with world.raises(error):
            act()
        return
    before = world.status("lamp")
    act()
    assert world.status("lamp") == status
    unchanged = status == before and status != "IN_PROGRESS"
    assert world.execution("lamp").version_number == version + (
        not unchanged and status != "REMOVED"
    )


@pytest.mark.parametrize("reported", ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"])
def test_a_device_reports(world: World, status: str, reported: str) -> None:
    error = JobExecutionFinished if status in TERMINAL else None
    comes_to(world, lambda: world.report("lamp", reported), reported, error=error)


@pytest.mark.parametrize("reported", ["QUEUED", "TIMED_OUT", "REMOVED", "CANCELED"])
def test_a_device_cannot_report_what_only_the_service_sets(
    world: World, status: str, reported: str
) -> None:
    comes_to(world, lambda: world.report("lamp", reported), status, error=StatusNotSettable)


def test_a_device_starts_its_next_execution(world: World, status: str) -> None:
    version = world.execution("lamp").version_number
    started = world.start("lamp")
    assert (started is None) == (status in TERMINAL)
    assert world.status("lamp") == ("IN_PROGRESS" if status in OPEN else status)
    assert world.execution("lamp").version_number == version + (status == "QUEUED")


def test_cancel_job_execution(world: World, status: str) -> None:
    error = None if status == "QUEUED" else JobExecutionNotCancelable
    comes_to(
        world,
        lambda: world.control_plane.cancel_job_execution("lamp", "job", world.now),
        "CANCELED",
        error=error,
    )


def test_cancel_job_execution_by_force(world: World, status: str) -> None:
    error = None if status in OPEN else JobExecutionNotCancelable
    comes_to(
        world,
        lambda: world.control_plane.cancel_job_execution("lamp", "job", world.now, force=True),
        "CANCELED",
        error=error,
    )


@pytest.mark.parametrize("force", [False, True])
def test_cancel_job(world: World, status: str, force: bool) -> None:
    version = world.execution("lamp").version_number
    world.control_plane.cancel_job("job", world.now, force=force)
    canceled = status == "QUEUED" or (status == "IN_PROGRESS" and force)
    assert world.status("lamp") == ("CANCELED" if canceled else status)
    assert world.execution("lamp").version_number == version + canceled


@pytest.mark.parametrize("force", [False, True])
def test_delete_job_execution(world: World, status: str, force: bool) -> None:
    def delete() -> None:
        world.control_plane.delete_job_execution("lamp", "job", 1, world.now, force=force)

    if status == "IN_PROGRESS" and not force:
        with world.raises(JobExecutionNotDeletable):
            delete()
        return
    delete()
    with world.raises(JobExecutionNotFound):
        world.execution("lamp")


def test_the_time_passes(world: World, status: str) -> None:
    world.advance(days=8)
    assert world.status("lamp") == ("TIMED_OUT" if status == "IN_PROGRESS" else status)


def test_the_thing_leaves_the_group(world: World, status: str) -> None:
    version = world.execution("lamp").version_number
    world.leave("lamp", "lamps")
    assert world.status("lamp") == ("REMOVED" if status == "QUEUED" else status)
    assert world.execution("lamp").version_number == version
