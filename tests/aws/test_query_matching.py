"""Matching of queries of dynamic groups takes time by the length of query and value, no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.iot.dynamic_groups.query import LONGEST_QUERY, ThingQuery, word_test
from moto_iot_jobs.wire import WireError
from tests.measuring import least_processor_seconds

# What any request of 1 MB may take.
LIMIT_SECONDS = 0.25


def matches(query: str, value: str) -> bool:
    # Not by a query: AWS takes fewer wildcards.
    return word_test(query)(value)


def is_quick(call: Callable[[], object]) -> bool:
    return least_processor_seconds(lambda: call, LIMIT_SECONDS) < LIMIT_SECONDS


def by_regular_expression(query: str, value: str) -> bool:
    """The plain and slow way."""
    regex = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in query)
    texts = (value, *value.split())
    return any(re.fullmatch(regex, text, re.IGNORECASE | re.DOTALL) for text in texts)


@settings(deadline=None, max_examples=500)
@given(query=st.text("abA*?", min_size=1, max_size=7), value=st.text("abB ", max_size=9))
def test_wildcards_match_as_a_regular_expression_does(query: str, value: str) -> None:
    assert matches(query, value) == by_regular_expression(query, value)


@pytest.mark.parametrize(
    "query",
    [
        "*a*a*a*a*a*a*a*a*b",
        "*" + "a*" * 400 + "b",
        "*" + "a?" * 400 + "b*",
        "?" * 500 + "*b",
        "*" + "a" * 900 + "b",
    ],
)
@pytest.mark.parametrize("value", ["a" * 60, "a" * 8_000, "a " * 4_000])
def test_a_query_is_matched_in_no_time(query: str, value: str) -> None:
    assert is_quick(partial(matches, query, value))
    assert not matches(query, value)


@settings(deadline=None, max_examples=100)
@given(
    query=st.text('ab*?"\\:()[]{}<>=!-+ \n', max_size=LONGEST_QUERY),
    value=st.text("ab ", max_size=200).map(lambda text: text * 40),
)
def test_any_query_is_read_and_matched_in_no_time(query: str, value: str) -> None:
    def read_and_match() -> None:
        with suppress(WireError):
            ThingQuery.parse(query).matches(lambda name: [value])

    assert is_quick(read_and_match)


def test_a_query_that_is_too_long_is_an_error_before_it_is_read() -> None:
    def read() -> None:
        with pytest.raises(WireError, match="longer than 1000 characters"):
            ThingQuery.parse("a:" * 500_000)

    assert is_quick(read)
