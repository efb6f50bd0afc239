"""HTTPS: a request as any version of moto hands it over, and the transport of both planes."""

from __future__ import annotations

import gzip
import io
import json
import logging
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import count
from time import time
from typing import Any, NamedTuple, TypeAlias
from uuid import uuid4

from botocore.awsrequest import AWSPreparedRequest
from werkzeug.http import http_date

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.configuration import follows_emulators
from moto_iot_jobs.runtime.faults import ConnectionDropped
from moto_iot_jobs.runtime.slices import Unfinished
from moto_iot_jobs.wire import Call as RoutedCall
from moto_iot_jobs.wire import WireError

from . import hosts
from .auth import Credential, authenticate, credential_of
from .operations import NotHandled, Operations
from .pipeline import Call, Members, handle

# Status, headers and body, as moto has them.
Response: TypeAlias = tuple[int, dict[str, str], Any]

log = logging.getLogger(__name__)

_JSON = "application/json"

_UNSIGNED = credential_of("")
# Far more than any request of Jobs can need; an unpacked body may be no larger.
LARGEST_BODY = 1 << 20
# RFC 1952: every packed body begins with these.
_GZIP = b"\x1f\x8b"


class HttpRequest(NamedTuple):
    """An HTTP request as operations need it.

    Attributes:
        raw_path: the path as it was sent, percent-encoded and without query.
        query: the query string without its question mark.
        credential: who signed, and for what.
        from_server: whether it came through a server and not from a client in this process.
        meets_faults: whether the faults that are injected are for it too.
        unfinished: takes the work that the response has to wait for; None where the caller's thread
            is to carry it out.
    """

    method: str
    url: str
    raw_path: str
    query: str
    headers: Mapping[str, str]
    credential: Credential
    body: bytes
    from_server: bool
    meets_faults: bool = True
    unfinished: list[Unfinished] | None = None

    @classmethod
    def of(cls, request: Any, url: str, headers: Any) -> HttpRequest:
        """Read a request of moto.

        Args:
            request: moto's own, werkzeug's or botocore's prepared request, depending on moto's
                version.
            url: the whole URL.
            headers: the request's headers.
        """
        environ = getattr(request, "environ", None)
        raw_path, query = split_target(url)
        if environ is not None:
            raw_path = split_target(
                environ.get("RAW_URI") or environ.get("REQUEST_URI") or raw_path
            )[0]
            query = environ.get("QUERY_STRING") or query
        from_server = getattr(request, "from_wsgi_server", None)
        if from_server is None:
            # moto before 5.1.22 shows requests that HTTP clients of this process make as
            # werkzeug's, but they come from no server.
            from_server = environ is not None and (
                "werkzeug.socket" in environ or bool(environ.get("wsgi.multithread"))
            )
        return cls(
            request.method,
            url,
            raw_path,
            query,
            request.headers,
            credential_of(request.headers.get("Authorization") or ""),
            _body_of(request, headers),
            from_server,
        )

    @classmethod
    def of_prepared(cls, request: AWSPreparedRequest, credential: Credential) -> HttpRequest:
        """Read a request that botocore is about to send.

        Args:
            request: has some headers in bytes.
            credential: what `credential_in` returned for it.
        """
        url = str(request.url)
        headers = _PreparedHeaders(request.headers)
        return cls(
            str(request.method),
            url,
            *split_target(url),
            headers,
            credential,
            _body_of(request, headers),
            from_server=False,
        )

    @classmethod
    def of_server(
        cls,
        method: str,
        raw_path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        scheme: str = "http",
        *,
        credential: Credential | None = None,
        at_once: bool = False,
    ) -> HttpRequest:
        """Read a request of our own server.

        Args:
            raw_path, query: what `split_target` returned for what was sent.
            headers: by names in any case.
            scheme: that of the connection.
            credential: that of the header Authorization; None without one.
            at_once: whether all others wait while the operation is carried out: then a fault that
                is injected this very moment, and may delay it, is not for it, and what it leaves
                unfinished is left to the caller.
        """
        if body.startswith(_GZIP) and headers.get("Content-Encoding") == "gzip":
            body = _unpacked(body)
        return cls(
            method,
            f"{scheme}://{headers.get('Host', 'localhost')}{raw_path}",
            raw_path,
            query,
            headers,
            credential or _UNSIGNED,
            body,
            from_server=True,
            meets_faults=not at_once,
            unfinished=[] if at_once else None,
        )

    @property
    def region(self) -> str:
        """The region that is called.

        It is in the host, in the user agent (as moto's server mode has it) or in the signature.
        """
        return (
            hosts.region_in_host(self.url.split("/", 3)[2])
            or hosts.region_in_user_agent(self.headers.get("User-Agent") or "")
            or self.credential.region
            or "us-east-1"
        )

    @property
    def server_url(self) -> str | None:
        """The address of the server that took the request, for URLs in the response.

        None for a request from this process, and for one that came under a host of AWS: its URLs
        are to have AWS's own form.
        """
        if not self.from_server:
            return None
        name = hosts.server_name(self.headers.get("Host") or self.url.split("/", 3)[2])
        scheme = self.url.partition("://")[0]
        return None if name is None else runtime.public_url or f"{scheme}://{name}"


def split_target(target: str) -> tuple[str, str]:
    """Return path and query of a target, which may be a whole URL.

    `urlsplit` raises an error for some that a client may send.
    """
    path, _, query = target.partition("#")[0].partition("?")
    if not path.startswith("/"):
        scheme, separator, rest = path.partition("://")
        if separator and "/" not in scheme:
            path = f"/{rest.partition('/')[2]}"
    return path, query


class _PreparedHeaders(Mapping[str, str]):
    """Headers of a request that botocore is about to send, as text."""

    def __init__(self, headers: Any) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        value = self._headers[name]
        return value.decode() if isinstance(value, bytes) else value

    def __contains__(self, name: object) -> bool:
        return name in self._headers

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


def credential_in(request: AWSPreparedRequest) -> Credential:
    """Return the credential of a request that botocore is about to send."""
    value: str | bytes = request.headers.get("Authorization") or ""
    return credential_of(value.decode() if isinstance(value, bytes) else value)


# Calls of the same second have the same one.
_date = lru_cache(maxsize=1)(http_date)
_numbers = count(1)


@cache
def _id_of_process() -> str:
    return str(uuid4())[:-12]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_id_of_process.cache_clear)


def _request_id() -> str:
    """Return an id in the form of AWS's: a random UUID for each takes a hundredth of a call."""
    return f"{_id_of_process()}{next(_numbers):012x}"


def _body_of(request: Any, headers: Any) -> bytes:
    body = request.body if hasattr(request, "body") else request.get_data()
    if not isinstance(body, bytes):
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
    if body and body.startswith(_GZIP) and headers.get("Content-Encoding") == "gzip":
        body = _unpacked(body)
    return body or b""


def _unpacked(body: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
        try:
            return packed.read(LARGEST_BODY + 1)
        except (OSError, EOFError, zlib.error):
            return body


class HttpsCall(Call):
    """A call that came over HTTPS."""

    __slots__ = ("request",)

    transport = "https"

    def __init__(self, operations: Operations, routed: RoutedCall, request: HttpRequest) -> None:
        super().__init__(
            operations,
            routed.operation,
            routed.labels,
            request.region,
            request.server_url,
            from_server=request.from_server,
            url=request.url,
            size=len(request.url) + len(request.body),
            meets_faults=request.meets_faults,
        )
        self.request = request

    def authenticate(self) -> str:
        """Return the account that moto finds for the request."""
        return authenticate(self.operations.service, self.request, self.operation)

    def parse(self) -> dict[str, Any]:
        """Read the members from path, query and body."""
        request = self.request
        return self.operations.api.by_name[self.operation].read(
            self.labels, request.query, request.body
        )

    def render(self, members: Members | None) -> Response:
        """Write the members as JSON."""
        status, body = self.operations.api.by_name[self.operation].success(members)
        return status, {"Content-Type": _JSON}, body

    def render_error(self, error: WireError) -> Response:
        """Write the error as its operation declares it."""
        status, headers, body = self.operations.api.write_error(self.operation, error)
        if follows_emulators():
            body = json.dumps({"__type": error.code, **json.loads(body)}).encode()
        return status, headers, body

    def hang_up(self) -> None:
        """Close the connection without a response."""
        from moto_iot_jobs.runtime.fault_injection import drop_connection

        drop_connection(self.request.url, from_server=self.from_server)

    def read_timeout(self) -> float | None:
        """Return the `read_timeout` of the client of botocore that calls in this process."""
        from moto_iot_jobs.runtime.fault_injection import read_timeout

        return None if self.from_server else read_timeout()


class HttpsTransport:
    """Responds to the requests for one service's operations.

    Args:
        operations: of the service.
        make_call: makes the call of a request; another kind authenticates otherwise.
    """

    def __init__(
        self,
        operations: Operations,
        make_call: Callable[[Operations, RoutedCall, HttpRequest], HttpsCall] = HttpsCall,
    ) -> None:
        self.operations = operations
        self._make_call = make_call

    def route(self, method: str, raw_path: str) -> RoutedCall | None:
        """Return the operation of this service that a request line names.

        None if it names none.
        """
        return self.operations.api.match(method, raw_path)

    @property
    def service(self) -> str:
        """The service, as botocore names it."""
        return self.operations.service

    def respond(self, request: HttpRequest, routed: RoutedCall | None = None) -> Response | None:
        """Respond to a request.

        None when it is not for an operation of this service.

        Args:
            request: the request.
            routed: what `route` returned for it, where the caller has asked.
        """
        if routed is None:
            routed = self.operations.api.routes.match(request.method, request.raw_path)
        if routed is None:
            return None
        if request.from_server:
            runtime.delivery.serve()
        call = self._make_call(self.operations, routed, request)
        try:
            status, headers, body = handle(call)
        except NotHandled:
            return None
        except ConnectionDropped:
            raise
        except Exception:
            # A program in another language can do nothing with HTML or a Python traceback; in
            # process the error is the most useful response there is.
            if not request.from_server:
                raise
            log.exception("%s failed", call.operation)
            status, headers, body = call.render_error(
                WireError(
                    "InternalFailureException",
                    f"{call.operation} failed unexpectedly; see the server's log.",
                )
            )
        finally:
            runtime.delivery.deliver()
        if call.unfinished is not None:
            if request.unfinished is None:
                runtime.slices.finish(call.unfinished)
            else:
                request.unfinished.append(call.unfinished)
        headers["server"] = "amazon.com"
        headers["x-amzn-RequestId"] = _request_id()
        if not request.from_server:
            headers["date"] = _date(int(time()))
        return status, headers, body
