"""Matching of queries of dynamic groups takes time by the length of query and value, no more."""

from __future__ import annotations

import re
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.iot.dynamic_groups.query import LONGEST_QUERY, ThingQuery
from moto_iot_jobs.wire import WireError

# What any request of 1 MB may take.
LIMIT_SECONDS = 0.25


def matches(query: str, value: str) -> bool:
    return ThingQuery.parse(f"attributes.x:{query}").matches(lambda name: [value])


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
    began = process_time()
    assert not matches(query, value)
    assert process_time() - began < LIMIT_SECONDS


@settings(deadline=None, max_examples=100)
@given(
    query=st.text('ab*?"\\:()[]{}<>=!-+ \n', max_size=LONGEST_QUERY),
    value=st.text("ab ", max_size=200).map(lambda text: text * 40),
)
def test_any_query_is_read_and_matched_in_no_time(query: str, value: str) -> None:
    began = process_time()
    with suppress(WireError):
        ThingQuery.parse(query).matches(lambda name: [value])
    assert process_time() - began < LIMIT_SECONDS


def test_a_query_that_is_too_long_is_an_error_before_it_is_read() -> None:
    began = process_time()
    with pytest.raises(WireError, match="longer than 1000 characters"):
        ThingQuery.parse("a:" * 500_000)
    assert process_time() - began < LIMIT_SECONDS
