"""Start and end of a job: reading a scheduling configuration, and AWS's checks of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.settings import (
    MINUTE,
    MaintenanceWindow,
    SchedulingConfig,
    TargetSelection,
)

# Not imported for all: maintenance windows and their cron expressions are for the jobs that have
# some.
if TYPE_CHECKING:
    from .windows import MaintenanceWindows

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FORMAT = r"(?a)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}"
_LEAD = 30 * MINUTE
_YEAR = 365 * 24 * 60 * MINUTE


def to_milliseconds(text: str) -> int:
    """Read `YYYY-MM-DDThh:mm`, UTC.

    Raises:
        InvalidRequest: another format (wording captured).
    """
    try:
        if not re.fullmatch(_FORMAT, text):
            raise ValueError(text)
        parsed = datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=timezone.utc)
    except ValueError:
        raise InvalidRequest(
            f"1 validation error detected: Provided time {text} UTC must follow the format"
            " YYYY-MM-DDThh:mm."
        ) from None
    return (parsed - _EPOCH) // timedelta(milliseconds=1)


def to_text(at: int) -> str:
    """Write milliseconds as `YYYY-MM-DDThh:mm`, UTC."""
    return (_EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%dT%H:%M")


def check_windows(
    config: SchedulingConfig | None, selection: TargetSelection
) -> MaintenanceWindows | None:
    """Check maintenance windows against the rest of the request, and return them.

    Raises:
        InvalidRequest: the job is a SNAPSHOT, has no startTime, or a window's cron expression
            cannot be read.
    """
    if config is None or not config.maintenance_windows:
        return None
    if selection is TargetSelection.SNAPSHOT:
        raise InvalidRequest(
            "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job."
        )
    if config.start_time is None:
        raise InvalidRequest(
            "MaintenanceWindow cannot be used without StartTime of SchedulingConfig."
        )
    return read_windows(config.maintenance_windows)


def read_windows(windows: tuple[MaintenanceWindow, ...] | None) -> MaintenanceWindows | None:
    """Return maintenance windows in a form that can be searched.

    Raises:
        InvalidRequest: a cron expression cannot be read (the sentence is ours).
    """
    if not windows:
        return None
    from .windows import MOST_WINDOWS, MaintenanceWindows

    try:
        if len(windows) > MOST_WINDOWS:
            raise ValueError(
                f"A job has at most {MOST_WINDOWS} maintenance windows, not {len(windows)}."
            )
        return MaintenanceWindows(
            [(window.start_time, window.duration_in_minutes) for window in windows]
        )
    except ValueError as problem:
        raise InvalidRequest(f"MaintenanceWindow is invalid. {problem}") from None


def start_and_end(config: SchedulingConfig | None, now: int) -> tuple[int | None, int | None]:
    """Return startTime and endTime in milliseconds, None where there is none.

    Raises:
        InvalidRequest: wrong format, or outside the ranges of AWS IoT developer guide,
            jobs-configurations-details (the sentences about ranges are ours; AWS's were not
            captured).
    """
    if config is None:
        return None, None
    start = to_milliseconds(config.start_time) if config.start_time is not None else None
    end = to_milliseconds(config.end_time) if config.end_time is not None else None
    if start is not None and not now + _LEAD <= start <= now + _YEAR:
        raise InvalidRequest(
            f"StartTime {config.start_time} is invalid. It must be between 30 minutes and 1 year"
            " from the current time."
        )
    if end is not None:
        _check_end(config, start, end, now)
    return start, end


def _check_end(config: SchedulingConfig, start: int | None, end: int, now: int) -> None:
    if not now + _LEAD <= end <= now + 2 * _YEAR:
        raise InvalidRequest(
            f"EndTime {config.end_time} is invalid. It must be between 30 minutes and 2 years from"
            " the current time."
        )
    if start is not None and end - start < _LEAD:
        raise InvalidRequest(
            f"EndTime {config.end_time} is invalid. It must be at least 30 minutes after StartTime."
        )
