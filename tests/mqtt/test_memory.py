"""Clients that try to fill the memory: a process with a limit serves others all the while."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
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

MIB = 1 << 20


@dataclass(frozen=True)
class Attack:
    """What clients do that read nothing, and how little memory it may take.

    Attributes:
        code: what they send, for seconds or until the other side takes no more.
        most: MiB that the process may grow by. It is at least twice what the attack takes, and at
            most half of what it would take if nothing stopped it.
        limits: the budget that stops it, where there is one and its default is too large for a
            test.
    """

    code: str
    most: int
    limits: dict[str, int] = field(default_factory=dict)


ATTACKS = {
    # The broker reads from nobody who does not read.
    "pings": Attack(
        "talk(UPGRADE + masked(connect()), *[masked(bytes(125), 9) * 2_000] * 400)", 24
    ),
    "requests": Attack(
        'talk(connect(), *[packet(0x30, text("$aws/x") + bytes(50_000))] * 4_000)', 24
    ),
    "messages for a slow reader": Attack(
        "listen('slow', 'a/b'); talk(connect(), *[publish('a/b', 100_000, qos=0)] * 1_000)", 24
    ),
    "messages for many slow readers": Attack(
        "[listen(f'c{n}', 'a/b') for n in range(30)];"
        " talk(connect(), *[publish('a/b', 100_000, qos=0)] * 60)",
        14,
        {"buffered_bytes": 2 * MIB},
    ),
    "incomplete packets": Attack(
        "crowd(lambda n: connect(f'c{n}') + bytes([0x30, 0xff, 0xff, 0x08]) + bytes(100_000))",
        40,
        {"buffered_bytes": 8 * MIB},
    ),
    "incomplete frames": Attack(
        "crowd(lambda n: UPGRADE + masked(connect(f'c{n}')) + b'\\x82\\xfe\\xff\\xff' + bytes(65_000))",
        30,
        {"buffered_bytes": 4 * MIB},
    ),
    "incomplete handshakes": Attack(
        "crowd(lambda _: GET + HEADER * 20 + HEADER[:-2])", 60, {"buffered_bytes": 8 * MIB}
    ),
    # Of what is read once, nothing is kept.
    "headers": Attack(
        "crowd(lambda n: GET + HEADER * 10 + UPGRADE[len(GET):] + masked(connect(f'c{n}')), waits=True)",
        40,
    ),
    "user names": Attack(
        "crowd(lambda n: connect(f'c{n}', username='u' * 60_000), waits=True)", 24
    ),
    "retained messages": Attack(
        "talk(connect(), *(packet(0x31, text(f'r/{n}') + bytes(100_000)) for n in range(1_000)))",
        30,
        {"retained_bytes": 8 * MIB},
    ),
    "messages for one that is away": Attack(
        "away('c', 'a/#'); talk(connect(), *[publish('a/b', 100_000)] * 1_000)",
        30,
        {"session_bytes": 8 * MIB},
    ),
    "messages for many that are away": Attack(
        "[away(f'c{n}', 'a/#') for n in range(50)];"
        " talk(connect(), *[publish('a/b', 100_000)] * 400)",
        12,
        {"sessions_bytes": 16 * MIB},
    ),
    "sessions": Attack(
        "[say(connect(f'{n:0128}', clean=False)) for n in range(4_000)]",
        4,
        {"sessions_bytes": 1 * MIB},
    ),
    "subscriptions": Attack(
        "talk(connect(), *(subscribe('/'.join(f'{n}{c}' for c in 'abcdefgh')) for n in range(6_000)), reads=True)",
        9,
        {"session_bytes": 4 * MIB},
    ),
    "long share names": Attack(
        "talk(connect(), *(subscribe('$share/' + f'{n:060000}' + '/a') for n in range(2_000)))",
        20,
        {"session_bytes": 8 * MIB},
    ),
    "wills": Attack(
        "crowd(lambda n: connect(f'w{n}', will=bytes(60_000)))", 24, {"sessions_bytes": 8 * MIB}
    ),
}

SCRIPT = """
    import contextlib, resource, socket, time
    from moto_iot_jobs.broker.limits import Limits
    from moto_iot_jobs.broker.listener import Endpoint

    MIB = 1 << 20
    GET = b"GET /mqtt HTTP/1.1\\r\\n"
    HEADER = b"X: " + b"x" * 8_000 + b"\\r\\n"
    UPGRADE = GET + (
        b"Host: localhost\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
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

    def connect(name="c0", clean=True, will=None, username=None):
        flags = clean << 1 | 0x2C * (will is not None) | 0x80 * (username is not None)
        body = text("MQTT") + bytes([4, flags, 0, 60]) + text(name)
        if will is not None:
            body += text("w") + len(will).to_bytes(2, "big") + will
        if username is not None:
            body += text(username)
        return packet(0x10, body)

    def publish(topic, size, qos=1):
        return packet(0x30 | qos << 1, text(topic) + b"\\0\\1" * qos + bytes(size))

    def subscribe(topic_filter, qos=1):
        return packet(0x82, b"\\0\\1" + text(topic_filter) + bytes([qos]))

    def masked(data, opcode=2):
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\\xfe" + len(data).to_bytes(2, "big")
        return bytes([0x80 | opcode]) + size + bytes(4) + data

    def open_socket():
        found = socket.create_connection(endpoint.mqtt_address, timeout=5)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        return found

    def talk(*pieces, reads=False):
        until = time.monotonic() + 8
        sock = open_socket()
        sock.settimeout(0.3)
        try:
            for piece in pieces:
                sock.sendall(piece)
                if reads:
                    with contextlib.suppress(BlockingIOError):
                        sock.recv(4_096, socket.MSG_DONTWAIT)
                if time.monotonic() > until:
                    break
        except OSError:
            pass
        kept.append(sock)

    def say(data):
        with open_socket() as sock:
            sock.sendall(data)
            sock.recv(4)

    def away(name, topic_filter):
        with open_socket() as sock:
            sock.sendall(connect(name, clean=False) + subscribe(topic_filter))
            sock.recv(9, socket.MSG_WAITALL)

    def listen(name, topic_filter):
        sock = open_socket()
        sock.sendall(connect(name) + subscribe(topic_filter, qos=0))
        sock.recv(9, socket.MSG_WAITALL)
        kept.append(sock)

    def crowd(data, waits=False):
        for n in range(900):
            sock = open_socket()
            sock.settimeout(0.3)
            try:
                sock.sendall(data(n))
                if waits:  # else many may be half read at once
                    sock.settimeout(5)
                    sock.recv(1)
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
    with Endpoint(limits=Limits(**LIMITS), respond=respond) as endpoint:
        with open_socket() as honest:
            honest.sendall(connect("honest"))
            assert honest.recv(4) == bytes.fromhex("20020000")
            before = resident()
            ATTACK
            for _ in range(50):  # of eight times 64 KiB: what the kernel holds for the broker
                endpoint.take_in()
            grown = resident() - before
            print(round(grown / MIB, 1), "MiB more")
            honest.sendall(b"\\xc0\\x00")
            assert honest.recv(2) == b"\\xd0\\x00"
            assert grown < MOST * MIB
        for sock in kept:
            sock.close()
"""


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_client_cannot_fill_the_memory(attack: Attack) -> None:
    pytest.importorskip("resource", reason="no limits on file descriptors on this platform")
    if "GET" in attack.code or "UPGRADE" in attack.code:
        pytest.importorskip("websockets", reason="nothing is read of a WebSocket without it")
    script = textwrap.dedent(SCRIPT).replace("ATTACK", attack.code)
    script = script.replace("**LIMITS", f"**{attack.limits}").replace("MOST", str(attack.most))
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


def test_a_packet_in_pieces_is_forgotten_when_its_connection_is_closed_for_it(
    wire_with: Callable[..., Wire],
) -> None:
    wire = wire_with(buffered_bytes=10_000)
    peer = wire.connect()
    peer.say(bytes.fromhex("30ffff01") + bytes(9_000))
    assert peer.client.buffers.used == 9_004
    peer.say(bytes(1_000))
    assert peer.client.closing
    assert (peer.client.decoder.buffered, peer.client.buffers.used) == (0, 0)


def test_connections_that_came_and_went_leave_no_deadlines_behind(
    wire_with: Callable[..., Wire],
) -> None:
    wire = wire_with()
    wire.connect("heir").subscribe("w")
    idle = wire.connect("idle", keep_alive=1_000)
    away = wire.connect("away", V5, expiry=3_000, will=Will("w", b"lost"))
    away.hang_up()
    for _ in range(5_000):
        wire.connect("restless", clean=False, keep_alive=1_000).hang_up()
    connections = wire.broker._connections
    assert len(connections._network_deadlines._heap) < 2_500
    assert len(connections._session_deadlines._heap) < 2_500
    assert set(connections._sessions) == {"heir", "idle", "away", "restless"}
    wire.pass_time(1_500_000)
    assert idle.is_closed()
    wire.pass_time(1_500_000)
    assert set(connections._sessions) == {"restless"}


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
