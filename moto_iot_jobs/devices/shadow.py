"""A thing's shadow in the hands of its device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .exceptions import ResponseLostError, ServiceBusyError, UnknownShadowError
from .execution import DeviceClient, Waits, drain, next_pause

if TYPE_CHECKING:
    from moto_iot_jobs.iotjobsdata.message import Message

GET = "GetThingShadow"
UPDATE = "UpdateThingShadow"
DELETE = "DeleteThingShadow"

# Takes what is desired and not reported, and returns what to report; None is the same.
DeltaHandler: TypeAlias = Callable[[dict[str, Any]], Mapping[str, Any] | None]


class ShadowTransport(Protocol):
    """Access to shadows, over HTTPS or MQTT."""

    def request_shadow(
        self, operation: str, thing: str, name: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a request and return the response.

        Args:
            operation: its name in the API reference.
            thing: the thing's name.
            name: the shadow's; None is the classic one.
            members: of the request.

        Raises:
            RequestRejectedError: the response is an error.
            ResponseLostError: no response came.
        """
        ...


@dataclass(frozen=True)
class ShadowState:
    """A shadow's document, as the device reads it.

    Attributes:
        desired, reported: the two sections; empty where the document has none.
        delta: what is desired and not reported.
        version: the document's version.
        at: the time of the response, in UTC and whole seconds.
    """

    desired: dict[str, Any]
    reported: dict[str, Any]
    delta: dict[str, Any]
    version: int
    at: datetime

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> ShadowState:
        """Read a response to GetThingShadow."""
        state = members["state"]
        return cls(
            state.get("desired", {}),
            state.get("reported", {}),
            state.get("delta", {}),
            members["version"],
            datetime.fromtimestamp(members["timestamp"], timezone.utc),
        )


class Shadow:
    """One shadow of a device's thing. Get it with `Device.shadow`.

    After 429 and 5xx it repeats its requests, and after lost responses too: what a device reports
    may be reported twice.

    Args:
        client: of the device.
        transport: its access to shadows.
        name: the shadow's name; None is the classic one.
    """

    def __init__(self, client: DeviceClient, transport: ShadowTransport, name: str | None) -> None:
        self.thing = client.thing
        self.name = name
        self._client = client
        self._transport = transport

    def __repr__(self) -> str:
        return f"<Shadow {self.name or '(classic)'} of {self.thing}>"

    def get(self) -> ShadowState | None:
        """Return the document, or None if there is none.

        Raises:
            RequestRejectedError, ResponseLostError: at each attempt.
        """
        try:
            return ShadowState.of(self._request(GET))
        except UnknownShadowError:
            return None

    def report(self, state: Mapping[str, Any] | None, *, version: int | None = None) -> int:
        """Report state, and return the new version.

        Args:
            state: members to merge into `reported`, with None for those to be removed; None removes
                all.
            version: the version that the document must have; any by default.

        Raises:
            VersionMismatchError: it has another.
            RequestRejectedError, ResponseLostError: as `get`.
        """
        return self.update({"reported": state}, version=version)

    def update(self, state: Mapping[str, Any] | None, *, version: int | None = None) -> int:
        """Update the document, and return the new version.

        Args:
            state: `desired` and `reported`, as for `report`; None clears both.
            version: as for `report`.

        Raises:
            VersionMismatchError, RequestRejectedError, ResponseLostError: as `report`.
        """
        members: dict[str, Any] = {"state": state}
        if version is not None:
            members["version"] = version
        found: int = self._request(UPDATE, members)["version"]
        return found

    def delete(self) -> int | None:
        """Delete the document, and return the version that it had, or None.

        Raises:
            RequestRejectedError, ResponseLostError: as `get`.
        """
        try:
            found: int = self._request(DELETE)["version"]
        except UnknownShadowError:
            return None
        return found

    def sync(self, handler: DeltaHandler | None = None) -> dict[str, Any] | None:
        """Read the delta, apply it, and report the result.

        Args:
            handler: gets the delta and returns what to report, None for the delta itself; by
                default the device does as it is told.

        Returns:
            The delta; None if there is none.

        Raises:
            RequestRejectedError, ResponseLostError: as `get`.
        """
        found = self.get()
        if found is None or not found.delta:
            return None
        self._apply(found.delta, handler)
        return found.delta

    @contextmanager
    def follow(self, handler: DeltaHandler | None = None) -> Iterator[list[dict[str, Any]]]:
        """Within the block, apply each delta as it is published, and report the result.

        A delta that is not newer than the last one is ignored, as AWS's SDKs do, since messages may
        come twice or late; and so is what a report of the device itself leaves as it was.

        Args:
            handler: as for `sync`.

        Yields:
            The deltas that were followed, oldest first.

        Raises:
            RuntimeError: in moto's server mode, where messages are in another process; use `sync`.
        """
        from moto_iot_jobs import messages

        followed: list[dict[str, Any]] = []
        last = reported = 0

        def hear(message: Message) -> None:
            nonlocal last, reported
            version, delta = message.json["version"], message.json["state"]
            if version <= last:
                return
            last = version
            # Otherwise a device that cannot do what is desired would report that for ever.
            if version != reported or delta != followed[-1]:
                followed.append(delta)
                reported = self._apply(delta, handler)

        named = f"/name/{self.name}" if self.name is not None else ""
        topic = f"$aws/things/{self.thing}/shadow{named}/update/delta"
        with messages.subscribe(topic, hear):
            yield followed

    def _apply(self, delta: dict[str, Any], handler: DeltaHandler | None) -> int:
        done = handler(delta) if handler is not None else None
        return self.report(delta if done is None else done)

    def _request(self, operation: str, members: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return drain(self._attempts(operation, members or {}))

    def _attempts(self, operation: str, members: Mapping[str, Any]) -> Waits[dict[str, Any]]:
        waits = self._client.pauses()
        while True:
            try:
                return self._transport.request_shadow(operation, self.thing, self.name, members)
            except (ServiceBusyError, ResponseLostError) as problem:
                yield next_pause(waits, problem)
