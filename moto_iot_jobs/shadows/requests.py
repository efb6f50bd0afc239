"""A request to a shadow, parsed and checked in the service's order.

Sources: AWS IoT developer guide, device-shadow-document and device-shadow-error-messages; the order
of the checks is that of aws-greengrass-shadow-manager.
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple, NoReturn

from . import errors
from .document import Object
from .errors import ShadowError

LONGEST_TOKEN_BYTES = 64
# Names on the way to a value below `desired` or `reported`, array elements included.
MOST_LEVELS = 8
_SECTIONS = {
    "desired": errors.DESIRED_NOT_AN_OBJECT,
    "reported": errors.REPORTED_NOT_AN_OBJECT,
}
_LONG_DIGITS = 19


class UpdateRequest(NamedTuple):
    """A request that can be merged.

    Attributes:
        state: `desired` and `reported` as far as they were sent; None clears both.
        version: the version that the shadow must have; None is any.
        client_token: to be echoed; None if none was sent.
    """

    state: Object | None
    version: int | None = None
    client_token: str | None = None


def read_update(payload: bytes) -> UpdateRequest:
    """Read an update.

    Raises:
        ShadowError: 400 or 415, with the client token as soon as that is known.
    """
    members = _parse(payload)
    if not isinstance(members, dict):
        raise ShadowError(400, errors.MISSING_STATE)
    token = _token(members)
    try:
        state = _state(members)
        _check_token(members)
        _check_values(state)
        return UpdateRequest(state, _version(members), token)
    except ShadowError as error:
        error.client_token = token
        raise


def read_plain(payload: bytes) -> UpdateRequest:
    """Read a request to get or delete: nothing, or JSON of which token and version count.

    Raises:
        ShadowError: 400 or 415 (captured: a body that is no JSON is rejected).
    """
    members = _parse(payload) if payload else {}
    if not isinstance(members, dict):
        return UpdateRequest(None)
    token = _token(members)
    try:
        _check_token(members)
        return UpdateRequest(None, _version(members), token)
    except ShadowError as error:
        error.client_token = token
        raise


def client_token(payload: bytes) -> str | None:
    """Return the client token of any payload, valid or not.

    None if it has none that is valid.
    """
    try:
        members = _parse(payload)
    except ShadowError:
        return None
    return _token(members) if isinstance(members, dict) else None


def _parse(payload: bytes) -> Any:
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise ShadowError(415, errors.NOT_UTF_8) from None
    try:
        return _decode(text)
    except ValueError:
        raise ShadowError(400, errors.INVALID_JSON) from None
    except RecursionError:
        raise ShadowError(400, errors.TOO_DEEP) from None


def _state(members: Object) -> Object | None:
    if "state" not in members:
        raise ShadowError(400, errors.MISSING_STATE)
    state = members["state"]
    if state is None:
        return None
    if not isinstance(state, dict):
        raise ShadowError(400, errors.STATE_NOT_AN_OBJECT)
    # A document that was read is written back with its delta by some clients, and AWS lets them.
    state = {name: value for name, value in state.items() if name != "delta"}
    for name, value in state.items():
        if name not in _SECTIONS:
            raise ShadowError(400, errors.INVALID_NODE)
        if value is not None and not isinstance(value, dict):
            raise ShadowError(400, _SECTIONS[name])
    return state


def _check_values(state: Object | None) -> None:
    for section in (state or {}).values():
        if _is_deeper(section, MOST_LEVELS):
            raise ShadowError(400, errors.TOO_DEEP)
        if _has_null_in_array(section):
            raise ShadowError(400, errors.INVALID_NODE)


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(inner) and (levels == 0 or any(_is_deeper(each, levels - 1) for each in inner))


def _has_null_in_array(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null_in_array, value.values()))
    if isinstance(value, list):
        return any(each is None or _has_null_in_array(each) for each in value)
    return False


def _token(members: Object) -> str | None:
    token = members.get("clientToken")
    return token if _is_token(token) else None


def _check_token(members: Object) -> None:
    token = members.get("clientToken")
    if token is not None and not _is_token(token):
        raise ShadowError(400, errors.INVALID_CLIENT_TOKEN)


def _is_token(token: Any) -> bool:
    return isinstance(token, str) and len(token.encode("utf-8", "replace")) <= LONGEST_TOKEN_BYTES


def _version(members: Object) -> int | None:
    version = members.get("version")
    # Not isinstance: a bool is no number here.
    if version is not None and (type(version) is not int or version < 0):
        raise ShadowError(400, errors.INVALID_VERSION)
    return version


# Numbers that no double holds become the texts that Java prints for them (captured).


def _real(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else ("Infinity" if number > 0 else "-Infinity")


def _integer(text: str) -> float | int | str:
    # int() is slow on long texts, and raises an error for the longest.
    return int(text) if len(text) <= _LONG_DIGITS else _real(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(
    parse_float=_real, parse_int=_integer, parse_constant=_no_constant
).decode
