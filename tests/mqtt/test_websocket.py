"""The handshake and the frames of WebSocket, byte by byte where RFC 6455 gives bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.broker.client import Upgrade
from moto_iot_jobs.broker.websocket import WebSocket, WebSocketClosed

REQUEST = (
    b"GET /mqtt?X-Amz-Signature=abc HTTP/1.1\r\nHost: localhost\r\nUpgrade:"
    b" websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key:"
    b" dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version:"
    b" 13\r\n\r\n"
)


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


def opened() -> WebSocket:
    """A WebSocket whose handshake is over."""
    websocket = WebSocket(lambda _upgrade: True)
    assert websocket.receive(REQUEST) == b""
    assert websocket.take_replies().startswith(b"HTTP/1.1 101 ")
    return websocket


def lines(request: bytes, accepted: bool = True) -> list[bytes]:
    """The lines of the response to a request."""
    websocket = WebSocket(lambda _upgrade: accepted)
    with suppress(WebSocketClosed):
        websocket.receive(request)
    return websocket.take_replies().split(b"\r\n")


def test_the_request_is_read_and_what_follows_is_the_first_frame() -> None:
    seen: list[Upgrade] = []

    def accept(upgrade: Upgrade) -> bool:
        seen.append(upgrade)
        return True

    websocket = WebSocket(accept)
    assert websocket.receive(REQUEST + masked(b"x")) == b"x"
    [found] = seen
    assert (found.method, found.target) == ("GET", "/mqtt?X-Amz-Signature=abc")
    assert found.headers["connection"] == "keep-alive, Upgrade"
    assert found.headers["sec-websocket-protocol"] == "mqtt"


def test_all_of_a_request_counts_as_buffered_until_it_is_complete() -> None:
    websocket = WebSocket(lambda _upgrade: True)
    for read in range(10, len(REQUEST), 10):
        assert websocket.receive(REQUEST[read - 10 : read]) == b""
        assert websocket.buffered == read
    websocket.receive(REQUEST[read:])
    assert websocket.buffered == 0


def test_what_is_incomplete_can_be_dropped() -> None:
    websocket = opened()
    websocket.receive(masked(bytes(1_000))[:-1])
    assert websocket.buffered == 999
    websocket.discard()
    assert websocket.buffered == 0
    assert websocket.close() == bytes.fromhex("880203e8")


def test_the_response_is_the_one_of_the_rfc() -> None:
    first, *headers = lines(REQUEST)
    assert first == b"HTTP/1.1 101 Switching Protocols"
    assert {
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        b"Sec-WebSocket-Protocol: mqtt",
    } <= set(headers)


@pytest.mark.parametrize(
    "offered, chosen",
    [(b"mqttv3.1", b"mqttv3.1"), (b"chat, mqtt", b"mqtt"), (b"chat", None), (None, None)],
)
def test_the_subprotocol_is_one_that_the_client_offered(
    offered: bytes | None, chosen: bytes | None
) -> None:
    line = b"Sec-WebSocket-Protocol: mqtt\r\n"
    request = REQUEST.replace(line, line.replace(b"mqtt", offered) if offered is not None else b"")
    expected = [b"Sec-WebSocket-Protocol: " + chosen] if chosen else []
    assert [header for header in lines(request) if b"Protocol:" in header] == expected


def test_a_ping_that_came_along_with_the_request_gets_its_pong_after_it() -> None:
    websocket = WebSocket(lambda _upgrade: True)
    assert websocket.receive(REQUEST[:-2]) == b""
    assert websocket.receive(REQUEST[-2:] + masked(b"ping", opcode=9)) == b""
    sent = websocket.take_replies()
    assert (sent[:13], sent[-6:]) == (b"HTTP/1.1 101 ", b"\x8a\x04ping")


def test_half_a_request_waits_for_its_other_half() -> None:
    websocket = WebSocket(lambda _upgrade: True)
    for cut in range(len(REQUEST) - 1):
        assert websocket.receive(REQUEST[cut : cut + 1]) == b""
        assert websocket.take_replies() == b""
    assert websocket.receive(REQUEST[-1:]) == b""
    assert websocket.take_replies().startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(
    "request_, status",
    [
        (b"GET /\r\n\r\n", b"400"),
        (b"GET / SIP/2.0\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + bytes(16_384), b"400 431"),
        (b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 1_000 + b"\r\n", b"400 431"),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"426"),
        (REQUEST.replace(b"GET", b"POST"), b"400 405"),
        (REQUEST.replace(b"Connection: keep-alive, Upgrade", b"Connection: close"), b"426"),
        (REQUEST.replace(b"Version: 13", b"Version: 8"), b"400"),
        (REQUEST.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"c2hvcnQ="), b"400"),
    ],
)
def test_a_request_that_opens_no_websocket_gets_an_error(request_: bytes, status: bytes) -> None:
    websocket = WebSocket(lambda _upgrade: True)
    with pytest.raises(WebSocketClosed):
        websocket.receive(request_)
    version, code = websocket.take_replies().split()[:2]
    # Newer releases of the library tell more.
    assert (version, code in status.split()) == (b"HTTP/1.1", True)


def test_a_request_that_is_not_accepted_is_forbidden() -> None:
    assert lines(REQUEST, accepted=False)[0] == b"HTTP/1.1 403 Forbidden"


def test_frames_look_as_in_the_rfc() -> None:
    websocket = opened()
    assert websocket.wrap(b"Hello") == bytes.fromhex("8205 48656c6c6f")
    assert websocket.wrap(bytes(256)) == bytes.fromhex("827e0100") + bytes(256)
    assert websocket.wrap(bytes(65_536)) == bytes.fromhex("827f0000000000010000") + bytes(65_536)
    assert websocket.receive(bytes.fromhex("8285 37fa213d 7f9f4d5158")) == b"Hello"
    assert websocket.close() == bytes.fromhex("8802 03e8")
    assert websocket.close() == b""


def test_a_ping_gets_a_pong_and_fragments_are_joined() -> None:
    websocket = opened()
    data = masked(b"Hel", final=False) + masked(b"there", opcode=9) + masked(b"lo", opcode=0)
    data += masked(b"unasked", opcode=10) + masked(b"!")
    assert websocket.receive(data) == b"Hello!"
    assert websocket.take_replies() == bytes.fromhex("8a05") + b"there"


def test_a_close_gets_a_close_and_nothing_after_it_is_read() -> None:
    websocket = opened()
    data = masked(b"a") + masked(b"\x03\xe8bye", opcode=8) + masked(b"b")
    assert websocket.receive(data) == b"a"
    assert websocket.closed_by_client
    assert websocket.take_replies()[:4] in (
        bytes.fromhex("8805 03e8"),
        bytes.fromhex("8802 03e8"),
    )
    assert websocket.receive(b"more") == b""


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
    ],
)
def test_a_frame_that_breaks_the_rules_closes_the_connection(data: bytes, code: int) -> None:
    websocket = opened()
    with pytest.raises(WebSocketClosed):
        websocket.receive(data)
    sent = websocket.take_replies()
    assert (sent[0], int.from_bytes(sent[2:4], "big")) == (0x88, code)
    assert not websocket.closed_by_client


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.binary(max_size=300), st.binary(min_size=4, max_size=4)), max_size=5),
    st.integers(1, 50),
)
def test_it_does_not_matter_how_frames_arrive(parts: list[tuple[bytes, bytes]], step: int) -> None:
    data = b"".join(masked(payload, mask=mask) for payload, mask in parts)
    websocket = opened()
    found = b"".join(
        websocket.receive(data[start : start + step]) for start in range(0, len(data), step)
    )
    assert found == b"".join(payload for payload, _ in parts)
    assert websocket.buffered == 0


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_garbage_leads_to_no_unknown_error(data: bytes) -> None:
    for websocket in (opened(), WebSocket(lambda _upgrade: True)):
        with suppress(WebSocketClosed):
            websocket.receive(data)
        websocket.take_replies()
