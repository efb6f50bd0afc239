"""Events of a store as frozen records, and the log that they wait in.

Topics, payloads and units belong to the code that delivers them.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from .documents.document import JobDocument
from .settings import PresignedUrlConfig
from .states import Act, ExecutionStatus

# The status of executions in events of their deletion, and of nothing else.
DELETED = "DELETED"

if TYPE_CHECKING:
    from .execution import JobExecution, ThingExecutions
    from .job import Job


class ExecutionQueued(NamedTuple):
    """A thing got an execution. AWS publishes no event for it."""

    at: int
    job_id: str
    thing: str
    execution_number: int

    @classmethod
    def of(cls, execution: "JobExecution", at: int) -> "ExecutionQueued":
        """Return the event of a new execution."""
        return cls(at, execution.job_id, execution.thing.name, execution.execution_number)


class StatusChanged(NamedTuple):
    """An execution changed: its status, version or details.

    Attributes:
        act: the cause of the change.
    """

    at: int
    job_id: str
    thing: str
    execution_number: int
    status: ExecutionStatus
    version: int
    status_details: Mapping[str, str] | None
    force_canceled: bool
    act: Act

    @classmethod
    def of(cls, execution: "JobExecution", act: Act, at: int) -> "StatusChanged":
        """Return the event of a change, with the execution as it stands after it."""
        return cls(
            at,
            execution.job_id,
            execution.thing.name,
            execution.execution_number,
            execution.status,
            execution.version_number,
            execution.status_details,
            execution.force_canceled,
            act,
        )


class ExecutionDeleted(NamedTuple):
    """An execution was deleted, by itself or with its job."""

    at: int
    job_id: str
    thing: str
    execution_number: int
    status_details: Mapping[str, str] | None

    @classmethod
    def of(cls, execution: "JobExecution", at: int) -> "ExecutionDeleted":
        """Return the event of a deletion, with the execution as it stood before it."""
        return cls(
            at,
            execution.job_id,
            execution.thing.name,
            execution.execution_number,
            execution.status_details,
        )


class JobChanged(NamedTuple):
    """A job reached a state that AWS publishes an event for.

    Attributes:
        operation: the event's name, in AWS's spelling.
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

    @classmethod
    def of(cls, job: "Job", operation: str, at: int) -> "JobChanged":
        """Return an event of a job, with the job as it stands."""
        return cls(
            at,
            operation,
            job.job_id,
            job.target_selection,
            tuple(target.arn for target in job.targets),
            job.description,
            job.created_at,
            job.last_updated_at,
            job.completed_at,
            job.comment,
            job.reason_code,
            job.force_canceled,
            job.counts(),
        )


class PendingExecution(NamedTuple):
    """An open execution as it stands when a thing's pending list changes.

    Attributes:
        due: when it times out, or None.
    """

    job_id: str
    execution_number: int
    status: ExecutionStatus
    queued_at: int
    started_at: int | None
    last_updated_at: int
    version_number: int
    status_details: Mapping[str, str] | None
    due: int | None
    namespace_id: str | None
    document: JobDocument
    presigned_url_config: PresignedUrlConfig | None

    @classmethod
    def of(cls, execution: "JobExecution", job: "Job") -> "PendingExecution":
        """Return an execution of a job as it stands."""
        return cls(
            execution.job_id,
            execution.execution_number,
            execution.status,
            execution.queued_at,
            execution.started_at,
            execution.last_updated_at,
            execution.version_number,
            execution.status_details,
            execution.timers.due if execution.timers else None,
            job.namespace_id,
            job.document,
            job.settings.presigned_url_config,
        )

    def seconds_left(self, now: int) -> int | None:
        """Return the whole seconds until it times out, None when it does not."""
        return max(0, (self.due - now) // 1000) if self.due is not None else None


class PendingChanged(NamedTuple):
    """A thing's pending executions changed.

    Attributes:
        pending: the list, front first, as long as AWS lists it.
        list_changed_in: the namespace of the execution that came or went (AWS: notify); None is
            that of jobs without one. Empty when none did.
        front_changed_in: the namespaces of the execution that was the first and of the one that is
            now (AWS: notify-next). Empty when it is the same.
    """

    at: int
    thing: str
    pending: tuple[PendingExecution, ...]
    list_changed_in: tuple[str | None, ...]
    front_changed_in: tuple[str | None, ...]

    @classmethod
    def of(
        cls,
        thing: "ThingExecutions",
        jobs: Mapping[str, "Job"],
        at: int,
        *,
        moved: Sequence["JobExecution"],
        fronts: Sequence["JobExecution"],
    ) -> "PendingChanged":
        """Return the event of a change of a thing's pending list.

        Args:
            jobs: the jobs that its executions belong to, by id.
            moved: the execution that came or went, if one did.
            fronts: the executions that were the first before and after, if these are two.
        """
        in_progress, queued = thing.pending()
        return cls(
            at,
            thing.name,
            tuple(
                [PendingExecution.of(each, jobs[each.job_id]) for each in (*in_progress, *queued)]
            ),
            _namespaces(moved, jobs),
            _namespaces(fronts, jobs),
        )


def _namespaces(
    executions: Sequence["JobExecution"], jobs: Mapping[str, "Job"]
) -> tuple[str | None, ...]:
    """Return the namespaces of executions, of which there are two at most, each once."""
    found = [jobs[execution.job_id].namespace_id for execution in executions]
    return tuple(found[:1] if found[1:] == found[:1] else found)


class NeighbourEvent:
    """Base class of the events of Jobs' neighbours, which stand in the same log.

    So all that an operation leads to is delivered in one order. What becomes of such an event is
    its neighbour's affair.

    Attributes:
        at: milliseconds since the epoch.
    """

    at: int


#: Types of what happens to one execution. A tuple: a union would be made again for each event.
OF_EXECUTIONS = (ExecutionQueued, StatusChanged, ExecutionDeleted)

Event: TypeAlias = (
    ExecutionQueued
    | StatusChanged
    | ExecutionDeleted
    | JobChanged
    | PendingChanged
    | NeighbourEvent
)


class EventLog(list[Event]):
    """Events that were not taken yet, oldest first.

    Attributes:
        listening: true while something takes the events; nothing should be recorded otherwise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.listening = False

    def take(self) -> list[Event]:
        """Return the events since the last call, oldest first."""
        events = list(self)
        self.clear()
        return events
