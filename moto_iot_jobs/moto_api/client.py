"""The mock as public modules reach it: in this process, or over HTTP in another one.

Over HTTP the standard library alone is used, so that no mock of HTTP clients in the test's process
gets in between.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from moto import settings
from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.faults import PendingFault

if TYPE_CHECKING:
    from moto_iot_jobs.messaging.log import MessageLog

__all__ = ["LocalMock", "RemoteMock", "is_remote", "mock"]

_ANY_ACCOUNT = "123456789012"
_DELETION = "iot::job_deletion"
_TIMEOUT_SECONDS = 30


def is_remote() -> bool:
    """Tell whether moto's server mode is on, so that the mock is in another process."""
    return bool(settings.TEST_SERVER_MODE)


def mock() -> LocalMock | RemoteMock:
    """Return the mock that tests of this process work with."""
    return RemoteMock(settings.test_server_mode_endpoint()) if is_remote() else LocalMock()


class LocalMock:
    """The mock in this process."""

    def now(self) -> int:
        """Return the mock's time in milliseconds since the epoch."""
        return runtime.clock.now()

    def advance(self, milliseconds: int) -> None:
        """Move the clock and run all timers that become due, everywhere.

        Raises:
            ValueError: the time would go back.
        """
        with backend_lock:
            _use_a_backend()
            runtime.clock.advance(milliseconds)
        runtime.delivery.run_due_timers()

    def order_fault(self, members: Mapping[str, Any]) -> int:
        """Order a fault and return its number.

        Args:
            members: see `fault_parsing.read`, whose errors are raised.
        """
        # Imported late: most tests order no faults.
        from moto_iot_jobs.runtime import fault_parsing

        which, effect, times = fault_parsing.read(members)
        with backend_lock:
            _use_a_backend()
            return runtime.faults.order(which, effect, times).number

    def end_fault(self, number: int) -> None:
        """Take a fault back whose time is over; if it was not met, it stays pending."""
        runtime.faults.end(number)

    def cancel_fault(self, number: int) -> None:
        """Take a fault back. Idempotent."""
        runtime.faults.cancel(number)

    def clear_faults(self) -> None:
        """Take all faults back."""
        runtime.faults.clear()

    def pending_faults(self) -> list[PendingFault]:
        """Return the faults that were not met, or not as often as ordered."""
        return runtime.faults.pending()

    def enforce_quotas(self, numbers: Mapping[str, Any]) -> int:
        """Enforce quotas and return a number to end it by.

        Raises:
            ValueError: no such quota, or no such number.
        """
        with backend_lock:
            _use_a_backend()
            return runtime.quotas.enforce(numbers)

    def lift_quotas(self, number: int) -> None:
        """End one enforcement of quotas. Idempotent."""
        runtime.quotas.lift(number)

    def clear_quotas(self) -> None:
        """End all enforcement of quotas."""
        runtime.quotas.clear()

    def enforced_quotas(self) -> dict[str, float]:
        """Return the numbers that are enforced, by the names of quotas."""
        return runtime.quotas.enforced()

    def published(self, topic: str, region: str | None) -> list[Message]:
        """Return the messages that were published since the first call, oldest first.

        Args:
            topic: an MQTT topic filter.
            region: only those of one region; None is of all.
        """
        runtime.delivery.run_due_timers()
        return _log().published(topic, region)

    def clear_messages(self) -> None:
        """Forget what was published."""
        _log().clear()

    def request(
        self, topic: str, payload: bytes, region: str, account: str, server_url: str | None = None
    ) -> Message | None:
        """Play a device, and return the response to its request.

        Args:
            topic: that the device publishes to.
            payload: what it publishes.
            region, account: where it is at home.
            server_url: where signed URLs are to lead to; None in process.
        """
        from moto_iot_jobs.iotjobsdata.mqtt import respond

        service = next((each for each in runtime.topic_services if each.knows(topic)), None)
        response = (service.respond if service else respond)(
            account, region, topic, payload, server_url
        )
        runtime.delivery.deliver()
        return response


def _log() -> MessageLog:
    # Imported late: most tests read no messages.
    from moto_iot_jobs.messaging.log import message_log

    message_log.start()
    return message_log


def _use_a_backend() -> None:
    # moto resets, at the end of a mock, the backends that were used in it; what tests order has to
    # end there as well.
    iot_backends[_ANY_ACCOUNT]["us-east-1"]


class RemoteMock:
    """A server with AWS IoT Jobs; the methods that it shares with `LocalMock` do the same there.

    Args:
        url: of the server, without a path.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def now(self) -> int:
        """Return the server's time in milliseconds since the epoch."""
        return int(self.ask("GET", "iot-jobs/clock")["milliseconds"])

    def advance(self, milliseconds: int) -> None:
        """Move the server's clock. Raises ValueError when it would go back."""
        self.ask("POST", "iot-jobs/clock/advance", {"seconds": milliseconds / 1000})

    def order_fault(self, members: Mapping[str, Any]) -> int:
        """Order a fault and return its number. Raises ValueError for what makes no sense."""
        return int(self.ask("POST", "iot-jobs/faults", dict(members))["number"])

    def end_fault(self, number: int) -> None:
        """Take a fault back whose time is over; if it was not met, it stays pending."""
        self.ask("DELETE", f"iot-jobs/faults?number={number}&ended=true")

    def cancel_fault(self, number: int) -> None:
        """Take a fault back. Idempotent."""
        self.ask("DELETE", f"iot-jobs/faults?number={number}")

    def clear_faults(self) -> None:
        """Take all faults back."""
        self.ask("DELETE", "iot-jobs/faults")

    def pending_faults(self) -> list[PendingFault]:
        """Return the faults that were not met, or not as often as ordered."""
        return [
            PendingFault(**members) for members in self.ask("GET", "iot-jobs/faults")["pending"]
        ]

    def enforce_quotas(self, numbers: Mapping[str, Any]) -> int:
        """Enforce quotas and return a number to end it by.

        Raises ValueError for a quota or number that there is not.
        """
        return int(self.ask("POST", "iot-jobs/quotas", dict(numbers))["number"])

    def lift_quotas(self, number: int) -> None:
        """End one enforcement of quotas. Idempotent."""
        self.ask("DELETE", f"iot-jobs/quotas?number={number}")

    def clear_quotas(self) -> None:
        """End all enforcement of quotas."""
        self.ask("DELETE", "iot-jobs/quotas")

    def enforced_quotas(self) -> dict[str, float]:
        """Return the numbers that are enforced, by the names of quotas."""
        return dict(self.ask("GET", "iot-jobs/quotas")["enforced"])

    def published(self, topic: str, region: str | None) -> list[Message]:
        """Return the messages that the server published, oldest first."""
        query = urlencode({"topic": topic} | ({"region": region} if region is not None else {}))
        return [
            _message(members)
            for members in self.ask("GET", f"iot-jobs/messages?{query}")["messages"]
        ]

    def clear_messages(self) -> None:
        """Let the server forget what it published."""
        self.ask("DELETE", "iot-jobs/messages")

    def request(self, topic: str, payload: bytes, region: str, account: str) -> Message | None:
        """Play a device at the server, and return the response."""
        members = {
            "topic": topic,
            "payload": payload.decode(),
            "region": region,
            "account": account,
        }
        response = self.ask("POST", "iot-jobs/messages", members)["answer"]
        return _message(response) if response else None

    def state(self, **choice: Any) -> dict[str, Any]:
        """Return a snapshot; see `introspection.snapshot`."""
        query = urlencode({name: value for name, value in choice.items() if value is not None})
        found: dict[str, Any] = self.ask("GET", f"iot-jobs/state?{query}")
        return found

    def reset(self) -> None:
        """Forget everything, how long deletions take included."""
        self.ask("POST", "reset")
        self.set_deletion(None)

    def set_deletion(self, transition: Any) -> None:
        """Say how long deletions take, as moto's state manager has it; None is moto's default
        again.
        """
        if transition is None:
            self.ask("POST", "state-manager/unset-transition", {"model_name": _DELETION})
        else:
            members = {"model_name": _DELETION, "transition": dict(transition)}
            self.ask("POST", "state-manager/set-transition", members)

    def begin_coverage(self) -> None:
        """Count from now on which operations, errors and transitions are exercised."""
        self.ask("DELETE", "iot-jobs/coverage")

    def coverage_counts(self) -> dict[str, Any]:
        """Return what was counted."""
        counts: dict[str, Any] = self.ask("GET", "iot-jobs/coverage")["counts"]
        return counts

    def ask(self, method: str, path: str, members: Any = None) -> Any:
        """Send a request to a path below `/moto-api/` and return its response's JSON; {} for none.

        Raises:
            ConnectionError: the server does not answer.
            ValueError: the server refuses, with its own message if it has one.
        """
        parts = urlsplit(self.url)
        connection = HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port or 80, timeout=_TIMEOUT_SECONDS
        )
        body = json.dumps(members).encode() if members is not None else None
        try:
            connection.request(
                method, f"/moto-api/{path}", body, {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException) as problem:
            raise ConnectionError(
                f"The server at {self.url} does not answer: {problem}"
            ) from problem
        finally:
            connection.close()
        answered = json.loads(text) if text.startswith(("{", "[")) else {}
        if response.status == 400 and isinstance(answered, dict) and "message" in answered:
            raise ValueError(answered["message"])
        if response.status >= 400:
            raise ValueError(
                f"{method} {self.url}/moto-api/{path} was refused with {response.status}: {text}"
            )
        return answered


def _message(members: Mapping[str, Any]) -> Message:
    payload = str(members["payload"]).encode()
    return Message(
        members["topic"], int(members["milliseconds"]), str(members["region"]), lambda: payload
    )
