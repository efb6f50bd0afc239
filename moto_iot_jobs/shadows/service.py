"""The shadows of one account and region: get, update, delete, list, and their versions.

Sources: AWS IoT developer guide, device-shadow-data-flow and device-shadow-rest-api.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from . import errors
from .document import ShadowDocument
from .errors import ShadowError, no_such_shadow
from .requests import UpdateRequest, read_plain, read_update

LARGEST_STATE_BYTES = 8192
# So long the version of a deleted shadow is remembered (device-shadow-data-flow).
VERSION_KEPT_MS = 48 * 3600 * 1000


class ShadowStore(Protocol):
    """The documents of one account and region.

    The classic shadow has the name None.
    """

    def find(self, thing: str, name: str | None) -> ShadowDocument | None:
        """Return a document, or None if there is none."""
        ...

    def keep(self, thing: str, name: str | None, document: ShadowDocument) -> None:
        """Store a document in place of the one before."""
        ...

    def remove(self, thing: str, name: str | None) -> None:
        """Forget a document that is there."""
        ...

    def names(self, thing: str) -> Iterable[str | None]:
        """Return the names of a thing's shadows."""
        ...


class Updated(NamedTuple):
    """An update that was accepted.

    Attributes:
        request: the update.
        previous: the document before; None if there was none.
        current: the document now.
        at: seconds since the epoch.
    """

    request: UpdateRequest
    previous: ShadowDocument | None
    current: ShadowDocument
    at: int


class Deleted(NamedTuple):
    """A deletion that was accepted.

    Attributes:
        version: of the document that was deleted.
        at: seconds since the epoch.
        client_token: of the request.
    """

    version: int
    at: int
    client_token: str | None = None


class Found(NamedTuple):
    """A document that was requested.

    Attributes:
        document: the document.
        at: seconds since the epoch.
        client_token: of the request.
    """

    document: ShadowDocument
    at: int
    client_token: str | None = None


class _Tombstone(NamedTuple):
    version: int
    deleted_at: int


class ShadowService:
    """The operations on shadows. Things need not be registered.

    Args:
        store: where documents are kept.
    """

    def __init__(self, store: ShadowStore) -> None:
        self._store = store
        self._deleted: dict[tuple[str, str | None], _Tombstone] = {}

    def get(self, thing: str, name: str | None, payload: bytes, now: int) -> Found:
        """Return a shadow's document.

        Args:
            thing: the thing's name.
            name: the shadow's name; None is the classic one.
            payload: of the request; empty is fine.
            now: milliseconds since the epoch.

        Raises:
            ShadowError: 404 no such shadow; 400 or 415 a payload that cannot be read.
        """
        request = read_plain(payload)
        document = self._find(thing, name, request.client_token)
        return Found(document, now // 1000, request.client_token)

    def update(self, thing: str, name: str | None, payload: bytes, now: int) -> Updated:
        """Merge a request into a shadow, which is made if there is none.

        Args:
            thing, name, now: as for `get`.
            payload: the request.

        Raises:
            ShadowError: 400, 409, 413 or 415.
        """
        request = read_update(payload)
        previous = self._store.find(thing, name)
        self._check_version(request, previous)
        current = (previous or ShadowDocument()).updated(
            request.state, self._next_version(thing, name, previous, now), now // 1000
        )
        if current.size > LARGEST_STATE_BYTES:
            raise ShadowError(413, errors.TOO_LARGE, request.client_token)
        self._deleted.pop((thing, name), None)
        self._store.keep(thing, name, current)
        return Updated(request, previous, current, now // 1000)

    def delete(self, thing: str, name: str | None, payload: bytes, now: int) -> Deleted:
        """Delete a shadow.

        Its version is remembered for 48 hours.

        Args:
            thing, name, payload, now: as for `get`.

        Raises:
            ShadowError: 404 no such shadow, 409 it has another version; 400 or 415.
        """
        request = read_plain(payload)
        document = self._find(thing, name, request.client_token)
        self._check_version(request, document)
        self._store.remove(thing, name)
        self._deleted[thing, name] = _Tombstone(document.version + 1, now)
        return Deleted(document.version, now // 1000, request.client_token)

    def named_shadows(self, thing: str) -> list[str]:
        """Return the names of a thing's named shadows, in ascending order.

        None if unknown.
        """
        return sorted(name for name in self._store.names(thing) if name is not None)

    def _find(self, thing: str, name: str | None, client_token: str | None) -> ShadowDocument:
        document = self._store.find(thing, name)
        if document is None:
            raise no_such_shadow(thing, name, client_token)
        return document

    def _check_version(self, request: UpdateRequest, document: ShadowDocument | None) -> None:
        # Unknown at AWS for a shadow that does not exist; Greengrass takes 1, others take 0.
        fine = (0, 1) if document is None else (document.version,)
        if request.version is not None and request.version not in fine:
            raise ShadowError(409, errors.VERSION_CONFLICT, request.client_token)

    def _next_version(
        self, thing: str, name: str | None, previous: ShadowDocument | None, now: int
    ) -> int:
        if previous is not None:
            return previous.version + 1
        tombstone = self._deleted.get((thing, name))
        if tombstone is None or now - tombstone.deleted_at > VERSION_KEPT_MS:
            return 1
        return tombstone.version + 1
