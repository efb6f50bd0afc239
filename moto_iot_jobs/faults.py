"""Faults: errors that calls get, responses that come late, and connections that are lost.

Every attempt of a client counts as a call, so that retries can be tested. Faults end with the mock.
In moto's server mode (`TEST_SERVER_MODE`) they are injected at the server. Without a mock each
function raises RuntimeError.

All faults take the same conditions:

* `operation`: as AWS writes it, for instance "DeleteJobExecution"; with `*` for any letters, all
  operations that fit.
* `times`: the number of calls that are hit; None is all of them until the fault is cancelled. By
  default one, with `probability` all.
* `service`: "iot", "iot-jobs-data" or "iot-data"; by default the first of them that has the
  operation, and all for a pattern.
* `thing`, `job_id`: only calls whose path or topic names that thing, or job.
* `after`: the number of calls that pass first.
* `probability`, `seed`: each call is hit with this probability; the same seed hits the same calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from .moto_api.client import mock
from .moto_api.handle import Handle
from .runtime.faults import PendingFault

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .moto_api.client import Reach
    from .runtime.literals import ErrorName, Operation, OperationPattern, Service

__all__ = [
    "Conditions",
    "Fault",
    "Faults",
    "MessageConditions",
    "PendingFault",
    "StaleConditions",
    "clear",
    "delay",
    "delay_message",
    "inject",
    "lose_message",
    "lose_request",
    "lose_response",
    "pending",
    "repeat_message",
    "stale_next",
]


class Conditions(TypedDict, total=False):
    """The conditions that all faults take, beside their operation.

    See the module.
    """

    times: int | None
    service: Service | None
    thing: str | None
    job_id: str | None
    after: int
    probability: float | None
    seed: int | None


class StaleConditions(TypedDict, total=False):
    """The conditions of `stale_next`."""

    times: int | None
    thing: str | None
    after: int
    probability: float | None
    seed: int | None


class MessageConditions(TypedDict, total=False):
    """The conditions of faults on messages, beside their topic."""

    times: int | None
    after: int
    probability: float | None
    seed: int | None


class Fault(Handle):
    """An injected fault.

    As a context manager it is cancelled at the end of the block.
    """

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # After an exception a fault that was not met is no finding of its own.
        if kind is None:
            self._home.end_fault(self._number)
        else:
            self.cancel()

    def cancel(self) -> None:
        """Cancel what is left of the fault.

        It is not pending. Idempotent.
        """
        self._home.cancel_fault(self._number)


class Faults:
    """The faults of one mock.

    The functions of the module are those of the mock in this process.

    Args:
        reach: gives the mock.
    """

    def __init__(self, reach: Reach = mock) -> None:
        self._reach = reach

    def inject(
        self,
        operation: Operation | OperationPattern,
        error: ErrorName,
        **conditions: Unpack[Conditions],
    ) -> Fault:
        """Give calls of an operation an error instead of carrying them out.

        Args:
            operation, conditions: see the module.
            error: an exception that the operation can give, for instance "ThrottlingException";
                for the data plane's operations also a code of the MQTT API, for instance
                "VersionMismatch".

        Returns:
            The fault, for `with` or to be kept; it need not be used.

        Raises:
            ValueError: no such operation, an error that it never gives, or a condition that makes
                no sense; the message says what to write instead.
        """
        return self._inject("inject", operation, {"error": error}, conditions)

    def delay(
        self,
        operation: Operation | OperationPattern,
        *,
        seconds: float,
        sleep: bool | None = None,
        **conditions: Unpack[Conditions],
    ) -> Fault:
        """Delay the responses of an operation, which is carried out before the delay.

        In process no time passes: the mock's clock is moved, and a client of botocore whose
        `read_timeout` is not longer than the delay gets its `ReadTimeoutError`. At a server real
        time passes, so that any client's own timeout ends its waiting.

        Args:
            operation, conditions: see the module.
            seconds: the delay.
            sleep: True lets real time pass in process too, False moves the clock at a server too.

        Returns:
            The fault, for `with` or to be kept; calls that still wait when it is cancelled get
            their responses then.

        Raises:
            ValueError: as `inject`.
        """
        return self._inject("delay", operation, {"delay": seconds, "sleep": sleep}, conditions)

    def lose_response(
        self, operation: Operation | OperationPattern, **conditions: Unpack[Conditions]
    ) -> Fault:
        """Carry an operation out and drop its response.

        In process botocore raises `ConnectionClosedError` (requests its `ConnectionError`). A
        server closes the connection. Over MQTT there is no response.

        Args:
            operation, conditions: see the module.

        Returns:
            The fault, for `with` or to be kept.

        Raises:
            ValueError: as `inject`.
        """
        return self._inject("lose_response", operation, {"lose": "response"}, conditions)

    def lose_request(
        self, operation: Operation | OperationPattern, **conditions: Unpack[Conditions]
    ) -> Fault:
        """Drop a request before anything is carried out.

        The caller sees the same as with `lose_response`.

        Args:
            operation, conditions: see the module.

        Returns:
            The fault, for `with` or to be kept.

        Raises:
            ValueError: as `inject`.
        """
        return self._inject("lose_request", operation, {"lose": "request"}, conditions)

    def stale_next(self, **conditions: Unpack[StaleConditions]) -> Fault:
        """Respond to reads of `$next` as if nothing had changed since now.

        A device that asks right after a notification may get such a response from AWS (reported of
        Greengrass, which asks again). It is given over HTTPS and over MQTT (`$next/get`).

        Args:
            conditions: times, thing, after, probability and seed; see the module.

        Returns:
            The fault, for `with` or to be kept.

        Raises:
            ValueError: a condition makes no sense.
        """
        return self._inject("stale_next", "DescribeJobExecution", {"stale": True}, conditions)

    def lose_message(self, topic: str, **conditions: Unpack[MessageConditions]) -> Fault:
        """Drop messages that a service publishes: notifications, events, and those of shadows.

        Args:
            topic: an MQTT topic filter, such as `$aws/things/lamp/jobs/notify-next`.
            conditions: times, after, probability and seed; see the module.

        Returns:
            The fault, for `with` or to be kept.

        Raises:
            ValueError: no topic filter, or a condition that makes no sense.
        """
        return self._inject_into_messages("lose_message", topic, {"lose": True}, conditions)

    def repeat_message(self, topic: str, **conditions: Unpack[MessageConditions]) -> Fault:
        """Publish messages twice, as devices of AWS IoT see it now and then.

        Args:
            topic, conditions: as for `lose_message`.

        Returns:
            The fault, for `with` or to be kept.

        Raises:
            ValueError: as `lose_message`.
        """
        return self._inject_into_messages("repeat_message", topic, {"repeat": True}, conditions)

    def delay_message(
        self, topic: str, *, seconds: float, **conditions: Unpack[MessageConditions]
    ) -> Fault:
        """Publish messages later, on the mock's clock.

        Others overtake them.

        Args:
            topic, conditions: as for `lose_message`.
            seconds: how much later.

        Returns:
            The fault, for `with` or to be kept.

        Raises:
            ValueError: as `lose_message`.
        """
        return self._inject_into_messages("delay_message", topic, {"delay": seconds}, conditions)

    def pending(self) -> list[PendingFault]:
        """Return the faults that were not met, or not as often as injected.

        Each has a `description`. A fault whose `with` block has ended counts, unless the block
        ended by an exception; one that was cancelled does not.
        """
        return self._reach("faults.pending()").pending_faults()

    def clear(self) -> None:
        """Cancel all faults, and forget those that were not met."""
        self._reach("faults.clear()").clear_faults()

    def _inject_into_messages(
        self, function: str, topic: str, effect: Mapping[str, Any], conditions: MessageConditions
    ) -> Fault:
        home = self._reach(f"faults.{function}()")
        return Fault(home.inject_fault({"topic": topic, **effect, **conditions}), home)

    def _inject(
        self,
        function: str,
        operation: str,
        effect: Mapping[str, Any],
        conditions: Conditions | StaleConditions,
    ) -> Fault:
        home = self._reach(f"faults.{function}()")
        number = home.inject_fault({"operation": operation, **effect, **conditions})
        return Fault(number, home)


faults = Faults()
"""The faults of the mock in this process."""

inject = faults.inject
delay = faults.delay
lose_response = faults.lose_response
lose_request = faults.lose_request
lose_message = faults.lose_message
repeat_message = faults.repeat_message
delay_message = faults.delay_message
pending = faults.pending
clear = faults.clear
stale_next = faults.stale_next
