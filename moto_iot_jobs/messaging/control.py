"""Messages over HTTP, beside moto's own `/moto-api`.

* `GET /moto-api/iot-jobs/messages?topic=…&region=…` answers `{"messages": [{"topic", "milliseconds", "region", "payload"}]}`;
* `POST` of the same path with `{"topic", "payload", "region", "account"}` plays a device and answers `{"answer": …}`;
* `DELETE` forgets what was published.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from moto_iot_jobs.iot.delivery import delivery
from moto_iot_jobs.iot.http import HttpRequest
from moto_iot_jobs.iot.models import find_jobs
from moto_iot_jobs.iot.operations import Answer

from .device_api import answer
from .log import log
from .message import Message


def messages(request: Any, full_url: str, headers: Any) -> Answer:
    """GET what was published, POST as a device, or DELETE the record."""
    asked = HttpRequest.of(request, full_url, headers)
    log.start()
    try:
        members = {"GET": _published, "POST": _request, "DELETE": _clear}[asked.method](asked)
    except KeyError as missing:
        return _json({"message": f"The member {missing} is missing."}, 400)
    except ValueError as problem:
        return _json({"message": str(problem)}, 400)
    return _json(members)


def _published(asked: HttpRequest) -> dict[str, Any]:
    query = {name: values[-1] for name, values in parse_qs(asked.query).items()}
    delivery.settle_all()
    found = log.published(query.get("topic", "#"), query.get("region"))
    return {"messages": [_members(message) for message in found]}


def _request(asked: HttpRequest) -> dict[str, Any]:
    told = json.loads(asked.body)
    account, region = told.get("account", "123456789012"), told.get("region", "us-east-1")
    payload = str(told.get("payload", "")).encode()
    message = answer(lambda: find_jobs(account, region), told["topic"], payload, asked.server_url)
    delivery.deliver()
    return {"answer": _members(message) if message is not None else None}


def _clear(_asked: HttpRequest) -> dict[str, Any]:
    log.clear()
    return {}


def _members(message: Message) -> dict[str, Any]:
    return {
        "topic": message.topic,
        "milliseconds": message.at,
        "region": message.region,
        "payload": message.payload.decode(),
    }


def _json(members: dict[str, Any], status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(members)
