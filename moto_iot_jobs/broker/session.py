"""The session of one client id: subscriptions, and messages that are not acknowledged yet.

A session outlives its connections. Times are integer milliseconds of the session clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple

from .budget import SESSION_BYTES, Budget, size_of_filter, size_of_message
from .packets import Publish, Subscription, Will
from .printable import printable
from .properties import NO_PROPERTIES, Properties

_PACKET_IDS = 65_535


class Message(NamedTuple):
    """A published message.

    Attributes:
        expires_at: milliseconds; None for a message that does not expire.
        client_id: of the only client that gets it; None is all that subscribe.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NO_PROPERTIES
    expires_at: int | None = None
    client_id: str | None = None

    @property
    def size(self) -> int:
        """Bytes that the message takes when it is kept."""
        return size_of_message(self.topic, self.payload, self.properties)

    def is_expired(self, now: int) -> bool:
        """Return whether the message must not be delivered any more."""
        return self.expires_at is not None and self.expires_at <= now

    def properties_at(self, now: int) -> Properties:
        """Return the properties to forward, with what is left of the expiry (MQTT-3.3.2-6)."""
        if self.expires_at is None:
            return self.properties
        left = max(0, self.expires_at - now)
        # Of a client's message the whole seconds that are left; of one of the service the first
        # subscribers see all of its time.
        is_of_client = self.properties.message_expiry_interval is not None
        seconds = left // 1000 if is_of_client else -(-left // 1000)
        return replace(self.properties, message_expiry_interval=seconds)


@dataclass(slots=True)
class Delivery:
    """A message on its way to one session, as that session's subscriptions shape it."""

    message: Message
    qos: int
    retain: bool = False
    identifiers: tuple[int, ...] = ()
    packet_id: int = 0
    dup: bool = False

    def packet(self, now: int) -> Publish:
        """Return the PUBLISH to send."""
        properties = self.message.properties_at(now)
        if self.identifiers:
            properties = replace(properties, subscription_identifier=self.identifiers)
        return Publish(
            self.message.topic,
            self.message.payload,
            self.qos,
            self.retain,
            self.dup,
            self.packet_id,
            properties,
        )


@dataclass(eq=False, slots=True, repr=False)
class Session:
    """The state kept for one client id.

    Attributes:
        client_id: the client id.
        expiry_interval: milliseconds that the session outlives its connection; 0 ends it with the
            connection.
        queue_limit: messages that may wait; further ones are dropped.
        budget: bytes that may be kept for the session.
        subscriptions: by topic filter, as the client wrote it.
        will: the message to publish at ``will_due``, or when the connection is lost.
        expires_at: the end of the session; None while it is connected.
        dropped: messages dropped since the last time that one found room.
    """

    client_id: str
    expiry_interval: int = 0
    queue_limit: float = inf
    budget: Budget = field(default_factory=lambda: Budget(1 << 62))
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    will: Will | None = None
    will_due: int | None = None
    expires_at: int | None = None
    dropped: int = 0
    _unacknowledged: dict[int, Delivery] = field(default_factory=dict)
    _again: deque[Delivery] = field(default_factory=deque)
    _queue: deque[Delivery] = field(default_factory=deque)
    _last_packet_id: int = 0
    _ids_in_use: set[int] = field(default_factory=set)

    def __repr__(self) -> str:
        return f"<Session {printable(self.client_id)}, {self.waiting} messages waiting>"

    @property
    def is_connected(self) -> bool:
        """True while the session has a connection."""
        return self.expires_at is None

    def has_expired(self, now: int) -> bool:
        """Return whether the session is over."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def waiting(self) -> int:
        """Number of messages queued, retransmissions included."""
        return len(self._again) + len(self._queue)

    def open(self) -> bool:
        """Reserve the memory of an empty session.

        False if there is none left.
        """
        return self.budget.take(SESSION_BYTES + 4 * len(self.client_id))

    def take_will(self, will: Will | None) -> bool:
        """Keep a will.

        False, and no will kept, if it does not fit.
        """
        self.drop_will()
        if will is not None and not self.budget.take(_size_of_will(will)):
            return False
        self.will = will
        return True

    def drop_will(self) -> Will | None:
        """Return the will, if there is one, and keep it no longer."""
        will, self.will, self.will_due = self.will, None, None
        if will is not None:
            self.budget.release(_size_of_will(will))
        return will

    def subscribe(self, subscription: Subscription) -> bool:
        """Keep or replace a subscription.

        False if it does not fit.
        """
        topic_filter = subscription.topic_filter
        if topic_filter not in self.subscriptions and not self.budget.take(
            size_of_filter(topic_filter)
        ):
            return False
        self.subscriptions[topic_filter] = subscription
        return True

    def unsubscribe(self, topic_filter: str) -> bool:
        """Remove a subscription.

        False if there was none.
        """
        if self.subscriptions.pop(topic_filter, None) is None:
            return False
        self.budget.release(size_of_filter(topic_filter))
        return True

    def enqueue(self, delivery: Delivery) -> bool:
        """Queue a QoS 1 delivery.

        False if it does not fit and is dropped.
        """
        if len(self._queue) >= self.queue_limit or not self.budget.take(delivery.message.size):
            self.dropped += 1
            return False
        self.dropped = 0
        self._queue.append(delivery)
        return True

    def sendable(self, receive_maximum: int, now: int) -> Iterator[Delivery]:
        """Yield deliveries to send now, oldest first, at most ``receive_maximum`` unacknowledged.

        What was sent before the connection was lost comes first, with DUP and its old packet
        identifier (MQTT-4.4.0-1). Messages that expired are dropped, but not those that were sent
        already (MQTT-3.3.2-5).
        """
        while len(self._unacknowledged) < receive_maximum:
            delivery = self._next(now)
            if delivery is None:
                return
            self._unacknowledged[delivery.packet_id] = delivery
            yield delivery

    def _next(self, now: int) -> Delivery | None:
        if self._again:
            delivery = self._again.popleft()
            delivery.dup = True
            return delivery
        while self._queue and len(self._ids_in_use) < _PACKET_IDS:
            delivery = self._queue.popleft()
            if not delivery.message.is_expired(now):
                delivery.packet_id = self._free_packet_id()
                return delivery
            self.budget.release(delivery.message.size)
        return None

    def _free_packet_id(self) -> int:
        """Return a packet identifier that is not in use (MQTT-2.2.1-4) and was not lately.

        A late PUBACK then hits no other message.
        """
        candidate = self._last_packet_id
        while True:
            candidate = candidate % _PACKET_IDS + 1
            if candidate not in self._ids_in_use:
                break
        self._last_packet_id = candidate
        self._ids_in_use.add(candidate)
        return candidate

    def acknowledge(self, packet_id: int) -> bool:
        """Forget a delivered message.

        False if none with this id was sent on this connection.
        """
        delivery = self._unacknowledged.pop(packet_id, None)
        if delivery is None:
            return False
        self._ids_in_use.discard(packet_id)
        self.budget.release(delivery.message.size)
        return True

    def forget(self, delivery: Delivery) -> None:
        """Give up a delivery from ``sendable`` that cannot be sent."""
        self.acknowledge(delivery.packet_id)

    def suspend(self, now: int) -> None:
        """Note that the connection is gone.

        What is unacknowledged will be sent again.
        """
        self._again.extendleft(reversed(self._unacknowledged.values()))
        self._unacknowledged.clear()
        self.expires_at = now + self.expiry_interval

    def resume(self) -> None:
        """Note a new connection.

        A will that was still due is not published (MQTT-3.1.3-9).
        """
        self.expires_at = None
        self.drop_will()


def _size_of_will(will: Will) -> int:
    return size_of_message(will.topic, will.payload, will.properties)
