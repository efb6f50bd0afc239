"""Tells who asks for it that everything is about to be forgotten: the last moment at which a mock's jobs can be looked at."""

from __future__ import annotations

from collections.abc import Callable

from moto.core import models

from moto_iot_jobs.iot import simulation
from moto_iot_jobs.iot.delivery import delivery

_LONGEST_WAIT_SECONDS = 0.1

# Called for each region that is about to forget, the first of them while all the others are still complete.
listeners: list[Callable[[], None]] = []


def start() -> None:
    """Tell `listeners` from now on. Doing it again does no harm."""
    if _tell not in simulation.before_reset:
        simulation.before_reset.append(_tell)


def mock_is_on() -> bool:
    """Tell whether a mock of moto is answering now; none is while the last one ends."""
    return bool(models.botocore_stubber.enabled)


def _tell() -> None:
    # moto resets with its lock held, and whoever looks at history or messages delivers.
    delivery.undisturbed(_tell_all, _LONGEST_WAIT_SECONDS)


def _tell_all() -> None:
    for listener in listeners:
        listener()
