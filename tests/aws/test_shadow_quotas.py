"""Quotas of the Device Shadow service: requests a second, for each shadow and for an account, and
requests in flight on a connection.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs import faults, messages, quotas
from tests.aws.shadows import Http, Mqtt, Rejected, Shadow
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.usefixtures("public_modules_reach_it")

SLOW = 0.001
IN_FLIGHT = (
    "The Device Shadow service will generate this error message when there are more than 10"
    " in-flight requests on a single connection"
)


@pytest.fixture(params=[Http, Mqtt], ids=["http", "mqtt"])
def shadow(request: pytest.FixtureRequest, aws: Aws) -> Shadow:
    return Shadow(request.param(aws))


def throttled(shadow: Shadow) -> str:
    with pytest.raises(Rejected) as raised:
        shadow.get()
    code, message = raised.value.args[:2]
    assert code == 429
    return str(message)


def test_each_shadow_has_a_rate_of_its_own(shadow: Shadow, aws: Aws) -> None:
    named, other = shadow.named("config"), Shadow(shadow.way, "another")
    for each in (shadow, named, other):
        each.desire(a=1)
    quotas.enforce(shadow_requests=SLOW)
    for each in (shadow, named, other):
        assert each.get()["version"] == 1
    for each in (shadow, named, other):
        throttled(each)
    aws.advance(seconds=1000)
    assert shadow.desire(a=2)["version"] == 2
    throttled(shadow)


def test_both_ways_count_for_one_shadow(aws: Aws) -> None:
    http, mqtt = (Shadow(way(aws), name="config") for way in (Http, Mqtt))
    http.desire(a=1)
    quotas.enforce(shadow_requests=SLOW)
    mqtt.get()
    assert throttled(http) == "Rate exceeded"
    assert throttled(mqtt) == IN_FLIGHT


def test_an_account_has_a_rate_for_all_its_shadows(shadow: Shadow) -> None:
    shadow.desire(a=1)
    quotas.enforce(shadow_requests=True, shadow_requests_per_account=SLOW)
    Shadow(shadow.way, "another").desire(a=1)
    throttled(shadow)


def test_a_request_that_one_rate_forbids_costs_nothing_of_the_other(aws: Aws) -> None:
    shadow, other = Shadow(Http(aws)), Shadow(Http(aws), "another")
    shadow.desire(a=1)
    with quotas.enforce(shadow_requests=SLOW, shadow_requests_per_account=0.002):
        shadow.get()
        throttled(other)
        aws.advance(seconds=500)
        throttled(shadow)
        other.desire(a=1)


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_requests_without_a_response_are_counted_for_each_thing(aws: Aws) -> None:
    quotas.enforce(shadow_requests_in_flight=2)
    faults.delay("GetThingShadow", seconds=60, sleep=True, thing="t", times=2)
    topic = "$aws/things/t/shadow/get"
    waiting = [
        threading.Thread(target=messages.request, args=(topic,), kwargs={"region": aws.region})
        for _ in range(2)
    ]
    for thread in waiting:
        thread.start()
    while faults.pending():
        assert all(thread.is_alive() for thread in waiting)
    shadow = Shadow(Mqtt(aws))
    assert throttled(shadow) == IN_FLIGHT
    assert Shadow(Mqtt(aws), "another").desire(a=1)["version"] == 1
    assert Shadow(Http(aws)).desire(a=1)["version"] == 1
    faults.clear()
    for thread in waiting:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert shadow.get()["version"] == 1
