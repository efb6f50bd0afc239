"""Connections, from opening to closing.

Sessions live from CONNECT to expiry, and wills in between.

Connections live by real time, sessions and wills by the session clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from .budget import Budget
from .client import Buffers, Client
from .connect import Terms, connect_error, terms_for
from .deadlines import Deadlines
from .dispatch import Dispatcher, connection_log, log
from .limits import Limits
from .packets import Connack, Connect, Disconnect, Version
from .properties import NO_PROPERTIES, Properties
from .reason_codes import ProtocolError, Reason
from .session import Session

_CONNECT, _KEEP_ALIVE = "connect", "keep alive"


class ConnectionChange(NamedTuple):
    """A client that connected or disconnected.

    Attributes:
        client_id: its id.
        connected: whether it is connected now.
        terms: those of its connection; both durations in seconds.
        clean_start: whether it wanted a new session.
        at: milliseconds of the session clock.
        by_client: whether it ended the connection in good order.
        reason: why the broker ended it; None where it did not.
    """

    client_id: str
    connected: bool
    terms: Terms
    clean_start: bool
    at: int
    by_client: bool = False
    reason: Reason | None = None


OnConnection: TypeAlias = Callable[[ConnectionChange], object]


class Connections:
    """Open connections and kept sessions, with everything that becomes due for them.

    Args:
        dispatcher: sends packets and messages.
        limits: bounds of what clients may send.
        on_connection: called when a client connected or disconnected.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        limits: Limits,
        on_connection: OnConnection | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self._limits = limits
        self._on_connection = on_connection
        self._changes: dict[str, ConnectionChange] = {}
        self._open: dict[int, Client] = {}
        self._sessions: dict[str, Session] = {}
        self._budget = Budget(limits.sessions_bytes)
        self._buffers = Buffers(limits.buffered_bytes)
        self._network_deadlines = Deadlines(self._awaits_client)
        self._session_deadlines = Deadlines(self._awaits_session)

    def open(self, client: Client, now: int) -> None:
        """Note an open network connection, whose CONNECT must come in time."""
        client.buffers = self._buffers
        self._open[client.number] = client
        due = now + self._limits.connect_timeout * 1000
        self._network_deadlines.add(due, (_CONNECT, client.number))
        if len(self._open) > self._limits.connections:
            log.warning("%r is closed: there are %d connections", client, len(self._open))
            self.close(client)

    def connect(self, client: Client, connect: Connect, now: int) -> None:
        """Handle CONNECT: reject it, or take over, start or resume a session."""
        if client.has_connected:
            raise ProtocolError(Reason.PROTOCOL_ERROR, "CONNECT a second time (MQTT-3.1.0-2)")
        reason = connect_error(connect, client, self._limits)
        if reason is not None:
            self._reject_connect(client, reason)
            return
        terms = terms_for(connect, self._limits)
        other = self._dispatcher.connected.get(terms.client_id)
        if other is not None:
            text = "another connection uses this client id"
            self.close(other, Reason.SESSION_TAKEN_OVER, text)
        client.introduce(connect, terms.client_id)
        self._begin(client, connect, terms, now)

    def _reject_connect(self, client: Client, reason: Reason) -> None:
        log.warning("%r is refused: %s", client, reason.name)
        self._dispatcher.send(client, Connack(reason))
        self.close(client)

    def _begin(self, client: Client, connect: Connect, terms: Terms, now: int) -> None:
        session_now = self._dispatcher.session_clock()
        session, present = self._session_for(connect, terms, session_now)
        session.resume()
        if not (present or session.open()) or not session.take_will(connect.will):
            if present:
                session.suspend(session_now)
            else:
                self._end(session)
            self._reject_connect(client, Reason.QUOTA_EXCEEDED)
            return
        session.expiry_interval = terms.session_expiry * 1000
        client.session = session
        self._dispatcher.connected[terms.client_id] = client
        client.keep_alive_ms = terms.keep_alive * 1500
        due = now + client.keep_alive_ms
        self._network_deadlines.add(due, (_KEEP_ALIVE, client.number))
        self._dispatcher.send(client, Connack(Reason.SUCCESS, present, terms.properties))
        connection_log.add(client, "is connected")
        if self._on_connection is not None:
            change = ConnectionChange(
                terms.client_id, True, terms, connect.clean_start, session_now
            )
            self._changes[terms.client_id] = change
            self._on_connection(change)
        self._dispatcher.pump(client, session)

    def _session_for(self, connect: Connect, terms: Terms, now: int) -> tuple[Session, bool]:
        session = self._sessions.get(terms.client_id)
        if session is not None and (connect.clean_start or session.has_expired(now)):
            self._end(session)
            session = None
        if session is not None:
            return session, True
        session = Session(
            terms.client_id,
            queue_limit=self._limits.queued_messages,
            budget=Budget(self._limits.session_bytes, self._budget),
        )
        self._sessions[terms.client_id] = session
        return session, False

    def disconnect(self, client: Client, session: Session, packet: Disconnect) -> None:
        """Handle DISCONNECT, which can change the session's expiry (MQTT 5 section 3.14.2.2.2)."""
        expiry = packet.properties.session_expiry_interval
        if expiry is not None:
            if expiry and not session.expiry_interval:
                raise ProtocolError(
                    Reason.PROTOCOL_ERROR,
                    "DISCONNECT prolongs a session that was to end (MQTT-3.14.2-2)",
                )
            session.expiry_interval = min(expiry, self._limits.session_expiry_maximum) * 1000
        self._start_closing(client)
        connection_log.add(client, f"disconnects: {packet.reason.name}")
        publish_will = packet.reason is not Reason.SUCCESS  # MQTT-3.14.4-3
        self._detach(client, publish_will, by_client=True)

    def lost(self, client: Client, in_good_order: bool) -> None:
        """Note that a network connection is gone."""
        self._open.pop(client.number, None)
        if client.session is not None:
            connection_log.add(client, "has closed the connection")
        client.closing = True
        client.discard()
        self._detach(client, publish_will=not in_good_order, by_client=in_good_order)

    def close(
        self, client: Client, reason: Reason | None = None, text: str = "", will: bool = True
    ) -> None:
        """Close a connection from our side, with a DISCONNECT for MQTT 5."""
        if client.closing:
            return
        if reason is not None:
            connection_log.add(client, f"is disconnected: {text or reason.name}")
            if client.session is not None and client.version is Version.V5:
                properties = Properties(reason_string=text) if text else NO_PROPERTIES
                if not self._dispatcher.send(client, Disconnect(reason, properties)):
                    self._dispatcher.send(client, Disconnect(reason))
        self._start_closing(client)
        self._detach(client, publish_will=will, reason=reason)

    def _start_closing(self, client: Client) -> None:
        client.closing = True
        # The peer may take seconds to read what is left for it.
        client.discard_incoming()
        self._dispatcher.touch(client)

    def close_after_error(self, client: Client, error: ProtocolError) -> None:
        """Close a connection on which something came that is not MQTT as we speak it."""
        log.warning("%r is disconnected: %s", client, error)
        if not client.has_connected and (
            client.version is Version.V5 or error.reason is Reason.UNSUPPORTED_PROTOCOL_VERSION
        ):
            self._dispatcher.send(client, Connack(error.reason))
        self.close(client, error.reason, str(error))

    def shut_down(self) -> None:
        """Close all connections.

        Wills are not published.
        """
        for client in list(self._open.values()):
            self.close(client, Reason.SERVER_SHUTTING_DOWN, "the endpoint stops", will=False)

    def forget(self) -> None:
        """End the sessions of clients that are not connected, without publishing their wills."""
        for session in [session for session in self._sessions.values() if not session.is_connected]:
            session.drop_will()
            self._end(session)

    def _detach(
        self,
        client: Client,
        publish_will: bool,
        *,
        by_client: bool = False,
        reason: Reason | None = None,
    ) -> None:
        session = client.session
        if session is None:
            return
        now = self._dispatcher.session_clock()
        client.session = None
        del self._dispatcher.connected[client.client_id]
        session.suspend(now)
        if not publish_will:
            session.drop_will()
        if session.will is not None:
            session.will_due = now + (session.will.properties.will_delay_interval or 0) * 1000
            self._session_deadlines.add(session.will_due, session.client_id)
        if session.expiry_interval:
            self._session_deadlines.add(now + session.expiry_interval, session.client_id)
        self._look_at_session(session, now)
        change = self._changes.pop(client.client_id, None)
        if self._on_connection is not None and change is not None:
            self._on_connection(
                change._replace(connected=False, at=now, by_client=by_client, reason=reason)
            )

    def _end(self, session: Session) -> None:
        del self._sessions[session.client_id]
        self._dispatcher.router.forget(session)
        self._publish_will(session)
        session.budget.release_all()

    def _publish_will(self, session: Session) -> None:
        will = session.drop_will()
        if will is not None and not self._dispatcher.is_reserved(will.topic):
            message = self._dispatcher.forwarded(will.topic, will)
            self._dispatcher.route(message, session.client_id)

    # Time

    def next_deadline(self) -> int | None:
        """Return the next deadline of a connection, in real time.

        None without one.
        """
        return self._network_deadlines.earliest()

    def next_session_deadline(self) -> int | None:
        """Return the next deadline of a session, by the session clock.

        None without one.
        """
        return self._session_deadlines.earliest()

    def tick(self, now: int) -> None:
        """Look at the connections and sessions that are due."""
        for kind, number in self._network_deadlines.take_due(now):
            client = self._open.get(number)
            if client is not None and not client.closing:
                self._look_at_client(client, kind, now)
        session_now = self._dispatcher.session_clock()
        for client_id in self._session_deadlines.take_due(session_now):
            session = self._sessions.get(client_id)
            if session is not None:
                self._look_at_session(session, session_now)

    def _awaits_client(self, _due: int, subject: tuple[str, int]) -> bool:
        kind, number = subject
        client = self._open.get(number)
        return client is not None and client.has_connected == (kind == _KEEP_ALIVE)

    def _awaits_session(self, due: int, client_id: str) -> bool:
        session = self._sessions.get(client_id)
        return session is not None and due in (session.will_due, session.expires_at)

    def _look_at_client(self, client: Client, kind: str, now: int) -> None:
        if kind == _CONNECT:
            if not client.has_connected:
                seconds = self._limits.connect_timeout
                log.warning("%r is disconnected: no CONNECT within %s s", client, seconds)
                self.close(client)
            return
        due = client.last_packet_at + client.keep_alive_ms
        if due <= now:
            text = "no packet within one and a half times Keep Alive"
            self.close(client, Reason.KEEP_ALIVE_TIMEOUT, text)
        else:
            self._network_deadlines.add(due, (_KEEP_ALIVE, client.number))

    def _look_at_session(self, session: Session, now: int) -> None:
        if session.will_due is not None and session.will_due <= now:
            self._publish_will(session)
        if session.has_expired(now):
            self._end(session)
