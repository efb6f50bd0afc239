"""Status details as device programs send them: text with line breaks, and numbers over MQTT."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs import messages

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

in_process = pytest.mark.parametrize("aws", ["in_process"], indirect=True)

OUTPUT = "cp: cannot create '/opt/x'\r\n\tNo such directory\n"


@pytest.fixture
def started(aws: Aws) -> Aws:
    aws.job("j1", "t1")
    aws.device.start_next_pending_job_execution(thingName="t1")
    return aws


def details(aws: Aws) -> Any:
    shown = aws.iot.describe_job_execution(jobId="j1", thingName="t1")["execution"]
    return shown["statusDetails"]["detailsMap"]


def update(aws: Aws, payload: Any) -> Any:
    body = payload if isinstance(payload, str | bytes) else json.dumps(payload)
    response = messages.request("$aws/things/t1/jobs/j1/update", body, region=aws.region)
    assert response is not None
    return response


def test_line_breaks_and_tabs_are_kept_over_https(started: Aws) -> None:
    started.device.update_job_execution(
        jobId="j1", thingName="t1", status="FAILED", statusDetails={"stderr": OUTPUT}
    )
    assert details(started) == {"stderr": OUTPUT}


def test_line_breaks_and_tabs_are_kept_when_the_next_execution_starts(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.device.start_next_pending_job_execution(thingName="t1", statusDetails={"out": OUTPUT})
    assert details(aws) == {"out": OUTPUT}


@in_process
def test_line_breaks_and_tabs_are_kept_over_mqtt(started: Aws) -> None:
    response = update(started, {"status": "FAILED", "statusDetails": {"stderr": OUTPUT}})
    assert response.topic.endswith("/accepted")
    assert details(started) == {"stderr": OUTPUT}


def test_line_breaks_and_tabs_are_kept_in_a_cancellation(started: Aws) -> None:
    started.iot.cancel_job_execution(
        jobId="j1", thingName="t1", force=True, statusDetails={"why": OUTPUT}
    )
    assert details(started) == {"why": OUTPUT}


@in_process
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\u200b"])
def test_other_control_characters_are_invalid(started: Aws, character: str) -> None:
    started.raises(
        "InvalidRequestException",
        400,
        started.device.update_job_execution,
        jobId="j1",
        thingName="t1",
        status="FAILED",
        statusDetails={"stderr": f"a{character}b"},
    )
    response = update(started, {"status": "FAILED", "statusDetails": {"stderr": f"a{character}b"}})
    assert response.json["code"] == "InvalidRequest"


@pytest.mark.parametrize("text", ["\n", "\t\t"])
def test_a_value_may_be_nothing_but_line_breaks(started: Aws, text: str) -> None:
    started.device.update_job_execution(
        jobId="j1", thingName="t1", status="FAILED", statusDetails={"stderr": text}
    )
    assert details(started) == {"stderr": text}


@in_process
@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1001", "1001"),
        ("-0", "0"),
        ("12.5", "12.5"),
        ("1.50", "1.50"),
        ("1E3", "1E3"),
        ("true", "true"),
        ("false", "false"),
    ],
)
def test_numbers_and_booleans_over_mqtt_become_text(
    started: Aws, written: str, stored: str
) -> None:
    response = update(started, f'{{"status":"FAILED","statusDetails":{{"value":{written}}}}}')
    assert response.topic.endswith("/accepted")
    assert details(started) == {"value": stored}


@in_process
@pytest.mark.parametrize("value", ["{}", "[1]", "null", '{"a":"b"}'])
def test_other_values_over_mqtt_are_invalid_and_change_nothing(started: Aws, value: str) -> None:
    response = update(started, f'{{"status":"FAILED","statusDetails":{{"value":{value}}}}}')
    assert (response.topic.rpartition("/")[2], response.json["code"]) == (
        "rejected",
        "InvalidRequest",
    )
    execution = started.iot.describe_job_execution(jobId="j1", thingName="t1")["execution"]
    assert (execution["status"], execution["versionNumber"]) == ("IN_PROGRESS", 2)


@in_process
@pytest.mark.parametrize(
    "token",
    [
        '"\\ud800"',
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "[" * 100_000,
        "[" * 50_000 + "]" * 50_000,
    ],
    ids=["half a surrogate pair", "NaN", "Infinity", "-Infinity", "1e400", "never closed", "deep"],
)
def test_a_client_token_that_cannot_be_echoed_is_rejected_and_changes_nothing(
    started: Aws, token: str
) -> None:
    response = update(started, f'{{"status":"SUCCEEDED","clientToken":{token}}}')
    assert response.topic.endswith("/rejected")
    assert response.json["code"] == "InvalidJson"
    execution = started.iot.describe_job_execution(jobId="j1", thingName="t1")["execution"]
    assert execution["status"] == "IN_PROGRESS"


@in_process
@pytest.mark.parametrize("depth", [1, 100, 400])
def test_a_nested_client_token_is_echoed(started: Aws, depth: int) -> None:
    token = "[" * depth + "]" * depth
    response = update(started, f'{{"status":"SUCCEEDED","clientToken":{token}}}')
    assert response.topic.endswith("/accepted")
    assert json.dumps(response.json["clientToken"]) == token
