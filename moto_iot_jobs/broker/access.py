"""Access to an endpoint: by certificate, by a signed request, or open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .client import Client, Upgrade
from .dispatch import log


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Decides about clients.

    None admits all clients.

    Attributes:
        accept_certificate: given a client's certificate (DER), whether it may connect.
        accept_upgrade: given the request for a WebSocket and whether it must be signed, for it came
            over TLS without an accepted certificate, whether it may be opened.
    """

    accept_certificate: Callable[[bytes], bool] | None = None
    accept_upgrade: Callable[[Upgrade, bool], bool] | None = None

    def admits_certificate(self, client: Client) -> bool:
        """Return whether a TLS client may speak MQTT on the strength of its certificate."""
        if self.accept_certificate is None:
            return True
        try:
            return client.certificate is not None and self.accept_certificate(client.certificate)
        except Exception:
            log.exception("could not check the certificate of %r", client)
            return False

    def admits_upgrade(self, client: Client, upgrade: Upgrade, encrypted: bool) -> bool:
        """Return whether a WebSocket may be opened."""
        if self.accept_upgrade is None:
            return True
        certified = client.certificate is not None and self.admits_certificate(client)
        try:
            return self.accept_upgrade(upgrade, encrypted and not certified)
        except Exception:
            log.exception("could not check the WebSocket of %r", client)
            return False
