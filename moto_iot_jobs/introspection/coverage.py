"""API coverage: the counts of a test run set against all operations, errors and transitions.

Operations and errors come from the botocore model, transitions from the tables of statuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto_iot_jobs.runtime import neighbours
from moto_iot_jobs.service.states import (
    EXECUTION_TABLE,
    QUEUED,
    Act,
    ExecutionStatus,
    JobAct,
    Outcome,
)
from moto_iot_jobs.wire import SERVICES, ServiceApi
from moto_iot_jobs.wire.service_api import NEIGHBOURS

from .coverage_counts import FINISHED, CoverageCounts, column

# Fleet indexing; tests that do not search miss nothing.
_SEARCHES = (
    "DescribeIndex",
    "GetIndexingConfiguration",
    "ListIndices",
    "SearchIndex",
    "UpdateIndexingConfiguration",
)

_SERVICES_OF_JOBS = ("iot", "iot-jobs-data")

# No request alone provokes these; `faults` injects them.
_ONLY_BY_FAULTS = frozenset(
    {
        "CertificateValidationException",
        "InternalFailureException",
        "MethodNotAllowedException",
        "ServiceUnavailableException",
        "ThrottlingException",
        "UnauthorizedException",
    }
)

# The acts that change a job's status; the others leave it or are errors.
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


def coverage(counts: CoverageCounts) -> dict[str, Any]:
    """Return the API coverage, ready for JSON.

    Args:
        counts: the counts of a test run.

    Returns:
        `{"operations": [{"service", "operation", "calls", "errors": [{"code", "status", "seen",
        "onlyByFaults"}]}], "executionTransitions": [{"act", "from", "to", "seen"}],
        "jobTransitions": [{"act", "seen"}], "neighbourTransitions": [{"neighbour", "kind", "act",
        "from", "to", "seen"}], "undocumented": [{"service", "operation", "code",
        "seen"}], "neverCalled": [...], "neverSeenTransitions": [...], "neverSeenErrors": [...],
        "neverSeenFaults": [...], "summary": {...}}`. The `never…` are texts; the errors of
        operations that were never called are not among them.
    """
    operations = [_operation(counts, service, name) for service, name in _operations(counts)]
    transitions = list(_execution_transitions(counts))
    job_transitions = [
        {"act": act.value, "seen": counts.job_transitions[(act.value,)]} for act in _JOB_SENTENCES
    ]
    beside = list(_neighbour_transitions(counts))
    return {
        "operations": operations,
        "executionTransitions": transitions,
        "jobTransitions": job_transitions,
        "neighbourTransitions": beside,
        "undocumented": list(_undocumented(counts, operations)),
        "neverCalled": [_named(each) for each in operations if not each["calls"]],
        "neverSeenTransitions": [
            *_unseen_transitions([*transitions, *beside]),
            *_unseen_job_transitions(counts),
        ],
        "neverSeenErrors": list(_unseen_errors(operations, by_faults=False)),
        "neverSeenFaults": list(_unseen_errors(operations, by_faults=True)),
        "summary": _summary(operations, [*transitions, *beside], job_transitions),
    }


def _operations(counts: CoverageCounts) -> Iterator[tuple[str, str]]:
    for service in SERVICES:
        for name in sorted(ServiceApi.of(service).all_operations):
            if _is_counted(counts, service, name):
                yield service, name


def _is_counted(counts: CoverageCounts, service: str, name: str) -> bool:
    """Return whether an operation is of Jobs, or of a neighbour and called."""
    is_of_neighbour = name in ServiceApi.of(service).topic_operations or any(
        name in operations.get(service, ()) for operations in NEIGHBOURS.values()
    )
    is_of_jobs = service in _SERVICES_OF_JOBS and not is_of_neighbour and name not in _SEARCHES
    return is_of_jobs or counts.calls[service, name] > 0


def _operation(counts: CoverageCounts, service: str, name: str) -> dict[str, Any]:
    api = ServiceApi.of(service)
    errors = [
        {
            "code": code,
            "status": api.status(name, code),
            "seen": counts.errors[service, name, code],
            "onlyByFaults": code in _ONLY_BY_FAULTS,
        }
        for code in api.errors(name)
    ]
    return {
        "service": service,
        "operation": name,
        "calls": counts.calls[service, name],
        "errors": sorted(errors, key=lambda error: (error["status"], error["code"])),
    }


def _execution_transitions(counts: CoverageCounts) -> Iterator[dict[str, Any]]:
    for act, cells in EXECUTION_TABLE.items():
        for before, after in _columns(cells):
            if after in (Outcome.KEPT, Outcome.ERROR) or not _is_distinguishable(act, before):
                continue
            yield {
                "act": act.value,
                "from": before,
                "to": after.value,
                "seen": counts.transitions[act.value, before],
            }


def _neighbour_transitions(counts: CoverageCounts) -> Iterator[dict[str, Any]]:
    """Yield the transitions of the neighbours whose operations were called."""
    for name, load in neighbours.introspections.items():
        called = any(
            counts.calls[service, operation]
            for service, operations in NEIGHBOURS[name].items()
            for operation in operations
        )
        if not called:
            continue
        introspection = load()
        for cell in introspection.table():
            yield {
                "neighbour": name,
                "kind": introspection.kind,
                "act": cell.act,
                "from": cell.before,
                "to": cell.after,
                "seen": counts.neighbour_transitions[name, cell.act, cell.before],
            }


def _columns(
    cells: dict[ExecutionStatus, ExecutionStatus | Outcome],
) -> Iterator[tuple[str, ExecutionStatus | Outcome]]:
    columns = {column(status): after for status, after in cells.items()}
    yield from columns.items()


def _is_distinguishable(act: Act, before: str) -> bool:
    """Return whether the act can be recognised: events name `force` only where it was needed."""
    return act is not Act.DELETE_EXECUTION_FORCE or before not in (QUEUED, FINISHED)


def _undocumented(
    counts: CoverageCounts, operations: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    documented = {
        (each["service"], each["operation"], error["code"])
        for each in operations
        for error in each["errors"]
    }
    for (service, operation, code), seen in sorted(counts.errors.items()):
        if (service, operation, code) not in documented:
            yield {"service": service, "operation": operation, "code": code, "seen": seen}


def _named(operation: dict[str, Any]) -> str:
    # Two operations of the data plane have the name of one of the control plane.
    name: str = operation["operation"]
    return f"{name} (data plane)" if operation["service"] == "iot-jobs-data" else name


def _unseen_transitions(transitions: list[dict[str, Any]]) -> Iterator[str]:
    for transition in transitions:
        if not transition["seen"]:
            kind = transition.get("kind", "execution").rpartition(" ")[2]
            yield f"{transition['act']}, the {kind} being {transition['from']}"


def _unseen_job_transitions(counts: CoverageCounts) -> Iterator[str]:
    return (
        sentence
        for act, sentence in _JOB_SENTENCES.items()
        if not counts.job_transitions[(act.value,)]
    )


def _unseen_errors(operations: list[dict[str, Any]], *, by_faults: bool) -> Iterator[str]:
    for operation in operations:
        for error in operation["errors"] if operation["calls"] else ():
            if not error["seen"] and error["onlyByFaults"] is by_faults:
                yield f"{error['status']} {error['code']} of {_named(operation)}"


def _summary(
    operations: list[dict[str, Any]],
    transitions: list[dict[str, Any]],
    job_transitions: list[dict[str, Any]],
) -> dict[str, dict[str, int]]:
    errors = [error for operation in operations for error in operation["errors"]]
    return {
        "operations": {
            "seen": sum(bool(each["calls"]) for each in operations),
            "of": len(operations),
        },
        "transitions": {
            "seen": sum(bool(each["seen"]) for each in [*transitions, *job_transitions]),
            "of": len(transitions) + len(job_transitions),
        },
        "errors": {"seen": sum(bool(each["seen"]) for each in errors), "of": len(errors)},
    }
