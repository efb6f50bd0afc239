"""The guide's rules of a shadow's document, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.shadows import responses
from moto_iot_jobs.shadows.document import encode

if TYPE_CHECKING:
    from tests.shadows.conftest import Lamp


@pytest.mark.parametrize(
    ("stored", "change", "merged"),
    [
        ({"a": 1}, {"a": None}, {}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({}, {"a": None}, {}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": 1}}, {"a": {"x": None}}, {"a": {}}),
        ({"a": 1}, {"a": {"x": 1, "y": None}}, {"a": {"x": 1}}),
        ({"a": [1]}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": 1}, {"a": {"x": None}}, {"a": {}}),
        ({}, {"a": {"x": 1, "y": None}}, {"a": {"x": 1}}),
        ({}, {"a": {"x": None}}, {}),
        ({}, {"a": {"x": {"y": None}, "z": 1}}, {"a": {"z": 1}}),
        ({}, {"a": {}}, {"a": {}}),
        ({"a": 1}, {"a": {}}, {"a": {}}),
        ({"a": {}}, {"a": {}}, {"a": {}}),
        ({"a": {"x": 1}}, {"a": {}}, {"a": {"x": 1}}),
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": {"x": 1}}, {"a": [4]}, {"a": [4]}),
        ({"a": 1}, {"a": "text"}, {"a": "text"}),
        ({"a": 1}, {}, {"a": 1}),
    ],
)
def test_an_update_merges_member_by_member(
    lamp: Lamp, stored: dict[str, Any], change: dict[str, Any], merged: dict[str, Any]
) -> None:
    for section in ("desired", "reported"):
        name = f"{section}-shadow"
        lamp.update({"state": {section: stored}}, name)
        lamp.update({"state": {section: change}}, name)
        assert lamp.get(name)["state"].get(section, {}) == merged
        assert lamp.get(name)["version"] == 2


@pytest.mark.parametrize(
    ("desired", "reported", "delta"),
    [
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"a": 2}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {}),
        ({}, {"a": 1}, {}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 1}}, {"a": {"y": 2}}),
        ({"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}, {}),
        ({"a": {"x": 1}}, {"a": 1}, {"a": {"x": 1}}),
        ({"a": {"x": 1}}, {"a": [1]}, {"a": {"x": 1}}),
        ({"a": {"x": 1}}, {}, {"a": {"x": 1}}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a": [1, 2]}),
        ({"a": [1, {"x": 2}]}, {"a": [1, {"x": 2}]}, {}),
        ({"a": [1, {"x": 2}]}, {"a": [1, {"x": 3}]}, {"a": [1, {"x": 2}]}),
        ({"a": 10}, {"a": 10.0}, {}),
        ({"a": [10]}, {"a": [10.0]}, {}),
        ({"a": True}, {"a": 1}, {"a": True}),
        ({"a": [True]}, {"a": [1]}, {"a": [True]}),
        ({"a": "1"}, {"a": 1}, {"a": "1"}),
        ({"a": {}}, {}, {"a": {}}),
        ({"a": {}}, {"a": {"x": 1}}, {}),
    ],
)
def test_the_delta_is_what_is_desired_and_not_reported(
    lamp: Lamp, desired: dict[str, Any], reported: dict[str, Any], delta: dict[str, Any]
) -> None:
    lamp.report(**reported)
    updated = lamp.desire(**desired)
    assert encode(lamp.get()["state"].get("delta", {})) == encode(delta)
    message = responses.delta(updated)
    assert (message is None) == (delta == {})
    assert message is None or encode(message["state"]) == encode(delta)


def test_a_delta_holds_what_earlier_updates_left_open(lamp: Lamp) -> None:
    lamp.desire(color="red")
    lamp.now += 5
    updated = lamp.update({"state": {"desired": {"on": True}}, "clientToken": "c"})
    assert responses.delta(updated) == {
        "version": 2,
        "timestamp": lamp.now,
        "state": {"color": "red", "on": True},
        "metadata": {"color": {"timestamp": lamp.now - 5}, "on": {"timestamp": lamp.now}},
        "clientToken": "c",
    }


def test_a_report_publishes_the_delta_too_while_a_difference_is_left(lamp: Lamp) -> None:
    lamp.desire(color="red", on=True)
    left = responses.delta(lamp.report(on=True))
    assert left is not None
    assert left["state"] == {"color": "red"}
    assert responses.delta(lamp.report(color="red")) is None


def test_a_desired_member_that_is_removed_has_no_delta(lamp: Lamp) -> None:
    lamp.desire(color="red")
    assert responses.delta(lamp.desire(color=None)) is None


def test_members_keep_the_age_that_they_have_until_they_are_named(lamp: Lamp) -> None:
    lamp.desire(a=1, b={"x": 1, "y": [1, {"z": 2}]}, e={})
    lamp.now += 7
    lamp.desire(b={"x": 1})
    old, new = {"timestamp": lamp.now - 7}, {"timestamp": lamp.now}
    desired = {"a": old, "b": {"x": new, "y": [old, {"z": old}]}, "e": {}}
    assert lamp.get()["metadata"] == {"desired": desired, "delta": desired}


def test_a_value_may_be_called_timestamp(lamp: Lamp) -> None:
    lamp.desire(timestamp={"timestamp": 5})
    lamp.desire(timestamp={"b": 1})
    assert lamp.get()["state"]["desired"] == {"timestamp": {"timestamp": 5, "b": 1}}
    assert lamp.get()["metadata"]["desired"]["timestamp"].keys() == {"timestamp", "b"}


def test_an_update_responds_with_the_state_as_it_was_requested(lamp: Lamp) -> None:
    lamp.desire(old=1, kept=2)
    updated = lamp.update(
        {"state": {"desired": {"color": "red", "old": None}}, "clientToken": "c1"}
    )
    assert list(responses.accepted(updated).items()) == [
        ("state", {"desired": {"color": "red", "old": None}}),
        (
            "metadata",
            {"desired": {"color": {"timestamp": lamp.now}, "old": {"timestamp": lamp.now}}},
        ),
        ("version", 2),
        ("timestamp", lamp.now),
        ("clientToken", "c1"),
    ]


def test_null_clears_a_section_or_the_whole_state(lamp: Lamp) -> None:
    lamp.update({"state": {"desired": {"a": 1}, "reported": {"a": 2}}})
    updated = lamp.update({"state": {"desired": None}})
    assert responses.accepted(updated)["state"] == {"desired": None}
    assert responses.accepted(updated)["metadata"] == {"desired": {"timestamp": lamp.now}}
    assert lamp.get()["state"] == {"reported": {"a": 2}}
    assert lamp.get()["metadata"].keys() == {"reported"}

    updated = lamp.update({"state": None})
    assert responses.accepted(updated) == {
        "state": None,
        "metadata": {"timestamp": lamp.now},
        "version": 3,
        "timestamp": lamp.now,
    }
    assert (lamp.get()["state"], lamp.get()["metadata"], lamp.get()["version"]) == ({}, {}, 3)


@pytest.mark.parametrize("state", [None, {}, {"desired": {}}, {"desired": None}, {"reported": {}}])
def test_an_update_without_values_makes_an_empty_shadow(lamp: Lamp, state: Any) -> None:
    lamp.update({"state": state})
    assert lamp.get() == {"state": {}, "metadata": {}, "version": 1, "timestamp": lamp.now}


@pytest.mark.parametrize("state", [{}, {"desired": {}}, {"reported": {}}])
def test_an_update_without_values_changes_the_version_alone_and_publishes_the_delta_again(
    lamp: Lamp, state: Any
) -> None:
    lamp.desire(a=1)
    updated = lamp.update({"state": state})
    delta = responses.delta(updated)
    assert delta is not None
    assert (delta["state"], delta["version"]) == ({"a": 1}, 2)
    assert lamp.get()["state"]["desired"] == {"a": 1}


def test_a_document_has_its_members_in_the_services_order(lamp: Lamp) -> None:
    lamp.update({"state": {"reported": {"a": 1}}})
    lamp.update({"state": {"desired": {"a": 2}}})
    document = lamp.get(payload=b'{"clientToken":"c"}')
    assert list(document) == ["state", "metadata", "version", "timestamp", "clientToken"]
    assert list(document["state"]) == ["desired", "reported", "delta"]
    assert list(document["metadata"]) == ["desired", "reported", "delta"]


def test_the_timestamp_of_a_document_is_that_of_the_response(lamp: Lamp) -> None:
    lamp.desire(a=1)
    lamp.now += 60
    assert lamp.get()["timestamp"] == lamp.now


def test_documents_shows_what_was_and_what_is(lamp: Lamp) -> None:
    first = lamp.update({"state": {"desired": {"a": 1}}})
    current = {
        "state": {"desired": {"a": 1}},
        "metadata": {"desired": {"a": {"timestamp": lamp.now}}},
        "version": 1,
    }
    assert responses.documents(first) == {"current": current, "timestamp": lamp.now}

    then = lamp.now
    lamp.now += 1
    second = lamp.update({"state": {"desired": {"b": 2}}, "clientToken": "c"})
    assert list(responses.documents(second).items()) == [
        ("previous", current),
        (
            "current",
            {
                "state": {"desired": {"a": 1, "b": 2}},
                "metadata": {"desired": {"a": {"timestamp": then}, "b": {"timestamp": lamp.now}}},
                "version": 2,
            },
        ),
        ("timestamp", lamp.now),
        ("clientToken", "c"),
    ]


def test_json_is_compact_and_holds_what_utf_8_can_hold() -> None:
    assert encode({"a": [1, "ü"], "b": None}) == '{"a":[1,"ü"],"b":null}'.encode()
    assert encode({"a": "\ud83d"}) == b'{"a":"?"}'
