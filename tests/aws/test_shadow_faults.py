"""Faults on shadows, over HTTP and MQTT: rejected, lost and late; and the record of what was
called.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError

from moto_iot_jobs import faults, messages
from tests.aws.shadows import Http, Mqtt, Rejected, Shadow

if TYPE_CHECKING:
    from moto_iot_jobs.runtime.literals import ErrorName
    from tests.aws.conftest import Aws

UPDATE = "$aws/things/t/shadow/update"


@pytest.fixture(autouse=True)
def recording(public_modules_reach_it: None) -> None:
    messages.published()
    messages.clear()


@pytest.fixture(params=[Http, Mqtt], ids=["http", "mqtt"])
def shadow(request: pytest.FixtureRequest, aws: Aws) -> Shadow:
    return Shadow(request.param(aws))


def request(aws: Aws, payload: dict[str, Any]) -> Any:
    return messages.request(UPDATE, payload, region=aws.region)


def published() -> list[tuple[str, Any]]:
    found = [
        (each.topic.partition("/shadow/")[2], each.json)
        for each in messages.published("$aws/things/+/shadow/#")
    ]
    messages.clear()
    return found


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            "ThrottlingException",
            429,
            "The Device Shadow service will generate this error message when there are more than"
            " 10 in-flight requests on a single connection",
        ),
        ("InternalFailureException", 500, "Internal service failure"),
        ("ConflictException", 409, "Version conflict"),
        ("UnauthorizedException", 401, "Unauthorized"),
        (
            "RequestEntityTooLargeException",
            413,
            "The payload exceeds the maximum size allowed",
        ),
    ],
)
def test_a_rejection_over_mqtt_has_the_guides_code_and_text_and_the_token(
    aws: Aws, error: ErrorName, code: int, message: str
) -> None:
    faults.inject("UpdateThingShadow", error)
    response = request(aws, {"state": {"desired": {"a": 1}}, "clientToken": "c"})
    assert (response.topic, response.json) == (
        f"{UPDATE}/rejected",
        {"code": code, "message": message, "clientToken": "c"},
    )
    assert published() == [("update/rejected", response.json)]
    with pytest.raises(Rejected, match="No shadow exists"):
        Shadow(Http(aws)).get()
    assert Shadow(Mqtt(aws)).desire(a=1)["version"] == 1


def test_a_rejection_over_http_is_the_exception_and_publishes_nothing(aws: Aws) -> None:
    faults.inject("UpdateThingShadow", "ThrottlingException", thing="t")
    shadow = Shadow(Http(aws))
    Shadow(Http(aws), "another").desire(a=1)
    published()
    with pytest.raises(Rejected) as raised:
        shadow.desire(a=1)
    assert raised.value.args[0] == 429
    assert published() == []


def test_a_fault_is_for_the_operations_that_its_pattern_means(shadow: Shadow) -> None:
    shadow.desire(a=1)
    faults.inject("*ThingShadow", "InternalFailureException", times=3)
    for act in (shadow.get, shadow.delete, lambda: shadow.desire(a=2)):
        with pytest.raises(Rejected) as raised:
            act()
        assert raised.value.args[0] == 500
    assert shadow.get()["version"] == 1
    assert faults.pending() == []


def test_a_request_that_is_lost_changes_and_publishes_nothing(aws: Aws) -> None:
    faults.lose_request("UpdateThingShadow")
    assert request(aws, {"state": {"desired": {"a": 1}}}) is None
    assert published() == []
    with pytest.raises(Rejected, match="No shadow exists"):
        Shadow(Http(aws)).get()


def test_a_response_that_is_lost_leaves_the_change_and_what_it_leads_to(aws: Aws) -> None:
    faults.lose_response("UpdateThingShadow")
    assert request(aws, {"state": {"desired": {"a": 1}}}) is None
    assert [topic for topic, _ in published()] == ["update/delta", "update/documents"]
    assert Shadow(Http(aws)).get()["version"] == 1


def test_a_client_of_http_that_loses_the_response_has_changed_the_shadow(aws: Aws) -> None:
    faults.lose_response("UpdateThingShadow")
    with pytest.raises(ConnectionClosedError):
        Shadow(Http(aws)).desire(a=1)
    assert next(topic for topic, _ in published()) == "update/accepted"
    assert Shadow(Http(aws)).get()["version"] == 1


def test_a_late_response_comes_when_time_has_passed(aws: Aws) -> None:
    Shadow(Http(aws)).desire(a=1)
    faults.delay("GetThingShadow", seconds=50, sleep=False)
    before = Shadow(Http(aws)).get()["timestamp"]
    after = Shadow(Http(aws)).get()["timestamp"]
    assert 50 <= after - before <= 52
    faults.delay("UpdateThingShadow", seconds=50, sleep=False)
    published()
    response = request(aws, {"state": {"reported": {"a": 1}}})
    assert response.json["timestamp"] - after <= 2
    accepted = messages.published(f"{UPDATE}/accepted")[-1]
    assert accepted.json["version"] == 2


def test_every_call_is_recorded(shadow: Shadow, aws: Aws) -> None:
    from moto_iot_jobs.introspection import calls
    from moto_iot_jobs.moto_api.client import mock

    calls.start()
    shadow.named("config").desire(a=1)
    with pytest.raises(Rejected):
        shadow.get()
    update = mock().calls("UpdateThingShadow")[-1]
    assert (update.service, update.thing, update.status, update.error) == (
        "iot-data",
        "t",
        200,
        None,
    )
    assert update.parameters["shadowName"] == "config"
    assert json.loads(update.parameters["payload"]) == {"state": {"desired": {"a": 1}}}
    get = mock().calls("GetThingShadow")[-1]
    assert (get.status, get.error, get.region) == (404, "ResourceNotFoundException", aws.region)
    assert get.transport == ("https" if isinstance(shadow.way, Http) else "mqtt")
