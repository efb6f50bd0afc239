"""MQTT: the calls of clients that their connection has authenticated."""

from __future__ import annotations

from collections.abc import Mapping

from .operations import Operations
from .pipeline import Call


class NoResponse(Exception):
    """The client hears nothing: a fault loses its request, or the response."""


class MqttCall(Call):
    """A call that came over MQTT.

    Each service has a subclass.

    Args:
        operations: of the service that was called.
        operation: as AWS writes it.
        labels: what the topic names.
        payload: as it came.
        account, region: of the connection.
        server_url: where the server that took the request can be reached; None in process.
    """

    __slots__ = ()

    transport = "mqtt"

    def __init__(
        self,
        operations: Operations,
        operation: str,
        labels: Mapping[str, str],
        payload: bytes,
        account: str,
        region: str,
        server_url: str | None,
    ) -> None:
        super().__init__(
            operations,
            operation,
            labels,
            region,
            server_url,
            from_server=server_url is not None,
            size=len(payload),
        )
        self.account = account

    def authenticate(self) -> str:
        """Return the account of the connection."""
        return self.account

    def hang_up(self) -> None:
        """Lose the request or the response. Raises NoResponse."""
        raise NoResponse
