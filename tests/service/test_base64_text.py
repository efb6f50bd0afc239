"""Base64, whatever Python's own version of it takes."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_iot_jobs.service.base64_text import decode_base64


@given(st.binary(max_size=40))
def test_what_was_written_is_read(data: bytes) -> None:
    assert decode_base64(b64encode(data).decode()) == data


@pytest.mark.parametrize(
    "text",
    ["=", "==", "A", "AA", "AAA", "AAAA=", "AAAA==", "AAAA====", "AA=A", "QQ==QQ==", "A\n=="],
)
def test_what_is_padded_wrongly_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)padding|base64"):
        decode_base64(text)
