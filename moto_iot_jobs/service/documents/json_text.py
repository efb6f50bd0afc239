"""JSON text of job documents: its strings, and the compact form that devices receive.

A document stays text. It is never turned into values and back, so that all that is not rewritten
keeps its spelling.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from math import isinf
from threading import Lock
from typing import Any, NoReturn

from moto_iot_jobs.service.record import Record

MAXIMUM_DEPTH = 1000

# Of the whole interpreter: two threads that raise it in turn would leave it raised.
_recursion_limit = Lock()

# Patterns here are compiled when they are first used, and then kept by `re`: many a test never gets
# to most of them.
_STRING = r'(?s)("[^"\\]*(?:\\.[^"\\]*)*")([ \t\n\r]*:)?'
_STRING_OR_BRACKET = r'(?s)"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]'
_ESCAPED = '[\x00-\x1f"\\\\\ud800-\udfff]'
_SHORT_ESCAPES = {
    "\b": r"\b",
    "\t": r"\t",
    "\n": r"\n",
    "\f": r"\f",
    "\r": r"\r",
    '"': r"\"",
    "\\": r"\\",
}
_SUPPLEMENTARY = "[\U00010000-\U0010ffff]"


class DocumentString(Record):
    """A string of a document.

    Attributes:
        value: the text that it stands for.
        is_key: true when it names a member.
        start, end: its position, quotes included.
    """

    value: str
    is_key: bool
    start: int
    end: int


def strings(text: str) -> list[DocumentString]:
    """Return the strings of a valid document, in order."""
    matches = re.finditer(_STRING, text)
    return [
        DocumentString(_value(match[1]), match[2] is not None, *match.span(1)) for match in matches
    ]


def replace_strings(
    text: str, substitute: Callable[[DocumentString], str | Mapping[str, str] | None]
) -> str:
    """Return a valid document with strings replaced.

    Args:
        substitute: gives a string, or the members of an object, that takes the place of a string;
            None leaves it as it is.
    """
    pieces, position = [], 0
    for string in strings(text):
        replacement = substitute(string)
        if replacement is None:
            continue
        pieces += [text[position : string.start], _json(replacement)]
        position = string.end
    return "".join(pieces) + text[position:]


def json_string(value: str) -> str:
    """Return the JSON string as AWS writes it for devices.

    Control characters and lone surrogates are escaped, nothing else.
    """
    return f'"{re.sub(_ESCAPED, _escape, value)}"'


def escape_supplementary(text: str) -> str:
    """Return JSON text with characters outside the BMP as escaped surrogate pairs.

    So MQTT carries statusDetails and update responses; documents in describe, start-next and
    notify-next carry such characters unescaped (reported of AWS by ministack).
    """
    return re.sub(_SUPPLEMENTARY, _surrogate_pair, text)


# A document is checked first and parsed later.
@lru_cache(maxsize=1)
def compact(text: str) -> str:
    """Return a document as devices receive it: a string over HTTPS, a JSON value over MQTT.

    Without blanks; members that are null left out; of a repeated key the first place and the last
    value; numbers and escapes as Java writes them.

    Raises:
        ValueError: not JSON, or deeper than AWS accepts.

    Source: reports of AWS by ministack.
    """
    if _depth(text) > MAXIMUM_DEPTH:
        raise ValueError(f"nested deeper than {MAXIMUM_DEPTH}")
    try:
        return _written(_decoder().decode(text))
    except RecursionError:
        return _written(_decode_deep(text))


def _decode_deep(text: str) -> Any:
    """Decode a document for which the interpreter allows too little recursion.

    CPython before 3.12 counts arrays and objects together with the frames of all callers.
    """
    with _recursion_limit:
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(before + 2 * MAXIMUM_DEPTH)
        try:
            return _decoder().decode(text)
        finally:
            sys.setrecursionlimit(before)


class _Json(str):
    """JSON text of a part of a document, written as devices receive it."""

    __slots__ = ()


@cache
def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_float=_double,
        parse_int=_integer,
        parse_constant=reject_constant,
    )


def _object(pairs: list[tuple[str, Any]]) -> _Json:
    members = {_joined(key): value for key, value in pairs}
    return _Json(
        "{"
        + ",".join(
            f"{json_string(key)}:{_written(value)}"
            for key, value in members.items()
            if value is not None
        )
        + "}"
    )


def _written(value: Any) -> str:
    pieces: list[str] = []
    # A stack of what is still to be written, next one last: arrays may be nested as deep as a
    # document, and recursion ends earlier.
    rest: list[Any] = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, list):
            pieces.append("[")
            rest.append(_Json("]"))
            for number, item in enumerate(reversed(each)):
                rest += [_Json(","), item] if number else [item]
        else:
            pieces.append(_scalar(each))
    return "".join(pieces)


def _scalar(value: str | bool | None) -> str:
    if isinstance(value, _Json):
        return value
    if isinstance(value, str):
        return json_string(_joined(value))
    return "null" if value is None else "true" if value else "false"


def _integer(lexeme: str) -> _Json:
    return _Json("0" if lexeme == "-0" else lexeme)


def _double(lexeme: str) -> _Json:
    # Java's Double.toString, and a string where JSON has no number for it.
    value = float(lexeme)
    if isinf(value):
        return _Json('"Infinity"' if value > 0 else '"-Infinity"')
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return _Json(repr(value))
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)  # only infinities and NaN have letters there
    first, rest = str(digits[0]), "".join(map(str, digits[1:]))
    return _Json(f"{'-' * sign}{first}.{rest or '0'}E{exponent + len(rest)}")


def reject_constant(name: str) -> NoReturn:
    """Raise ValueError for NaN and the infinities, which the standard library reads as JSON."""
    raise ValueError(f"{name} is not JSON")


def _depth(text: str) -> int:
    if text.count("[") + text.count("{") <= MAXIMUM_DEPTH:
        return 0  # and no need to look closer
    depth = deepest = 0
    for match in re.finditer(_STRING_OR_BRACKET, text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _json(value: str | Mapping[str, str]) -> str:
    if isinstance(value, str):
        return json_string(value)
    return (
        "{"
        + ",".join(f"{json_string(key)}:{json_string(member)}" for key, member in value.items())
        + "}"
    )


def _value(token: str) -> str:
    return _joined(json.loads(token) if "\\" in token else token[1:-1])


def _joined(value: str) -> str:
    # A pair may be written half as a character, half as an escape; both halves together are one
    # character.
    if value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


def _surrogate_pair(match: re.Match[str]) -> str:
    offset = ord(match.group()) - 0x10000
    return f"\\u{0xD800 + (offset >> 10):04X}\\u{0xDC00 + (offset & 0x3FF):04X}"
