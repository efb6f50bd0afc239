"""MQTT devices that take next to no time of their own: packets are put together and taken apart by
hand, in one thread.
"""

from __future__ import annotations

import selectors
from collections.abc import Callable
from contextlib import suppress

from .sockets import connected

_PATIENCE_SECONDS = 60
CONNACK, PUBLISH, SUBACK = 0x20, 0x30, 0x90


class Silence(Exception):
    """What was waited for did not come."""


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()


def _packet(kind: int, body: bytes) -> bytes:
    length, size = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | 0x80 if length else digit])
        if not length:
            return bytes([kind]) + size + body


def connect(client_id: str) -> bytes:
    """Return a CONNECT packet of MQTT 3.1.1 with a clean session."""
    return _packet(0x10, _text("MQTT") + b"\x04\x02\x00\x00" + _text(client_id))


def subscribe(topic: str) -> bytes:
    """Return a SUBSCRIBE packet."""
    return _packet(0x82, b"\x00\x01" + _text(topic) + b"\x00")


def publish(topic: str, payload: bytes) -> bytes:
    """Return a PUBLISH packet of quality of service 0."""
    return _packet(PUBLISH, _text(topic) + payload)


class Device:
    """One connection.

    Args:
        name: of the thing.
        address: of the endpoint.
    """

    def __init__(self, name: str, address: tuple[str, int]) -> None:
        self.name = name
        self.socket = connected(address, _PATIENCE_SECONDS)
        self._received = bytearray()

    def send(self, packet: bytes) -> None:
        """Send a packet."""
        self.socket.sendall(packet)

    def packets(self) -> list[tuple[int, bytes]]:
        """Take what has come, as kinds of packets and what is in them."""
        data = self.socket.recv(65536)
        if not data:
            raise Silence(f"{self.name} was disconnected")
        self._received += data
        found = []
        while (packet := self._cut()) is not None:
            found.append(packet)
        return found

    def _cut(self) -> tuple[int, bytes] | None:
        received, length, shift, at = self._received, 0, 0, 1
        while True:
            if at >= len(received):
                return None
            digit = received[at]
            length |= (digit & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if digit < 0x80:
                break
        if len(received) < at + length:
            return None
        packet = received[0] & 0xF0, bytes(received[at : at + length])
        del received[: at + length]
        return packet


class Crowd:
    """Devices that are listened to together."""

    def __init__(self) -> None:
        self.devices: list[Device] = []
        self._selector = selectors.DefaultSelector()

    def add(self, device: Device) -> None:
        """Listen to one more."""
        self.devices.append(device)
        self._selector.register(device.socket, selectors.EVENT_READ, device)

    def listen(self, hear: Callable[[Device, int, bytes], bool]) -> None:
        """Hand out every packet that comes, until `hear` returns True.

        Raises Silence when nothing comes any more.
        """
        while True:
            ready = self._selector.select(_PATIENCE_SECONDS)
            if not ready:
                raise Silence(f"nothing came for {_PATIENCE_SECONDS} seconds")
            done = False
            for key, _ in ready:
                for kind, body in key.data.packets():
                    done = hear(key.data, kind, body) or done
            if done:
                return

    def await_packets(self, kind: int, number: int) -> None:
        """Listen until so many packets of a kind have come to all together."""
        left = number

        def hear(_device: Device, came: int, _body: bytes) -> bool:
            nonlocal left
            left -= came == kind
            return left <= 0

        self.listen(hear)

    def close(self) -> None:
        """Hang up."""
        self._selector.close()
        for device in self.devices:
            with suppress(OSError):
                device.socket.close()
