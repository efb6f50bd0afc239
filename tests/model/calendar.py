"""Maintenance windows and moments, worked out by looking at every day: slow, and easy to check by
eye.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

Window = dict[str, Any]


def in_words(timestamp: int) -> str:
    """Write a moment as schedules do."""
    return datetime.fromtimestamp(timestamp / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M")


def in_milliseconds(words: str) -> int:
    """Read a moment of a schedule."""
    return (
        int(datetime.strptime(words, "%Y-%m-%dT%H:%M").replace(tzinfo=timezone.utc).timestamp())
        * 1000
    )


def openings(window: Window, first: int, last: int) -> list[int]:
    """List when a window opens, from `first` to `last`, both included.

    Of AWS's cron only what this test asks for: a minute, an hour or `*`, and a day of the week or
    `*`.
    """
    minute, hour, _, _, weekday, _ = (
        window["startTime"].removeprefix("cron(").removesuffix(")").split()
    )
    found = []
    for day in range(first // DAY, last // DAY + 1):
        # 1970-01-01 was a Thursday, the fifth day of AWS's week.
        if weekday not in ("?", "*", WEEKDAYS[(day + 4) % 7]):
            continue
        for each in range(24) if hour == "*" else [int(hour)]:
            timestamp = day * DAY + each * HOUR + int(minute) * MINUTE
            if first <= timestamp <= last:
                found.append(timestamp)
    return found


def is_open(windows: list[Window], timestamp: int) -> bool:
    """Return whether one of the windows is open at a moment."""
    return any(
        begin <= timestamp < begin + window["durationInMinutes"] * MINUTE
        for window in windows
        for begin in openings(window, timestamp - window["durationInMinutes"] * MINUTE, timestamp)
    )


def changes(windows: list[Window], after: int, until: int) -> list[tuple[int, bool]]:
    """List the moments after one and until another at which windows open (True) or close; those
    that touch are one.
    """
    timestamps = {
        timestamp
        for window in windows
        for begin in openings(window, after - DAY, until)
        for timestamp in (begin, begin + window["durationInMinutes"] * MINUTE)
        if after < timestamp <= until
    }
    return [
        (timestamp, is_open(windows, timestamp))
        for timestamp in sorted(timestamps)
        if is_open(windows, timestamp) != is_open(windows, timestamp - 1)
    ]
