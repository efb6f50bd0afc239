"""HTTPS: the transport of both planes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import uuid4

from moto.core.utils import utcnow
from werkzeug.http import http_date

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.conventions import are_those_of_emulators
from moto_iot_jobs.runtime.fault_injection import ConnectionDropped, drop_connection, read_timeout
from moto_iot_jobs.wire import Call as RoutedCall
from moto_iot_jobs.wire import WireError

from .auth import authenticate
from .http_request import HttpRequest
from .operations import NotHandled, Operations
from .pipeline import Call, Members, handle

# Status, headers and body, as moto has them.
Response: TypeAlias = tuple[int, dict[str, str], Any]
MotoHandler: TypeAlias = Callable[[Any, str, Any], Response]

log = logging.getLogger(__name__)

_JSON = "application/json"

# Below these no path belongs to another service; moto's own handlers of them keep other jobs than
# ours.
_OURS = re.compile(r"/(?:jobs|job-templates|managed-job-templates|things/[^/]*/jobs)(?:/.*)?")

# Calls of the same second have the same one.
_date = lru_cache(maxsize=1)(http_date)


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
        status, body = self.operations.api.success(self.operation, members)
        return status, {"Content-Type": _JSON}, body

    def render_error(self, error: WireError) -> Response:
        """Write the error as its operation declares it."""
        status, headers, body = self.operations.api.refuse(self.operation, error)
        if are_those_of_emulators():
            body = json.dumps({"__type": error.code, **json.loads(body)}).encode()
        return status, headers, body

    def hang_up(self) -> None:
        """Close the connection without a response."""
        drop_connection(self.request.url, from_server=self.from_server)

    def read_timeout(self) -> float | None:
        """Return the `read_timeout` of the client of botocore that calls in this process."""
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

    def respond(self, request: HttpRequest) -> Response | None:
        """Respond to a request.

        None when it is not for an operation of this service.
        """
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
        headers["x-amzn-RequestId"] = str(uuid4())
        if not request.from_server:
            headers["date"] = _date(utcnow().replace(microsecond=0))
        return status, headers, body


def respond_by_moto(
    handler: MotoHandler, received: HttpRequest, request: Any, full_url: str, headers: Any
) -> Response:
    """Return moto's response, or an error in JSON for what moto does not know.

    SDKs can do nothing with an empty page of HTML.

    Args:
        handler: moto's.
        received: the request, read.
        request, full_url, headers: the request as moto hands it over.
    """
    if _OURS.fullmatch(received.raw_path):
        return _unknown(404, "UnknownOperationException", _no_operation(received))
    try:
        status, responded, body = handler(request, full_url, headers)
    except NotImplementedError as missing:
        if not received.from_server:
            raise
        return _unknown(501, "NotImplementedException", str(missing))
    if status == 404 and not body:
        return _unknown(404, "UnknownOperationException", _no_operation(received))
    return status, responded, body


def _no_operation(request: HttpRequest) -> str:
    return f"There is no operation {request.method} {request.raw_path}."


def _unknown(status: int, code: str, message: str) -> Response:
    headers = {"Content-Type": _JSON, "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"message": message})
