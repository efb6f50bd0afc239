"""The agenda: happenings come out in order of time, once, and not at all when they were dropped."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.timers import Timer, TimerKind, TimerQueue


def taken(agenda: TimerQueue, now: int) -> list[object]:
    """Take out everything due, as (due, kind name, subject)."""
    found: list[object] = []
    while (happening := agenda.take(now)) is not None:
        due, kind, subject = happening
        found.append((due, kind.name, subject))
    return found


def test_nothing_is_due_on_an_empty_agenda() -> None:
    agenda = TimerQueue()
    assert agenda.take(10**15) is None
    assert agenda.next_due() is None
    assert len(agenda) == 0


def test_a_happening_is_due_at_its_own_moment_and_not_before() -> None:
    agenda = TimerQueue()
    agenda.add(100, TimerKind.JOB_STARTS, "job")
    assert agenda.take(99) is None
    assert agenda.next_due() == 100
    assert agenda.take(100) == (100, TimerKind.JOB_STARTS, "job")
    assert agenda.take(100) is None


def test_happenings_come_in_order_of_time_however_they_were_put_in() -> None:
    agenda = TimerQueue()
    for due in (30, 10, 20):
        agenda.add(due, TimerKind.JOB_STARTS, f"at {due}")
    assert [subject for _, _, subject in iter(lambda: agenda.take(25), None)] == ["at 10", "at 20"]
    assert agenda.next_due() == 30


def test_at_one_instant_what_ends_comes_before_what_begins() -> None:
    agenda = TimerQueue()
    for kind in reversed(TimerKind):
        agenda.add(5, kind, kind.name)
    assert [subject for _, _, subject in iter(lambda: agenda.take(5), None)] == [
        "EXECUTION_TIMES_OUT",
        "WINDOW_CLOSES",
        "JOB_ENDS",
        "DELETION_ENDS",
        "JOB_STARTS",
        "WINDOW_OPENS",
        "ROLLOUT_GOES_ON",
    ]


def test_happenings_of_one_kind_at_one_instant_come_as_they_were_put_in() -> None:
    agenda = TimerQueue()
    for subject in "cab":
        agenda.add(5, TimerKind.JOB_STARTS, subject)
    assert [subject for _, _, subject in iter(lambda: agenda.take(5), None)] == ["c", "a", "b"]


def test_an_entry_says_what_is_due_and_when() -> None:
    entry = TimerQueue().add(5, TimerKind.JOB_STARTS, "job")
    assert (entry.due, entry.kind, entry.subject) == (5, TimerKind.JOB_STARTS, "job")


def test_a_dropped_happening_never_comes() -> None:
    agenda = TimerQueue()
    dropped = agenda.add(1, TimerKind.JOB_STARTS, "dropped")
    agenda.add(2, TimerKind.JOB_STARTS, "kept")
    agenda.drop(dropped)
    assert len(agenda) == 1
    assert agenda.next_due() == 2
    assert agenda.take(9) == (2, TimerKind.JOB_STARTS, "kept")


@pytest.mark.parametrize("how_often", [2, 3])
def test_dropping_twice_does_no_harm(how_often: int) -> None:
    agenda = TimerQueue()
    dropped = agenda.add(1, TimerKind.JOB_STARTS, "dropped")
    agenda.add(1, TimerKind.JOB_STARTS, "kept")
    for _ in range(how_often):
        agenda.drop(dropped)
    assert len(agenda) == 1
    assert taken(agenda, 1) == [(1, "JOB_STARTS", "kept")]


def test_dropping_what_has_happened_or_nothing_at_all_does_no_harm() -> None:
    agenda = TimerQueue()
    happened = agenda.add(1, TimerKind.JOB_STARTS, "happened")
    agenda.add(2, TimerKind.JOB_STARTS, "to come")
    agenda.take(1)
    agenda.drop(happened)
    agenda.drop(None)
    assert len(agenda) == 1
    assert taken(agenda, 2) == [(2, "JOB_STARTS", "to come")]


def test_a_taken_or_dropped_happening_keeps_nothing_alive() -> None:
    agenda = TimerQueue()
    entries = [agenda.add(due, TimerKind.JOB_STARTS, object()) for due in (1, 2)]
    agenda.take(1)
    agenda.drop(entries[1])
    assert [entry.subject for entry in entries] == [None, None]


def test_what_was_dropped_does_not_pile_up() -> None:
    agenda = TimerQueue()
    kept = [agenda.add(10**6 + number, TimerKind.JOB_STARTS, number) for number in range(10)]
    for number in range(10_000):
        agenda.drop(agenda.add(10**9 - number, TimerKind.EXECUTION_TIMES_OUT, "dropped"))
    assert len(agenda) == len(kept)
    assert len(agenda.heap) < 200
    assert [subject for _, _, subject in iter(lambda: agenda.take(10**10), None)] == list(range(10))


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
def test_the_agenda_does_as_a_sorted_list_would(
    steps: list[tuple[str, int, TimerKind | None]],
) -> None:
    agenda = TimerQueue()
    entries: list[Timer] = []
    expected: list[tuple[int, TimerKind, int]] = []

    def drop(number: int) -> None:
        agenda.drop(entries[number])
        expected[:] = [entry for entry in expected if entry[2] != number]

    for step, value, kind in steps:
        if kind is not None:
            for extra in range(50 if step == "add many" else 1):
                expected.append((value + extra, kind, len(entries)))
                entries.append(agenda.add(value + extra, kind, len(entries) + 1))
        elif step == "take":
            due_now = sorted(entry for entry in expected if entry[0] <= value)
            assert taken(agenda, value) == [
                (due, kind.name, number + 1) for due, kind, number in due_now
            ]
            expected = [entry for entry in expected if entry[0] > value]
        elif step == "drop" and entries:
            drop(value % len(entries))
        elif step == "drop most":
            for number in range(len(entries)):
                if number % value:
                    drop(number)
        assert len(agenda) == len(expected)
        assert agenda.next_due() == min((due for due, _, _ in expected), default=None)
