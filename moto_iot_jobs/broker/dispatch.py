"""Messages between those who publish and those who subscribed: routing, delivery, and what waits
to be sent to whom.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from .client import Client
from .limits import Limits
from .packets import Publish, ServerPacket, Subscription, Will
from .reason_codes import Reason
from .routing import Router
from .session import Delivery, Message, Session

log = logging.getLogger("moto_iot_jobs.mqtt")


class Dispatcher:
    """Knows which clients are connected and gets messages to them, or into their sessions."""

    def __init__(self, limits: Limits) -> None:
        self.connected: dict[str, Client] = {}
        self.router = Router(limits)
        self._limits = limits
        self._touched: dict[Client, None] = {}

    def touch(self, client: Client) -> None:
        """Remembers that there is something to send to the client, or that it is to be closed."""
        self._touched[client] = None

    def take_touched(self) -> list[Client]:
        """The clients touched since the last call."""
        touched = list(self._touched)
        self._touched.clear()
        return touched

    def send(self, client: Client, packet: ServerPacket) -> bool:
        """Sends a packet to a connection; False if it is larger than the client accepts."""
        self.touch(client)
        return client.send(packet)

    def subscribe(self, session: Session, subscription: Subscription, now: int) -> None:
        """Adds a subscription and delivers the retained messages that it brings."""
        for delivery in self.router.subscribe(session, subscription, now):
            self.deliver(session, delivery, now)

    def route(self, message: Message, publisher: str | None, now: int) -> Reason:
        """Delivers a message to whoever subscribed, and retains it if it is to be retained."""
        reason = Reason.SUCCESS
        if message.retain and not self.router.retain(message):
            log.warning("no room to retain a message on %s", message.topic)
            reason = Reason.QUOTA_EXCEEDED
        for session, delivery in self.router.recipients(message, publisher):
            self.deliver(session, delivery, now)
        return reason

    def deliver(
        self, session: Session, delivery: Delivery, now: int, droppable: bool = True
    ) -> None:
        """Sends one message to one session.

        QoS 0 is dropped if the client is away and, if ``droppable``, when it does not keep up.
        """
        client = self.connected.get(session.client_id)
        if delivery.qos == 0:
            if client is not None and not (droppable and client.is_congested):
                self._send_message(client, delivery, now)
            return
        if not session.enqueue(delivery):
            log.warning(
                "%r has too many messages waiting; one on %s is dropped",
                session,
                delivery.message.topic,
            )
        if client is not None:
            self.pump(client, session, now)

    def pump(self, client: Client, session: Session, now: int) -> None:
        """Sends what waits in the session, as far as the client may be sent more."""
        deliveries = session.sendable(client.receive_maximum, now)
        while not client.is_congested:
            delivery = next(deliveries, None)
            if delivery is None:
                return
            if not self._send_message(client, delivery, now):
                session.forget(delivery)

    def _send_message(self, client: Client, delivery: Delivery, now: int) -> bool:
        sent = self.send(client, delivery.packet(now))
        if not sent:
            log.warning("a message on %s is larger than %r accepts", delivery.message.topic, client)
        return sent

    def forwarded(self, topic: str, packet: Publish | Will, now: int) -> Message:
        """The message in a PUBLISH or a will, without what concerned only the connection on which
        it came.
        """
        properties, expires_at = packet.properties, None
        if properties.topic_alias is not None or properties.will_delay_interval is not None:
            properties = replace(properties, topic_alias=None, will_delay_interval=None)
        if properties.message_expiry_interval is not None:
            # At least a second and at most seven days (developer guide, MQTT 5 message expiry).
            seconds = min(
                max(1, properties.message_expiry_interval), self._limits.message_expiry_maximum
            )
            expires_at = now + seconds * 1000
        # AWS does not retain what is published to a reserved topic (developer guide, MQTT retained
        # messages).
        retain = packet.retain and not topic.startswith("$")
        return Message(topic, packet.payload, packet.qos, retain, properties, expires_at)
