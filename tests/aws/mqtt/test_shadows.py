"""Devices and their shadows over MQTT: who hears what, in which order."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs import faults
from tests.aws.shadows import Http, Rejected, Shadow
from tests.paho_clients import paho_client

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect, Device, MqttPorts

SHADOW = "$aws/things/t/shadow"
UPDATE, GET, DELETE = (f"{SHADOW}/{word}" for word in ("update", "get", "delete"))
EVERYTHING = "$aws/things/+/shadow/#"


def heard(device: Device, number: int) -> list[tuple[str, Any]]:
    """The next messages, by what comes after `shadow/` in their topics; and nothing after them."""
    found = [device.hear() for _ in range(number)]
    assert device.hears_nothing()
    return [(topic.partition("/shadow/")[2], payload) for topic, payload in found]


def topics_of(messages: list[tuple[str, Any]]) -> list[str]:
    return [topic for topic, _ in messages]


def test_a_device_boots_lives_and_is_deleted(aws: Aws, connect: Connect) -> None:
    with connect("t") as device:
        device.subscribe(f"{SHADOW}/+/accepted", f"{SHADOW}/+/rejected", f"{UPDATE}/delta")
        device.subscribe(f"{UPDATE}/documents")
        device.publish(GET)
        message = {"code": 404, "message": "No shadow exists with name: 't'"}
        assert heard(device, 1) == [("get/rejected", message)]

        device.publish(UPDATE, {"state": {"reported": {"color": "green"}}, "clientToken": "a1"})
        (accepted, documents) = heard(device, 2)
        at = accepted[1]["timestamp"]
        document = {
            "state": {"reported": {"color": "green"}},
            "metadata": {"reported": {"color": {"timestamp": at}}},
            "version": 1,
        }
        assert accepted == (
            "update/accepted",
            {**document, "timestamp": at, "clientToken": "a1"},
        )
        assert documents == (
            "update/documents",
            {"current": document, "timestamp": at, "clientToken": "a1"},
        )

        Shadow(Http(aws)).desire(color="red")
        accepted, delta, documents = heard(device, 3)
        assert accepted[0] == "update/accepted"
        assert "clientToken" not in accepted[1]
        assert delta[0] == "update/delta"
        assert (delta[1]["version"], delta[1]["state"]) == (2, {"color": "red"})
        assert documents[1]["previous"] == document

        device.publish(GET, {"clientToken": "a2"})
        ((topic, whole),) = heard(device, 1)
        assert (topic, whole["clientToken"]) == ("get/accepted", "a2")
        assert whole["state"]["delta"] == {"color": "red"}

        device.publish(DELETE, {"clientToken": "a3"})
        ((topic, deleted),) = heard(device, 1)
        assert (topic, deleted["version"], deleted["clientToken"]) == ("delete/accepted", 2, "a3")
        device.publish(UPDATE, {"state": {"reported": {"color": "green"}}})
        assert heard(device, 2)[0][1]["version"] == 4


def test_subscribers_and_only_they_get_requests_and_responses(aws: Aws, connect: Connect) -> None:
    with connect("observer") as observer, connect("t") as device:
        observer.subscribe(EVERYTHING)
        # A wildcard in front never reaches what begins with a dollar sign.
        device.subscribe("/x", "$aws/things/t/jobs/#")
        request = {"state": {"desired": {"a": 1}}, "clientToken": "c"}
        device.publish(UPDATE, request)
        messages = heard(observer, 4)
        assert messages[0] == ("update", request)
        assert topics_of(messages[1:]) == ["update/accepted", "update/delta", "update/documents"]
        assert {payload["clientToken"] for _, payload in messages[1:]} == {"c"}
        device.publish(UPDATE, "no JSON")
        assert topics_of(heard(observer, 2)) == ["update", "update/rejected"]
        assert device.hears_nothing()
        assert Shadow(Http(aws)).state["desired"] == {"a": 1}


def test_what_is_written_over_http_is_published_and_an_error_is_not(
    aws: Aws, connect: Connect
) -> None:
    shadow = Shadow(Http(aws))
    with connect("t") as device:
        device.subscribe(EVERYTHING)
        shadow.report(a=1)
        assert topics_of(heard(device, 2)) == ["update/accepted", "update/documents"]
        with pytest.raises(Rejected):
            shadow.update({"state": {}, "version": 9})
        shadow.get()
        assert device.hears_nothing()
        shadow.delete()
        assert topics_of(heard(device, 1)) == ["delete/accepted"]


def test_a_program_that_publishes_through_iot_data_is_heard_before_it_gets_a_response(
    aws: Aws, connect: Connect
) -> None:
    with connect("t") as device:
        device.subscribe(EVERYTHING)
        aws.client("iot-data").publish(topic=UPDATE, payload=b'{"state":{"reported":{"a":1}}}')
        found = topics_of(heard(device, 3))
        assert found == ["update", "update/accepted", "update/documents"]


def test_named_shadows_have_topics_of_their_own(aws: Aws, connect: Connect) -> None:
    named = f"{SHADOW}/name/$package"
    with connect("t") as device:
        device.subscribe(f"{named}/#")
        Shadow(Http(aws)).desire(a=1)
        assert device.hears_nothing()
        device.publish(f"{named}/update", {"state": {"reported": {"a": {"version": "1"}}}})
        below = "name/$package/update"
        assert topics_of(heard(device, 3)) == [below, f"{below}/accepted", f"{below}/documents"]
        device.publish(f"{SHADOW}/name/other/get")
        assert device.hears_nothing()


def test_responses_are_not_retained_and_a_request_is_handled_once(
    aws: Aws, connect: Connect
) -> None:
    with connect("t") as device:
        device.client.publish(UPDATE, '{"state":{"reported":{"a":1}}}', qos=1, retain=True)
        device.subscribe(EVERYTHING)
        device.publish(GET)
        messages = heard(device, 2)
        assert topics_of(messages) == ["get", "get/accepted"]
        assert messages[1][1]["version"] == 1


def test_a_client_that_publishes_a_response_stays_connected(connect: Connect) -> None:
    with connect("t") as device:
        device.subscribe(EVERYTHING)
        for topic in ("update/accepted", "update/foo", "name//get"):
            device.publish(f"{SHADOW}/{topic}", {"a": 1})
            assert heard(device, 1) == [(topic, {"a": 1})]


def test_a_device_that_was_away_gets_the_delta_when_it_comes_back(
    aws: Aws, mqtt_ports: MqttPorts, connect_to: Connect
) -> None:
    with connect_to(mqtt_ports.plain, "t", lasting=True) as device:
        device.subscribe(f"{UPDATE}/delta")
    Shadow(Http(aws)).desire(a=1)
    with connect_to(mqtt_ports.plain, "t", lasting=True) as device:
        assert heard(device, 1)[0][1]["state"] == {"a": 1}


def test_a_will_reaches_those_who_subscribe_and_not_the_shadow(
    aws: Aws, mqtt_ports: MqttPorts, connect: Connect
) -> None:
    with connect("observer") as observer:
        observer.subscribe(EVERYTHING)
        dying = paho_client("t")
        dying.will_set(UPDATE, '{"state":{"reported":{"connected":false}}}', qos=1)
        dying.connect(*mqtt_ports.plain)
        while not dying.is_connected():
            dying.loop(0.1)
        dying.socket().close()
        assert topics_of(heard(observer, 1)) == ["update"]
        with pytest.raises(Rejected, match="No shadow exists"):
            Shadow(Http(aws)).get()


def test_many_devices_report_at_once_and_each_hears_its_versions_in_order(
    connect: Connect,
) -> None:
    names, times = [f"t{number}" for number in range(20)], 10
    with ExitStack() as stack:
        devices = [stack.enter_context(connect(name)) for name in names]
        observer = stack.enter_context(connect("observer"))
        observer.subscribe("$aws/things/+/shadow/update/accepted")
        for device in devices:
            device.subscribe(f"$aws/things/{device.name}/shadow/update/accepted")
        for number in range(times):
            for device in devices:
                device.publish(
                    f"$aws/things/{device.name}/shadow/update",
                    {"state": {"reported": {"n": number}}},
                )
        for device in devices:
            versions = [device.hear()[1]["version"] for _ in range(times)]
            assert versions == list(range(1, times + 1))
        seen: dict[str, list[int]] = {}
        for _ in range(times * len(names)):
            topic, payload = observer.hear()
            seen.setdefault(topic, []).append(payload["version"])
        assert all(versions == list(range(1, times + 1)) for versions in seen.values())
        assert len(seen) == len(names)


THINGS = int(os.environ.get("SHADOW_THINGS", "50"))
"""A thousand take half a minute."""


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_many_things_update_ten_times_each_and_no_response_is_lost(connect: Connect) -> None:
    with connect("observer") as observer, connect("gateway") as gateway:
        observer.subscribe("$aws/things/+/shadow/update/accepted")
        for number in range(10):
            for thing in range(THINGS):
                topic = f"$aws/things/thing-{thing}/shadow/update"
                gateway.publish(topic, {"state": {"reported": {"n": number}}})
        seen: dict[str, list[int]] = {}
        for _ in range(10 * THINGS):
            topic, payload = observer.hear()
            seen.setdefault(topic, []).append(payload["version"])
            assert payload["state"]["reported"]["n"] == payload["version"] - 1
    assert len(seen) == THINGS
    assert all(versions == list(range(1, 11)) for versions in seen.values())


def test_messages_of_a_shadow_can_come_twice_late_or_never(
    public_modules_reach_it: None, aws: Aws, connect: Connect
) -> None:
    delta = "$aws/things/+/shadow/update/delta"
    shadow = Shadow(Http(aws))
    with connect("t") as device:
        device.subscribe(delta)
        faults.repeat_message(delta)
        shadow.desire(a=1)
        twice = heard(device, 2)
        assert twice[0] == twice[1]
        faults.lose_message(delta)
        shadow.desire(a=2)
        assert device.hears_nothing()
        faults.delay_message(delta, seconds=60)
        shadow.desire(a=3)
        shadow.desire(a=4)
        aws.advance(seconds=61)
        versions = [payload["version"] for _, payload in heard(device, 2)]
        assert versions == [4, 3]
    assert shadow.get()["version"] == 4


def test_a_late_response_does_not_keep_others_waiting(
    public_modules_reach_it: None, connect: Connect
) -> None:
    with connect("t") as slow, connect("u") as quick:
        slow.subscribe(EVERYTHING)
        quick.subscribe("$aws/things/u/shadow/+/rejected")
        fault = faults.delay("UpdateThingShadow", seconds=60, sleep=True, thing="t")
        slow.publish(UPDATE, {"state": {"reported": {"a": 1}}})
        assert slow.hear()[0] == UPDATE
        quick.publish("$aws/things/u/shadow/get")
        assert topics_of(heard(quick, 1)) == ["get/rejected"]
        assert slow.hear()[0] == "$aws/things/u/shadow/get"
        assert slow.hear()[0] == "$aws/things/u/shadow/get/rejected"
        assert slow.hears_nothing_for_a_while()
        fault.cancel()
        assert topics_of(heard(slow, 2)) == ["update/accepted", "update/documents"]


def test_payloads_are_compact_json_in_the_services_order(connect: Connect) -> None:
    with connect("t") as device:
        device.subscribe(f"{UPDATE}/#")
        raw: list[bytes] = []
        take = device.client.on_message

        def keep(client: object, userdata: object, message: Any) -> None:
            raw.append(message.payload)
            take(client, userdata, message)

        device.client.on_message = keep
        device.publish(UPDATE, {"state": {"desired": {"ü": None, "a": [1, {}]}}})
        heard(device, 4)
    at = json.loads(raw[1])["timestamp"]
    stamp = f'{{"timestamp":{at}}}'
    assert raw[1].decode() == (
        '{"state":{"desired":{"ü":null,"a":[1,{}]}},"metadata":{"desired":{'
        f'"ü":{stamp},"a":[{stamp},{{}}]}}}},"version":1,"timestamp":{at}}}'
    )
    assert raw[2].decode() == (
        f'{{"version":1,"timestamp":{at},"state":{{"a":[1,{{}}]}},'
        f'"metadata":{{"a":[{stamp},{{}}]}}}}'
    )
