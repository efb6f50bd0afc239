"""A shadow's document: how updates merge, what a delta is, and how old each value is.

Sources: AWS IoT developer guide, device-shadow-document and device-shadow-mqtt; where the guide is
silent, AWS's own second implementation (aws-greengrass-shadow-manager).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

# What JSON calls an object. None is changed in place: documents share what they have in common.
Object = Mapping[str, Any]
_NOTHING: Object = {}


class Section(NamedTuple):
    """Either half of a document, `desired` or `reported`.

    Attributes:
        state: values by name; empty where the document has no such section.
        metadata: the same names, with `{"timestamp": <seconds>}` in the place of each value.
    """

    state: Object = _NOTHING
    metadata: Object = _NOTHING

    def merged(self, change: Object | None, at: int) -> Section:
        """Return the section after an update.

        Args:
            change: the section of the request; None removes everything.
            at: seconds since the epoch.
        """
        if change is None:
            return Section()
        state, metadata = dict(self.state), dict(self.metadata)
        for name, value in change.items():
            before = state.get(name)
            if isinstance(value, dict) and isinstance(before, dict):
                state[name], metadata[name] = Section(before, metadata[name]).merged(value, at)
                continue
            kept = without_nulls(value)
            if kept is None and isinstance(value, dict) and name in state:
                kept = {}
            if kept is None:
                state.pop(name, None)
                metadata.pop(name, None)
            else:
                state[name], metadata[name] = kept, timestamps(kept, at)
        return Section(state, metadata)

    def difference(self, reported: Object) -> Section:
        """Return what this section, `desired`, wants and `reported` does not have.

        Arrays are values: they are compared, and shown, as a whole.
        """
        state: dict[str, Any] = {}
        metadata: dict[str, Any] = {}
        for name, wanted in self.state.items():
            found = reported.get(name)
            if isinstance(wanted, dict) and isinstance(found, dict):
                inner = Section(wanted, self.metadata[name]).difference(found)
                if inner.state:
                    state[name], metadata[name] = inner
            elif name not in reported or not is_same(wanted, found):
                state[name], metadata[name] = wanted, self.metadata[name]
        return Section(state, metadata)


class ShadowDocument(NamedTuple):
    """A shadow as it was stored by one update.

    The next update makes another.

    Attributes:
        desired: state that programs ask for.
        reported: state that the device says it has.
        version: number of the update.
    """

    desired: Section = Section()
    reported: Section = Section()
    version: int = 0

    def updated(self, state: Object | None, version: int, at: int) -> ShadowDocument:
        """Return the document after an update.

        Args:
            state: the member `state` of the request; None clears both sections.
            version: of the new document.
            at: seconds since the epoch.
        """
        if state is None:
            return ShadowDocument(version=version)
        desired, reported = self.desired, self.reported
        if "desired" in state:
            desired = desired.merged(state["desired"], at)
        if "reported" in state:
            reported = reported.merged(state["reported"], at)
        return ShadowDocument(desired, reported, version)

    @property
    def delta(self) -> Section:
        """The part of `desired` that differs from `reported`.

        Empty where they agree.
        """
        return self.desired.difference(self.reported.state)

    @property
    def size(self) -> int:
        """Bytes of both sections as compact JSON.

        Neither metadata (quotas page) nor a section that the document does not have counts.
        """
        sections = (self.desired, self.reported)
        return sum(len(encode(section.state)) for section in sections if section.state)


def without_nulls(value: Any) -> Any:
    """Return a value without the null members of its objects, or None if no more is left of it.

    An object that was sent empty stays; arrays are kept as they are.
    """
    if not isinstance(value, dict):
        return value
    kept = {
        name: inner for name, each in value.items() if (inner := without_nulls(each)) is not None
    }
    return kept if kept or not value else None


def timestamps(value: Any, at: int) -> Any:
    """Return the metadata of a value that was set at a time, in seconds since the epoch."""
    if isinstance(value, dict):
        return {name: timestamps(each, at) for name, each in value.items()}
    if isinstance(value, list):
        return [timestamps(each, at) for each in value]
    return {"timestamp": at}


def is_same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal: 10 and 10.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def encode(value: Any) -> bytes:
    """Write JSON as the service does: compact, in UTF-8.

    Half of a surrogate pair, which JSON can escape and UTF-8 cannot hold, becomes a question mark,
    as in Java.
    """
    return _encode(value).encode("utf-8", "replace")


_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
