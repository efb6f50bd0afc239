"""MQTT in front of the mock, for the devices of one account and region."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from moto_iot_jobs.broker.broker import Later, Replies
from moto_iot_jobs.broker.client import Client
from moto_iot_jobs.broker.connections import ConnectionChange
from moto_iot_jobs.broker.limits import Limits
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.loop import LoopThread
from moto_iot_jobs.broker.printable import printable
from moto_iot_jobs.broker.reason_codes import Reason
from moto_iot_jobs.broker.topics import is_valid_name
from moto_iot_jobs.iotjobsdata import mqtt
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.iotjobsdata.topics import is_written_by_service, thing_of
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.moto_api.client import is_remote
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.configuration import follows_emulators
from moto_iot_jobs.runtime.defaults import home_account, home_region
from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.runtime.topic_services import TopicService, private_service, public_service

from .certificates import Authority
from .device_certificates import DeviceCertificates, may_open_websocket, server_authority
from .request_log import request_log
from .threads import Threads
from .topic_log import log_response

logger = logging.getLogger(__name__)

_Value = TypeVar("_Value")


class DeviceEndpoint:
    """Serves from :meth:`start` to :meth:`close` or inside a ``with`` block, once.

    Args:
        region: the devices' region; that of the environment by default, else us-east-1.
        account: the devices' account; moto's own by default.
        host: address to listen on.
        mqtt_port: port for plain MQTT and WebSocket; 0 for any that is free, None for no such port.
        mqtts_port: the same over TLS.
        server_url: returns for a client where signed URLs in its job documents are to lead to; None
            in process.
        authority: of the server; one of its own by default.
        loop: the thread that serves; one of its own by default.
        limits: bounds of what clients may send.

    Attributes:
        certificates: those of the devices, where there is an authority.

    Raises:
        RuntimeError: in moto's server mode, where the mock is in another process.
    """

    def __init__(
        self,
        *,
        region: str | None = None,
        account: str | None = None,
        host: str = "127.0.0.1",
        mqtt_port: int | None = 0,
        mqtts_port: int | None = None,
        server_url: Callable[[Client], str] | None = None,
        authority: Authority | None = None,
        loop: LoopThread | None = None,
        limits: Limits | None = None,
    ) -> None:
        if is_remote():
            raise RuntimeError(
                "In moto's server mode devices connect to the server: moto-iot-jobs server"
                " --mqtt-port 1883"
            )
        self.region = home_region(region)
        self.account = home_account(account)
        self._host = host
        self._ports = (mqtt_port, mqtts_port)
        self._server_url = server_url
        self._endpoint: Endpoint | None = None
        self._authority = authority
        self._owns_authority = authority is None
        self._loop = loop
        self._limits = limits
        self.certificates: DeviceCertificates | None = None
        self._threads = Threads()
        self._undo = ExitStack()

    def start(self) -> DeviceEndpoint:
        """Bind the ports and begin to serve. Raises OSError if a port is taken."""
        mqtt_port, mqtts_port = self._ports
        with ExitStack() as undo:
            must_check = mqtts_port is not None or self._authority is not None
            self.certificates = certificates = self._certificates(undo) if must_check else None
            endpoint = Endpoint(
                host=self._host,
                mqtt_port=mqtt_port,
                mqtts_port=mqtts_port,
                tls=certificates.context if certificates else None,
                respond=self._handle,
                on_publish=self._on_publish,
                accept_certificate=certificates.accept if certificates else None,
                accept_upgrade=may_open_websocket,
                is_reserved=_is_reserved,
                rejects_filter=_rejects_filter,
                on_connection=self._on_connection,
                shares_replies=follows_emulators,
                limits=self._limits,
                session_clock=runtime.clock.now,
                loop=self._loop,
            )
            undo.callback(self._threads.close)
            message_log.start()
            subscription = message_log.subscribe("#", partial(self._forward, endpoint))
            undo.callback(message_log.unsubscribe, subscription)
            listener = partial(self._publish, endpoint)
            runtime.delivery.message_published.connect(listener)
            undo.callback(runtime.delivery.message_published.disconnect, listener)
            runtime.ended.connect(endpoint.forget)
            undo.callback(runtime.ended.disconnect, endpoint.forget)
            runtime.clock_moving.connect(endpoint.take_in)
            undo.callback(runtime.clock_moving.disconnect, endpoint.take_in)
            runtime.delivery.ticker.start()
            undo.callback(runtime.delivery.ticker.stop)
            undo.enter_context(endpoint)
            if certificates is not None and self._owns_authority and self._authority is not None:
                self._authority.discard_key()
            self._endpoint = endpoint
            self._undo = undo.pop_all()
        return self

    def close(self) -> None:
        """Close all connections and ports. Idempotent."""
        self._undo.close()

    def __enter__(self) -> DeviceEndpoint:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint. Raises LookupError before the start."""
        return _there(self._endpoint)

    @property
    def mqtt_address(self) -> tuple[str, int]:
        """Host and port for plain MQTT.

        Raises LookupError if there is no such port, or before the start.
        """
        return _there(self._endpoint.mqtt_address if self._endpoint else None)

    @property
    def mqtts_address(self) -> tuple[str, int]:
        """Host and port for MQTT over TLS.

        Raises LookupError if there is no such port, or before the start.
        """
        return _there(self._endpoint.mqtts_address if self._endpoint else None)

    @property
    def authority_file(self) -> Path:
        """PEM file of the authority that clients are to trust.

        Raises LookupError without a port for TLS.
        """
        return _there(self._authority.certificate if self._authority else None)

    def _certificates(self, undo: ExitStack) -> DeviceCertificates:
        if self._authority is None:
            self._authority = undo.enter_context(
                server_authority(self.account, self.region, self._host)
            )
        return DeviceCertificates(self.account, self.region, self._authority)

    # On the loop's thread

    def _handle(self, topic: str, payload: bytes, client: Client) -> Replies | Later | None:
        service = None
        if thing_of(topic) is None:
            service = private_service(runtime.topic_services, topic)
            if service is None:
                return None
        # An operation is over before a thread would have begun it, unless it has to wait as long as
        # a fault says.
        if runtime.faults.active():
            return partial(self._respond_elsewhere, service, topic, payload, client)
        replies = self._respond(service, topic, payload, client)
        # What this leads to is published from here, so it follows the response (captured: accepted,
        # notify, notify-next).
        runtime.delivery.deliver()
        return replies

    def _on_connection(self, change: ConnectionChange) -> None:
        presence, where = runtime.presence, (self.account, self.region, change.client_id)
        if change.connected:
            presence.connected(
                *where,
                change.at,
                keep_alive=change.terms.keep_alive,
                clean_session=change.clean_start,
                session_expiry=change.terms.session_expiry,
            )
        else:
            presence.disconnected(*where, change.at, _disconnect_reason(change))

    def _respond_elsewhere(
        self,
        service: TopicService | None,
        topic: str,
        payload: bytes,
        client: Client,
        done: Callable[[Replies | None], object],
    ) -> None:
        def respond() -> None:
            replies: Replies = ()
            try:
                replies = self._respond(service, topic, payload, client)
            except Exception:
                logger.exception("a request on %s failed", printable(topic))
            done(replies)
            runtime.delivery.deliver()

        self._threads.submit(respond)

    def _respond(
        self, service: TopicService | None, topic: str, payload: bytes, client: Client
    ) -> Replies:
        """Respond to a request of Jobs, or to one of a service beside them."""
        began = perf_counter()
        response = self._carry_out(service, topic, payload, client)
        if request_log.is_on:
            milliseconds = (perf_counter() - began) * 1000
            log_response(f"mqtt:{printable(client.client_id)}", topic, response, milliseconds)
        return () if response is None else ((response.topic, response.payload),)

    def _carry_out(
        self, service: TopicService | None, topic: str, payload: bytes, client: Client
    ) -> Message | None:
        where, url = (self.account, self.region), self._url_for(client)
        if service is None:
            return mqtt.respond(*where, topic, payload, url)
        response: Message | None = service.respond(*where, topic, payload, url, client.client_id)
        return response

    def _url_for(self, client: Client) -> str | None:
        return None if self._server_url is None else self._server_url(client)

    def _on_publish(self, topic: str, payload: bytes, client: Client) -> None:
        # moto resets the backends that were used; what devices leave with the broker has to be
        # forgotten with them.
        find_jobs(self.account, self.region)
        service = public_service(runtime.topic_services, topic)
        if service is None:
            return
        respond = partial(self._respond_to_all, service, topic, payload, client)
        # As for `_handle`: a fault may have it wait.
        if runtime.faults.active():
            self._threads.submit(respond)
        else:
            respond()

    def _respond_to_all(
        self, service: TopicService, topic: str, payload: bytes, client: Client
    ) -> None:
        where, url, connection = (
            (self.account, self.region),
            self._url_for(client),
            client.client_id,
        )
        began = perf_counter()
        try:
            response = service.respond(*where, topic, payload, url, connection)
            if request_log.is_on:
                milliseconds = (perf_counter() - began) * 1000
                log_response(f"mqtt:{printable(connection)}", topic, response, milliseconds)
        except Exception:
            logger.exception("a request on %s failed", printable(topic))
        runtime.delivery.deliver()

    # On any thread

    def _forward(self, endpoint: Endpoint, message: Message) -> None:
        if (message.account, message.region) == (self.account, self.region):
            endpoint.publish(
                message.topic,
                # Without subscribers, writing the payloads takes as long as the rollout itself.
                lambda: message.payload,
                content_type=message.content_type,
                expires_at=message.expires_at,
                client_id=message.client_id,
            )

    def _publish(
        self, endpoint: Endpoint, account: str, region: str, topic: str, payload: bytes
    ) -> None:
        # On AWS no client can play a device or the service through iot-data either (captured).
        if (
            (account, region) == (self.account, self.region)
            and is_valid_name(topic)
            and thing_of(topic) is None
            and not _is_reserved(topic)
            and private_service(runtime.topic_services, topic) is None
        ):
            endpoint.publish(topic, payload)


def _is_reserved(topic: str) -> bool:
    if is_written_by_service(topic):
        return True
    # Below a thing's jobs there is nothing of other services.
    return thing_of(topic) is None and any(
        service.reserves(topic) for service in runtime.topic_services
    )


def _rejects_filter(topic_filter: str) -> bool:
    return any(service.rejects(topic_filter) for service in runtime.topic_services)


def _there(value: _Value | None) -> _Value:
    if value is None:
        raise LookupError("the endpoint has no such port, or was not started")
    return value


# AWS IoT developer guide, life-cycle-events.
_REASONS = {
    None: "CONNECTION_LOST",
    Reason.SESSION_TAKEN_OVER: "DUPLICATE_CLIENTID",
    Reason.KEEP_ALIVE_TIMEOUT: "MQTT_KEEP_ALIVE_TIMEOUT",
    Reason.SERVER_SHUTTING_DOWN: "SERVER_INITIATED_DISCONNECT",
}


def _disconnect_reason(change: ConnectionChange) -> str:
    if change.by_client:
        return "CLIENT_INITIATED_DISCONNECT"
    return _REASONS.get(change.reason, "CLIENT_ERROR")
