"""Clients that try to fill the memory: a process with a limit serves others all the while."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.broker.budget import Budget
from moto_iot_jobs.broker.packets import (
    Connack,
    Connect,
    Disconnect,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
    Will,
)
from moto_iot_jobs.broker.properties import Properties
from moto_iot_jobs.broker.reason_codes import Reason

if TYPE_CHECKING:
    from tests.mqtt.conftest import Wire

V3, V5 = Version.V3_1_1, Version.V5

# What each attack sends, for seconds or until the other side takes no more. It never reads.
ATTACKS = {
    "pings of MQTT": 'talk(connect() + b"\\xc0\\x00" * 50_000)',
    "pings of WebSocket": (
        "talk(UPGRADE + masked(connect()), *[masked(bytes(125), 9) * 2_000] * 400)"
    ),
    "requests": 'talk(connect(), *[packet(0x30, text("$aws/x") + bytes(50_000))] * 4_000)',
    "incomplete packets": "crowd(900, lambda n: connect(f'c{n}') + bytes([0x30, 0xff, 0xff, 0x08]) + bytes(100_000))",
    "incomplete frames": "crowd(900, lambda n: UPGRADE + masked(connect(f'c{n}')) + b'\\x82\\xfe\\xff\\xff' + bytes(65_000))",
    "incomplete handshakes": "crowd(900, lambda _: b'GET /mqtt HTTP/1.1\\r\\nX: ' + b'x' * 8_000)",
    "retained messages": (
        "talk(connect(), *(packet(0x31, text(f'r/{n}') + bytes(100_000)) for n in range(2_000)))"
    ),
    "messages for one that is away": (
        "away('c', 'a/#'); talk(connect(), *[publish('a/b', 100_000)] * 2_000)"
    ),
    "messages for many that are away": (
        "[away(f'c{n}', 'a/#') for n in range(50)];"
        " talk(connect(), *[publish('a/b', 100_000)] * 400)"
    ),
    "sessions": "[say(connect(f'session-{n}', clean=False)) for n in range(9_000)]",
    "subscriptions": (
        "talk(connect(), *(subscribe('/'.join(f'{n}{c}' for c in 'abcdefgh')) for n in range(30_000)))"
    ),
    "long share names": (
        "talk(connect(), *(subscribe('$share/' + f'{n:060000}' + '/a') for n in range(4_000)))"
    ),
    "wills": (
        "[say(connect(f'w{n}', clean=False, will=bytes(60_000)), sleep=0) for n in range(3_000)]"
    ),
}

SCRIPT = """
    import resource, socket, threading, time
    from moto_iot_jobs.broker.limits import Limits
    from moto_iot_jobs.broker.listener import Endpoint

    MIB = 1 << 20
    LIMITS = Limits(
        sessions_bytes=16 * MIB, session_bytes=8 * MIB, retained_bytes=8 * MIB,
        buffered_bytes=8 * MIB, connections=1_000,
    )
    UPGRADE = (
        b"GET /mqtt HTTP/1.1\\r\\nHost: localhost\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n"
    )

    def text(value):
        return len(value).to_bytes(2, "big") + value.encode()

    def packet(first, body):
        size, length = bytearray(), len(body)
        while length >= 0x80:
            size.append(length & 0x7F | 0x80)
            length >>= 7
        return bytes([first]) + bytes(size) + bytes([length]) + body

    def connect(name="c0", clean=True, will=None):
        flags = clean << 1 | (0x2C if will is not None else 0)
        body = text("MQTT") + bytes([4, flags, 0, 60]) + text(name)
        if will is not None:
            body += text("w") + len(will).to_bytes(2, "big") + will
        return packet(0x10, body)

    def publish(topic, size):
        return packet(0x32, text(topic) + b"\\0\\1" + bytes(size))

    def subscribe(topic_filter):
        return packet(0x82, b"\\0\\1" + text(topic_filter) + b"\\1")

    def masked(data, opcode=2):
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\\xfe" + len(data).to_bytes(2, "big")
        return bytes([0x80 | opcode]) + size + bytes(4) + data

    def open_socket():
        found = socket.create_connection(endpoint.mqtt_address, timeout=5)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        return found

    def talk(*pieces):
        until = time.monotonic() + 8
        sock = open_socket()
        sock.settimeout(0.3)
        try:
            for piece in pieces:
                sock.sendall(piece)
                if time.monotonic() > until:
                    break
        except OSError:
            pass
        kept.append(sock)

    def say(data, sleep=0):
        with open_socket() as sock:
            sock.sendall(data)
            sock.recv(4)

    def away(name, topic_filter):
        with open_socket() as sock:
            sock.sendall(connect(name, clean=False) + subscribe(topic_filter))
            sock.recv(9, socket.MSG_WAITALL)

    def crowd(number, data):
        for n in range(number):
            sock = open_socket()
            sock.settimeout(0.3)
            try:
                sock.sendall(data(n))
            except OSError:
                pass
            kept.append(sock)

    def resident():
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))
    kept = []
    respond = lambda topic, payload, client: [(topic, payload)] if topic.startswith("$aws") else None
    with Endpoint(limits=LIMITS, respond=respond) as endpoint:
        with open_socket() as honest:
            honest.sendall(connect("honest"))
            assert honest.recv(4) == bytes.fromhex("20020000")
            before = resident()
            ATTACK
            grown = resident() - before
            print(grown // MIB, "MiB more")
            honest.sendall(b"\\xc0\\x00")
            assert honest.recv(2) == b"\\xd0\\x00"
            assert grown < 96 * MIB, grown
        for sock in kept:
            sock.close()
"""


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_client_cannot_fill_the_memory(attack: str) -> None:
    pytest.importorskip("resource", reason="no limits on file descriptors on this platform")
    script = textwrap.dedent(SCRIPT).replace("ATTACK", ATTACKS[attack])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3_000:]


# The same, packet by packet


def test_what_does_not_fit_a_session_is_dropped_and_logged_once(
    wire_with: Callable[..., Wire], caplog: pytest.LogCaptureFixture
) -> None:
    wire = wire_with(session_bytes=100_000)
    peer = wire.connect(clean=False)
    peer.subscribe("a")
    peer.hang_up()
    for _ in range(100):
        wire.publish("a", b"secret" + bytes(10_000))
    again = wire.connect(clean=False)
    assert 5 <= len(again.messages()) <= 9
    warnings = [record for record in caplog.records if "is full" in record.getMessage()]
    assert len(warnings) == 1
    assert "secret" not in caplog.text
    wire.publish("a", b"there is room again")
    assert [message.payload for message in again.messages()] == [b"there is room again"]


def test_room_comes_back_with_each_acknowledgement_and_with_the_end_of_a_session(
    wire_with: Callable[..., Wire],
) -> None:
    wire = wire_with(session_bytes=50_000, sessions_bytes=60_000)
    for number in range(50):
        peer = wire.connect(f"c{number}")
        peer.subscribe("a/+/c", "$share/g/b")
        for _ in range(10):
            wire.publish("a/b/c", bytes(20_000))
            assert len(peer.messages()) == 1
        peer.send(Disconnect())
    assert wire.broker._connections._budget.used == 0


@pytest.mark.parametrize("version", [V3, V5])
def test_a_session_too_many_is_refused(wire_with: Callable[..., Wire], version: Version) -> None:
    wire = wire_with(sessions_bytes=10_000)
    kept = [wire.connect("a"), wire.connect("b")]
    peer = wire.open(version)
    peer.send(Connect(version, "c"))
    rejected = Reason.QUOTA_EXCEEDED if version is V5 else Reason.SERVER_UNAVAILABLE
    assert peer.received() == [Connack(rejected)]
    assert peer.is_closed()
    kept[0].send(Disconnect())
    assert wire.connect("c", version).connack is not None


def test_a_subscription_too_many_is_rejected(wire_with: Callable[..., Wire]) -> None:
    peer = wire_with(session_bytes=8_000).connect(version=V5)
    peer.send(Subscribe(1, tuple(Subscription(f"a/{number}") for number in range(5))))
    [suback] = peer.received()
    assert isinstance(suback, Suback)
    assert suback.reasons[0] is Reason.SUCCESS
    assert suback.reasons[-1] is Reason.QUOTA_EXCEEDED
    assert not peer.is_closed()


def test_a_retained_message_too_many_is_rejected_and_a_smaller_one_may_replace_it(
    wire_with: Callable[..., Wire],
) -> None:
    peer = wire_with(retained_bytes=20_000).connect(version=V5)
    for packet_id, (topic, size) in enumerate(
        [("a", 15_000), ("b", 15_000), ("a", 100), ("b", 15_000), ("b", 0), ("c", 15_000)], 1
    ):
        peer.send(Publish(topic, bytes(size), 1, retain=True, packet_id=packet_id))
    reasons = [packet.reason for packet in peer.received() if isinstance(packet, Puback)]
    room, full = Reason.SUCCESS, Reason.QUOTA_EXCEEDED
    assert reasons == [room, full, room, room, room, room]


def test_a_will_that_does_not_fit_is_refused(wire_with: Callable[..., Wire]) -> None:
    wire = wire_with(session_bytes=10_000)
    peer = wire.open(V5)
    peer.send(Connect(V5, "c", will=Will("w", bytes(20_000))))
    assert peer.received() == [Connack(Reason.QUOTA_EXCEEDED)]
    assert wire.connect("c").connack is not None


def test_user_properties_count(wire_with: Callable[..., Wire]) -> None:
    wire = wire_with(session_bytes=100_000)
    peer = wire.connect(clean=False)
    peer.subscribe("a")
    peer.hang_up()
    many = Properties(user_property=(("", ""),) * 1_000)
    sender = wire.connect("sender", V5)
    sender.send(Publish("a", b"", 1, packet_id=1, properties=many))
    assert wire.connect(clean=False).messages() == []


def test_a_budget_counts_against_its_parent() -> None:
    parent = Budget(100)
    one, other = Budget(80, parent), Budget(80, parent)
    assert one.take(60)
    assert not other.take(60)
    assert other.take(40)
    assert not one.take(1)
    one.release_all()
    assert (one.used, other.used, parent.used) == (0, 40, 40)
    assert not one.take(81)
