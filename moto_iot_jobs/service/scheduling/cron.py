"""AWS's cron dialect, always in UTC.

``cron(minutes hours day-of-month month day-of-week year)``

An expression is parsed into the values that each field allows. A search then picks a year, a month,
a day and a time of day, in that order: it goes from field to field, never from minute to minute.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from moto_iot_jobs.service.lazy import lazy
from moto_iot_jobs.service.settings import MINUTE

DAY = 24 * 60 * MINUTE
MOST_KEPT = 100
_EPOCH = date(1970, 1, 1).toordinal()
_AFTER_THE_YEARS = date(2200, 1, 1).toordinal()
# Bounds for year, month, day and minute of the day that shut nothing out.
_EARLIEST = (0, 0, 0, 0)


@dataclass(frozen=True)
class Field:
    """The grammar of one of the six fields."""

    name: str
    low: int
    high: int
    wildcards: str
    names: tuple[str, ...] = ()
    wraps: bool = True

    def values(self, text: str) -> tuple[int, ...]:
        """Return the numbers that a list of numbers, names, ranges and increments stands for."""
        items = dict.fromkeys(text.split(","))
        return tuple(sorted(set[int]().union(*map(self._item, items))))

    def _item(self, text: str) -> Iterable[int]:
        span, increments, step = text.partition("/")
        start, is_range, end = span.partition("-")
        low = self.low if span == "*" else self.value(start)
        high = self.value(end) if is_range else self.high if increments or span == "*" else low
        if increments and not (re.fullmatch("[0-9]{1,4}", step) and int(step)):
            raise self.error(f"has {step!r} behind the / of {text!r} where 1-9999 should be")
        if high >= low:
            return range(low, high + 1, int(step or 1))
        if not self.wraps:
            raise self.error(f"has the range {span!r}, which ends before it begins")
        # A range that ends before it begins goes on past the field's end: 20-2 is 8 pm to 2 am
        # (EventBridge user guide, "Cron expressions reference").
        size = self.high - self.low + 1
        return [
            self.low + (low - self.low + distance) % size
            for distance in range(0, high - low + size + 1, int(step or 1))
        ]

    def value(self, text: str) -> int:
        """Return the number that a single number or name stands for."""
        if text in self.names:
            return self.low + self.names.index(text)
        if not re.fullmatch("[0-9]{1,4}", text) or not self.low <= int(text) <= self.high:
            named = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
            raise self.error(f"has {text!r} where {self.low}-{self.high}{named} should be")
        return int(text)

    def check_wildcards(self, text: str) -> None:
        """Check that the field takes each wildcard, and that none stands in a list that may not."""
        # the L of JUL and the W of WED are no wildcards
        bare = re.sub("|".join(self.names), "", text)
        for sign in bare:
            if sign in ",-*?/LW#" and sign not in self.wildcards:
                raise self.error(
                    f"does not take the wildcard {sign}, only {' '.join(self.wildcards)}"
                )
            if sign in "?LW#" and "," in bare:
                raise self.error(f"has {sign} in the list {text!r}, but {sign} must stand alone")

    def error(self, problem: str) -> ValueError:
        """Return the error that says what is wrong with this field."""
        return ValueError(f"The {self.name} field {problem}.")


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

# AWS IoT developer guide, "How job configurations work", and EventBridge user guide, "Cron
# expressions reference".
FIELDS = (
    Field("minutes", 0, 59, ",-*/"),
    Field("hours", 0, 23, ",-*/"),
    Field("day-of-month", 1, 31, ",-*?/LW"),
    Field("month", 1, 12, ",-*/", _MONTHS),
    Field("day-of-week", 1, 7, ",-*?L#", _WEEKDAYS),
    Field("year", 1970, 2199, ",-*/", wraps=False),
)
MINUTES, HOURS, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR = FIELDS
_MON_TO_FRI = DAY_OF_WEEK.values("MON-FRI")


class Month(NamedTuple):
    """All that a day rule needs to know of a month. Weekdays count from 1, Sunday."""

    length: int
    first_weekday: int

    def days_on(self, *weekdays: int) -> Sequence[int]:
        """Return the days that fall on one of the weekdays, in order."""
        return _days_on(self, weekdays)


@cache
def _days_on(month: Month, weekdays: tuple[int, ...]) -> Sequence[int]:
    first = [1 + (weekday - month.first_weekday) % 7 for weekday in weekdays]
    return sorted(day for start in first for day in range(start, month.length + 1, 7))


@cache
def month_of(year: int, month: int) -> Month:
    """Return the length and the first weekday of a month."""
    first_weekday, length = monthrange(year, month)
    return Month(length, (first_weekday + 1) % 7 + 1)  # the calendar module counts from 0, Monday


# among them each month begins on each weekday, and February is at its longest
_LEAP_YEARS = range(2000, 2028, 4)
_EVERY_MONTH = [
    Month(length, first_weekday) for length in (28, 29, 30, 31) for first_weekday in range(1, 8)
]
DayRule = Callable[[Month], Sequence[int]]


def _day_of_month(text: str) -> DayRule:
    if text == "LW":  # the last Monday to Friday
        return lambda month: month.days_on(*_MON_TO_FRI)[-1:]
    # the last day, or with L-3 three days before it; documented for Quartz, used with AWS
    if text.startswith("L"):
        if not (last := re.fullmatch("L(?:-([1-9]|[12][0-9]|30))?", text)):
            raise DAY_OF_MONTH.error(
                f"has {text[1:]!r} behind the L of {text!r} where W or -1 to -30 should be"
            )
        before = int(last[1] or 0)
        return lambda month: [month.length - before] if before < month.length else []
    if text.endswith("W"):  # the Monday to Friday closest to a date, never in another month
        near = DAY_OF_MONTH.value(text[:-1])

        def distance(day: int) -> int:
            return abs(day - near)

        return lambda month: (
            [min(month.days_on(*_MON_TO_FRI), key=distance)] if near <= month.length else []
        )
    dates = DAY_OF_MONTH.values(text)
    return lambda month: dates[: bisect_right(dates, month.length)]


def _day_of_week(text: str) -> DayRule:
    weekday, has_nth, nth = text.partition("#")
    if has_nth:  # 3#2 is the second Tuesday; a month without a fifth Tuesday has nothing for 3#5
        if nth not in ("1", "2", "3", "4", "5"):
            raise DAY_OF_WEEK.error(f"has {nth!r} behind the # of {text!r} where 1-5 should be")
        on, number = DAY_OF_WEEK.value(weekday), int(nth)
        return lambda month: month.days_on(on)[number - 1 : number]
    if text.endswith("L") and text != "L":  # 6L is the last Friday
        last = DAY_OF_WEEK.value(text[:-1])
        return lambda month: month.days_on(last)[-1:]
    # L alone is the last day of the week
    weekdays = DAY_OF_WEEK.values("SAT" if text == "L" else text)
    return lambda month: month.days_on(*weekdays)


# Expressions that differ only in the time of day share what is large.
@lru_cache(maxsize=MOST_KEPT)
def _dates(
    day_of_month: str, month: str, day_of_week: str, year: str
) -> tuple[Sequence[int], Sequence[int], Mapping[Month, Sequence[int]]]:
    """Return the years, months and days of an expression."""
    rule = _day_of_month(day_of_month) if day_of_week == "?" else _day_of_week(day_of_week)
    days = {each: rule(each) for each in _EVERY_MONTH}
    years = YEAR.values(year)
    # Without the months that never have such a day, a search for 31 February ends at once.
    months = [
        each
        for each in MONTH.values(month)
        if any(days[month_of(year, each)] for year in _LEAP_YEARS)
    ]
    return years, months, days


@dataclass(frozen=True)
class CronExpression:
    """A parsed expression.

    Times are milliseconds since the epoch; occurrences fall on whole minutes, UTC.
    """

    text: str
    years: Sequence[int] = field(repr=False, compare=False)
    months: Sequence[int] = field(repr=False, compare=False)
    days: Mapping[Month, Sequence[int]] = field(repr=False, compare=False)
    hours: Sequence[int] = field(repr=False, compare=False)
    minutes: Sequence[int] = field(repr=False, compare=False)

    @lazy
    def times(self) -> Sequence[int]:
        """The times of day, in minutes since midnight."""
        return [60 * hour + minute for hour in self.hours for minute in self.minutes]

    @classmethod
    @lru_cache(maxsize=MOST_KEPT)
    def parse(cls, text: str) -> CronExpression:
        """Read ``cron(minutes hours day-of-month month day-of-week year)``.

        Letters may be in either case.

        Raises:
            ValueError: with a sentence that names the field and what is wrong with it.
        """
        if not (wrapped := re.fullmatch(r"cron\((.*)\)", text, re.DOTALL)):
            raise ValueError(
                f"{text!r} is not of the form cron(minutes hours day-of-month month day-of-week"
                " year)."
            )
        parts = wrapped[1].upper().split()
        if len(parts) != len(FIELDS):
            raise ValueError(
                f"{text!r} has {len(parts)} fields, not six:"
                f" {', '.join(each.name for each in FIELDS)}."
            )
        for each, part in zip(FIELDS, parts, strict=True):
            each.check_wildcards(part)
        minutes, hours, day_of_month, month, day_of_week, year = parts
        if (day_of_month == "?") == (day_of_week == "?"):
            raise ValueError(
                f"{text!r} must have ? in one of the day-of-month and day-of-week fields, and only"
                " one."
            )
        return cls(
            text,
            *_dates(day_of_month, month, day_of_week, year),
            hours=HOURS.values(hours),
            minutes=MINUTES.values(minutes),
        )

    def first_at_or_after(self, at: int) -> int | None:
        """Return the first occurrence at a time or later, or None when the years are over."""
        days, time = divmod(-(-at // MINUTE), 24 * 60)
        start = date.fromordinal(max(_EPOCH - 1, min(_EPOCH + days, _AFTER_THE_YEARS)))
        found = self._search((start.year, start.month, start.day, time), ())
        if found is None:
            return None
        year, month, day, time = found
        return (date(year, month, day).toordinal() - _EPOCH) * DAY + time * MINUTE

    def first_after(self, at: int) -> int | None:
        """Return the first occurrence later than a time, or None when the years are over."""
        return self.first_at_or_after(at + 1)

    def occurrences(self, at: int, limit: int) -> list[int]:
        """Return the first occurrences at a time or later, in order.

        There are fewer than the limit when the years are over.
        """
        found: list[int] = []
        following = self.first_at_or_after(at)
        while following is not None and len(found) < limit:
            found.append(following)
            following = self.first_after(following)
        return found

    def _search(self, bound: tuple[int, ...], chosen: tuple[int, ...]) -> tuple[int, ...] | None:
        """Complete what is chosen, earliest values first.

        A field past its bound leaves those after it free.
        """
        if len(chosen) == len(bound):
            return chosen
        values, limit = self._values_after(chosen), bound[len(chosen)]
        for value in values[bisect_left(values, limit) :]:
            found = self._search(bound if value == limit else _EARLIEST, (*chosen, value))
            if found is not None:
                return found
        return None

    def _values_after(self, chosen: tuple[int, ...]) -> Sequence[int]:
        match chosen:
            case ():
                return self.years
            case (_,):
                return self.months
            case (year, month):
                return self.days[month_of(year, month)]
            case _:
                return self.times
