"""Payload templates of dynamic commands: their placeholders, and the payloads made of them.

Source: AWS IoT developer guide, iot-remote-command-create-manage. Not documented, and so ours: a
string that is nothing but a placeholder becomes the JSON value of the parameter's type, within
other text the value is inserted as text; bytes are base64 in JSON and bytes in CBOR.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto_iot_jobs.service.documents.json_text import reject_constant
from moto_iot_jobs.service.errors import InvalidInput

from . import cbor
from .parameters import ParameterValue

JSON_TYPE, CBOR_TYPE = "application/json", "application/cbor"
_CONTENT_TYPES = {"JSON": JSON_TYPE, "CBOR": CBOR_TYPE}

# Case-sensitive.
_PLACEHOLDER = re.compile(
    r"\$\{aws:iot:commandexecution::(?:parameter:(?P<name>[.$a-zA-Z0-9_-]{1,192})"
    r"|(?P<timeout>executionTimeoutSec))\}"
)


def check_template(template: str) -> None:
    """Check the template of a new command.

    Raises:
        InvalidInput: it is not JSON, or has no placeholder.
    """
    if not any(_placeholders(_parse(template))):
        raise InvalidInput("The payload template must have at least one placeholder.")


def names_in(template: str) -> frozenset[str]:
    """Return the names of the parameters that a template uses."""
    found = (placeholder["name"] for placeholder in _placeholders(_parse(template)))
    return frozenset(name for name in found if name is not None)


def content_type_of(output_format: str) -> str:
    """Return the content type of payloads in an output format."""
    return _CONTENT_TYPES[output_format]


def render(
    template: str,
    values: Mapping[str, ParameterValue],
    timeout_seconds: int,
    output_format: str,
) -> bytes:
    """Return the payload that a template and the values of its parameters make.

    Args:
        template: JSON.
        values: by parameter; those that the template uses are among them.
        timeout_seconds: of the execution.
        output_format: JSON or CBOR.
    """

    def value_of(placeholder: re.Match[str]) -> Any:
        name = placeholder["name"]
        return timeout_seconds if name is None else values[name].plain

    def text_of(placeholder: re.Match[str]) -> str:
        name = placeholder["name"]
        return str(timeout_seconds) if name is None else values[name].text

    document = _substituted(_parse(template), value_of, text_of)
    if output_format == "CBOR":
        return cbor.encode(document)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_base64)
    return text.encode()


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _parse(template: str) -> Any:
    try:
        return _decode(template)
    except (ValueError, RecursionError):
        raise InvalidInput("The payload template is not valid JSON.") from None


_decode = json.JSONDecoder(parse_constant=reject_constant).decode


def _placeholders(value: Any) -> Iterator[re.Match[str]]:
    if isinstance(value, str):
        yield from _PLACEHOLDER.finditer(value)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _placeholders(each)
    elif isinstance(value, list):
        for each in value:
            yield from _placeholders(each)


def _substituted(
    value: Any,
    value_of: Callable[[re.Match[str]], Any],
    text_of: Callable[[re.Match[str]], str],
) -> Any:
    if isinstance(value, dict):
        return {name: _substituted(each, value_of, text_of) for name, each in value.items()}
    if isinstance(value, list):
        return [_substituted(each, value_of, text_of) for each in value]
    if not isinstance(value, str):
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    return value_of(whole) if whole is not None else _PLACEHOLDER.sub(text_of, value)
