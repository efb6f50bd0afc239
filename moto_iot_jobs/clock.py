"""The time that jobs live in, for tests to move.

Without any of this, and without freezegun or time-machine, it is the time of day. All of it ends
with the mock. In moto's server mode (`TEST_SERVER_MODE`) the server's clock is moved.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .moto_api.client import mock
from .plugin.registration import activate

activate()

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def now() -> datetime:
    """Return the time that jobs live in, with time zone (UTC)."""
    return _EPOCH + timedelta(milliseconds=mock().now())


def advance(
    *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
) -> datetime:
    """Move the time forward, and let everything happen that becomes due, in order and each at its
    own moment.

    Args:
        days, hours, minutes, seconds: how far, added together.

    Returns:
        The new time.

    Raises:
        ValueError: the time would go back.
    """
    distance = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    milliseconds = distance // timedelta(milliseconds=1)
    mock().advance(milliseconds)
    return now()


def move_to(when: datetime) -> datetime:
    """Move the time forward to a moment.

    Args:
        when: the moment; one without time zone is taken for UTC.

    Returns:
        The new time.

    Raises:
        ValueError: the moment is in the past.
    """
    moment = when if when.tzinfo is not None else when.replace(tzinfo=timezone.utc)
    return advance(seconds=(moment - now()).total_seconds())
