"""Maintenance windows: when they are open, when they open next, and how they join."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.scheduling.cron import DAY, CronExpression
from moto_iot_jobs.service.scheduling.windows import MaintenanceWindows
from moto_iot_jobs.service.settings import MINUTE

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
TEN_TO_ELEVEN = ("cron(0 10 * * ? *)", 60)


def at(text: str) -> int:
    """``2026-11-21 20:35`` in milliseconds since the epoch."""
    return (datetime.fromisoformat(text).replace(tzinfo=timezone.utc) - EPOCH) // timedelta(
        milliseconds=1
    )


def open_until(time: str, *windows: tuple[str, int]) -> str | None:
    together = MaintenanceWindows(windows)
    end = together.open_at(at(time))
    while end is not None and (later := together.open_at(end)) is not None:
        end = later  # spans of more than a year are followed in parts
    return None if end is None else f"{EPOCH + timedelta(milliseconds=end):%Y-%m-%d %H:%M}"


def next_starts(time: str, *windows: tuple[str, int]) -> list[str]:
    return [
        f"{EPOCH + timedelta(milliseconds=start):%m-%d %H:%M}"
        for start in MaintenanceWindows(windows).next_starts(at(time))
    ]


def test_a_window_is_open_from_its_start_until_just_before_its_end() -> None:
    windows = MaintenanceWindows([TEN_TO_ELEVEN])
    start, end = at("2026-11-21 10:00"), at("2026-11-21 11:00")
    assert windows.open_at(start - 1) is None
    assert windows.open_at(start) == end
    assert windows.open_at(end - 1) == end
    assert windows.open_at(end) is None


def test_the_same_result_is_given_in_whatever_order_times_are_passed() -> None:
    windows = MaintenanceWindows([TEN_TO_ELEVEN])
    for hour, end in (
        (10.5, 11),
        (10, 11),
        (34.2, 35),
        (10.9, 11),
        (9, None),
        (11, None),
        (10, 11),
    ):
        time = at("2026-11-21 00:00") + round(hour * 60) * MINUTE
        assert windows.open_at(time) == (
            None if end is None else at("2026-11-21 00:00") + end * 60 * MINUTE
        )


def test_a_window_goes_on_past_midnight_and_past_the_end_of_a_year() -> None:
    late = ("cron(0 23 31 12 ? 2026)", 120)
    assert (
        open_until("2026-12-31 23:30", late)
        == open_until("2027-01-01 00:59", late)
        == "2027-01-01 01:00"
    )
    assert open_until("2027-01-01 01:00", late) is None


def test_the_longest_window_of_a_daily_start_leaves_ten_minutes_closed() -> None:
    long = ("cron(0 10 * * ? *)", 1430)
    assert open_until("2026-11-21 10:00", long) == "2026-11-22 09:50"
    assert open_until("2026-11-22 09:50", long) is None
    assert open_until("2026-11-22 10:00", long) == "2026-11-23 09:50"


def test_several_windows_a_day_are_open_one_by_one() -> None:
    thrice = ("cron(0 10,12,14 * * ? *)", 60)
    ends = [open_until(f"2026-11-21 {hour}:30", thrice) for hour in range(10, 16)]
    assert ends == ["2026-11-21 11:00", None, "2026-11-21 13:00", None, "2026-11-21 15:00", None]


def test_overlapping_windows_count_as_one_until_the_last_of_them_ends() -> None:
    overlapping = (TEN_TO_ELEVEN, ("cron(30 10 * * ? *)", 60), ("cron(15 11 * * ? *)", 5))
    assert open_until("2026-11-21 10:00", *overlapping) == "2026-11-21 11:30"


def test_a_window_inside_another_does_not_shorten_it() -> None:
    assert (
        open_until("2026-11-21 10:20", TEN_TO_ELEVEN, ("cron(15 10 * * ? *)", 10))
        == "2026-11-21 11:00"
    )


def test_windows_that_follow_one_another_without_a_gap_count_as_one() -> None:
    assert (
        open_until("2026-11-21 10:00", TEN_TO_ELEVEN, ("cron(0 11 * * ? *)", 60))
        == "2026-11-21 12:00"
    )
    assert (
        open_until("2026-11-21 10:00", TEN_TO_ELEVEN, ("cron(1 11 * * ? *)", 60))
        == "2026-11-21 11:00"
    )


def test_windows_that_are_longer_than_the_time_between_their_starts_join_for_as_long_as_they_start() -> (
    None
):
    working_days = ("cron(0 * ? * MON-FRI *)", 90)
    assert open_until("2026-11-23 00:00", working_days) == "2026-11-28 00:30"
    assert open_until("2026-11-28 00:30", working_days) is None


@pytest.mark.parametrize(
    "windows, end",
    [
        ([("cron(0 * * * ? *)", 1430)], "2200-01-01 22:50"),
        ([("cron(* * * * ? *)", 1)], "2200-01-01 00:00"),
        ([("cron(0 0 * * ? *)", 720), ("cron(0 12 * * ? *)", 720)], "2200-01-01 00:00"),
        ([("cron(0 * ? * MON-FRI *)", 60), ("cron(0 * ? * SAT,SUN *)", 60)], "2200-01-01 00:00"),
        ([("cron(0 * 1-15 * ? *)", 60), ("cron(0 * 16-31 * ? *)", 60)], "2200-01-01 00:00"),
        ([("cron(0 * * 1-6 ? *)", 60), ("cron(0 * * 7-12 ? *)", 60)], "2200-01-01 00:00"),
        ([("cron(0 * * * ? *)", 60), ("cron(0 10 1 1 ? 2027)", 90)], "2200-01-01 00:00"),
    ],
)
def test_windows_without_any_gap_are_open_until_the_last_year_is_over(
    windows: list[tuple[str, int]], end: str
) -> None:
    assert open_until("2026-11-21 20:35", *windows) == end
    assert open_until("2199-12-31 23:30", *windows) == end


@pytest.mark.parametrize(
    "windows, end",
    [
        ([("cron(0 * ? * SUN-FRI *)", 60)], "2026-11-28 00:00"),
        ([("cron(0 * 1-30 * ? *)", 60)], "2026-12-31 00:00"),
        ([("cron(0 * 1-28 * ? *)", 60), ("cron(0 * 30-31 * ? *)", 60)], "2026-11-29 00:00"),
        ([("cron(0 * * JAN-NOV ? *)", 60), ("cron(0 * 1-30 DEC ? *)", 60)], "2026-12-31 00:00"),
        ([("cron(0 * * JAN,MAR-DEC ? *)", 60), ("cron(0 * 1-28 FEB ? *)", 60)], "2028-02-29 00:00"),
        ([("cron(0 * * * ? 2020-2030)", 60)], "2031-01-01 00:00"),
        ([("cron(0 0-21 * * ? *)", 60), ("cron(0 22 * * ? 2020-2027)", 120)], "2028-01-01 22:00"),
        ([("cron(0 2-23 * * ? *)", 60), ("cron(0 0 * * ? 2020-2027)", 120)], "2028-01-01 00:00"),
    ],
)
def test_a_gap_is_found_however_far_away(windows: list[tuple[str, int]], end: str) -> None:
    assert open_until("2026-11-22 20:35", *windows) == end


def test_the_next_opening_is_the_first_start_later_than_the_time() -> None:
    windows = MaintenanceWindows([TEN_TO_ELEVEN, ("cron(30 10 * * ? *)", 60)])
    ten, half_past = at("2026-11-21 10:00"), at("2026-11-21 10:30")
    assert windows.next_opening(ten - 1) == ten
    assert windows.next_opening(ten) == half_past
    assert windows.next_opening(half_past) == ten + DAY


def test_there_is_no_next_opening_when_the_years_are_over() -> None:
    assert (
        MaintenanceWindows([("cron(0 10 * * ? 2026)", 60)]).next_opening(at("2026-12-31 10:00"))
        is None
    )
    assert MaintenanceWindows([("cron(0 10 31 2 ? *)", 60)]).next_opening(0) is None


def test_the_next_seven_starts_are_those_of_all_windows_together_each_once() -> None:
    mondays, noon = ("cron(0 12 ? * MON *)", 30), ("cron(0 12 * * ? *)", 60)
    assert next_starts("2026-11-21 12:00", TEN_TO_ELEVEN, noon, mondays) == [
        f"11-{day} {hour}:00" for day in (22, 23, 24) for hour in (10, 12)
    ] + ["11-25 10:00"]


def test_there_are_fewer_next_starts_when_the_years_are_over() -> None:
    assert next_starts("2026-12-29 10:00", ("cron(0 10 * * ? 2026)", 60)) == [
        "12-30 10:00",
        "12-31 10:00",
    ]
    assert MaintenanceWindows([TEN_TO_ELEVEN]).next_starts(0, 2) == [
        10 * 60 * MINUTE,
        34 * 60 * MINUTE,
    ]


def test_before_the_first_window_and_after_the_last_none_is_open() -> None:
    in_2026 = ("cron(0 10 * * ? 2026)", 60)
    assert open_until("2026-01-01 09:59", in_2026) is None
    assert open_until("2026-12-31 11:00", in_2026) is None
    assert open_until("1970-01-01 00:00", in_2026) is None
    assert open_until("2300-01-01 00:00", in_2026) is None


def test_without_windows_none_is_open_and_none_opens() -> None:
    none = MaintenanceWindows([])
    assert (none.open_at(at("2026-11-21 10:00")), none.next_opening(0), none.next_starts(0)) == (
        None,
        None,
        [],
    )


@pytest.mark.parametrize("minutes", [0, -1, 1431])
def test_a_window_lasts_from_one_minute_to_ten_minutes_short_of_a_day(minutes: int) -> None:
    with pytest.raises(
        ValueError, match=f"A maintenance window lasts 1 to 1430 minutes, not {minutes}"
    ):
        MaintenanceWindows([("cron(0 10 * * ? *)", minutes)])


def test_a_start_that_cannot_be_read_is_an_error_with_the_message_of_the_cron_field() -> None:
    with pytest.raises(ValueError, match="The hours field has '24' where 0-23 should be"):
        MaintenanceWindows([TEN_TO_ELEVEN, ("cron(0 24 * * ? *)", 60)])


def test_many_calls_during_one_span_search_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = MaintenanceWindows([TEN_TO_ELEVEN])
    end = windows.open_at(at("2026-11-21 10:00"))

    def searched(self: MaintenanceWindows, at: int) -> int:
        raise AssertionError("the span is known")

    monkeypatch.setattr(MaintenanceWindows, "_end_of_span", searched)
    assert windows.open_at(at("2026-11-21 10:59")) == end


def last_change(time: str, since: str, *windows: tuple[str, int]) -> str | None:
    change = MaintenanceWindows(windows).last_change(at(time), at(since))
    return None if change is None else f"{EPOCH + timedelta(milliseconds=change):%Y-%m-%d %H:%M}"


def test_the_last_change_is_the_beginning_or_the_end_of_a_span() -> None:
    day, overlapping = "2026-11-21", (TEN_TO_ELEVEN, ("cron(30 10 * * ? *)", 60))
    for time, change in (
        ("09:59:59", "2026-11-20 11:30"),
        ("10:00", "2026-11-21 10:00"),
        ("10:30", "2026-11-21 10:00"),
        ("11:29", "2026-11-21 10:00"),
        ("11:30", "2026-11-21 11:30"),
        ("23:59", "2026-11-21 11:30"),
    ):
        assert last_change(f"{day} {time}", "2026-11-01 00:00", *overlapping) == change


def test_the_last_change_goes_back_over_days_as_far_as_requested() -> None:
    saturdays = ("cron(0 22 ? * SAT *)", 240)
    assert last_change("2026-11-27 12:00", "2026-11-01 00:00", saturdays) == "2026-11-22 02:00"
    assert last_change("2026-11-22 01:00", "2026-11-01 00:00", saturdays) == "2026-11-21 22:00"
    assert last_change("2026-11-27 12:00", "2026-11-22 02:00", saturdays) == "2026-11-22 02:00"
    assert last_change("2026-11-27 12:00", "2026-11-22 02:01", saturdays) is None


SOME_WINDOWS = st.lists(
    st.tuples(
        st.builds(
            "cron({} {} {} ? *)".format,
            st.sampled_from(["0", "0/10", "50-55", "17,43"]),
            st.sampled_from(["*", "0", "23", "10", "0/6", "20-4"]),
            st.sampled_from(
                ["* *", "1 *", "1-15 *", "16-31 *", "L *", "15W *", "* 1", "* 2-12", "29 2"]
            ),
        ),
        st.sampled_from([1, 5, 10, 59, 60, 61, 360, 600, 1430]),
    ),
    min_size=1,
    max_size=3,
)


def open_minutes(text: str, duration: int, first: int, end: int) -> set[int]:
    """The minutes that lie within the duration of a start, one after the other; no window lasts a
    day.
    """
    starts = set(CronExpression.parse(text).occurrences(first - DAY, (end - first + DAY) // MINUTE))
    closes, found = first, set()
    for minute in range(first - DAY, end, MINUTE):
        if minute in starts:
            closes = minute + duration * MINUTE
        if minute < closes:
            found.add(minute)
    return found


@settings(max_examples=15, deadline=None)
@given(windows=SOME_WINDOWS, start=st.integers(at("2024-01-30 00:00"), at("2028-03-02 00:00")))
def test_minute_by_minute_a_window_is_open_for_its_duration_after_each_start(
    windows: list[tuple[str, int]], start: int
) -> None:
    first = start - start % MINUTE
    end_of_test = first + DAY + DAY // 2
    opened = set[int]().union(*(open_minutes(*window, first, end_of_test) for window in windows))
    together = MaintenanceWindows(windows)

    for minute in range(first, first + DAY, 11 * MINUTE):
        end = together.open_at(minute)
        assert (end is not None) == (minute in opened)
        if end is not None:
            assert opened.issuperset(range(minute, min(end, end_of_test), MINUTE))
            assert end not in opened


@settings(max_examples=100, deadline=None)
@given(windows=SOME_WINDOWS, time=st.integers(at("2024-01-30 00:00"), at("2028-03-02 00:00")))
def test_the_next_opening_is_the_first_start_of_any_expression(
    windows: list[tuple[str, int]], time: int
) -> None:
    starts = [CronExpression.parse(text).first_after(time) for text, _ in windows]
    first = min((start for start in starts if start is not None), default=None)
    assert MaintenanceWindows(windows).next_opening(time) == first


def test_days_that_are_alike_share_a_number() -> None:
    # It is long, and a year of a thousand jobs has hundreds of thousands of days.
    windows = MaintenanceWindows([("cron(0 3 * * ? *)", 60)])
    assert windows._minutes(20_000) is windows._minutes(20_001)
