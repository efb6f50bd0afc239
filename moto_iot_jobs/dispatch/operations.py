"""The way of a request through a plane: who asks, what for, what comes back, and in which words it
is refused.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from moto.core.base_backend import backend_lock
from moto.core.utils import utcnow
from werkzeug.http import http_date

from moto_iot_jobs.runtime import fault_injection, runtime
from moto_iot_jobs.runtime.faults import MatchedFault
from moto_iot_jobs.service.errors import ServiceError
from moto_iot_jobs.service.regional import JobsService
from moto_iot_jobs.wire import Call, ServiceApi, WireError
from moto_iot_jobs.wire.codes import to_wire

from .auth import RequestAuthenticator
from .http import HttpRequest

Answer = tuple[int, dict[str, str], Any]
Handler = Callable[[Any, str, Any], Answer]

log = logging.getLogger(__name__)


# Below these no path is anybody else's; moto's own handlers of them keep other jobs than ours.
_OURS = re.compile(r"/(?:jobs|job-templates|managed-job-templates|things/[^/]*/jobs)(?:/.*)?")


class NotHandled(Exception):
    """The operation is one of ours, but not for this resource: whoever would answer without us
    shall answer.
    """


class Request:
    """A request that was understood: what is asked of whose jobs, and when.

    Attributes:
        members: by their names in the model, of the model's types.
        now: milliseconds since the epoch.
        server_url: where the server that took the request can be reached; None in process.
    """

    __slots__ = ("jobs", "members", "now", "server_url")

    def __init__(
        self, jobs: JobsService, members: dict[str, Any], now: int, server_url: str | None
    ) -> None:
        self.jobs = jobs
        self.members = members
        self.now = now
        self.server_url = server_url

    def __getitem__(self, name: str) -> Any:
        return self.members[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a member, or the default when it was not given."""
        return self.members.get(name, default)


class Operations:
    """The operations of one plane.

    A subclass has a method for each, named in snake case, that returns an answer's members.

    Args:
        service: "iot" or "iot-jobs-data".
        find: gives the jobs of an account and region.
    """

    service: str

    def __init__(self, find: Callable[[str, str], JobsService]) -> None:
        self._find = find
        self._plane = ServiceApi.of(self.service)

    def knows(self, method: str, raw_path: str) -> bool:
        """Tell whether a request line is for an operation of this plane."""
        return self._plane.match(method, raw_path) is not None

    def answer(self, request: HttpRequest) -> Answer | None:
        """Answer a request: status, headers and body; None when it is not for an operation of this
        plane.
        """
        call = self._plane.match(request.method, request.raw_path)
        if call is None:
            return None
        if request.from_server:
            runtime.delivery.serve()
        try:
            status, headers, body = self._carry_out(call, request)
        except NotHandled:
            return None
        except fault_injection.HungUp:
            raise
        except Exception:
            # A program in another language can do nothing with HTML or a Python traceback; in
            # process the error is the most useful answer there is.
            if not request.from_server:
                raise
            log.exception("%s failed", call.operation)
            unexpected = WireError(
                "InternalFailureException",
                f"{call.operation} failed unexpectedly; see the server's log.",
            )
            status, headers, body = self._plane.refuse(call.operation, unexpected)
        return status, {**headers, **_common_headers(request)}, body

    def _carry_out(self, call: Call, request: HttpRequest) -> Answer:
        caller = RequestAuthenticator(self.service, request)
        met: MatchedFault | None = None
        try:
            self._authorise(caller, call.operation)
            if runtime.quotas.rates:
                runtime.quotas.spend(self.service, call.operation, caller.account, request.region)
            if request.meets_faults:
                met = runtime.faults.take(self.service, call.operation, call.labels)
            if met is not None:
                fault_injection.apply_before_call(met, request.url, from_server=request.from_server)
            body = self._outcome(call, request, caller)
        except WireError as error:
            answer = self._refuse(call, error)
        except ServiceError as refusal:
            answer = self._refuse(call, to_wire(refusal, self.service))
        else:
            runtime.call_handled.send(self.service, call.operation, None)
            answer = 200, {"Content-Type": "application/json"}, body
        if met is not None:
            fault_injection.apply_after_call(met, request.url, from_server=request.from_server)
        return answer

    def _refuse(self, call: Call, error: WireError) -> Answer:
        runtime.call_handled.send(self.service, call.operation, error.code)
        return self._plane.refuse(call.operation, error)

    def _authorise(self, caller: RequestAuthenticator, operation: str) -> None:
        """Check what the caller may do; a plane that knows its callers otherwise than by
        signatures overrides it.
        """
        caller.authorise(operation)

    def _outcome(self, call: Call, request: HttpRequest, caller: RequestAuthenticator) -> bytes:
        members = self._plane.read(call, request.query, request.body)
        try:
            return self._answer(call, members, request, caller)
        finally:
            runtime.delivery.deliver()

    def _answer(
        self,
        call: Call,
        members: dict[str, Any],
        request: HttpRequest,
        caller: RequestAuthenticator,
    ) -> bytes:
        method = getattr(self, _snake_case(call.operation))
        # moto's lock guards its own resets and backends; a lock of ours beside it would sooner or
        # later wait crosswise.
        with backend_lock:
            jobs = self._find(caller.account, request.region)
            if runtime.quotas.limits is not None:
                runtime.quotas.govern(jobs)
            inquiry = Request(jobs, members, runtime.clock.now(), request.server_url)
            try:
                runtime.delivery.run_due_timers_of(jobs, inquiry.now)
                answer: Mapping[str, Any] | None = method(inquiry)
            finally:
                runtime.delivery.collect(jobs, call.operation)
            return self._plane.write(call.operation, answer)


def in_json(
    handler: Handler, asked: HttpRequest, request: Any, full_url: str, headers: Any
) -> Answer:
    """Let moto answer; what it does not know is said in JSON, since SDKs can do nothing with an
    empty page of HTML.
    """
    if _OURS.fullmatch(asked.raw_path):
        return _unknown(
            404,
            "UnknownOperationException",
            f"There is no operation {asked.method} {asked.raw_path}.",
        )
    try:
        status, answered, body = handler(request, full_url, headers)
    except NotImplementedError as missing:
        if not asked.from_server:
            raise
        return _unknown(501, "NotImplementedException", str(missing))
    if status == 404 and not body:
        return _unknown(
            404,
            "UnknownOperationException",
            f"There is no operation {asked.method} {asked.raw_path}.",
        )
    return status, answered, body


def _unknown(status: int, code: str, message: str) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"message": message})


def _common_headers(request: HttpRequest) -> dict[str, str]:
    headers = {"server": "amazon.com", "x-amzn-RequestId": str(uuid4())}
    if not request.from_server:
        headers["date"] = http_date(utcnow())
    return headers


_snake_cases: dict[str, str] = {}


def _snake_case(operation: str) -> str:
    if operation not in _snake_cases:
        _snake_cases[operation] = "".join(
            f"_{c.lower()}" if c.isupper() else c for c in operation
        ).lstrip("_")
    return _snake_cases[operation]
