"""From JSON, query strings and paths to values of the model's types.

A reader takes a value as it came and returns it in the model's type, or raises `Malformed`.
Messages are those that AWS's services share (captured on Athena, Cognito and SES, among others).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from moto_iot_jobs.service.documents.json_text import reject_constant

from .exceptions import Malformed
from .model import Shape

Reader = Callable[[Any], Any]
#: By their names on the wire, the names that the model has for members, and their readers.
MemberReaders = Mapping[str, tuple[str, Reader]]

_BOOLEANS = {"true": True, "false": False}
# No longer than a number may be: int() is slow on long texts, and raises an error for the longest.
_WHOLE = r"[+-]?[0-9]{1,40}"
_DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"


def parse(body: bytes) -> Any:
    """Parse a JSON body. Of members given twice the last wins.

    Raises:
        Malformed: not UTF-8, not JSON, NaN or Infinity, nested too deeply.
    """
    try:
        return _decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The request body is not valid JSON: {error}") from None


def json_reader(shape: Shape) -> Reader:
    """Make the reader of a shape's JSON."""
    if shape.type_name == "structure":
        return structure_reader(member_readers(shape.members, json_reader))
    if shape.type_name == "list":
        return _list_reader(json_reader(shape.member))
    if shape.type_name == "map":
        return _map_reader(json_reader(shape.key), json_reader(shape.value))
    # A type that no input of today's model has, such as a timestamp, is passed on as it came.
    return _SCALARS.get(shape.type_name, as_is)


def text_reader(shape: Shape) -> Reader:
    """Make the reader of a shape's text in a path or a query string.

    Empty text is None, unless for a string.
    """
    type_name = shape.type_name
    if type_name == "string":
        return as_is
    read: Reader = _boolean_word if type_name == "boolean" else json_reader(shape)

    def read_text(text: str) -> Any:
        if not text:
            return None
        try:
            return read(text)
        except Malformed:
            raise Malformed(f"'{text}' can not be converted to {_java(type_name)}") from None

    return read_text


def member_readers(
    members: Mapping[str, Shape], reader: Callable[[Shape], Reader]
) -> MemberReaders:
    """Make the readers of a structure's members.

    They are all of one kind: `json_reader` or `text_reader`.
    """
    return {
        shape.serialization.get("name", name): (name, reader(shape))
        for name, shape in members.items()
    }


def structure_reader(readers: MemberReaders) -> Reader:
    """Make the reader of an object with these members. Others are ignored, null is absent."""

    def read(given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise _mismatch(given, "structure")
        values = {}
        for member, value in given.items():
            if value is not None and member in readers:
                name, read_member = readers[member]
                values[name] = read_member(value)
        return values

    return read


def _list_reader(read_item: Reader) -> Reader:
    def read(given: Any) -> list[Any]:
        if not isinstance(given, list):
            raise _mismatch(given, "list")
        return [read_item(item) for item in given]

    return read


def _map_reader(read_key: Reader, read_value: Reader) -> Reader:
    def read(given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise _mismatch(given, "map")
        return {read_key(key): read_value(value) for key, value in given.items()}

    return read


def _string(given: Any) -> str:
    if not isinstance(given, str):
        raise _mismatch(given, "string")
    if not given.isascii():
        _reject_lone_surrogates(given)
    return given


def _reject_lone_surrogates(given: str) -> None:
    """Check for halves of surrogate pairs.

    JSON can escape half a character, which cannot be stored or sent on as UTF-8.
    """
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise Malformed(f"A string is not valid Unicode: {error.reason}") from None


def _boolean(given: Any) -> bool:
    if not isinstance(given, bool):
        raise _mismatch(given, "boolean")
    return given


def _boolean_word(text: str) -> bool:
    value = _BOOLEANS.get(text.lower())
    return _boolean(text if value is None else value)


def _whole_number(type_name: str, bits: int) -> Reader:
    """Make the reader of whole numbers.

    Decimal strings are taken because AWS's own device SDKs send them, as its documentation does.
    """
    limit = 1 << (bits - 1)

    def read(given: Any) -> int:
        value = given
        if (isinstance(given, str) and re.fullmatch(_WHOLE, given, re.ASCII)) or (
            isinstance(given, float) and given.is_integer()
        ):
            value = int(given)
        # Not isinstance: a bool is no number here.
        if type(value) is not int or not -limit <= value < limit:
            raise _mismatch(given, type_name)
        return value

    return read


def _double(given: Any) -> float:
    if type(given) in (int, float) or (
        isinstance(given, str) and re.fullmatch(_DECIMAL, given, re.ASCII)
    ):
        try:
            value = float(given)
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return value
    raise _mismatch(given, "double")


def _blob(given: Any) -> bytes:
    # Only neighbours of Jobs have blobs in JSON.
    from moto_iot_jobs.service.base64_text import decode_base64

    try:
        return decode_base64(_string(given))
    except ValueError:
        raise _mismatch(given, "blob") from None


def as_is(given: Any) -> Any:
    """Return the value as it came: the reader of text in a path."""
    return given


_SCALARS: Mapping[str, Reader] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _whole_number("integer", bits=32),
    "long": _whole_number("long", bits=64),
    "float": _double,
    "double": _double,
    "blob": _blob,
}


def _mismatch(given: Any, type_name: str) -> Malformed:
    """Return the error of a value that is not of the model's type."""
    if isinstance(given, list):
        return Malformed("Start of list found where not expected")
    if isinstance(given, dict):
        return Malformed("Start of structure or map found where not expected.")
    if type_name == "list":
        return Malformed("Expected list or null")
    if type_name in ("structure", "map"):
        return Malformed("Expected null")
    article = "an" if type_name == "integer" else "a"
    return Malformed(f"{_token(given)} can not be converted to {article} {_java(type_name)}")


def _token(given: Any) -> str:
    if isinstance(given, str):
        return "STRING_VALUE"
    if isinstance(given, bool) or given is None:
        return {True: "TRUE_VALUE", False: "FALSE_VALUE", None: "NULL_VALUE"}[given]
    return "NUMBER_VALUE"


def _java(type_name: str) -> str:
    return type_name.capitalize()


_decode = json.JSONDecoder(parse_constant=reject_constant).decode
