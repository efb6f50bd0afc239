"""Timers: they come out in order of time, once, and not at all when they were dropped."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.timers import Timer, TimerKind, TimerQueue


def taken(queue: TimerQueue[TimerKind], now: int) -> list[object]:
    """Take out everything due, as (due, kind name, subject)."""
    found: list[object] = []
    while (timer := queue.take(now)) is not None:
        due, kind, subject = timer
        found.append((due, kind.name, subject))
    return found


def test_nothing_is_due_on_an_empty_queue() -> None:
    queue = TimerQueue[TimerKind]()
    assert queue.take(10**15) is None
    assert queue.next_due() is None
    assert len(queue) == 0


def test_a_timer_is_due_at_its_own_time_and_not_before() -> None:
    queue = TimerQueue[TimerKind]()
    queue.add(100, TimerKind.JOB_STARTS, "job")
    assert queue.take(99) is None
    assert queue.next_due() == 100
    assert queue.take(100) == (100, TimerKind.JOB_STARTS, "job")
    assert queue.take(100) is None


def test_timers_come_in_order_of_time_however_they_were_put_in() -> None:
    queue = TimerQueue[TimerKind]()
    for due in (30, 10, 20):
        queue.add(due, TimerKind.JOB_STARTS, f"at {due}")
    assert [subject for _, _, subject in iter(lambda: queue.take(25), None)] == ["at 10", "at 20"]
    assert queue.next_due() == 30


def test_at_one_instant_what_ends_comes_before_what_begins() -> None:
    queue = TimerQueue[TimerKind]()
    for kind in reversed(TimerKind):
        queue.add(5, kind, kind.name)
    assert [subject for _, _, subject in iter(lambda: queue.take(5), None)] == [
        "EXECUTION_TIMES_OUT",
        "WINDOW_CLOSES",
        "JOB_ENDS",
        "DELETION_ENDS",
        "JOB_STARTS",
        "WINDOW_OPENS",
        "ROLLOUT_GOES_ON",
    ]


def test_timers_of_one_kind_at_one_instant_come_as_they_were_put_in() -> None:
    queue = TimerQueue[TimerKind]()
    for subject in "cab":
        queue.add(5, TimerKind.JOB_STARTS, subject)
    assert [subject for _, _, subject in iter(lambda: queue.take(5), None)] == ["c", "a", "b"]


def test_an_entry_says_what_is_due_and_when() -> None:
    entry = TimerQueue[TimerKind]().add(5, TimerKind.JOB_STARTS, "job")
    assert (entry.due, entry.kind, entry.subject) == (5, TimerKind.JOB_STARTS, "job")


def test_a_dropped_timer_never_comes() -> None:
    queue = TimerQueue[TimerKind]()
    dropped = queue.add(1, TimerKind.JOB_STARTS, "dropped")
    queue.add(2, TimerKind.JOB_STARTS, "kept")
    queue.drop(dropped)
    assert len(queue) == 1
    assert queue.next_due() == 2
    assert queue.take(9) == (2, TimerKind.JOB_STARTS, "kept")


@pytest.mark.parametrize("how_often", [2, 3])
def test_dropping_twice_does_no_harm(how_often: int) -> None:
    queue = TimerQueue[TimerKind]()
    dropped = queue.add(1, TimerKind.JOB_STARTS, "dropped")
    queue.add(1, TimerKind.JOB_STARTS, "kept")
    for _ in range(how_often):
        queue.drop(dropped)
    assert len(queue) == 1
    assert taken(queue, 1) == [(1, "JOB_STARTS", "kept")]


def test_dropping_timers_that_have_run_or_none_at_all_does_no_harm() -> None:
    queue = TimerQueue[TimerKind]()
    due = queue.add(1, TimerKind.JOB_STARTS, "happened")
    queue.add(2, TimerKind.JOB_STARTS, "to come")
    queue.take(1)
    queue.drop(due)
    queue.drop(None)
    assert len(queue) == 1
    assert taken(queue, 2) == [(2, "JOB_STARTS", "to come")]


def test_a_taken_or_dropped_timer_keeps_nothing_alive() -> None:
    queue = TimerQueue[TimerKind]()
    entries = [queue.add(due, TimerKind.JOB_STARTS, object()) for due in (1, 2)]
    queue.take(1)
    queue.drop(entries[1])
    assert [entry.subject for entry in entries] == [None, None]


def test_what_was_dropped_does_not_pile_up() -> None:
    queue = TimerQueue[TimerKind]()
    kept = [queue.add(10**6 + number, TimerKind.JOB_STARTS, number) for number in range(10)]
    for number in range(10_000):
        queue.drop(queue.add(10**9 - number, TimerKind.EXECUTION_TIMES_OUT, "dropped"))
    assert len(queue) == len(kept)
    assert len(queue.heap) < 200
    assert [subject for _, _, subject in iter(lambda: queue.take(10**10), None)] == list(range(10))


@settings(deadline=None, max_examples=60, derandomize="CI" in os.environ)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 40), st.sampled_from(TimerKind)),
            st.tuples(st.just("add many"), st.integers(0, 40), st.sampled_from(TimerKind)),
            st.tuples(st.just("drop"), st.integers(0, 10**6), st.none()),
            st.tuples(st.just("drop most"), st.integers(2, 9), st.none()),
            st.tuples(st.just("take"), st.integers(0, 40), st.none()),
        ),
        max_size=30,
    )
)
def test_the_queue_does_as_a_sorted_list_would(
    steps: list[tuple[str, int, TimerKind | None]],
) -> None:
    queue = TimerQueue[TimerKind]()
    entries: list[Timer[TimerKind]] = []
    expected: list[tuple[int, TimerKind, int]] = []

    def drop(number: int) -> None:
        queue.drop(entries[number])
        expected[:] = [entry for entry in expected if entry[2] != number]

    for step, value, kind in steps:
        if kind is not None:
            for extra in range(50 if step == "add many" else 1):
                expected.append((value + extra, kind, len(entries)))
                entries.append(queue.add(value + extra, kind, len(entries) + 1))
        elif step == "take":
            due_now = sorted(entry for entry in expected if entry[0] <= value)
            assert taken(queue, value) == [
                (due, kind.name, number + 1) for due, kind, number in due_now
            ]
            expected = [entry for entry in expected if entry[0] > value]
        elif step == "drop" and entries:
            drop(value % len(entries))
        elif step == "drop most":
            for number in range(len(entries)):
                if number % value:
                    drop(number)
        assert len(queue) == len(expected)
        assert queue.next_due() == min((due for due, _, _ in expected), default=None)
