"""The mock's clock: moto's time, and what tests added to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from moto.core.utils import utcnow

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Clock:
    """The time that jobs live in: moto's, which freezegun and time-machine drive too, plus what
    tests added.
    """

    def __init__(self) -> None:
        self._added = 0
        self._held: int | None = None

    def now(self) -> int:
        """Return the time in milliseconds since the epoch."""
        return (_moto_time() if self._held is None else self._held) + self._added

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within the block, move the time by `advance` alone.

        Afterwards it is moto's again, which has gone on.
        """
        before = self._held
        self._held = _moto_time() if before is None else before
        try:
            yield
        finally:
            self._held = before

    def advance(self, milliseconds: int) -> None:
        """Move the time forward.

        Raises:
            ValueError: the time would go back; what has happened cannot be undone.
        """
        if milliseconds < 0:
            raise ValueError(
                f"The clock only moves forward; {-milliseconds / 1000} seconds back were asked for."
            )
        self._added += milliseconds

    def reset(self) -> None:
        """Return to moto's time."""
        self._added = 0


def _moto_time() -> int:
    elapsed = utcnow().replace(tzinfo=timezone.utc) - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1000 + elapsed.microseconds // 1000
