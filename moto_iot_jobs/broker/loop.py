"""An asyncio loop on a thread of its own, on real time even while clocks are frozen."""

from __future__ import annotations

import asyncio
import errno
import logging
import selectors
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")

log = logging.getLogger("moto_iot_jobs.server")

# Rounds of work after which the loop asks again what has arrived.
_ROUNDS_WITHOUT_LOOK = 3
# In every fourth round the loop reads what has arrived; a new connection is read two rounds after
# it was accepted, 256 KiB a round, and its end is told one round after it was read.
_ROUNDS = 8 * (_ROUNDS_WITHOUT_LOOK + 1)


def real_milliseconds() -> int:
    """Return milliseconds of a clock that freezegun and time-machine do not hold still.

    Neither touches ``time.clock_gettime_ns`` for this clock, where the platform has it.
    """
    return _real_nanoseconds() // 1_000_000


if hasattr(time, "CLOCK_MONOTONIC"):

    def _real_nanoseconds() -> int:
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)

else:

    def _real_nanoseconds() -> int:
        return time.monotonic_ns()


class _Selector(selectors.DefaultSelector):
    """A selector that asks the system only in some of the rounds in which the loop has work.

    A request takes three rounds, of which each would ask first what else has arrived.
    """

    _left_out = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, or nothing at once: what has arrived waits for the next rounds."""
        if timeout == 0 and self._left_out < _ROUNDS_WITHOUT_LOOK:
            self._left_out += 1
            return []
        self._left_out = 0
        return super().select(timeout)


class RealTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose timers run while ``time.monotonic`` stands still."""

    def __init__(self) -> None:
        super().__init__(_Selector())

    def time(self) -> float:
        """Return seconds of the real clock."""
        return _real_nanoseconds() / 1e9


class LoopThread:
    """A thread that runs a loop from :meth:`start` to :meth:`close`, or inside a ``with`` block.

    Args:
        name: name of the thread, which never keeps the process alive.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop. Raises RuntimeError before the start."""
        if self._loop is None:
            raise RuntimeError("the loop was not started")
        return self._loop

    @property
    def is_current(self) -> bool:
        """True on the thread itself."""
        return threading.current_thread() is self._thread

    def start(self) -> LoopThread:
        """Begin to run."""
        self._loop = loop = RealTimeLoop()
        loop.set_exception_handler(_LoopExceptionHandler())
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        return self

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the thread, from another one, and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def call_soon(self, function: Callable[[], object]) -> bool:
        """Call a function on the thread, soon.

        False after the end.
        """
        try:
            self.loop.call_soon_threadsafe(function)
        except RuntimeError:
            return False
        return True

    def catch_up(self, seconds: float) -> None:
        """Wait, on another thread, until the loop has read what has arrived so far.

        Args:
            seconds: how long to wait at most: the loop may be waiting for the caller's thread.
        """
        caught_up = threading.Event()

        def look(rounds: int) -> None:
            if rounds:
                self.call_soon(partial(look, rounds - 1))
            else:
                caught_up.set()

        if not self.is_current and self.call_soon(partial(look, _ROUNDS)):
            caught_up.wait(seconds)

    def close(self) -> None:
        """End the loop, and wait for the thread if this is another one. Idempotent."""
        if self._loop is None or self._thread is None:
            return
        self.call_soon(self._loop.stop)
        if not self.is_current:
            self._thread.join()

    def __enter__(self) -> LoopThread:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        loop = self.loop
        try:
            loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            with suppress(Exception):
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
                loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


class _LoopExceptionHandler:
    """Logs errors of a loop.

    Exhausted file descriptors only once a second.

    asyncio tries as often as the backlog is long before it waits for a second, and would show a
    traceback each time.
    """

    def __init__(self) -> None:
        self._logged_at = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        problem = context.get("exception")
        if not isinstance(problem, OSError) or problem.errno not in (errno.EMFILE, errno.ENFILE):
            loop.default_exception_handler(context)
        elif loop.time() - self._logged_at >= 1:
            self._logged_at = loop.time()
            log.error("no more connections for now: %s", problem)
