"""The calls that were handled last, as tests, the dashboard and other programs read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.calls import HandledCall

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class RecordedCall:
    """A call of an operation of IoT Jobs, over HTTPS or MQTT.

    Attributes:
        service: "iot" or "iot-jobs-data".
        operation: as AWS writes it.
        parameters: by AWS's names; of an unreadable request, those in its path or topic.
        status: the HTTP status; over MQTT the status of the same response over HTTPS.
        error: code of the error that was returned, or None.
        account, region: of the caller.
        at: time on the mock's clock, in UTC.
        transport: "https" or "mqtt".
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    status: int
    error: str | None
    account: str
    region: str
    at: datetime
    transport: str

    @property
    def thing(self) -> str | None:
        """The thing of its parameters, or None."""
        return self.parameters.get("thingName")

    @property
    def job_id(self) -> str | None:
        """The job of its parameters, or None."""
        return self.parameters.get("jobId")

    @classmethod
    def of(cls, call: HandledCall) -> RecordedCall:
        """Return the record of a handled call."""
        return cls(
            call.service,
            call.operation,
            call.parameters,
            call.status,
            call.code,
            call.account,
            call.region,
            _EPOCH + timedelta(milliseconds=call.at),
            call.transport,
        )

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> RecordedCall:
        """Return the record that `as_json` wrote."""
        given = {name: value for name, value in members.items() if name != "milliseconds"}
        return cls(**given, at=_EPOCH + timedelta(milliseconds=members["milliseconds"]))

    def matches(self, parameters: Mapping[str, Any]) -> bool:
        """Return whether the call was given these parameters, and possibly others."""
        return all(
            name in self.parameters and self.parameters[name] == value
            for name, value in parameters.items()
        )


def start() -> None:
    """Record calls from now on. Idempotent."""
    runtime.call_handled.connect(runtime.calls.record)


def calls(operation: str | None = None) -> list[RecordedCall]:
    """Return the calls of this process's mock, oldest first.

    The last ten thousand are kept, and of large requests the last 32 MiB.

    Args:
        operation: only calls of one operation, as AWS writes it.

    Raises:
        ValueError: Jobs has no such operation.
    """
    if operation is not None:
        check_operation(operation)
    return [
        RecordedCall.of(call) for call in runtime.calls.all() if operation in (None, call.operation)
    ]


def check_operation(operation: str) -> None:
    """Raise ValueError for an operation whose calls are not recorded."""
    # Imported late: most tests name no operation.
    from moto_iot_jobs.service.suggestions import suggestion
    from moto_iot_jobs.wire import SERVICES, ServiceApi
    from moto_iot_jobs.wire.model import load

    known = sorted({name for service in SERVICES for name in ServiceApi.of(service).all_operations})
    if operation not in known:
        if any(operation in load(service).operation_names for service in SERVICES):
            raise ValueError(
                f"{operation!r} is an operation that moto itself carries out; its calls are not"
                f" recorded. Recorded are calls of: {', '.join(known)}."
            )
        raise ValueError(
            f"Calls of {operation!r} are not recorded.{suggestion(operation, known)} Recorded are"
            f" calls of: {', '.join(known)}."
        )


def check_parameters(operation: str | None, names: Iterable[str]) -> None:
    """Raise ValueError for a parameter that no call of an operation can have.

    Args:
        operation: as AWS writes it; None is any.
        names: of parameters.
    """
    from moto_iot_jobs.service.suggestions import suggestion
    from moto_iot_jobs.wire import SERVICES, ServiceApi
    from moto_iot_jobs.wire.model import load

    known = {"clientToken"}  # every request over MQTT may have one
    for service in SERVICES:
        model = load(service)
        for name in ServiceApi.of(service).all_operations:
            if operation in (None, name):
                if name not in model.operation_names:
                    if operation is not None:
                        return  # over MQTT alone, of which there is no model
                    continue
                shape = model.operation_model(name).input_shape
                known.update(shape.members if shape is not None else ())
    for name in names:
        if name not in known:
            has = f"{operation} has no" if operation else "No operation has a"
            raise ValueError(
                f"{has} parameter {name!r}.{suggestion(name, sorted(known))} Parameters have AWS's"
                " names, such as 'jobId'."
            )


def as_json(call: HandledCall) -> dict[str, Any]:
    """Return a call ready for JSON, with its time in milliseconds since the epoch."""
    return {
        "service": call.service,
        "operation": call.operation,
        "parameters": json.loads(json.dumps(call.parameters, default=_as_text)),
        "status": call.status,
        "error": call.code,
        "account": call.account,
        "region": call.region,
        "milliseconds": call.at,
        "transport": call.transport,
    }


def last_calls(
    most: int,
    *,
    account: str | None = None,
    region: str | None = None,
    job: str | None = None,
    thing: str | None = None,
) -> list[HandledCall]:
    """Return the last calls, oldest first.

    Args:
        most: number of calls.
        account, region, job, thing: only calls of these; None is all.
    """
    wanted = {"jobId": job, "thingName": thing}
    given = {name: value for name, value in wanted.items() if value is not None}
    found: Iterable[HandledCall] = (
        call
        for call in reversed(runtime.calls.all())
        if account in (None, call.account)
        and region in (None, call.region)
        and all(call.parameters.get(name) == value for name, value in given.items())
    )
    return list(islice(found, most))[::-1]


def _as_text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
