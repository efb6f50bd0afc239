"""AWS's cron dialect: its documented examples, every wildcard, every refusal, and what a search
costs.
"""

from __future__ import annotations

import copy
import pickle
import re
from datetime import datetime, timedelta, timezone

import pytest

from moto_iot_jobs.service.scheduling.cron import DAY, CronExpression
from moto_iot_jobs.service.settings import MINUTE

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def at(text: str) -> int:
    """``2026-11-21 20:35`` in milliseconds since the epoch."""
    return (datetime.fromisoformat(text).replace(tzinfo=timezone.utc) - EPOCH) // timedelta(
        milliseconds=1
    )


def written(at: int) -> str:
    return (EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%d %H:%M")


def runs(expression: str, since: str, count: int) -> list[str]:
    return [
        written(each) for each in CronExpression.parse(expression).occurrences(at(since), count)
    ]


def days(expression: str, since: str, count: int) -> list[str]:
    return [each.removesuffix(" 00:00") for each in runs(f"cron(0 0 {expression})", since, count)]


def minutes(expression: str, since: str, count: int) -> list[str]:
    return [
        each.removeprefix(since[:11]) for each in runs(f"cron({expression} * ? *)", since, count)
    ]


# --- The examples that AWS documents
# -------------------------------------------------------------------------

IOT = "AWS IoT developer guide, How job configurations work"
EVENTBRIDGE = "EventBridge user guide, Cron expressions reference"
SYSTEMS_MANAGER = "Systems Manager user guide, Cron and rate expressions"


@pytest.mark.parametrize(
    "expression, expected, source",
    [
        ("cron(0 10 * * ? *)", ["11-20 10:00", "11-21 10:00", "11-22 10:00"], IOT),
        ("cron(0 18 ? * MON-FRI *)", ["11-20 18:00", "11-23 18:00", "11-24 18:00"], IOT),
        ("cron(0 8 1 * ? *)", ["12-01 08:00", "01-01 08:00", "02-01 08:00"], IOT),
        ("cron(15 12 * * ? *)", ["11-20 12:15", "11-21 12:15", "11-22 12:15"], EVENTBRIDGE),
        ("cron(0/15 * * * ? *)", ["11-20 00:00", "11-20 00:15", "11-20 00:30"], EVENTBRIDGE),
        ("cron(0/10 * ? * MON-FRI *)", ["11-20 00:00", "11-20 00:10", "11-20 00:20"], EVENTBRIDGE),
        (
            "cron(0/5 8-17 ? * MON-FRI *)",
            ["11-20 08:00", "11-20 08:05", "11-20 08:10"],
            EVENTBRIDGE,
        ),
        ("cron(0 12 * * ? *)", ["11-20 12:00", "11-21 12:00", "11-22 12:00"], EVENTBRIDGE),
        ("cron(5,35 14 * * ? *)", ["11-20 14:05", "11-20 14:35", "11-21 14:05"], EVENTBRIDGE),
        ("cron(0 2 ? * THU#3 *)", ["12-17 02:00", "01-21 02:00", "02-18 02:00"], SYSTEMS_MANAGER),
        ("cron(15 10 ? * * *)", ["11-20 10:15", "11-21 10:15", "11-22 10:15"], SYSTEMS_MANAGER),
        (
            "cron(15 10 ? * MON-FRI *)",
            ["11-20 10:15", "11-23 10:15", "11-24 10:15"],
            SYSTEMS_MANAGER,
        ),
        ("cron(0 2 L * ? *)", ["11-30 02:00", "12-31 02:00", "01-31 02:00"], SYSTEMS_MANAGER),
        ("cron(15 10 ? * 6L *)", ["11-27 10:15", "12-25 10:15", "01-29 10:15"], SYSTEMS_MANAGER),
        ("cron(30 09 ? * * *)", ["11-20 09:30", "11-21 09:30", "11-22 09:30"], SYSTEMS_MANAGER),
        ("cron(0 0/8 * * ? *)", ["11-20 00:00", "11-20 08:00", "11-20 16:00"], SYSTEMS_MANAGER),
        ("cron(15 13 ? * MON *)", ["11-23 13:15", "11-30 13:15", "12-07 13:15"], SYSTEMS_MANAGER),
    ],
)
def test_a_documented_example_runs_when_its_page_says(
    expression: str, expected: list[str], source: str
) -> None:
    since_a_friday = "2026-11-20 00:00"
    assert [each.partition("-")[2] for each in runs(expression, since_a_friday, 3)] == expected, (
        source
    )


def test_the_documented_working_hours_end_at_five_to_six_and_skip_the_weekend() -> None:
    assert runs("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-20 17:50", 3) == [
        "2026-11-20 17:50",
        "2026-11-20 17:55",
        "2026-11-23 08:00",
    ]


def test_the_documented_last_friday_stops_with_its_last_year() -> None:
    fridays = runs("cron(15 10 ? * 6L 2019-2022)", "1970-01-01 00:00", 100)
    assert (len(fridays), fridays[0], fridays[-1]) == (48, "2019-01-25 10:15", "2022-12-30 10:15")


def test_the_documented_night_shift_wraps_within_each_of_its_days() -> None:
    # Every field is matched on its own: Monday has its small hours, and Friday's night ends at
    # midnight.
    night = "cron(0/30 20-2 ? * MON-FRI *)"
    assert runs(night, "2026-11-23 00:00", 8) == [
        f"2026-11-23 {time}"
        for time in ("00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "20:00", "20:30")
    ]
    assert runs(night, "2026-11-27 23:30", 2) == ["2026-11-27 23:30", "2026-11-30 00:00"]


# --- Wildcards
# -----------------------------------------------------------------------------------------------


def test_a_comma_lists_values_in_any_order_and_each_counts_once() -> None:
    assert minutes("45,5,5,30 10 *", "2026-11-21 10:00", 3) == ["10:05", "10:30", "10:45"]
    assert days("1 JAN,FEB,MAR ? *", "2026-01-02", 3) == ["2026-02-01", "2026-03-01", "2027-01-01"]


def test_a_dash_is_a_range_with_both_its_ends() -> None:
    assert minutes("58-59 10 *", "2026-11-21 10:00", 2) == ["10:58", "10:59"]
    assert days("1-15 * ? *", "2026-11-15", 2) == ["2026-11-15", "2026-12-01"]
    assert minutes("7-7 10-11 *", "2026-11-21 00:00", 2) == ["10:07", "11:07"]


def test_a_range_that_ends_before_it_begins_goes_on_past_the_end_of_its_field() -> None:
    assert minutes("58-1 10 *", "2026-11-21 10:00", 4) == ["10:00", "10:01", "10:58", "10:59"]
    assert minutes("0 22-2 *", "2026-11-21 00:00", 5) == [
        "00:00",
        "01:00",
        "02:00",
        "22:00",
        "23:00",
    ]
    assert days("30-2 * ? *", "2026-11-29", 4) == [
        "2026-11-30",
        "2026-12-01",
        "2026-12-02",
        "2026-12-30",
    ]
    assert days("1 NOV-FEB ? *", "2026-02-02", 4) == [
        "2026-11-01",
        "2026-12-01",
        "2027-01-01",
        "2027-02-01",
    ]
    assert days("? * FRI-MON *", "2026-11-18", 5) == [
        f"2026-11-{day}" for day in (20, 21, 22, 23, 27)
    ]


def test_an_asterisk_is_every_value() -> None:
    assert minutes("* 10 *", "2026-11-21 10:58", 2) == ["10:58", "10:59"]
    assert days("? * * *", "2026-11-30", 2) == ["2026-11-30", "2026-12-01"]


def test_a_slash_steps_from_its_start_to_the_end_of_the_field() -> None:
    assert minutes("1/10 10 *", "2026-11-21 10:00", 6) == [
        "10:01",
        "10:11",
        "10:21",
        "10:31",
        "10:41",
        "10:51",
    ]
    assert minutes("*/25 10 *", "2026-11-21 10:00", 3) == ["10:00", "10:25", "10:50"]
    assert minutes("0/60 10,11 *", "2026-11-21 10:00", 2) == ["10:00", "11:00"]
    assert days("10/10 * ? *", "2026-01-11", 4) == [
        "2026-01-20",
        "2026-01-30",
        "2026-02-10",
        "2026-02-20",
    ]
    assert days("1 1 ? 2020/50", "1970-01-01", 9) == [
        "2020-01-01",
        "2070-01-01",
        "2120-01-01",
        "2170-01-01",
    ]


def test_a_slash_steps_through_a_range_and_keeps_its_rhythm_where_the_range_wraps() -> None:
    assert minutes("0 11-23/4 *", "2026-11-21 00:00", 4) == ["11:00", "15:00", "19:00", "23:00"]
    assert minutes("0 21-4/3 *", "2026-11-21 00:00", 3) == ["00:00", "03:00", "21:00"]


def test_l_in_day_of_month_is_its_last_day() -> None:
    assert days("L * ? *", "2027-12-01", 4) == [
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
    ]


def test_l_with_a_distance_counts_back_from_the_last_day() -> None:
    assert days("L-3 2 ? *", "2027-01-01", 2) == ["2027-02-25", "2028-02-26"]
    assert days("L-30 * ? *", "2027-01-01", 3) == ["2027-01-01", "2027-03-01", "2027-05-01"]
    assert days("L-29 * ? *", "2027-01-01", 3) == ["2027-01-02", "2027-03-02", "2027-04-01"]


def test_lw_is_the_last_monday_to_friday_of_the_month() -> None:
    assert days("LW * ? *", "2026-10-01", 4) == [
        "2026-10-30",
        "2026-11-30",
        "2026-12-31",
        "2027-01-29",
    ]


def test_w_is_the_weekday_closest_to_the_date() -> None:
    saturday, sunday, monday = "2026-11-14", "2026-11-15", "2026-11-16"
    assert days("14W 11 ? 2026", "2026-01-01", 2) == ["2026-11-13"], saturday
    assert days("15W 11 ? 2026", "2026-01-01", 2) == [monday], sunday
    assert days("16W 11 ? 2026", "2026-01-01", 2) == [monday]


def test_w_does_not_leave_the_month() -> None:
    assert days("1W 8 ? 2026", "2026-01-01", 2) == ["2026-08-03"], "the first is a Saturday"
    assert days("1W 11 ? 2026", "2026-01-01", 2) == ["2026-11-02"], "the first is a Sunday"
    assert days("31W 1 ? 2027", "2026-01-01", 2) == ["2027-01-29"], "the last is a Sunday"
    assert days("31W 10 ? 2026", "2026-01-01", 2) == ["2026-10-30"], "the last is a Saturday"
    assert days("31W * ? 2026", "2026-03-02", 3) == [
        "2026-03-31",
        "2026-05-29",
        "2026-07-31",
    ], "April has no 31st"


def test_l_alone_in_day_of_week_is_the_last_day_of_the_week() -> None:
    assert days("? * L *", "2026-11-21", 3) == ["2026-11-21", "2026-11-28", "2026-12-05"]


def test_l_behind_a_weekday_is_its_last_one_in_the_month() -> None:
    assert days("? * 5L *", "2026-11-01", 2) == ["2026-11-26", "2026-12-31"]
    assert days("? * 5L *", "2026-11-01", 9) == days("? * ThuL *", "2026-11-01", 9)


def test_a_number_sign_is_the_nth_such_weekday_of_the_month() -> None:
    assert days("? * 3#2 *", "2026-11-01", 3) == ["2026-11-10", "2026-12-08", "2027-01-12"]
    assert days("? * SUN#1 *", "2026-11-01", 2) == ["2026-11-01", "2026-12-06"]
    assert [days(f"? * 2#{nth} *", "2026-11-01", 1) for nth in (1, 2, 3, 4, 5)] == [
        ["2026-11-02"],
        ["2026-11-09"],
        ["2026-11-16"],
        ["2026-11-23"],
        ["2026-11-30"],
    ]


def test_a_month_without_a_fifth_such_weekday_is_left_out() -> None:
    assert days("? * MON#5 *", "2026-10-01", 3) == ["2026-11-30", "2027-03-29", "2027-05-31"]
    assert days("? 2 MON#5 *", "2026-10-01", 2) == ["2044-02-29", "2072-02-29"]


@pytest.mark.parametrize("number, name", list(enumerate(MONTHS, start=1)))
def test_a_month_goes_by_number_or_name_in_either_case(number: int, name: str) -> None:
    expected = [f"2026-{number:02}-05"]
    for spelling in (str(number), f"{number:02}", name, name.lower(), name.title()):
        assert days(f"5 {spelling} ? 2026", "2026-01-01", 2) == expected


@pytest.mark.parametrize("number, name", list(enumerate(WEEKDAYS, start=1)))
def test_a_weekday_goes_by_number_from_sunday_or_by_name_in_either_case(
    number: int, name: str
) -> None:
    the_first_was_a_sunday = f"2026-11-{number:02}"
    for spelling in (str(number), name, name.lower(), name.title()):
        assert days(f"? * {spelling} *", "2026-11-01", 1) == [the_first_was_a_sunday]


def test_fields_may_be_apart_by_any_white_space_and_letters_in_either_case() -> None:
    assert runs("cron( 0\t10  l\n* ? * )", "2026-11-01 00:00", 1) == ["2026-11-30 10:00"]


# --- Errors
# ------------------------------------------------------------------------------------------------

ONE_QUESTION_MARK = "must have ? in one of the day-of-month and day-of-week fields, and only one."


@pytest.mark.parametrize(
    "expression, sentence",
    [
        ("", "'' is not of the form cron(minutes hours day-of-month month day-of-week year)."),
        (
            "0 10 * * ? *",
            (
                "'0 10 * * ? *' is not of the form cron(minutes hours day-of-month month"
                " day-of-week year)."
            ),
        ),
        ("rate(5 minutes)", "is not of the form cron("),
        ("2026-11-21T20:35", "is not of the form cron("),
        ("cron(0 10 * * ? *", "is not of the form cron("),
        ("cron(0 10 * * ? *) ", "is not of the form cron("),
        (
            "cron()",
            "has 0 fields, not six: minutes, hours, day-of-month, month, day-of-week, year.",
        ),
        ("cron(0 10 * * ?)", "has 5 fields, not six"),
        ("cron(0 0 10 * * ? *)", "has 7 fields, not six"),
        ("cron(0 10 * * * *)", ONE_QUESTION_MARK),
        ("cron(0 10 ? * ? *)", ONE_QUESTION_MARK),
        ("cron(0 10 1 * MON *)", ONE_QUESTION_MARK),
        ("cron(60 10 * * ? *)", "The minutes field has '60' where 0-59 should be."),
        ("cron(-1 10 * * ? *)", "The minutes field has '' where 0-59 should be."),
        ("cron(five 10 * * ? *)", "The minutes field has 'FIVE' where 0-59 should be."),
        ("cron(x 10 * * ? *)", "The minutes field has 'X' where 0-59 should be."),
        ("cron(1,,5 10 * * ? *)", "The minutes field has '' where 0-59 should be."),
        ("cron(1-2-3 10 * * ? *)", "The minutes field has '2-3' where 0-59 should be."),
        ("cron(*-5 10 * * ? *)", "The minutes field has '*' where 0-59 should be."),
        ("cron(/5 10 * * ? *)", "The minutes field has '' where 0-59 should be."),
        ("cron(\u0665 10 * * ? *)", "The minutes field has '\u0665' where 0-59 should be."),
        (
            "cron(0/0 10 * * ? *)",
            "The minutes field has '0' behind the / of '0/0' where 1-9999 should be.",
        ),
        (
            "cron(0/ 10 * * ? *)",
            "The minutes field has '' behind the / of '0/' where 1-9999 should be.",
        ),
        (
            "cron(0/5/5 10 * * ? *)",
            "The minutes field has '5/5' behind the / of '0/5/5' where 1-9999 should be.",
        ),
        ("cron(? 10 * * ? *)", "The minutes field does not take the wildcard ?, only , - * /."),
        ("cron(L 10 * * ? *)", "The minutes field does not take the wildcard L, only , - * /."),
        ("cron(0 24 * * ? *)", "The hours field has '24' where 0-23 should be."),
        ("cron(0 5W * * ? *)", "The hours field does not take the wildcard W, only , - * /."),
        ("cron(0 3#2 * * ? *)", "The hours field does not take the wildcard #, only , - * /."),
        ("cron(0 10 0 * ? *)", "The day-of-month field has '0' where 1-31 should be."),
        ("cron(0 10 32 * ? *)", "The day-of-month field has '32' where 1-31 should be."),
        ("cron(0 10 MON * ? *)", "The day-of-month field has 'MON' where 1-31 should be."),
        (
            "cron(0 10 3#2 * ? *)",
            "The day-of-month field does not take the wildcard #, only , - * ? / L W.",
        ),
        ("cron(0 10 W * ? *)", "The day-of-month field has '' where 1-31 should be."),
        ("cron(0 10 32W * ? *)", "The day-of-month field has '32' where 1-31 should be."),
        ("cron(0 10 1-5W * ? *)", "The day-of-month field has '1-5' where 1-31 should be."),
        (
            "cron(0 10 15W,20 * ? *)",
            "The day-of-month field has W in the list '15W,20', but W must stand alone.",
        ),
        (
            "cron(0 10 1,L * ? *)",
            "The day-of-month field has L in the list '1,L', but L must stand alone.",
        ),
        (
            "cron(0 10 ?,1 * ? *)",
            "The day-of-month field has ? in the list '?,1', but ? must stand alone.",
        ),
        ("cron(0 10 5L * ? *)", "The day-of-month field has '5L' where 1-31 should be."),
        (
            "cron(0 10 L-31 * ? *)",
            "The day-of-month field has '-31' behind the L of 'L-31' where W or -1 to -30",
        ),
        (
            "cron(0 10 L5 * ? *)",
            "The day-of-month field has '5' behind the L of 'L5' where W or -1 to -30 should be.",
        ),
        ("cron(0 10 1 0 ? *)", "The month field has '0' where 1-12 or JAN-DEC should be."),
        ("cron(0 10 1 13 ? *)", "The month field has '13' where 1-12 or JAN-DEC should be."),
        ("cron(0 10 1 MAI ? *)", "The month field has 'MAI' where 1-12 or JAN-DEC should be."),
        ("cron(0 10 1 MON ? *)", "The month field has 'MON' where 1-12 or JAN-DEC should be."),
        ("cron(0 8 * ? 2-6 *)", "The month field does not take the wildcard ?, only , - * /."),
        ("cron(0 10 1 JULL ? *)", "The month field does not take the wildcard L, only , - * /."),
        ("cron(0 10 ? * 0 *)", "The day-of-week field has '0' where 1-7 or SUN-SAT should be."),
        ("cron(0 10 ? * 8 *)", "The day-of-week field has '8' where 1-7 or SUN-SAT should be."),
        (
            "cron(0 10 ? * FRIDAY *)",
            "The day-of-week field has 'FRIDAY' where 1-7 or SUN-SAT should be.",
        ),
        (
            "cron(0 10 ? * */2 *)",
            "The day-of-week field does not take the wildcard /, only , - * ? L #.",
        ),
        (
            "cron(0 10 ? * 2W *)",
            "The day-of-week field does not take the wildcard W, only , - * ? L #.",
        ),
        (
            "cron(0 10 ? * 3#1,6#3 *)",
            "The day-of-week field has # in the list '3#1,6#3', but # must stand alone.",
        ),
        (
            "cron(0 10 ? * WED,6L *)",
            "The day-of-week field has L in the list 'WED,6L', but L must stand alone.",
        ),
        (
            "cron(0 10 ? * 3#0 *)",
            "The day-of-week field has '0' behind the # of '3#0' where 1-5 should be.",
        ),
        (
            "cron(0 10 ? * 3#6 *)",
            "The day-of-week field has '6' behind the # of '3#6' where 1-5 should be.",
        ),
        (
            "cron(0 10 ? * 3# *)",
            "The day-of-week field has '' behind the # of '3#' where 1-5 should be.",
        ),
        ("cron(0 10 ? * #2 *)", "The day-of-week field has '' where 1-7 or SUN-SAT should be."),
        ("cron(0 10 ? * 8L *)", "The day-of-week field has '8' where 1-7 or SUN-SAT should be."),
        ("cron(0 10 ? * L-3 *)", "The day-of-week field has 'L' where 1-7 or SUN-SAT should be."),
        ("cron(0 10 * * ? 1969)", "The year field has '1969' where 1970-2199 should be."),
        ("cron(0 10 * * ? 2200)", "The year field has '2200' where 1970-2199 should be."),
        ("cron(0 10 * * ? 26)", "The year field has '26' where 1970-2199 should be."),
        ("cron(0 10 * * ? ?)", "The year field does not take the wildcard ?, only , - * /."),
        (
            "cron(0 10 * * ? 2030-2026)",
            "The year field has the range '2030-2026', which ends before it begins.",
        ),
    ],
)
def test_an_error_names_the_field_and_what_is_wrong_with_it(expression: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        CronExpression.parse(expression)


# --- Searching
# -----------------------------------------------------------------------------------------------


def test_the_first_at_or_after_includes_the_time_itself_and_the_first_after_does_not() -> None:
    daily = CronExpression.parse("cron(0 10 * * ? *)")
    ten, ten_tomorrow = at("2026-11-21 10:00"), at("2026-11-22 10:00")
    assert daily.first_at_or_after(ten) == ten
    assert daily.first_after(ten) == ten_tomorrow
    assert daily.first_after(ten - 1) == ten
    assert daily.first_at_or_after(ten + 1) == ten_tomorrow


def test_occurrences_begin_at_the_time_itself_and_stop_at_the_limit() -> None:
    daily = CronExpression.parse("cron(0 10 * * ? *)")
    ten = at("2026-11-21 10:00")
    assert daily.occurrences(ten, 3) == [ten, ten + DAY, ten + 2 * DAY]
    assert daily.occurrences(ten, 0) == []


def test_the_year_2100_has_no_leap_day() -> None:
    assert days("29 2 ? *", "2095-01-01", 3) == ["2096-02-29", "2104-02-29", "2108-02-29"]


def test_the_years_run_from_1970_to_2199() -> None:
    every_minute = CronExpression.parse("cron(* * * * ? *)")
    first, last = at("1970-01-01 00:00"), at("2199-12-31 23:59")
    assert every_minute.first_at_or_after(-(10**20)) == first == 0
    assert every_minute.first_at_or_after(first - DAY + MINUTE) == first
    assert every_minute.first_at_or_after(last) == last
    assert every_minute.first_after(last) is None
    assert every_minute.first_at_or_after(10**20) is None
    assert every_minute.occurrences(last - MINUTE, 5) == [last - MINUTE, last]


def test_a_year_that_is_over_does_not_come_again() -> None:
    in_2026 = CronExpression.parse("cron(0 0 1 1 ? 2026)")
    assert in_2026.first_at_or_after(at("2026-01-01 00:01")) is None


@pytest.mark.parametrize(
    "impossible",
    ["31 2 ? *", "30 2 ? *", "31 4,JUN,9,11 ? *", "31W 4 ? *", "29 2 ? 2100", "L-29 2 ? *"],
)
def test_a_date_that_no_month_has_never_comes(impossible: str) -> None:
    never = CronExpression.parse(f"cron(0 0 {impossible})")
    assert never.first_at_or_after(0) is None


@pytest.mark.parametrize(
    "expression, steps",
    [
        ("cron(* * * * ? *)", 4),
        ("cron(59 23 31 12 ? *)", 4),
        ("cron(0 0 29 2 ? *)", 20),
        ("cron(0 0 ? 2 THU#5 *)", 120),  # 2052
        ("cron(0 0 31 2 ? *)", 240),  # not a step a day, nor one a month, until 2199
    ],
)
def test_a_search_costs_steps_from_field_to_field_not_from_minute_to_minute(
    expression: str, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0
    values_after = CronExpression._values_after

    def counted(self: CronExpression, chosen: tuple[int, ...]) -> object:
        nonlocal taken
        taken += 1
        return values_after(self, chosen)

    monkeypatch.setattr(CronExpression, "_values_after", counted)
    CronExpression.parse(expression).first_at_or_after(at("2025-03-01 00:00"))
    assert 0 < taken <= steps


def test_expressions_are_values_that_compare_by_their_text_and_can_be_copied() -> None:
    text = "cron(0 10 ? * 6L *)"
    expression = CronExpression.parse(text)
    assert (
        expression
        == CronExpression.parse(text)
        == copy.deepcopy(expression)
        == pickle.loads(pickle.dumps(expression))
    )
    assert expression != CronExpression.parse("cron(0 10 ? * FRIL *)")
    assert repr(expression) == f"CronExpression(text='{text}')"
    assert len({expression, CronExpression.parse(text)}) == 1


def test_expressions_that_differ_in_the_time_of_day_alone_share_their_dates() -> None:
    # A fleet has thousands of windows, each at a minute of its own.
    one, other = (CronExpression.parse(f"cron({minute} 3 ? * MON *)") for minute in (7, 8))
    assert one.days is other.days
    assert one.years is other.years
    assert one.months is other.months
