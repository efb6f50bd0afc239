"""The device's operations on the second model.

Answers are as topics give them; `over_https` tells how HTTPS differs.
"""

# ruff: noqa: N803 (members have AWS's names)

from __future__ import annotations

import json
from typing import Any

from . import packages, serializers
from .account import MINUTE, REPORTABLE, Account, ErrorResponse, Execution

UNKNOWN = "ResourceNotFoundException"
INVALID = "InvalidRequestException"
STATE = "InvalidStateTransitionException"
Request = dict[str, Any]


def over_https(response: Request, thing: str) -> Request:
    """Write the document as a string, and name the thing of an execution."""
    if "jobDocument" in response:
        response = response | {
            "jobDocument": json.dumps(response["jobDocument"], separators=(",", ":"))
        }
    if "execution" in response:
        response = response | {
            "execution": over_https(response["execution"], thing) | {"thingName": thing}
        }
    return response


def check_thing(account: Account, thing: str) -> None:
    """Refuse a thing that does not exist."""
    if thing not in account.things:
        raise ErrorResponse(UNKNOWN)


def check_step(minutes: int | None) -> None:
    """Refuse a step timer that is none."""
    if minutes is not None and minutes != -1 and not 1 <= minutes <= 10080:
        raise ErrorResponse(INVALID)


def set_step(account: Account, execution: Execution, minutes: int | None) -> None:
    """Set, replace or cancel the step timer."""
    if minutes is not None and execution.status == "IN_PROGRESS":
        execution.step = None if minutes == -1 else account.at + minutes * MINUTE
        execution.timed = account.tick()


def found(account: Account, job_id: str, thing: str, number: int | None) -> Execution:
    """Find an execution that a device may know of."""
    check_thing(account, thing)
    job = account.job(job_id)
    if job is None or job.status == "DELETION_IN_PROGRESS":
        raise ErrorResponse(UNKNOWN)
    runs = [one for one in account.of(job, thing) if number in (None, one.number)]
    if not runs:
        raise ErrorResponse(UNKNOWN)
    return max(runs, key=lambda one: one.number)


def get_pending_job_executions(account: Account, thingName: str) -> Request:
    """List what is pending."""
    check_thing(account, thingName)
    in_progress, queued = serializers.pending(account, thingName)
    return {"inProgressJobs": in_progress, "queuedJobs": queued}


def start_next_pending_job_execution(
    account: Account,
    thingName: str,
    statusDetails: dict[str, str] | None = None,
    stepTimeoutInMinutes: int | None = None,
) -> Request:
    """Start what comes first, unless it is in progress already."""
    check_step(stepTimeoutInMinutes)
    check_thing(account, thingName)
    pending = account.pending(thingName)
    if not pending:
        return {}
    front = pending[0]
    if front.status == "QUEUED":
        if statusDetails is not None:
            front.details = statusDetails
        account.move(front, "IN_PROGRESS")
    set_step(account, front, stepTimeoutInMinutes)
    return {"execution": serializers.to_device(account, front)}


def describe_job_execution(
    account: Account,
    thingName: str,
    jobId: str,
    executionNumber: int | None = None,
    includeJobDocument: bool = True,
) -> Request:
    """Show an execution that has not finished, or what comes first."""
    if jobId == "$next":
        check_thing(account, thingName)
        pending = account.pending(thingName)
        return (
            {"execution": serializers.to_device(account, pending[0], includeJobDocument)}
            if pending
            else {}
        )
    one = found(account, jobId, thingName, executionNumber)
    if one.status not in {"QUEUED", "IN_PROGRESS"}:
        raise ErrorResponse("TerminalStateException", "TerminalStateReached")
    return {"execution": serializers.to_device(account, one, includeJobDocument)}


def update_job_execution(
    account: Account,
    thingName: str,
    jobId: str,
    status: str,
    statusDetails: dict[str, str] | None = None,
    expectedVersion: int | None = None,
    executionNumber: int | None = None,
    stepTimeoutInMinutes: int | None = None,
    includeJobExecutionState: bool = False,
    includeJobDocument: bool = False,
) -> Request:
    """Take a report."""
    check_step(stepTimeoutInMinutes)
    if status not in REPORTABLE:
        raise ErrorResponse(STATE)
    one = found(account, jobId, thingName, executionNumber)
    if expectedVersion not in (None, one.version):
        raise ErrorResponse(INVALID, "VersionMismatch", one)
    if one.status not in {"QUEUED", "IN_PROGRESS"}:
        raise ErrorResponse(STATE, execution=one)
    if statusDetails is not None:
        one.details = statusDetails
    account.move(one, status)
    if status == "SUCCEEDED":
        destinations = one.job.request.get("destinationPackageVersions")
        packages.installed(account, thingName, destinations)
    set_step(account, one, stepTimeoutInMinutes)
    response = serializers.given(
        executionState=serializers.state(one) if includeJobExecutionState else None,
        jobDocument=serializers.document(one) if includeJobDocument else None,
    )
    if status != "IN_PROGRESS":
        account.follow_up(one.job, one)
    return response
