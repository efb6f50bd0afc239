"""Lengths of time as tests give them: numbers, timedeltas, and ranges to draw from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import isfinite
from typing import TypeAlias

Duration: TypeAlias = float | timedelta
DurationRange: TypeAlias = Duration | tuple[Duration, Duration]

# Keeps every time that devices reach below the end of Python's calendar.
LONGEST_SECONDS = 100 * 365.25 * 86_400
_UNITS = {"seconds": 1, "minutes": 60, "days": 86_400}


def as_seconds(name: str, value: object, unit: str = "seconds") -> float:
    """Return a length of time in seconds.

    Args:
        name: the argument's name, for the error.
        value: a timedelta, or a number of units.
        unit: seconds, minutes or days.

    Raises:
        ValueError: not a length of time, or one of more than a hundred years.
    """
    seconds = _seconds(value, _UNITS[unit])
    if seconds is None:
        raise ValueError(
            f"{name} is {value!r}; it is a number of {unit} or a timedelta, from 0 to a hundred"
            " years."
        )
    return seconds


def as_range(name: str, value: object) -> tuple[float, float]:
    """Return the least and the most seconds of a length of time, or of a pair of them.

    Raises:
        ValueError: neither, or the most is less than the least.
    """
    pair = value if isinstance(value, Sequence) and len(value) == 2 else (value, value)
    least, most = (_seconds(each, 1) for each in pair)
    if least is None or most is None or least > most:
        raise ValueError(
            f"{name} is {value!r}; it is a number of seconds or a pair (least, most), such as"
            " (60, 300)."
        )
    return least, most


def _seconds(value: object, unit: int) -> float | None:
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value * unit
    else:
        return None
    return float(seconds) if isfinite(seconds) and 0 <= seconds <= LONGEST_SECONDS else None
