"""Bad requests over MQTT: each is rejected with a documented code, and nothing has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.broker.packets import Publish
from moto_iot_jobs.iotjobsdata.topics import Operation, RequestTopic
from tests.mqtt.conftest import Device

from .bad_requests import right, wrong_requests

if TYPE_CHECKING:
    from .conftest import Account

# AWS IoT developer guide, jobs-mqtt-api, ErrorResponse: what concerns the request itself.
CODES = {"InvalidTopic", "InvalidJson", "InvalidRequest"}
WITH_A_BODY = (Operation.START_NEXT, Operation.DESCRIBE, Operation.UPDATE)
IN_THE_TOPIC = ("thingName", "jobId")

NO_OBJECTS = {
    "words": b"please",
    "half an object": b'{"status": "SUCC',
    "a list": b"[]",
    "a string": b'"SUCCEEDED"',
    "a number": b"7",
    "null": b"null",
    "NaN": b'{"status": NaN, "expectedVersion": NaN}',
    "bad UTF-8": b'{"status": "\xff"}',
    "half a character": b'{"status": "SUCCEEDED", "statusDetails": {"a": "\\ud800"}}',
    "a NUL": b"\0",
    "UTF-16": '{"status": "SUCCEEDED"}'.encode("utf-16"),
    "deep nesting": b'{"statusDetails":' * 7_000,
    "deep lists": b"[" * 100_000,
    "a number of many digits": b'{"status": "SUCCEEDED", "expectedVersion": '
    + b"9" * 50_000
    + b"}",
    "a fraction of many digits": b'{"status": "SUCCEEDED", "expectedVersion": 1e'
    + b"9" * 4_000
    + b"}",
    "many members": b'{"status": "SUCCEEDED", "statusDetails": {'
    + b",".join(b'"k%d":"v"' % number for number in range(9_000))
    + b"}}",
}


def topic_of(operation: Operation, members: dict[str, Any]) -> str:
    job = members["jobId"] if operation in (Operation.DESCRIBE, Operation.UPDATE) else "$next"
    if operation is Operation.START_NEXT:
        return RequestTopic(members["thingName"], operation).topic
    return RequestTopic(members["thingName"], operation, job).topic


def wrong_payloads(operation: Operation) -> Iterator[tuple[str, str, bytes]]:
    """What is wrong, the topic, and the payload."""
    for wrong in wrong_requests("iot-jobs-data", operation.value):
        # Numbers and booleans are taken for status details on purpose: device programs report them.
        if wrong.steps[0] not in IN_THE_TOPIC and not _has_scalars(wrong.members):
            payload = {
                name: value for name, value in wrong.members.items() if name not in IN_THE_TOPIC
            }
            yield wrong.what, topic_of(operation, wrong.members), json.dumps(payload).encode()


def _has_scalars(members: dict[str, Any]) -> bool:
    details = members.get("statusDetails")
    return isinstance(details, dict) and any(isinstance(each, int) for each in details.values())


def response_to(device: Device, topic: str, payload: bytes) -> tuple[str, dict[str, Any]]:
    """Publish a request; give the last level of the answer's topic, and the answer."""
    device.send(Publish(topic, payload))
    response = device.message()
    assert response.topic.rpartition("/")[0] == topic
    return response.topic.rpartition("/")[2], json.loads(response.payload)


@pytest.fixture
def device(mqtt_address: tuple[str, int]) -> Iterator[Device]:
    with Device(mqtt_address) as made:
        yield made.connect("t1").subscribe("$aws/things/+/jobs/#", qos=0)


@pytest.mark.parametrize("operation", WITH_A_BODY, ids=lambda each: each.value)
@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_what_is_bent_is_right_in_itself(
    account: Account, device: Device, operation: Operation
) -> None:
    members = right("iot-jobs-data", operation.value)
    payload = {name: value for name, value in members.items() if name not in IN_THE_TOPIC}
    outcome, response = response_to(
        device, topic_of(operation, members), json.dumps(payload).encode()
    )
    assert outcome == "accepted", response


def test_every_broken_constraint_is_rejected_and_changes_nothing(
    account: Account, device: Device
) -> None:
    before, faults, sent = account.picture(), [], 0
    for operation in WITH_A_BODY:
        for what, topic, payload in wrong_payloads(operation):
            sent += 1
            outcome, response = response_to(device, topic, payload)
            if (
                outcome != "rejected"
                or response["code"] not in CODES
                or not isinstance(response["message"], str)
            ):
                faults.append(f"{topic} {what}: {outcome} {response}")
    assert faults == []
    assert account.picture() == before
    assert sent > 30


def test_a_payload_that_is_no_request_is_rejected_and_changes_nothing(
    account: Account, device: Device
) -> None:
    before, topic = account.picture(), "$aws/things/t1/jobs/running/update"
    responses = {name: response_to(device, topic, payload) for name, payload in NO_OBJECTS.items()}
    assert {
        name
        for name, (outcome, response) in responses.items()
        if outcome != "rejected" or response["code"] not in CODES
    } == set()
    assert account.picture() == before
