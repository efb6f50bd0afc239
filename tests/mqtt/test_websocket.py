"""The handshake and the frames of WebSocket, byte by byte where RFC 6455 gives bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.broker.client import Upgrade
from moto_iot_jobs.broker.websocket import (
    FrameError,
    Frames,
    HandshakeError,
    accept_response,
    check_upgrade,
    close_frame,
    frame,
    parse_upgrade,
)

REQUEST = (
    b"GET /mqtt?X-Amz-Signature=abc HTTP/1.1\r\nHost: localhost\r\nUpgrade:"
    b" websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key:"
    b" dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version:"
    b" 13\r\n\r\n"
)


def upgrade(request: bytes = REQUEST) -> Upgrade:
    parsed = parse_upgrade(request)
    assert parsed is not None
    return parsed[0]


def masked(
    payload: bytes, opcode: int = 2, final: bool = True, mask: bytes = b"\x37\xfa\x21\x3d"
) -> bytes:
    """A frame as a client sends it."""
    size = len(payload)
    head = bytes((final << 7 | opcode,))
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 1 << 16:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def test_the_request_is_read_and_what_follows_is_left() -> None:
    parsed = parse_upgrade(REQUEST + b"\x82")
    assert parsed is not None
    found, length = parsed
    assert length == len(REQUEST)
    assert (found.method, found.target) == ("GET", "/mqtt?X-Amz-Signature=abc")
    assert found.headers["connection"] == "keep-alive, Upgrade"
    assert found.headers["sec-websocket-protocol"] == "mqtt"


def test_the_answer_is_the_one_of_the_rfc() -> None:
    assert (
        accept_response(upgrade())
        == b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection:"
        b" Upgrade\r\nSec-WebSocket-Accept:"
        b" s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
    )


@pytest.mark.parametrize(
    "offered, chosen",
    [(b"mqttv3.1", b"mqttv3.1"), (b"mqttv3.1, mqtt", b"mqtt"), (b"chat", None), (None, None)],
)
def test_the_subprotocol_is_one_that_the_client_offered(
    offered: bytes | None, chosen: bytes | None
) -> None:
    line = b"Sec-WebSocket-Protocol: mqtt\r\n"
    request = REQUEST.replace(line, line.replace(b"mqtt", offered) if offered is not None else b"")
    headers = accept_response(upgrade(request)).split(b"\r\n")[1:]
    expected = [b"Sec-WebSocket-Protocol: " + chosen] if chosen else []
    assert [header for header in headers if b"Protocol" in header] == expected


def test_half_a_request_waits_for_its_other_half() -> None:
    assert all(parse_upgrade(REQUEST[:cut]) is None for cut in range(len(REQUEST)))


@pytest.mark.parametrize(
    "request_, status",
    [
        (b"GET /\r\n\r\n", "400 Bad Request"),
        (b"GET / SIP/2.0\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nX: " + bytes(16_384), "431 Request Header Fields Too Large"),
        (
            b"GET / HTTP/1.1\r\nX: " + bytes(16_384) + b"\r\n\r\n",
            "431 Request Header Fields Too Large",
        ),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "426 Upgrade Required"),
        (REQUEST.replace(b"GET", b"POST"), "426 Upgrade Required"),
        (
            REQUEST.replace(b"Connection: keep-alive, Upgrade", b"Connection: close"),
            "400 Bad Request",
        ),
        (REQUEST.replace(b"Version: 13", b"Version: 8"), "400 Bad Request"),
        (REQUEST.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"c2hvcnQ="), "400 Bad Request"),
        (REQUEST.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"\xff\xff"), "400 Bad Request"),
    ],
)
def test_a_request_that_opens_no_websocket_is_told_so(request_: bytes, status: str) -> None:
    with pytest.raises(HandshakeError) as caught:
        check_upgrade(upgrade(request_))
    assert caught.value.status == status
    assert caught.value.response().startswith(b"HTTP/1.1 " + status.encode())


def test_frames_look_as_in_the_rfc() -> None:
    assert frame(b"Hello", opcode=1) == bytes.fromhex("8105 48656c6c6f")
    assert frame(bytes(256)) == bytes.fromhex("827e0100") + bytes(256)
    assert frame(bytes(65_536)) == bytes.fromhex("827f0000000000010000") + bytes(65_536)
    assert close_frame(1002) == bytes.fromhex("8802 03ea")
    assert Frames().receive(bytes.fromhex("8285 37fa213d 7f9f4d5158")) == b"Hello"


def test_a_length_may_come_in_two_pieces() -> None:
    frames, data = Frames(), masked(bytes(70_000))
    assert [frames.receive(data[:7]), frames.receive(data[7:])] == [b"", bytes(70_000)]


def test_a_ping_is_answered_and_fragments_are_joined() -> None:
    frames = Frames()
    data = masked(b"Hel", final=False) + masked(b"there", opcode=9) + masked(b"lo", opcode=0)
    data += masked(b"unasked", opcode=10) + masked(b"!")
    assert frames.receive(data) == b"Hello!"
    assert bytes(frames.replies) == bytes.fromhex("8a05") + b"there"


def test_a_close_is_answered_and_nothing_after_it_is_read() -> None:
    frames = Frames()
    assert frames.receive(masked(b"a") + masked(b"\x03\xe8bye", opcode=8) + masked(b"b")) == b"a"
    assert frames.closed
    assert bytes(frames.replies) == bytes.fromhex("8802 03e8")
    assert frames.receive(b"more") == b""


@pytest.mark.parametrize(
    "data, code",
    [
        (bytes.fromhex("820548656c6c6f"), 1002),  # not masked
        (masked(b"text", opcode=1), 1003),
        (masked(b"x", opcode=3), 1002),
        (b"\xc2" + masked(b"x")[1:], 1002),  # a reserved bit
        (masked(b"x", opcode=0), 1002),  # goes on with nothing
        (masked(b"x", final=False) + masked(b"y"), 1002),  # begins before the other has ended
        (masked(b"x", opcode=9, final=False), 1002),  # a control frame in fragments
        (masked(bytes(126), opcode=9), 1002),  # a control frame too long
        (bytes.fromhex("82ff00000000001000010000000000"), 1009),
        (bytes.fromhex("82ffffffffffffffffff00000000"), 1009),
    ],
)
def test_a_frame_that_breaks_the_rules_is_refused(data: bytes, code: int) -> None:
    with pytest.raises(FrameError) as caught:
        Frames().receive(data)
    assert caught.value.code == code


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.binary(max_size=300), st.binary(min_size=4, max_size=4)), max_size=5),
    st.integers(1, 50),
)
def test_it_does_not_matter_how_frames_arrive(parts: list[tuple[bytes, bytes]], step: int) -> None:
    data = b"".join(masked(payload, mask=mask) for payload, mask in parts)
    frames = Frames()
    found = b"".join(
        frames.receive(data[start : start + step]) for start in range(0, len(data), step)
    )
    assert found == b"".join(payload for payload, _ in parts)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_garbage_leads_to_no_unknown_error(data: bytes) -> None:
    with suppress(FrameError):
        Frames().receive(data)
    with suppress(HandshakeError):
        parse_upgrade(data)
