"""The loop of a server's ports: how often it asks the system what has arrived."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from threading import Event

import pytest

from moto_iot_jobs.broker.loop import LoopThread

ROUNDS = 40


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    with LoopThread("loop") as started:
        yield started


def test_it_asks_the_system_in_every_fourth_round_of_work(
    loop: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []
    ask = selectors.DefaultSelector.select

    def select(self: selectors.BaseSelector, timeout: float | None = None) -> object:
        asked.append(timeout)
        return ask(self, timeout)  # type: ignore[arg-type]

    monkeypatch.setattr(selectors.DefaultSelector, "select", select)
    done = Event()

    def work(rounds: int) -> None:
        if rounds:
            loop.loop.call_soon(work, rounds - 1)
        else:
            done.set()

    loop.loop.call_soon_threadsafe(work, ROUNDS)
    assert done.wait(60)
    # It may have begun with some of the three rounds behind it.
    assert ROUNDS // 4 - 1 <= asked.count(0) <= ROUNDS // 4 + 1


def test_what_arrives_is_read_while_there_is_always_work(loop: LoopThread) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    read = Event()

    def receive() -> None:
        loop.loop.remove_reader(ours)
        read.set()

    def work() -> None:
        if not read.is_set():
            loop.loop.call_soon(work)

    with ours, theirs:
        loop.call_soon(lambda: loop.loop.add_reader(ours, receive))
        loop.call_soon(work)
        theirs.send(b"x")
        assert read.wait(60)


def test_to_catch_up_is_to_have_read_what_was_sent_before(loop: LoopThread) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    received: list[bytes] = []
    with ours, theirs:
        loop.call_soon(lambda: loop.loop.add_reader(ours, lambda: received.append(ours.recv(9))))
        loop.catch_up(60)
        for number in range(20):
            theirs.send(b"%d" % number)
            loop.catch_up(60)
            assert len(received) == number + 1
        loop.call_soon(lambda: loop.loop.remove_reader(ours))
        loop.catch_up(60)
