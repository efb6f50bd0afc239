"""Injected faults: errors, delays and lost connections, and which of them calls have met."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from types import EllipsisType
from typing import Any, TypeAlias

from requests.exceptions import ConnectionError as RequestsConnectionError

from moto_iot_jobs.service.record import Record
from moto_iot_jobs.wire import WireError
from moto_iot_jobs.wire.exceptions import MQTT_CODES, TWINS

from .forks import protect

REQUEST_EXPIRED = "RequestExpired"

# A service and one of its operations.
Target: TypeAlias = tuple[str, str]

# What AWS's own services say, as far as it was seen; clients must go by the code.
# AWS IoT developer guide, software-package-catalog-troubleshooting.
_SENTENCES_OF = {
    ("AssociateSbomWithPackageVersion", "ServiceQuotaExceededException"): (
        "Too many ongoing SBOM validation workflows. Please wait and retry"
    )
}
_SENTENCES = {
    "AccessDeniedException": "User is not authorized to perform this operation.",
    "InternalFailureException": "An unexpected error has occurred.",
    "ServiceUnavailableException": "The service is temporarily unavailable.",
    "ThrottlingException": "Rate exceeded",
}


class ConnectionDropped(ConnectionResetError, RequestsConnectionError):
    """Tells our server to close the connection without a response.

    moto before 5.1.9 shows requests of this process as if they came through a server, and so it is
    an error of requests as well.
    """


class Delay:
    """A late response.

    Attributes:
        seconds: how late.
        sleep: whether real time passes; None is only at a server. Otherwise the mock's clock is
            moved.
        over: ends the waiting when the fault is cancelled.
    """

    def __init__(
        self, seconds: float, sleep: bool | None, over: threading.Event | None = None
    ) -> None:
        self.seconds = seconds
        self.sleep = sleep
        self.over = over or threading.Event()


class Effect(Record):
    """The effect of a fault on a call: one of these.

    Attributes:
        error: the error that the call gets instead of being carried out.
        code: that error's code in a rejection over MQTT.
        delay: how late its response comes.
        lost: "request" when it never arrives, "response" when it is carried out and the response
            never arrives.
        message: for messages and not for calls: "lost", "repeated" or "delayed".
        seconds: how late a delayed message comes.
        stale: responses of before, by account, region and thing; a thing that is not in it had
            nothing to do.
    """

    error: WireError | None = None
    code: str = ""
    delay: Delay | None = None
    lost: str | None = None
    message: str | None = None
    seconds: float = 0
    stale: Mapping[tuple[str, str, str], Any] | None = None

    @property
    def is_outcome(self) -> bool:
        """True if it decides what the caller gets.

        A delay comes on top of that.
        """
        return self.delay is None

    def __str__(self) -> str:
        if self.message is not None:
            late = f" by {self.seconds:g} s" if self.message == "delayed" else ""
            return f"a {self.message} message{late}"
        if self.error is not None:
            return self.error.code
        if self.delay is not None:
            return f"a delay of {self.delay.seconds:g} s"
        if self.stale is not None:
            return "a stale response"
        return f"a lost {self.lost}"


class FaultFilter(Record):
    """The calls, or messages, that a fault is for.

    Attributes:
        operation: as it was written, possibly a pattern; for messages a topic filter.
        targets: the operations that it stands for, each with its service.
        thing, job_id: the thing and job that a call must name; None is any.
        after: number of such calls that pass first.
        probability: of each of the others to be hit; None is certain.
        seed: of the probability's random numbers.
    """

    operation: str
    targets: frozenset[Target]
    thing: str | None = None
    job_id: str | None = None
    after: int = 0
    probability: float | None = None
    seed: int = 0

    def __str__(self) -> str:
        services = sorted({service for service, _ in self.targets})
        details = [services[0] if len(services) == 1 else ""]
        details += [
            f"{name} {value}"
            for name, value in (("thing", self.thing), ("job", self.job_id))
            if value is not None
        ]
        details += [f"after {self.after}"] if self.after else []
        details += (
            [f"probability {self.probability:g}, seed {self.seed}"]
            if self.probability is not None
            else []
        )
        text = ", ".join(detail for detail in details if detail)
        return f"{self.operation} ({text})" if text else self.operation


class InjectedFault:
    """A fault, and the number of calls that met it.

    Attributes:
        number: its number among all faults of the mock.
        filter: the calls that it is for.
        effect: its effect on them.
        times: number of calls that it is for; None is until it is cancelled.
        met: number of calls that met it.
    """

    def __init__(
        self, number: int, fault_filter: FaultFilter, effect: Effect, times: int | None
    ) -> None:
        self.number = number
        self.filter = fault_filter
        self.effect = effect
        self.times = times
        self.met = 0
        self._seen = 0
        self._random = random.Random(fault_filter.seed)

    def meets(self, target: Target, names: Mapping[str, str]) -> bool:
        """Return whether a call meets it, and count that."""
        fault_filter = self.filter
        if target not in fault_filter.targets:
            return False
        if fault_filter.thing is not None and names.get("thingName") != fault_filter.thing:
            return False
        if fault_filter.job_id is not None and names.get("jobId") != fault_filter.job_id:
            return False
        return self._count()

    def meets_message(self, topic: str) -> bool:
        """Return whether a message meets it, and count that."""
        if self.effect.message is None:
            return False
        # Imported late: most tests inject nothing into messages.
        from moto_iot_jobs.broker.topics import selects

        return selects(self.filter.operation, topic) and self._count()

    def _count(self) -> bool:
        fault_filter = self.filter
        self._seen += 1
        if self._seen <= fault_filter.after:
            return False
        probability = fault_filter.probability
        if probability is not None and self._random.random() >= probability:
            return False
        self.met += 1
        return True

    @property
    def is_used_up(self) -> bool:
        """True if no further call meets it."""
        return self.times is not None and self.met >= self.times

    @property
    def is_pending(self) -> bool:
        """True if it was met less often than injected.

        One without a number, whether never.
        """
        return self.met == 0 if self.times is None else self.met < self.times

    def __str__(self) -> str:
        met = (
            "never met"
            if self.met == 0
            else f"met {self.met}" + (f" of {self.times}" if self.times else "") + " times"
        )
        return f"{self.effect} from {self.filter}: {met}"


class PendingFault(Record):
    """An injected fault that was not met, or not as often as injected.

    Attributes:
        number: of the fault.
        operation: as it was written, possibly a pattern.
        met: number of calls that met it.
        times: number of calls that it was injected for; None is until it is cancelled.
        description: one line for people.
    """

    number: int
    operation: str
    met: int
    times: int | None
    description: str

    def __str__(self) -> str:
        return self.description


class MatchedFault(Record):
    """The faults that one call has met: at most one outcome, and at most one delay."""

    outcome: Effect | None
    delay: Delay | None

    def __str__(self) -> str:
        late = f"a delay of {self.delay.seconds:g} s" if self.delay is not None else ""
        return ", ".join(filter(None, (late, str(self.outcome or ""))))

    @property
    def stale(self) -> Mapping[tuple[str, str, str], Any] | None:
        """The responses of before, where the call gets one of them."""
        return None if self.outcome is None else self.outcome.stale


class FaultRegistry:
    """The injected faults.

    Each attempt of a client counts as a call.

    Attributes:
        injected: those that a call can meet, oldest first.
    """

    def __init__(self) -> None:
        self.injected: list[InjectedFault] = []
        self._ended: list[InjectedFault] = []
        # By the number of the fault: what ends the waiting of calls that met it, which may go on
        # when it is used up.
        self._delayed: dict[int, threading.Event] = {}
        self._injected = 0
        self._lock = threading.Lock()
        protect(self._lock)

    def inject(
        self, fault_filter: FaultFilter, effect: Effect, times: int | EllipsisType | None = ...
    ) -> InjectedFault:
        """Inject a fault.

        Args:
            times: number of calls that it is for, None for all until it is cancelled; by default
                one, or with a probability all.
        """
        if isinstance(times, EllipsisType):
            times = 1 if fault_filter.probability is None else None
        with self._lock:
            self._injected += 1
            fault = InjectedFault(self._injected, fault_filter, effect, times)
            # A new list each time: `take` looks at it without the lock to find out that there is
            # nothing to do.
            self.injected = [*self.injected, fault]
            if effect.delay is not None:
                self._delayed[fault.number] = effect.delay.over
            return fault

    def cancel(self, number: int) -> None:
        """Cancel the fault of that number. Idempotent."""
        self._remove(number)

    def end(self, number: int) -> None:
        """Cancel the fault of that number.

        It stays pending if it was not met.
        """
        fault = self._remove(number)
        if fault is not None and fault.is_pending:
            self._ended.append(fault)

    def clear(self) -> None:
        """Cancel all faults, and forget those that ended unmet."""
        with self._lock:
            self.injected = []
            self._ended = []
            delayed, self._delayed = self._delayed, {}
        for over in delayed.values():
            over.set()

    def active(self) -> list[InjectedFault]:
        """Return the faults that a call can meet."""
        return list(self.injected)

    def pending(self) -> list[PendingFault]:
        """Return what was met less often than injected, oldest first."""
        faults = [fault for fault in (*self._ended, *self.injected) if fault.is_pending]
        return [
            PendingFault(fault.number, fault.filter.operation, fault.met, fault.times, str(fault))
            for fault in sorted(faults, key=lambda fault: fault.number)
        ]

    def take(self, service: str, operation: str, names: Mapping[str, str]) -> MatchedFault | None:
        """Return what one call meets, or None when no fault is for it.

        Args:
            names: thingName and jobId as far as the call's path or topic has them.
        """
        if not self.injected:
            return None
        with self._lock:
            outcome = self._first((service, operation), names, is_outcome=True)
            delay = self._first((service, operation), names, is_outcome=False)
        if outcome is None and delay is None:
            return None
        return MatchedFault(outcome, delay.delay if delay is not None else None)

    def take_message(self, topic: str) -> Effect | None:
        """Return what one message meets, or None when no fault is for it."""
        if not self.injected:
            return None
        with self._lock:
            for fault in self.injected:
                if fault.meets_message(topic):
                    if fault.is_used_up:
                        self.injected = [each for each in self.injected if each is not fault]
                    return fault.effect
        return None

    def _first(
        self, target: Target, names: Mapping[str, str], *, is_outcome: bool
    ) -> Effect | None:
        for fault in self.injected:
            if fault.effect.is_outcome is is_outcome and fault.meets(target, names):
                if fault.is_used_up:
                    self.injected = [each for each in self.injected if each is not fault]
                return fault.effect
        return None

    def _remove(self, number: int) -> InjectedFault | None:
        with self._lock:
            found = next((fault for fault in self.injected if fault.number == number), None)
            self.injected = [fault for fault in self.injected if fault is not found]
            delayed = self._delayed.pop(number, None)
        if delayed is not None:
            delayed.set()
        return found


def error_effect(error: str, operation: str) -> Effect:
    """Return the effect of an error.

    Args:
        error: an exception as AWS writes it, or a code of the MQTT API, which over HTTPS is the
            exception that it stands for.
        operation: the operation that it is injected for.
    """
    exception = TWINS.get(error, error)
    sentence = _SENTENCES_OF.get((operation, exception)) or _SENTENCES.get(
        exception, f"{error} injected for {operation}."
    )
    code = (
        error
        if error in TWINS or error == REQUEST_EXPIRED
        else MQTT_CODES.get(exception, "InternalError")
    )
    return Effect(WireError(exception, sentence), code)
