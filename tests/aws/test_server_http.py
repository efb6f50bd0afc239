"""What clients notice of the server's HTTP beside answers: headers of other services of moto,
errors, and a quiet log.
"""

from __future__ import annotations

import json
import resource
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from moto.moto_api._internal.models import moto_api_backend

from moto_iot_jobs.server.http import Server
from tests.measuring import least_real_seconds, real_seconds
from tests.server_process import server_process
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

SIGNED = (
    "Host: localhost\r\nAuthorization: AWS4-HMAC-SHA256"
    " Credential=AKIDEXAMPLE/20260101/eu-west-1/{service}/aws4_request, Signature=0\r\n"
)
TO_S3 = SIGNED.format(service="s3").encode()
TO_JOBS = SIGNED.format(service="iot").encode()


@pytest.fixture
def address(through_server: Aws) -> tuple[str, int]:
    parts = urlsplit(through_server.url or "")
    return parts.hostname or "", parts.port or 0


@pytest.fixture
def bucket(through_server: Aws) -> str:
    name = "jobs-bucket"
    through_server.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return name


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server in this process, whose log pytest sees, and that may be stopped."""
    server = Server(port=0)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server
    server.close()
    serving.join()
    moto_api_backend.reset()


def open_to(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=20)


def ask(address: tuple[str, int], line: str, headers: bytes = b"", body: bytes = b"") -> bytes:
    """Return the whole answer to one request, in bytes."""
    with open_to(address) as connection:
        length = b"Content-Length: %d\r\n" % len(body) if body else b""
        connection.sendall(
            line.encode() + b"\r\n" + headers + length + b"Connection: close\r\n\r\n" + body
        )
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def to_sqs(action: str, **members: object) -> bytes:
    body = json.dumps(members).encode()
    head = (
        f"X-Amz-Target: AmazonSQS.{action}\r\nContent-Type:"
        f" application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return b"POST / HTTP/1.1\r\n" + (SIGNED.format(service="sqs") + head).encode() + body


def polls(address: tuple[str, int], many: int, seconds: int = 3) -> ExitStack:
    """Let consumers wait for messages that never come, each at a connection of its own, until the
    end of the block.
    """
    consumers = ExitStack()
    with open_to(address) as connection:
        connection.sendall(to_sqs("CreateQueue", QueueName="empty"))
        assert b" 200 " in connection.recv(65_536)
    for _ in range(many):
        connection = consumers.enter_context(open_to(address))
        connection.sendall(
            to_sqs(
                "ReceiveMessage",
                QueueUrl="http://localhost/123456789012/empty",
                WaitTimeSeconds=seconds,
            )
        )
    return consumers


# Headers


def test_metadata_of_an_object_comes_back_in_the_bytes_it_was_sent_in(
    address: tuple[str, int], bucket: str
) -> None:
    metadata = "x-amz-meta-place: Zürich 日本\r\n".encode()
    assert b" 200 " in ask(address, f"PUT /{bucket}/object HTTP/1.1", TO_S3 + metadata, b"x")
    assert metadata in ask(address, f"HEAD /{bucket}/object HTTP/1.1", TO_S3)


def test_keys_of_metadata_keep_their_underscores(address: tuple[str, int], bucket: str) -> None:
    request = pytest.importorskip("moto.core.request")
    if not hasattr(request, "PRESERVED_HEADER_NAMES_ENVIRON_KEY"):
        pytest.skip("this version of moto gives all headers dashes")
    ask(address, f"PUT /{bucket}/object HTTP/1.1", TO_S3 + b"x-amz-meta-my_key: v\r\n", b"x")
    assert b"x-amz-meta-my_key: v\r\n" in ask(address, f"HEAD /{bucket}/object HTTP/1.1", TO_S3)


def test_a_header_with_an_underscore_is_not_taken_for_the_one_with_a_dash(
    address: tuple[str, int], bucket: str
) -> None:
    ask(
        address,
        f"PUT /{bucket}/object HTTP/1.1",
        TO_S3 + b"Content-Type: text/a\r\nContent_Type: text/b\r\n",
        b"x",
    )
    assert (
        b"content-type: text/a\r\n"
        in ask(address, f"HEAD /{bucket}/object HTTP/1.1", TO_S3).lower()
    )


def test_a_control_character_in_a_header_does_not_lose_the_response(
    address: tuple[str, int], bucket: str
) -> None:
    ask(address, f"PUT /{bucket}/object HTTP/1.1", TO_S3, b"content")
    answer = ask(
        address, f"GET /{bucket}/object?response-content-disposition=a%00b HTTP/1.1", TO_S3
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"content")
    assert b"\r\ncontent-disposition: a b\r\n" in answer.lower()


def test_motos_own_endpoints_are_found_by_whole_urls_as_clients_send_them_to_proxies(
    address: tuple[str, int],
) -> None:
    answer = ask(
        address, "GET http://moto.example/moto-api/data.json HTTP/1.1", b"Host: localhost\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_client_of_http_1_0_gets_no_continue(address: tuple[str, int]) -> None:
    answer = ask(address, "GET /jobs HTTP/1.0", TO_JOBS + b"Expect: 100-continue\r\n")
    assert answer.startswith(b"HTTP/1.0 200")


# Errors of other services


def test_what_moto_does_not_implement_is_called_so(address: tuple[str, int]) -> None:
    headers = (
        SIGNED.format(service="kinesis").encode()
        + b"X-Amz-Target: Kinesis_20131202.NoSuchThing\r\n"
    )
    answer = ask(address, "POST / HTTP/1.1", headers, b"{}")
    assert answer.startswith(b"HTTP/1.1 501")
    assert b"NotImplementedException" in answer


def test_a_failure_inside_moto_is_not_blamed_on_the_signature(address: tuple[str, int]) -> None:
    headers = (
        SIGNED.format(service="dynamodb").encode() + b"X-Amz-Target: DynamoDB_20120810.PutItem\r\n"
    )
    answer = ask(address, "POST / HTTP/1.1", headers, b"{}")
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"InternalFailureException" in answer


@pytest.mark.parametrize(
    "authorization",
    [SIGNED.format(service="nosuchservice"), "Host: l\r\nAuthorization: AWS4 Credential\r\n"],
)
def test_a_signature_that_names_no_service_is_an_error(
    address: tuple[str, int], authorization: str
) -> None:
    answer = ask(address, "GET /jobs HTTP/1.1", authorization.encode())
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"IncompleteSignatureException" in answer


# Clients that vanish, or send no HTTP


@pytest.mark.parametrize(
    "begun",
    [
        b"PUT /jobs/j1 HTTP/1.1\r\n" + TO_JOBS + b"Content-Length: 9\r\n\r\n{",
        b"PUT /bucket/object HTTP/1.1\r\n" + TO_S3 + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{",
        b"GET /jobs HTTP/1.1\r\n" + TO_JOBS + b"Content-Length: nine\r\n\r\n",
    ],
    ids=["in a body", "in a chunk", "no length"],
)
@pytest.mark.parametrize("is_reset", [True, False], ids=["reset", "closed"])
def test_a_client_that_vanishes_or_errs_leaves_nothing_in_the_log(
    own_server: Server, caplog: pytest.LogCaptureFixture, begun: bytes, is_reset: bool
) -> None:
    address = own_server.host, own_server.port
    with open_to(address) as connection:
        connection.sendall(begun)
        ask(address, "GET /jobs HTTP/1.1", TO_JOBS)  # so that the server has read both
        if is_reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for _ in range(3):
        assert ask(address, "GET /jobs HTTP/1.1", TO_JOBS).startswith(b"HTTP/1.1 200")
    assert caplog.messages == []


# Calls that wait


def test_consumers_that_wait_for_messages_do_not_delay_others(own_server: Server) -> None:
    address = own_server.host, own_server.port
    ask(address, "GET /things HTTP/1.1", TO_JOBS)  # moto loads a service at its first request
    with polls(address, 40, seconds=20):
        answers: list[bytes] = []
        request = partial(
            real_seconds,
            lambda: answers.append(ask(address, "GET /things HTTP/1.1", TO_JOBS)),
        )
        assert least_real_seconds(request, 2) < 2
        assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)


def test_a_request_to_a_server_that_is_being_stopped_meets_a_closed_connection(
    own_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    address = own_server.host, own_server.port
    with polls(address, 1), open_to(address) as connection:
        connection.sendall(to_sqs("ListQueues"))
        assert b" 200 " in connection.recv(65_536)
        own_server.close()
        with suppress(ConnectionError):
            connection.sendall(to_sqs("ListQueues"))
            assert connection.recv(65_536) == b""
    assert caplog.messages == []


def test_the_process_does_not_wait_for_calls_that_wait(tmp_path: Path) -> None:
    def measure() -> float:
        ended: list[int] = []
        with server_process(tmp_path / "server.log") as server:
            parts = urlsplit(server.url)
            address = str(parts.hostname), int(parts.port or 0)
            with polls(address, 1, seconds=20):
                # It is answered after the other has begun to wait.
                ask(address, "GET /things HTTP/1.1", TO_JOBS)
                server.process.terminate()
                taken = real_seconds(lambda: ended.append(server.process.wait(PATIENCE)))
        assert ended == [0]
        assert "Traceback" not in server.printed
        return taken

    assert least_real_seconds(measure, 8) < 8


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux lets one process bound another"
)
def test_more_connections_than_open_files_are_one_line_in_the_log_and_survived(
    tmp_path: Path,
) -> None:
    with server_process(tmp_path / "server.log", python=[sys.executable]) as server:
        parts = urlsplit(server.url)
        address = str(parts.hostname), int(parts.port or 0)
        _, most = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (40, most))
        with ExitStack() as crowd:
            for _ in range(60):
                crowd.enter_context(open_to(address))
            wait_until(lambda: "Too many open files" in server.printed)
        assert ask(address, "GET /jobs HTTP/1.1", TO_JOBS).startswith(b"HTTP/1.1 200")
    assert len(server.printed.splitlines()) < 10
