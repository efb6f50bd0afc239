"""A simulated device and its shadows, over HTTPS and MQTT, in process and at a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs import devices, faults
from moto_iot_jobs.devices import Device, RequestRejectedError, VersionMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.devices.conftest import Account, Address


@pytest.fixture
def lamp(account: Account, address: Address | None) -> Iterator[Device]:
    """The device `lamp`, whose thing is not registered."""
    with Device("lamp", region=account.region, address=address) as device:
        yield device


def desire(account: Account, state: str, name: str | None = None) -> None:
    named = {"shadowName": name} if name else {}
    payload = f'{{"state":{{"desired":{state}}}}}'.encode()
    account.client("iot-data").update_thing_shadow(thingName="lamp", payload=payload, **named)


@pytest.mark.parametrize("name", [None, "config"])
def test_a_device_reads_reports_and_deletes(
    account: Account, lamp: Device, name: str | None
) -> None:
    shadow = lamp.shadow(name)
    assert shadow.get() is None
    assert shadow.delete() is None
    assert shadow.report({"color": "green", "on": True}) == 1
    desire(account, '{"color":"red"}', name)
    found = shadow.get()
    assert found is not None
    assert (found.desired, found.reported, found.delta, found.version) == (
        {"color": "red"},
        {"color": "green", "on": True},
        {"color": "red"},
        2,
    )
    assert abs((found.at - account.now()).total_seconds()) < 60
    assert shadow.update({"desired": None}) == 3
    assert shadow.report({"on": None}, version=3) == 4
    assert shadow.delete() == 4
    assert shadow.get() is None


def test_a_device_applies_the_delta(account: Account, lamp: Device) -> None:
    shadow = lamp.shadow()
    assert shadow.sync() is None
    desire(account, '{"color":"red","level":300}')
    assert shadow.sync() == {"color": "red", "level": 300}
    assert shadow.sync() is None
    desire(account, '{"level":400}')
    assert shadow.sync(lambda delta: {"level": min(delta["level"], 350)}) == {"level": 400}
    found = shadow.get()
    assert found is not None
    assert (found.reported, found.delta) == ({"color": "red", "level": 350}, {"level": 400})


def test_a_device_hears_why_its_request_is_rejected(lamp: Device) -> None:
    shadow = lamp.shadow()
    shadow.report({"a": 1})
    with pytest.raises(VersionMismatchError, match="Version conflict"):
        shadow.report({"a": 2}, version=7)
    with pytest.raises(RequestRejectedError, match="State contains an invalid node") as raised:
        shadow.update({"wished": {}})
    assert not isinstance(raised.value, VersionMismatchError)
    assert raised.value.code in ("InvalidRequestException", "400")


def test_a_device_retries_when_the_service_is_busy(account: Account, lamp: Device) -> None:
    before = account.now()
    faults.inject("UpdateThingShadow", "ThrottlingException", times=2)
    assert lamp.shadow().report({"a": 1}) == 1
    faults.inject("GetThingShadow", "InternalFailureException")
    found = lamp.shadow().get()
    assert found is not None
    assert found.reported == {"a": 1}
    assert found.at > before
    assert faults.pending() == []


def test_a_lost_response_is_reported_twice(account: Account) -> None:
    # On a busy machine an impatient device takes other responses for lost as well.
    reported = 0
    for seconds in (0.5, 5, 30):
        with Device("lamp", region=account.region, address=account.mqtt, timeout=seconds) as lamp:
            first = lamp.shadow().report({"a": 1})
            faults.lose_response("UpdateThingShadow", thing="lamp")
            reported = lamp.shadow().report({"a": 2}) - first
        if reported == 2:
            break
    assert reported == 2


def test_a_device_follows_deltas_as_they_are_published(in_process: Account) -> None:
    lamp = Device("lamp", region=in_process.region)
    shadow = lamp.shadow()
    with shadow.follow() as followed:
        desire(in_process, '{"color":"red"}')
        found = shadow.get()
        assert found is not None
        assert found.reported == {"color": "red"}
        desire(in_process, '{"color":"blue","on":false}')
    desire(in_process, '{"color":"green"}')
    assert followed == [{"color": "red"}, {"color": "blue", "on": False}]


def test_a_device_that_cannot_do_what_is_desired_does_not_try_for_ever(in_process: Account) -> None:
    shadow = Device("lamp", region=in_process.region).shadow()
    with shadow.follow(lambda _delta: {"level": 100}) as followed:
        desire(in_process, '{"level":300}')
        desire(in_process, '{"level":300}')
    assert followed == [{"level": 300}, {"level": 300}]
    found = shadow.get()
    assert found is not None
    assert (found.version, found.delta) == (4, {"level": 300})


def test_a_device_that_follows_ignores_what_comes_twice_or_late(in_process: Account) -> None:
    shadow = Device("lamp", region=in_process.region).shadow()
    delta = "$aws/things/lamp/shadow/update/delta"
    faults.repeat_message(delta)
    faults.delay_message(delta, seconds=60)
    with shadow.follow() as followed:
        for color in ("red", "green", "blue"):
            desire(in_process, f'{{"color":"{color}"}}')
        in_process.advance(minutes=2)
    assert followed == [{"color": "red"}, {"color": "blue"}]
    assert faults.pending() == []


def test_only_a_device_of_this_process_follows(at_a_server: Account) -> None:
    shadow = devices.Device("lamp", region=at_a_server.region).shadow()
    with pytest.raises(RuntimeError, match="server"), shadow.follow():
        pass


def test_a_device_reports_what_it_runs_and_a_job_changes_it(account: Account, lamp: Device) -> None:
    assert lamp.packages() == {}
    assert lamp.report_packages({"app": "1.0", "boot": "0.9"}) == 1
    assert lamp.report_packages({"boot": None}) == 2
    assert lamp.packages() == {"app": "1.0"}
    iot = account.iot
    iot.create_package(packageName="app")
    version = {"packageName": "app", "versionName": "2.0"}
    arn = iot.create_package_version(**version)["packageVersionArn"]
    iot.update_package_version(**version, action="PUBLISH")
    role = "arn:aws:iam::123456789012:role/packages"
    iot.update_package_configuration(versionUpdateByJobsConfig={"enabled": True, "roleArn": role})
    account.job("update", "lamp", destinationPackageVersions=[arn])
    assert lamp.run_next() is not None
    assert lamp.packages() == {"app": "2.0"}
