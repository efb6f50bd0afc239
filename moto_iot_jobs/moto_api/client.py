"""The mock as public modules reach it: in this process, or over HTTP in another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from moto import settings
from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.iot.models import has_jobs
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime import mock_is_on, runtime
from moto_iot_jobs.runtime.defaults import home_account
from moto_iot_jobs.runtime.delivery import find_jobs, live_jobs
from moto_iot_jobs.runtime.faults import PendingFault
from moto_iot_jobs.runtime.topic_services import service_of
from moto_iot_jobs.service.errors import ServiceError

from .remote import RemoteMock

if TYPE_CHECKING:
    from moto_iot_jobs.introspection.calls import RecordedCall
    from moto_iot_jobs.messaging.log import MessageLog

__all__ = ["LocalMock", "Reach", "RemoteMock", "is_remote", "mock", "require_mock"]


def is_remote() -> bool:
    """Return whether moto's server mode is on, so that the mock is in another process."""
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
    """Check that a mock with IoT Jobs is active in this process.

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
        runtime.advance(milliseconds)

    def move_to(self, milliseconds: int) -> None:
        """Move the clock to a point in time, in milliseconds since the epoch.

        Raises:
            ValueError: as `advance`.
        """
        with backend_lock:
            _use_a_backend()
        runtime.advance(milliseconds - runtime.clock.now())

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
            if effect.stale is not None:
                effect = effect._replace(stale=_next_executions())
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

        service = service_of(runtime.topic_services, topic)
        response: Message | None
        if service is not None:
            response = service.respond(account, region, topic, payload, server_url, "")
        else:
            response = respond(account, region, topic, payload, server_url)
        runtime.delivery.deliver()
        return response

    def command_requests(self, device: str, region: str, account: str) -> list[Message]:
        """Return the commands that a device has not reported about, oldest first.

        Those that have timed out are not among them, for a broker discards them.

        Args:
            device: its name, as thing and as client id.
            region, account: where it is at home.
        """
        # Imported late: few tests have commands.
        from moto_iot_jobs.commands.pending import requests_for

        runtime.delivery.run_due_timers()
        with backend_lock:
            return requests_for(find_jobs(account, region), device)


def _log() -> MessageLog:
    # Imported late: most tests read no messages.
    from moto_iot_jobs.messaging.log import message_log

    message_log.start()
    return message_log


def _next_executions() -> dict[tuple[str, str, str], Mapping[str, Any]]:
    """Return `$next` of each thing, by account, region and thing.

    The lock has to be held.
    """
    # Imported late: few tests have stale responses.
    from moto_iot_jobs.dispatch.pipeline import Request
    from moto_iot_jobs.iotjobsdata.responses import operations

    now = runtime.clock.now()
    describe = operations.handlers["DescribeJobExecution"]
    found = {}
    for jobs in live_jobs():
        for thing in jobs.store.things:
            members = {"thingName": thing, "jobId": "$next"}
            with suppress(ServiceError):  # a thing that has been deleted
                response = describe(Request(jobs, members, now, None)) or {}
                location = jobs.location
                found[location.account, location.region, thing] = response
    return found


def _use_a_backend() -> None:
    # moto resets, at the end of a mock, the backends that were used in it; what tests set has to
    # end there as well.
    iot_backends[home_account()]["us-east-1"]


# How a public object reaches its mock; it is given the name of the function that needs it.
Reach: TypeAlias = Callable[[str], LocalMock | RemoteMock]
