"""Recorder of the state of a mock when a test failed, and of the leftovers of a test.

A decorated test's mock ends before pytest learns of the failure, so its state is recorded when the
mock is about to be reset while an exception propagates.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from moto_iot_jobs.introspection import calls
from moto_iot_jobs.introspection.history import history
from moto_iot_jobs.introspection.snapshot import snapshot
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.runtime import mock_is_on, runtime
from moto_iot_jobs.runtime.calls import HandledCall
from moto_iot_jobs.service.events import DELETED

from .section import MOST, MOST_DELETED
from .strictness import Leftovers, find_leftovers

log = logging.getLogger(__name__)


class StateRecorder:
    """Recorder of the state of the mock in this process. It records from its creation on.

    Attributes:
        calls_of_default_host: in strict mode, number of data-plane calls that AWS would not answer.
    """

    def __init__(self) -> None:
        self._calls = 0
        self._strict = False
        self._left = Leftovers()
        self._error: BaseException | None = None
        self._kept: dict[str, Any] | None = None
        self.calls_of_default_host = 0
        history.start()
        message_log.start()
        calls.start()
        runtime.call_handled.connect(self._count_call)
        runtime.ending.connect(self._before_reset)
        runtime.default_host_called.connect(self._count_default_host)

    def close(self) -> None:
        """Stop recording."""
        runtime.call_handled.disconnect(self._count_call)
        runtime.ending.disconnect(self._before_reset)
        runtime.default_host_called.disconnect(self._count_default_host)

    def begin_test(self, *, strict: bool) -> None:
        """Begin a test, and collect its leftovers in strict mode."""
        self._calls = 0
        self._strict = strict
        self._left = Leftovers()
        self._error = self._kept = None

    def state_at(self, error: BaseException) -> dict[str, Any] | None:
        """Return the state when an error was raised, or now, or None for a test without jobs."""
        if self._kept is not None and self._error in list(_chain(error)):
            return self._kept
        return self._state_worth_showing() if mock_is_on() or self._calls else None

    def pop_leftovers(self) -> Leftovers:
        """Return the leftovers of mocks that ended since the last call."""
        left, self._left = self._left, Leftovers()
        return left

    def end_checking(self) -> Leftovers:
        """Return what `pop_leftovers` does, and stop collecting."""
        self._strict = False
        return self.pop_leftovers()

    def leftovers_now(self) -> Leftovers:
        """Return the leftovers if the mock ended now."""
        return find_leftovers(snapshot, pending_faults)

    def has_outlived_its_mock(self) -> bool:
        """Return whether a test's jobs exist although no mock is active.

        moto keeps them for classes with `setUp`.
        """
        return bool(self._calls) and not mock_is_on()

    def attach_to(self, error: BaseException) -> None:
        """Attach the state that was kept to an error, for `state_at` to return."""
        self._error = error

    def _count_default_host(self) -> None:
        self.calls_of_default_host += self._strict

    def _count_call(self, _call: HandledCall) -> None:
        self._calls += 1

    def _before_reset(self) -> None:
        error = sys.exc_info()[1]
        try:
            self._keep_state(error)
        except Exception:
            # The mock has to end all the same.
            log.exception("The state of the jobs at the end of the mock is unknown")

    def _keep_state(self, error: BaseException | None) -> None:
        if error is None:
            self._collect_leftovers()
        elif error is not self._error and (state := self._state_worth_showing()) is not None:
            # Each region is reset in turn; the first of them finds the others complete.
            self._error, self._kept = error, state

    def _collect_leftovers(self) -> None:
        # A mock that starts is reset too; what it forgets is of others.
        if not self._strict or mock_is_on():
            return
        left = self.leftovers_now()
        if left and not self._left:
            self._kept = self._state_worth_showing()
        self._left.add(left)

    def _state_worth_showing(self) -> dict[str, Any] | None:
        state = {**snapshot(**MOST), "deleted": list(islice(_deleted(), MOST_DELETED))}
        shown = ("regions", "messages", "deleted", "calls", "shadows", "packages")
        return state if any(state[name] for name in shown) else None


def pending_faults() -> list[str]:
    """Return descriptions of the faults of this process that no call met."""
    return [str(fault) for fault in runtime.faults.pending()]


def _deleted() -> Iterator[dict[str, Any]]:
    """Yield deleted executions, newest first."""
    for key in reversed(history.executions()):
        transitions = history.transitions(key)
        if transitions and transitions[-1].after == DELETED:
            yield {
                **key._asdict(),
                "transitions": [transition._asdict() for transition in transitions],
            }


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from or during."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
