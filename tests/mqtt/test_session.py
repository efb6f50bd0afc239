"""One session: packet identifiers, what is in flight, what is sent again, what expires."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from moto_iot_jobs.broker.packets import Publish
from moto_iot_jobs.broker.properties import Properties
from moto_iot_jobs.broker.session import Delivery, Message, Session


def delivery(payload: bytes = b"x", expires_at: int | None = None) -> Delivery:
    return Delivery(Message("a", payload, 1, expires_at=expires_at), qos=1)


def in_flight(session: Session) -> int:
    """Number of messages sent on this connection and not acknowledged."""
    return len(session._unacknowledged)


def sent(session: Session, receive_maximum: int = 100, now: int = 0) -> list[Publish]:
    return [found.packet(now) for found in session.sendable(receive_maximum, now)]


def test_messages_are_sent_in_their_order_with_rising_packet_identifiers() -> None:
    session = Session("c")
    for payload in (b"1", b"2", b"3"):
        assert session.enqueue(delivery(payload))
    assert [(packet.payload, packet.packet_id, packet.dup) for packet in sent(session)] == [
        (b"1", 1, False),
        (b"2", 2, False),
        (b"3", 3, False),
    ]
    assert (in_flight(session), session.waiting) == (3, 0)


def test_no_more_than_the_receive_maximum_is_unacknowledged() -> None:
    session = Session("c")
    for _ in range(5):
        session.enqueue(delivery())
    assert [packet.packet_id for packet in sent(session, 2)] == [1, 2]
    assert sent(session, 2) == []
    assert session.acknowledge(2)
    assert [packet.packet_id for packet in sent(session, 2)] == [3]
    assert session.acknowledge(1)
    assert session.acknowledge(3)
    assert [packet.packet_id for packet in sent(session, 2)] == [4, 5]


def test_after_a_reconnect_everything_unacknowledged_comes_again_first_in_order_and_marked() -> (
    None
):
    session = Session("c", expiry_interval=60_000)
    for payload in (b"1", b"2", b"3"):
        session.enqueue(delivery(payload))
    assert len(sent(session)) == 3
    session.acknowledge(2)
    session.suspend(0)
    session.enqueue(delivery(b"4"))
    session.resume()
    assert [(packet.payload, packet.packet_id, packet.dup) for packet in sent(session)] == [
        (b"1", 1, True),
        (b"3", 3, True),
        (b"4", 4, False),
    ]


def test_what_is_to_come_again_counts_towards_a_lower_receive_maximum() -> None:
    session = Session("c")
    for _ in range(4):
        session.enqueue(delivery())
    sent(session)
    session.suspend(0)
    session.resume()
    assert [packet.packet_id for packet in sent(session, 3)] == [1, 2, 3]
    assert not session.acknowledge(4), "it was not sent on this connection yet"
    session.acknowledge(1)
    assert [(packet.packet_id, packet.dup) for packet in sent(session, 3)] == [(4, True)]


def test_two_broken_connections_keep_the_order() -> None:
    session = Session("c")
    for _ in range(4):
        session.enqueue(delivery())
    sent(session)
    for _ in range(2):
        session.suspend(0)
        session.resume()
        assert [packet.packet_id for packet in sent(session, 2)] == [1, 2]
    session.suspend(0)
    assert [packet.packet_id for packet in sent(session)] == [1, 2, 3, 4]


def test_a_packet_identifier_in_use_is_not_given_out_again() -> None:
    session = Session("c")
    session.enqueue(delivery(b"stays"))
    sent(session)
    message = delivery().message
    for _ in range(65_534):
        session.enqueue(Delivery(message, 1))
        [found] = session.sendable(2, 0)
        session.acknowledge(found.packet_id)
    session.enqueue(delivery())
    assert [packet.packet_id for packet in sent(session)] == [2], "1 is still in use"


def test_an_unknown_acknowledgement_changes_nothing() -> None:
    session = Session("c")
    session.enqueue(delivery())
    sent(session)
    assert not session.acknowledge(7)
    assert in_flight(session) == 1
    assert session.acknowledge(1)
    assert not session.acknowledge(1)


def test_a_full_queue_takes_no_further_messages() -> None:
    session = Session("c", queue_limit=2)
    assert session.enqueue(delivery(b"1"))
    assert session.enqueue(delivery(b"2"))
    assert not session.enqueue(delivery(b"3"))
    assert [packet.payload for packet in sent(session)] == [b"1", b"2"]


def test_a_message_that_expired_while_it_waited_is_not_sent_but_one_under_way_is() -> None:
    session = Session("c")
    session.enqueue(delivery(b"under way", expires_at=1_000))
    sent(session, now=0)
    session.enqueue(delivery(b"too late", expires_at=1_000))
    session.enqueue(delivery(b"in time", expires_at=5_000))
    session.suspend(0)
    session.resume()
    assert [packet.payload for packet in sent(session, now=1_000)] == [b"under way", b"in time"]


def test_the_remaining_life_of_a_message_is_forwarded_in_whole_seconds() -> None:
    message = Message(
        "a",
        b"",
        properties=Properties(message_expiry_interval=30, content_type="t"),
        expires_at=30_000,
    )
    assert message.properties_at(20_000) == Properties(message_expiry_interval=10, content_type="t")
    # developer guide, MQTT 5 message expiry
    assert message.properties_at(29_001).message_expiry_interval == 0


def test_a_session_expires_after_its_interval_and_not_before() -> None:
    session = Session("c", expiry_interval=5_000)
    session.suspend(100)
    assert not session.is_connected
    assert [session.has_expired(now) for now in (5_099, 5_100)] == [False, True]
    session.resume()
    assert not session.has_expired(99_999)


class SessionAgainstAList(RuleBasedStateMachine):
    """A session must do what a plain list of (number, packet identifier) does."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session("c", expiry_interval=1 << 40)
        self.numbers = 0
        self.unsent: list[int] = []
        self.flying: list[tuple[int, int]] = []
        self.again: list[tuple[int, int]] = []
        self.done: list[int] = []

    @rule()
    def enqueue(self) -> None:
        self.numbers += 1
        self.session.enqueue(delivery(str(self.numbers).encode()))
        self.unsent.append(self.numbers)

    @rule(receive_maximum=st.integers(1, 6))
    def send(self, receive_maximum: int) -> None:
        for packet in sent(self.session, receive_maximum):
            number = int(packet.payload)
            if self.again:
                assert packet.dup
                assert (number, packet.packet_id) == self.again.pop(0)
            else:
                assert not packet.dup
                assert number == self.unsent.pop(0)
                assert packet.packet_id not in [packet_id for _, packet_id in self.flying]
            self.flying.append((number, packet.packet_id))
        room = len(self.flying) < receive_maximum
        assert not room or not (self.again or self.unsent)

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        number, packet_id = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        assert self.session.acknowledge(packet_id)
        self.done.append(number)

    @rule()
    def reconnect(self) -> None:
        self.session.suspend(0)
        self.session.resume()
        self.again = self.flying + self.again
        self.flying = []

    @invariant()
    def nothing_is_lost(self) -> None:
        assert in_flight(self.session) == len(self.flying)
        assert self.session.waiting == len(self.again) + len(self.unsent)
        assert len(self.done) + in_flight(self.session) + self.session.waiting == self.numbers


SessionAgainstAList.TestCase.settings = settings(
    deadline=None, max_examples=25, stateful_step_count=40
)
test_a_session_does_what_a_list_does = SessionAgainstAList.TestCase


def test_a_delivery_carries_the_identifiers_of_its_subscriptions() -> None:
    packet = Delivery(
        Message("a", b"x", 1), 1, retain=True, identifiers=(3, 5), packet_id=9
    ).packet(0)
    assert packet == Publish(
        "a", b"x", 1, True, False, 9, Properties(subscription_identifier=(3, 5))
    )


@pytest.mark.parametrize("left", [0, 999])
def test_a_message_is_alive_until_the_very_millisecond(left: int) -> None:
    assert Message("a", b"", expires_at=1_000 - left).is_expired(1_000) is True
    assert Message("a", b"", expires_at=1_001 + left).is_expired(1_000) is False
