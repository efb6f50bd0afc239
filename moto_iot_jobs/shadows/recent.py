"""The last changes of the shadows that changed last, for the dashboard and failure sections."""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import islice
from typing import Any, NamedTuple, Protocol

from .document import ShadowDocument
from .service import Deleted, Updated

# More than is read; older ones are forgotten.
MOST_SHADOWS = 100
MOST_CHANGES = 10


class Change(NamedTuple):
    """One change of a shadow.

    Attributes:
        at: milliseconds since the epoch.
        operation: as the API reference names it over HTTP.
        version: of the document afterwards; of a deletion, the version that was deleted.
        state: as it was requested; None for a deletion, or for a state that was cleared.
    """

    at: int
    operation: str
    version: int
    state: Any = None


class Documents(Protocol):
    """The documents of one account and region."""

    def find(self, thing: str, name: str | None) -> ShadowDocument | None:
        """Return a document, or None if there is none."""
        ...


class RecentChanges:
    """The changes of one account and region, under moto's lock."""

    def __init__(self) -> None:
        self._changes: OrderedDict[tuple[str, str | None], deque[Change]] = OrderedDict()

    def updated(self, thing: str, name: str | None, update: Updated, at: int) -> None:
        """Note an update that was accepted."""
        change = Change(at, "UpdateThingShadow", update.current.version, update.request.state)
        self._note(thing, name, change)

    def deleted(self, thing: str, name: str | None, deletion: Deleted, at: int) -> None:
        """Note a deletion."""
        self._note(thing, name, Change(at, "DeleteThingShadow", deletion.version))

    def shown(self, documents: Documents, thing: str | None, most: int) -> list[dict[str, Any]]:
        """Return the shadows that changed last, the last one first, ready for JSON.

        Args:
            documents: where they are.
            thing: only those of one thing.
            most: number of shadows.
        """
        chosen = (each for each in reversed(self._changes.items()) if thing in (None, each[0][0]))
        return [
            {
                "thing": thing_name,
                "name": name,
                **_document(documents.find(thing_name, name)),
                "changes": [change._asdict() for change in changes],
            }
            for (thing_name, name), changes in islice(chosen, most)
        ]

    def _note(self, thing: str, name: str | None, change: Change) -> None:
        changes = self._changes.setdefault((thing, name), deque(maxlen=MOST_CHANGES))
        changes.append(change)
        self._changes.move_to_end((thing, name))
        if len(self._changes) > MOST_SHADOWS:
            self._changes.popitem(last=False)


def _document(document: ShadowDocument | None) -> dict[str, Any]:
    if document is None:
        return {"version": None, "state": {}}
    sections = {
        "desired": document.desired,
        "reported": document.reported,
        "delta": document.delta,
    }
    state = {name: section.state for name, section in sections.items() if section.state}
    return {"version": document.version, "state": state}
