"""The server's side of a WebSocket that carries MQTT, without I/O.

Source: RFC 6455; MQTT 5 section 6.

The package websockets does the work. Only ports of MQTT that a WebSocket comes to need it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .client import Upgrade
from .printable import printable

if TYPE_CHECKING:
    from websockets.server import ServerProtocol
    from websockets.typing import Subprotocol

#: AWS's older device SDKs offer the second name.
SUBPROTOCOLS = ("mqtt", "mqttv3.1")
LARGEST_FRAME = 1 << 20

_END_OF_HEAD = b"\r\n\r\n"

MISSING = (
    "MQTT over WebSocket on this port needs one package more: pip install 'moto-iot-jobs[mqtt]'"
)

# At DEBUG websockets logs whole requests, signatures included.
_log = logging.getLogger("moto_iot_jobs.mqtt.websocket")
_log.setLevel(logging.WARNING)


class WebSocketClosed(Exception):
    """The connection cannot go on.

    The bytes that say why are among ``take_replies``.
    """


class WebSocket:
    """Handshake and frames of one connection.

    Args:
        accept: tells whether a request may open the WebSocket.

    Attributes:
        closed_by_client: whether the client closed it in good order.

    Raises:
        ImportError: the package websockets is missing.
    """

    def __init__(self, accept: Callable[[Upgrade], bool]) -> None:
        from websockets.server import ServerProtocol

        self._accept = accept
        self._protocol = ServerProtocol(
            select_subprotocol=_select_subprotocol, max_size=LARGEST_FRAME, logger=_log
        )
        self._protocol.debug = False
        self._is_open = False
        self._tail = b""
        self._size_of_head = 0

    @property
    def buffered(self) -> int:
        """Number of bytes that are no complete request or frame yet."""
        # The library keeps the lines of a request as it reads them.
        return len(self._protocol.reader.buffer) if self._is_open else self._size_of_head

    @property
    def closed_by_client(self) -> bool:
        """True if the client closed the WebSocket in good order."""
        received = self._protocol.close_rcvd
        return self._is_open and received is not None and self._protocol.parser_exc is None

    def receive(self, data: bytes) -> bytes:
        """Return the payload of the frames that ``data`` completes.

        MQTT does not care where frames begin and end (MQTT-6.0.0-2).

        Raises:
            WebSocketClosed: the request opens no WebSocket, or a frame is wrong.
        """
        if self._is_open:
            return self._payload_of(data)
        # The library would answer a ping that came along with the request before the request.
        self._size_of_head += len(data)
        seen = self._tail + data
        end = seen.find(_END_OF_HEAD)
        if end < 0:
            self._tail = seen[1 - len(_END_OF_HEAD) :]
            return self._payload_of(data)
        cut = end + len(_END_OF_HEAD) - len(self._tail)
        self._payload_of(data[:cut])
        return self._payload_of(data[cut:])

    def _payload_of(self, data: bytes) -> bytes:
        from websockets.frames import CloseCode, Frame, Opcode
        from websockets.http11 import Request

        self._protocol.receive_data(data)
        payload = bytearray()
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._open(event)
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._protocol.fail(CloseCode.UNSUPPORTED_DATA)
                raise WebSocketClosed("a text frame (MQTT-6.0.0-1)")
            elif isinstance(event, Frame) and event.opcode in (Opcode.BINARY, Opcode.CONT):
                payload += event.data
        if self._protocol.handshake_exc is not None:
            raise WebSocketClosed(f"no request for a WebSocket: {self._protocol.handshake_exc}")
        if self._protocol.parser_exc is not None and not self.closed_by_client:
            raise WebSocketClosed(printable(str(self._protocol.parser_exc)))
        return bytes(payload)

    def _open(self, request: object) -> None:
        from websockets.http11 import Request

        assert isinstance(request, Request)
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        response = self._protocol.accept(request)
        if response.status_code == 101 and not self._accept(Upgrade("GET", request.path, headers)):
            response = self._protocol.reject(403, "")
        # The library holds the request for as long as the connection lasts.
        request.headers.clear()
        self._protocol.send_response(response)
        if response.status_code != 101:
            raise WebSocketClosed(f"HTTP {response.status_code}")
        self._is_open = True

    def discard(self) -> None:
        """Drop what is no complete request or frame yet.

        Nothing may be received any more.
        """
        self._protocol.reader.buffer.clear()
        self._protocol.parser.close()

    def take_replies(self) -> bytes:
        """Return the bytes to send that the WebSocket has made of its own accord."""
        sent = b"".join(self._protocol.data_to_send())
        if not sent and self._protocol.handshake_exc is not None and not self._is_open:
            return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        return sent

    def wrap(self, data: bytes) -> bytes:
        """Return the frame that carries bytes of MQTT."""
        self._protocol.send_binary(data)
        return self.take_replies()

    def close(self) -> bytes:
        """Return the frame that closes the WebSocket from our side.

        Empty if it is closed.
        """
        from websockets.protocol import State

        if not self._is_open or self._protocol.state is not State.OPEN:
            return b""
        self._protocol.send_close(1000)
        return self.take_replies()


def _select_subprotocol(
    _protocol: ServerProtocol, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    return next((name for name in offered if name in SUBPROTOCOLS), None)
