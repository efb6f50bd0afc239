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
    """For calls that take long, or wait, while the thread of a listener goes on.

    None of them keeps the process alive.
    """

    def __init__(self) -> None:
        self._orders: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._number = 0
        self._is_closed = False

    async def run(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Return what a call gives, made on one of the threads. To be used on one loop.

        Raises:
            ConnectionAbortedError: no more calls are taken.
        """
        if self._is_closed:
            raise ConnectionAbortedError("the server is being stopped")
        outcome: Future[Result] = Future()

        def carry_out() -> None:
            if outcome.set_running_or_notify_cancel():
                try:
                    outcome.set_result(call(*arguments))
                except BaseException as problem:  # for whoever waits
                    outcome.set_exception(problem)

        self._orders.put(carry_out)
        if not self._idle.acquire(blocking=False) and self._number < _MOST_THREADS:
            self._number += 1
            threading.Thread(
                target=self._work, name=f"moto-iot-jobs-server-{self._number}", daemon=True
            ).start()
        return await asyncio.wrap_future(outcome)

    def close(self) -> None:
        """Take no more calls; those that run end on their own."""
        self._is_closed = True
        self._orders.put(None)

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            order()
            del order  # a thread that waits keeps no request alive
            self._idle.release()
        self._orders.put(None)  # for the other threads
