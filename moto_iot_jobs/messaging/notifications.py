"""Notifications to devices, and job events where they are enabled, as MQTT messages.

Sources: AWS IoT developer guide, jobs-comm-notifications and events-jobs; captured where the guide
is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.moto_api._internal import mock_random

from moto_iot_jobs.iotjobsdata import topics
from moto_iot_jobs.iotjobsdata.documents import for_device
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.iotjobsdata.mqtt_serializers import write
from moto_iot_jobs.iotjobsdata.serializers import job_execution, seconds, summary
from moto_iot_jobs.runtime import neighbours
from moto_iot_jobs.service.events import (
    DELETED,
    Event,
    ExecutionDeleted,
    JobChanged,
    NeighbourEvent,
    PendingChanged,
    PendingExecution,
    StatusChanged,
)
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.states import TERMINAL, Act, ExecutionStatus

_COUNTERS = {
    "numberOfCanceledThings": ExecutionStatus.CANCELED,
    "numberOfRejectedThings": ExecutionStatus.REJECTED,
    "numberOfFailedThings": ExecutionStatus.FAILED,
    "numberOfRemovedThings": ExecutionStatus.REMOVED,
    "numberOfSucceededThings": ExecutionStatus.SUCCEEDED,
    "numberOfTimedOutThings": ExecutionStatus.TIMED_OUT,
}


def notifications(
    jobs: JobsService, event: Event, server_url: str | None, published: Mapping[str, bool]
) -> Iterator[Message]:
    """Yield the messages that an event leads to.

    Args:
        jobs: the jobs of the event's account and region.
        event: the event.
        server_url: base of signed URLs; None in process.
        published: by event type, whether its events were published at the event's time.
    """
    match event:
        case PendingChanged():
            yield from _notifications(jobs, event, server_url)
        case StatusChanged() if event.status in TERMINAL and event.act is not Act.DELETE_THING:
            if published["JOB_EXECUTION"]:
                yield _execution_event(jobs, event, event.status.lower(), event.status)
        case ExecutionDeleted():
            if published["JOB_EXECUTION"]:
                yield _execution_event(jobs, event, "deleted", DELETED)
        case JobChanged():
            if published["JOB"]:
                yield _job_event(jobs, event)
        case NeighbourEvent():
            yield from neighbours.messages_of(jobs, event)


def _message(jobs: JobsService, topic: str, at: int, payload: Callable[[], bytes]) -> Message:
    return Message(topic, at, jobs.location.region, payload, jobs.location.account)


# Notifications


def _notifications(
    jobs: JobsService, event: PendingChanged, server_url: str | None
) -> Iterator[Message]:
    for namespace in event.list_changed_in:
        yield _notify(jobs, event, namespace)
    for namespace in event.front_changed_in:
        yield from _notify_next(jobs, event, namespace, server_url)


def _notify(jobs: JobsService, event: PendingChanged, namespace: str | None) -> Message:
    topic = topics.notify(event.thing, namespace)
    return _message(jobs, topic, event.at, lambda: _list(event, namespace))


def _list(event: PendingChanged, namespace: str | None) -> bytes:
    by_status: dict[str, list[dict[str, Any]]] = {}
    for execution in event.pending:
        if execution.namespace_id == namespace:
            by_status.setdefault(execution.status, []).append(summary(execution))
    return write({"timestamp": seconds(event.at), "jobs": by_status})


def _notify_next(
    jobs: JobsService, event: PendingChanged, namespace: str | None, server_url: str | None
) -> Iterator[Message]:
    # The queue is one for all namespaces: behind another namespace's execution, nothing is
    # published.
    front = event.pending[0] if event.pending else None
    if front is not None and front.namespace_id != namespace:
        if any(execution.namespace_id == namespace for execution in event.pending):
            return
        front = None
    topic = topics.notify_next(event.thing, namespace)
    yield _message(jobs, topic, event.at, lambda: _front(jobs, event, front, server_url))


def _front(
    jobs: JobsService,
    event: PendingChanged,
    front: PendingExecution | None,
    server_url: str | None,
) -> bytes:
    members: dict[str, Any] = {"timestamp": seconds(event.at)}
    if front is not None:
        document = for_device(
            front.document,
            jobs.sources,
            front.presigned_url_config,
            server_url,
            thing=event.thing,
            job_id=front.job_id,
            number=front.execution_number,
        )
        members["execution"] = job_execution(front, document, event.at)
    return write(members)


# Events


def _execution_event(
    jobs: JobsService, event: StatusChanged | ExecutionDeleted, operation: str, status: str
) -> Message:
    members = {
        "eventType": "JOB_EXECUTION",
        "eventId": str(mock_random.uuid4()),
        "timestamp": seconds(event.at),
        "operation": operation,
        "jobId": event.job_id,
        "thingArn": jobs.location.arn("thing", event.thing),
        "status": status,
        "executionNumber": event.execution_number,
        "forceCanceled": event.force_canceled
        if isinstance(event, StatusChanged) and operation == "canceled"
        else None,
        "statusDetails": event.status_details or None,
    }
    topic = topics.job_execution_event(event.job_id, operation)
    return _message(jobs, topic, event.at, lambda: write(members))


# Status of the job in each event; two of them occur in events only.
_STATUSES = {
    "completed": "COMPLETED",
    "canceled": "CANCELED",
    "cancellation_in_progress": "CANCELLATION_IN_PROGRESS",
    "deletion_in_progress": "DELETION_IN_PROGRESS",
    "deleted": "DELETED",
}


def _job_event(jobs: JobsService, event: JobChanged) -> Message:
    operation = event.operation
    canceling = operation in ("canceled", "cancellation_in_progress")
    counted = operation in ("completed", "canceled")
    members = {
        "eventType": "JOB",
        "eventId": str(mock_random.uuid4()),
        "timestamp": seconds(event.at),
        "operation": operation,
        "jobId": event.job_id,
        "status": _STATUSES[operation],
        "targetSelection": event.target_selection,
        "targets": list(event.targets),
        "description": event.description,
        "completedAt": event.completed_at if operation == "completed" else None,
        "createdAt": event.created_at,
        "lastUpdatedAt": event.last_updated_at,
        "forceCanceled": event.force_canceled if canceling else None,
        "comment": event.comment if operation != "completed" else None,
        "reasonCode": event.reason_code if canceling else None,
        "jobProcessDetails": {name: event.counts[status] for name, status in _COUNTERS.items()}
        if counted
        else None,
    }
    topic = topics.job_event(event.job_id, operation)
    return _message(jobs, topic, event.at, lambda: write(members))
