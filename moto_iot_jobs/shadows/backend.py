"""Shadows for code that calls moto's backend of `iot-data`, with moto's kind of errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError

from moto_iot_jobs.runtime import runtime

from .document import ShadowDocument
from .errors import ShadowError
from .operations import Rejected
from .shadows import find_shadows
from .store import StoredShadow


class DeletedShadow(StoredShadow):
    """A deleted shadow, as moto's code gets it."""

    deleted = True

    def to_dict(self, include_delta: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the response of DeleteThingShadow."""
        return {"version": self.version, "timestamp": runtime.clock.now() // 1000}


def update(account: str, region: str, thing: str, name: str | None, payload: bytes) -> StoredShadow:
    """Update a shadow, and publish what follows."""
    with _in_motos_way():
        updated = find_shadows(account, region).update(thing, name, payload, publish=True)
    return StoredShadow(updated.current, updated)


def get(account: str, region: str, thing: str, name: str | None) -> StoredShadow:
    """Return a shadow."""
    with _in_motos_way():
        return StoredShadow(find_shadows(account, region).get(thing, name).document)


def delete(account: str, region: str, thing: str, name: str | None) -> DeletedShadow:
    """Delete a shadow, and publish it."""
    with _in_motos_way():
        deleted = find_shadows(account, region).delete(thing, name, publish=True)
    return DeletedShadow(ShadowDocument(version=deleted.version))


def named_shadows(account: str, region: str, thing: str) -> list[str]:
    """Return the names of a thing's named shadows."""
    return find_shadows(account, region).named_shadows(thing)


@contextmanager
def _in_motos_way() -> Iterator[None]:
    try:
        yield
    except ShadowError as error:
        wire = Rejected(error)
        moto = JsonRESTError(wire.code, wire.message)
        moto.code = error.code
        raise moto from None
    finally:
        runtime.delivery.deliver()
