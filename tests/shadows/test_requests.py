"""What is rejected, with which text, and in which order it is looked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.shadows import responses
from moto_iot_jobs.shadows.errors import ShadowError

if TYPE_CHECKING:
    from tests.shadows.conftest import Lamp

TOKEN = "t" * 64


def nested(levels: int, innermost: Any = 1) -> Any:
    """A value that lies so many names below the section."""
    value = innermost
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("payload", "code", "message"),
    [
        (b"", 400, "Invalid JSON"),
        (b"{nope", 400, "Invalid JSON"),
        (b'{"state":{"desired":{"a":NaN}}}', 400, "Invalid JSON"),
        (b'{"state":{"desired":{"a":-Infinity}}}', 400, "Invalid JSON"),
        (
            b'{"state":{"desired":{"a":"\xff"}}}',
            415,
            "Unsupported documented encoding; supported encoding is UTF-8",
        ),
        (b"[" * 100_000, 400, "JSON contains too many levels of nesting; maximum is 6"),
        ([1], 400, "Missing required node: state"),
        (1, 400, "Missing required node: state"),
        ({"x": 1}, 400, "Missing required node: state"),
        ({"state": "x"}, 400, "State node must be an object"),
        ({"state": [1]}, 400, "State node must be an object"),
        ({"state": False}, 400, "State node must be an object"),
        ({"state": {"desired": "x"}}, 400, "Desired node must be an object"),
        ({"state": {"desired": [1]}}, 400, "Desired node must be an object"),
        ({"state": {"reported": 0}}, 400, "Reported node must be an object"),
        ({"state": {"foo": {}}}, 400, "State contains an invalid node"),
        ({"state": {"desired": {"a": [None]}}}, 400, "State contains an invalid node"),
        ({"state": {"desired": {"a": [[{"b": [None]}]]}}}, 400, "State contains an invalid node"),
        ({"state": {}, "version": "1"}, 400, "Invalid version"),
        ({"state": {}, "version": -1}, 400, "Invalid version"),
        ({"state": {}, "version": 1.5}, 400, "Invalid version"),
        ({"state": {}, "version": True}, 400, "Invalid version"),
        ({"state": {}, "clientToken": 1}, 400, "Invalid clientToken"),
        ({"state": {}, "clientToken": TOKEN + "t"}, 400, "Invalid clientToken"),
        ({"state": {}, "clientToken": "ü" * 33}, 400, "Invalid clientToken"),
        (
            {"state": {"desired": nested(9)}},
            400,
            "JSON contains too many levels of nesting; maximum is 6",
        ),
        (
            {"state": {"reported": nested(8, [1])}},
            400,
            "JSON contains too many levels of nesting; maximum is 6",
        ),
        ({"state": {}, "version": 2}, 409, "Version conflict"),
        (
            {"state": {"desired": {"a": "x" * (8193 - len('{"a":""}'))}}},
            413,
            "The payload exceeds the maximum size allowed",
        ),
    ],
)
def test_an_update_is_rejected(lamp: Lamp, payload: Any, code: int, message: str) -> None:
    assert lamp.rejection(payload) == (code, message)


@pytest.mark.parametrize(
    "payload",
    [
        {"state": {}, "version": None, "clientToken": None},
        {"state": {}, "clientToken": TOKEN},
        {"state": {}, "clientToken": ""},
        {"state": {"desired": nested(8)}},
        {"state": {"desired": nested(8, {})}},
        {"state": {"desired": nested(7, [1])}},
        {"state": {"desired": {"a": "x" * (8192 - len('{"a":""}'))}}},
        {"state": {"reported": {"a": "x" * (8192 - len('{"a":""}'))}}},
        {"state": {"desired": {"a": "x" * 8000}, "reported": {"a": "x" * (192 - 16)}}},
        {"state": {}, "metadata": [1], "timestamp": "x", "foo": None},
        {"state": {"delta": "x"}},
    ],
)
def test_an_update_is_accepted(lamp: Lamp, payload: Any) -> None:
    assert lamp.update(payload).current.version == 1


def test_white_space_and_metadata_do_not_count_for_the_size(lamp: Lamp) -> None:
    lamp.update({"state": {"desired": {str(number): 1 for number in range(900)}}})
    body = {"state": {"desired": {"1": 2}}}
    assert lamp.update(json.dumps(body, indent=999).encode()).current.version == 2


def test_the_size_is_that_of_the_result(lamp: Lamp) -> None:
    lamp.desire(a="x" * 4000)
    lamp.report(b="x" * 4000)
    assert lamp.rejection({"state": {"desired": {"c": "x" * 400}}})[0] == 413
    assert lamp.desire(a=None).current.version == 3


def test_a_delta_that_is_sent_back_is_dropped(lamp: Lamp) -> None:
    updated = lamp.update({"state": {"reported": {"a": 1}, "delta": {"b": 1}}})
    assert responses.accepted(updated)["state"] == {"reported": {"a": 1}}
    assert lamp.get()["state"] == {"reported": {"a": 1}}


def test_numbers_no_double_can_hold_become_texts(lamp: Lamp) -> None:
    lamp.update(
        b'{"state":{"desired":{"a":1e999,"b":-1e999,"c":9007199254740993,"d":1%s}}}' % (b"0" * 5000)
    )
    assert lamp.get()["state"]["desired"] == {
        "a": "Infinity",
        "b": "-Infinity",
        "c": 9007199254740993,
        "d": "Infinity",
    }


def test_of_members_that_are_given_twice_the_last_wins(lamp: Lamp) -> None:
    lamp.update(b'{"state":{"desired":{"a":1,"a":2}}}')
    assert lamp.get()["state"]["desired"] == {"a": 2}


@pytest.mark.parametrize(
    "payload",
    [
        {"clientToken": "t"},
        {"state": 1, "clientToken": "t"},
        {"state": {}, "version": 9, "clientToken": "t"},
        {"state": {"desired": {"a": "x" * 9000}}, "clientToken": "t"},
        {"state": {"desired": nested(20)}, "clientToken": "t"},
    ],
)
def test_a_rejection_carries_the_token(lamp: Lamp, payload: Any) -> None:
    with pytest.raises(ShadowError) as raised:
        lamp.update(payload)
    rejected = responses.rejected(raised.value)
    assert list(rejected) == ["code", "message", "clientToken"]
    assert rejected["clientToken"] == "t"


def test_a_token_that_is_not_valid_is_not_echoed(lamp: Lamp) -> None:
    with pytest.raises(ShadowError) as raised:
        lamp.update({"state": {}, "clientToken": "t" * 65})
    assert responses.rejected(raised.value) == {"code": 400, "message": "Invalid clientToken"}


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"3", b'{"x":1}'])
def test_get_and_delete_look_at_token_and_version_alone(lamp: Lamp, payload: bytes) -> None:
    lamp.desire(a=1)
    assert lamp.get(payload=payload)["version"] == 1
    assert lamp.delete(payload=payload) == {"version": 1, "timestamp": lamp.now}


@pytest.mark.parametrize(
    ("payload", "code"), [(b"x", 400), (b'{"clientToken":1}', 400), (b"\xff", 415)]
)
def test_get_and_delete_reject_what_cannot_be_read(lamp: Lamp, payload: bytes, code: int) -> None:
    lamp.desire(a=1)
    for act in (lamp.get, lamp.delete):
        with pytest.raises(ShadowError) as raised:
            act(payload=payload)
        assert raised.value.code == code
