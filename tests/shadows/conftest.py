"""Shadows without moto: a service on a dictionary, and a clock that a test moves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from moto_iot_jobs.shadows import responses
from moto_iot_jobs.shadows.document import ShadowDocument
from moto_iot_jobs.shadows.errors import ShadowError
from moto_iot_jobs.shadows.service import ShadowService, Updated

NOW = 1_796_042_817


class Dictionary:
    """A store as small as it can be."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str | None], ShadowDocument] = {}

    def find(self, thing: str, name: str | None) -> ShadowDocument | None:
        return self.documents.get((thing, name))

    def keep(self, thing: str, name: str | None, document: ShadowDocument) -> None:
        self.documents[thing, name] = document

    def remove(self, thing: str, name: str | None) -> None:
        del self.documents[thing, name]

    def names(self, thing: str) -> Iterable[str | None]:
        return [name for each, name in self.documents if each == thing]


class Lamp:
    """The classic shadow of one thing, and others by name."""

    def __init__(self) -> None:
        self.now = NOW
        self.service = ShadowService(Dictionary())

    def update(self, payload: Any, name: str | None = None) -> Updated:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.service.update("lamp", name, body, self.now * 1000)

    def desire(self, **members: Any) -> Updated:
        return self.update({"state": {"desired": members}})

    def report(self, **members: Any) -> Updated:
        return self.update({"state": {"reported": members}})

    def get(self, name: str | None = None, payload: bytes = b"") -> dict[str, Any]:
        return responses.whole(self.service.get("lamp", name, payload, self.now * 1000))

    def delete(self, name: str | None = None, payload: bytes = b"") -> dict[str, Any]:
        return responses.deleted(self.service.delete("lamp", name, payload, self.now * 1000))

    def rejection(self, payload: Any) -> tuple[int, str]:
        """What an update is rejected with; it changes nothing."""
        before = dict(self.service._store.documents)  # type: ignore[attr-defined]
        with pytest.raises(ShadowError) as raised:
            self.update(payload)
        assert self.service._store.documents == before  # type: ignore[attr-defined]
        return raised.value.code, raised.value.message


@pytest.fixture
def lamp() -> Lamp:
    """A thing without a shadow."""
    return Lamp()
