"""Every cell of the table of who may move an execution from which status to which, walked through
the public API.

The table is written here by hand from the developer guide (Jobs and job execution states; Manage
jobs) and live captures; it is not read from the code, so that the two check each other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.accounts import STATUSES

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

UNCHANGED = "unchanged"
ERROR = "error"
DELETED = "deleted"

Step = Callable[["Aws"], None]


def report(status: str) -> Step:
    return lambda aws: aws.report("t1", "j1", status)


def start_next(aws: Aws) -> None:
    response = aws.device.start_next_pending_job_execution(thingName="t1")
    if aws.execution("t1", "j1", 1)["status"] == "IN_PROGRESS":
        assert response["execution"]["jobId"] == "j1"
    else:
        assert "execution" not in response


def cancel_execution(force: bool) -> Step:
    return lambda aws: aws.iot.cancel_job_execution(thingName="t1", jobId="j1", force=force)


def cancel_job(force: bool) -> Step:
    return lambda aws: aws.iot.cancel_job(jobId="j1", force=force)


def delete_execution(force: bool) -> Step:
    return lambda aws: aws.iot.delete_job_execution(
        thingName="t1", jobId="j1", executionNumber=1, force=force
    )


def timer(aws: Aws) -> None:
    aws.advance(minutes=61)


def leave(aws: Aws) -> None:
    """Leave the job's group; a thing whose execution is REMOVED has left already and must come
    back first.
    """
    if aws.execution("t1", "j1", 1)["status"] == "REMOVED":
        aws.join("g1", "t1")
    aws.leave("g1", "t1")


STEPS: dict[str, Step] = {
    "device reports IN_PROGRESS": report("IN_PROGRESS"),
    "device reports SUCCEEDED": report("SUCCEEDED"),
    "device reports FAILED": report("FAILED"),
    "device reports REJECTED": report("REJECTED"),
    "device reports QUEUED": report("QUEUED"),
    "device reports CANCELED": report("CANCELED"),
    "device reports TIMED_OUT": report("TIMED_OUT"),
    "device reports REMOVED": report("REMOVED"),
    "device starts next": start_next,
    "owner cancels execution": cancel_execution(force=False),
    "owner cancels execution by force": cancel_execution(force=True),
    "owner cancels job": cancel_job(force=False),
    "owner cancels job by force": cancel_job(force=True),
    "owner deletes execution": delete_execution(force=False),
    "owner deletes execution by force": delete_execution(force=True),
    "timer expires": timer,
    "thing leaves": leave,
}

# What a step makes of a QUEUED and of an IN_PROGRESS execution, and of each of the six that have
# ended.
TABLE: dict[str, tuple[str, str, str]] = {
    "device reports IN_PROGRESS": ("IN_PROGRESS", "IN_PROGRESS", ERROR),
    "device reports SUCCEEDED": ("SUCCEEDED", "SUCCEEDED", ERROR),
    "device reports FAILED": ("FAILED", "FAILED", ERROR),
    "device reports REJECTED": ("REJECTED", "REJECTED", ERROR),
    "device reports QUEUED": (ERROR, ERROR, ERROR),
    "device reports CANCELED": (ERROR, ERROR, ERROR),
    "device reports TIMED_OUT": (ERROR, ERROR, ERROR),
    "device reports REMOVED": (ERROR, ERROR, ERROR),
    "device starts next": ("IN_PROGRESS", UNCHANGED, UNCHANGED),
    "owner cancels execution": ("CANCELED", ERROR, ERROR),
    "owner cancels execution by force": ("CANCELED", "CANCELED", ERROR),
    "owner cancels job": ("CANCELED", UNCHANGED, UNCHANGED),
    "owner cancels job by force": ("CANCELED", "CANCELED", UNCHANGED),
    "owner deletes execution": (DELETED, ERROR, DELETED),
    "owner deletes execution by force": (DELETED, DELETED, DELETED),
    "timer expires": (UNCHANGED, "TIMED_OUT", UNCHANGED),
    "thing leaves": ("REMOVED", UNCHANGED, UNCHANGED),
}
CELLS = [(current, step) for current in STATUSES for step in STEPS]


def outcome(current: str, step: str) -> str:
    queued, in_progress, ended = TABLE[step]
    return {"QUEUED": queued, "IN_PROGRESS": in_progress}.get(current, ended)


def shown(aws: Aws) -> dict[str, object]:
    """The execution, without what runs by itself."""
    execution = aws.execution("t1", "j1", 1)
    execution.pop("approximateSecondsBeforeTimedOut", None)
    return execution


@pytest.mark.parametrize(
    "current, step", CELLS, ids=[f"{current} - {step}" for current, step in CELLS]
)
def test_a_cell_of_the_table(aws: Aws, current: str, step: str) -> None:
    timeout = {"inProgressTimeoutInMinutes": 60}
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS", timeoutConfig=timeout)
    aws.in_status("t1", "j1", current)
    before = shown(aws)
    expected = outcome(current, step)
    if expected == ERROR:
        code = "InvalidStateTransitionException"
        error = aws.raises(code, 409, partial(STEPS[step], aws))
        assert error.message
        assert shown(aws) == before
        return
    STEPS[step](aws)
    if expected == DELETED:
        call = aws.iot.describe_job_execution
        aws.raises(
            "ResourceNotFoundException", 404, call, thingName="t1", jobId="j1", executionNumber=1
        )
        return
    after = shown(aws)
    if expected == UNCHANGED:
        assert after == before
        return
    assert after["status"] == expected
    raised = 0 if expected == "REMOVED" else 1
    assert after["versionNumber"] == int(str(before["versionNumber"])) + raised


@pytest.mark.parametrize("current", STATUSES)
def test_the_table_knows_every_status_and_the_counters_agree(aws: Aws, current: str) -> None:
    aws.job("j1", aws.group("g1", "t1", "t2"), targetSelection="CONTINUOUS")
    aws.in_status("t1", "j1", current)
    words = "".join(word.capitalize() for word in current.split("_"))
    expected = {"Queued": 2} if current == "QUEUED" else {words: 1, "Queued": 1}
    assert aws.counters("j1") == expected


def test_the_table_has_a_row_for_each_step() -> None:
    assert list(TABLE) == list(STEPS)


@pytest.mark.parametrize(
    "current", ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"]
)
def test_an_end_is_an_end(aws: Aws, current: str) -> None:
    """One execution is tried with everything that a device and an owner without deletion can do,
    one after the other.
    """
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.in_status("t1", "j1", current)
    before = shown(aws)
    for name, step in STEPS.items():
        if not name.startswith(("owner deletes", "owner cancels job", "thing leaves")):
            if outcome(current, name) == ERROR:
                aws.raises("InvalidStateTransitionException", 409, partial(step, aws))
            else:
                step(aws)
            assert shown(aws) == before, name
