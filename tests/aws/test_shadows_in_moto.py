"""Shadows in moto's own store: what moto's code and other hosts see, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.core.exceptions import JsonRESTError
from moto.iot.models import iot_backends
from moto.iotdata.models import FakeShadow, iotdata_backends

from tests.aws.shadows import Http, Rejected, Shadow

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


def test_plain_moto_is_as_it_was_without_the_plugin(in_process: Aws) -> None:
    from moto_iot_jobs import activate, deactivate

    client = in_process.client("iot-data")
    Shadow(Http(in_process)).desire(a=1)
    deactivate()
    try:
        in_process.refused("ResourceNotFoundException", 404, client.get_thing_shadow, thingName="t")
        in_process.iot.create_thing(thingName="t")
        client.update_thing_shadow(thingName="t", payload=b'{"state":{"desired":{"a":1}}}')
        deleted = client.delete_thing_shadow(thingName="t")["payload"].read()
        assert b'"version": 2' in deleted, "moto's own"
    finally:
        activate()
