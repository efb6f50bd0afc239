"""What is on its way to a broker: in order, a few at a time, and nothing new before the old was
sent again.
"""

from __future__ import annotations

from itertools import count

from moto_iot_jobs.server.outbox import WINDOW, Outbox


def test_new_messages_wait_until_the_old_ones_were_sent_again() -> None:
    handed: list[str] = []
    up = True

    def send(topic: str, _payload: bytes) -> int:
        handed.append(topic)
        return len(handed)

    outbox = Outbox(send, lambda: up)
    outbox.put("a", b"")
    assert handed == []
    outbox.connected()
    outbox.lost()
    outbox.put("b", b"")
    outbox.connected()
    assert handed == ["a"]
    outbox.sent(1)
    assert handed == ["a", "b"]
    up = False
    outbox.put("c", b"")
    assert (handed, len(outbox), outbox.is_empty.is_set()) == (["a", "b"], 2, False)


def test_no_more_is_handed_over_at_once_than_the_library_sends() -> None:
    numbers = count(1)
    outbox = Outbox(lambda _topic, _payload: next(numbers), lambda: True)
    outbox.connected()
    for _ in range(WINDOW + 2):
        outbox.put("a", b"")
    assert next(numbers) == WINDOW + 1
    outbox.sent(1)
    assert next(numbers) == WINDOW + 3
