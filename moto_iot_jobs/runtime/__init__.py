"""The owner of all that ends with the mock.

Clock, delivery, faults and quotas, and the signals that tell of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.core import models
from moto.core.base_backend import backend_lock

from moto_iot_jobs.service.jobs_service import JobsService

from .calls import CallRecorder, HandledCall
from .clock import Clock
from .delivery import Delivery
from .faults import FaultRegistry
from .presence import Presence
from .quotas import Quotas
from .signals import Signal
from .slices import Slices
from .topic_services import TopicService

__all__ = ["Runtime", "runtime"]

_LONGEST_WAIT_SECONDS = 0.1


class Runtime:
    """The one owner of what ends with a mock.

    Attributes:
        clock: the mock's time.
        delivery: hands out what happened.
        slices: carries out at a server what concerns many executions.
        faults: those that were injected.
        quotas: what is enforced.
        calls: records of the calls handled last.
        presence: clients that are connected by MQTT.
        call_handled: sent with a `HandledCall` once its response is made.
        jobs_began: sent with the jobs of an account and region, empty, before they are first used.
        thing_created, thing_deleted: sent with account, region and moto's thing; the lock is held.
        clock_moving: sent before a test moves the clock, without the lock.
        default_host_called: sent when a data-plane request went to the host that SDKs use unless
            they are given an endpoint.
        ending: sent before the mock forgets, the last moment at which its jobs can be looked at.
        ended: sent when the mock has forgotten, for what else is to be forgotten with it.
        authority_files: certificates of the authorities that devices are to trust, one for each
            port for TLS, oldest first.
        public_host: name, and port if it has one, that DescribeEndpoint gives instead of AWS's.
        public_url: address of the server in URLs that programs are given; by default that of the
            request's own connection.
        topic_services: services beside Jobs that are called over MQTT, asked in order.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.delivery = Delivery(self.clock)
        self.slices = Slices(self.clock, self.delivery)
        self.delivery.ticker.ticked.connect(self._tick)
        self.faults = FaultRegistry()
        self.quotas = Quotas(self.clock)
        self.calls = CallRecorder()
        self.presence = Presence()
        self.call_handled: Signal[HandledCall] = Signal()
        self.jobs_began: Signal[JobsService] = Signal()
        self.thing_created: Signal[str, str, Any] = Signal()
        self.thing_deleted: Signal[str, str, Any] = Signal()
        self.clock_moving: Signal[[]] = Signal()
        self.default_host_called: Signal[[]] = Signal()
        self.ending: Signal[[]] = Signal()
        self.ended: Signal[[]] = Signal()
        self.authority_files: list[Path] = []
        self.public_host: str | None = None
        self.public_url: str | None = None
        self.topic_services: list[TopicService] = []

    def advance(self, milliseconds: int) -> None:
        """Move the clock forward, and run all timers that become due, everywhere.

        Raises:
            ValueError: the time would go back, or beyond the year 9999. Nothing has changed then.
        """
        self.clock_moving.send()
        if self.delivery.is_serving:
            self.clock.check(milliseconds)
            self.slices.advance(milliseconds)
            return
        with backend_lock:
            self.clock.advance(milliseconds)
        self.delivery.run_due_timers()

    def _tick(self) -> None:
        if self.delivery.is_serving:
            self.slices.tick()
            return
        with backend_lock:
            is_due = self.delivery.is_due(self.clock.now())
        if is_due:
            self.delivery.run_due_timers()

    def reset(self, forget: Callable[[], None]) -> None:
        """Reset a backend of the mock, and with it all that ends with the mock.

        moto resets each backend that was used, with its lock held.

        Args:
            forget: moto's own reset of the backend.
        """
        # Receivers of `ending` look at history and messages, and so deliver.
        self.delivery.undisturbed(self.ending.send, _LONGEST_WAIT_SECONDS)
        with backend_lock:
            forget()
            self.clear()

    def clear(self) -> None:
        """Forget all that ends with a mock, but for its backends."""
        with backend_lock:
            self.delivery.reset()
            self.clock.reset()
            self.faults.clear()
            self.quotas.clear()
            self.calls.clear()
            self.presence.clear()
            self.ended.send()


def mock_is_on() -> bool:
    """Return whether a mock of moto is active.

    None is while the last one ends.
    """
    return bool(models.botocore_stubber.enabled)


runtime = Runtime()
