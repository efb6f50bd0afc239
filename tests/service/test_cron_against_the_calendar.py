"""AWS's cron dialect against the calendar, and against the second implementation of it on PyPI.

Expressions are drawn together with what they mean, so that nothing is parsed here: the calendar
alone says whether a day or a minute belongs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.scheduling.cron import DAY, CronExpression
from moto_iot_jobs.service.settings import MINUTE

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Spelled:
    """A field's text, and the values that it means."""

    text: str
    meaning: frozenset[int]


def walk(first: int, last: int, low: int, high: int) -> list[int]:
    values = [first]
    while values[-1] != last:
        values.append(low if values[-1] == high else values[-1] + 1)
    return values


def numbers(
    low: int, high: int, names: tuple[str, ...] = (), steps: bool = True, wraps: bool = True
) -> st.SearchStrategy[Spelled]:
    """Lists of values, ranges, steps and asterisks."""

    def spellings(number: int) -> st.SearchStrategy[str]:
        return st.sampled_from([str(number), *names[number - low : number - low + 1]])

    @st.composite
    def item(draw: st.DrawFn) -> Spelled:
        kind = draw(
            st.sampled_from(["value", "range", "all"] + ["from/", "range/", "all/"] * steps)
        )
        first, last = draw(st.integers(low, high)), draw(st.integers(low, high))
        if not wraps:
            first, last = min(first, last), max(first, last)
        text, values = draw(spellings(first)), [first]
        if kind.startswith("range"):
            text, values = f"{text}-{draw(spellings(last))}", walk(first, last, low, high)
        elif kind.startswith("all"):
            text, values = "*", walk(low, high, low, high)
        elif kind == "from/":
            values = walk(first, high, low, high)
        if kind.endswith("/"):
            step = draw(st.integers(1, high - low))
            text, values = f"{text}/{step}", values[::step]
        return Spelled(text, frozenset(values))

    def listed(items: list[Spelled]) -> Spelled:
        return Spelled(
            ",".join(each.text for each in items),
            frozenset().union(*(each.meaning for each in items)),
        )

    return st.lists(item(), min_size=1, max_size=3).map(listed)


DayTest = Callable[[date], bool]
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)


def weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def is_working(day: date) -> bool:
    return day.isoweekday() <= 5


def is_last(day: date, before: int = 0) -> bool:
    return (day + (before + 1) * A_DAY).day == 1 and (day + before * A_DAY).month == day.month


def is_last_working(day: date) -> bool:
    later = [day + n * A_DAY for n in (1, 2, 3)]
    return is_working(day) and not any(
        is_working(each) and each.month == day.month for each in later
    )


def is_closest_to(number: int, day: date) -> bool:
    try:
        wanted = day.replace(day=number)
    except ValueError:
        return False
    near = [wanted + n * A_DAY for n in (0, -1, 1, -2, 2)]
    return day == next(each for each in near if is_working(each) and each.month == day.month)


def days_of_month() -> st.SearchStrategy[tuple[str, DayTest]]:
    return st.one_of(
        numbers(1, 31).map(lambda field: (field.text, lambda day: day.day in field.meaning)),
        st.just(("L", is_last)),
        st.just(("LW", is_last_working)),
        st.integers(1, 30).map(lambda before: (f"L-{before}", lambda day: is_last(day, before))),
        st.integers(1, 31).map(
            lambda number: (f"{number}W", lambda day: is_closest_to(number, day))
        ),
    )


def days_of_week() -> st.SearchStrategy[tuple[str, DayTest]]:
    number, nth = st.integers(1, 7), st.integers(1, 5)
    return st.one_of(
        numbers(1, 7, WEEKDAYS, steps=False).map(
            lambda field: (field.text, lambda day: weekday(day) in field.meaning)
        ),
        st.just(("L", lambda day: weekday(day) == 7)),
        number.map(
            lambda n: (f"{n}L", lambda day: weekday(day) == n and (day + A_WEEK).month != day.month)
        ),
        st.tuples(number, nth).map(
            lambda pair: (
                "#".join(map(str, pair)),
                lambda day: (weekday(day), (day.day - 1) // 7 + 1) == pair,
            )
        ),
    )


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
YEARS = st.one_of(
    st.just(Spelled("*", frozenset(range(1970, 2200)))), numbers(1970, 2199, wraps=False)
)
DATES = st.dates(date(1970, 1, 1), date(2199, 12, 31)) | st.dates(
    date(2024, 1, 1), date(2029, 1, 1)
)


@st.composite
def day_patterns(draw: st.DrawFn) -> tuple[str, DayTest]:
    """The text of the last four fields, and whether a day matches them."""
    month, year = draw(numbers(1, 12, MONTHS)), draw(YEARS)
    by_date = draw(st.booleans())
    text, holds = draw(days_of_month() if by_date else days_of_week())
    fields = (
        f"{text} {month.text} ? {year.text}" if by_date else f"? {month.text} {text} {year.text}"
    )
    return (
        fields,
        lambda day: day.month in month.meaning and day.year in year.meaning and holds(day),
    )


def milliseconds(day: date) -> int:
    return (day - EPOCH.date()).days * DAY


@settings(max_examples=40, deadline=None)
@given(pattern=day_patterns(), since=DATES)
def test_day_by_day_it_runs_exactly_when_the_calendar_matches(
    pattern: tuple[str, DayTest], since: date
) -> None:
    fields, holds = pattern
    span = [since + n * A_DAY for n in range(400)]
    expected = [milliseconds(day) for day in span if holds(day)]
    expression = CronExpression.parse(f"cron(0 0 {fields})")

    found = expression.occurrences(milliseconds(since), len(expected) + 1)

    assert found[: len(expected)] == expected
    assert all(beyond > milliseconds(span[-1]) for beyond in found[len(expected) :])


@settings(max_examples=40, deadline=None)
@given(
    minute=numbers(0, 59),
    hour=numbers(0, 23),
    pattern=day_patterns(),
    since=DATES,
    offset=st.integers(0, DAY - 1),
)
@example(
    Spelled("0", frozenset({0})),
    Spelled("0", frozenset({0})),
    ("* * ? *", lambda day: day.year < 2200),
    date(2199, 12, 31),
    1,
)
def test_minute_by_minute_it_runs_exactly_when_clock_and_calendar_match(
    minute: Spelled, hour: Spelled, pattern: tuple[str, DayTest], since: date, offset: int
) -> None:
    fields, holds = pattern
    start = milliseconds(since) + offset
    end = start + 2 * DAY
    expected = []
    for n in range(-(-start // MINUTE), -(-end // MINUTE)):
        now = EPOCH + timedelta(minutes=n)
        if now.minute in minute.meaning and now.hour in hour.meaning and holds(now.date()):
            expected.append(n * MINUTE)
    expression = CronExpression.parse(f"cron({minute.text} {hour.text} {fields})")

    found = expression.occurrences(start, len(expected) + 1)

    assert found[: len(expected)] == expected
    assert all(beyond >= end for beyond in found[len(expected) :])


@settings(max_examples=40, deadline=None)
@given(
    minute=numbers(0, 59),
    hour=numbers(0, 23),
    pattern=day_patterns(),
    since=DATES,
    offset=st.integers(0, DAY - 1),
    percent=st.integers(0, 100),
)
def test_from_any_time_up_to_an_occurrence_it_is_the_next(
    minute: Spelled,
    hour: Spelled,
    pattern: tuple[str, DayTest],
    since: date,
    offset: int,
    percent: int,
) -> None:
    fields, holds = pattern
    expression = CronExpression.parse(f"cron({minute.text} {hour.text} {fields})")
    at = milliseconds(since) + offset

    following = expression.first_after(at)

    if following is None:
        assert not any(holds(since + n * A_DAY) for n in range(1, 400))
        assert expression.first_after(at + percent * DAY) is None
        return
    assert at < following
    now = EPOCH + timedelta(milliseconds=following)
    assert now.minute in minute.meaning
    assert now.hour in hour.meaning
    assert holds(now.date())
    between = following - (following - at - 1) * percent // 100
    assert expression.first_at_or_after(between) == following
    assert expression.first_after(between - 1) == following


# --- Against aws-croniter
# ------------------------------------------------------------------------------------


def minute_of(year: int, month: int = 1, day: int = 1) -> int:
    return milliseconds(date(year, month, day)) // MINUTE


def is_shared(field: str) -> bool:
    """Whether aws-croniter 2.1.1 can read it: LW it cannot, L in day-of-week never comes, a list
    may hold no ``*``.
    """
    return field not in ("L", "LW") and (field == "*" or "*" not in field.split(","))


@st.composite
def shared_expressions(draw: st.DrawFn) -> str:
    minute, hour, month = (
        draw(each.map(lambda field: field.text).filter(is_shared))
        for each in (numbers(0, 59), numbers(0, 23), numbers(1, 12, MONTHS))
    )
    # it takes no step of years
    year = draw(st.sampled_from(["*", "2020-2199", "2026,2027,2030", "2026-2028"]))
    day_of_month = (
        days_of_month()
        .map(lambda drawn: drawn[0])
        .filter(lambda text: text == "L" or is_shared(text))
    )
    day_of_week = days_of_week().map(lambda drawn: drawn[0]).filter(is_shared)
    if draw(st.booleans()):
        return f"{minute} {hour} {draw(day_of_month)} {month} ? {year}"
    return f"{minute} {hour} ? {month} {draw(day_of_week)} {year}"


@settings(max_examples=40, deadline=None)
@given(fields=shared_expressions(), since=st.integers(minute_of(2024), minute_of(2032)))
@example("0/30 20-2 ? * MON-FRI *", minute_of(2026, 11, 27))
@example("0 9 31W * ? *", minute_of(2026, 3))
@example("0 9 ? * 3#5 *", minute_of(2026, 3))
def test_aws_croniter_finds_the_same_occurrences(fields: str, since: int) -> None:
    ours, theirs = CronExpression.parse(f"cron({fields})"), AwsCroniter(fields)

    found = theirs.get_next(EPOCH + timedelta(minutes=since), n=5, inclusive=True)

    expected = [(each - EPOCH) // timedelta(milliseconds=1) for each in found if each is not None]
    occurrences = ours.occurrences(since * MINUTE, 5)
    assert occurrences[: len(expected)] == expected
    # It gives up after ten steps, of a month each, so that its silence says only that nothing is
    # near.
    last = expected[-1] if expected else since * MINUTE
    assert all(each > last + 150 * DAY for each in occurrences[len(expected) :])
