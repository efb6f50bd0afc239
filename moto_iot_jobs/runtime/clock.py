"""The mock's clock: moto's time, and the distance that tests added to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from time import time

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# The last millisecond that a datetime can have.
_LAST = 253_402_300_799_999


class Clock:
    """The time of jobs: moto's time plus what tests added.

    freezegun and time-machine drive moto's time.
    """

    def __init__(self) -> None:
        self._added = 0
        self._frozen_at = 0
        self._freezes: set[int] = set()
        self._frozen = 0

    def now(self) -> int:
        """Return the time in milliseconds since the epoch."""
        return (self._frozen_at if self._freezes else _moto_time()) + self._added

    def freeze(self) -> int:
        """Stop the clock, so that only `advance` and `move_to` move it.

        Return a number to end it by.
        """
        if not self._freezes:
            self._frozen_at = _moto_time()
        self._frozen += 1
        self._freezes.add(self._frozen)
        return self._frozen

    def unfreeze(self, number: int) -> None:
        """End one `freeze`: the time is moto's again, which has gone on. Idempotent."""
        self._freezes.discard(number)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Freeze the clock within the block."""
        number = self.freeze()
        try:
            yield
        finally:
            self.unfreeze(number)

    def advance(self, milliseconds: int) -> None:
        """Move the time forward.

        Raises:
            ValueError: the time would go back, which cannot undo what has happened, or beyond the
                year 9999.
        """
        self.check(milliseconds)
        self._added += milliseconds

    def check(self, milliseconds: int) -> None:
        """Check that the time can be moved that far.

        Raises:
            ValueError: as `advance`.
        """
        now = self.now()
        if milliseconds < 0:
            raise ValueError(
                f"The clock only moves forward: it is {_as_text(now)} now, and"
                f" {_as_text(now + milliseconds)} is before that."
            )
        if now + milliseconds > _LAST:
            raise ValueError("The clock cannot be moved beyond the year 9999.")

    def reset(self) -> None:
        """Return to moto's time."""
        self._added = 0
        self._freezes.clear()


def _as_text(milliseconds: int) -> str:
    try:
        return f"{_EPOCH + timedelta(milliseconds=milliseconds):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return f"{milliseconds / 1000} s of the epoch"


def _moto_time() -> int:
    # In microseconds first, as `datetime.now` has it: a time that was frozen at a millisecond is a
    # little less or more in seconds.
    return round(time() * 1_000_000) // 1000
