"""Recurring maintenance windows: the times at which a job may roll out.

A window is open from its start, inclusive, to its end, exclusive. Windows that overlap or follow
one another without a gap count as one. Times are milliseconds since the epoch.

Windows begin and end on whole minutes, so the open minutes of a day are the bits of one integer,
the lowest for midnight: joining windows is an `or`, and looking for an end is arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from moto_iot_jobs.service.settings import MINUTE

from .cron import DAY, MOST_KEPT, CronExpression, Month, month_of

# Ours: AWS gives no limit, and few maintain things at more than a hundred different times.
MOST_WINDOWS = 100
LONGEST_WINDOW_MINUTES = 1430

_MINUTES = DAY // MINUTE
_WHOLE_DAY = (1 << _MINUTES) - 1
_EPOCH = date(1970, 1, 1).toordinal()
_YEARS_END = date(2200, 1, 1).toordinal() - _EPOCH
# As far as a span without a gap is followed in one go.
_HORIZON_DAYS = 366
# As far as the next window is looked for day by day; a search in the fields of its expression costs
# as much.
_NEAR_DAYS = 8


# Nearly all expressions have the same years.
_set_of = lru_cache(maxsize=MOST_KEPT)(frozenset[int])


class _Schedule:
    """One cron expression with the duration of its windows.

    Attributes:
        open_minutes: the minutes kept open by the starts of a day that has any, counted from its
            midnight and going on into the next day.
    """

    __slots__ = ("cron", "days", "months", "open_minutes", "years")

    def __init__(self, cron: CronExpression, minutes: int) -> None:
        self.cron = cron
        self.years, self.months, self.days = _set_of(cron.years), cron.months, cron.days
        starts = sum(1 << minute for minute in cron.minutes)
        opened = sum(starts << 60 * hour for hour in cron.hours)
        length = 1
        while length < minutes:
            step = min(length, minutes - length)
            opened |= opened << step
            length += step
        self.open_minutes = opened


class MaintenanceWindows:
    """The windows of one job's scheduling configuration, taken together.

    Args:
        windows: pairs of a cron expression and a duration in minutes, 1 to 1430 (API reference,
            MaintenanceWindow).

    Raises:
        ValueError: an expression that cannot be read, or another duration.
    """

    def __init__(self, windows: Sequence[tuple[str, int]]) -> None:
        for _, minutes in windows:
            if not 1 <= minutes <= LONGEST_WINDOW_MINUTES:
                raise ValueError(
                    f"A maintenance window lasts 1 to {LONGEST_WINDOW_MINUTES} minutes, not"
                    f" {minutes}."
                )
        self._schedules = [
            _Schedule(CronExpression.parse(text), minutes) for text, minutes in windows
        ]
        self._reach_the_next_day = any(each.open_minutes > _WHOLE_DAY for each in self._schedules)
        self._latest = (0, 0)
        self._open: dict[int, int] = {}

    def open_at(self, at: int) -> int | None:
        """Return the end of the span of windows that covers a time, or None.

        A span without a gap is followed for a year; where it is longer, the result is a time at
        which it is still open.
        """
        # One result holds for the rest of the span, and many devices come during one.
        start, end = self._latest
        if not start <= at < end:
            end = self._end_of_span(at)
            self._latest = (at, end)
        return end if at < end else None

    def last_change(self, at: int, since: int) -> int | None:
        """Return the last time up to `at` at which a span began or ended.

        Args:
            since: the earliest time that counts.

        Returns:
            The time, or None when there is none.
        """
        day, minute = divmod(at // MINUTE, _MINUTES)
        is_open = self._minutes(day) >> minute & 1
        first = since // MINUTE // _MINUTES - 1
        while day >= first:
            same = self._minutes(day) if is_open else ~self._minutes(day)
            others = ~same & ((1 << minute + 1) - 1)
            if others:
                change = day * DAY + others.bit_length() * MINUTE
                return change if since <= change <= at else None
            day, minute = day - 1, _MINUTES - 1
        return None

    def next_opening(self, at: int) -> int | None:
        """Return the first start of a window later than a time, or None when there is none."""
        day, minute = divmod(at // MINUTE, _MINUTES)
        opened = self._minutes(day) >> minute
        if not opened & 1:
            for each in range(day, day + _NEAR_DAYS):
                if opened:
                    lowest = (opened & -opened).bit_length() - 1
                    return each * DAY + (minute + lowest) * MINUTE
                opened, minute = self._minutes(each + 1), 0
        return min(self.next_starts(at, 1), default=None)

    def next_starts(self, at: int, count: int = 7) -> list[int]:
        """Return the first starts of windows later than a time, each once, as DescribeJob does."""
        starts = {
            start for each in self._schedules for start in each.cron.occurrences(at + 1, count)
        }
        return sorted(starts)[:count]

    def _end_of_span(self, at: int) -> int:
        day, minute = divmod(at // MINUTE, _MINUTES)
        for each in range(day, day + _HORIZON_DAYS + 1):
            opened = self._minutes(each) >> minute
            # The lowest bit that is not set is alone in this.
            minute += (~opened & opened + 1).bit_length() - 1
            if minute < _MINUTES:
                return each * DAY + minute * MINUTE
            minute = 0
        return (day + _HORIZON_DAYS + 1) * DAY

    def _minutes(self, day: int) -> int:
        """Return the open minutes of a day since the epoch."""
        minutes = self._open.get(day)
        if minutes is None:
            if len(self._open) > _HORIZON_DAYS:
                self._open.clear()
            minutes = self._opened_on(day)
            if self._reach_the_next_day:
                minutes = (minutes | self._opened_on(day - 1) >> _MINUTES) & _WHOLE_DAY
            self._open[day] = minutes
        return minutes

    def _opened_on(self, day: int) -> int:
        """Return the minutes that the starts of a day keep open."""
        if not 0 <= day < _YEARS_END:
            return 0
        on, month = _date_of(day)
        opened = 0
        for each in self._schedules:
            if on.year in each.years and on.month in each.months and on.day in each.days[month]:
                # Days that are alike share a number: it is long, and there are many of them.
                opened = opened | each.open_minutes if opened else each.open_minutes
        return opened


# As many days as the windows of one job are kept for: those of all jobs look at the same ones.
@lru_cache(maxsize=_HORIZON_DAYS)
def _date_of(day: int) -> tuple[date, Month]:
    """Return the date of a day since the epoch, and its month."""
    on = date.fromordinal(day + _EPOCH)
    return on, month_of(on.year, on.month)
