"""What a device needs of its way to the service, whichever it is, and the answers it works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

GET_PENDING = "GetPendingJobExecutions"
START_NEXT = "StartNextPendingJobExecution"
DESCRIBE = "DescribeJobExecution"
UPDATE = "UpdateJobExecution"


class Plane(Protocol):
    """The data plane, over HTTPS, over MQTT, or straight to the handlers in this process."""

    place: str
    """Where it leads, for messages: a region, a URL, or host and port."""

    def ask(
        self, operation: str, thing: str, job_id: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask for an operation and return the answer's members.

        Raises:
            Refused: the service refused.
            AnswerLost: no answer came.
        """
        ...

    def disconnect(self) -> None:
        """Lose the connection; the next request makes a new one."""
        ...


@dataclass(slots=True)
class ExecutionState:
    """An execution as the data plane shows it; moments are whole seconds since the epoch."""

    job_id: str
    number: int
    version: int
    status: str
    document: Any = None
    details: dict[str, str] = field(default_factory=dict)
    queued_at: int | None = None
    seconds_left: int | None = None

    @classmethod
    def of(cls, members: Mapping[str, Any], document: Any) -> ExecutionState:
        """Read the member `execution` of an answer; the job document is parsed already."""
        return cls(
            job_id=members["jobId"],
            number=int(members["executionNumber"]),
            version=int(members["versionNumber"]),
            status=members["status"],
            document=document,
            details=dict(members.get("statusDetails") or {}),
            queued_at=members.get("queuedAt"),
            seconds_left=members.get("approximateSecondsBeforeTimedOut"),
        )
