"""The broker: carries out packets, and hands requests of clients to the service.

It does no input or output and reads no clock. Bytes go in through :meth:`Broker.receive`; bytes to
send gather in ``client.outgoing`` of the clients that :meth:`Broker.take_touched` names. ``now`` is
in milliseconds of real time. No two threads may call it at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from .client import Client
from .connections import Connections, OnConnection
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
from .printable import printable
from .reason_codes import ProtocolError, Reason
from .session import Message, Session
from .topics import split_share

#: Topics and payloads of messages for the client that sent a request, and for no other.
Replies = Sequence[tuple[str, bytes]]
#: Begins to carry a request out elsewhere, and calls what it is given with the replies.
Later = Callable[[Callable[["Replies | None"], object]], object]
#: Carries out a request, given its topic and payload and the client. None for a topic that is no
#: request: the message is routed as any other.
Responder = Callable[[str, bytes, Client], "Replies | Later | None"]
#: Hears of each message of a client that is no request: topic, payload, publisher.
OnPublish = Callable[[str, bytes, Client], object]
#: Calls a function with the time, soon, on the thread that calls the broker.
CallSoon = Callable[[Callable[[int], object]], object]


class Broker:
    """The broker of one endpoint.

    Args:
        respond: called for each message of a client before it is routed.
        on_publish: called for messages that are no requests, before they are routed. Wills are not
            among them.
        limits: bounds of what clients may send.
        session_clock: milliseconds of the clock by which sessions, messages and wills expire.
        is_reserved: tells whether only the service publishes on a topic: messages of clients there,
            wills included, reach no subscriber.
        rejects_filter: tells whether a subscription to a filter ends the connection.
        call_soon: used to continue when a request that was carried out elsewhere is done.
        on_connection: called when a client connected or disconnected.
        shares_replies: tells whether replies go to every other subscriber too.
    """

    def __init__(
        self,
        respond: Responder | None = None,
        on_publish: OnPublish | None = None,
        limits: Limits | None = None,
        *,
        session_clock: Callable[[], int],
        call_soon: CallSoon,
        is_reserved: Callable[[str], bool] = lambda _topic: False,
        rejects_filter: Callable[[str], bool] = lambda _filter: False,
        on_connection: OnConnection | None = None,
        shares_replies: Callable[[], bool] = lambda: False,
    ) -> None:
        self.limits = limits or Limits()
        self._responder = respond
        self._on_publish = on_publish
        self._call_soon = call_soon
        self._shares_replies = shares_replies
        self._rejects_filter = rejects_filter
        self._dispatcher = Dispatcher(self.limits, session_clock, is_reserved)
        self._connections = Connections(self._dispatcher, self.limits, on_connection)
        self._published: deque[Message] = deque()
        self._busy = False

    # Called by the listener

    def open(self, client: Client, now: int) -> None:
        """Note an open network connection.

        CONNECT must come within the limits' time.
        """
        self._connections.open(client, now)

    def receive(self, client: Client, data: bytes, now: int) -> None:
        """Take bytes from a client.

        An error in them closes this client's connection and is not raised. While the client is
        congested its packets wait; no more should be read from it until ``drained``.
        """
        client.decoder.feed(data)
        self._work(client, now)

    def _work(self, client: Client, now: int) -> None:
        try:
            while not (client.closing or client.awaits_response or client.is_congested):
                packet = client.decoder.next_packet()
                if packet is None:
                    self._check_buffers(client)
                    return
                client.last_packet_at = now
                self._carry_out(client, packet, now)
            client.note_incomplete(client.decoder.buffered)
        except ProtocolError as error:
            self._connections.close_after_error(client, error)

    def _check_buffers(self, client: Client) -> None:
        if not client.note_incomplete(client.decoder.buffered):
            raise ProtocolError(Reason.QUOTA_EXCEEDED, "too much is buffered for all clients")

    def lost(self, client: Client, in_good_order: bool = False) -> None:
        """Note that a network connection is gone.

        Args:
            in_good_order: the client closed its WebSocket, which AWS takes for a disconnect by the
                client and publishes no will (developer guide, Lifecycle events).
        """
        self._connections.lost(client, in_good_order)

    def drained(self, client: Client, now: int) -> None:
        """Go on after some of the client's outgoing bytes were taken."""
        if client.session is not None:
            self._dispatcher.pump(client, client.session)
        self._work(client, now)

    def touch(self, client: Client) -> None:
        """Let `take_touched` name a client."""
        self._dispatcher.touch(client)

    def take_touched(self) -> list[Client]:
        """Return the clients that have bytes to send, or are to be closed, since the last call."""
        return self._dispatcher.take_touched()

    def next_deadline(self) -> int | None:
        """Return the next deadline of a connection, in real time.

        None without one.
        """
        return self._connections.next_deadline()

    def next_session_deadline(self) -> int | None:
        """Return the next deadline of a session, by the session clock.

        None without one.
        """
        return self._connections.next_session_deadline()

    def tick(self, now: int) -> None:
        """Do what is due: missing CONNECTs, keep-alive, wills, sessions that end."""
        self._connections.tick(now)

    # Called by the service

    def publish(self, message: Message) -> None:
        """Publish in the service's name, with QoS 1 at most.

        From within ``respond`` or ``on_publish`` the message goes out once the packet at hand was
        answered, so that a device sees ``accepted`` before ``notify``.
        """
        self._published.append(message)
        if not self._busy:
            self._send_published()

    def is_heard(self, topic: str) -> bool:
        """Return whether there is a subscription to a topic."""
        return self._dispatcher.router.is_heard(topic)

    def shut_down(self) -> None:
        """Close all connections, with a DISCONNECT for MQTT 5. Wills are not published."""
        self._connections.shut_down()

    def forget(self) -> None:
        """Forget retained messages, and the sessions of clients that are not connected."""
        self._dispatcher.router.forget_retained()
        self._connections.forget()

    # Packets

    def _carry_out(self, client: Client, packet: ClientPacket, now: int) -> None:
        self._busy = True
        try:
            self._handle(client, packet, now)
        finally:
            self._busy = False
            self._send_published()

    def _send_published(self) -> None:
        while self._published:
            self._dispatcher.route(self._published.popleft(), None)

    def _handle(self, client: Client, packet: ClientPacket, now: int) -> None:
        session = client.session
        if isinstance(packet, Connect):
            self._connections.connect(client, packet, now)
            return
        assert session is not None, "the decoder lets nothing pass before CONNECT"
        match packet:
            case Publish():
                self._publish(client, session, packet)
            case Puback():
                session.acknowledge(packet.packet_id)
                self._dispatcher.pump(client, session)
            case Subscribe():
                self._subscribe(client, session, packet)
            case Unsubscribe():
                self._unsubscribe(client, session, packet)
            case Pingreq():
                self._dispatcher.send(client, Pingresp())
            case Disconnect():
                self._connections.disconnect(client, session, packet)

    def _publish(self, client: Client, session: Session, publish: Publish) -> None:
        if publish.qos > 1:
            raise ProtocolError(Reason.QOS_NOT_SUPPORTED, "QoS 2 is not supported")
        if publish.properties.subscription_identifier:
            raise ProtocolError(
                Reason.PROTOCOL_ERROR, "a client does not send subscription identifiers"
            )
        topic = client.resolve_topic(publish)
        self._check_size(topic, publish.payload)
        client.learn_alias(publish)
        if self._dispatcher.is_reserved(topic):
            # Clients must not be able to play the service.
            log.info("%r may not publish on %s", client, printable(topic))
            self._respond(client, session, topic, publish, ())
            return
        replies = self._request(topic, publish.payload, client)
        if callable(replies):
            self._respond_later(replies, client, session, topic, publish)
        else:
            self._respond(client, session, topic, publish, replies)

    def _respond(
        self,
        client: Client,
        session: Session,
        topic: str,
        publish: Publish,
        replies: Replies | None,
    ) -> None:
        reason = Reason.SUCCESS
        if replies is None:
            reason = self._route(client, self._dispatcher.forwarded(topic, publish))
        if publish.qos:
            self._dispatcher.send(client, Puback(publish.packet_id, reason))
        for reply_topic, payload in replies or ():
            message = Message(reply_topic, payload, qos=1)
            delivery = self._dispatcher.router.private(message, session, publish.qos)
            self._dispatcher.deliver(session, delivery, droppable=False)
            if self._shares_replies():
                for other, shared in self._dispatcher.router.recipients(message, None):
                    if other is not session:
                        self._dispatcher.deliver(other, shared)

    def _respond_later(
        self, begin: Later, client: Client, session: Session, topic: str, publish: Publish
    ) -> None:
        """Respond when the request was carried out.

        The client's further packets wait for that.
        """
        client.awaits_response = True

        def respond(replies: Replies | None, now: int) -> None:
            client.awaits_response = False
            if client.session is not session:
                return
            self._busy = True
            try:
                self._respond(client, session, topic, publish, replies)
            finally:
                self._busy = False
                self._send_published()
            self._work(client, now)
            self._dispatcher.touch(client)

        begin(lambda replies: self._call_soon(partial(respond, replies)))

    def _check_size(self, topic: str, payload: bytes) -> None:
        if not self._fits(topic):
            raise ProtocolError(
                Reason.TOPIC_NAME_INVALID,
                f"topic {printable(topic)} is longer or deeper than AWS IoT takes",
            )
        if len(payload) > self.limits.payload_size:
            raise ProtocolError(
                Reason.PACKET_TOO_LARGE, f"a payload of {len(payload)} bytes is too large"
            )

    def _fits(self, topic: str) -> bool:
        # the first three levels of Basic Ingest do not count (quotas page)
        if topic.startswith("$aws/rules/"):
            topic = topic.split("/", 3)[-1]
        return len(topic.encode("utf-8")) <= self.limits.topic_size and (
            # Topics of services may have more levels, as those of commands do (reserved-topics).
            topic.startswith("$aws/") or topic.count("/") <= self.limits.topic_slashes
        )

    def _request(self, topic: str, payload: bytes, client: Client) -> Replies | Later | None:
        if self._responder is None:
            return None
        try:
            return self._responder(topic, payload, client)
        except Exception:
            log.exception("a request of %r on %s failed", client, printable(topic))
            return ()

    def _route(self, client: Client, message: Message) -> Reason:
        if self._on_publish is not None:
            try:
                self._on_publish(message.topic, message.payload, client)
            except Exception:
                log.exception("on_publish failed for %r on %s", client, printable(message.topic))
        return self._dispatcher.route(message, client.client_id)

    def _subscribe(self, client: Client, session: Session, packet: Subscribe) -> None:
        most = self.limits.filters_per_subscribe
        if most is not None and len(packet.subscriptions) > most:
            raise ProtocolError(
                Reason.QUOTA_EXCEEDED, f"more than {most} topic filters in one SUBSCRIBE"
            )
        for subscription in packet.subscriptions:
            if self._rejects_filter(subscription.topic_filter):
                raise ProtocolError(
                    Reason.TOPIC_FILTER_INVALID,
                    f"{printable(subscription.topic_filter)} cannot be subscribed to",
                )
        reasons: list[Reason] = []
        granted: dict[str, tuple[Subscription, bool]] = {}
        for subscription in packet.subscriptions:
            topic_filter = subscription.topic_filter
            is_new = topic_filter not in session.subscriptions
            reason = self._grant(session, subscription)
            reasons.append(reason)
            if not reason.refused:
                _, was_new = granted.get(topic_filter, (None, False))
                granted[topic_filter] = (subscription, is_new or was_new)
        self._dispatcher.send(client, Suback(packet.packet_id, tuple(reasons)))
        for subscription, is_new in granted.values():
            self._dispatcher.subscribe(session, subscription, is_new)

    def _grant(self, session: Session, subscription: Subscription) -> Reason:
        topic_filter = subscription.topic_filter
        if not self._fits(split_share(topic_filter)[1]):
            return Reason.TOPIC_FILTER_INVALID
        most = self.limits.subscriptions
        if most is not None and len(session.subscriptions.keys() | {topic_filter}) > most:
            return Reason.QUOTA_EXCEEDED
        if not session.subscribe(subscription):
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
