"""Faults that were ordered: which calls are to meet which error, delay or lost connection, and
which of them have been met.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from types import EllipsisType
from typing import TYPE_CHECKING, NamedTuple

from moto_iot_jobs.wire import WireError
from moto_iot_jobs.wire.exceptions import MQTT_CODES, TWINS

if TYPE_CHECKING:
    from .fault_checks import Target

# What AWS's own services say, as far as anybody has seen it; clients must go by the code.
_SENTENCES = {
    "AccessDeniedException": "User is not authorized to perform this operation.",
    "InternalFailureException": "An unexpected error has occurred.",
    "ServiceUnavailableException": "The service is temporarily unavailable.",
    "ThrottlingException": "Rate exceeded",
}


class Delay:
    """An answer that comes late.

    Attributes:
        seconds: by how much.
        sleep: whether the time really passes; None is only at a server. Otherwise the mock's clock
            moves on.
        over: ends the waiting when the order is taken back.
    """

    def __init__(
        self, seconds: float, sleep: bool | None, over: threading.Event | None = None
    ) -> None:
        self.seconds = seconds
        self.sleep = sleep
        self.over = over or threading.Event()


class Effect(NamedTuple):
    """What a call meets: one of these.

    Attributes:
        error: the refusal that it gets and is not carried out.
        code: what that error is called in a rejection over MQTT.
        lateness: how late its answer comes.
        lost: "request" when it never arrives, "answer" when it is carried out and nobody hears of
            it.
    """

    error: WireError | None = None
    code: str = ""
    delay: Delay | None = None
    lost: str | None = None

    @property
    def is_outcome(self) -> bool:
        """Whether it decides what the caller gets; a delay comes on top of that."""
        return self.delay is None

    def __str__(self) -> str:
        if self.error is not None:
            return self.error.code
        if self.delay is not None:
            return f"a delay of {self.delay.seconds:g} s"
        return f"a lost {self.lost}"


class FaultFilter(NamedTuple):
    """Which calls an order is for.

    Attributes:
        operation: as it was asked for, possibly a pattern.
        targets: the operations that it stands for, each with its service.
        thing, job: the thing and job that a call must name; None is any.
        after: how many such calls are let through first.
        probability: how likely each of the others is hit; None is certain.
        seed: of the chances.
    """

    operation: str
    targets: frozenset[Target]
    thing: str | None = None
    job: str | None = None
    after: int = 0
    probability: float | None = None
    seed: int = 0

    def __str__(self) -> str:
        services = sorted({service for service, _ in self.targets})
        details = [services[0] if len(services) == 1 else ""]
        details += [
            f"{name} {value}"
            for name, value in (("thing", self.thing), ("job", self.job))
            if value is not None
        ]
        details += [f"after {self.after}"] if self.after else []
        details += (
            [f"probability {self.probability:g}, seed {self.seed}"]
            if self.probability is not None
            else []
        )
        told = ", ".join(detail for detail in details if detail)
        return f"{self.operation} ({told})" if told else self.operation


class InjectedFault:
    """One order, and how often it has been met.

    Attributes:
        number: its number among all orders of the mock.
        times: how many calls it is for; None is until it is taken back.
    """

    def __init__(self, number: int, which: FaultFilter, effect: Effect, times: int | None) -> None:
        self.number = number
        self.which = which
        self.effect = effect
        self.times = times
        self.met = 0
        self._seen = 0
        self._chances = random.Random(which.seed)

    def hits(self, target: Target, names: Mapping[str, str]) -> bool:
        """Tell whether a call meets it, and count that."""
        which = self.which
        if target not in which.targets:
            return False
        if which.thing is not None and names.get("thingName") != which.thing:
            return False
        if which.job is not None and names.get("jobId") != which.job:
            return False
        self._seen += 1
        if self._seen <= which.after:
            return False
        if which.probability is not None and self._chances.random() >= which.probability:
            return False
        self.met += 1
        return True

    @property
    def is_used_up(self) -> bool:
        """Whether no further call meets it."""
        return self.times is not None and self.met >= self.times

    @property
    def is_pending(self) -> bool:
        """Whether something that was ordered has not happened: all of so many times, or any of
        unlimited ones.
        """
        return self.met == 0 if self.times is None else self.met < self.times

    def __str__(self) -> str:
        met = (
            "never met"
            if self.met == 0
            else f"met {self.met}" + (f" of {self.times}" if self.times else "") + " times"
        )
        return f"{self.effect} from {self.which}: {met}"


class PendingFault(NamedTuple):
    """An ordered fault that was not met, or not as often as ordered.

    Attributes:
        number: of the order.
        operation: as it was ordered, possibly a pattern.
        met: how often it was met.
        times: how often it was ordered; None is until it is taken back.
        description: one line for people.
    """

    number: int
    operation: str
    met: int
    times: int | None
    description: str

    def __str__(self) -> str:
        return self.description


class MatchedFault(NamedTuple):
    """What one call has met: at most one outcome, and at most one delay."""

    outcome: Effect | None
    delay: Delay | None


class FaultRegistry:
    """The faults that are ordered, oldest first; each attempt of a client counts as a call."""

    def __init__(self) -> None:
        self.orders: list[InjectedFault] = []
        self._ended: list[InjectedFault] = []
        # By the number of the order: what ends the waiting of calls that met it, which may go on
        # when it is used up.
        self._late: dict[int, threading.Event] = {}
        self._ordered = 0
        self._one_at_a_time = threading.Lock()

    def order(
        self, which: FaultFilter, effect: Effect, times: int | EllipsisType | None = ...
    ) -> InjectedFault:
        """Order a fault.

        Args:
            times: how many calls it is for, None for all until it is taken back; by default one, or
                with a probability all.
        """
        if isinstance(times, EllipsisType):
            times = 1 if which.probability is None else None
        with self._one_at_a_time:
            self._ordered += 1
            order = InjectedFault(self._ordered, which, effect, times)
            # A new list each time: `take` looks at it without the lock to find out that there is
            # nothing to do.
            self.orders = [*self.orders, order]
            if effect.delay is not None:
                self._late[order.number] = effect.delay.over
            return order

    def cancel(self, number: int) -> None:
        """Take back the order of that number; one that is used up already does no harm."""
        self._take_back(number)

    def end(self, number: int) -> None:
        """Take back the order of that number because its time is over; it stays pending if it was
        not met.
        """
        order = self._take_back(number)
        if order is not None and order.is_pending:
            self._ended.append(order)

    def clear(self) -> None:
        """Take all orders back, and forget those that ended unmet."""
        with self._one_at_a_time:
            self.orders = []
            self._ended = []
            late, self._late = self._late, {}
        for over in late.values():
            over.set()

    def active(self) -> list[InjectedFault]:
        """Return the orders that a call can meet."""
        return list(self.orders)

    def pending(self) -> list[PendingFault]:
        """Return what was ordered and not met, or not as often as ordered, first ordered first."""
        orders = [order for order in (*self._ended, *self.orders) if order.is_pending]
        return [
            PendingFault(order.number, order.which.operation, order.met, order.times, str(order))
            for order in sorted(orders, key=lambda order: order.number)
        ]

    def take(self, service: str, operation: str, names: Mapping[str, str]) -> MatchedFault | None:
        """Return what one call meets, or None when nothing is ordered for it.

        Args:
            names: thingName and jobId as far as the call's path or topic has them.
        """
        if not self.orders:
            return None
        with self._one_at_a_time:
            outcome = self._first((service, operation), names, is_outcome=True)
            delay = self._first((service, operation), names, is_outcome=False)
        if outcome is None and delay is None:
            return None
        return MatchedFault(outcome, delay.delay if delay is not None else None)

    def _first(
        self, target: Target, names: Mapping[str, str], *, is_outcome: bool
    ) -> Effect | None:
        for order in self.orders:
            if order.effect.is_outcome is is_outcome and order.hits(target, names):
                if order.is_used_up:
                    self.orders = [each for each in self.orders if each is not order]
                return order.effect
        return None

    def _take_back(self, number: int) -> InjectedFault | None:
        with self._one_at_a_time:
            found = next((order for order in self.orders if order.number == number), None)
            self.orders = [order for order in self.orders if order is not found]
            late = self._late.pop(number, None)
        if late is not None:
            late.set()
        return found


def error_effect(error: str, operation: str) -> Effect:
    """Return the effect of an error.

    Args:
        error: an exception as AWS writes it, or a code of the MQTT API, which over HTTPS is the
            exception that it stands for.
        operation: what it is ordered for.
    """
    exception = TWINS.get(error, error)
    sentence = _SENTENCES.get(exception, f"{error} ordered for {operation}.")
    code = error if error in TWINS else MQTT_CODES.get(exception, "InternalError")
    return Effect(WireError(exception, sentence), code)
