"""History of executions: each transition with its time, act and cause.

Recorded from `start` on, oldest first, and forgotten when the mock ends.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import NamedTuple, TypeVar

from moto_iot_jobs.runtime import neighbours, runtime
from moto_iot_jobs.runtime.delivery import EventBatch
from moto_iot_jobs.service.events import (
    DELETED,
    OF_EXECUTIONS,
    ExecutionDeleted,
    ExecutionQueued,
    NeighbourEvent,
    StatusChanged,
)
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.states import QUEUED

# Far more than is read; older ones are forgotten.
MOST_EXECUTIONS = 10_000
MOST_TRANSITIONS = 100


Key = TypeVar("Key", bound=Hashable)


class ExecutionKey(NamedTuple):
    """Key of an execution.

    The number is used again when an execution is deleted and its job targets the thing anew.
    """

    account: str
    region: str
    job_id: str
    thing: str
    execution_number: int


class Transition(NamedTuple):
    """A transition of an execution.

    Attributes:
        at: milliseconds since the epoch.
        before, after: statuses; None before it was queued, `DELETED` after it was deleted. Equal
            when a device reported progress.
        version: versionNumber afterwards.
        act: row of the table of transitions; None for queueing and deletion.
        cause: the operation that led to it, or "time".
    """

    at: int
    before: str | None
    after: str
    version: int | None
    act: str | None
    cause: str


class History:
    """Transitions of the ten thousand executions that changed last, and of neighbours' things."""

    def __init__(self) -> None:
        self._transitions: OrderedDict[ExecutionKey, list[Transition]] = OrderedDict()
        self._of_neighbours: OrderedDict[Hashable, list[Transition]] = OrderedDict()
        self._listening = False

    def start(self) -> None:
        """Record from now on. Idempotent."""
        if not self._listening:
            self._listening = True
            runtime.delivery.events_published.connect(self._record)
            runtime.ended.connect(self.clear)

    def clear(self) -> None:
        """Forget everything."""
        self._transitions.clear()
        self._of_neighbours.clear()

    def transitions(self, key: ExecutionKey) -> Sequence[Transition]:
        """Return the transitions of an execution, oldest first."""
        runtime.delivery.deliver()
        return tuple(self._transitions.get(key, ()))

    def transitions_of_neighbour(self, key: Hashable) -> Sequence[Transition]:
        """Return the transitions of what a neighbour of Jobs keeps, oldest first."""
        runtime.delivery.deliver()
        return tuple(self._of_neighbours.get(key, ()))

    def executions(self) -> Sequence[ExecutionKey]:
        """Return the executions with a history, the one that changed last at the end."""
        runtime.delivery.deliver()
        return tuple(self._transitions)

    def _record(self, batch: EventBatch) -> None:
        jobs, cause = batch.jobs, batch.cause
        for event in batch.events:
            if isinstance(event, OF_EXECUTIONS):
                location = jobs.location
                key = ExecutionKey(
                    location.account,
                    location.region,
                    event.job_id,
                    event.thing,
                    event.execution_number,
                )
                self._append(key, event, cause)
            elif isinstance(event, NeighbourEvent):
                self._append_change(jobs, event, cause)

    def _append_change(self, jobs: JobsService, event: NeighbourEvent, cause: str) -> None:
        for load in neighbours.introspections.values():
            change = load().change(jobs, event)
            if change is not None:
                key = (jobs.location.account, jobs.location.region, change.key)
                transitions = _last_transitions(self._of_neighbours, key)
                transitions.append(
                    Transition(event.at, change.before, change.after, None, change.act, cause)
                )
        if len(self._of_neighbours) > MOST_EXECUTIONS:
            self._of_neighbours.popitem(last=False)

    def _append(
        self,
        key: ExecutionKey,
        event: ExecutionQueued | StatusChanged | ExecutionDeleted,
        cause: str,
    ) -> None:
        transitions = _last_transitions(self._transitions, key)
        before = transitions[-1].after if transitions and transitions[-1].after != DELETED else None
        if isinstance(event, ExecutionQueued):
            transitions.append(Transition(event.at, None, QUEUED, 1, None, cause))
        elif isinstance(event, ExecutionDeleted):
            transitions.append(Transition(event.at, before, DELETED, None, None, cause))
        else:
            transitions.append(
                Transition(event.at, before, event.status, event.version, event.act.value, cause)
            )
        if len(self._transitions) > MOST_EXECUTIONS:
            self._transitions.popitem(last=False)


def _last_transitions(kept: OrderedDict[Key, list[Transition]], key: Key) -> list[Transition]:
    """Return the transitions of a key, to which one more can be appended, as the newest of all."""
    transitions = kept.get(key)
    if transitions is None:
        # A list: most have two or three, and an empty deque takes the memory of sixty.
        transitions = kept[key] = []
        return transitions
    kept.move_to_end(key)
    if len(transitions) >= MOST_TRANSITIONS:
        del transitions[0]
    return transitions


history = History()
