"""Serialising: from a response's members to the JSON that the output shape describes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from .deviations import NEVER_NULL, WRITES_NULLS
from .model import OperationModel, Shape, blob_payload

Writer = Callable[[Any], Any]


def encode(value: Any) -> bytes:
    """Write plain values as compact JSON in UTF-8."""
    return _encoder.encode(value).encode()


def response_writer(operation: OperationModel) -> Callable[[Mapping[str, Any] | None], bytes]:
    """Make the function that writes an operation's responses.

    A response has members by their model names: timestamps in milliseconds since the epoch, None
    for what is not set. An operation without output shape has an empty body, one whose shape has no
    members ``{}``, and one whose shape is a blob the blob's bytes.
    """
    if operation.output_shape is None:
        return _write_nothing
    blob = blob_payload(operation.output_shape)
    if blob is not None:
        return lambda response: bytes((response or {})[blob])
    write = _structure_writer(operation.output_shape, nulls=operation.name in WRITES_NULLS)

    def write_body(response: Mapping[str, Any] | None) -> bytes:
        written = write(response or {})
        return encode(written) if written else b"{}"

    return write_body


def _write_nothing(response: Mapping[str, Any] | None) -> bytes:
    if response:
        raise TypeError(f"an operation without output cannot return {sorted(response)}")
    return b""


def _writer(shape: Shape, nulls: bool) -> Writer:
    if shape.type_name == "structure":
        return _structure_writer(shape, nulls)
    if shape.type_name == "list":
        write = _writer(shape.member, nulls)
        if write is _as_is:
            return _as_is
        return lambda values: [write(value) for value in values]
    if shape.type_name == "map":
        write = _writer(shape.value, nulls)
        if write is _as_is:
            return dict
        return lambda values: {key: write(value) for key, value in values.items()}
    return _SCALARS.get(shape.type_name, _as_is)


def _structure_writer(shape: Shape, nulls: bool) -> Writer:
    shape_name, known, unset = shape.name, frozenset(shape.members), _unset(shape, nulls)
    # What is not written as it stands, by the model's names: other names, and other types.
    names = {
        member: of.serialization["name"]
        for member, of in shape.members.items()
        if of.serialization.get("name", member) != member
    }
    writers = {member: _writer(of, nulls) for member, of in shape.members.items()}
    changing = [(member, write) for member, write in writers.items() if write is not _as_is]

    def write(members: Mapping[str, Any]) -> dict[str, Any]:
        if not members:
            return unset.copy()
        if not members.keys() <= known:
            raise TypeError(f"{shape_name} has no members {sorted(members.keys() - known)}")
        written = {member: value for member, value in members.items() if value is not None}
        for member, write_member in changing:
            if member in written:
                written[member] = write_member(written[member])
        if names:
            written = {names.get(member, member): value for member, value in written.items()}
        return {**unset, **written} if unset else written

    return write


def _unset(shape: Shape, nulls: bool) -> dict[str, Any]:
    """Return the JSON of a structure's members that are not set."""
    if not nulls:
        return {}
    return {
        of.serialization.get("name", member): _unset(of, nulls) if of.name in NEVER_NULL else None
        for member, of in shape.members.items()
    }


def _seconds(milliseconds: int) -> float:
    return milliseconds / 1000


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _as_is(value: Any) -> Any:
    return value


_SCALARS: Mapping[str, Writer] = {
    "timestamp": _seconds,
    "double": float,
    "float": float,
    "blob": _base64,
}

# A response is a tree of our own making: no cycles to look for.
_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)
