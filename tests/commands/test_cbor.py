"""CBOR against the library that everybody uses, and against what is broken."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_iot_jobs.commands.cbor import decode, encode

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
VALUES = st.recursive(
    LEAVES,
    lambda each: (
        st.lists(each, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), each, max_size=5)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_by_others(value: Any) -> None:
    assert cbor2.loads(encode(value)) == value


@given(VALUES.filter(lambda value: not has_bignum(value)))
def test_what_others_write_is_read(value: Any) -> None:
    assert decode(cbor2.dumps(value)) == value
    assert decode(cbor2.dumps(value, canonical=True)) == value


def has_bignum(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(has_bignum, value))
    if isinstance(value, dict):
        return any(map(has_bignum, value.values()))
    return isinstance(value, int) and not -(1 << 64) <= value < 1 << 64


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_invalid(data: bytes) -> None:
    found = None
    with suppress(ValueError):
        found = decode(data)
    assert not (isinstance(found, float) and math.isnan(found))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00",
        b"\x18",
        b"\x1c",
        b"\x1f",
        b"\x61",
        b"\x61\xff",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xff",
        b"\x81\xff",
        b"\xbf\x61a\xff",
        b"\xa1\xff\x00",
        b"\xa1\x80\x00",
        b"\x7f\x41a\xff",
        b"\xdf",
        b"\xf8\x20",
        b"\xf9\x7e\x00",
        b"\x81" * 100 + b"\x00",
    ],
)
def test_what_is_broken_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x9f\x01\x02\xff", [1, 2]),
        (b"\xbf\x61a\x01\xff", {"a": 1}),
        (b"\x7f\x61a\x61b\xff", "ab"),
        (b"\x5f\x41a\x41b\xff", b"ab"),
        (b"\xd9\xd9\xf7\x01", 1),
        (b"\xf9\x3c\x00", 1.0),
        (b"\xf7", None),
    ],
)
def test_forms_that_devices_write(data: bytes, value: object) -> None:
    assert decode(data) == value


def test_other_values_cannot_be_encoded() -> None:
    with pytest.raises(TypeError):
        encode({1, 2})
