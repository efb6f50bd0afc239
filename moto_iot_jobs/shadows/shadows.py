"""The shadows of one account and region in moto, and the messages that their changes publish.

HTTP and MQTT come together here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from moto.core.base_backend import backend_lock
from moto.iotdata.models import iotdata_backends

from moto_iot_jobs.runtime import runtime

from . import responses
from .document import encode
from .errors import ShadowError
from .responses import Payload
from .service import Deleted, Found, ShadowService, Updated
from .store import MotoShadowStore
from .topics import prefix

_ATTRIBUTE = "iot_shadows"


class Shadows:
    """Operations on shadows that publish what AWS publishes.

    Each takes moto's lock; what it publishes goes out with `runtime.delivery.deliver`, which its
    caller calls.

    Args:
        account, region: of moto's backends.
    """

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self.store = MotoShadowStore(account, region)
        self._service = ShadowService(self.store)

    def get(self, thing: str, name: str | None, payload: bytes = b"") -> Found:
        """Return a document; see `ShadowService.get`."""
        with backend_lock:
            return self._service.get(thing, name, payload, runtime.clock.now())

    def update(self, thing: str, name: str | None, payload: bytes) -> Updated:
        """Update a shadow and publish `accepted`, `delta` where there is one, and `documents`.

        AWS says of no order that it is kept; this is the one that others who tested AWS have.

        Raises:
            ShadowError: see `ShadowService.update`; nothing is published.
        """
        with backend_lock:
            updated = self._service.update(thing, name, payload, runtime.clock.now())
            self.publish(thing, name, "update/accepted", partial(responses.accepted, updated))
            if updated.current.delta.state:
                self.publish(thing, name, "update/delta", partial(responses.delta, updated))
            self.publish(thing, name, "update/documents", partial(responses.documents, updated))
        return updated

    def delete(self, thing: str, name: str | None, payload: bytes = b"") -> Deleted:
        """Delete a shadow and publish `accepted`.

        Raises:
            ShadowError: see `ShadowService.delete`; nothing is published.
        """
        with backend_lock:
            deletion = self._service.delete(thing, name, payload, runtime.clock.now())
            self.publish(thing, name, "delete/accepted", partial(responses.deleted, deletion))
        return deletion

    def named_shadows(self, thing: str) -> list[str]:
        """Return the names of a thing's named shadows, in ascending order."""
        with backend_lock:
            return self._service.named_shadows(thing)

    def reject(self, thing: str, name: str | None, word: str, error: ShadowError) -> None:
        """Publish that a request over MQTT was rejected; over HTTP AWS publishes nothing.

        Args:
            word: "get", "update" or "delete".
        """
        self.publish(thing, name, f"{word}/rejected", partial(responses.rejected, error))

    def publish(
        self, thing: str, name: str | None, below: str, members: Callable[[], Payload | None]
    ) -> None:
        """Publish a message below a shadow's topics.

        Args:
            below: the topic, from the shadow's prefix on.
            members: gives the payload; called if the message is read.
        """
        with backend_lock:
            runtime.delivery.post(
                self._account,
                self._region,
                f"{prefix(thing, name)}/{below}",
                runtime.clock.now(),
                lambda: encode(members()),
            )


def find_shadows(account: str, region: str) -> Shadows:
    """Return the shadows of an account and region; they end with moto's backend of `iot-data`.

    Raises:
        KeyError: there is no such region.
    """
    backend: Any = iotdata_backends[account][region]
    with backend_lock:
        shadows: Shadows | None = backend.__dict__.get(_ATTRIBUTE)
        if shadows is None:
            shadows = backend.__dict__[_ATTRIBUTE] = Shadows(account, region)
    return shadows
