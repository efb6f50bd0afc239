"""The lines of the request log for requests that came as MQTT messages."""

from __future__ import annotations

import json

from moto_iot_jobs.broker.printable import printable
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.iotjobsdata.topics import parse_request

from .request_log import request_log


def log_response(client: str, topic: str, response: Message | None, milliseconds: float) -> None:
    """Log a request that was carried out.

    Args:
        client: its name, safe to print.
        topic: that it published to.
        response: None where a fault lost request or response.
        milliseconds: that it took.
    """
    status, code = "lost", None
    if response is not None:
        status = "rejected" if "/rejected" in response.topic else "accepted"
        if status == "rejected":
            code = _code_of(response.payload)
    request = parse_request(topic)
    if request is None:
        request_log.add(client, None, printable(topic, 200), {}, status, code, milliseconds)
        return
    request_log.add(
        client,
        "iot-jobs-data",
        request.operation_name,
        request.labels,
        status,
        code,
        milliseconds,
    )


def _code_of(payload: bytes) -> str | None:
    try:
        members = json.loads(payload)
    except ValueError:
        # A response to a command's device may be in CBOR.
        return None
    code = members.get("code", members.get("error"))
    return None if code is None else str(code)
