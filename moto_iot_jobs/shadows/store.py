"""Shadows in moto's own store, where moto's search and other plugins find them.

A registered thing has its shadows in `thing.thing_shadows`. Those of names that no thing has are
kept beside it, change over when the thing is created, and come back when it is deleted (developer
guide, managing-index and device-shadow-data-flow).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from moto.iot.models import iot_backends

from moto_iot_jobs.runtime import runtime

from . import responses
from .document import Section, ShadowDocument
from .service import Found, Updated


class StoredShadow:
    """A document as moto's code reads shadows.

    It has what moto's `FakeShadow` has. It does not inherit from it, because moto keeps every
    instance of its models until the mock ends, and each update makes one.

    Args:
        document: what is stored.
        updated: the update that made it, for the response; None where that is not known.
    """

    deleted = False

    def __init__(self, document: ShadowDocument, updated: Updated | None = None) -> None:
        self.document = document
        self.version = document.version
        self._updated = updated

    @property
    def desired(self) -> Any:
        """The section's state, or None."""
        return self.document.desired.state or None

    @property
    def reported(self) -> Any:
        """The section's state, or None."""
        return self.document.reported.state or None

    @property
    def metadata_desired(self) -> Any:
        """The section's metadata, or None."""
        return self.document.desired.metadata or None

    @property
    def metadata_reported(self) -> Any:
        """The section's metadata, or None."""
        return self.document.reported.metadata or None

    def to_dict(self, include_delta: bool = True) -> dict[str, Any]:
        """Return what GetThingShadow shows."""
        shown = responses.whole(Found(self.document, runtime.clock.now() // 1000))
        if not include_delta:
            shown["state"].pop("delta", None)
            shown["metadata"].pop("delta", None)
        return shown

    def to_response_dict(self) -> dict[str, Any]:
        """Return the response of UpdateThingShadow."""
        return responses.accepted(self._updated) if self._updated else self.to_dict()


class MotoShadowStore:
    """The shadows of one account and region.

    Args:
        account, region: of moto's backends.
    """

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self._unregistered: dict[str, dict[str | None, Any]] = {}

    def find(self, thing: str, name: str | None) -> ShadowDocument | None:
        """See `ShadowStore`."""
        shadow = self._shadows(thing).get(name)
        return None if shadow is None or shadow.deleted else _document(shadow)

    def keep(self, thing: str, name: str | None, document: ShadowDocument) -> None:
        """See `ShadowStore`."""
        registered = self._registered(thing)
        shadows = self._unregistered.setdefault(thing, {}) if registered is None else registered
        shadows[name] = StoredShadow(document)

    def remove(self, thing: str, name: str | None) -> None:
        """See `ShadowStore`."""
        shadows = self._shadows(thing)
        del shadows[name]
        if not shadows:
            self._unregistered.pop(thing, None)

    def names(self, thing: str) -> Iterable[str | None]:
        """See `ShadowStore`."""
        shadows = self._shadows(thing)
        return [name for name, shadow in shadows.items() if not shadow.deleted]

    def thing_created(self, thing: Any) -> None:
        """Give a new thing the shadows that there are for its name."""
        thing.thing_shadows.update(self._unregistered.pop(unquote(thing.thing_name), {}))

    def thing_deleted(self, thing: Any) -> None:
        """Keep the shadows of a thing that is deleted."""
        if thing.thing_shadows:
            self._unregistered[unquote(thing.thing_name)] = dict(thing.thing_shadows)

    def _shadows(self, thing: str) -> dict[str | None, Any]:
        registered = self._registered(thing)
        return self._unregistered.get(thing, {}) if registered is None else registered

    def _registered(self, thing: str) -> dict[str | None, Any] | None:
        backend: Any = iot_backends[self._account][self._region]
        found = backend.find_thing(thing)
        return None if found is None else found.thing_shadows


def _document(shadow: Any) -> ShadowDocument:
    if isinstance(shadow, StoredShadow):
        return shadow.document
    # moto's own, from before activation or written by a test.
    return ShadowDocument(
        _section(shadow.desired, shadow.metadata_desired),
        _section(shadow.reported, shadow.metadata_reported),
        shadow.version,
    )


def _section(state: Any, metadata: Any) -> Section:
    return Section(state, metadata) if isinstance(state, dict) else Section()
