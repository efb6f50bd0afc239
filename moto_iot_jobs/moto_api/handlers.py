"""The paths below `/moto-api/iot-jobs`, beside moto's own `/moto-api`.

| path | method | answers |
| --- | --- | --- |
| `/` | GET | the page that shows the mock's jobs |
| `/state` | GET | what `introspection.snapshot` returns; its arguments are query parameters |
| `/clock` | GET | `{"milliseconds": n}` |
| `/clock/advance` | POST `{"seconds": n}` | `{"milliseconds": n}` |
| `/clock/move-to` | POST `{"milliseconds": n}` | `{"milliseconds": n}` |
| `/clock/freeze` | POST | `{"number": n}` |
| `/clock/freeze` | DELETE `?number=n` | lets the clock go on |
| `/faults` | POST `{"operation", "error", …}` | `{"number": n}` |
| `/faults` | GET | the faults that are active, and those that were not met |
| `/faults` | DELETE | cancels all, or with `?number=n` one; `&ended=true` keeps it pending |
| `/operations` | GET | operations that faults can be injected into, with their errors |
| `/quotas` | POST `{name: number}` | `{"number": n}` |
| `/quotas` | GET | what is enforced, and all quotas |
| `/quotas` | DELETE | ends all enforcement, or with `?number=n` one |
| `/messages` | GET `?topic=…&region=…` | `{"messages": [{"topic", "milliseconds", …}]}` |
| `/messages` | POST `{"topic", "payload", "region", "account"}` | plays a device: `{"answer": …}` |
| `/messages` | DELETE | forgets what was published |
| `/calls` | GET `?operation=…&region=…&jobId=…` | `{"calls": [...]}`, the last of them |
| `/calls` | DELETE | forgets the calls that were handled |
| `/coverage` | GET | what tests exercised of the API, and in `counts` the numbers behind it |
| `/coverage` | DELETE | begins to count; the numbers outlive `/moto-api/reset` |
| `/health` | GET | `{"status": "ok"}` |
| `/export` | GET `?region=…&account=…` | things, groups, templates and jobs, for `server --load` |
| `/ca.pem` | GET | the certificate authority that devices are to trust |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from moto_iot_jobs.dispatch.http import HttpRequest, Response
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.defaults import home_account, home_region

from .client import LocalMock
from .remote import payload_of, with_payload

# What moto calls for a path: with its request, the whole URL, and the headers.
Handler: TypeAlias = Callable[[Any, str, Any], Response]
Method: TypeAlias = Callable[[HttpRequest], dict[str, Any]]

_mock = LocalMock()


def _in_json(write: Callable[[Any], str] = json.dumps, /, **methods: Method) -> Handler:
    """Return a handler that responds to each HTTP method with the JSON of a function's result.

    Args:
        write: writes a result as JSON.
        methods: functions by HTTP method.
    """

    def handle(request: Any, full_url: str, headers: Any) -> Response:
        received = HttpRequest.of(request, full_url, headers)
        method = methods.get(received.method)
        if method is None:
            return _json(
                {"message": f"{received.method} is not one of: {', '.join(methods)}."}, 405
            )
        try:
            return _json(method(received), write=write)
        except KeyError as missing:
            return _json({"message": f"The member {missing} is missing."}, 400)
        except (ValueError, TypeError, OverflowError) as problem:
            return _json({"message": str(problem)}, 400)

    return handle


def _json(
    members: dict[str, Any], status: int = 200, write: Callable[[Any], str] = json.dumps
) -> Response:
    return status, {"Content-Type": "application/json"}, write(members)


def _members(request: HttpRequest) -> dict[str, Any]:
    try:
        members = json.loads(request.body or b"{}")
    except RecursionError:
        raise ValueError("The body is nested too deep.") from None
    if not isinstance(members, dict):
        raise ValueError(f"The body must be a JSON object, not {members!r}.")
    return members


def _text(members: dict[str, Any], name: str) -> str | None:
    text = members.get(name)
    if text is not None and not isinstance(text, str):
        raise TypeError(f"{name} must be a text; not {text!r}.")
    return text


def _query(request: HttpRequest) -> dict[str, str]:
    """Return the query's values by name, the last one of a repeated name."""
    return dict(parse_qsl(request.query))


def _number(request: HttpRequest) -> int | None:
    number = _query(request).get("number")
    return int(number) if number is not None else None


# The clock


def _get_clock(_request: HttpRequest) -> dict[str, Any]:
    return {"milliseconds": _mock.now()}


def _advance_clock(request: HttpRequest) -> dict[str, Any]:
    _mock.advance(round(float(_members(request)["seconds"]) * 1000))
    return {"milliseconds": _mock.now()}


def _move_clock(request: HttpRequest) -> dict[str, Any]:
    _mock.move_to(int(_members(request)["milliseconds"]))
    return {"milliseconds": _mock.now()}


def _freeze_clock(_request: HttpRequest) -> dict[str, Any]:
    return {"number": _mock.freeze()}


def _unfreeze_clock(request: HttpRequest) -> dict[str, Any]:
    number = _number(request)
    if number is None:
        raise KeyError("number")
    _mock.unfreeze(number)
    return {}


# Faults


def _inject_fault(request: HttpRequest) -> dict[str, Any]:
    return {"number": _mock.inject_fault(_members(request))}


def _get_faults(_request: HttpRequest) -> dict[str, Any]:
    faults = [
        {"number": fault.number, "description": str(fault)} for fault in runtime.faults.active()
    ]
    return {
        "faults": faults,
        "pending": [pending._asdict() for pending in runtime.faults.pending()],
    }


def _delete_faults(request: HttpRequest) -> dict[str, Any]:
    number = _number(request)
    if number is None:
        _mock.clear_faults()
    elif "ended" in _query(request):
        _mock.end_fault(number)
    else:
        _mock.cancel_fault(number)
    return {}


def _get_operations(_request: HttpRequest) -> dict[str, Any]:
    from moto_iot_jobs.runtime.fault_parsing import possible_errors
    from moto_iot_jobs.wire import SERVICES, ServiceApi

    return {
        "operations": [
            {"service": service, "operation": name, "errors": possible_errors(service, name)}
            for service in SERVICES
            for name in sorted(ServiceApi.of(service).all_operations)
        ]
    }


# Quotas


def _enforce_quotas(request: HttpRequest) -> dict[str, Any]:
    return {"number": _mock.enforce_quotas(_members(request))}


def _get_quotas(_request: HttpRequest) -> dict[str, Any]:
    # Imported late, here and below: most tests ask for none of this.
    from moto_iot_jobs.runtime.quota_table import QUOTAS

    known = [
        {
            "name": each.name,
            "value": each.value,
            "unit": each.unit,
            "enforcement": each.enforcement.value,
        }
        for each in QUOTAS.values()
    ]
    return {"enforced": _mock.enforced_quotas(), "quotas": known}


def _delete_quotas(request: HttpRequest) -> dict[str, Any]:
    number = _number(request)
    if number is None:
        _mock.clear_quotas()
    else:
        _mock.cancel_quotas(number)
    return {}


# Messages


def _get_messages(request: HttpRequest) -> dict[str, Any]:
    query = _query(request)
    found = _mock.published(query.get("topic", "#"), query.get("region"))
    return {"messages": [_message(message) for message in found]}


def _play_device(request: HttpRequest) -> dict[str, Any]:
    members = _members(request)
    account = home_account(_text(members, "account"))
    region = home_region(_text(members, "region"))
    topic = _text(members, "topic")
    if topic is None:
        raise KeyError("topic")
    response = _mock.request(topic, payload_of(members), region, account, request.server_url)
    return {"answer": _message(response) if response is not None else None}


def _delete_messages(_request: HttpRequest) -> dict[str, Any]:
    _mock.clear_messages()
    return {}


def _message(message: Message) -> dict[str, Any]:
    return {
        "topic": message.topic,
        "milliseconds": message.milliseconds,
        "region": message.region,
        "account": message.account,
        **with_payload(message.payload),
        **({"contentType": message.content_type} if message.content_type is not None else {}),
        **({"expiresAt": message.expires_at} if message.expires_at is not None else {}),
    }


# Calls


def _get_calls(request: HttpRequest) -> dict[str, Any]:
    from moto_iot_jobs.introspection.calls import as_json, check_operation

    query = _query(request)
    chosen = {name: query.pop(name) for name in ("operation", "account", "region") if name in query}
    if "operation" in chosen:
        check_operation(chosen["operation"])
    found = [as_json(call) for call in runtime.calls.all()]
    return {
        "calls": [
            call
            for call in found
            if chosen.items() <= {name: call[name] for name in chosen}.items()
            and all(_is_text_of(call["parameters"].get(name), text) for name, text in query.items())
        ]
    }


def _is_text_of(value: Any, text: str) -> bool:
    return value is not None and text in (value, json.dumps(value))


def _delete_calls(_request: HttpRequest) -> dict[str, Any]:
    _mock.clear_calls()
    return {}


# API coverage


def _get_coverage(_request: HttpRequest) -> dict[str, Any]:
    from moto_iot_jobs.introspection.coverage import coverage
    from moto_iot_jobs.introspection.coverage_counts import coverage_counts

    coverage_counts.start()
    return {**coverage(coverage_counts), "counts": coverage_counts.counts()}


def _begin_coverage(_request: HttpRequest) -> dict[str, Any]:
    from moto_iot_jobs.introspection.coverage_counts import coverage_counts

    coverage_counts.start()
    coverage_counts.clear()
    return {}


# The server


def _health(_request: HttpRequest) -> dict[str, Any]:
    return {"status": "ok"}


def _export(request: HttpRequest) -> dict[str, Any]:
    from .seed import export

    query = _query(request)
    return export(home_account(query.get("account")), home_region(query.get("region")))


def _written(state: Any) -> str:
    from .seed import written

    return written(state)


# Files


def _authority(_request: Any, _full_url: str, _headers: Any) -> Response:
    if not runtime.authority_files:
        return _json({"message": "No port for MQTT over TLS is served."}, 404)
    return (
        200,
        {"Content-Type": "application/x-pem-file"},
        runtime.authority_files[-1].read_text(encoding="ascii"),
    )


def _dashboard(request: Any, full_url: str, headers: Any) -> Response:
    from moto_iot_jobs.introspection.dashboard import respond

    return respond(request, full_url, headers)


_BASE = "{0}/moto-api/iot-jobs"

PATHS: dict[str, Handler] = {
    f"{_BASE}/clock": _in_json(GET=_get_clock),
    f"{_BASE}/clock/advance": _in_json(POST=_advance_clock),
    f"{_BASE}/clock/move-to": _in_json(POST=_move_clock),
    f"{_BASE}/clock/freeze": _in_json(POST=_freeze_clock, DELETE=_unfreeze_clock),
    f"{_BASE}/faults": _in_json(POST=_inject_fault, GET=_get_faults, DELETE=_delete_faults),
    f"{_BASE}/operations": _in_json(GET=_get_operations),
    f"{_BASE}/quotas": _in_json(POST=_enforce_quotas, GET=_get_quotas, DELETE=_delete_quotas),
    f"{_BASE}/messages": _in_json(GET=_get_messages, POST=_play_device, DELETE=_delete_messages),
    f"{_BASE}/calls": _in_json(GET=_get_calls, DELETE=_delete_calls),
    f"{_BASE}/coverage": _in_json(GET=_get_coverage, DELETE=_begin_coverage),
    f"{_BASE}/health": _in_json(GET=_health),
    f"{_BASE}/export": _in_json(_written, GET=_export),
    f"{_BASE}/ca.pem": _authority,
    f"{_BASE}/state": _dashboard,
    f"{_BASE}/page.css": _dashboard,
    f"{_BASE}/page.js": _dashboard,
    f"{_BASE}/": _dashboard,
    _BASE: _dashboard,
}
