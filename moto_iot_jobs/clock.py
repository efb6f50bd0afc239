"""The mock's clock, for tests to move.

Without any of this, and without freezegun or time-machine, it shows the time of day. All of it ends
with the mock. In moto's server mode (`TEST_SERVER_MODE`) the server's clock is moved. Without a
mock each function raises RuntimeError.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from .moto_api.client import mock
from .moto_api.handle import Handle

if TYPE_CHECKING:
    from .moto_api.client import Reach

__all__ = ["Clock", "FrozenClock", "advance", "freeze", "move_to", "now"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


class FrozenClock(Handle):
    """A clock that only `advance` and `move_to` move, until `cancel` or the end of the block."""

    def cancel(self) -> None:
        """Let the time of day move the clock again. Idempotent."""
        self._home.unfreeze(self._number)


class Clock:
    """The clock of one mock.

    The functions of the module are those of the mock in this process.

    Args:
        reach: gives the mock.
    """

    def __init__(self, reach: Reach = mock) -> None:
        self._reach = reach

    def now(self) -> datetime:
        """Return the mock's time, with time zone (UTC)."""
        return _time(self._reach("clock.now()").now())

    def advance(
        self,
        distance: timedelta | None = None,
        /,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
    ) -> datetime:
        """Move the time forward, and run every timer that becomes due.

        They run in order, each at its own time.

        Args:
            distance: how far; added to the units that are given by name.
            weeks, days, hours, minutes, seconds, milliseconds: how far, added together.

        Returns:
            The new time.

        Raises:
            TypeError: the distance is no timedelta, or a unit no number.
            ValueError: the time would go back, or beyond the year 9999. Nothing has changed then.
        """
        home = self._reach("clock.advance()")
        if distance is not None and not isinstance(distance, timedelta):
            raise TypeError(_no_distance(distance))
        try:
            units = timedelta(
                weeks=weeks,
                days=days,
                hours=hours,
                minutes=minutes,
                seconds=seconds,
                milliseconds=milliseconds,
            )
            whole = units if distance is None else units + distance
        except TypeError:
            given: tuple[object, ...] = (weeks, days, hours, minutes, seconds, milliseconds)
            wrong = next(each for each in given if not isinstance(each, int | float))
            raise TypeError(_no_distance(wrong)) from None
        except (OverflowError, ValueError) as problem:
            raise ValueError(f"The clock cannot be moved that far: {problem}.") from None
        home.advance(whole // _MILLISECOND)
        return _time(home.now())

    def move_to(self, when: datetime | str) -> datetime:
        """Move the time forward to a point in time, and run every timer that becomes due.

        Args:
            when: a datetime, or text in ISO 8601 such as "2040-01-01T12:00"; UTC where it has no
                time zone.

        Returns:
            The new time.

        Raises:
            TypeError: it is neither.
            ValueError: it is in the past, or the text is no time. Nothing has changed then.
        """
        home = self._reach("clock.move_to()")
        point = when if isinstance(when, datetime) else _parsed(when)
        if point.tzinfo is None:
            point = point.replace(tzinfo=timezone.utc)
        home.move_to((point - _EPOCH) // _MILLISECOND)
        return _time(home.now())

    def freeze(self) -> FrozenClock:
        """Stop the clock, so that only `advance` and `move_to` move it.

        Returns:
            The frozen clock, for `with`, or to be cancelled; it ends with the mock. The clock goes
            on at the time that it would show if it had not been stopped.
        """
        home = self._reach("clock.freeze()")
        return FrozenClock(home.freeze(), home)


def _no_distance(given: object) -> str:
    return (
        "clock.advance() takes a timedelta, or numbers of units by name (weeks=, days=, hours=,"
        f" minutes=, seconds=, milliseconds=); not {given!r}."
    )


def _time(milliseconds: int) -> datetime:
    return _EPOCH + milliseconds * _MILLISECOND


def _parsed(text: object) -> datetime:
    if not isinstance(text, str):
        raise TypeError(
            f"clock.move_to() takes a datetime, or text such as '2040-01-01T12:00'; not {text!r}."
        )
    try:
        # Python 3.10 reads no "Z".
        return datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no time in ISO 8601; write for instance '2040-01-01T12:00'."
        ) from None


clock = Clock()
"""The clock of the mock in this process."""

now = clock.now
advance = clock.advance
move_to = clock.move_to
freeze = clock.freeze
