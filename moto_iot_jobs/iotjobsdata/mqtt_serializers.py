"""Executions and events as members of MQTT payloads, in AWS's order, and the JSON that they are
written in.

Moments are whole seconds, but for three members of job events, which are milliseconds (AWS IoT
developer guide, events-jobs; captured). A job document is a JSON value here, where HTTPS has a
string.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto_iot_jobs.service.documents.json_text import escape_supplementary
from moto_iot_jobs.service.events import PendingExecution


class Written(str):
    """JSON text that is embedded as it is."""

    __slots__ = ()


def write(members: Mapping[str, Any]) -> str:
    """Write members as compact JSON; those that are None are left out."""
    given = (
        f"{json.dumps(name)}:{_value(value)}"
        for name, value in members.items()
        if value is not None
    )
    return "{" + ",".join(given) + "}"


def _value(value: Any) -> str:
    if isinstance(value, Written):
        return value
    if isinstance(value, Mapping):
        return write(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def seconds(moment: int | None) -> int | None:
    """Return milliseconds as whole seconds."""
    return moment // 1000 if moment is not None else None


def status_details(details: Mapping[str, str] | None) -> Written | None:
    """Return status details; characters outside the BMP are written as surrogate pairs (captured)."""
    return Written(escape_supplementary(write(details))) if details is not None else None


def summary(execution: PendingExecution) -> dict[str, Any]:
    """Return an execution as lists of pending executions show it."""
    return {
        "jobId": execution.job_id,
        "queuedAt": seconds(execution.queued_at),
        "lastUpdatedAt": seconds(execution.last_updated_at),
        "startedAt": seconds(execution.started_at),
        "executionNumber": execution.execution_number,
        "versionNumber": execution.version,
    }


def job_execution(execution: PendingExecution, document: str | None, at: int) -> dict[str, Any]:
    """Return an execution as answers and notify-next show it: without thingName (captured).

    Args:
        document: the job document as JSON text, or None where it was not asked for.
        at: now, for the time that is left.
    """
    return {
        "jobId": execution.job_id,
        "status": execution.status,
        "statusDetails": status_details(execution.status_details),
        "queuedAt": seconds(execution.queued_at),
        "startedAt": seconds(execution.started_at),
        "lastUpdatedAt": seconds(execution.last_updated_at),
        "versionNumber": execution.version,
        "executionNumber": execution.execution_number,
        "approximateSecondsBeforeTimedOut": (
            max(0, (execution.due - at) // 1000) if execution.due is not None else None
        ),
        "jobDocument": Written(document) if document is not None else None,
    }


def execution_state(execution: PendingExecution) -> dict[str, Any]:
    """Return an execution's state as answers and rejections of an update show it."""
    return {
        "status": execution.status,
        "statusDetails": status_details(execution.status_details),
        "versionNumber": execution.version,
    }
