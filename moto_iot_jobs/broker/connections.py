"""Who is here: connections from opening to closing, sessions from the first CONNECT to their
expiry, wills in between.
"""

from __future__ import annotations

from .client import Client
from .connect import Terms, refusal_of, terms_for
from .deadlines import Deadlines
from .dispatch import Dispatcher, log
from .limits import Limits
from .packets import Connack, Connect, Disconnect, Version
from .properties import NO_PROPERTIES, Properties
from .reason_codes import ProtocolError, Reason
from .session import Session

_CONNECT, _KEEP_ALIVE, _WILL, _SESSION = "connect", "keep alive", "will", "session"


class Connections:
    """Keeps connections and sessions; everything that happens to them by time happens here."""

    def __init__(self, dispatcher: Dispatcher, limits: Limits) -> None:
        self._dispatcher = dispatcher
        self._limits = limits
        self._open: dict[int, Client] = {}
        self._sessions: dict[str, Session] = {}
        self._deadlines: Deadlines[tuple[str, int | str]] = Deadlines()

    def open(self, client: Client, now: int) -> None:
        """A network connection was opened; CONNECT must come in time."""
        self._open[client.number] = client
        self._deadlines.add(now + self._limits.connect_timeout * 1000, (_CONNECT, client.number))

    def connect(self, client: Client, connect: Connect, now: int) -> None:
        """Carries out CONNECT: refuses it, or takes over, starts or resumes a session."""
        if client.session is not None:
            raise ProtocolError(Reason.PROTOCOL_ERROR, "CONNECT a second time (MQTT-3.1.0-2)")
        refusal = refusal_of(connect, client, self._limits)
        if refusal is not None:
            log.warning("%r was refused: %s", client, refusal.name)
            self._dispatcher.send(client, Connack(refusal))
            self.close(client, now)
            return
        terms = terms_for(connect, self._limits)
        other = self._dispatcher.connected.get(terms.client_id)
        if other is not None:
            self.close(
                other, now, Reason.SESSION_TAKEN_OVER, "another connection uses this client id"
            )
        client.introduce(connect, terms.client_id)
        self._begin(client, connect, terms, now)

    def _begin(self, client: Client, connect: Connect, terms: Terms, now: int) -> None:
        session, present = self._session_for(connect, terms, now)
        session.resume()
        session.expiry_interval = terms.session_expiry * 1000
        session.will = connect.will
        client.session = session
        self._dispatcher.connected[terms.client_id] = client
        client.keep_alive_ms = terms.keep_alive * 1500
        self._deadlines.add(now + client.keep_alive_ms, (_KEEP_ALIVE, client.number))
        self._dispatcher.send(client, Connack(Reason.SUCCESS, present, terms.properties))
        self._dispatcher.pump(client, session, now)

    def _session_for(self, connect: Connect, terms: Terms, now: int) -> tuple[Session, bool]:
        session = self._sessions.get(terms.client_id)
        if session is not None and (connect.clean_start or session.has_expired(now)):
            self._end(session, now)
            session = None
        if session is not None:
            return session, True
        session = Session(terms.client_id, queue_limit=self._limits.queued_messages)
        self._sessions[terms.client_id] = session
        return session, False

    def disconnect(self, client: Client, session: Session, packet: Disconnect, now: int) -> None:
        """Carries out the client's DISCONNECT, which can change how long the session lives (MQTT 5
        section 3.14.2.2.2).
        """
        expiry = packet.properties.session_expiry_interval
        if expiry is not None:
            if expiry and not session.expiry_interval:
                raise ProtocolError(
                    Reason.PROTOCOL_ERROR,
                    "DISCONNECT prolongs a session that was to end (MQTT-3.14.2-2)",
                )
            session.expiry_interval = min(expiry, self._limits.session_expiry_maximum) * 1000
        client.closing = True
        self._dispatcher.touch(client)
        self._detach(client, now, publish_will=packet.reason is not Reason.SUCCESS)  # MQTT-3.14.4-3

    def lost(self, client: Client, now: int, goodbye: bool) -> None:
        """The network connection is gone."""
        self._open.pop(client.number, None)
        client.closing = True
        self._detach(client, now, publish_will=not goodbye)

    def close(
        self,
        client: Client,
        now: int,
        reason: Reason | None = None,
        text: str = "",
        will: bool = True,
    ) -> None:
        """Closes a connection from our side; MQTT 5 is told why. Nothing more is read from it."""
        if client.closing:
            return
        if reason is not None and client.session is not None and client.version is Version.V5:
            told = Disconnect(reason, Properties(reason_string=text) if text else NO_PROPERTIES)
            if not self._dispatcher.send(client, told):
                self._dispatcher.send(client, Disconnect(reason))
        client.closing = True
        self._dispatcher.touch(client)
        self._detach(client, now, publish_will=will)

    def refuse(self, client: Client, error: ProtocolError, now: int) -> None:
        """Closes a connection on which something came that is not MQTT as we speak it."""
        log.warning("%r is disconnected: %s", client, error)
        if client.connect is None and (
            client.version is Version.V5 or error.reason is Reason.UNSUPPORTED_PROTOCOL_VERSION
        ):
            self._dispatcher.send(client, Connack(error.reason))
        self.close(client, now, error.reason, str(error))

    def shut_down(self, now: int) -> None:
        """Closes all connections; wills are not published."""
        for client in list(self._open.values()):
            self.close(client, now, Reason.SERVER_SHUTTING_DOWN, "the endpoint stops", will=False)

    def forget(self, now: int) -> None:
        """Ends the sessions of clients that are not connected, without publishing their wills."""
        for session in [session for session in self._sessions.values() if not session.is_connected]:
            session.will = None
            self._end(session, now)

    def _detach(self, client: Client, now: int, publish_will: bool) -> None:
        session = client.session
        if session is None:
            return
        client.session = None
        del self._dispatcher.connected[client.client_id]
        session.suspend(now)
        if not publish_will:
            session.will = None
        if session.will is not None:
            session.will_due = now + (session.will.properties.will_delay_interval or 0) * 1000
            self._deadlines.add(session.will_due, (_WILL, session.client_id))
        if session.expiry_interval:
            self._deadlines.add(now + session.expiry_interval, (_SESSION, session.client_id))
        self._look_at_session(session, now)

    def _end(self, session: Session, now: int) -> None:
        del self._sessions[session.client_id]
        self._dispatcher.router.forget(session)
        self._publish_will(session, now)

    def _publish_will(self, session: Session, now: int) -> None:
        will, session.will, session.will_due = session.will, None, None
        if will is not None:
            self._dispatcher.route(
                self._dispatcher.forwarded(will.topic, will, now), session.client_id, now
            )

    # Time

    def next_deadline(self) -> int | None:
        """When ``tick`` has something to do; None if nothing is due."""
        return self._deadlines.earliest()

    def tick(self, now: int) -> None:
        """Looks at the connections and sessions that are due."""
        for kind, key in self._deadlines.take_due(now):
            if isinstance(key, int):
                client = self._open.get(key)
                if client is not None and not client.closing:
                    self._look_at_client(client, kind, now)
            else:
                session = self._sessions.get(key)
                if session is not None:
                    self._look_at_session(session, now)

    def _look_at_client(self, client: Client, kind: str, now: int) -> None:
        if kind == _CONNECT:
            if client.connect is None:
                log.warning(
                    "%r is disconnected: no CONNECT within %s s",
                    client,
                    self._limits.connect_timeout,
                )
                self.close(client, now)
            return
        due = client.last_packet_at + client.keep_alive_ms
        if due <= now:
            self.close(
                client,
                now,
                Reason.KEEP_ALIVE_TIMEOUT,
                "no packet within one and a half times Keep Alive",
            )
        else:
            self._deadlines.add(due, (_KEEP_ALIVE, client.number))

    def _look_at_session(self, session: Session, now: int) -> None:
        if session.will_due is not None and session.will_due <= now:
            self._publish_will(session, now)
        if session.has_expired(now):
            self._end(session, now)
