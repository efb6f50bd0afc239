"""Work in slices, which a server carries out between requests."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from moto.core.base_backend import backend_lock

from moto_iot_jobs.service.backlog import SLICE, Work
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.record import Record

from .clock import Clock
from .delivery import TIME, Delivery, live_jobs
from .signals import Signal

# A thread that gives the lock up and takes it at once leaves no other thread the time to take it.
_PAUSE_SECONDS = 0.001


class Unfinished(Record):
    """Work that an operation left, for which its response has to wait.

    Attributes:
        jobs: those of the account and region.
        works: oldest first.
    """

    jobs: JobsService
    works: Sequence[Work]


class Slices:
    """Carries out timers and work of all accounts and regions, a slice at a time.

    The lock of the backends is given up after each slice, and what happened is delivered. Any
    number of threads may do so at the same time.

    Args:
        clock: the mock's.
        delivery: runs timers, and delivers.

    Attributes:
        sliced: sent after each slice.
    """

    def __init__(self, clock: Clock, delivery: Delivery) -> None:
        self._clock = clock
        self._delivery = delivery
        self._never = threading.Event()
        self._advancing = 0
        self.sliced: Signal[[]] = Signal()

    def finish(self, unfinished: Unfinished) -> None:
        """Carry out the work that an operation left, while others are carried out."""
        for work in unfinished.works:
            while not work.is_over:
                with backend_lock:
                    if not work.is_over:
                        self._go_on_with(unfinished.jobs, work)
                self.pause()

    def advance(self, milliseconds: int) -> None:
        """Move the clock, and run all timers that become due.

        The clock moves along with the timers: at each time that a request can see, all has happened
        that is due by then. Work that is left is carried out before the next timer.
        """
        left = milliseconds
        with backend_lock:
            self._advancing += 1
        try:
            while True:
                with backend_lock:
                    left -= self._move(left)
                    is_over = not left and not self._is_busy()
                if is_over:
                    break
                self.pause()
        finally:
            with backend_lock:
                self._advancing -= 1
        self._delivery.deliver()

    def tick(self) -> None:
        """Run all timers that are due by now, and carry out all work that is left."""
        while True:
            with backend_lock:
                # Two threads would do no more than one, and leave less time to requests.
                if self._advancing or not self._is_busy():
                    return
                self._move(0)
            self.pause()

    def pause(self) -> None:
        """Deliver what happened, and leave other threads the time to take the lock."""
        self._delivery.deliver()
        self.sliced.send()
        self._never.wait(_PAUSE_SECONDS)

    def _is_busy(self) -> bool:
        now = self._clock.now()
        return self._delivery.is_due(now) or any(jobs.store.backlog.works for jobs in live_jobs())

    def _move(self, most: int) -> int:
        """Carry out one slice of all there is, and move the clock as far as timers have run.

        Args:
            most: how far the clock may move, in milliseconds.

        Returns:
            How far it did.
        """
        now = self._clock.now()
        reached = now + most
        for jobs in live_jobs():
            work = jobs.store.backlog.first()
            if work is not None:
                self._go_on_with(jobs, work)
            if jobs.store.backlog.works:
                reached = now
            else:
                until = self._delivery.run_due_timers_of(jobs, now + most, in_slices=True)
                reached = min(reached, until)
        moved = max(reached - now, 0)
        self._clock.advance(moved)
        self._delivery.release(now + moved)
        return moved

    def _go_on_with(self, jobs: JobsService, work: Work) -> None:
        backlog = jobs.store.backlog
        backlog.slice = SLICE
        backlog.cause = work.cause
        try:
            backlog.go_on(work.job)
        finally:
            # A mock that was reset meanwhile has forgotten these jobs.
            if any(each is jobs for each in live_jobs()):
                self._delivery.collect(jobs, work.cause or TIME)
