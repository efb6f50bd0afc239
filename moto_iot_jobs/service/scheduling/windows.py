"""Recurring maintenance windows: when a job may roll out, and when it must wait.

A window is open from its start, inclusive, to its end, exclusive. Windows that overlap or follow
one another without a gap count as one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from .cron import DAY, MINUTE, YEAR, CronExpression

_LAST_DAY = (date(2199, 12, 31) - date(1970, 1, 1)).days * DAY


@dataclass(frozen=True, order=True)
class Window:
    """A span of time in milliseconds; the end no longer belongs to it."""

    start: int
    end: int


def _joined(windows: Iterable[Window]) -> list[Window]:
    """The same time in as few windows as possible, in order."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return joined


class _Schedule:
    """One cron expression with the duration of its windows."""

    def __init__(self, cron: CronExpression, duration: int) -> None:
        self.cron = cron
        # What one day's starts keep open, counted from midnight: the same on every day that has
        # starts.
        self.daily = _joined(Window(time * MINUTE, time * MINUTE + duration) for time in cron.times)
        self._starts = [window.start for window in self.daily]

    def open_until(self, moment: int) -> int:
        """When the window that is open at the moment ends, as far as that day's starts go; else
        the moment.
        """
        start = self.cron.last_at_or_before(moment)
        if start is None:
            return moment
        time_of_day = start % DAY
        window = self.daily[bisect_right(self._starts, time_of_day) - 1]
        return max(moment, start - time_of_day + window.end)


def _covers_the_second_day(first: Iterable[_Schedule], second: Iterable[_Schedule]) -> bool:
    windows = [window for each in first for window in each.daily]
    windows += [
        Window(DAY + window.start, DAY + window.end) for each in second for window in each.daily
    ]
    return any(window.start <= DAY and window.end >= 2 * DAY for window in _joined(windows))


class MaintenanceWindows:
    """The windows of one job's scheduling configuration, taken together.

    Args:
        windows: pairs of a cron expression and a duration in minutes, 1 to 1430 (API reference,
            MaintenanceWindow).

    Raises:
        ValueError: an expression that cannot be read, or another duration.

    Moments and results are milliseconds since the epoch.
    """

    def __init__(self, windows: Sequence[tuple[str, int]]) -> None:
        for _, minutes in windows:
            if not 1 <= minutes <= 1430:
                raise ValueError(f"A maintenance window lasts 1 to 1430 minutes, not {minutes}.")
        self._schedules = [
            _Schedule(CronExpression.parse(text), minutes * MINUTE) for text, minutes in windows
        ]
        self._latest = Window(0, 0)

    def open_at(self, moment: int) -> int | None:
        """The end of the window that covers the moment; None outside of every window.

        Windows that join it are included, so it is the first moment at which no window is open.
        """
        # The answer holds for the rest of the window, and many devices ask during one.
        if not self._latest.start <= moment < self._latest.end:
            self._latest = Window(moment, self._closing(moment))
        return self._latest.end if moment < self._latest.end else None

    def next_opening(self, moment: int) -> int | None:
        """The first start later than the moment, also while a window is open; None when there is
        none left.
        """
        return min(self.next_starts(moment, 1), default=None)

    def next_starts(self, moment: int, count: int = 7) -> list[int]:
        """The first ``count`` starts later than the moment, each once; DescribeJob shows seven of
        them.
        """
        starts = {
            start for each in self._schedules for start in each.cron.occurrences(moment + 1, count)
        }
        return sorted(starts)[:count]

    def _closing(self, moment: int) -> int:
        end = moment
        while (later := self._open_until(end)) > end:
            end = later
            if moment + 7 * DAY < end < _LAST_DAY and self._never_closes:
                end = _LAST_DAY  # instead of following the windows to it, day by day
        return end

    def _open_until(self, moment: int) -> int:
        return max((each.open_until(moment) for each in self._schedules), default=moment)

    @cached_property
    def _never_closes(self) -> bool:
        """Whether the schedules without end leave no gap on any day, whatever ran on the day
        before.

        Twenty-eight years hold every pair of days, one after the other, that the calendar can
        offer.
        """
        lasting = [each for each in self._schedules if each.cron.years == YEAR.values("*")]
        days = (
            date.fromordinal(day)
            for day in range(date(2001, 1, 1).toordinal(), date(2029, 1, 3).toordinal())
        )
        running = (tuple(each for each in lasting if each.cron.runs_on(day)) for day in days)
        return all(_covers_the_second_day(*pair) for pair in set(pairwise(running)))
