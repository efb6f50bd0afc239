"""Random updates against a second model: state, delta, metadata, echo and messages."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.shadows import responses
from moto_iot_jobs.shadows.document import ShadowDocument
from moto_iot_jobs.shadows.requests import UpdateRequest
from moto_iot_jobs.shadows.service import Found, Updated
from tests.shadows.naive import NaiveShadow, ages

# Few names and values, so that updates meet.
names = st.sampled_from("abc")
scalars = st.sampled_from([0, 1, 1.0, 10, 10.0, True, False, "", "1", "x", -0.5])
elements = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
values = st.recursive(
    scalars | st.none() | st.lists(elements, max_size=3),
    lambda inner: st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
sections = st.none() | st.dictionaries(names, values, max_size=3)
states = st.none() | st.fixed_dictionaries({}, optional={"desired": sections, "reported": sections})


def written(value: Any) -> str:
    """JSON, in which 1, 1.0 and true differ and the order of members does not matter."""
    return json.dumps(value, sort_keys=True)


@settings(max_examples=400, deadline=None)
@given(st.lists(states, min_size=1, max_size=6))
def test_documents_are_those_of_the_second_model(updates: list[Any]) -> None:
    document, naive = ShadowDocument(), NaiveShadow()
    for at, state in enumerate(updates, start=1):
        before = written(naive.shown())
        previous = document
        document = document.updated(state, at, at)
        naive.update(state, at)

        shown = responses.whole(Found(document, at))
        expected = naive.shown()
        assert written({name: shown[name] for name in expected}) == written(expected)
        # What was there before is as it was, for `documents` shows it.
        again = responses.whole(Found(previous, at))
        assert written({name: again[name] for name in expected}) == before


@settings(max_examples=200, deadline=None)
@given(st.lists(states, min_size=1, max_size=4))
def test_messages_have_what_the_second_model_has(updates: list[Any]) -> None:
    document, naive = ShadowDocument(), NaiveShadow()
    for at, state in enumerate(updates, start=1):
        previous, document = document, document.updated(state, at, at)
        naive.update(state, at)
        updated = Updated(UpdateRequest(state, None, "token"), previous, document, at)

        echo = responses.accepted(updated)
        assert written(echo["state"]) == written(state)
        assert written(echo["metadata"]) == written(ages(state, at))
        delta, shown = responses.delta(updated), naive.shown()
        assert (delta is not None) == ("delta" in shown["state"])
        if delta is not None:
            assert written(delta["state"]) == written(shown["state"]["delta"])
            assert written(delta["metadata"]) == written(shown["metadata"]["delta"])
        current = responses.documents(updated)["current"]
        for member in ("state", "metadata"):
            shown[member].pop("delta", None)
            assert written(current[member]) == written(shown[member])


@settings(max_examples=200, deadline=None)
@given(st.lists(states, min_size=1, max_size=4))
def test_a_device_that_reports_every_delta_is_in_sync(updates: list[Any]) -> None:
    document = ShadowDocument()
    for at, state in enumerate(updates, start=1):
        document = document.updated(state, at, at)
        document = document.updated({"reported": document.delta.state}, at, at)
        # What was desired as an object and reported as one may have members that nobody desires.
        assert document.delta.state == {}
