"""The broker: what clients send, and requests that are answered to nobody but the connection that
asked.

It does no input or output and reads no clock. Bytes go in through :meth:`Broker.receive`; bytes to
send gather in ``client.outgoing`` of the clients that :meth:`Broker.take_touched` names. ``now`` is
in milliseconds of any clock that only goes forward. Nothing here may be called from two threads at
once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from .client import Client
from .connections import Connections
from .dispatch import Dispatcher, log
from .limits import Limits
from .packets import (
    ClientPacket,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
)
from .reason_codes import ProtocolError, Reason
from .session import Message, Session
from .topics import split_share

#: Given the topic and payload of a request and who asks: the (topic, payload) pairs for that client
#: alone, or None if the service does not answer the topic and the message should go the way of any
#: other.
Answer = Callable[[str, bytes, Client], Sequence[tuple[str, bytes]] | None]
#: Told about every message that a client published and that is not a request: topic, payload,
#: publisher.
OnPublish = Callable[[str, bytes, Client], object]


class Broker:
    """The broker of one endpoint.

    Args:
        answer: called for what clients publish below ``$aws/things/<thing>/jobs``.
        on_publish: called for everything else they publish, before it is routed. Wills do not pass
            it.
        limits: what clients may ask for.
    """

    def __init__(
        self,
        answer: Answer | None = None,
        on_publish: OnPublish | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._answer = answer
        self._on_publish = on_publish
        self._dispatcher = Dispatcher(self.limits)
        self._connections = Connections(self._dispatcher, self.limits)
        self._published: deque[Message] = deque()
        self._busy = False

    # What the listener calls

    def open(self, client: Client, now: int) -> None:
        """A network connection was opened; CONNECT must come within the time that ``limits`` give
        it.
        """
        self._connections.open(client, now)

    def receive(self, client: Client, data: bytes, now: int) -> None:
        """Bytes came from the client.

        Whatever is wrong with them concerns this client only and is not raised.

        While the client is congested its packets wait; the caller had better read no more from it
        until ``drained``.
        """
        client.decoder.feed(data)
        self._work(client, now)

    def _work(self, client: Client, now: int) -> None:
        try:
            while not client.closing and not client.is_congested:
                packet = client.decoder.next_packet()
                if packet is None:
                    return
                client.last_packet_at = now
                self._carry_out(client, packet, now)
        except ProtocolError as error:
            self._connections.refuse(client, error, now)

    def lost(self, client: Client, now: int, goodbye: bool = False) -> None:
        """The network connection is gone.

        With ``goodbye`` the client closed its WebSocket in good order, which AWS takes for a
        disconnect by the client and publishes no will (developer guide, Lifecycle events).
        """
        self._connections.lost(client, now, goodbye)

    def drained(self, client: Client, now: int) -> None:
        """Some of the client's outgoing bytes were taken: what waits in its session, and its own
        packets, may follow.
        """
        if client.session is not None and client.session.waiting:
            self._dispatcher.pump(client, client.session, now)
        self._work(client, now)

    def take_touched(self) -> list[Client]:
        """Clients that have bytes to send, or are to be closed, since the last call."""
        return self._dispatcher.take_touched()

    def next_deadline(self) -> int | None:
        """When ``tick`` has something to do, in milliseconds; None if nothing is due."""
        return self._connections.next_deadline()

    def tick(self, now: int) -> None:
        """Does what is due: missing CONNECTs, keep-alive, wills, sessions that end."""
        self._connections.tick(now)

    # What the service calls

    def publish(
        self, topic: str, payload: bytes, now: int, qos: int = 1, retain: bool = False
    ) -> None:
        """Publishes in the service's own name.

        From within ``answer`` or ``on_publish`` the message goes out once the packet at hand was
        answered, so that a device sees ``accepted`` before ``notify``.
        """
        self._published.append(Message(topic, payload, min(qos, 1), retain))
        if not self._busy:
            self._send_published(now)

    def disconnect(
        self, client_id: str, now: int, reason: Reason = Reason.ADMINISTRATIVE_ACTION
    ) -> bool:
        """Closes the client's connection; False if it is not connected."""
        client = self._dispatcher.connected.get(client_id)
        if client is None:
            return False
        self._connections.close(client, now, reason, "disconnected by the service")
        return True

    def shut_down(self, now: int) -> None:
        """Closes all connections, telling MQTT 5 clients that the server goes.

        Wills are not published.
        """
        self._connections.shut_down(now)

    def forget(self, now: int) -> None:
        """Forgets retained messages, and the sessions of clients that are not connected."""
        self._dispatcher.router.forget_retained()
        self._connections.forget(now)

    @property
    def clients(self) -> list[Client]:
        """The clients that are connected."""
        return list(self._dispatcher.connected.values())

    # Packets

    def _carry_out(self, client: Client, packet: ClientPacket, now: int) -> None:
        self._busy = True
        try:
            self._handle(client, packet, now)
        finally:
            self._busy = False
            self._send_published(now)

    def _send_published(self, now: int) -> None:
        while self._published:
            self._dispatcher.route(self._published.popleft(), None, now)

    def _handle(self, client: Client, packet: ClientPacket, now: int) -> None:
        session = client.session
        if isinstance(packet, Connect):
            self._connections.connect(client, packet, now)
            return
        assert session is not None, "the decoder lets nothing pass before CONNECT"
        match packet:
            case Publish():
                self._publish(client, session, packet, now)
            case Puback():
                session.acknowledge(packet.packet_id)
                self._dispatcher.pump(client, session, now)
            case Subscribe():
                self._subscribe(client, session, packet, now)
            case Unsubscribe():
                self._unsubscribe(client, session, packet)
            case Pingreq():
                self._dispatcher.send(client, Pingresp())
            case Disconnect():
                self._connections.disconnect(client, session, packet, now)

    def _publish(self, client: Client, session: Session, publish: Publish, now: int) -> None:
        if publish.qos > 1:
            raise ProtocolError(Reason.QOS_NOT_SUPPORTED, "QoS 2 is not supported")
        if publish.properties.subscription_identifier:
            raise ProtocolError(
                Reason.PROTOCOL_ERROR, "a client does not send subscription identifiers"
            )
        topic = client.resolve_topic(publish)
        self._check_size(topic, publish.payload)
        replies = self._ask(topic, publish.payload, client)
        reason = Reason.SUCCESS
        if replies is None:
            reason = self._publish_for(client, self._dispatcher.forwarded(topic, publish, now), now)
        if publish.qos:
            self._dispatcher.send(client, Puback(publish.packet_id, reason))
        for reply_topic, payload in replies or ():
            message = Message(reply_topic, payload, qos=1)
            delivery = self._dispatcher.router.private(message, session, publish.qos)
            self._dispatcher.deliver(session, delivery, now, droppable=False)

    def _check_size(self, topic: str, payload: bytes) -> None:
        if not self._fits(topic):
            raise ProtocolError(
                Reason.TOPIC_NAME_INVALID,
                f"topic {topic[:80]!r} is longer or deeper than AWS IoT takes",
            )
        if len(payload) > self.limits.payload_size:
            raise ProtocolError(
                Reason.PACKET_TOO_LARGE, f"a payload of {len(payload)} bytes is too large"
            )

    def _fits(self, topic: str) -> bool:
        # the first three levels of Basic Ingest do not count (quotas page)
        if topic.startswith("$aws/rules/"):
            topic = topic.split("/", 3)[-1]
        return (
            len(topic.encode("utf-8")) <= self.limits.topic_size
            and topic.count("/") <= self.limits.topic_slashes
        )

    def _ask(
        self, topic: str, payload: bytes, client: Client
    ) -> Sequence[tuple[str, bytes]] | None:
        if self._answer is None:
            return None
        try:
            return self._answer(topic, payload, client)
        except Exception:
            log.exception("no answer to %r on %s", client, topic)
            return ()

    def _publish_for(self, client: Client, message: Message, now: int) -> Reason:
        if self._on_publish is not None:
            try:
                self._on_publish(message.topic, message.payload, client)
            except Exception:
                log.exception("on_publish failed for %r on %s", client, message.topic)
        return self._dispatcher.route(message, client.client_id, now)

    def _subscribe(self, client: Client, session: Session, packet: Subscribe, now: int) -> None:
        most = self.limits.filters_per_subscribe
        if most is not None and len(packet.subscriptions) > most:
            raise ProtocolError(
                Reason.QUOTA_EXCEEDED, f"more than {most} topic filters in one SUBSCRIBE"
            )
        reasons: list[Reason] = []
        granted: dict[str, Subscription] = {}
        for subscription in packet.subscriptions:
            reason = self._judge(session, subscription, granted)
            reasons.append(reason)
            if not reason.refused:
                granted[subscription.topic_filter] = subscription
        self._dispatcher.send(client, Suback(packet.packet_id, tuple(reasons)))
        for subscription in granted.values():
            self._dispatcher.subscribe(session, subscription, now)

    def _judge(
        self, session: Session, subscription: Subscription, granted: Mapping[str, Subscription]
    ) -> Reason:
        topic_filter = subscription.topic_filter
        if not self._fits(split_share(topic_filter)[1]):
            return Reason.TOPIC_FILTER_INVALID
        most = self.limits.subscriptions
        if most is not None and len({*session.subscriptions, *granted, topic_filter}) > most:
            return Reason.QUOTA_EXCEEDED
        # QoS 2 gets QoS 1, as a server that announces Maximum QoS 1 must do (MQTT-3.2.2-10).
        return Reason.GRANTED_QOS_1 if subscription.qos else Reason.SUCCESS

    def _unsubscribe(self, client: Client, session: Session, packet: Unsubscribe) -> None:
        unsubscribed = [
            self._dispatcher.router.unsubscribe(session, topic_filter)
            for topic_filter in packet.topic_filters
        ]
        reasons = tuple(
            Reason.SUCCESS if done else Reason.NO_SUBSCRIPTION_EXISTED for done in unsubscribed
        )
        self._dispatcher.send(client, Unsuback(packet.packet_id, reasons))
