"""Reports of devices: the members of a payload in JSON or CBOR, checked.

Source: AWS IoT developer guide, iot-remote-command-create-manage and commands-troubleshooting, and
AWS's device SDKs (`iotcommands`). The sentences of errors are ours.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from moto_iot_jobs.service.base64_text import decode_base64
from moto_iot_jobs.service.documents.json_text import reject_constant
from moto_iot_jobs.service.errors import InvalidInput

from . import cbor
from .command import Report, ResultValue, StatusReason
from .states import DEVICE_REPORTS, ExecutionStatus
from .topics import ResponseTopic

# Lower case is an error (report of a user).
_CODE = re.compile(r"[A-Z0-9_-]{1,64}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,32}")
_LONGEST_DESCRIPTION = 1024
_TOKEN = re.compile(r"[\x21-\x7e]{1,64}")


class Unreadable(ValueError):
    """The payload is no object in its format."""


class Reported(dict[str, Any]):
    """The members of a report as they are recorded, with what they mean.

    Args:
        members: those of topic and payload.
        topic: the topic.
        report: the report.
    """

    def __init__(self, members: Mapping[str, Any], topic: ResponseTopic, report: Report) -> None:
        super().__init__(members)
        self.topic = topic
        self.report = report


def read_payload(payload: bytes, form: str) -> dict[str, Any]:
    """Return the members of a payload.

    Args:
        form: ``cbor``, or anything else for JSON.

    Raises:
        Unreadable: it is no object of that format.
    """
    try:
        members = cbor.decode(payload) if form == "cbor" else _decode(payload.decode())
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(members, dict):
        raise Unreadable
    return members


def write_payload(members: Mapping[str, Any], form: str) -> bytes:
    """Return members as a payload in a format. What is None is left out."""
    given = {name: value for name, value in members.items() if value is not None}
    if form == "cbor":
        return cbor.encode(given)
    return json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()


def token_of(members: Mapping[str, Any]) -> str | None:
    """Return the client token of a report. Raises InvalidInput."""
    token = members.get("clientToken")
    if token is not None and not (isinstance(token, str) and _TOKEN.fullmatch(token)):
        raise InvalidInput("clientToken must be 1 to 64 printable characters.")
    return token


def report_of(members: Mapping[str, Any]) -> Report:
    """Return the report that the members of a payload make.

    Members that are not known are passed over, such as those that the topic has too.

    Raises:
        InvalidInput: a member is missing, or not valid.
    """
    status = members.get("status")
    if not isinstance(status, str) or status not in DEVICE_REPORTS:
        raise InvalidInput(f"status must be one of: {', '.join(DEVICE_REPORTS)}.")
    return Report(
        ExecutionStatus(status),
        _reason(members.get("statusReason")),
        _result(members.get("result")),
    )


def _reason(given: Any) -> StatusReason | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise InvalidInput("statusReason must be an object.")
    code, description = given.get("reasonCode"), given.get("reasonDescription")
    if not isinstance(code, str) or _CODE.fullmatch(code) is None:
        raise InvalidInput("reasonCode must satisfy the pattern [A-Z0-9_-]+ in 1 to 64 characters.")
    if description is not None and not (
        isinstance(description, str)
        and len(description) <= _LONGEST_DESCRIPTION
        and all(unicodedata.category(each)[0] != "C" for each in description)
    ):
        raise InvalidInput(
            f"reasonDescription must be at most {_LONGEST_DESCRIPTION} characters, none of them a"
            " control character."
        )
    return StatusReason(code, description)


def _result(given: Any) -> dict[str, ResultValue] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not given:
        raise InvalidInput("result must be an object with at least one member.")
    for name in given:
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            raise InvalidInput("Names in result must be 1 to 32 letters, digits, _ and -.")
    return {name: _value(name, value) for name, value in given.items()}


def _value(name: str, given: Any) -> ResultValue:
    if not isinstance(given, dict) or len(given) != 1:
        raise InvalidInput(f"The value of {name} must have exactly one of s, b and bin.")
    ((kind, value),) = given.items()
    read = _VALUES.get(kind)
    found = read(value) if read is not None else None
    if found is None:
        raise InvalidInput(f"The value of {name} must have exactly one of s, b and bin.")
    return ResultValue(**{kind: found})


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _binary(value: Any) -> bytes | None:
    if isinstance(value, bytes):
        return value or None
    try:
        return decode_base64(value) or None
    except (ValueError, TypeError):
        return None


_VALUES: dict[object, Callable[[Any], Any]] = {"s": _text, "b": _truth, "bin": _binary}


_decoder = json.JSONDecoder(parse_constant=reject_constant)


def _decode(text: str) -> Any:
    members = _decoder.decode(text)
    if "\\u" in text:
        # Half of a surrogate pair cannot be written in UTF-8 again.
        json.dumps(members, ensure_ascii=False).encode()
    return members
