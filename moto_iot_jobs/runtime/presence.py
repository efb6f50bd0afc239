"""The clients that are connected by MQTT, for fleet indexing.

It shows them as the connectivity of things of the same names.

Source: AWS IoT developer guide, managing-index, and life-cycle-events for the reasons.
"""

from __future__ import annotations

from typing import Any

from .signals import Signal

_Key = tuple[str, str, str]


class Presence:
    """The connections of each account and region, by client id.

    Forgotten with the mock.

    Attributes:
        changed: sent with account, region and client id, after a client came or went.
    """

    def __init__(self) -> None:
        self._clients: dict[_Key, dict[str, Any]] = {}
        self.changed: Signal[str, str, str] = Signal()

    def connected(
        self,
        account: str,
        region: str,
        client_id: str,
        now: int,
        *,
        keep_alive: int,
        clean_session: bool,
        session_expiry: int = 0,
    ) -> None:
        """Note that a client connected, at `now` in milliseconds.

        Both durations in seconds.
        """
        found: dict[str, Any] = {
            "connected": True,
            "timestamp": now,
            "clientId": client_id,
            "keepAliveDuration": keep_alive,
            "cleanSession": clean_session,
        }
        if session_expiry:
            found["sessionExpiry"] = session_expiry
        self._clients[account, region, client_id] = found
        self.changed.send(account, region, client_id)

    def disconnected(
        self, account: str, region: str, client_id: str, now: int, reason: str
    ) -> None:
        """Note that a client is gone, and why, in AWS's words (such as CONNECTION_LOST)."""
        found = self._clients.get((account, region, client_id))
        if found is not None:
            found |= {"connected": False, "timestamp": now, "disconnectReason": reason}
            self.changed.send(account, region, client_id)

    def of(self, account: str, region: str, client_id: str) -> dict[str, Any]:
        """Return what is known of a client.

        Of one that never connected, only that.
        """
        return dict(self._clients.get((account, region, client_id), {"connected": False}))

    def clear(self) -> None:
        """Forget all clients."""
        self._clients.clear()
