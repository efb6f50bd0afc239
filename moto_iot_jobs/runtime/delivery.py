"""Delivery of events to receivers: in order, after the lock is released, and on time when nobody
calls.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.service.events import Event
from moto_iot_jobs.service.regional import JobsService

from .clock import Clock
from .signals import Signal

# The cause of what happens by itself.
TIME = "time"

# A timeout is to be published within a second of being due.
_TICK_SECONDS = 0.2


def live_jobs() -> Iterator[JobsService]:
    """Yield the jobs of every account and region that was used. The lock has to be held."""
    for account in list(iot_backends.values()):
        for backend in list(account.values()):
            # None in a backend that moto made without us, before activation or after deactivation.
            jobs: JobsService | None = getattr(backend, "iot_jobs", None)
            if jobs is not None:
                yield jobs


class Delivery:
    """Takes events out of event logs under the lock, and hands them to receivers outside of it.

    Args:
        clock: the mock's.

    Attributes:
        happened: sent with the jobs of a region, the events of one operation, and their cause: the
            operation, or `TIME`.
        serving_began: sent when a server takes its first request.
        ticker: lets time go on by itself.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.happened: Signal[JobsService, list[Event], str] = Signal(self._switch_event_logs)
        self.serving_began: Signal[[]] = Signal()
        self.ticker = Ticker(self.tick)
        self._waiting: deque[tuple[JobsService, list[Event], str]] = deque()
        self._turn = threading.RLock()
        self._delivering = False
        self._serving = False

    def _switch_event_logs(self) -> None:
        with backend_lock:
            for jobs in live_jobs():
                jobs.store.event_log.listening = bool(self.happened)

    def collect(self, jobs: JobsService, cause: str) -> None:
        """Take the events of one region.

        The lock has to be held, so that the order is that of the store.

        Args:
            jobs: the region's.
            cause: the operation that led to them, or `TIME`.
        """
        if self.happened and (events := jobs.take_events()):
            self._waiting.append((jobs, events, cause))

    def run_due_timers_of(self, jobs: JobsService, now: int) -> None:
        """Run the timers of one region that are due by `now`, and take their events.

        The lock has to be held.
        """
        jobs.run_due_timers(now)
        self.collect(jobs, TIME)

    def deliver(self) -> None:
        """Hand out what was collected.

        The lock should not be held: receivers may do slow things.
        """
        if not self._waiting:
            return
        with self._turn:
            # A receiver that calls an operation comes back here; what that adds is handed out by
            # the outer call, in order.
            if self._delivering:
                return
            self._delivering = True
            try:
                while self._waiting:
                    self.happened.send(*self._waiting.popleft())
            finally:
                self._delivering = False

    def undisturbed(self, act: Callable[[], None], within: float) -> None:
        """Call a function while no other thread delivers; give up after so many seconds.

        For those who have the lock already: a thread that delivers may be waiting for it, and would
        be waited for.
        """
        if self._turn.acquire(timeout=within):
            try:
                act()
            finally:
                self._turn.release()

    def run_due_timers(self) -> None:
        """Run all timers that are due by now, everywhere, and deliver their events."""
        with backend_lock:
            now = self._clock.now()
            for jobs in live_jobs():
                self.run_due_timers_of(jobs, now)
        self.deliver()

    def tick(self) -> None:
        """Run all timers that are due by now, if there are any."""
        with backend_lock:
            now = self._clock.now()
            dues = [jobs.lifecycle.next_due() for jobs in live_jobs()]
        if any(due is not None and due <= now for due in dues):
            self.run_due_timers()

    @property
    def is_serving(self) -> bool:
        """Whether a server of this process takes requests."""
        return self._serving

    def serve(self) -> None:
        """Let time go on by itself, for a server takes requests. Idempotent."""
        if not self._serving:
            self._serving = True
            self.ticker.start()
            self.serving_began.send()

    def stop_serving(self) -> None:
        """Let time stand still again while nobody calls; the server takes no more requests.

        Idempotent.
        """
        if self._serving:
            self._serving = False
            self.ticker.stop()

    def discard(self) -> None:
        """Forget what was collected."""
        self._waiting.clear()


class Ticker:
    """A thread that calls a function five times a second; it never keeps a process alive.

    Args:
        tick: what is called.
    """

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._users = 0
        self._stop = threading.Event()
        self._guard = threading.Lock()

    def start(self) -> None:
        """Tick until `stop` was called as often as this."""
        with self._guard:
            self._users += 1
            if self._users == 1:
                self._stop = threading.Event()
                threading.Thread(
                    target=self._run, args=(self._stop,), name="iot-jobs-ticker", daemon=True
                ).start()

    def stop(self) -> None:
        """End one `start`."""
        with self._guard:
            self._users -= 1
            if self._users == 0:
                self._stop.set()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(_TICK_SECONDS):
            self._tick()
