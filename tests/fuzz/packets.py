"""Run as a program: coverage-guided fuzzing of what reads bytes from devices, with atheris.

    python -m venv fuzzing && fuzzing/bin/pip install atheris websockets
    export PYTHONPATH=.
    fuzzing/bin/python tests/fuzz/packets.py --seeds corpus
    fuzzing/bin/python tests/fuzz/packets.py -max_total_time=300 -max_len=4096 corpus

The first byte of an input chooses what is fuzzed. Any exception but the three that say what is
wrong with the bytes is a finding, and so is a packet that does not survive being written and read
again.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

with atheris.instrument_imports(include=["moto_iot_jobs"]):
    from moto_iot_jobs.broker.broker import Broker
    from moto_iot_jobs.broker.client import Client
    from moto_iot_jobs.broker.limits import Limits
    from moto_iot_jobs.broker.packets import (
        Connect,
        Packet,
        Publish,
        Subscribe,
        Subscription,
        Unsubscribe,
        Version,
        Will,
    )
    from moto_iot_jobs.broker.properties import Properties
    from moto_iot_jobs.broker.reason_codes import ProtocolError
    from moto_iot_jobs.broker.websocket import WebSocket, WebSocketClosed
    from tests.mqtt.client_codec import Decoder, encode

LIMITS = Limits()
HEAD = (
    b"GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version:"
    b" 13\r\n"
)
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


def packets_in(data: bytes, version: Version | None, piece: int) -> list[Packet]:
    """Decode a stream that comes in pieces."""
    decoder, found = Decoder(LIMITS.packet_size, version), []
    for start in range(0, len(data), piece):
        decoder.feed(data[start : start + piece])
        while (packet := decoder.next_packet()) is not None:
            found.append(packet)
    return found


def decode(version: Version | None) -> Callable[[bytes], None]:
    """Decode; what was read has to survive being written and read again."""

    def fuzz(data: bytes) -> None:
        spoken = version
        for packet in packets_in(data, version, 7):
            if isinstance(packet, Connect):
                spoken = packet.version
            assert spoken is not None, "nothing is read before CONNECT tells the version"
            if packets_in(encode(packet, spoken), spoken, 1 << 20) != [packet]:
                raise AssertionError(f"{packet} is not what it was when it is read again")

    return fuzz


def frames(data: bytes) -> None:
    """Take WebSocket frames apart, in one piece and byte by byte, with the same outcome."""
    whole, pieces = WebSocket(lambda _: True), WebSocket(lambda _: True)
    for each in (whole, pieces):
        each.receive(HEAD + KEY)
    payload = whole.receive(data)
    one_by_one = b"".join(pieces.receive(data[at : at + 1]) for at in range(len(data)))
    if (payload, whole.closed_by_client) != (one_by_one, pieces.closed_by_client):
        raise AssertionError("it matters how the frames arrive")


def handshake(data: bytes) -> None:
    """Read a request for a WebSocket."""
    for request in (data, HEAD + data, data + HEAD + KEY):
        websocket = WebSocket(lambda _: True)
        with suppress(WebSocketClosed):
            websocket.receive(request)
        websocket.take_replies()


def broker(data: bytes) -> None:
    """Let a client that is connected say anything; others and the service are there as well."""
    served = Broker(
        lambda topic, payload, _client: (
            [(f"{topic}/accepted", payload)] if topic.startswith("$aws") else None
        ),
        session_clock=lambda: 1,
        call_soon=lambda action: action(1),
    )
    neighbour, client = Client(LIMITS), Client(LIMITS)
    subscription = Subscribe(1, (Subscription("#", 0),))
    served.open(neighbour, 0)
    served.receive(
        neighbour,
        encode(Connect(Version.V5, "n"), Version.V5) + encode(subscription, Version.V5),
        0,
    )
    served.open(client, 0)
    served.receive(client, encode(Connect(Version.V5, "c"), Version.V5), 0)
    served.receive(client, data, 1)
    served.receive(neighbour, encode(Publish("still/there", b"?"), Version.V5), 2)
    served.tick(10_000_000)
    if b"still/there" not in neighbour.outgoing:
        raise AssertionError("one client has harmed another")


TARGETS = (
    decode(None),
    decode(Version.V3_1_1),
    decode(Version.V5),
    frames,
    handshake,
    broker,
)


def one_input(data: bytes) -> None:
    """What atheris calls."""
    if not data:
        return
    with suppress(ProtocolError, WebSocketClosed):
        TARGETS[data[0] % len(TARGETS)](data[1:])


def write_seeds(folder: Path) -> None:
    """Write inputs that are right, for the fuzzer to bend."""
    properties = Properties(
        response_topic="a",
        correlation_data=b"b",
        user_property=(("k", "v"),),
        message_expiry_interval=9,
    )
    packets: list[Packet] = [
        Connect(
            Version.V5, "c", username="u", password=b"p", will=Will("w", b"x", 1, False, properties)
        ),
        Connect(Version.V3_1_1, "c", clean_start=False),
        Publish("a/b", b"{}", 1, True, False, 7, properties),
        Publish("$aws/things/c/jobs/$next/get", b"{}"),
        Subscribe(
            1,
            (Subscription("a/+", 1), Subscription("$share/g/#", 0)),
            Properties(subscription_identifier=(5,)),
        ),
        Unsubscribe(2, ("a/+",)),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for number, packet in enumerate(packets):
        for version in Version:
            wire = encode(packet, version)
            frame = bytes((0x82, 0x80 | min(len(wire), 125))) + b"\0\0\0\0" + wire[:125]
            for target in range(len(TARGETS)):
                content = frame if TARGETS[target] is frames else wire
                (folder / f"{number}-{version}-{target}").write_bytes(bytes((target,)) + content)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--seeds"]:
        write_seeds(Path(sys.argv[2]))
    else:
        logging.disable(logging.CRITICAL)
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
