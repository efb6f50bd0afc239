"""Threads of a server, for calls that take long or wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

# A consumer that polls a queue of SQS keeps one for as long as it waits, and a call may ask the
# server something itself.
_MOST_THREADS = 512

Result = TypeVar("Result")


class Threads:
    """Threads for calls that take long, or wait, while the thread of a loop goes on.

    None of them keeps the process alive.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._number = 0
        self._is_closed = False

    async def run(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Return the result of a call that is made on one of the threads.

        Raises:
            ConnectionAbortedError: no more calls are taken.
        """
        outcome: Future[Result] = Future()

        def carry_out() -> None:
            if outcome.set_running_or_notify_cancel():
                try:
                    outcome.set_result(call(*arguments))
                except BaseException as problem:  # raised where the result is awaited
                    outcome.set_exception(problem)

        self.submit(carry_out)
        return await asyncio.wrap_future(outcome)

    def submit(self, call: Callable[[], None]) -> None:
        """Make a call on one of the threads. Used on one loop only.

        Raises:
            ConnectionAbortedError: no more calls are taken.
        """
        if self._is_closed:
            raise ConnectionAbortedError("the server is being stopped")
        self._calls.put(call)
        if not self._idle.acquire(blocking=False) and self._number < _MOST_THREADS:
            self._number += 1
            threading.Thread(
                target=self._work, name=f"moto-iot-jobs-server-{self._number}", daemon=True
            ).start()

    def close(self) -> None:
        """Take no more calls.

        Those that run end on their own.
        """
        self._is_closed = True
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            del call  # a thread that waits keeps no request alive
            self._idle.release()
        self._calls.put(None)  # for the other threads
