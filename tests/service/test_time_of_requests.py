"""Processor time of what one request may hold: searched for by hypothesis, each with a limit.

Where a request holds up everybody, its time is to be bounded by its size: 250 ms for anything that
a request of 1 MB can hold.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.documents.document import MAXIMUM_BYTES, JobDocument, check_document
from moto_iot_jobs.service.documents.substitution import fill, job_document
from moto_iot_jobs.service.errors import ServiceError
from moto_iot_jobs.service.scheduling.cron import CronExpression
from moto_iot_jobs.service.scheduling.windows import MOST_WINDOWS, MaintenanceWindows
from tests.measuring import least_processor_seconds
from tests.service.catalog import ROLE, Host

if TYPE_CHECKING:
    from tests.service.conftest import World

LIMIT_SECONDS = 0.25
NOON = 1_800_000_000_000
# Without shrinking: times do not shrink.
SEARCH = settings(
    deadline=None,
    max_examples=60,
    derandomize="CI" in os.environ,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


def is_quick(make_call: Callable[[], Callable[[], object]]) -> bool:
    return least_processor_seconds(make_call, LIMIT_SECONDS) < LIMIT_SECONDS


def read_anew(windows: list[tuple[str, int]]) -> MaintenanceWindows:
    """Windows that have nothing from earlier calls."""
    CronExpression.parse.cache_clear()
    return MaintenanceWindows(windows)


def field(low: int, high: int) -> st.SearchStrategy[str]:
    """A field of a cron expression, long lists of long ranges included."""
    number = st.integers(low, high)
    span = st.builds(
        lambda first, last, step: f"{min(first, last)}-{max(first, last)}{step}",
        number,
        number,
        st.just("") if (low, high) == (1, 7) else st.sampled_from(["", "/2", "/3"]),
    )
    item = st.one_of(st.just("*"), number.map(str), span)
    return st.lists(item, min_size=1, max_size=12).map(",".join)


EXPRESSIONS = st.one_of(
    st.builds(
        "cron({} {} {} {} ? {})".format,
        field(0, 59),
        field(0, 23),
        st.one_of(field(1, 31), st.sampled_from(["L", "LW", "15W", "L-3"])),
        field(1, 12),
        field(1970, 2199),
    ),
    st.builds("cron({} {} ? * {} *)".format, field(0, 59), field(0, 23), field(1, 7)),
    st.builds("cron(* * ? * {}#5 {})".format, st.integers(1, 7), field(1970, 2199)),
    st.builds("cron(0 0 29 2 ? {})".format, field(2101, 2199)),
).filter(lambda text: len(text) <= 256)


def call_with_next(
    ask: Callable[[MaintenanceWindows], object], asked: Iterator[MaintenanceWindows]
) -> Callable[[], object]:
    return partial(ask, next(asked))


@SEARCH
@given(
    texts=st.lists(EXPRESSIONS, min_size=1, max_size=8),
    durations=st.lists(st.integers(1, 1430), min_size=1, max_size=7),
    at=st.integers(0, 2 * NOON),
)
def test_any_hundred_windows_are_read_and_searched_in_no_time(
    texts: list[str], durations: list[int], at: int
) -> None:
    windows = [
        (texts[number % len(texts)], durations[number % len(durations)])
        for number in range(MOST_WINDOWS)
    ]

    def parsing() -> Callable[[], object]:
        CronExpression.parse.cache_clear()
        return partial(MaintenanceWindows, windows)

    assert is_quick(parsing)
    together = MaintenanceWindows(windows)
    for ask in (
        lambda found: found.open_at(at),
        lambda found: found.next_opening(at),
        lambda found: found.next_starts(at),
        lambda found: found.last_change(at, at - 366 * 86_400_000),
    ):
        asked = chain([together], iter(partial(read_anew, windows), None))
        assert is_quick(partial(call_with_next, ask, asked))


@pytest.mark.parametrize(
    "windows",
    [
        [("cron(* * * * ? *)", 1)] * MOST_WINDOWS,
        [(f"cron(* * * * ? 2020-{2100 + year})", 1430) for year in range(MOST_WINDOWS - 1)],
        [(f"cron({minute} * * * ? 2020-2199)", 2) for minute in range(0, 60, 2)],
    ],
    ids=["every minute", "years", "minutes"],
)
def test_windows_without_a_gap_are_searched_in_no_time(windows: list[tuple[str, int]]) -> None:
    assert is_quick(lambda: partial(read_anew(windows).open_at, NOON))
    end = MaintenanceWindows(windows).open_at(NOON)
    assert end is not None
    assert end >= NOON + 366 * 86_400_000


def test_a_year_of_windows_where_nothing_waits_takes_less_than_a_second(
    new_world: type[World],
) -> None:
    jobs = 20
    worlds: list[World] = []

    def year() -> Callable[[], object]:
        world = new_world()
        worlds.append(world)
        world.group("all")
        for number in range(jobs):
            world.follow(
                f"job-{number}",
                "all",
                start="13:00",
                windows=[("cron(0/2 * * * ? *)", 1)],
                timeout=5,
            )
        world.join("lamp", "all")
        world.move_to("13:00")
        for number in range(jobs):
            world.report("lamp", "IN_PROGRESS", f"job-{number}")
        return partial(world.advance, days=365)

    assert least_processor_seconds(year, 1) < 1
    lasts = {worlds[-1].history("lamp", f"job-{number}")[0] for number in range(jobs)}
    assert lasts == {"TIMED_OUT"}


FRAGMENTS = [
    "${aws:iot:s3-presigned-url:",
    "${aws:iot:s3-presigned-url-v2:",
    "${aws:iot:s3-presigned-url-upload:",
    "${aws:iot:code-sign-signature:",
    "${aws:iot:package:",
    "${aws:iot:parameter:x}",
    "${aws:iot:unknown:",
    "${jobId}",
    "${thingName}",
    "${",
    "}",
    "https://s3.eu-west-1.amazonaws.com/bucket/key",
    "s3://us-west-2.bucket/key@version",
    ":version:1.0:attributes:",
    ":version:",
    "firmware",
    "@",
    "a",
    ".",
    "\\u0024",
    "\\ud800",
    "\\\\",
    '\\"',
    "[",
    "]",
    '{"a":',
    "{",
    ",",
    '"',
    "1.5e-7",
    "9",
    "null",
    " ",
]
TEXTS = st.lists(
    st.tuples(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5), st.integers(1, 4_000)),
    min_size=1,
    max_size=3,
).map(lambda parts: "".join("".join(each) * number for each, number in parts))


@SEARCH
@given(text=TEXTS, wrap=st.sampled_from(['"{}"', '{{"a":"{}"}}', '["{}"]', "{}"]))
def test_any_document_is_read_and_written_in_no_time(text: str, wrap: str) -> None:
    whole = wrap.format(text[: MAXIMUM_BYTES - 20])

    def read() -> JobDocument | None:
        with suppress(ServiceError):
            check_document(whole)
            return job_document(whole, job_id="job", role_arn=ROLE, resolver=Host())
        return None

    def filled(document: JobDocument) -> None:
        with suppress(ServiceError):
            fill(document, Host(), thing_name="lamp", job_id="job", execution_number=1)

    assert is_quick(lambda: read)
    document = read()
    if document is not None:
        assert is_quick(lambda: partial(filled, document))
