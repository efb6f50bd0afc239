"""What happened, as frozen records.

Topics, payloads and units are the business of whoever delivers them.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from .documents.document import JobDocument
from .settings import PresignedUrlConfig
from .states import Act, ExecutionStatus


class ExecutionQueued(NamedTuple):
    """A thing got an execution. AWS publishes no event for it."""

    at: int
    job_id: str
    thing: str
    execution_number: int


class StatusChanged(NamedTuple):
    """An execution changed: status, version or details.

    `act` says who did it; None where AWS publishes no event.
    """

    at: int
    job_id: str
    thing: str
    execution_number: int
    status: str
    version: int
    status_details: Mapping[str, str] | None
    force_canceled: bool
    act: Act | None


class ExecutionDeleted(NamedTuple):
    """An execution was deleted, by itself or with its job."""

    at: int
    job_id: str
    thing: str
    execution_number: int
    status_details: Mapping[str, str] | None


class JobChanged(NamedTuple):
    """A job reached a point that AWS publishes an event for, `operation` in AWS's spelling;
    members as they stood then.
    """

    at: int
    operation: str
    job_id: str
    target_selection: str
    targets: tuple[str, ...]
    description: str | None
    created_at: int
    last_updated_at: int
    completed_at: int | None
    comment: str | None
    reason_code: str | None
    force_canceled: bool | None
    counts: Mapping[ExecutionStatus, int]


class PendingExecution(NamedTuple):
    """An open execution as it stood when a thing's pending list changed; `due` is when it times
    out, if it does.
    """

    job_id: str
    execution_number: int
    status: str
    queued_at: int
    started_at: int | None
    last_updated_at: int
    version_number: int
    status_details: Mapping[str, str] | None
    due: int | None
    namespace_id: str | None
    document: JobDocument
    presigned_url_config: PresignedUrlConfig | None

    def seconds_left(self, now: int) -> int | None:
        """Return the whole seconds until it times out, None when it does not."""
        return max(0, (self.due - now) // 1000) if self.due is not None else None


class PendingChanged(NamedTuple):
    """A thing's pending executions changed.

    Attributes:
        pending: the list, front first, as long as AWS lists it.
        list_changed_in: the namespaces of the execution that came or went (AWS: notify); None is
            that of jobs without one.
        front_changed_in: the namespaces of the execution that was the first and of the one that is
            now (AWS: notify-next).
    """

    at: int
    thing: str
    pending: tuple[PendingExecution, ...]
    list_changed_in: frozenset[str | None]
    front_changed_in: frozenset[str | None]

    @property
    def list_changed(self) -> bool:
        """Whether an execution came or went."""
        return bool(self.list_changed_in)

    @property
    def front_changed(self) -> bool:
        """Whether another execution is the first now."""
        return bool(self.front_changed_in)


Event: TypeAlias = ExecutionQueued | StatusChanged | ExecutionDeleted | JobChanged | PendingChanged
