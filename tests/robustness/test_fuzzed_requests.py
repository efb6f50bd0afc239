"""Requests drawn at random: none makes the service fail, and one that is refused changes nothing."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_iot_jobs.server.http import Server

from .bad_requests import OPERATIONS, WITHOUT_INPUT, HttpForm, model_of, over_http, right
from .transports import SCOPES, Response, fault_of

if TYPE_CHECKING:
    from .conftest import Account

EXAMPLES = int(os.environ.get("ROBUSTNESS_EXAMPLES", "120"))
FUZZ = settings(
    deadline=None,
    max_examples=EXAMPLES,
    derandomize="CI" in os.environ,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
IN_PROCESS = pytest.mark.parametrize("aws", ["in_process"], indirect=True)
SERVER = pytest.mark.parametrize("aws", ["server"], indirect=True)

# What goes into requests.

WITH_INPUT = [each for each in OPERATIONS if each[1] not in WITHOUT_INPUT]
NAMES = sorted({name for each in WITH_INPUT for name in model_of(*each).input_shape.members})
WORDS = st.sampled_from(
    [
        "running",
        "done",
        "new",
        "t1",
        "g1",
        "m1",
        "$next",
        "a b",
        "",
        "..",
        "//",
        "[",
        "]",
        "%",
        "?",
        "#",
    ]
)
ODDITIES = st.sampled_from(
    ["9" * 400, "é", "\ud800", "\0", "1e999", "true", "null", "cron(* * * * ? *)"]
)
TEXTS = st.text(max_size=20) | WORDS | ODDITIES
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**31, 2**63, -1, 0, 1e308])
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS | st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)
BODIES = st.one_of(st.binary(max_size=60), OBJECTS.map(lambda each: json.dumps(each).encode()))
SEGMENTS = st.one_of(
    WORDS,
    st.text(
        st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="/?#"), max_size=8
    ),
    st.binary(max_size=4).map(lambda each: "".join(f"%{byte:02x}" for byte in each)),
)
STEMS = st.sampled_from(
    [
        "jobs",
        "things",
        "job-templates",
        "managed-job-templates",
        "tags",
        "endpoint",
        "event-configurations",
    ]
)
PATHS = st.builds(
    lambda stem, rest: "/" + "/".join([stem, *rest]),
    STEMS | SEGMENTS,
    st.lists(SEGMENTS | STEMS, max_size=4),
)
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES) | SEGMENTS, SEGMENTS), max_size=3).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
SCOPE = st.builds(
    lambda region, service: SCOPES["iot"].replace("eu-west-1/iot", f"{region}/{service}"),
    st.sampled_from(["eu-west-1", "", "..", "no-where-1", "[", "cn-north-1"]),
    st.sampled_from(["iot", "iot-jobs-data", "iotdata", "nobody", ""]),
)
VISIBLE = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Authorization": SCOPE | VISIBLE | st.just("AWS4-HMAC-SHA256 Credential=////"),
        "Host": (
            st.sampled_from(["[", "]", "a:b:c", "iot.eu-west-1.amazonaws.com", "[::1"]) | VISIBLE
        ),
        "Content-Type": st.sampled_from(
            ["application/json", "text/plain; charset=nonsense", "multipart/form-data", ""]
        ),
        "Content-Encoding": st.sampled_from(["gzip", "br", "identity", "\xff"]),
        "User-Agent": VISIBLE | st.just("region/xx-yyyy-9"),
        "X-Amz-Security-Token": VISIBLE,
        "X-Amz-Date": VISIBLE,
        "Expect": st.just("200-maybe"),
    },
)


def glimpse(account: Account) -> list[Any]:
    """What the requests of this file are most likely to change; a whole picture for each would
    take minutes.
    """
    look = account.transport.json
    paths = [
        "/jobs",
        "/job-templates",
        "/event-configurations",
        "/things/t1/jobs",
        "/things/t2/jobs",
    ]
    jobs = [f"/jobs/{job['jobId']}" for job in look("iot", "/jobs")["jobs"]]
    return [look("iot", path) for path in [*paths, *jobs]]


def check(
    account: Account, send: Callable[[], Response], service: str, operation: str | None
) -> None:
    """Send; a refusal has to be documented, and leaves what there is as it was."""
    before = glimpse(account)
    response = send()
    assert response.status < 500, response
    if response.status >= 400:
        assert fault_of(service, operation, response) is None, response
        assert glimpse(account) == before


# In process, where an error that is no refusal goes through to the test


@IN_PROCESS
@FUZZ
@given(st.sampled_from(WITH_INPUT), OBJECTS, st.integers(0, 2))
def test_no_member_of_any_kind_makes_an_operation_fail(
    account: Account, which: tuple[str, str], bent: dict[str, Any], dropped: int
) -> None:
    members, known = right(*which), model_of(*which).input_shape.members
    for name in list(members)[:dropped]:
        del members[name]
    members.update({name: value for name, value in bent.items() if name in known})
    try:
        form = over_http(
            *which, {name: value for name, value in members.items() if value is not None}
        )
    except UnicodeEncodeError:
        return  # no path or query can hold half a character
    if "{" not in form.target:
        check(account, lambda: account.transport.ask(which[0], form), which[0], None)


@IN_PROCESS
@FUZZ
@given(st.sampled_from(WITH_INPUT), BODIES)
def test_no_body_makes_an_operation_fail(
    account: Account, which: tuple[str, str], body: bytes
) -> None:
    form = over_http(*which, right(*which))._replace(body=body)
    check(account, lambda: account.transport.ask(which[0], form), *which)


class Port:
    """A server's port, on a thread of this process and over one connection, as far as the server
    keeps it open.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._connection = socket.create_connection(address, timeout=20)

    def ask(self, form: HttpForm, headers: dict[str, str]) -> Response:
        lines = {"Content-Length": str(len(form.body)), **headers}
        head = [
            f"{form.method} {form.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in lines.items()),
            "",
            "",
        ]
        self._connection.sendall("\r\n".join(head).encode("latin-1") + form.body)
        received = HTTPResponse(self._connection, method=form.method)
        received.begin()
        response = Response(
            received.status,
            {name.lower(): value for name, value in received.getheaders()},
            received.read(),
        )
        if received.will_close:
            self.close()
            self._connection = socket.create_connection(self._address, timeout=20)
        return response

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def port() -> Iterator[Port]:
    server = Server(port=0)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    port = Port((server.host, server.port))
    yield port
    port.close()
    server.close()
    serving.join()


@IN_PROCESS
@FUZZ
@given(METHODS, PATHS, QUERIES, BODIES, HEADERS, st.sampled_from(sorted(SCOPES)))
def test_no_request_line_and_no_header_makes_the_server_fail(
    account: Account,
    port: Port,
    method: str,
    path: str,
    query: str,
    body: bytes,
    headers: dict[str, str],
    service: str,
) -> None:
    form = HttpForm(method, f"{path}?{query}" if query else path, body)
    before = glimpse(account)
    response = port.ask(form, {"Host": "127.0.0.1", "Authorization": SCOPES[service], **headers})
    assert response.status < 500 or response.kind == "NotImplementedException", response
    if response.status >= 400:
        assert glimpse(account) == before


@IN_PROCESS
@pytest.mark.parametrize(
    ("target", "headers", "body", "status"),
    [
        ("//[/jobs", {}, b"", 400),
        ("/jobs", {"Host": "["}, b"", 200),
        ("/jobs", {"Authorization": "Credential=////"}, b"", 400),
        ("/jobs", {"Authorization": SCOPES["iot"].replace("eu-west-1", "no-where-1")}, b"", 403),
        ("/jobs", {"User-Agent": "region/xx-yyyy-1"}, b"", 403),
        ("/untag", {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08\x00junkjunkjunk", 400),
        ("/untag", {"Content-Encoding": "gzip"}, gzip.compress(b" " * (1 << 26)), 400),
    ],
    ids=[
        "bracket in target",
        "bracket for host",
        "no signature",
        "no region",
        "no region by name",
        "damaged",
        "bomb",
    ],
)
def test_what_once_made_the_server_fail(
    account: Account, port: Port, target: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    form = HttpForm("POST" if body else "GET", target, body)
    response = port.ask(form, {"Host": "127.0.0.1", "Authorization": SCOPES["iot"], **headers})
    assert response.status == status, response.body[:300]


# Through a socket


def said_to(url: str, data: bytes) -> bytes:
    """What a server answers to bytes before it closes, once the client has closed its side."""
    parts = urlsplit(url)
    response = bytearray()
    with socket.create_connection(
        (parts.hostname or "", parts.port or 0), timeout=20
    ) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65_536):
                response += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
    return bytes(response)


HEADER_LINES = st.lists(
    st.binary(max_size=20)
    | st.sampled_from(
        [
            b"Content-Length: 5",
            b"Content-Length: -5",
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: x",
            b"A",
        ]
    ),
    max_size=4,
)


@SERVER
@settings(FUZZ, max_examples=EXAMPLES // 2)
@given(
    METHODS.map(str.encode) | st.binary(max_size=6),
    st.builds(lambda path, query: f"{path}?{query}".encode(), PATHS, QUERIES)
    | st.binary(max_size=20),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9.9", b"HTTP/x", b""]),
    HEADER_LINES,
    BODIES,
)
def test_no_bytes_make_the_server_fail(
    account: Account, method: bytes, target: bytes, version: bytes, lines: list[bytes], body: bytes
) -> None:
    assert account.aws.url is not None
    head = [
        b" ".join([method, target, version]),
        b"Host: x",
        b"Authorization: " + SCOPES["iot"].encode(),
        *lines,
    ]
    response = said_to(account.aws.url, b"\r\n".join([*head, b"", body]))
    status = response.split(b" ", 2)[1:2]
    # 501: an encoding that nobody knows, or an operation that moto has not; 505: a version of HTTP.
    assert not status or not status[0].startswith(b"5") or status[0] in (b"501", b"505"), response[
        :300
    ]
    assert account.transport.json("iot", "/things/t1/jobs") is not None
