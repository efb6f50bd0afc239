"""The device APIs of Jobs and shadows for the clients of an MQTT broker.

Needs the extra `mqtt`.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from math import inf
from queue import SimpleQueue
from ssl import SSLContext
from time import perf_counter
from typing import TYPE_CHECKING, Any

from moto_iot_jobs.broker.sockets import send_at_once
from moto_iot_jobs.iotjobsdata import mqtt
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.moto_api.client import is_remote, require_mock
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.defaults import home_account, home_region
from moto_iot_jobs.runtime.topic_services import service_of

from .outbox import WINDOW, Outbox
from .request_log import request_log
from .topic_log import log_response

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

__all__ = ["Bridge"]

logger = logging.getLogger(__name__)

# A level is a wildcard or is none, so namespaces take one of their own.
_FILTERS = (
    *(
        f"$aws/things/+/jobs/{last}"
        for last in ("get", "start-next", "+/get", "+/update", "+/+/get", "+/+/update")
    ),
    *(
        f"$aws/things/+/shadow/{below}{last}"
        for below in ("", "name/+/")
        for last in ("get", "update", "delete")
    ),
    *(
        f"$aws/commands/{kind}/+/executions/+/response{form}"
        for kind in ("things", "clients")
        for form in ("", "/json", "/cbor")
    ),
)
_FILTERS_IN_A_PACKET = 8
_STARTING_SECONDS = 10
_FLUSHING_SECONDS = 2
_SHORTEST_PAUSE_SECONDS = 1
_LONGEST_PAUSE_SECONDS = 30


class Bridge:
    """Serves from :meth:`start` to :meth:`close` or inside a ``with`` block, once.

    The session at the broker outlives it, so that a later one of the same account and region
    answers what was asked meanwhile.

    Args:
        host, port: where the broker listens.
        username, password: credentials at the broker; none by default.
        tls: how to check the broker and what to show it; no TLS by default.
        region, account: those of the devices; by default the environment's, else us-east-1, and
            moto's own.
        shared_group: subscribe as a member of this group (`$share/<group>/…`), each request going
            to one member alone.
        server_url: where signed URLs in job documents are to lead to; None in process.

    Raises:
        ImportError: the extra `mqtt` is not installed.
        RuntimeError: no mock is active; or moto's server mode is on, where the mock is in another
            process.
    """

    def __init__(
        self,
        host: str,
        port: int = 1883,
        *,
        username: str | None = None,
        password: str | None = None,
        tls: SSLContext | None = None,
        region: str | None = None,
        account: str | None = None,
        shared_group: str | None = None,
        server_url: str | None = None,
    ) -> None:
        if is_remote():
            raise RuntimeError(
                "In moto's server mode the bridge is the server's: moto-iot-jobs server --bridge mqtt://host:port"
            )
        if server_url is None:
            require_mock("mqtt.Bridge()")
        self.host, self.port = host, port
        self.region = home_region(region)
        self.account = home_account(account)
        self._server_url = server_url
        self._filters = [
            (f"$share/{shared_group}/{each}" if shared_group else each, 1) for each in _FILTERS
        ]
        # By the numbers of their packets, those that the broker has not acknowledged.
        self._subscribing: dict[int, list[tuple[str, int]]] = {}
        self._client = _client(f"moto-iot-jobs-{self.account}-{self.region}")
        self._client.username_pw_set(username, password)
        if tls is not None:
            self._client.tls_set_context(tls)
        # All that happens is done by one thread, in order; the client library's thread and the
        # publishers' only tell it.
        self._todo: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        # Counts up when a connection comes and when it goes, at once; `_current` is the connection
        # that is worked on.
        self._connection = self._current = 0
        self._outbox = Outbox(self._send, lambda: self._connection == self._current)
        self._handled: dict[int, tuple[float, str, bytes]] = {}
        self._flushing_seconds: float = _FLUSHING_SECONDS
        self._stopping_seconds: float | None = None
        self._tried = threading.Event()
        self._problem: str | None = "it does not respond"
        self._undo = ExitStack()

    def start(self) -> Bridge:
        """Connect, subscribe and begin to serve.

        From then on a broker that goes away is waited for.

        Raises:
            ConnectionError: the broker did not let us in within ten seconds; an OSError.
        """
        with ExitStack() as undo:
            worker = threading.Thread(target=self._work, name="iot-jobs-bridge", daemon=True)
            worker.start()
            undo.callback(worker.join)
            undo.callback(self._todo.put, None)
            # Before the connection: what was asked while no bridge was there is answered as soon as
            # it stands.
            message_log.start()
            undo.callback(message_log.unsubscribe, message_log.subscribe("#", self._forward))
            runtime.delivery.ticker.start()
            undo.callback(runtime.delivery.ticker.stop)
            self._connect()
            undo.callback(self._stop)
            undo.callback(self._client.disconnect)
            self._tried.wait(_STARTING_SECONDS)
            if self._problem is not None:
                raise ConnectionError(
                    f"no bridge to the broker at {self.host}, port {self.port}: {self._problem}"
                )
            undo.callback(self._flush)
            self._undo = undo.pop_all()
        return self

    def close(self) -> None:
        """Send what is left for up to two seconds, then disconnect. Idempotent."""
        self._undo.close()

    def close_within(self, seconds: float) -> None:
        """Do as `close` does, but wait for so many seconds at most for each of its steps."""
        self._flushing_seconds = self._stopping_seconds = seconds
        self._undo.close()

    @property
    def is_connected(self) -> bool:
        """True while the broker is connected."""
        return self._client.is_connected()

    def __enter__(self) -> Bridge:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _flush(self) -> None:
        passed = threading.Event()
        self._todo.put(passed.set)
        passed.wait(self._flushing_seconds)
        if not self._outbox.is_empty.wait(self._flushing_seconds if self.is_connected else 0):
            logger.warning("The broker did not take %d messages before the end", len(self._outbox))

    def _stop(self) -> None:
        # The client library's thread sleeps a second at a time while the broker is away.
        stopping = threading.Thread(target=self._client.loop_stop, daemon=True)
        stopping.start()
        stopping.join(self._stopping_seconds)

    # On the client library's thread

    def _connect(self) -> None:
        client, put = self._client, self._todo.put
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = lambda _client, _userdata, number, codes, _properties: (
            self._on_subscribe(number, codes)
        )
        client.on_publish = lambda _client, _userdata, number, *_: put(
            partial(self._on_sent, number)
        )
        client.on_message = lambda _client, _userdata, message: put(
            partial(self._handle, self._connection, message)
        )
        client.reconnect_delay_set(_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        client.connect_async(self.host, self.port, keepalive=30)
        client.loop_start()

    def _on_connect(
        self, _client: object, _userdata: object, flags: Any, code: Any, _properties: object
    ) -> None:
        if code.is_failure:
            self._report(str(code))
            return
        logger.info("bridge up: %s, port %d", self.host, self.port)
        self._connection += 1
        self._todo.put(partial(self._resume, self._connection, flags.session_present))
        # Always: the broker may have forgotten us. AWS takes eight filters in a packet.
        self._subscribing = {}
        for start in range(0, len(self._filters), _FILTERS_IN_A_PACKET):
            filters = self._filters[start : start + _FILTERS_IN_A_PACKET]
            number = self._client.subscribe(filters)[1]
            if number is not None:  # else the connection is gone already
                self._subscribing[number] = filters

    def _on_connect_fail(self, *_: object) -> None:
        # The library goes on trying, and tells why it fails only as the exception at hand.
        problem = sys.exc_info()[1]
        if not self._tried.is_set() and isinstance(problem, OSError):
            self._report(problem.strerror or str(problem))

    def _on_subscribe(self, number: int, codes: Any) -> None:
        filters = self._subscribing.pop(number, [])
        rejected = [each for each, code in zip(filters, codes, strict=False) if code.is_failure]
        if rejected:
            self._subscribing = {}
            self._report(f"it rejects a subscription to {rejected[0][0]}")
        elif filters and not self._subscribing:
            self._report(None)

    def _on_disconnect(
        self, _client: object, _userdata: object, _flags: object, code: Any, _properties: object
    ) -> None:
        if code.is_failure:
            text = "bridge down, tried again: %s, port %d: %s"
            logger.warning(text, self.host, self.port, code)
        else:
            logger.info("bridge down, closed: %s, port %d", self.host, self.port)
        self._connection += 1
        self._todo.put(self._pause)

    def _report(self, problem: str | None) -> None:
        self._problem = problem
        self._tried.set()
        if problem is not None:
            logger.error(
                "No bridge to the broker at %s, port %d: %s", self.host, self.port, problem
            )

    # On the thread of the call that caused the event

    def _forward(self, message: Message) -> None:
        if (message.account, message.region) == (self.account, self.region):
            self._todo.put(partial(self._outbox.put, message.topic, message.payload))

    # On our own thread

    def _work(self) -> None:
        while (act := self._todo.get()) is not None:
            try:
                act()
            except Exception:
                logger.exception("The bridge goes on after an error")

    def _send(self, topic: str, payload: bytes) -> int:
        return self._client.publish(topic, payload, qos=1).mid

    def _resume(self, connection: int, session_present: bool) -> None:
        self._current = connection
        if not session_present:
            self._handled.clear()
        self._outbox.connected()

    def _pause(self) -> None:
        self._outbox.lost()
        self._handled = {
            number: (inf, topic, payload) for number, (_, topic, payload) in self._handled.items()
        }

    def _on_sent(self, number: int) -> None:
        # The broker reads in order: it has seen the acknowledgements that went before what it
        # acknowledges now.
        turn = self._outbox.sent(number)
        self._handled = {each: entry for each, entry in self._handled.items() if entry[0] > turn}

    def _handle(self, connection: int, message: MQTTMessage) -> None:
        if message.retain:
            # Left at the broker, and given out on every reconnection: no device waits for it now.
            self._acknowledge(connection, message)
            return
        given = (message.topic, bytes(message.payload))
        if not message.dup or self._handled.get(message.mid, (0.0, "", b""))[1:] != given:
            self._carry_out(*given)
        # Only now: a request that we die of is given to the next of us.
        self._outbox.turn += 1
        if message.qos:
            self._handled[message.mid] = (self._outbox.turn, *given)
        self._acknowledge(connection, message)
        # What the request leads to is published from here, so it follows the response (captured:
        # accepted, notify, notify-next).
        runtime.delivery.deliver()

    def _carry_out(self, topic: str, payload: bytes) -> None:
        began = perf_counter()
        where = (self.account, self.region)
        service = service_of(runtime.topic_services, topic)
        response: Message | None
        if service is not None:
            response = service.respond(*where, topic, payload, self._server_url, "")
        else:
            response = mqtt.respond(*where, topic, payload, self._server_url)
        # What a public service publishes comes back through `_forward`, like all that is published.
        if response is not None and (service is None or service.is_private):
            self._outbox.put(response.topic, response.payload)
        if request_log.is_on:
            log_response("bridge", topic, response, (perf_counter() - began) * 1000)

    def _acknowledge(self, connection: int, message: MQTTMessage) -> None:
        # On a connection that has gone, the broker asks again, and is recognised by `_handled`.
        if message.qos and connection == self._connection:
            self._client.ack(message.mid, message.qos)


def _client(name: str) -> Client:
    try:
        from paho.mqtt import client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as missing:
        raise ImportError(
            f"{missing}. The bridge needs more than the mock: pip install 'moto-iot-jobs[mqtt]'"
        ) from None
    # MQTT 3.1.1, which every broker speaks, and a session that lasts.
    made = client.Client(
        CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, manual_ack=True
    )
    made.max_inflight_messages_set(WINDOW)
    made.on_socket_open = send_at_once
    return made
