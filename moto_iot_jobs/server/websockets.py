"""MQTT over WebSocket on the HTTP port, at `/mqtt` as AWS's data endpoint has it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import WSMsgType, web

from moto_iot_jobs.broker.client import Client, Upgrade
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.loop import real_milliseconds
from moto_iot_jobs.broker.websocket import LARGEST_FRAME, SUBPROTOCOLS

#: Where a WebSocket for MQTT is opened.
MQTT_PATH = "/mqtt"


def is_upgrade(request: web.BaseRequest) -> bool:
    """Return whether a request opens a WebSocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def serve_mqtt(request: web.BaseRequest, endpoint: Endpoint) -> web.StreamResponse:
    """Serve a client over a WebSocket until it closes.

    Args:
        request: that opens it.
        endpoint: that the client is to be connected to.
    """
    encryption = request.get_extra_info("ssl_object")
    peer = request.get_extra_info("peername") or ("", 0)
    client = Client(endpoint.broker.limits, peer[:2], "wss" if encryption is not None else "ws")
    local = request.get_extra_info("sockname")
    client.local_host = local[0] if local else None
    if encryption is not None:
        client.certificate = encryption.getpeercert(binary_form=True)
    headers = {name.lower(): value for name, value in request.headers.items()}
    upgrade = Upgrade(request.method, request.raw_path, headers)
    if not endpoint.policy.admits_upgrade(client, upgrade, encryption is not None):
        return web.Response(status=403)
    response = web.WebSocketResponse(
        protocols=SUBPROTOCOLS, max_msg_size=LARGEST_FRAME, compress=False
    )
    await response.prepare(request)
    await _Connection(client, response, endpoint).serve()
    return response


class _Connection:
    """A WebSocket that aiohttp reads and writes.

    Attributes:
        closed_in_good_order: whether the client closed it with a close frame.
    """

    def __init__(self, client: Client, response: web.WebSocketResponse, endpoint: Endpoint) -> None:
        self.client = client
        self.closed_in_good_order = False
        self._response = response
        self._endpoint = endpoint
        self._has_outgoing = asyncio.Event()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._task: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Pass bytes on in both directions until one side closes."""
        self._endpoint.opened(self)
        self._task = asyncio.current_task()
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._response:
                await self._may_read.wait()
                if message.type is not WSMsgType.BINARY:
                    await self._response.close(code=1003, message=b"binary frames only")
                    break
                if not self.client.closing:
                    self._take_in(message.data)
            code = self._response.close_code
            self.closed_in_good_order = code is not None and code < 1002 and not self._failed
        except asyncio.CancelledError:
            pass
        finally:
            writer.cancel()
            self._endpoint.lost(self)

    @property
    def _failed(self) -> bool:
        return self._response.exception() is not None or self.client.closing

    def _take_in(self, data: bytes) -> None:
        self._endpoint.before_bytes()
        self._endpoint.broker.receive(self.client, data, real_milliseconds())
        self.flush()
        self._endpoint.flush_soon()

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while True:
                await self._has_outgoing.wait()
                self._has_outgoing.clear()
                # A packet in each frame, which simple clients expect.
                while data := self.client.take_packet():
                    await self._response.send_bytes(data)
                    self._endpoint.broker.drained(self.client, real_milliseconds())
                    self._endpoint.flush()
                if self.client.closing:
                    await self._response.close()
                    return

    def flush(self) -> None:
        """Send what waits, and stop reading from a client that does not read."""
        self._has_outgoing.set()
        if self.client.closing or not (self.client.is_congested or self.client.awaits_response):
            self._may_read.set()
        else:
            self._may_read.clear()

    def close(self) -> None:
        """Close as soon as everything was sent."""
        self._has_outgoing.set()

    def abort(self) -> None:
        """Close at once."""
        if self._task is not None:
            self._task.cancel()
