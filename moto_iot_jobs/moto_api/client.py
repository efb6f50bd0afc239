"""The mock as public modules reach it: in this process, or over HTTP in another one.

Over HTTP the standard library alone is used, so that no mock of HTTP clients in the test's process
gets in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from moto import settings
from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.iot.models import has_jobs
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime import mock_is_on, runtime
from moto_iot_jobs.runtime.defaults import home_account
from moto_iot_jobs.runtime.faults import PendingFault

if TYPE_CHECKING:
    from moto_iot_jobs.introspection.calls import RecordedCall
    from moto_iot_jobs.messaging.log import MessageLog

__all__ = ["LocalMock", "Reach", "RemoteMock", "is_remote", "mock", "require_mock"]

_DELETION = "iot::job_deletion"
_TIMEOUT_SECONDS = 30


def is_remote() -> bool:
    """Tell whether moto's server mode is on, so that the mock is in another process."""
    return bool(settings.TEST_SERVER_MODE)


def mock(function: str = "This") -> LocalMock | RemoteMock:
    """Return the mock that tests of this process work with.

    Args:
        function: the public function that needs it, for the message.

    Raises:
        RuntimeError: no mock is active, or the one that is has no IoT Jobs.
    """
    if is_remote():
        return RemoteMock(settings.test_server_mode_endpoint())
    require_mock(function)
    return LocalMock()


def require_mock(function: str) -> None:
    """Check that a mock with IoT Jobs answers in this process.

    Args:
        function: the public function that needs it, for the message.

    Raises:
        RuntimeError: no mock is active, or the one that is has no IoT Jobs.
    """
    if not mock_is_on() and not runtime.delivery.is_serving:
        raise RuntimeError(
            f"{function} needs a mock, and none is active: what it does would be forgotten. Call it"
            " within `mock_iot` or the fixture `iot_jobs`."
        )
    if not has_jobs():
        raise RuntimeError(
            f"{function} needs a mock with IoT Jobs, and the one that is active is plain"
            " `mock_aws`. Use `mock_iot` instead, or call `moto_iot_jobs.activate()` once."
        )


class LocalMock:
    """The mock in this process."""

    def now(self) -> int:
        """Return the mock's time in milliseconds since the epoch."""
        return runtime.clock.now()

    def advance(self, milliseconds: int) -> None:
        """Move the clock and run all timers that become due, everywhere.

        Raises:
            ValueError: the time would go back, or beyond the year 9999.
        """
        with backend_lock:
            _use_a_backend()
            runtime.clock.advance(milliseconds)
        runtime.delivery.run_due_timers()

    def move_to(self, milliseconds: int) -> None:
        """Move the clock to a point in time, in milliseconds since the epoch.

        Raises:
            ValueError: as `advance`.
        """
        with backend_lock:
            _use_a_backend()
            runtime.clock.move_to(milliseconds)
        runtime.delivery.run_due_timers()

    def freeze(self) -> int:
        """Stop the clock, and return a number to end it by."""
        with backend_lock:
            _use_a_backend()
            return runtime.clock.freeze()

    def unfreeze(self, number: int) -> None:
        """End one `freeze`. Idempotent."""
        runtime.clock.unfreeze(number)

    def inject_fault(self, members: Mapping[str, Any]) -> int:
        """Inject a fault and return its number.

        Args:
            members: see `fault_parsing.read`, whose errors are raised.
        """
        # Imported late: most tests inject no faults.
        from moto_iot_jobs.runtime import fault_parsing

        fault_filter, effect, times = fault_parsing.read(members)
        with backend_lock:
            _use_a_backend()
            return runtime.faults.inject(fault_filter, effect, times).number

    def end_fault(self, number: int) -> None:
        """Cancel a fault whose block has ended.

        If it was not met, it stays pending.
        """
        runtime.faults.end(number)

    def cancel_fault(self, number: int) -> None:
        """Cancel a fault. Idempotent."""
        runtime.faults.cancel(number)

    def clear_faults(self) -> None:
        """Cancel all faults."""
        runtime.faults.clear()

    def pending_faults(self) -> list[PendingFault]:
        """Return the faults that were not met, or not as often as injected."""
        return runtime.faults.pending()

    def enforce_quotas(self, numbers: Mapping[str, Any]) -> int:
        """Enforce quotas and return a number to end it by.

        Raises:
            ValueError: no such quota, or no such number.
        """
        with backend_lock:
            _use_a_backend()
            return runtime.quotas.enforce(numbers)

    def cancel_quotas(self, number: int) -> None:
        """End one enforcement of quotas. Idempotent."""
        runtime.quotas.cancel(number)

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

    def calls(self, operation: str | None) -> list[RecordedCall]:
        """Return the calls that were handled, oldest first.

        Args:
            operation: only those of one operation, whose name is checked.
        """
        from moto_iot_jobs.introspection.calls import calls

        return calls(operation)

    def clear_calls(self) -> None:
        """Forget the calls that were handled."""
        runtime.calls.clear()

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
    # moto resets, at the end of a mock, the backends that were used in it; what tests set has to
    # end there as well.
    iot_backends[home_account()]["us-east-1"]


class RemoteMock:
    """A server with AWS IoT Jobs.

    The methods that it shares with `LocalMock` do the same there.

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

    def move_to(self, milliseconds: int) -> None:
        """Move the server's clock to a point in time. Raises ValueError when it would go back."""
        self.ask("POST", "iot-jobs/clock/move-to", {"milliseconds": milliseconds})

    def freeze(self) -> int:
        """Stop the server's clock, and return a number to end it by."""
        return int(self.ask("POST", "iot-jobs/clock/freeze", {})["number"])

    def unfreeze(self, number: int) -> None:
        """End one `freeze`. Idempotent."""
        self.ask("DELETE", f"iot-jobs/clock/freeze?number={number}")

    def inject_fault(self, members: Mapping[str, Any]) -> int:
        """Inject a fault and return its number. Raises ValueError for what makes no sense."""
        return int(self.ask("POST", "iot-jobs/faults", dict(members))["number"])

    def end_fault(self, number: int) -> None:
        """Cancel a fault whose block has ended.

        If it was not met, it stays pending.
        """
        self.ask("DELETE", f"iot-jobs/faults?number={number}&ended=true")

    def cancel_fault(self, number: int) -> None:
        """Cancel a fault. Idempotent."""
        self.ask("DELETE", f"iot-jobs/faults?number={number}")

    def clear_faults(self) -> None:
        """Cancel all faults."""
        self.ask("DELETE", "iot-jobs/faults")

    def pending_faults(self) -> list[PendingFault]:
        """Return the faults that were not met, or not as often as injected."""
        return [
            PendingFault(**members) for members in self.ask("GET", "iot-jobs/faults")["pending"]
        ]

    def enforce_quotas(self, numbers: Mapping[str, Any]) -> int:
        """Enforce quotas and return a number to end it by.

        Raises ValueError for a quota or number that there is not.
        """
        return int(self.ask("POST", "iot-jobs/quotas", dict(numbers))["number"])

    def cancel_quotas(self, number: int) -> None:
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

    def calls(self, operation: str | None) -> list[RecordedCall]:
        """Return the calls that the server handled, oldest first."""
        from moto_iot_jobs.introspection.calls import RecordedCall

        query = f"?{urlencode({'operation': operation})}" if operation is not None else ""
        found = self.ask("GET", f"iot-jobs/calls{query}")["calls"]
        return [RecordedCall.from_json(members) for members in found]

    def clear_calls(self) -> None:
        """Let the server forget the calls that it handled."""
        self.ask("DELETE", "iot-jobs/calls")

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
        """Return a snapshot.

        See `introspection.snapshot`.
        """
        query = urlencode({name: value for name, value in choice.items() if value is not None})
        found: dict[str, Any] = self.ask("GET", f"iot-jobs/state?{query}")
        return found

    def reset(self) -> None:
        """Forget everything, how long deletions take included."""
        self.ask("POST", "reset")
        self.set_deletion(None)

    def set_deletion(self, transition: Any) -> None:
        """Say how long deletions take, as moto's state manager has it.

        None is moto's default again.
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
        """Send a request to a path below `/moto-api/` and return its response's JSON.

        {} for none.

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


# How a public object reaches its mock; it is given the name of the function that needs it.
Reach: TypeAlias = Callable[[str], LocalMock | RemoteMock]
