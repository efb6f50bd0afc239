"""The interface of a device's transport, and an execution as its responses show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from moto_iot_jobs.iotjobsdata.topics import Operation


class Transport(Protocol):
    """Access to the data plane: over HTTPS, over MQTT, or to the handlers in this process."""

    endpoint: str
    """Its other end, for messages: a region, or host and port."""

    def request(
        self, operation: Operation, thing: str, job_id: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a request and return the response's members.

        Args:
            operation: of the data plane.
            thing, job_id: the execution's; no job for operations on all that is pending.
            members: the request's other members.

        Raises:
            RequestRejectedError: the response is an error.
            ResponseLostError: no response came.
        """
        ...

    def disconnect(self) -> None:
        """Drop the connection, of which the next request makes a new one."""
        ...


@dataclass(slots=True)
class JobExecution:
    """An execution as the data plane shows it to its device."""

    job_id: str
    execution_number: int
    version: int
    status: str
    document: Any = None
    details: dict[str, str] = field(default_factory=dict)
    queued_at: datetime | None = None
    time_left: timedelta | None = None

    @classmethod
    def of(cls, members: Mapping[str, Any], document: Any) -> JobExecution:
        """Read the member `execution` of a response, with its job document parsed already."""
        queued_at = members.get("queuedAt")
        seconds_left = members.get("approximateSecondsBeforeTimedOut")
        return cls(
            job_id=members["jobId"],
            execution_number=int(members["executionNumber"]),
            version=int(members["versionNumber"]),
            status=members["status"],
            document=document,
            details=dict(members.get("statusDetails") or {}),
            queued_at=datetime.fromtimestamp(queued_at, timezone.utc)
            if queued_at is not None
            else None,
            time_left=timedelta(seconds=seconds_left) if seconds_left is not None else None,
        )
