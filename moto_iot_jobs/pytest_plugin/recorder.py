"""Watches the mock in this process: what there was when a test failed, and what a test left behind.

A decorated test's mock ends before pytest hears of the failure, so its state is taken when it is
about to be forgotten while an exception is on its way.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from moto_iot_jobs.introspection.history import DELETED, history
from moto_iot_jobs.introspection.snapshot import snapshot
from moto_iot_jobs.messaging.log import log as messages
from moto_iot_jobs.plugin import registration
from moto_iot_jobs.runtime import mock_is_on, runtime
from moto_iot_jobs.runtime.calls import HandledCall

from .section import MOST, MOST_DELETED
from .strictness import LeftBehind, left_behind

log = logging.getLogger(__name__)


class Witness:
    """What is known of the mock in this process. It begins to record when it is made."""

    def __init__(self) -> None:
        self._calls = 0
        self._strict = False
        self._left = LeftBehind()
        self._error: BaseException | None = None
        self._kept: dict[str, Any] | None = None
        history.start()
        messages.start()
        runtime.call_handled.connect(self._told)
        runtime.ending.connect(self._about_to_forget)

    def close(self) -> None:
        """Look no further."""
        runtime.call_handled.disconnect(self._told)
        runtime.ending.disconnect(self._about_to_forget)

    def begin_test(self, *, strict: bool) -> None:
        """Another test begins; in strict mode it is asked what it left behind."""
        self._calls = 0
        self._strict = strict
        self._left = LeftBehind()
        self._error = self._kept = None

    def state_at(self, error: BaseException) -> dict[str, Any] | None:
        """Return what there was when an error was raised, or is now; None if the test had nothing
        to do with jobs.
        """
        if self._kept is not None and self._error in list(_chain(error)):
            return self._kept
        return self._worth_telling() if mock_is_on() or self._calls else None

    def taken(self) -> LeftBehind:
        """Return what was left behind by mocks that have ended since the last time."""
        left, self._left = self._left, LeftBehind()
        return left

    def end_checking(self) -> LeftBehind:
        """Return what `taken` does, and look no further."""
        self._strict = False
        return self.taken()

    def left_now(self) -> LeftBehind:
        """Return what would be left behind if the mock ended now."""
        return left_behind(snapshot, pending_faults)

    def outlives_its_mock(self) -> bool:
        """Tell whether a test's jobs are still there although no mock is on: moto keeps them for
        classes with `setUp`.
        """
        return bool(self._calls) and not mock_is_on()

    def blame(self, error: BaseException) -> None:
        """Let `state_at` tell of an error what it kept; for errors that are raised because of what
        was kept.
        """
        self._error = error

    def _told(self, _call: HandledCall) -> None:
        self._calls += 1

    def _about_to_forget(self) -> None:
        error = sys.exc_info()[1]
        try:
            self._look_back(error)
        except Exception:
            # Whoever looks back must not keep the mock from ending.
            log.exception("It cannot be told how the jobs stood when the mock ended")

    def _look_back(self, error: BaseException | None) -> None:
        if error is None:
            self._take_what_is_left()
        elif error is not self._error and (state := self._worth_telling()) is not None:
            # Each region is reset in turn; the first of them finds the others complete.
            self._error, self._kept = error, state

    def _take_what_is_left(self) -> None:
        # A mock that starts forgets too, but what others left.
        if not self._strict or mock_is_on():
            return
        left = self.left_now()
        if left and not self._left:
            self._kept = self._worth_telling()
        self._left.add(left)

    def _worth_telling(self) -> dict[str, Any] | None:
        if not registration.is_active():
            return None
        state = {**snapshot(**MOST), "deleted": list(islice(_deleted(), MOST_DELETED))}
        return state if state["regions"] or state["messages"] or state["deleted"] else None


def pending_faults() -> list[str]:
    """Describe the faults that were ordered in this process and never met."""
    return [str(fault) for fault in runtime.faults.pending()]


def _deleted() -> Iterator[dict[str, Any]]:
    """Yield the executions that were deleted, the last one first."""
    for key in reversed(history.executions()):
        moves = history.moves(key)
        if moves and moves[-1].after == DELETED:
            yield {**key._asdict(), "moves": [move._asdict() for move in moves]}


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
