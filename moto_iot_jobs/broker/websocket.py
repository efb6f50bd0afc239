"""The server's side of a WebSocket that carries MQTT (RFC 6455, MQTT 5 section 6): handshake and
frames, without a socket.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha1

from .client import Upgrade

_LARGEST_REQUEST = 16_384
_LARGEST_FRAME = 1 << 20
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#: AWS's older device SDKs offer the second name.
_SUBPROTOCOLS = ("mqtt", "mqttv3.1")

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_DATA = (_CONTINUATION, _BINARY)

PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003
TOO_BIG = 1009


class HandshakeError(Exception):
    """The HTTP request does not open a WebSocket; ``status`` is the HTTP status that says so."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status

    def response(self) -> bytes:
        """The HTTP response, after which the connection is closed."""
        extra = "Upgrade: websocket\r\n" if self.status.startswith("426") else ""
        return f"HTTP/1.1 {self.status}\r\n{extra}Connection: close\r\nContent-Length: 0\r\n\r\n".encode()


class FrameError(Exception):
    """The peer broke the rules of WebSocket; ``code`` is the close code that says so."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_upgrade(data: bytes) -> tuple[Upgrade, int] | None:
    """The request at the front of ``data`` and its length, or None while its end is missing.

    Raises HandshakeError if it is too large or no HTTP/1.1 request.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0 or end > _LARGEST_REQUEST:
        if len(data) > _LARGEST_REQUEST:
            raise HandshakeError("431 Request Header Fields Too Large")
        return None
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise HandshakeError("400 Bad Request")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise HandshakeError("400 Bad Request")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return Upgrade(words[0], words[1], headers), end + 4


def check_upgrade(upgrade: Upgrade) -> None:
    """Raises HandshakeError if the request is not one that opens a WebSocket."""
    headers = upgrade.headers
    if upgrade.method != "GET" or "websocket" not in _tokens(headers.get("upgrade", "").lower()):
        raise HandshakeError("426 Upgrade Required")
    if "upgrade" not in _tokens(headers.get("connection", "").lower()):
        raise HandshakeError("400 Bad Request")
    if headers.get("sec-websocket-version") != "13" or not _is_key(
        headers.get("sec-websocket-key", "")
    ):
        raise HandshakeError("400 Bad Request")


def accept_response(upgrade: Upgrade) -> bytes:
    """The response that opens the WebSocket, with the subprotocol that the client offered."""
    key = upgrade.headers["sec-websocket-key"].encode("latin-1")
    token = b64encode(sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()
    offered = _tokens(upgrade.headers.get("sec-websocket-protocol", ""))
    chosen = next((name for name in _SUBPROTOCOLS if name in offered), None)
    protocol = f"Sec-WebSocket-Protocol: {chosen}\r\n" if chosen else ""
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {token}\r\n{protocol}\r\n"
    ).encode()


def _tokens(value: str) -> Sequence[str]:
    return [token.strip() for token in value.split(",")]


def _is_key(key: str) -> bool:
    try:
        return len(b64decode(key, validate=True)) == 16
    except ValueError:
        return False


def frame(payload: bytes, opcode: int = _BINARY) -> bytes:
    """A final, unmasked frame, as a server sends it."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, size))
    elif size < 65_536:
        head = bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big")
    return head + payload


def close_frame(code: int = 1000) -> bytes:
    """The frame that says that nothing more will come, and why."""
    return frame(code.to_bytes(2, "big"), _CLOSE)


class Frames:
    """Takes a client's frames apart.

    MQTT does not care where frames begin and end (MQTT-6.0.0-2).
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._in_fragments = False
        self.closed = False
        self.replies = bytearray()

    def receive(self, data: bytes) -> bytes:
        """The payload of the data frames that ``data`` completes.

        Pongs and the answer to a close frame gather in ``replies``; ``closed`` is true once a close
        frame came. Raises FrameError for what no client may send.
        """
        self._buffer += data
        payload = bytearray()
        while not self.closed:
            taken = self._take_frame()
            if taken is None:
                break
            opcode, content = taken
            if opcode in _DATA:
                payload += content
            elif opcode == _PING:
                self.replies += frame(content, _PONG)
            elif opcode == _CLOSE:
                self.closed = True
                self.replies += frame(content[:2], _CLOSE)
        return bytes(payload)

    def _take_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        final, opcode, size = bool(buffer[0] & 0x80), buffer[0] & 0x0F, buffer[1] & 0x7F
        self._check_head(buffer[0], buffer[1])
        start = 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        if size > _LARGEST_FRAME:
            raise FrameError(TOO_BIG, f"a frame of {size} bytes")
        end = start + 4 + size
        if len(buffer) < end:
            return None
        content = _unmasked(bytes(buffer[start + 4 : end]), bytes(buffer[start : start + 4]))
        del buffer[:end]
        if opcode in _DATA:
            self._in_fragments = not final
        return opcode, content

    def _check_head(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if first & 0x70 or not second & 0x80:
            raise FrameError(PROTOCOL_ERROR, "a frame with reserved bits, or without a mask")
        if opcode == _TEXT:
            raise FrameError(UNSUPPORTED_DATA, "MQTT travels in binary frames (MQTT-6.0.0-1)")
        if opcode in _DATA:
            if self._in_fragments != (opcode == _CONTINUATION):
                raise FrameError(PROTOCOL_ERROR, "fragments out of order")
        elif opcode not in (_CLOSE, _PING, _PONG) or not first & 0x80 or second & 0x7F > 125:
            raise FrameError(PROTOCOL_ERROR, f"control frame 0x{first:02X}")


def _unmasked(content: bytes, mask: bytes) -> bytes:
    size = len(content)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(content, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
