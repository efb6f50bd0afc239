"""Kept orders against plain sorted lists, at sizes on both sides of the block limit."""

from __future__ import annotations

import os
from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.sorted_index import (
    SortedIndex,
    insert_sorted,
    merged,
    page,
    remove_sorted,
)

BLOCK = 512
SIZES = [
    0,
    1,
    2,
    BLOCK - 1,
    BLOCK,
    BLOCK + 1,
    2 * BLOCK - 1,
    2 * BLOCK,
    2 * BLOCK + 1,
    5 * BLOCK + 7,
]


def kept(keys: list[int]) -> SortedIndex[int]:
    # so that items and keys cannot be mistaken for each other
    order: SortedIndex[int] = SortedIndex(lambda item: -item)
    for key in keys:
        order.add(-key)
    return order


def keys_of(order: SortedIndex[int], below: int | None = None) -> list[int]:
    return [-item for item in order.descending(below)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("arrival", ["ascending", "descending", "at random"])
def test_items_are_kept_in_order_however_they_arrive(size: int, arrival: str) -> None:
    keys = list(range(size))
    if arrival == "descending":
        keys.reverse()
    elif arrival == "at random":
        Random(size).shuffle(keys)
    order = kept(keys)
    assert len(order) == size
    assert bool(order) == (size > 0)
    assert keys_of(order) == sorted(keys, reverse=True)


@pytest.mark.parametrize("size", SIZES)
def test_what_lies_below_a_key_is_found_whether_the_key_is_there_or_not(size: int) -> None:
    order = kept([2 * number for number in range(size)])
    for below in {
        -1,
        0,
        1,
        2,
        *range(2 * BLOCK - 3, 2 * BLOCK + 4),
        size,
        2 * size - 2,
        2 * size - 1,
        2 * size,
        10**9,
    }:
        assert keys_of(order, below) == [key for key in range(2 * size - 2, -1, -2) if key < below]


@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize("departure", ["oldest first", "newest first", "at random"])
def test_an_order_can_be_emptied_and_filled_again(size: int, departure: str) -> None:
    order = kept(list(range(size)))
    leaving = list(range(size))
    if departure == "newest first":
        leaving.reverse()
    elif departure == "at random":
        Random(size).shuffle(leaving)
    for number, key in enumerate(leaving):
        order.remove(-key)
        if number % 97 == 0:
            assert keys_of(order) == sorted(leaving[number + 1 :], reverse=True)
    assert len(order) == 0
    assert not order
    assert keys_of(order) == []
    order.add(-7)
    assert keys_of(order) == [7]


@settings(deadline=None, max_examples=40, derandomize="CI" in os.environ)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["add", "add a run", "add at random", "remove", "remove a run", "look"]
            ),
            st.integers(0, 3000),
            st.integers(1, 700),
        ),
        max_size=15,
    )
)
def test_an_order_does_as_a_sorted_list_would(steps: list[tuple[str, int, int]]) -> None:
    order = kept([])
    expected: list[int] = []

    def add(keys: Iterator[int] | list[int]) -> None:
        for key in keys:
            at = bisect_left(expected, key)
            if expected[at : at + 1] != [key]:
                expected.insert(at, key)
                order.add(-key)

    for step, key, number in steps:
        match step:
            case "add":
                add([key])
            case "add a run":
                add(iter(range(key, key + number)))
            case "add at random":
                add(Random(key).sample(range(4000), number))
            case "remove" | "remove a run" if expected:
                for _ in range(min(number if step == "remove a run" else 1, len(expected))):
                    order.remove(-expected.pop(min(key, len(expected) - 1)))
        assert len(order) == len(expected)
        assert keys_of(order) == expected[::-1]
        assert keys_of(order, key) == [each for each in reversed(expected) if each < key]


@settings(deadline=None, max_examples=40, derandomize="CI" in os.environ)
@given(size=st.integers(0, 1600), limit=st.integers(1, 300), seed=st.integers(0, 10**6))
def test_paging_by_key_shows_what_stays_once_while_other_items_come_and_go(
    size: int, limit: int, seed: int
) -> None:
    chance = Random(seed)
    order = kept(list(range(size)))
    there = set(range(size))
    stays = set(chance.sample(range(size), size // 2))
    shown: list[int] = []
    below = None
    while True:
        items, more = page(order.descending(below), limit)
        shown += [-item for item in items]
        if not more:
            break
        below = shown[-1]
        for key in chance.sample(sorted(there - stays), min(len(there - stays), 40)):
            order.remove(-key)
            there.discard(key)
        order.add(-(size + len(shown)))  # newer than everything: it belongs before the first page
    assert shown == sorted(set(shown), reverse=True)
    assert stays <= set(shown) <= set(range(size))


@pytest.mark.parametrize(
    "available, size, expected",
    [
        (0, 1, ([], False)),
        (1, 1, ([0], False)),
        (2, 1, ([0], True)),
        (3, 3, ([0, 1, 2], False)),
        (4, 3, ([0, 1, 2], True)),
    ],
)
def test_a_page_says_whether_more_follow(
    available: int, size: int, expected: tuple[list[int], bool]
) -> None:
    assert page(iter(range(available)), size) == expected


def test_a_page_looks_no_further_than_it_must() -> None:
    looked_at = []

    def items() -> Iterator[int]:
        for number in range(1000):
            looked_at.append(number)
            yield number

    page(items(), 10)
    assert looked_at == list(range(11))


@settings(deadline=None, derandomize="CI" in os.environ)
@given(st.lists(st.sets(st.integers(0, 99)), min_size=1, max_size=6))
def test_descending_iterators_are_merged_into_one(orders: list[set[int]]) -> None:
    iterators = [iter(sorted(order, reverse=True)) for order in orders]
    assert list(merged(iterators, lambda item: item)) == sorted(
        (key for order in orders for key in order), reverse=True
    )


def test_merging_looks_no_further_than_is_requested() -> None:
    looked_at: list[int] = []

    def descending(start: int) -> Iterator[int]:
        for number in range(start, 0, -10):
            looked_at.append(number)
            yield number

    assert list(
        islice(merged([descending(1009), descending(1008), descending(1007)], lambda item: item), 4)
    ) == [
        1009,
        1008,
        1007,
        999,
    ]
    assert len(looked_at) <= 3 + 4


@settings(deadline=None, derandomize="CI" in os.environ)
@given(st.lists(st.integers(), unique=True))
def test_a_short_list_is_kept_sorted_and_an_empty_tuple_stands_for_none(keys: list[int]) -> None:
    items: tuple[int, ...] | list[int] = ()
    expected: list[int] = []
    for key in keys:
        items = insert_sorted(items, key, lambda item: item)
        insort(expected, key)
        assert items == expected
    for key in keys:
        assert isinstance(items, list)
        remove_sorted(items, key, lambda item: item)
        expected.remove(key)
        assert items == expected
