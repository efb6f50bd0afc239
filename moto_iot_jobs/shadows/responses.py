"""The payloads of responses and messages, with their members in AWS's order.

Sources: AWS IoT developer guide, device-shadow-document and using-device-shadows (pasted from a
run); raw bytes of one HTTP response in getmoto/moto issue 9237.
"""

from __future__ import annotations

from typing import Any

from .document import Section, ShadowDocument, timestamps
from .errors import ShadowError
from .service import Deleted, Found, Updated

Payload = dict[str, Any]


def whole(found: Found) -> Payload:
    """Return a document as `get/accepted` and GetThingShadow show it."""
    document = found.document
    sections = {**_sections(document), "delta": document.delta}
    return {
        "state": {name: section.state for name, section in sections.items() if section.state},
        "metadata": {name: section.metadata for name, section in sections.items() if section.state},
        "version": document.version,
        "timestamp": found.at,
        **_token(found.client_token),
    }


def accepted(updated: Updated) -> Payload:
    """Return what `update/accepted` and UpdateThingShadow show: the state as it was requested."""
    state = updated.request.state
    return {
        "state": state,
        "metadata": timestamps(state, updated.at),
        "version": updated.current.version,
        "timestamp": updated.at,
        **_token(updated.request.client_token),
    }


def delta(updated: Updated) -> Payload | None:
    """Return what `update/delta` shows, or None where nothing differs."""
    difference = updated.current.delta
    if not difference.state:
        return None
    return {
        "version": updated.current.version,
        "timestamp": updated.at,
        "state": difference.state,
        "metadata": difference.metadata,
        **_token(updated.request.client_token),
    }


def documents(updated: Updated) -> Payload:
    """Return what `update/documents` shows.

    The first update of a shadow has no `previous`.
    """
    previous = {"previous": _document(updated.previous)} if updated.previous else {}
    return {
        **previous,
        "current": _document(updated.current),
        "timestamp": updated.at,
        **_token(updated.request.client_token),
    }


def deleted(deletion: Deleted) -> Payload:
    """Return what `delete/accepted` and DeleteThingShadow show."""
    return {
        "version": deletion.version,
        "timestamp": deletion.at,
        **_token(deletion.client_token),
    }


def rejected(error: ShadowError) -> Payload:
    """Return what `rejected` shows."""
    return {"code": error.code, "message": error.message, **_token(error.client_token)}


def _sections(document: ShadowDocument) -> dict[str, Section]:
    return {"desired": document.desired, "reported": document.reported}


def _document(document: ShadowDocument) -> Payload:
    sections = {name: each for name, each in _sections(document).items() if each.state}
    return {
        "state": {name: section.state for name, section in sections.items()},
        "metadata": {name: section.metadata for name, section in sections.items()},
        "version": document.version,
    }


def _token(client_token: str | None) -> Payload:
    return {} if client_token is None else {"clientToken": client_token}
