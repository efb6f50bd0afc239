"""Tells who asks for it that everything is about to be forgotten: the last moment at which a mock's jobs can be looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core import models

from moto_iot_jobs.iot.delivery import delivery
from moto_iot_jobs.iot.models import IoTJobsMixin

_LONGEST_WAIT_SECONDS = 0.1

# Called for each region that is about to forget, the first of them while all the others are still complete.
listeners: list[Callable[[], None]] = []

_forget = IoTJobsMixin.reset


def start() -> None:
    """Tell `listeners` from now on. Doing it again does no harm."""
    IoTJobsMixin.reset = _tell_and_forget  # type: ignore[method-assign]


def mock_is_on() -> bool:
    """Tell whether a mock of moto is answering now; none is while the last one ends."""
    return bool(models.botocore_stubber.enabled)


def _tell_and_forget(self: Any) -> None:
    # moto resets with its lock held, and a thread that delivers may be waiting for that lock; whoever looks at history or
    # messages delivers too, and two threads would wait for each other. So look only when nobody else is at it.
    if delivery._turn.acquire(timeout=_LONGEST_WAIT_SECONDS):
        try:
            for listener in listeners:
                listener()
        finally:
            delivery._turn.release()
    _forget(self)
