"""Delivery of events to receivers, in order, after the lock is released."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.service.backlog import SLICE
from moto_iot_jobs.service.events import Event
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.wire import WireError

from .clock import Clock
from .forks import protect
from .signals import Signal

log = logging.getLogger(__name__)

# The cause of what happens by itself.
TIME = "time"

# A timeout is to be published within a second of being due.
_TICK_SECONDS = 0.2
# Timers that run before receivers are told: so few that most of what they lead to is forgotten
# again before Python's garbage collector looks through everything for it.
_TIMERS_AT_ONCE = 200


def live_jobs() -> Iterator[JobsService]:
    """Yield the jobs of every account and region that was used. The lock has to be held."""
    for account in list(iot_backends.values()):
        for backend in list(account.values()):
            # None in a backend that moto made without us, before activation or after deactivation.
            jobs: JobsService | None = getattr(backend, "iot_jobs", None)
            if jobs is not None:
                yield jobs


def find_jobs(account: str, region: str) -> JobsService:
    """Return the jobs of an account and region.

    Raises:
        WireError: there is no such region, in the words in which AWS says so of a signature.
    """
    # moto's own look takes its lock again, and goes through all services: it is for backends that
    # have to be made.
    of_account = dict.get(iot_backends, account)
    backend: Any = None if of_account is None else dict.get(of_account, region)
    if backend is None:
        try:
            backend = iot_backends[account][region]
        except KeyError:
            raise WireError(
                "InvalidSignatureException", "Credential should be scoped to a valid region."
            ) from None
    jobs: JobsService = backend.iot_jobs
    return jobs


class EventBatch(NamedTuple):
    """The events of one operation, or of one look at the timers, in one region.

    Attributes:
        jobs: those of the region.
        events: oldest first.
        cause: the operation that led to them, or `TIME`.
        published: the event types that were published at that time.
    """

    jobs: JobsService
    events: list[Event]
    cause: str
    published: Mapping[str, bool]


class Delivery:
    """Takes events out of event logs under the lock, and hands them to receivers outside of it.

    Args:
        clock: the mock's.

    Attributes:
        events_published: sent with each `EventBatch`. Receivers must be quick and call no
            operation.
        posted: sent with what a service publishes for all who subscribe: account, region, topic,
            milliseconds since the epoch, and what writes the payload.
        message_published: sent with account, region, topic and payload of what programs publish
            through `iot-data`.
        delivered: sent after that, for subscribers who may take their time and call operations.
        serving_began: sent when a server takes its first request.
        is_wanted: whether `events_published` has a receiver.
        ticker: lets time go on by itself.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.events_published: Signal[EventBatch] = Signal(self._switch_event_logs)
        self.message_published: Signal[str, str, str, bytes] = Signal()
        self.delivered: Signal[[]] = Signal()
        self.posted: Signal[str, str, str, int, Callable[[], bytes]] = Signal()
        self.serving_began: Signal[[]] = Signal()
        self.is_wanted = False
        self.ticker = Ticker()
        self._waiting: deque[Callable[[], None]] = deque()
        # By due time and number: what is to be handed out later.
        self._late: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = count()
        self._turn = threading.RLock()
        # A thread that delivers may wait for the lock of the backends, and not the other way round.
        protect(self._turn)
        protect(backend_lock)
        self._serving = False

    def _switch_event_logs(self) -> None:
        with backend_lock:
            self.is_wanted = bool(self.events_published.receivers)
            for jobs in live_jobs():
                jobs.store.event_log.listening = self.is_wanted

    def collect(self, jobs: JobsService, cause: str) -> None:
        """Take the events of one region. The lock has to be held, so that the order is the store's.

        Args:
            jobs: the region's.
            cause: the operation that led to them, or `TIME`.
        """
        if self.is_wanted and (events := jobs.take_events()):
            batch = EventBatch(jobs, events, cause, jobs.event_configurations.enabled)
            self._waiting.append(partial(self.events_published.send, batch))

    def post(
        self, account: str, region: str, topic: str, at: int, write: Callable[[], bytes]
    ) -> None:
        """Take a message of a service, to be published when the lock is released.

        The lock has to be held, so that the order is that of the store.
        """
        if self.posted.receivers:
            self._waiting.append(partial(self.posted.send, account, region, topic, at, write))

    def later(self, due: int, act: Callable[[], None]) -> None:
        """Call a function among what is handed out, once it is due.

        Args:
            due: milliseconds since the epoch.
        """
        heappush(self._late, (due, next(self._numbers), act))

    def release(self, now: int) -> None:
        """Hand out what was put off, as far as it is due by `now`. The lock has to be held."""
        while self._late and self._late[0][0] <= now:
            self._waiting.append(heappop(self._late)[2])

    def publish(self, account: str, region: str, topic: str, payload: bytes) -> None:
        """Hand out what a program published through `iot-data`."""
        if self.message_published.receivers:
            send = self.message_published.send
            self._waiting.append(partial(send, account, region, topic, payload))
            self.deliver()

    def run_due_timers_of(
        self, jobs: JobsService, now: int, *, in_slices: bool, most: int | None = None
    ) -> int:
        """Run the timers of one region that are due by `now`, and take their events.

        The lock has to be held.

        Args:
            in_slices: whether what concerns many executions, from now on and in the operation that
                follows, is left for later.
            most: how many timers may run where it is not.

        Returns:
            The time up to which timers have run.
        """
        backlog = jobs.store.backlog
        backlog.cause = TIME
        if in_slices:
            backlog.slice = SLICE
            reached = jobs.run_due_timers(now, most=SLICE)
        else:
            if backlog.works:
                backlog.finish()
            backlog.slice = None
            reached = jobs.run_due_timers(now, most)
        if self._late:
            self.release(reached)
        if jobs.store.event_log:
            self.collect(jobs, TIME)
        return reached

    def deliver(self) -> None:
        """Hand out what was collected, unless this thread holds the lock: then it does so later.

        A receiver that waited for the lock would never get it. Whichever thread hands out, each
        receiver gets everything in order.
        """
        if not self._waiting or backend_lock._is_owned():  # type: ignore[attr-defined]
            return
        self._hand_out()
        self.delivered.send()

    def _hand_out(self) -> None:
        with self._turn:
            while self._waiting:
                self._waiting.popleft()()

    def undisturbed(self, act: Callable[[], None], within: float) -> None:
        """Call a function while no other thread delivers.

        Give up after so many seconds.

        For those who have the lock already: a thread that delivers may be waiting for it, and would
        be waited for.
        """
        if self._turn.acquire(timeout=within):
            try:
                act()
            finally:
                self._turn.release()

    def run_due_timers(self) -> None:
        """Run all timers that are due by now, everywhere, and deliver their events.

        At a server only one slice of them.
        """
        while not self._run_some_due_timers():
            if not backend_lock._is_owned():  # type: ignore[attr-defined]
                self._hand_out()
        self.deliver()

    def _run_some_due_timers(self) -> bool:
        """Run due timers until there is enough to hand out, and return whether they all have run.

        What happens in a year would fill the memory before anything of it is handed out.
        """
        most = _TIMERS_AT_ONCE if self.is_wanted and not self._serving else None
        with backend_lock:
            now = self._clock.now()
            for jobs in live_jobs():
                reached = self.run_due_timers_of(jobs, now, in_slices=self._serving, most=most)
                if most is not None and reached < now:
                    return False
            self.release(now)
        return True

    def is_due(self, now: int) -> bool:
        """Return whether a timer is due by `now`, anywhere. The lock has to be held."""
        dues = [jobs.next_due() for jobs in live_jobs()]
        dues += [due for due, _, _ in self._late[:1]]
        return any(due is not None and due <= now for due in dues)

    @property
    def is_serving(self) -> bool:
        """True if a server of this process takes requests."""
        return self._serving

    def serve(self) -> None:
        """Advance time by itself, for a server takes requests. Idempotent."""
        if not self._serving:
            self._serving = True
            self.ticker.start()
            self.serving_began.send()

    def stop_serving(self) -> None:
        """Stop time between calls, for the server takes no more requests. Idempotent.

        Idempotent.
        """
        if self._serving:
            self._serving = False
            self.ticker.stop()

    def discard(self) -> None:
        """Forget what was collected."""
        self._waiting.clear()

    def reset(self) -> None:
        """Forget what was collected, and what is to come later."""
        self._waiting.clear()
        self._late.clear()


class Ticker:
    """A thread that sends a signal five times a second.

    It never keeps a process alive.

    Attributes:
        ticked: the signal.
    """

    def __init__(self) -> None:
        self.ticked: Signal[[]] = Signal()
        self._users = 0
        self._stop = threading.Event()
        self._guard = threading.Lock()
        protect(self._guard)

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
            try:
                self.ticked.send()
            except BaseException:
                # Time goes on for all other jobs.
                log.exception("what was due could not be carried out")
