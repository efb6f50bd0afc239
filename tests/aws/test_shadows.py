"""Shadows over HTTP and MQTT, on one store: what moto's own has otherwise, a test each, on both
ways in.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from moto_iot_jobs import messages
from tests.aws.shadows import Http, Mqtt, Rejected, Shadow

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.usefixtures("public_modules_reach_it")
MISSING = "No shadow exists with name: '{}'"


@pytest.fixture(params=[Http, Mqtt], ids=["http", "mqtt"])
def shadow(request: pytest.FixtureRequest, aws: Aws) -> Shadow:
    """The classic shadow of a thing that is not registered."""
    return Shadow(request.param(aws))


def rejected(shadow: Shadow, request: Any) -> tuple[int, str]:
    with pytest.raises(Rejected) as raised:
        shadow.update(request)
    code, message = raised.value.args
    return code, message


def test_the_thing_need_not_be_registered(aws: Aws, shadow: Shadow) -> None:
    assert shadow.desire(a=1)["version"] == 1
    assert shadow.state == {"desired": {"a": 1}, "delta": {"a": 1}}
    shadow.named("config").desire(b=1)
    listed = aws.client("iot-data").list_named_shadows_for_thing(thingName="t")
    assert listed["results"] == ["config"]


def test_a_shadow_outlives_its_thing_and_waits_for_it(aws: Aws, shadow: Shadow) -> None:
    shadow.desire(a=1)
    for act in (aws.iot.create_thing, aws.iot.delete_thing, aws.iot.create_thing):
        act(thingName="t")
        assert shadow.desire(b=1)["version"] == shadow.get()["version"]
    assert shadow.state["desired"] == {"a": 1, "b": 1}
    assert shadow.get()["version"] == 4


def test_the_thing_that_is_created_again_keeps_its_shadow(aws: Aws, shadow: Shadow) -> None:
    aws.iot.create_thing(thingName="t")
    shadow.desire(a=1)
    aws.iot.create_thing(thingName="t")
    assert shadow.state["desired"] == {"a": 1}


@pytest.mark.parametrize(("name", "named"), [(None, "t"), ("config", "config")])
def test_what_does_not_exist_is_named(shadow: Shadow, name: str | None, named: str) -> None:
    missing = Shadow(shadow.way, "t", name)
    for act in (missing.get, missing.delete):
        with pytest.raises(Rejected) as raised:
            act()
        assert raised.value.args == (404, MISSING.format(named))


@pytest.mark.parametrize("version", [0, 1])
def test_a_first_update_may_have_a_version(shadow: Shadow, version: int) -> None:
    assert shadow.update({"state": {}, "version": version})["version"] == 1


def test_a_client_token_comes_back(shadow: Shadow) -> None:
    assert shadow.update({"state": {}, "clientToken": "tok"})["clientToken"] == "tok"
    assert "clientToken" not in shadow.update({"state": {}})


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({"state": {}, "clientToken": "t" * 65}, 400, "Invalid clientToken"),
        ({"state": {}, "version": "1"}, 400, "Invalid version"),
        ([1], 400, "Missing required node: state"),
        ({"x": 1}, 400, "Missing required node: state"),
        ({"state": "x"}, 400, "State node must be an object"),
        ({"state": {"desired": "x"}}, 400, "Desired node must be an object"),
        ({"state": {"desired": [1]}}, 400, "Desired node must be an object"),
        ({"state": {"reported": [1]}}, 400, "Reported node must be an object"),
        ({"state": {"foo": 1}}, 400, "State contains an invalid node"),
        ({"state": {"desired": {"a": [None]}}}, 400, "State contains an invalid node"),
        (
            b'{"state":{"desired":' + b'{"a":' * 10 + b"1" + b"}" * 10 + b"}}",
            400,
            "JSON contains too many levels of nesting; maximum is 6",
        ),
        ({"state": {}, "version": 7}, 409, "Version conflict"),
        (
            {"state": {"desired": {"a": "x" * 9000}}},
            413,
            "The payload exceeds the maximum size allowed",
        ),
    ],
)
def test_an_error_has_the_same_message_over_http_and_mqtt(
    shadow: Shadow, request_: Any, code: int, message: str
) -> None:
    shadow.desire(a=1)
    before = shadow.get()
    assert rejected(shadow, request_) == (code, message)
    assert {**shadow.get(), "timestamp": 0} == {**before, "timestamp": 0}


@pytest.mark.parametrize("payload", [b"{nope", b"", b'{"state":{"desired":{"a":NaN}}}'])
def test_what_is_no_json_is_an_error_in_the_words_of_each_transport(
    shadow: Shadow, payload: bytes
) -> None:
    text = "Payload contains invalid json" if isinstance(shadow.way, Http) else "Invalid JSON"
    assert rejected(shadow, payload) == (400, text)


def test_what_is_no_utf_8_is_an_error(aws: Aws) -> None:
    # What plays a device at a server sends text.
    ways: list[Http | Mqtt] = [Http(aws)] if aws.url else [Http(aws), Mqtt(aws)]
    for way in ways:
        assert rejected(Shadow(way), b'{"state":{"desired":{"a":"\xff"}}}') == (
            415,
            "Unsupported documented encoding; supported encoding is UTF-8",
        )


def test_a_deletion_responds_with_the_version_that_it_deleted(shadow: Shadow) -> None:
    for number in range(3):
        shadow.desire(a=number)
    assert {**shadow.delete(), "timestamp": 0} == {"version": 3, "timestamp": 0}
    with pytest.raises(Rejected, match="No shadow exists"):
        shadow.delete()
    assert shadow.desire(a=1)["version"] == 5


def test_the_version_is_forgotten_after_48_hours_of_the_mocks_clock(
    aws: Aws, shadow: Shadow
) -> None:
    shadow.desire(a=1)
    shadow.delete()
    aws.advance(hours=49)
    assert shadow.desire(a=1)["version"] == 1


def test_null_removes_a_section_and_is_echoed(shadow: Shadow) -> None:
    shadow.update({"state": {"desired": {"a": 1}, "reported": {"a": 1}}})
    assert shadow.update({"state": {"desired": None}})["state"] == {"desired": None}
    assert shadow.state == {"reported": {"a": 1}}
    response = shadow.update({"state": {"reported": {"a": None}}})
    assert response["state"] == {"reported": {"a": None}}
    assert shadow.state == {}


def test_only_what_an_update_names_becomes_younger(aws: Aws, shadow: Shadow) -> None:
    shadow.desire(a=1)
    aws.advance(seconds=10)
    shadow.desire(b=1)
    ages = shadow.get()["metadata"]["desired"]
    assert ages["b"]["timestamp"] - ages["a"]["timestamp"] in (10, 11)


def test_nothing_is_stored_of_an_object_of_nulls(shadow: Shadow) -> None:
    shadow.desire(a={"b": None})
    assert shadow.state == {}


def test_true_is_not_one(shadow: Shadow) -> None:
    shadow.update({"state": {"desired": {"a": True}, "reported": {"a": 1}}})
    assert shadow.state["delta"] == {"a": True}


def test_the_members_come_in_the_services_order(shadow: Shadow) -> None:
    order = ["state", "metadata", "version", "timestamp"]
    assert list(shadow.desire(a=1)) == order
    assert list(shadow.get()) == order


def test_both_ways_see_one_shadow(aws: Aws) -> None:
    over_http, over_mqtt = Shadow(Http(aws)), Shadow(Mqtt(aws))
    over_http.desire(a=1)
    over_mqtt.report(a=2)
    assert over_http.get()["version"] == over_mqtt.get()["version"] == 2
    assert over_http.state == over_mqtt.state
    over_mqtt.delete()
    with pytest.raises(Rejected):
        over_http.get()


# Over HTTP alone


@pytest.mark.parametrize("named", [{"thingName": "a b"}, {"thingName": "t", "shadowName": "a b"}])
def test_a_name_must_fit_its_pattern(aws: Aws, named: dict[str, str]) -> None:
    client = aws.client("iot-data")
    error = aws.raises("InvalidRequestException", 400, client.get_thing_shadow, **named)
    assert "failed to satisfy constraint" in error.message


def test_an_empty_name_is_found_out_by_the_client(aws: Aws) -> None:
    with pytest.raises(ParamValidationError):
        aws.client("iot-data").get_thing_shadow(thingName="")


def test_named_shadows_are_listed_in_pages(aws: Aws) -> None:
    client, shadow = aws.client("iot-data"), Shadow(Http(aws))
    names = [f"s{number:02}" for number in range(30)]
    for name in ["gone", *reversed(names)]:
        shadow.named(name).desire(a=1)
    shadow.desire(a=1)
    shadow.named("gone").delete()

    page = client.list_named_shadows_for_thing(thingName="t")
    assert page["results"] == names[:25]
    assert abs(page["timestamp"] - aws.now().timestamp()) < 60
    rest = client.list_named_shadows_for_thing(thingName="t", nextToken=page["nextToken"])
    assert rest["results"] == names[25:]
    assert "nextToken" not in rest
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = client.list_named_shadows_for_thing(thingName="t", pageSize=7, **token)
        found += page["results"]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert found == names


def test_a_page_may_not_be_empty_and_a_token_not_made_up(aws: Aws) -> None:
    client = aws.client("iot-data")
    for wrong in ({"pageSize": 101}, {"nextToken": "!"}, {"nextToken": "ü"}):
        aws.raises(
            "InvalidRequestException",
            400,
            client.list_named_shadows_for_thing,
            thingName="t",
            **wrong,
        )


def test_an_unknown_thing_has_no_named_shadows(aws: Aws) -> None:
    assert aws.client("iot-data").list_named_shadows_for_thing(thingName="x")["results"] == []


def test_accounts_and_regions_have_shadows_of_their_own(aws: Aws) -> None:
    Shadow(Http(aws)).desire(a=1)
    elsewhere = aws.client("iot-data", region="us-east-1")
    with pytest.raises(ClientError, match="No shadow exists"):
        elsewhere.get_thing_shadow(thingName="t")


@pytest.mark.parametrize("host", ["data-ats.iot", "data.iot", "abc123-ats.iot"])
def test_programs_without_botocore_reach_shadows(aws: Aws, host: str) -> None:
    base = aws.url or f"https://{host}.{aws.region}.amazonaws.com"
    import requests

    scope = f"AKIDEXAMPLE/20260101/{aws.region}/iotdata/aws4_request"
    signed = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    }
    url = f"{base}/things/t/shadow?name=config"
    body = b'{"state":{"desired":{"a":1}},"clientToken":"c"}'
    response = requests.post(url, data=body, headers=signed, timeout=30)
    assert response.status_code == 200
    assert response.content.startswith(b'{"state":{"desired":{"a":1}},"metadata":')
    missing = requests.get(f"{base}/things/t/shadow", headers=signed, timeout=30)
    assert missing.status_code == 404
    assert missing.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"
    assert missing.json() == {"message": MISSING.format("t")}


# With fleet indexing


def test_fleet_indexing_finds_shadows_and_not_those_that_are_gone(aws: Aws) -> None:
    aws.iot.update_indexing_configuration(
        thingIndexingConfiguration={
            "thingIndexingMode": "REGISTRY_AND_SHADOW",
            "namedShadowIndexingMode": "ON",
        }
    )
    shadow = Shadow(Mqtt(aws)).named("config")
    shadow.desire(a=1)
    aws.iot.create_thing(thingName="t")
    (thing,) = aws.iot.search_index(queryString="thingName:t")["things"]
    found = json.loads(thing["shadow"])["name"]["config"]
    assert (found["desired"], found["hasDelta"], found["version"]) == ({"a": 1}, True, 1)
    shadow.delete()
    (thing,) = aws.iot.search_index(queryString="thingName:t")["things"]
    assert "shadow" not in thing


def test_a_dynamic_group_follows_what_devices_report(aws: Aws) -> None:
    aws.iot.update_indexing_configuration(
        thingIndexingConfiguration={
            "thingIndexingMode": "REGISTRY_AND_SHADOW",
            "namedShadowIndexingMode": "ON",
        }
    )
    aws.iot.create_dynamic_thing_group(
        thingGroupName="low", queryString="shadow.name.power.reported.battery < 20"
    )

    def members() -> list[str]:
        found: list[str] = aws.iot.list_things_in_thing_group(thingGroupName="low")["things"]
        return found

    aws.job("charge", aws.arn("thinggroup", "low"), targetSelection="CONTINUOUS")
    power = Shadow(Mqtt(aws)).named("power")
    power.report(battery=10)
    assert members() == []
    aws.iot.create_thing(thingName="t")
    assert members() == ["t"]
    assert aws.pending("t") == ([], ["charge"])
    power.report(battery=90)
    assert members() == []
    power.report(battery=5)
    assert members() == ["t"]
    power.delete()
    assert members() == []


# Who gets to know of it


def published(topic: str = "$aws/things/+/shadow/#") -> list[tuple[str, Any]]:
    found = [
        (message.topic.partition("/shadow/")[2], message.json)
        for message in messages.published(topic)
    ]
    messages.clear()
    return found


@pytest.fixture
def recording(public_modules_reach_it: None) -> None:
    messages.published()
    messages.clear()


@pytest.mark.usefixtures("recording")
def test_an_update_is_published_on_both_ways(shadow: Shadow) -> None:
    response = shadow.update({"state": {"desired": {"a": 1}}, "clientToken": "c"})
    accepted, delta, documents = published()
    assert accepted == ("update/accepted", response)
    assert delta == (
        "update/delta",
        {
            "version": 1,
            "timestamp": response["timestamp"],
            "state": {"a": 1},
            "metadata": response["metadata"]["desired"],
            "clientToken": "c",
        },
    )
    assert documents[0] == "update/documents"
    assert documents[1]["current"]["state"] == {"desired": {"a": 1}}
    assert "previous" not in documents[1]

    shadow.report(a=1)
    (accepted, documents) = published()
    assert (accepted[0], documents[0]) == ("update/accepted", "update/documents")
    assert documents[1]["previous"]["version"] == 1


@pytest.mark.usefixtures("recording")
def test_a_deletion_is_published_on_both_ways(shadow: Shadow) -> None:
    shadow.desire(a=1)
    published()
    response = shadow.delete()
    assert published() == [("delete/accepted", response)]


@pytest.mark.usefixtures("recording")
def test_get_and_errors_are_published_over_mqtt_alone(shadow: Shadow) -> None:
    shadow.named("s").report(a=1)
    published("#")
    document = shadow.named("s").get()
    rejected(shadow, {"state": 1, "clientToken": "c"})
    with pytest.raises(Rejected):
        shadow.get()
    if isinstance(shadow.way, Http):
        assert published("#") == []
    else:
        message = {"code": 400, "message": "State node must be an object", "clientToken": "c"}
        assert published("#") == [
            ("name/s/get/accepted", document),
            ("update/rejected", message),
            ("get/rejected", {"code": 404, "message": MISSING.format("t")}),
        ]


@pytest.mark.usefixtures("recording")
def test_a_program_that_publishes_through_iot_data_is_a_client_like_any_other(aws: Aws) -> None:
    client = aws.client("iot-data")
    client.publish(topic="$aws/things/t/shadow/update", payload=b'{"state":{"desired":{"a":1}}}')
    assert [topic for topic, _ in published()] == [
        "update/accepted",
        "update/delta",
        "update/documents",
    ]
    assert Shadow(Http(aws)).state["desired"] == {"a": 1}


@pytest.mark.parametrize(
    "topic",
    [
        "$aws/things/t/shadow/update/foo",
        "$aws/things/t/shadow/name//get",
        "$aws/things/t/shadow/name/a/b/get",
        "$aws/things/t/shadow/update/accepted",
        "$aws/things/t t/shadow/get",
        "$aws/things//shadow/get",
        "$aws/things/t/shadow",
    ],
)
@pytest.mark.usefixtures("recording")
def test_topics_that_look_like_requests_and_are_none_change_nothing(aws: Aws, topic: str) -> None:
    assert messages.request(topic, {"state": {}}, region=aws.region) is None
    assert published("#") == []
