"""Messages from publishers to subscribers: routing, delivery, and what waits to be sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from .client import Client
from .limits import Limits
from .packets import Publish, ServerPacket, Subscription, Will
from .printable import printable
from .reason_codes import Reason
from .routing import Router
from .session import Delivery, Message, Session

log = logging.getLogger("moto_iot_jobs.mqtt")


class ConnectionLog:
    """The log of clients that come and go in good order.

    Attributes:
        write: takes each line; None for those of `logging`, which cost ten times as much.
    """

    def __init__(self) -> None:
        self.write: Callable[[str], object] | None = None

    def add(self, client: Client, what: str) -> None:
        """Log what a client does."""
        if self.write is not None:
            self.write(f"{client!r} {what}")
        else:
            log.info("%r %s", client, what)


#: The one of this process.
connection_log = ConnectionLog()


class Dispatcher:
    """Gets messages to connected clients, or into their sessions.

    Args:
        limits: bounds of what clients may send.
        session_clock: milliseconds of the clock by which messages expire.
        is_reserved: tells whether only the service publishes on a topic.
    """

    def __init__(
        self,
        limits: Limits,
        session_clock: Callable[[], int],
        is_reserved: Callable[[str], bool],
    ) -> None:
        self.connected: dict[str, Client] = {}
        self.router = Router(limits)
        self.session_clock = session_clock
        self.is_reserved = is_reserved
        self._limits = limits
        self._touched: dict[Client, None] = {}

    def touch(self, client: Client) -> None:
        """Remember that a client has bytes to send, or is to be closed."""
        self._touched[client] = None

    def take_touched(self) -> list[Client]:
        """Return the clients touched since the last call."""
        if not self._touched:
            return []
        touched = list(self._touched)
        self._touched.clear()
        return touched

    def send(self, client: Client, packet: ServerPacket) -> bool:
        """Send a packet to a connection.

        False if it is larger than the client accepts.
        """
        self.touch(client)
        return client.send(packet)

    def subscribe(self, session: Session, subscription: Subscription, is_new: bool) -> None:
        """Route to a subscription and deliver the retained messages for it."""
        for delivery in self.router.subscribe(session, subscription, is_new, self.session_clock()):
            self.deliver(session, delivery)

    def route(self, message: Message, publisher: str | None) -> Reason:
        """Deliver a message to all subscribers, and retain it if it is to be retained."""
        reason = Reason.SUCCESS
        if message.retain and not self.router.retain(message):
            log.warning("no room to retain a message on %s", printable(message.topic))
            reason = Reason.QUOTA_EXCEEDED
        for session, delivery in self.router.recipients(message, publisher):
            self.deliver(session, delivery)
        return reason

    def deliver(self, session: Session, delivery: Delivery, droppable: bool = True) -> None:
        """Send one message to one session.

        QoS 0 is dropped if the client is away and, if ``droppable``, when it does not keep up.
        """
        client = self.connected.get(session.client_id)
        if delivery.qos == 0:
            if client is not None and not (droppable and client.is_congested):
                self._send_message(client, delivery)
            return
        # A session that is full would fill the log as well: the first drop is told.
        if not session.enqueue(delivery) and session.dropped == 1:
            log.warning(
                "%r is full: a message on %s is dropped, as others may be until there is room",
                session,
                printable(delivery.message.topic),
            )
        if client is not None:
            self.pump(client, session)

    def pump(self, client: Client, session: Session) -> None:
        """Send what waits in a session, as far as the client may be sent more."""
        if not session.waiting:
            return
        deliveries = session.sendable(client.receive_maximum, self.session_clock())
        while not client.is_congested:
            delivery = next(deliveries, None)
            if delivery is None:
                return
            if not self._send_message(client, delivery):
                session.forget(delivery)

    def _send_message(self, client: Client, delivery: Delivery) -> bool:
        expires = delivery.message.expires_at is not None
        sent = self.send(client, delivery.packet(self.session_clock() if expires else 0))
        if not sent:
            topic = printable(delivery.message.topic)
            log.warning("a message on %s is larger than %r accepts", topic, client)
        return sent

    def forwarded(self, topic: str, packet: Publish | Will) -> Message:
        """Make the message of a PUBLISH or a will, without what concerned only its connection."""
        properties, expires_at = packet.properties, None
        if properties.topic_alias is not None or properties.will_delay_interval is not None:
            properties = replace(properties, topic_alias=None, will_delay_interval=None)
        if properties.message_expiry_interval is not None:
            # At least a second and at most seven days (developer guide, MQTT 5 message expiry).
            seconds = min(
                max(1, properties.message_expiry_interval), self._limits.message_expiry_maximum
            )
            expires_at = self.session_clock() + seconds * 1000
        # AWS does not retain what is published to a reserved topic (developer guide, MQTT retained
        # messages).
        retain = packet.retain and not topic.startswith("$")
        return Message(topic, packet.payload, packet.qos, retain, properties, expires_at)
