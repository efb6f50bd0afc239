"""The steps that every call goes through, over HTTPS and over MQTT alike.

A transport makes a `Call`, and `handle` runs it through `STEPS`. What is particular to a transport
is a method of its kind of call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

from moto.core.base_backend import backend_lock

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.calls import HandledCall
from moto_iot_jobs.runtime.faults import MatchedFault
from moto_iot_jobs.runtime.slices import Unfinished
from moto_iot_jobs.service.backlog import Work
from moto_iot_jobs.service.errors import ServiceError
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.wire import WireError
from moto_iot_jobs.wire.exceptions import to_wire

from .operations import Operations

log = logging.getLogger(__name__)

Members: TypeAlias = Mapping[str, Any]


class Request:
    """A request that was understood: its members, the jobs that it is about, and the time.

    Attributes:
        jobs: those of the caller's account and region.
        members: by their names in the model, of the model's types.
        now: milliseconds since the epoch.
        server_url: where the server that took the request can be reached; None in process.
        get: returns a member, or a default when it was not given.
    """

    __slots__ = ("get", "jobs", "members", "now", "server_url")

    def __init__(
        self, jobs: JobsService, members: dict[str, Any], now: int, server_url: str | None
    ) -> None:
        self.jobs = jobs
        self.members = members
        self.now = now
        self.server_url = server_url
        self.get = members.get

    def __getitem__(self, name: str) -> Any:
        return self.members[name]


class Call:
    """A request on its way.

    Each transport has a subclass.

    Args:
        operations: of the service that was called.
        operation: as AWS writes it.
        labels: thingName and jobId, as far as path or topic name them.
        region: that was called.
        server_url: where the server that took the request can be reached; None in process.
        from_server: whether the caller is in another process, at the other end of a connection.
        url: of the request, for errors of the client.
        size: bytes of the request.
        meets_faults: whether injected faults are for it too.

    Attributes:
        account: the caller's, once it is authenticated.
        fault: the one that it meets.
        members: by their names in the model, once they are parsed.
        now: milliseconds since the epoch at which it is carried out, once it is.
        response: what the transport rendered.
        unfinished: work that is to be carried out before the response is sent.
    """

    __slots__ = (
        "account",
        "fault",
        "from_server",
        "labels",
        "meets_faults",
        "members",
        "now",
        "operation",
        "operations",
        "region",
        "response",
        "server_url",
        "size",
        "unfinished",
        "url",
    )

    transport: ClassVar[Literal["https", "mqtt"]]

    def __init__(
        self,
        operations: Operations,
        operation: str,
        labels: Mapping[str, str],
        region: str,
        server_url: str | None,
        *,
        from_server: bool,
        url: str = "",
        size: int = 0,
        meets_faults: bool = True,
    ) -> None:
        self.operations = operations
        self.operation = operation
        self.labels = labels
        self.region = region
        self.server_url = server_url
        self.from_server = from_server
        self.url = url
        self.size = size
        self.meets_faults = meets_faults
        self.account = ""
        self.fault: MatchedFault | None = None
        self.members: dict[str, Any] = {}
        self.now = 0
        self.response: Any = None
        self.unfinished: Unfinished | None = None

    def authenticate(self) -> str:
        """Return the caller's account.

        Raises:
            WireError: the caller is unknown, or not permitted.
        """
        raise NotImplementedError

    @property
    def resource(self) -> str:
        """The resource that the call is counted for, where a rate is for each resource."""
        return ""

    def spend(self) -> None:
        """Count the call.

        Raises:
            WireError: it is one too many for a quota that is enforced.
        """
        runtime.quotas.spend(
            (self.operations.service, self.operation), self.account, self.region, self.resource
        )

    def parse(self) -> dict[str, Any]:
        """Return the request's members.

        Raises:
            WireError: they break a constraint of the model.
        """
        raise NotImplementedError

    def render(self, members: Members | None) -> Any:
        """Return the response of a call that succeeded."""
        raise NotImplementedError

    def render_error(self, error: WireError) -> Any:
        """Return the response of a call that failed."""
        raise NotImplementedError

    def translate(self, error: ServiceError, jobs: JobsService) -> WireError:  # noqa: ARG002
        """Return an error of the core as the caller sees it. The lock is held."""
        return to_wire(error, self.operations.service)

    def hang_up(self) -> None:
        """Lose the connection, as a fault says.

        Raises:
            Exception: which one is the transport's.
        """
        raise NotImplementedError

    def read_timeout(self) -> float | None:
        """Return the seconds that the caller waits for a response.

        None when that is not known.
        """
        return None


def authenticate(call: Call) -> None:
    """Find the caller's account, and check what it may do."""
    call.account = call.authenticate()


def throttle(call: Call) -> None:
    """Count the call, if quotas are enforced."""
    if runtime.quotas.numbers:
        call.spend()


def inject_fault(call: Call) -> None:
    """Find the fault that the call meets, which may end it here."""
    if call.meets_faults and runtime.faults.injected:
        service = call.operations.service
        call.fault = runtime.faults.take(service, call.operation, call.labels)
        if call.fault is not None:
            from moto_iot_jobs.runtime.fault_injection import apply_before_call

            log.info("%s %s meets a fault: %s", service, call.operation, call.fault)
            apply_before_call(call.fault, call)


def parse(call: Call) -> None:
    """Read the members, and check them by the model."""
    call.members = call.parse()


def invoke(call: Call) -> None:
    """Carry the operation out, and render its response, with the lock held."""
    delivery = runtime.delivery
    # moto's lock guards its own resets and backends; a lock of ours beside it would sooner or later
    # wait crosswise.
    with backend_lock:
        jobs = call.operations.find_jobs(call.account, call.region)
        if runtime.quotas.limits is not None:
            runtime.quotas.govern(jobs)
        call.now = now = runtime.clock.now()
        try:
            delivery.run_due_timers_of(jobs, now, in_slices=call.from_server)
            backlog = jobs.store.backlog
            backlog.cause = call.operation
            backlog.left = []
            handler = call.operations.handlers[call.operation]
            members = handler(Request(jobs, call.members, now, call.server_url))
            stale = None if call.fault is None else call.fault.stale
            if stale is not None:
                members = stale.get((call.account, call.region, call.labels["thingName"]), {})
            call.response = call.render(members)
        except ServiceError as error:
            raise call.translate(error, jobs) from None
        finally:
            if delivery.is_wanted:
                delivery.collect(jobs, call.operation)
            if jobs.store.backlog.left:
                call.unfinished = _unfinished(jobs, jobs.store.backlog.left)


def _unfinished(jobs: JobsService, left: Sequence[Work]) -> Unfinished | None:
    waited_for = [work for work in left if not work.is_over and not work.is_large]
    return Unfinished(jobs, waited_for) if waited_for else None


Step: TypeAlias = Callable[[Call], None]

#: Their order matters: a call that is throttled costs no fault, and one that meets a fault need not
#: be well-formed.
STEPS: tuple[Step, ...] = (authenticate, throttle, inject_fault, parse, invoke)


def handle(call: Call) -> Any:
    """Run a call through all steps, and return its response, which may be that of an error.

    Raises:
        NotHandled: moto is to answer.
        Exception: what a fault has a client in this process see, and unexpected errors.
    """
    code = None
    try:
        for step in STEPS:
            step(call)
    except WireError as error:
        code = error.code
        call.response = call.render_error(error)
    if runtime.call_handled.receivers:
        runtime.call_handled.send(_record(call, code))
    if call.fault is not None:
        from moto_iot_jobs.runtime.fault_injection import apply_after_call

        apply_after_call(call.fault, call)
    return call.response


def _record(call: Call, code: str | None) -> HandledCall:
    operations = call.operations
    return HandledCall(
        operations.service,
        call.operation,
        # A copy: those of a path are remembered, and tests may do with the record what they want.
        call.members or dict(call.labels),
        200 if code is None else operations.api.status(call.operation, code),
        code,
        call.account,
        call.region,
        call.now or runtime.clock.now(),
        call.transport,
        call.size if call.members else sum(map(len, call.labels.values())),
    )
