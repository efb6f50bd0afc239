"""However large a request is, or says that it is, and however slowly it comes: a clear answer or a
closed connection, soon.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.calls import MOST_BYTES
from moto_iot_jobs.server import listener
from moto_iot_jobs.server.http import Server
from tests.measuring import least_real_seconds, real_seconds
from tests.waiting import PATIENCE

from .test_listeners import process_that_listens_on
from .test_mqtt_bounds import resident
from .transports import SCOPES

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

MOST_MEMORY = 32 << 20
"""What the server may grow by in a test that sends far more, in bytes."""
SERVER = pytest.mark.parametrize("aws", ["server"], indirect=True)
HEAD = f"Host: x\r\nAuthorization: {SCOPES['iot']}\r\n".encode()
RIGHT = b"GET /jobs HTTP/1.1\r\n" + HEAD + b"\r\n"


def address_of(aws: Aws) -> tuple[str, int]:
    parts = urlsplit(aws.url or "")
    return parts.hostname or "", parts.port or 0


def response_to(address: tuple[str, int], *pieces: bytes) -> bytes:
    """Send, as far as the other side takes it; what it answers, up to some kilobytes, or nothing
    if it just closes.
    """
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            for piece in pieces:
                connection.sendall(piece)
        with suppress(ConnectionResetError):
            return connection.recv(65_536)
    return b""


def status(response: bytes) -> int | None:
    return int(response.split(b" ", 2)[1]) if response else None


def many(piece: bytes, size: int) -> list[bytes]:
    return [piece] * (size // len(piece))


@SERVER
def test_a_body_of_a_hundred_megabytes_is_rejected_and_fills_no_memory(aws: Aws) -> None:
    address, size = address_of(aws), 100 << 20
    process = process_that_listens_on(address[1])
    before = resident(process)
    head = b"PUT /jobs/j1 HTTP/1.1\r\n" + HEAD + b"Content-Length: %d\r\n\r\n" % size
    response = response_to(address, head, *many(b"x" * (1 << 20), size))
    assert status(response) == 400
    assert b"SerializationException" in response
    assert resident(process) - before < MOST_MEMORY


@SERVER
@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"GET /jobs HTTP/1.1\r\n" + HEAD + b"X-Field: ", b"x" * 65_536),
        (b"GET /jobs HTTP/1.1\r\n" + HEAD, b"X-Field: x\r\n" * 5_000),
        (b"GET /jobs/", b"x" * 65_536),
        (b"", b"x" * 65_536),
    ],
    ids=["one field", "many fields", "the target", "the method"],
)
def test_megabytes_before_the_body_are_an_error(aws: Aws, first: bytes, piece: bytes) -> None:
    process = process_that_listens_on(address_of(aws)[1])
    before = resident(process)
    began = time.monotonic()
    response = response_to(address_of(aws), first, *many(piece, 20 << 20))
    # What is not read when the connection closes may take the answer with it.
    assert status(response) in (None, 400, 413, 414)
    assert time.monotonic() - began < 15
    assert resident(process) - before < MOST_MEMORY


@SERVER
@pytest.mark.parametrize(
    "length", [b"-5", b"+5", b"five", b"0x5", b"5 5", b"9" * 30, b"1099511627776"]
)
def test_an_impossible_length_is_an_error(aws: Aws, length: bytes) -> None:
    response = response_to(
        address_of(aws),
        b"PUT /jobs/j1 HTTP/1.1\r\n" + HEAD + b"Content-Length: " + length + b"\r\n\r\n",
    )
    assert status(response) in (400, 413)


@SERVER
def test_a_body_may_come_in_chunks(aws: Aws) -> None:
    body = json.dumps({"targets": [aws.thing("t1")], "document": "{}"}).encode()
    head = b"PUT /jobs/j1 HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    response = response_to(address_of(aws), head, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert status(response) == 200, response
    assert aws.status("j1") == "IN_PROGRESS"


in_chunks_that_are_none = pytest.mark.parametrize(
    "chunks", [b"zzz\r\n{}\r\n0\r\n\r\n", b"-5\r\n{}\r\n0\r\n\r\n", b"2\r\n{}junk\r\n0\r\n\r\n"]
)
CHUNKED = b"PUT /jobs/j1 HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@SERVER
@in_chunks_that_are_none
def test_malformed_chunks_that_come_with_the_headers_are_an_error(aws: Aws, chunks: bytes) -> None:
    assert status(response_to(address_of(aws), CHUNKED + chunks)) == 400
    assert aws.iot.list_jobs()["jobs"] == []


# Slow loris


@pytest.fixture
def impatient(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, int]]:
    """A server that waits for the rest of a request for as long as a test can."""
    monkeypatch.setattr(listener, "READ_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(listener, "IDLE_SECONDS", getattr(request, "param", 1))
    server = Server(port=0)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server.host, server.port
    server.close()
    serving.join()


@in_chunks_that_are_none
def test_malformed_chunks_that_come_later_are_an_error_after_the_read_timeout_at_the_latest(
    impatient: tuple[str, int], chunks: bytes
) -> None:
    def response() -> bytes:
        with socket.create_connection(impatient, timeout=PATIENCE) as connection:
            connection.sendall(CHUNKED)
            time.sleep(0.1)  # the server has the headers, and waits for the body
            # What comes after the end may take the response with it.
            with suppress(ConnectionError):
                connection.sendall(chunks)
                return connection.makefile("rb").read()
        return b""

    # aiohttp need not tell that these are none, and then they are awaited like any body.
    assert any(status(response()) in (400, 408) for _ in range(5))


@pytest.mark.parametrize(
    ("begun", "response"),
    [
        (b"GET /jobs HT", None),
        (b"GET /jobs HTTP/1.1\r\nHo", None),
        (b"PUT /jobs/j1 HTTP/1.1\r\n" + HEAD + b"Content-Length: 9\r\n\r\n{", 408),
    ],
    ids=["in the request line", "in the headers", "in the body"],
)
def test_requests_that_are_never_finished_do_not_delay_others_and_are_given_up(
    impatient: tuple[str, int], begun: bytes, response: int | None
) -> None:
    # more than there are threads
    dawdlers = [socket.create_connection(impatient, timeout=PATIENCE) for _ in range(40)]
    try:
        for dawdler in dawdlers:
            dawdler.sendall(begun)
        assert status(response_to(impatient, RIGHT)) == 200
        if response is not None:
            assert status(dawdlers[0].recv(65_536)) == response
        assert dawdlers[0].recv(65_536) == b""
    finally:
        for dawdler in dawdlers:
            dawdler.close()


@SERVER
def test_connections_that_send_nothing_do_not_delay_others(aws: Aws) -> None:
    silent = [socket.create_connection(address_of(aws), timeout=PATIENCE) for _ in range(100)]
    try:
        responses: list[bytes] = []
        request = partial(
            real_seconds, lambda: responses.append(response_to(address_of(aws), RIGHT))
        )
        limit = listener.READ_TIMEOUT_SECONDS / 2
        assert least_real_seconds(request, limit) < limit
        assert {status(response) for response in responses} == {200}
    finally:
        for connection in silent:
            connection.close()


@pytest.mark.parametrize("impatient", [300], indirect=True, ids=["a real idle time"])
def test_a_connection_may_be_idle_for_longer_than_a_request_may_take(
    impatient: tuple[str, int],
) -> None:
    connection = HTTPConnection(*impatient, timeout=PATIENCE)
    connection.connect()
    kept = connection.sock
    for pause in (0, 1.5):
        time.sleep(listener.READ_TIMEOUT_SECONDS * pause)
        connection.request("GET", "/jobs", headers={"Authorization": SCOPES["iot"]})
        response = connection.getresponse()
        assert (response.status, response.read(), connection.sock) == (200, b'{"jobs":[]}', kept)
    connection.close()


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_records_of_refused_requests_are_bounded_in_bytes(aws: Aws) -> None:
    """What a refused request held is held by its record alone."""
    aws.job("j1", "t1")
    tags = [{"Key": f"{number}", "Value": "x" * 250} for number in range(3_000)]
    for _ in range(60):
        told = {"resourceArn": aws.arn("job", "j1"), "tags": tags}
        assert aws.http("POST", "/tags", json=told).status_code == 400
    kept = [call for call in runtime.calls.all() if call.operation == "TagResource"]
    assert 10 < len(kept) < 60
    assert sum(len(json.dumps(call.parameters)) for call in kept) <= MOST_BYTES
