"""The shadows of one account and region in moto, and the messages of their changes.

HTTP, MQTT and moto's own code come together here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from moto.core.base_backend import backend_lock
from moto.iotdata.models import iotdata_backends

from moto_iot_jobs.runtime import runtime

from . import responses
from .document import encode
from .errors import ShadowError
from .recent import RecentChanges
from .responses import Payload
from .service import Deleted, Found, ShadowService, Updated
from .store import MotoShadowStore
from .topics import prefix

_ATTRIBUTE = "iot_shadows"


class ShadowMessage(NamedTuple):
    """A message below a shadow's topics.

    Attributes:
        topic: the whole topic.
        members: gives the payload, when it is read.
    """

    topic: str
    members: Callable[[], Payload | None]

    def write(self) -> bytes:
        """Return the payload as it is published."""
        return encode(self.members())


class RequestsInFlight(Counter[tuple[str, str]]):
    """Number of requests over MQTT without a response, by connection and thing."""

    @contextmanager
    def one_more(self, key: tuple[str, str]) -> Iterator[None]:
        """Count a request as long as the block lasts."""
        with backend_lock:
            self[key] += 1
        try:
            yield
        finally:
            with backend_lock:
                self[key] -= 1
                if not self[key]:
                    del self[key]


class Shadows:
    """Operations on shadows, each under moto's lock.

    Args:
        account, region: of moto's backends.

    Attributes:
        in_flight: requests over MQTT that have no response yet.
        recent: the last changes.
    """

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self.store = MotoShadowStore(account, region)
        self._service = ShadowService(self.store)
        self.in_flight = RequestsInFlight()
        self.recent = RecentChanges()

    def get(self, thing: str, name: str | None, payload: bytes = b"") -> Found:
        """Return a document.

        See `ShadowService.get`.
        """
        with backend_lock:
            return self._service.get(thing, name, payload, runtime.clock.now())

    def update(
        self, thing: str, name: str | None, payload: bytes, *, publish: bool = False
    ) -> Updated:
        """Update a shadow.

        See `ShadowService.update`.

        Args:
            publish: whether to publish what follows; it goes out with the next delivery.
        """
        with backend_lock:
            now = runtime.clock.now()
            updated = self._service.update(thing, name, payload, now)
            self.recent.updated(thing, name, updated, now)
            if publish:
                self.publish(messages_of_update(thing, name, updated))
        return updated

    def delete(
        self, thing: str, name: str | None, payload: bytes = b"", *, publish: bool = False
    ) -> Deleted:
        """Delete a shadow.

        See `ShadowService.delete`.

        Args:
            publish: as for `update`.
        """
        with backend_lock:
            now = runtime.clock.now()
            deleted = self._service.delete(thing, name, payload, now)
            self.recent.deleted(thing, name, deleted, now)
            if publish:
                self.publish([message_of_deletion(thing, name, deleted)])
        return deleted

    def named_shadows(self, thing: str) -> list[str]:
        """Return the names of a thing's named shadows, in ascending order."""
        with backend_lock:
            return self._service.named_shadows(thing)

    def shown(self, thing: str | None, most: int) -> list[dict[str, Any]]:
        """Return the shadows that changed last, the last one first, ready for JSON."""
        return self.recent.shown(self.store, thing, most)

    def publish(self, messages: Iterable[ShadowMessage]) -> None:
        """Publish messages with the next delivery, when readers see the change."""
        with backend_lock:
            now = runtime.clock.now()
            for message in messages:
                runtime.delivery.post(
                    self._account, self._region, message.topic, now, message.write
                )


def message_of_get(thing: str, name: str | None, found: Found) -> ShadowMessage:
    """Return the response to a request for a document.

    Over HTTP nothing is published.
    """
    return ShadowMessage(f"{prefix(thing, name)}/get/accepted", partial(responses.whole, found))


def messages_of_update(thing: str, name: str | None, updated: Updated) -> list[ShadowMessage]:
    """Return what an update publishes: the response first, then delta and documents.

    AWS promises no order (developer guide, iot-device-shadows); this is one that was seen.
    """
    below = f"{prefix(thing, name)}/update"
    messages = [
        ShadowMessage(f"{below}/accepted", partial(responses.accepted, updated)),
        ShadowMessage(f"{below}/delta", partial(responses.delta, updated)),
        ShadowMessage(f"{below}/documents", partial(responses.documents, updated)),
    ]
    if not updated.current.delta.state:
        del messages[1]
    return messages


def message_of_deletion(thing: str, name: str | None, deleted: Deleted) -> ShadowMessage:
    """Return what a deletion publishes."""
    return ShadowMessage(
        f"{prefix(thing, name)}/delete/accepted", partial(responses.deleted, deleted)
    )


def message_of_rejection(topic: str, error: ShadowError) -> ShadowMessage:
    """Return the response to a request over MQTT that is rejected.

    Over HTTP nothing is published.

    Args:
        topic: of the request.
    """
    return ShadowMessage(f"{topic}/rejected", partial(responses.rejected, error))


def find_shadows(account: str, region: str) -> Shadows:
    """Return the shadows of an account and region.

    They end with moto's backend of `iot-data`.

    Raises:
        KeyError: there is no such region.
    """
    backend: Any = iotdata_backends[account][region]
    with backend_lock:
        shadows: Shadows | None = vars(backend).get(_ATTRIBUTE)
        if shadows is None:
            shadows = vars(backend)[_ATTRIBUTE] = Shadows(account, region)
    return shadows
