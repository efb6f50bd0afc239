"""Reports of devices: whatever a payload holds, it is a report or an error, and can be recorded."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_iot_jobs.commands.command import Report, ResultValue, StatusReason
from moto_iot_jobs.commands.reports import (
    Unreadable,
    read_payload,
    report_of,
    token_of,
    write_payload,
)
from moto_iot_jobs.commands.states import ExecutionStatus
from moto_iot_jobs.service.errors import InvalidInput

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
KEYS = st.sampled_from(["status", "statusReason", "result", "reasonCode", "s", "b", "bin"]) | TEXT
LEAVES = st.none() | st.booleans() | st.integers() | st.binary(max_size=4) | TEXT
VALUES = st.recursive(
    LEAVES | st.sampled_from(["SUCCEEDED", "A_B"]),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(KEYS | st.integers() | st.binary(max_size=2), each, max_size=4)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=60), st.sampled_from(["json", "cbor", ""]))
def test_any_bytes_are_members_or_unreadable(payload: bytes, form: str) -> None:
    with suppress(Unreadable):
        assert isinstance(read_payload(payload, form), dict)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_members_are_a_report_or_not_valid(members: dict[str, Any]) -> None:
    read = read_payload(cbor2.dumps(members), "cbor")
    with suppress(InvalidInput):
        token_of(read)
        assert report_of(read).status in ExecutionStatus


@pytest.mark.parametrize("form", ["json", "cbor", ""])
def test_a_whole_report_is_understood(form: str) -> None:
    binary: Any = b"\xff" if form == "cbor" else "/w=="
    members = {
        "status": "FAILED",
        "statusReason": {"reasonCode": "A-1_B", "reasonDescription": "é"},
        "result": {"a": {"s": "x"}, "b": {"b": False}, "c": {"bin": binary}},
        "clientToken": "t",
        "executionId": "of the topic",
        "timestamp": 1,
    }
    read = read_payload(write_payload(members, form), form)
    assert token_of(read) == "t"
    assert report_of(read) == Report(
        ExecutionStatus.FAILED,
        StatusReason("A-1_B", "é"),
        {"a": ResultValue(s="x"), "b": ResultValue(b=False), "c": ResultValue(bin=b"\xff")},
    )


def test_json_that_nests_too_deeply_is_unreadable() -> None:
    for payload in (b"[" * 100_000, b'{"a":"\\ud800"}', b'{"a":NaN}', b"\xff"):
        with pytest.raises(Unreadable):
            read_payload(payload, "json")
    assert json.loads(write_payload({"a": None, "b": 1}, "json")) == {"b": 1}
