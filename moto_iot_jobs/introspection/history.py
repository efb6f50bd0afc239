"""What became of each execution: every move, when, who made it and by which call.

Recorded from `start` on, in the order in which it happened, and forgotten when the mock ends.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import NamedTuple

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.delivery import EventBatch
from moto_iot_jobs.service.events import ExecutionDeleted, ExecutionQueued, StatusChanged
from moto_iot_jobs.service.states import QUEUED

# Nobody reads more; what is older is forgotten.
MOST_EXECUTIONS = 10_000
MOST_MOVES = 100

DELETED = "DELETED"


class ExecutionKey(NamedTuple):
    """Which execution is meant.

    The number comes again when an execution is deleted and its job targets the thing anew.
    """

    account: str
    region: str
    job_id: str
    thing: str
    execution_number: int


class Move(NamedTuple):
    """A change of an execution.

    Attributes:
        at: milliseconds since the epoch.
        before, after: statuses; None before it was queued, `DELETED` after it was deleted. Both the
            same when a device reported progress.
        version: its version afterwards.
        act: who did what, in the words of the table of states; what queued or deleted it has none.
        cause: the operation that led to it, or "time".
    """

    at: int
    before: str | None
    after: str
    version: int | None
    act: str | None
    cause: str


class History:
    """The moves of executions, those of the ten thousand that moved last."""

    def __init__(self) -> None:
        self._moves: OrderedDict[ExecutionKey, deque[Move]] = OrderedDict()
        self._listening = False

    def start(self) -> None:
        """Record from now on. Idempotent."""
        if not self._listening:
            self._listening = True
            runtime.delivery.happened.connect(self._take)
            runtime.ended.connect(self.clear)

    def clear(self) -> None:
        """Forget everything."""
        self._moves.clear()

    def moves(self, key: ExecutionKey) -> Sequence[Move]:
        """Return the moves of an execution, oldest first; none if nothing is known of it."""
        runtime.delivery.deliver()
        return tuple(self._moves.get(key, ()))

    def executions(self) -> Sequence[ExecutionKey]:
        """Return the executions that something is known of, the one that moved last at the end."""
        runtime.delivery.deliver()
        return tuple(self._moves)

    def _take(self, batch: EventBatch) -> None:
        jobs, cause = batch.jobs, batch.cause
        for event in batch.events:
            if isinstance(event, ExecutionQueued | StatusChanged | ExecutionDeleted):
                location = jobs.location
                key = ExecutionKey(
                    location.account,
                    location.region,
                    event.job_id,
                    event.thing,
                    event.execution_number,
                )
                self._keep(key, event, cause)

    def _keep(
        self,
        key: ExecutionKey,
        event: ExecutionQueued | StatusChanged | ExecutionDeleted,
        cause: str,
    ) -> None:
        moves = self._moves.setdefault(key, deque(maxlen=MOST_MOVES))
        self._moves.move_to_end(key)
        before = moves[-1].after if moves and moves[-1].after != DELETED else None
        if isinstance(event, ExecutionQueued):
            moves.append(Move(event.at, None, QUEUED, 1, None, cause))
        elif isinstance(event, ExecutionDeleted):
            moves.append(Move(event.at, before, DELETED, None, None, cause))
        else:
            moves.append(
                Move(event.at, before, event.status, event.version, event.act.value, cause)
            )
        if len(self._moves) > MOST_EXECUTIONS:
            self._moves.popitem(last=False)


history = History()
