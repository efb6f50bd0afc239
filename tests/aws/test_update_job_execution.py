"""UpdateJobExecution: the order of its checks, versions, details and the flags of its answer
(developer guide; captures).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

TERMINAL = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"]
NOT_A_DEVICES = ["QUEUED", "CANCELED", "TIMED_OUT", "REMOVED"]


def update(
    aws: Aws, body: Any, job_id: str = "j1", thing: str = "t1"
) -> tuple[int, str, dict[str, Any]]:
    """Send UpdateJobExecution as no SDK would; tell status, error type and body."""
    response = aws.http(
        "POST", f"/things/{thing}/jobs/{job_id}", service="iot-jobs-data", json=body
    )
    kind = response.headers.get("x-amzn-ErrorType", "").partition(":")[0]
    return response.status_code, kind, response.json()


# The checks one by one, in their order


@pytest.mark.parametrize(
    "details", [{"k": 1}, {"k": {"a": "b"}}, {"k": ""}, {"k": ["a"]}, "text", ["a"]]
)
def test_details_are_a_map_of_texts_that_are_not_empty(aws: Aws, details: Any) -> None:
    aws.job("j1", "t1")
    status, kind, _ = update(aws, {"status": "IN_PROGRESS", "statusDetails": details})
    assert (status, kind in {"InvalidRequestException", "SerializationException"}) == (400, True)
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


@pytest.mark.parametrize(
    "details",
    [
        {f"k{number}": "v" for number in range(11)},
        {"k": "v" * 1025},
        {"k" * 129: "v"},
        {"a b": "v"},
        {"k": "a\x07b"},
    ],
    ids=[
        "eleven pairs",
        "a value of 1025",
        "a key of 129",
        "a blank in a key",
        "a control character",
    ],
)
def test_details_have_limits(aws: Aws, details: dict[str, str]) -> None:
    aws.job("j1", "t1")
    call = aws.device.update_job_execution
    aws.raises(
        "InvalidRequestException",
        400,
        call,
        thingName="t1",
        jobId="j1",
        status="IN_PROGRESS",
        statusDetails=details,
    )
    assert aws.execution("t1", "j1")["versionNumber"] == 1


def test_details_up_to_the_limits_are_accepted(aws: Aws) -> None:
    aws.job("j1", "t1")
    details = {f"{number:0128}": "v" * 1024 for number in range(10)}
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails=details)
    assert aws.execution("t1", "j1")["statusDetails"] == {"detailsMap": details}


def test_a_missing_status_is_an_error(aws: Aws) -> None:
    aws.job("j1", "t1")
    status, kind, body = update(aws, {})
    assert (status, kind) == (400, "InvalidRequestException")
    rule = "Value null at 'status' failed to satisfy constraint: Member must not be null"
    assert body["message"].endswith(rule)


def test_an_unknown_status_is_an_error(aws: Aws) -> None:
    aws.job("j1", "t1")
    assert update(aws, {"status": "DONE"})[:2] == (400, "InvalidRequestException")


@pytest.mark.parametrize("job_id", ["j1", "ghost"])
@pytest.mark.parametrize("status", NOT_A_DEVICES)
def test_a_status_that_is_not_a_devices_to_set_is_an_error_even_for_an_unknown_job(
    aws: Aws, status: str, job_id: str
) -> None:
    aws.job("j1", "t1")
    call = aws.device.update_job_execution
    error = aws.raises(
        "InvalidStateTransitionException", 409, call, thingName="t1", jobId=job_id, status=status
    )
    assert error.message == f"The status of job execution cannot be changed to be {status}"
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


@pytest.mark.parametrize(
    "thing, job_id, number",
    [("t1", "ghost", None), ("other", "j1", None), ("t1", "j1", 2)],
    ids=["job", "thing", "number"],
)
def test_what_does_not_exist_is_not_found(
    aws: Aws, thing: str, job_id: str, number: int | None
) -> None:
    aws.thing("other")
    aws.job("j1", "t1")
    which = {} if number is None else {"executionNumber": number}
    call = aws.device.update_job_execution
    error = aws.raises(
        "ResourceNotFoundException",
        404,
        call,
        thingName=thing,
        jobId=job_id,
        status="SUCCEEDED",
        **which,
    )
    assert error.message == f"Job {job_id} not found for {thing}"


def test_a_wrong_expected_version_is_an_invalid_request_over_https(aws: Aws) -> None:
    """The model of the data plane declares no VersionConflictException."""
    aws.job("j1", "t1")
    call = aws.device.update_job_execution
    error = aws.raises(
        "InvalidRequestException",
        400,
        call,
        thingName="t1",
        jobId="j1",
        status="IN_PROGRESS",
        expectedVersion=9,
    )
    assert error.message == "Expected version 9 but found version 1"
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


@pytest.mark.parametrize("report", ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"])
@pytest.mark.parametrize("status", TERMINAL)
def test_a_finished_execution_takes_no_report_not_even_the_same_again(
    aws: Aws, status: str, report: str
) -> None:
    aws.in_status("t1", "j1", status)
    before = aws.execution("t1", "j1")
    call = aws.device.update_job_execution
    error = aws.raises(
        "InvalidStateTransitionException", 409, call, thingName="t1", jobId="j1", status=report
    )
    assert error.message == f"Job j1 for t1 has already finished with status {status}"
    assert aws.execution("t1", "j1") == before


# What breaks two rules is told the earlier one


def test_details_are_checked_before_the_status(aws: Aws) -> None:
    aws.job("j1", "t1")
    status, kind, body = update(aws, {"status": "QUEUED", "statusDetails": {"k": ""}})
    assert (status, kind) == (400, "InvalidRequestException")
    assert "cannot be changed to be" not in body["message"]


def test_the_status_is_checked_before_the_job_is_looked_for(aws: Aws) -> None:
    aws.job("j1", "t1")
    assert update(aws, {"status": "DONE"}, job_id="ghost")[:2] == (400, "InvalidRequestException")
    assert update(aws, {"status": "CANCELED"}, job_id="ghost")[:2] == (
        409,
        "InvalidStateTransitionException",
    )


def test_a_devices_status_is_checked_before_the_version_and_the_end(aws: Aws) -> None:
    aws.in_status("t1", "j1", "SUCCEEDED")
    _, _, body = update(aws, {"status": "REMOVED", "expectedVersion": 9})
    assert body["message"] == "The status of job execution cannot be changed to be REMOVED"


def test_the_version_is_checked_before_the_end(aws: Aws) -> None:
    aws.in_status("t1", "j1", "SUCCEEDED")
    status, kind, body = update(aws, {"status": "FAILED", "expectedVersion": 9})
    assert (status, kind) == (400, "InvalidRequestException")
    assert body["message"] == "Expected version 9 but found version 2"


# What an accepted report does


def test_every_accepted_report_raises_the_version(aws: Aws) -> None:
    aws.job("j1", "t1")
    for version in (1, 2, 3):
        assert aws.execution("t1", "j1")["versionNumber"] == version
        aws.report("t1", "j1", "IN_PROGRESS", expectedVersion=version)
    aws.report("t1", "j1", "SUCCEEDED", expectedVersion=4)
    assert aws.execution("t1", "j1")["versionNumber"] == 5


def test_numbers_may_come_as_decimal_strings(aws: Aws) -> None:
    """AWS's Device SDK for Python sends expectedVersion and executionNumber so."""
    aws.job("j1", "t1")
    body = {
        "status": "IN_PROGRESS",
        "expectedVersion": "1",
        "executionNumber": "1",
        "stepTimeoutInMinutes": "5",
    }
    assert update(aws, body)[0] == 200
    assert (
        update(aws, {**body, "expectedVersion": "1"})[2]["message"]
        == "Expected version 1 but found version 2"
    )


def test_a_start_is_set_once(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS")
    started = aws.execution("t1", "j1")["startedAt"]
    aws.advance(seconds=30)
    aws.report("t1", "j1", "IN_PROGRESS")
    execution = aws.execution("t1", "j1")
    assert execution["startedAt"] == started
    assert (execution["lastUpdatedAt"] - started).total_seconds() >= 30


def test_details_are_replaced_whole_kept_when_left_out_and_emptied_by_an_empty_map(
    aws: Aws,
) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={"a": "1", "b": "2"})
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={"b": "3"})
    assert aws.execution("t1", "j1")["statusDetails"] == {"detailsMap": {"b": "3"}}
    aws.report("t1", "j1", "IN_PROGRESS")
    assert aws.execution("t1", "j1")["statusDetails"] == {"detailsMap": {"b": "3"}}
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={})
    shown = aws.http("GET", "/things/t1/jobs/j1", service="iot-jobs-data").json()["execution"]
    assert shown["statusDetails"] == {}


def test_details_of_the_last_report_are_kept_with_the_finished_execution(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "FAILED", statusDetails={"why": "disk full"})
    assert aws.execution("t1", "j1")["statusDetails"] == {"detailsMap": {"why": "disk full"}}


def test_the_response_is_empty_unless_more_is_requested(aws: Aws) -> None:
    aws.job("j1", "t1")
    assert update(aws, {"status": "IN_PROGRESS"}) == (200, "", {})


@pytest.mark.parametrize(
    "details, shown", [(None, {}), ({"step": "1"}, {"statusDetails": {"step": "1"}})]
)
def test_the_state_may_be_requested(aws: Aws, details: Any, shown: dict[str, Any]) -> None:
    aws.job("j1", "t1")
    body = {"status": "IN_PROGRESS", "includeJobExecutionState": True}
    _, _, response = update(aws, body if details is None else {**body, "statusDetails": details})
    assert response == {"executionState": {"status": "IN_PROGRESS", "versionNumber": 2, **shown}}


def test_the_document_may_be_requested(aws: Aws) -> None:
    aws.job("j1", "t1", document='{ "op": "x" }')
    _, _, response = update(aws, {"status": "IN_PROGRESS", "includeJobDocument": True})
    assert response == {"jobDocument": '{"op":"x"}'}


def test_without_a_number_the_newest_execution_is_meant(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.report("t1", "j1", "FAILED")
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.execution("t1", "j1", 1)["status"] == "FAILED"
    assert aws.execution("t1", "j1", 2)["status"] == "SUCCEEDED"


def test_next_is_no_job_to_report_on(aws: Aws) -> None:
    aws.job("j1", "t1")
    status, _, _ = update(aws, {"status": "SUCCEEDED"}, job_id="$next")
    assert status in {400, 404}
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


def test_malformed_json_changes_nothing(aws: Aws) -> None:
    aws.job("j1", "t1")
    response = aws.http("POST", "/things/t1/jobs/j1", service="iot-jobs-data", data='{"status": ')
    assert response.status_code == 400
    assert "json" in response.headers["Content-Type"]
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


def test_the_last_open_report_completes_a_snapshot_job(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", "t3", "t4")
    for thing, status in (("t1", "SUCCEEDED"), ("t2", "FAILED"), ("t3", "REJECTED")):
        aws.report(thing, "j1", status)
        assert aws.status("j1") == "IN_PROGRESS"
    aws.report("t4", "j1", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"
    assert aws.counters("j1") == {"Succeeded": 2, "Failed": 1, "Rejected": 1}
