"""The JSON of messages over MQTT, where it differs from that of responses over HTTPS.

A job document is a JSON value, where HTTPS has a string; an execution has no thingName; and status
details have characters outside the BMP written as surrogate pairs (captured).
"""

from __future__ import annotations

from collections.abc import Mapping
from json import JSONEncoder
from typing import Any

from moto_iot_jobs.service.documents.json_text import escape_supplementary

# Once, for `json.dumps` makes another one for each value.
_encode = JSONEncoder(ensure_ascii=False).encode
_encode_name = JSONEncoder().encode


class Written(str):
    """JSON text that is embedded as it is."""

    __slots__ = ()


def write(members: Mapping[str, Any]) -> bytes:
    """Write members as compact JSON in UTF-8.

    Those that are None are left out.
    """
    return _object(members).encode()


def _object(members: Mapping[str, Any]) -> str:
    given = (
        f"{_encode_name(name)}:{_member(name, value)}"
        for name, value in members.items()
        if value is not None
    )
    return "{" + ",".join(given) + "}"


def _member(name: str, value: Any) -> str:
    if isinstance(value, Written):
        return value
    if name == "jobDocument":
        return str(value)
    if name == "statusDetails":
        return escape_supplementary(_object(value))
    return _value(value)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_value, value)) + "]"
    return int.__repr__(value) if type(value) is int else _encode(value)


def as_messages_have_it(members: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """Return a response's members as a message has them."""
    shown = dict(members)
    if "execution" in shown:
        shown["execution"] = {
            name: value for name, value in shown["execution"].items() if name != "thingName"
        }
    if operation == "UpdateJobExecution" and shown.get("jobDocument") is not None:
        # Captured: this document alone has its supplementary characters escaped.
        shown["jobDocument"] = Written(escape_supplementary(shown["jobDocument"]))
    return shown
