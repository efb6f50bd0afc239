"""What was seen of the contract, set against all that there is to see: the operations and errors
of the botocore model, and the rows of the tables of who may move what to what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto_iot_jobs.service.states import (
    EXECUTION_TABLE,
    QUEUED,
    Act,
    ExecutionStatus,
    JobAct,
    Outcome,
)
from moto_iot_jobs.wire import SERVICES, ServiceApi, WireError

from .contract import FINISHED, Contract, column

# AWS IoT Commands; it is refused whatever is asked.
_OF_ANOTHER_FEATURE = frozenset({"StartCommandExecution"})

# What a request alone can never provoke; `faults` orders them.
_ONLY_BY_FAULTS = frozenset(
    {
        "CertificateValidationException",
        "InternalFailureException",
        "ServiceUnavailableException",
        "ThrottlingException",
    }
)

# The acts that give a job a status; the others leave it or are refused.
_JOB_SENTENCES = {
    JobAct.START: "a job started at its startTime, or when a window opened",
    JobAct.PAUSE: "a job paused when its window closed",
    JobAct.END: "a job reached its endTime",
    JobAct.CLOSE: "a job completed",
    JobAct.ABORT: "a job was canceled by its abort criteria",
    JobAct.CANCEL: "CancelJob canceled a job",
    JobAct.DELETE: "DeleteJob deleted a finished job",
    JobAct.DELETE_FORCE: "DeleteJob deleted an unfinished job by force",
}


def coverage(contract: Contract) -> dict[str, Any]:
    """Return what was seen and what never was, as JSON could hold it.

    Returns:
        `{"operations": [{"service", "operation", "calls", "errors": [{"code", "status", "seen",
        "onlyByFaults"}]}], "executionMoves": [{"act", "from", "to", "seen"}], "jobMoves": [{"act",
        "seen"}], "undocumented": [{"service", "operation", "code", "seen"}], "neverCalled": [...],
        "neverSeenMoves": [...], "neverSeenErrors": [...], "neverSeenFaults": [...], "summary":
        {...}}`. The `never…` are sentences; the errors of operations that were never called are not
        among them.
    """
    operations = [_operation(contract, service, name) for service, name in _operations()]
    moves = list(_execution_moves(contract))
    job_moves = [
        {"act": act.value, "seen": contract.job_moves[(act.value,)]} for act in _JOB_SENTENCES
    ]
    return {
        "operations": operations,
        "executionMoves": moves,
        "jobMoves": job_moves,
        "undocumented": list(_undocumented(contract, operations)),
        "neverCalled": [_named(each) for each in operations if not each["calls"]],
        "neverSeenMoves": [*_unseen_moves(moves), *_unseen_job_moves(contract)],
        "neverSeenErrors": list(_unseen_errors(operations, by_faults=False)),
        "neverSeenFaults": list(_unseen_errors(operations, by_faults=True)),
        "summary": _summary(operations, moves, job_moves),
    }


def _operations() -> Iterator[tuple[str, str]]:
    for service in SERVICES:
        for name in sorted(ServiceApi.of(service).operations):
            if name not in _OF_ANOTHER_FEATURE:
                yield service, name


def _operation(contract: Contract, service: str, name: str) -> dict[str, Any]:
    plane = ServiceApi.of(service)
    errors = [
        {
            "code": code,
            "status": plane.refuse(name, WireError(code, ""))[0],
            "seen": contract.errors[service, name, code],
            "onlyByFaults": code in _ONLY_BY_FAULTS,
        }
        for code in plane.errors(name)
    ]
    return {
        "service": service,
        "operation": name,
        "calls": contract.calls[service, name],
        "errors": sorted(errors, key=lambda error: (error["status"], error["code"])),
    }


def _execution_moves(contract: Contract) -> Iterator[dict[str, Any]]:
    for act, cells in EXECUTION_TABLE.items():
        for before, after in _columns(cells):
            if after in (Outcome.KEPT, Outcome.REFUSED) or not _can_be_told(act, before):
                continue
            yield {
                "act": act.value,
                "from": before,
                "to": after.value,
                "seen": contract.moves[act.value, before],
            }


def _columns(
    cells: dict[ExecutionStatus, ExecutionStatus | Outcome],
) -> Iterator[tuple[str, ExecutionStatus | Outcome]]:
    columns = {column(status): after for status, after in cells.items()}
    yield from columns.items()


def _can_be_told(act: Act, before: str) -> bool:
    """Whether force was given to a deletion is known only where it was needed."""
    return act is not Act.DELETE_EXECUTION_FORCE or before not in (QUEUED, FINISHED)


def _undocumented(contract: Contract, operations: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    documented = {
        (each["service"], each["operation"], error["code"])
        for each in operations
        for error in each["errors"]
    }
    for (service, operation, code), seen in sorted(contract.errors.items()):
        if (service, operation, code) not in documented and operation not in _OF_ANOTHER_FEATURE:
            yield {"service": service, "operation": operation, "code": code, "seen": seen}


def _named(operation: dict[str, Any]) -> str:
    """An operation of the owner goes without saying; two of the device's have the name of one."""
    name: str = operation["operation"]
    return f"{name} (device)" if operation["service"] == "iot-jobs-data" else name


def _unseen_moves(moves: list[dict[str, Any]]) -> Iterator[str]:
    for move in moves:
        if not move["seen"]:
            yield f"{move['act']}, the execution being {move['from']}"


def _unseen_job_moves(contract: Contract) -> Iterator[str]:
    return (
        sentence for act, sentence in _JOB_SENTENCES.items() if not contract.job_moves[(act.value,)]
    )


def _unseen_errors(operations: list[dict[str, Any]], *, by_faults: bool) -> Iterator[str]:
    for operation in operations:
        for error in operation["errors"] if operation["calls"] else ():
            if not error["seen"] and error["onlyByFaults"] is by_faults:
                yield f"{_named(operation)} refused with {error['status']} {error['code']}"


def _summary(
    operations: list[dict[str, Any]], moves: list[dict[str, Any]], job_moves: list[dict[str, Any]]
) -> dict[str, dict[str, int]]:
    errors = [error for operation in operations for error in operation["errors"]]
    return {
        "operations": {
            "seen": sum(bool(each["calls"]) for each in operations),
            "of": len(operations),
        },
        "moves": {
            "seen": sum(bool(each["seen"]) for each in [*moves, *job_moves]),
            "of": len(moves) + len(job_moves),
        },
        "errors": {"seen": sum(bool(each["seen"]) for each in errors), "of": len(errors)},
    }
