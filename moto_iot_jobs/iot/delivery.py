"""How what happened reaches those who listen: in order, after the lock is released, and on time when nobody calls."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeAlias

from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.service.events import Event
from moto_iot_jobs.service.regional import RegionalJobs

from .simulation import clock

# Gets the events of one operation, and what led to them: its name, or that time went on.
Listener: TypeAlias = Callable[[RegionalJobs, list[Event], str], None]

TIME = "time"

# A timeout is to be published within a second of being due.
_TICK = 0.2


def live_jobs() -> Iterator[RegionalJobs]:
    """Yield the jobs of every account and region that was used. The lock has to be held."""
    for account in list(iot_backends.values()):
        for backend in list(account.values()):
            # None in a backend that moto made without us, before activation or after deactivation.
            jobs: RegionalJobs | None = getattr(backend, "iot_jobs", None)
            if jobs is not None:
                yield jobs


class Delivery:
    """Takes events out of journals under the lock, and hands them to listeners outside of it."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._waiting: deque[tuple[RegionalJobs, list[Event], str]] = deque()
        self._turn = threading.RLock()
        self._delivering = False
        self._serving = False
        self.when_serving: list[Callable[[], None]] = []

    @property
    def is_wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def listen(self, listener: Listener) -> None:
        """Hand all that happens from now on to a listener."""
        with backend_lock:
            self._listeners.append(listener)
            self._tell_journals()

    def unlisten(self, listener: Listener) -> None:
        """End `listen`."""
        with backend_lock:
            self._listeners.remove(listener)
            self._tell_journals()

    def _tell_journals(self) -> None:
        for jobs in live_jobs():
            jobs.store.journal.listening = self.is_wanted

    def collect(self, jobs: RegionalJobs, cause: str) -> None:
        """Take what happened in one region. The lock has to be held, so that the order is that of the store.

        Args:
            cause: the operation that led to it, or `TIME`.
        """
        if self._listeners and (events := jobs.take_events()):
            self._waiting.append((jobs, events, cause))

    def settle(self, jobs: RegionalJobs, now: int) -> None:
        """Let everything happen in one region that is due by `now`, and take it. The lock has to be held."""
        jobs.settle(now)
        self.collect(jobs, TIME)

    def deliver(self) -> None:
        """Hand out what was collected. The lock should not be held: listeners may do slow things."""
        if not self._waiting:
            return
        with self._turn:
            # A listener that calls an operation comes back here; what that adds is handed out by the outer call, in order.
            if self._delivering:
                return
            self._delivering = True
            try:
                while self._waiting:
                    jobs, events, cause = self._waiting.popleft()
                    for listener in list(self._listeners):
                        listener(jobs, events, cause)
            finally:
                self._delivering = False

    def undisturbed(self, act: Callable[[], None], within: float) -> None:
        """Do something while nobody else delivers; leave it if somebody still does after so many seconds.

        For those who have the lock already: a thread that delivers may be waiting for it, and would be waited for.
        """
        if self._turn.acquire(timeout=within):
            try:
                act()
            finally:
                self._turn.release()

    def settle_all(self) -> None:
        """Let everything happen everywhere that is due by now, and hand it out."""
        with backend_lock:
            now = clock.now()
            for jobs in live_jobs():
                self.settle(jobs, now)
        self.deliver()

    def serve(self) -> None:
        """A server takes requests: let time go on by itself there, and tell those who want to know."""
        if not self._serving:
            self._serving = True
            ticker.start()
            for begin in self.when_serving:
                begin()

    def stop_serving(self) -> None:
        """The server takes no more requests; time stands still again when nobody calls."""
        if self._serving:
            self._serving = False
            ticker.stop()

    def discard(self) -> None:
        """Forget what was collected."""
        self._waiting.clear()


delivery = Delivery()


class Ticker:
    """Lets things happen when they are due although nobody calls; it never keeps a process alive."""

    def __init__(self) -> None:
        self._users = 0
        self._stop = threading.Event()
        self._guard = threading.Lock()

    def start(self) -> None:
        """Tick until `stop` was called as often as this."""
        with self._guard:
            self._users += 1
            if self._users == 1:
                self._stop = threading.Event()
                threading.Thread(target=self._run, args=(self._stop,), name="iot-jobs-ticker", daemon=True).start()

    def stop(self) -> None:
        """End one `start`."""
        with self._guard:
            self._users -= 1
            if self._users == 0:
                self._stop.set()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(_TICK):
            with backend_lock:
                now = clock.now()
                dues = [jobs.course.next_due() for jobs in live_jobs()]
            if any(due is not None and due <= now for due in dues):
                delivery.settle_all()


ticker = Ticker()
