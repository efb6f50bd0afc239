"""The data plane over MQTT: a request on a topic becomes an operation, and its answer goes to
`accepted` or `rejected`.

Source: AWS IoT developer guide, jobs-mqtt-api and jobs-api; order of members and texts captured.
Members are read by the same model as over HTTPS.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from moto.core.base_backend import backend_lock

from moto_iot_jobs.runtime import fault_injection, runtime
from moto_iot_jobs.runtime.faults import Effect
from moto_iot_jobs.service import errors
from moto_iot_jobs.service.documents.document import escape_supplementary
from moto_iot_jobs.service.event_log import as_pending
from moto_iot_jobs.service.events import PendingExecution
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.settings import ExecutionReport
from moto_iot_jobs.wire import Call, ServiceApi, WireError
from moto_iot_jobs.wire.codes import MQTT_CODES, to_topic, to_wire

from .documents import for_device
from .message import Message
from .mqtt_serializers import Written, execution_state, job_execution, seconds, summary, write
from .topics import Operation, Request, parse_request

log = logging.getLogger(__name__)

_SERVICE = "iot-jobs-data"

# The two rejections that tell the device how things stand, so that it need not ask (captured).
_WITH_STATE = (errors.VersionMismatch, errors.JobExecutionFinished)


class Rejected(Exception):
    """The request is refused; holds the members of the answer that stand beside clientToken and
    timestamp.
    """

    def __init__(self, code: str, message: str, state: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.members = {"executionState": state, "code": code, "message": message}


def answer(
    find: Callable[[], JobsService], topic: str, payload: bytes, server_url: str | None = None
) -> Message | None:
    """Carry out a device's request.

    Args:
        find: gives the jobs of the device's account and region; called with the lock held.
        topic: where the device published.
        payload: what it published; nothing counts as `{}`.
        server_url: where signed URLs are to lead to; None in process.

    Returns:
        The answer, for this device alone; None when the topic is not below a thing's jobs, or a
        fault lets nothing be heard.
    """
    request = parse_request(topic)
    if request is None:
        return _invalid_topic(topic)
    refusal = _throttled(find, request) if runtime.quotas.rates else None
    names = {"thingName": request.thing} | (
        {"jobId": request.job} if request.job is not None else {}
    )
    met = runtime.faults.take(_SERVICE, request.operation.value, names) if refusal is None else None
    if met is None:
        return _answer(find, request, payload, server_url, refusal)
    if met.outcome is not None and met.outcome.lost == "request":
        return None
    message = _answer(find, request, payload, server_url, _ordered(find, request, met.outcome))
    if met.delay is not None:
        fault_injection.wait(met.delay, from_server=server_url is not None)
    return None if fault_injection.is_lost(met.outcome) else message


def _answer(
    find: Callable[[], JobsService],
    request: Request,
    payload: bytes,
    server_url: str | None,
    refusal: Rejected | None,
) -> Message:
    token: Any = None
    try:
        asked = _read(payload)
        token = asked.get("clientToken")
        if refusal is not None:
            raise refusal
        members = _outcome(find, request, asked, server_url)
        accepted = True
    except Rejected as refused:
        members, accepted = refused.members, False
    return _message(request.accepted if accepted else request.rejected, token, members)


def _invalid_topic(topic: str) -> Message | None:
    levels = topic.split("/")
    is_answer = levels[-1] in ("accepted", "rejected")
    if (
        is_answer
        or levels[:2] != ["$aws", "things"]
        or levels[3:4] != ["jobs"]
        or "notify" in levels[-1]
    ):
        return None
    return _message(
        f"{topic}/rejected",
        None,
        {"code": "InvalidTopic", "message": f"Topic {topic} is not a Jobs API."},
    )


def _message(topic: str, token: Any, members: Mapping[str, Any]) -> Message:
    at = runtime.clock.now()
    payload = write({"clientToken": token, "timestamp": seconds(at), **members}).encode()
    return Message(topic, at, "", lambda: payload)


def _read(payload: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(payload.decode() or "{}")
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Rejected(
            "InvalidJson",
            "The contents of the request could not be interpreted as valid UTF-8-encoded JSON",
        )
    return asked


def _throttled(find: Callable[[], JobsService], request: Request) -> Rejected | None:
    with backend_lock:
        location = find().location
    try:
        runtime.quotas.spend(_SERVICE, request.operation.value, location.account, location.region)
    except WireError as throttled:
        runtime.call_handled.send(_SERVICE, request.operation.value, throttled.code)
        return Rejected(MQTT_CODES[throttled.code], throttled.message)
    return None


def _ordered(
    find: Callable[[], JobsService], request: Request, fault: Effect | None
) -> Rejected | None:
    if fault is None or fault.error is None:
        return None
    runtime.call_handled.send(_SERVICE, request.operation.value, fault.error.code)
    state = None
    if fault.code in ("InvalidStateTransition", "VersionMismatch"):
        with backend_lock:
            state = _state(find(), request.thing, request.job, None)
    return Rejected(fault.code, fault.error.message, state)


def _outcome(
    find: Callable[[], JobsService],
    request: Request,
    asked: dict[str, Any],
    server_url: str | None,
) -> dict[str, Any]:
    operation = request.operation.value
    try:
        members = ServiceApi.of(_SERVICE).read(*_as_http(request, asked))
    except WireError as wrong:
        runtime.call_handled.send(_SERVICE, operation, wrong.code)
        raise Rejected("InvalidRequest", wrong.message) from None
    with backend_lock:
        jobs = find()
        runtime.delivery.run_due_timers_of(jobs, runtime.clock.now())
        try:
            answer = _OPERATIONS[request.operation](jobs, members, server_url)
        except errors.ServiceError as refusal:
            runtime.call_handled.send(_SERVICE, operation, to_wire(refusal, _SERVICE).code)
            raise _rejection(jobs, members, refusal) from None
        finally:
            runtime.delivery.collect(jobs, operation)
    runtime.call_handled.send(_SERVICE, operation, None)
    return answer


def _as_http(request: Request, asked: dict[str, Any]) -> tuple[Call, str, bytes]:
    """The request as the wire reads it: what HTTPS has in path and query is in the topic and the
    payload here.
    """
    labels = {"thingName": request.thing} | (
        {"jobId": request.job} if request.job is not None else {}
    )
    given = {
        name: _scalar(value)
        for name, value in asked.items()
        if name not in ("clientToken", "thingName", "jobId")
    }
    if request.operation is Operation.DESCRIBE:
        query = {
            name: given[name]
            for name in ("includeJobDocument", "executionNumber")
            if given.get(name) is not None
        }
        texts = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in query.items()
        }
        return Call(request.operation.value, labels), urlencode(texts), b""
    return Call(request.operation.value, labels), "", json.dumps(given).encode()


def _scalar(value: Any) -> Any:
    # A component of AWS Labs reports true and false as status details.
    if isinstance(value, dict):
        return {
            name: json.dumps(each) if isinstance(each, bool) else each
            for name, each in value.items()
        }
    return value


def _rejection(
    jobs: JobsService, members: dict[str, Any], refusal: errors.ServiceError
) -> Rejected:
    state = None
    if isinstance(refusal, _WITH_STATE):
        state = _state(jobs, members["thingName"], members["jobId"], members.get("executionNumber"))
    return Rejected(to_topic(refusal), refusal.message, state)


def _state(
    jobs: JobsService, thing: str, job_id: str | None, number: int | None
) -> dict[str, Any] | None:
    job = jobs.store.jobs.get(job_id) if job_id is not None else None
    execution = job.find(thing, number) if job is not None else None
    return (
        execution_state(as_pending(execution, job))
        if job is not None and execution is not None
        else None
    )


# Operations


def _get_pending(
    jobs: JobsService, members: dict[str, Any], _server_url: str | None
) -> dict[str, Any]:
    in_progress, queued = jobs.data_plane.get_pending_job_executions(members["thingName"])
    return {
        "inProgressJobs": [summary(_pending(jobs, execution)) for execution in in_progress],
        "queuedJobs": [summary(_pending(jobs, execution)) for execution in queued],
    }


def _start_next(
    jobs: JobsService, members: dict[str, Any], server_url: str | None
) -> dict[str, Any]:
    started = jobs.data_plane.start_next_pending_job_execution(
        members["thingName"],
        runtime.clock.now(),
        status_details=members.get("statusDetails"),
        step_timeout_in_minutes=members.get("stepTimeoutInMinutes"),
    )
    return _execution(jobs, started, server_url)


def _describe(jobs: JobsService, members: dict[str, Any], server_url: str | None) -> dict[str, Any]:
    found = jobs.data_plane.describe_job_execution(
        members["thingName"], members["jobId"], members.get("executionNumber")
    )
    return _execution(
        jobs, found, server_url, with_document=members.get("includeJobDocument", True)
    )


def _update(jobs: JobsService, members: dict[str, Any], server_url: str | None) -> dict[str, Any]:
    report = ExecutionReport(
        members["status"],
        members.get("statusDetails"),
        members.get("stepTimeoutInMinutes"),
        members.get("expectedVersion"),
        members.get("executionNumber"),
    )
    thing, job_id = members["thingName"], members["jobId"]
    job, execution = jobs.data_plane.update_job_execution(
        thing, job_id, report, runtime.clock.now()
    )
    answer: dict[str, Any] = {}
    if members.get("includeJobExecutionState"):
        answer["executionState"] = execution_state(as_pending(execution, job))
    if members.get("includeJobDocument"):
        # Captured: this document alone has its supplementary characters escaped.
        answer["jobDocument"] = Written(
            escape_supplementary(_document(jobs, job, execution, server_url))
        )
    return answer


_OPERATIONS: dict[
    Operation, Callable[[JobsService, dict[str, Any], str | None], dict[str, Any]]
] = {
    Operation.GET_PENDING: _get_pending,
    Operation.START_NEXT: _start_next,
    Operation.DESCRIBE: _describe,
    Operation.UPDATE: _update,
}


def _execution(
    jobs: JobsService,
    found: tuple[Job, JobExecution] | None,
    server_url: str | None,
    *,
    with_document: bool = True,
) -> dict[str, Any]:
    if found is None:
        return {}
    job, execution = found
    document = _document(jobs, job, execution, server_url) if with_document else None
    return {"execution": job_execution(as_pending(execution, job), document, runtime.clock.now())}


def _pending(jobs: JobsService, execution: JobExecution) -> PendingExecution:
    return as_pending(execution, jobs.store.jobs[execution.job_id])


def _document(jobs: JobsService, job: Job, execution: JobExecution, server_url: str | None) -> str:
    return for_device(
        job.document,
        jobs.sources,
        job.settings.presigned_url_config,
        server_url,
        thing=execution.thing.name,
        job_id=job.job_id,
        number=execution.execution_number,
    )
