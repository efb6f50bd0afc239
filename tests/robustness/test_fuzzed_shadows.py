"""Payloads and topics of shadows drawn at random: each is answered, in bounded time, with a code
that the guide knows, and leaves a document that can be read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_iot_jobs import messages, mock_iot
from moto_iot_jobs.shadows.service import LARGEST_STATE_BYTES
from tests.measuring import least_processor_seconds

EXAMPLES = int(os.environ.get("ROBUSTNESS_EXAMPLES", "150"))
FUZZ = settings(
    deadline=None,
    max_examples=EXAMPLES,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CODES = {400, 404, 409, 413, 415}
REGION = "eu-west-1"
SHADOW = "$aws/things/t/shadow"

TEXTS = st.text(max_size=8) | st.sampled_from(["\ud800", "\0", "é" * 40, "state", "timestamp"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from([2**63, -(2**63) - 1, 10**400, 1e308])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "state": VALUES
        | st.fixed_dictionaries(
            {}, optional={"desired": VALUES, "reported": VALUES, "delta": VALUES, "x": VALUES}
        ),
        "version": VALUES,
        "clientToken": VALUES,
        "metadata": VALUES,
    },
)
JSONS = MEMBERS.map(lambda members: json.dumps(members).encode())


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """JSON with some bytes changed, or cut off."""
    data = bytearray(draw(JSONS))
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))])


PAYLOADS = JSONS | damaged() | st.binary(max_size=40)


@pytest.fixture
def client() -> Iterator[Any]:
    session = boto3.session.Session("testing", "testing", region_name=REGION)
    with mock_iot(config={"core": {"reset_boto3_session": False}}):
        yield session.client("iot-data")


def check_document(client: Any) -> int:
    """Read the shadow over HTTP: strict JSON, not too large; give its version, 0 if there is none."""
    try:
        body = client.get_thing_shadow(thingName="t")["payload"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return 0
    document = json.loads(body, parse_constant=lambda name: pytest.fail(name))
    state = {name: document["state"].get(name, {}) for name in ("desired", "reported")}
    sizes = [
        len(json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode())
        for each in state.values()
    ]
    assert sum(sizes) <= LARGEST_STATE_BYTES
    version: int = document["version"]
    return version


@FUZZ
@given(
    payloads=st.lists(PAYLOADS, min_size=1, max_size=5),
    word=st.sampled_from(["update"] * 4 + ["get", "delete"]),
)
def test_every_payload_over_mqtt_gets_a_response(
    client: Any, payloads: list[bytes], word: str
) -> None:
    messages.published()
    for payload in payloads:
        messages.clear()
        before = check_document(client)
        topic = f"{SHADOW}/{word}"
        answer = messages.request(topic, payload, region=REGION)
        assert answer is not None
        published = messages.published(f"{SHADOW}/#")
        assert published[0].payload == answer.payload
        for message in published:
            json.loads(message.payload, parse_constant=lambda name: pytest.fail(name))
        after = check_document(client)
        if answer.topic == f"{topic}/rejected":
            assert answer.json["code"] in CODES
            assert (len(published), after) == (1, before)
        elif word == "update":
            assert after == answer.json["version"] > before


@FUZZ
@given(payload=PAYLOADS)
def test_every_payload_over_http_gets_a_response(client: Any, payload: bytes) -> None:
    before = check_document(client)
    try:
        answer = json.load(client.update_thing_shadow(thingName="t", payload=payload)["payload"])
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in CODES:
            raise
        version = before
    else:
        version = answer["version"]
        assert version == before + 1
    assert check_document(client) == version


@FUZZ
@given(
    levels=st.lists(
        st.sampled_from(
            ["shadow", "name", "get", "update", "delete", "accepted", "", "t", "$a", "a b"]
        )
        | TEXTS,
        max_size=6,
    )
)
def test_every_topic_below_a_thing_is_a_request_or_nothing(client: Any, levels: list[str]) -> None:
    topic = "/".join(["$aws/things/t", *levels])
    answer = messages.request(topic, b"{}", region=REGION)
    assert answer is None or answer.topic.startswith(f"{topic}/")


HUGE = {
    "deep objects": b'{"state":{"desired":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_002,
    "deep lists": b'{"state":{"desired":{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}}}",
    "not closed": b'{"state":' * 14_000,
    "a long number": b'{"state":{"desired":{"a":' + b"9" * 120_000 + b"}}}",
    "a long fraction": b'{"state":{"desired":{"a":0.' + b"9" * 120_000 + b"}}}",
    "a long exponent": b'{"state":{"desired":{"a":1e' + b"9" * 120_000 + b"}}}",
    "a long name": b'{"state":{"desired":{"' + b"a" * 120_000 + b'":1}}}',
    "a long token": b'{"state":{},"clientToken":"' + b"a" * 120_000 + b'"}',
    "many members": b'{"state":{"desired":{'
    + b",".join(b'"%d":1' % number for number in range(12_000))
    + b"}}}",
    "a wide list": b'{"state":{"desired":{"a":[' + b",".join([b"[]"] * 30_000) + b"]}}}",
    "one member many times": b'{"state":{"desired":{' + b",".join([b'"a":1'] * 20_000) + b"}}}",
    "escapes": b'{"state":{"desired":{"' + b"\\ud800" * 20_000 + b'":1}}}',
}


@pytest.mark.parametrize("payload", HUGE.values(), ids=HUGE.keys())
def test_no_payload_takes_long(client: Any, payload: bytes) -> None:
    def send() -> None:
        for word in ("update", "get", "delete"):
            answer = messages.request(f"{SHADOW}/{word}", payload, region=REGION)
            assert answer is not None
            assert answer.topic.endswith("/accepted") or answer.json["code"] in CODES
        check_document(client)

    assert least_processor_seconds(lambda: send, 5) < 5
