"""Which events an account has switched on (developer guide, Event messages; defaults captured)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from freezegun import freeze_time

from moto_iot_jobs import messages, mock_iot

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

TYPES = {
    "THING",
    "THING_GROUP",
    "THING_TYPE",
    "THING_GROUP_MEMBERSHIP",
    "THING_GROUP_HIERARCHY",
    "THING_TYPE_ASSOCIATION",
    "JOB",
    "JOB_EXECUTION",
    "POLICY",
    "CERTIFICATE",
    "CA_CERTIFICATE",
}


def switched_on(aws: Aws) -> set[str]:
    shown = aws.iot.describe_event_configurations()["eventConfigurations"]
    return {kind for kind, state in shown.items() if state["Enabled"]}


def update(aws: Aws, **states: bool) -> None:
    aws.iot.update_event_configurations(
        eventConfigurations={kind: {"Enabled": enabled} for kind, enabled in states.items()}
    )


def test_every_type_is_off_at_first_and_has_no_dates(aws: Aws) -> None:
    body = aws.http("GET", "/event-configurations").json()
    assert body["eventConfigurations"] == {kind: {"Enabled": False} for kind in TYPES}
    assert (body["creationDate"], body["lastModifiedDate"]) == (None, None)


def test_an_update_changes_only_the_types_it_names(aws: Aws) -> None:
    update(aws, JOB=True, JOB_EXECUTION=True)
    update(aws, JOB=False, THING=True)
    assert switched_on(aws) == {"JOB_EXECUTION", "THING"}


def test_a_type_named_without_a_state_is_switched_off(aws: Aws) -> None:
    update(aws, JOB=True)
    aws.iot.update_event_configurations(eventConfigurations={"JOB": {}})
    assert switched_on(aws) == set()


def test_the_dates_are_those_of_the_first_and_the_last_update(aws: Aws) -> None:
    update(aws, JOB=True)
    first = aws.iot.describe_event_configurations()
    aws.advance(minutes=5)
    update(aws, JOB=False)
    last = aws.iot.describe_event_configurations()
    assert last["creationDate"] == first["creationDate"]
    assert (last["lastModifiedDate"] - first["lastModifiedDate"]).total_seconds() >= 300


def test_an_update_needs_a_configuration(aws: Aws) -> None:
    response = aws.http("PATCH", "/event-configurations", json={})
    assert response.status_code == 400
    assert response.headers["x-amzn-ErrorType"].partition(":")[0] == "InvalidRequestException"
    assert response.json()["message"] == "Configuration cannot be null"


def test_a_type_that_does_not_exist_is_an_error(aws: Aws) -> None:
    response = aws.http(
        "PATCH",
        "/event-configurations",
        json={"eventConfigurations": {"WEATHER": {"Enabled": True}}},
    )
    assert response.status_code == 400
    assert switched_on(aws) == set()


@pytest.mark.parametrize("before", [False, True], ids=["switched on", "switched off"])
def test_earlier_events_are_published_by_the_earlier_configurations(before: bool) -> None:
    with mock_iot(), freeze_time("2026-11-22 12:00") as frozen:
        iot = boto3.client("iot", region_name="eu-west-1")
        iot.update_event_configurations(eventConfigurations={"JOB_EXECUTION": {"Enabled": before}})
        lamp = iot.create_thing(thingName="lamp")["thingArn"]
        iot.create_job(
            jobId="j1",
            targets=[lamp],
            document="{}",
            timeoutConfig={"inProgressTimeoutInMinutes": 1},
        )
        boto3.client("iot-jobs-data", region_name="eu-west-1").start_next_pending_job_execution(
            thingName="lamp"
        )
        frozen.move_to("2026-11-22 12:05")  # nobody has noticed yet that the execution timed out
        iot.update_event_configurations(
            eventConfigurations={"JOB_EXECUTION": {"Enabled": not before}}
        )
        assert bool(messages.published("$aws/events/jobExecution/#")) is before


@pytest.mark.parametrize("other", ["us-east-1"])
def test_each_region_has_its_own_switches(aws: Aws, other: str) -> None:
    update(aws, JOB=True)
    elsewhere = aws.client("iot", region=other).describe_event_configurations()[
        "eventConfigurations"
    ]
    assert elsewhere["JOB"] == {"Enabled": False}
