"""What a test may bend: the time, and errors that operations are ordered to give. Both end with the mock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from moto.core.utils import utcnow

from moto_iot_jobs.wire import Plane, WireError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PLANES = ("iot", "iot-jobs-data")

# What AWS's own services say, as far as anybody has seen it; clients must go by the code.
_SENTENCES = {
    "ThrottlingException": "Rate exceeded",
    "ServiceUnavailableException": "The service is temporarily unavailable.",
    "InternalFailureException": "An unexpected error has occurred.",
}


class Clock:
    """The time that jobs live in: moto's, which freezegun and time-machine drive too, plus what was added here."""

    def __init__(self) -> None:
        self._added = 0

    def now(self) -> int:
        """Return the time in milliseconds since the epoch."""
        elapsed = utcnow().replace(tzinfo=timezone.utc) - _EPOCH
        return (elapsed.days * 86_400 + elapsed.seconds) * 1000 + elapsed.microseconds // 1000 + self._added

    def advance(self, milliseconds: int) -> None:
        """Move the time forward.

        Raises:
            ValueError: the time would go back; what has happened cannot be undone.
        """
        if milliseconds < 0:
            raise ValueError(f"The clock only moves forward; {-milliseconds / 1000} seconds back were asked for.")
        self._added += milliseconds

    def reset(self) -> None:
        """Return to moto's time."""
        self._added = 0


@dataclass(slots=True)
class FaultOrder:
    """An error that an operation is to give, so many times; None is until further notice."""

    number: int
    service: str
    operation: str
    error: WireError
    times: int | None


class FaultOrders:
    """The errors that operations are ordered to give, each attempt of a client counting as one."""

    def __init__(self) -> None:
        self._orders: list[FaultOrder] = []
        self._ordered = 0
        self._one_at_a_time = threading.Lock()

    def order(self, operation: str, error: str, times: int | None, service: str | None) -> FaultOrder:
        """Order an error.

        Args:
            operation: as AWS writes it.
            error: an exception that the operation can give.
            times: how many attempts it is for; None for all until it is cleared.
            service: "iot" or "iot-jobs-data"; None is the first of them that has the operation.

        Raises:
            ValueError: no such operation or error; the message lists those there are.
        """
        plane = _plane_of(operation, service)
        errors = plane.errors(operation)
        if error not in errors:
            raise ValueError(f"{operation} never gives {error!r}. It can give: {', '.join(sorted(errors))}.")
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, or None for every attempt; not {times}.")
        sentence = _SENTENCES.get(error, f"{error} ordered for {operation}.")
        self._ordered += 1
        order = FaultOrder(self._ordered, plane.service, operation, WireError(error, sentence), times)
        self._orders.append(order)
        return order

    def cancel(self, number: int) -> None:
        """Take back the order of that number; one that is used up already does no harm."""
        self._orders = [order for order in self._orders if order.number != number]

    def clear(self) -> None:
        """Take all orders back."""
        self._orders.clear()

    def take(self, service: str, operation: str) -> WireError | None:
        """Return the error for one attempt of an operation, or None when none is ordered."""
        with self._one_at_a_time:
            return self._take(service, operation)

    def _take(self, service: str, operation: str) -> WireError | None:
        for order in self._orders:
            if order.operation == operation and order.service == service:
                if order.times is not None:
                    order.times -= 1
                    if order.times == 0:
                        self.cancel(order.number)
                return order.error
        return None


def _plane_of(operation: str, service: str | None) -> Plane:
    if service is not None and service not in _PLANES:
        raise ValueError(f"There is no service {service!r}; it is one of: {', '.join(_PLANES)}.")
    candidates = [Plane.of(name) for name in _PLANES if service in (None, name)]
    for plane in candidates:
        if operation in plane.operations:
            return plane
    known = sorted({name for plane in candidates for name in plane.operations})
    raise ValueError(f"There is no operation {operation!r}; it is one of: {', '.join(known)}.")


clock = Clock()
faults = FaultOrders()


# What else is to be forgotten with the mock.
at_reset: list[Callable[[], None]] = []


def reset() -> None:
    """End all bending."""
    for forget in at_reset:
        forget()
    clock.reset()
    faults.clear()
