"""One client's session: what it subscribed to and which messages it has yet to acknowledge.

No input, no output, no clock.

A session outlives its connections. Times are integer milliseconds and are given as ``now``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .packets import Publish, Subscription, Will
from .properties import NO_PROPERTIES, Properties

_PACKET_IDS = 65_535


@dataclass(frozen=True, slots=True)
class Message:
    """Something published. ``expires_at`` is in milliseconds, None for a message that does not
    expire.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NO_PROPERTIES
    expires_at: int | None = None

    def is_expired(self, now: int) -> bool:
        """Whether nobody is to get the message any more."""
        return self.expires_at is not None and self.expires_at <= now

    def properties_at(self, now: int) -> Properties:
        """The properties as they are forwarded: the expiry interval is what is left of it
        (MQTT-3.3.2-6).
        """
        if self.expires_at is None:
            return self.properties
        return replace(
            self.properties, message_expiry_interval=max(0, self.expires_at - now) // 1000
        )


@dataclass(slots=True)
class Delivery:
    """A message on its way to one session, with what that session's subscriptions make of it."""

    message: Message
    qos: int
    retain: bool = False
    identifiers: tuple[int, ...] = ()
    packet_id: int = 0
    dup: bool = False

    def packet(self, now: int) -> Publish:
        """The PUBLISH to send at ``now``."""
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


@dataclass(eq=False, slots=True)
class Session:
    """The state kept for one client id.

    Attributes:
        client_id: whose session it is.
        expiry_interval: milliseconds that the session outlives its connection; 0 ends it with the
            connection.
        queue_limit: how many messages may wait; further ones are refused.
        subscriptions: by topic filter, as the client wrote it.
        will: what to publish once ``will_due`` comes, or the connection is lost.
        expires_at: when the session ends; None while it is connected.
    """

    client_id: str
    expiry_interval: int = 0
    queue_limit: int = 100_000
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    will: Will | None = None
    will_due: int | None = None
    expires_at: int | None = None
    _unacknowledged: dict[int, Delivery] = field(default_factory=dict)
    _again: deque[Delivery] = field(default_factory=deque)
    _queue: deque[Delivery] = field(default_factory=deque)
    _last_packet_id: int = 0
    _ids_in_use: set[int] = field(default_factory=set)

    @property
    def is_connected(self) -> bool:
        """Whether the client is there."""
        return self.expires_at is None

    def has_expired(self, now: int) -> bool:
        """Whether the client stayed away for too long."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def in_flight(self) -> int:
        """How many messages were sent on this connection and not acknowledged yet."""
        return len(self._unacknowledged)

    @property
    def waiting(self) -> int:
        """How many messages wait to be sent, for the first time or again."""
        return len(self._again) + len(self._queue)

    def enqueue(self, delivery: Delivery) -> bool:
        """Takes a QoS 1 delivery to send when there is room; False if the queue is full and the
        message is dropped.
        """
        if len(self._queue) >= self.queue_limit:
            return False
        self._queue.append(delivery)
        return True

    def sendable(self, receive_maximum: int, now: int) -> Iterator[Delivery]:
        """Deliveries to send now, oldest first, as long as fewer than ``receive_maximum`` are
        unacknowledged.

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
        return None

    def _free_packet_id(self) -> int:
        """A packet identifier that is not in use (MQTT-2.2.1-4), and was not lately: a late PUBACK
        then hits nothing.
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
        """The client has the message; False if it acknowledged something that was not sent on this
        connection.
        """
        if self._unacknowledged.pop(packet_id, None) is None:
            return False
        self._ids_in_use.discard(packet_id)
        return True

    def forget(self, delivery: Delivery) -> None:
        """Gives up a delivery that ``sendable`` gave out and that cannot be sent, as if it had
        been acknowledged.
        """
        self.acknowledge(delivery.packet_id)

    def suspend(self, now: int) -> None:
        """The connection is gone: what is unacknowledged will be sent again on the next one."""
        self._again.extendleft(reversed(self._unacknowledged.values()))
        self._unacknowledged.clear()
        self.expires_at = now + self.expiry_interval

    def resume(self) -> None:
        """The client is back in time; a will that was still due is not published (MQTT-3.1.3-9)."""
        self.expires_at = None
        self.will = None
        self.will_due = None
