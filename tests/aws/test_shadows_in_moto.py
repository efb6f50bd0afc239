"""Shadows in moto's own store: what moto's code and other hosts see, and how they end."""

from __future__ import annotations

import json
from threading import Thread
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.exceptions import JsonRESTError
from moto.iot.models import iot_backends
from moto.iotdata.models import FakeShadow, iotdata_backends

from moto_iot_jobs import activate, deactivate, messages, mock_iot
from tests.aws.shadows import Http, Rejected, Shadow
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from tests.accounts import ThroughServer
    from tests.aws.conftest import Aws


def test_a_reset_forgets_shadows(through_server: ThroughServer) -> None:
    Shadow(Http(through_server)).desire(a=1)
    through_server.control("reset")
    with pytest.raises(Rejected, match="No shadow exists"):
        Shadow(Http(through_server)).get()


def test_the_account_s_own_host_has_shadows_too(in_process: Aws) -> None:
    host = in_process.iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    client = in_process.client("iot-data", endpoint_url=f"https://{host}")
    client.update_thing_shadow(thingName="t", payload=b'{"state":{"desired":{"a":1}}}')
    assert Shadow(Http(in_process)).state["desired"] == {"a": 1}


def test_motos_own_code_finds_the_shadows(in_process: Aws) -> None:

    in_process.iot.create_thing(thingName="t")
    backend: Any = iotdata_backends[in_process.account][in_process.region]
    made = backend.update_thing_shadow("t", b'{"state":{"desired":{"a":1}}}', "s")
    assert (made.version, made.desired, made.reported, made.deleted) == (1, {"a": 1}, None, False)
    assert made.to_response_dict()["state"] == {"desired": {"a": 1}}
    (thing,) = iot_backends[in_process.account][in_process.region].things.values()
    assert thing.thing_shadows["s"].to_dict() == backend.get_thing_shadow("t", "s").to_dict()
    assert backend.list_named_shadows_for_thing("t") == ["s"]
    assert backend.delete_thing_shadow("t", "s").to_dict().keys() == {"version", "timestamp"}

    with pytest.raises(JsonRESTError, match="No shadow exists with name: 's'") as raised:
        backend.get_thing_shadow("t", "s")
    assert raised.value.code == 404


def test_a_shadow_that_moto_made_is_read_and_gone_on_with(in_process: Aws) -> None:

    in_process.iot.create_thing(thingName="t")
    (thing,) = iot_backends[in_process.account][in_process.region].things.values()
    arguments: dict[str, Any] = {"desired": {"a": 1}, "reported": None, "version": 4}
    thing.thing_shadows[None] = FakeShadow(requested_payload=None, **arguments)
    shadow = Shadow(Http(in_process))
    assert shadow.state == {"desired": {"a": 1}, "delta": {"a": 1}}
    assert shadow.report(a=1)["version"] == 5
    assert shadow.state == {"desired": {"a": 1}, "reported": {"a": 1}}


def test_the_catalog_s_shadow_is_one_like_any_other(in_process: Aws) -> None:
    iot = in_process.iot
    iot.create_package(packageName="app")
    named = {"packageName": "app", "versionName": "1.0"}
    version = iot.create_package_version(**named)["packageVersionArn"]
    iot.update_package_version(**named, action="PUBLISH")
    role = f"arn:aws:iam::{in_process.account}:role/packages"
    configuration = {"enabled": True, "roleArn": role}
    iot.update_package_configuration(versionUpdateByJobsConfig=configuration)
    in_process.job("update", "t", destinationPackageVersions=[version])
    in_process.report("t", "update", "IN_PROGRESS")
    messages.clear()
    in_process.report("t", "update", "SUCCEEDED")

    below = "$aws/things/t/shadow/name/$package"
    told = [message.topic for message in messages.published(f"{below}/#")]
    assert told == [f"{below}/update/accepted", f"{below}/update/documents"]
    over_mqtt = messages.request(f"{below}/get", region=in_process.region)
    package = Shadow(Http(in_process), "t", "$package")
    assert over_mqtt is not None
    assert over_mqtt.json["state"] == package.state
    assert package.state["reported"]["app"]["version"] == "1.0"
    report = {"state": {"reported": {"app": {"attributes": {"by": "device"}}}}}
    messages.request(f"{below}/update", report, region=in_process.region)
    assert package.state["reported"]["app"] == {"version": "1.0", "attributes": {"by": "device"}}


@pytest.mark.parametrize("own_host", [True, False])
def test_a_subscriber_may_wait_for_another_thread_that_calls(
    in_process: Aws, own_host: bool
) -> None:
    client = in_process.client("iot-data")
    if own_host:
        host = in_process.iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
        client = in_process.client("iot-data", endpoint_url=f"https://{host}")
    found: list[int] = []

    def hear(message: messages.Message) -> None:
        def read() -> None:
            found.append(Shadow(Http(in_process)).get()["version"])

        thread = Thread(target=read, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert found[-1] == message.json["version"], "it is stored when it is told"

    with messages.subscribe("$aws/things/t/shadow/update/accepted", hear):
        for _ in range(3):
            client.update_thing_shadow(thingName="t", payload=b'{"state":{}}')
    assert found == [1, 2, 3]


def test_plain_moto_is_as_it_was_without_the_plugin(
    boto_session: boto3.session.Session,
) -> None:
    config: Any = {"core": {"reset_boto3_session": False}}
    client, iot = (boto_session.client(name) for name in ("iot-data", "iot"))
    payload = b'{"state":{"desired":{"a":1}}}'
    with mock_iot(config=config):
        client.update_thing_shadow(thingName="t", payload=payload)
    with mock_aws(config=config):
        with pytest.raises(ClientError, match="The specified resource does not exist"):
            client.get_thing_shadow(thingName="t")
        iot.create_thing(thingName="t")
        client.update_thing_shadow(thingName="t", payload=payload)
        deleted = client.delete_thing_shadow(thingName="t")["payload"].read()
        assert b'"version": 2' in deleted, "moto's own"


def test_moto_goes_on_with_our_shadows_when_the_plugin_is_taken_out(
    boto_session: boto3.session.Session,
) -> None:
    config: Any = {"core": {"reset_boto3_session": False}}
    client, iot = (boto_session.client(name) for name in ("iot-data", "iot"))
    payload = b'{"state":{"reported":{"b":1}}}'
    with mock_aws(config=config):
        activate()
        iot.create_thing(thingName="t")
        client.update_thing_shadow(thingName="t", payload=b'{"state":{"desired":{"a":1}}}')
        deactivate()
        assert (
            json.load(client.update_thing_shadow(thingName="t", payload=payload)["payload"])[
                "version"
            ]
            == 2
        )
        found = json.load(client.get_thing_shadow(thingName="t")["payload"])
        assert found["state"] == {"desired": {"a": 1}, "reported": {"b": 1}, "delta": {"a": 1}}
