"""Changes of executions as messages: the request to the device, and the event.

Sources: AWS IoT developer guide, reserved-topics and command-events. Events of commands have no
switch, and times in milliseconds. Not documented, and so ours: the request goes before the event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.service.events import NeighbourEvent
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.wire import members

from .events import CommandExecutionChanged
from .topics import event_topic, request_topic


def messages_of(jobs: JobsService, event: NeighbourEvent) -> Iterator[Message]:
    """Yield the messages that a change of an execution leads to."""
    if not isinstance(event, CommandExecutionChanged):
        return
    location = jobs.location
    if event.message is not None:
        target, content = event.target, event.message
        topic = request_topic(target.kind, target.name, event.execution_id, content.content_type)
        yield Message(
            topic,
            event.at,
            location.region,
            partial(_payload, content.payload),
            location.account,
            content_type=content.content_type,
            expires_at=event.due,
            client_id=target.name if target.kind == "client" else None,
        )
    yield Message(
        event_topic(event.command_id, event.state.status),
        event.at,
        location.region,
        partial(_event, event),
        location.account,
    )


def _payload(content: bytes) -> bytes:
    return content


def _event(event: CommandExecutionChanged) -> bytes:
    body: dict[str, Any] = {
        "executionId": event.execution_id,
        "status": event.state.status,
        "statusReason": members(event.reason) if event.reason is not None else None,
        "eventType": "COMMAND_EXECUTION",
        "commandArn": event.command_arn,
        "targetArn": event.target.arn,
        "timestamp": event.at,
    }
    written = {name: value for name, value in body.items() if value is not None}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()
