"""Everything that a store holds, written down, so that two moments or two stores can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_iot_jobs.service.listing import _Indexes
from moto_iot_jobs.service.sorted_index import SortedIndex
from moto_iot_jobs.service.timers import TimerQueue

# These never change, apart from what they remember of their own answers.
_UNCHANGING = ("JobDocument", "MaintenanceWindows")


def ordered(value: Any) -> Any:
    """Return a value, a listing's indexes by their keys.

    They are looked up or merged whenever they are read, and stand in the order in which they came
    to be.
    """
    if isinstance(value, _Indexes):
        return dict(sorted(value.items()))
    if isinstance(value, dict) and any(isinstance(each, _Indexes) for each in value.values()):
        return {chosen: ordered(indexes) for chosen, indexes in sorted(value.items())}
    return value


def dump_state(root: object) -> list[str]:
    """Return every object of the core that can be reached from one, written down with its
    attributes.
    """
    numbers: dict[int, int] = {}
    found: list[object] = []

    def written(value: Any) -> str:
        match value:
            case SortedIndex():
                return written(list(value.descending()))
            case TimerQueue():
                return f"{len(value)} timers from {value.next_due()} on"
            case Mapping():
                return (
                    "{"
                    + ", ".join(f"{written(key)}: {written(each)}" for key, each in value.items())
                    + "}"
                )
            case set():
                return written(sorted(value))
            case list() | tuple() if not hasattr(value, "_fields"):
                return "[" + ", ".join(map(written, value)) + "]"
        kind = type(value)
        if kind.__hash__ is not object.__hash__:
            return repr(value)  # a plain value or a frozen record
        if not kind.__module__.startswith("moto_iot_jobs.service") or kind.__name__ in _UNCHANGING:
            return kind.__name__
        if id(value) not in numbers:
            numbers[id(value)] = len(found)
            found.append(value)
        return f"#{numbers[id(value)]}"

    written(root)
    shown = []
    for each in found:  # which grows meanwhile
        slots = [name for kind in type(each).__mro__ for name in getattr(kind, "__slots__", ())]
        attributes = [
            f"{name}={written(ordered(getattr(each, name)))}"
            for name in dict.fromkeys([*slots, *getattr(each, "__dict__", {})])
        ]
        shown.append(f"{type(each).__name__}: {', '.join(attributes)}")
    return shown
