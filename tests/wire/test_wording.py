"""Texts that AWS was seen to write, word by word."""

import json
from typing import Any

import pytest

from moto_iot_jobs.wire import BadRequest, ServiceApi

TARGETS = ["arn:aws:iot:eu-west-1:123456789012:thing/t1"]


def error_of(api: ServiceApi, method: str, path: str, query: str = "", **members: Any) -> str:
    call = api.match(method, path)
    assert call is not None
    with pytest.raises(BadRequest) as caught:
        api.read(call, query, json.dumps(members).encode())
    assert caught.value.code == "InvalidRequestException"
    return caught.value.message


def test_a_job_id_of_other_characters(control_plane: ServiceApi) -> None:
    assert (
        error_of(control_plane, "GET", "/jobs/bad%20id")
        == "1 validation error detected: Value 'bad id' at 'jobId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
    )


def test_a_job_id_that_is_too_long(control_plane: ServiceApi) -> None:
    assert (
        error_of(control_plane, "DELETE", f"/jobs/{'j' * 65}")
        == f"1 validation error detected: Value '{'j' * 65}' at 'jobId' failed to satisfy"
        " constraint: "
        "Member must have length less than or equal to 64"
    )


def test_a_job_id_that_is_both(control_plane: ServiceApi) -> None:
    long = "%" * 65
    assert (
        error_of(control_plane, "GET", f"/jobs/{'%25' * 65}")
        == f"2 validation errors detected: Value '{long}' at 'jobId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+; "
        f"Value '{long}' at 'jobId' failed to satisfy constraint: "
        "Member must have length less than or equal to 64"
    )


@pytest.mark.parametrize(
    "results, constraint",
    [
        ("0", "Member must have value greater than or equal to 1"),
        ("251", "Member must have value less than or equal to 250"),
    ],
)
@pytest.mark.parametrize("path", ["/jobs", "/job-templates", "/jobs/j/things", "/things/t/jobs"])
def test_a_page_of_another_size(
    control_plane: ServiceApi, path: str, results: str, constraint: str
) -> None:
    assert (
        error_of(control_plane, "GET", path, query=f"maxResults={results}")
        == f"1 validation error detected: Value '{results}' at 'maxResults' failed to satisfy"
        f" constraint: {constraint}"
    )


def test_a_template_without_description(control_plane: ServiceApi) -> None:
    assert (
        error_of(control_plane, "PUT", "/job-templates/t", document="{}")
        == "1 validation error detected: Value null at 'description' failed to satisfy constraint:"
        " Member must not be null"
    )


def test_a_template_id_is_named_by_its_own_member(control_plane: ServiceApi) -> None:
    assert "Value 'a!' at 'jobTemplateId' failed" in error_of(
        control_plane, "GET", "/job-templates/a!"
    )


def test_a_report_without_status(data_plane: ServiceApi) -> None:
    """https://github.com/aws/aws-iot-device-sdk-cpp-v2/issues/95"""
    assert (
        error_of(data_plane, "POST", "/things/t/jobs/j")
        == "1 validation error detected: Value null at 'status' failed to satisfy constraint:"
        " Member must not be null"
    )


@pytest.mark.parametrize("status", ["NONE", "", "succeeded"])
def test_a_report_of_an_unknown_status(data_plane: ServiceApi, status: str) -> None:
    assert (
        error_of(data_plane, "POST", "/things/t/jobs/j", status=status)
        == f"1 validation error detected: Value '{status}' at 'status' failed to satisfy"
        " constraint: Member must satisfy enum value set: [REMOVED, SUCCEEDED, TIMED_OUT,"
        " IN_PROGRESS, QUEUED, CANCELED, FAILED, REJECTED]"
    )


def test_a_list_of_executions_by_an_unknown_status(control_plane: ServiceApi) -> None:
    assert (
        error_of(control_plane, "GET", "/jobs/j/things", query="status=DONE")
        == "1 validation error detected: Value 'DONE' at 'status' failed to satisfy constraint:"
        " Member must satisfy enum value set: [REMOVED, SUCCEEDED, TIMED_OUT, IN_PROGRESS,"
        " QUEUED, CANCELED, FAILED, REJECTED]"
    )


@pytest.mark.parametrize(
    "method, path", [("PUT", "/jobs/no!"), ("PATCH", "/jobs/no!"), ("PUT", "/job-templates/no!")]
)
def test_clauses_come_in_the_order_of_the_service(
    control_plane: ServiceApi, method: str, path: str
) -> None:
    """Not in the request's order, which is here the other way round."""
    message = error_of(
        control_plane,
        method,
        path,
        abortConfig={
            "criteriaList": [
                {
                    "thresholdPercentage": 100.5,
                    "action": "STOP",
                    "failureType": "NONE",
                    "minNumberOfExecutedThings": 0,
                }
            ]
        },
        jobExecutionsRetryConfig={
            "criteriaList": [{"failureType": "REJECTED", "numberOfRetries": 11}]
        },
        presignedUrlConfig={"expiresInSec": 59},
        description="",
        targets=TARGETS,
        jobExecutionsRolloutConfig={
            "exponentialRate": {
                "rateIncreaseCriteria": {
                    "numberOfSucceededThings": 0,
                    "numberOfNotifiedThings": -1,
                },
                "incrementFactor": 0.5,
                "baseRatePerMinute": 1001,
            },
            "maximumPerMinute": 1001,
        },
    )

    label = "jobTemplateId" if "templates" in path else "jobId"
    failed = "failed to satisfy constraint: Member must"
    rate = "jobExecutionsRolloutConfig.exponentialRate"
    retry = "jobExecutionsRetryConfig.criteriaList.1.member"
    abort = "abortConfig.criteriaList.1.member"
    assert message.removeprefix("14 validation errors detected: ").split("; ") == [
        f"Value 'no!' at '{label}' {failed} satisfy regular expression pattern: [a-zA-Z0-9_-]+",
        (
            f"Value '1001' at 'jobExecutionsRolloutConfig.maximumPerMinute' {failed} have value"
            " less than or equal to 1000"
        ),
        (
            f"Value '1001' at '{rate}.baseRatePerMinute' {failed} have value less than or equal to"
            " 1000"
        ),
        f"Value '0.5' at '{rate}.incrementFactor' {failed} have value greater than or equal to 1.1",
        (
            f"Value '-1' at '{rate}.rateIncreaseCriteria.numberOfNotifiedThings' {failed} have"
            " value greater than or equal to 1"
        ),
        (
            f"Value '0' at '{rate}.rateIncreaseCriteria.numberOfSucceededThings' {failed} have"
            " value greater than or equal to 1"
        ),
        rf"Value '' at 'description' {failed} satisfy regular expression pattern: [^\p{{C}}]+",
        (
            f"Value '59' at 'presignedUrlConfig.expiresInSec' {failed} have value greater than or"
            " equal to 60"
        ),
        f"Value '11' at '{retry}.numberOfRetries' {failed} have value less than or equal to 10",
        (
            f"Value 'REJECTED' at '{retry}.failureType' {failed} satisfy enum value set: [ALL,"
            " TIMED_OUT, FAILED]"
        ),
        (
            f"Value '0' at '{abort}.minNumberOfExecutedThings' {failed} have value greater than or"
            " equal to 1"
        ),
        (
            f"Value 'NONE' at '{abort}.failureType' {failed} satisfy enum value set: [ALL,"
            " TIMED_OUT, FAILED, REJECTED]"
        ),
        f"Value 'STOP' at '{abort}.action' {failed} satisfy enum value set: [CANCEL]",
        (
            f"Value '100.5' at '{abort}.thresholdPercentage' {failed} have value less than or equal"
            " to 100"
        ),
    ]


def test_an_abort_criterion_needs_all_of_its_members(control_plane: ServiceApi) -> None:
    message = error_of(
        control_plane, "PUT", "/jobs/j", targets=TARGETS, abortConfig={"criteriaList": [{}]}
    )

    abort = "abortConfig.criteriaList.1.member"
    members = ["minNumberOfExecutedThings", "failureType", "action", "thresholdPercentage"]
    clauses = [
        f"Value null at '{abort}.{member}' failed to satisfy constraint: Member must not be null"
        for member in members
    ]
    assert message == f"4 validation errors detected: {'; '.join(clauses)}"


def test_an_abort_configuration_needs_criteria(control_plane: ServiceApi) -> None:
    failed = "failed to satisfy constraint: Member must"
    assert (
        error_of(control_plane, "PATCH", "/jobs/j", abortConfig={})
        == f"1 validation error detected: Value null at 'abortConfig.criteriaList' {failed} not be"
        " null"
    )
    assert (
        error_of(control_plane, "PATCH", "/jobs/j", abortConfig={"criteriaList": []})
        == f"1 validation error detected: Value '[]' at 'abortConfig.criteriaList' {failed} have"
        " length greater than or equal to 1"
    )


def test_too_many_retry_criteria_are_quoted_as_java_prints_them(control_plane: ServiceApi) -> None:
    criteria = [
        {"numberOfRetries": 1, "failureType": failure} for failure in ("FAILED", "TIMED_OUT", "ALL")
    ]
    assert (
        error_of(
            control_plane, "PATCH", "/jobs/j", jobExecutionsRetryConfig={"criteriaList": criteria}
        )
        == "1 validation error detected: Value '[RetryCriteria(failureType=FAILED,"
        " numberOfRetries=1), RetryCriteria(failureType=TIMED_OUT, numberOfRetries=1),"
        " RetryCriteria(failureType=ALL, numberOfRetries=1)]' at"
        " 'jobExecutionsRetryConfig.criteriaList' failed to satisfy constraint: Member must have"
        " length less than or equal to 2"
    )


def test_what_a_criterion_lacks_is_printed_as_null(control_plane: ServiceApi) -> None:
    criteria = [{"failureType": "ALL"}] * 3
    assert "Value '[RetryCriteria(failureType=ALL, numberOfRetries=null), " in error_of(
        control_plane, "PATCH", "/jobs/j", jobExecutionsRetryConfig={"criteriaList": criteria}
    )


def test_a_tag_is_named_by_its_number_and_in_lower_case(control_plane: ServiceApi) -> None:
    tags = [
        {"Key": "fine", "Value": ""},
        {"Key": "k" * 129, "Value": "v" * 257},
        {"Value": "alone"},
    ]
    assert (
        error_of(control_plane, "POST", "/tags", resourceArn="arn", tags=tags)
        == f"3 validation errors detected: Value '{'k' * 129}' at 'tags.2.member.key' failed to"
        " satisfy constraint: Member must have length less than or equal to 128; Value"
        f" '{'v' * 257}' at 'tags.2.member.value' failed to satisfy constraint: Member must have"
        " length less than or equal to 256; Value null at 'tags.3.member.key' failed to satisfy"
        " constraint: Member must not be null"
    )


def test_a_request_without_tags(control_plane: ServiceApi) -> None:
    assert (
        error_of(control_plane, "POST", "/tags", resourceArn="arn")
        == "1 validation error detected: Value null at 'tags' failed to satisfy constraint: Member"
        " must not be null"
    )


def test_tag_keys_are_quoted_all_together(control_plane: ServiceApi) -> None:
    assert error_of(control_plane, "POST", "/untag", resourceArn="arn", tagKeys=["fine", "<"]) == (
        "1 validation error detected: Value '[fine, <]' at 'tagKeys' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 1, "
        r"Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$]"
    )


def test_an_unknown_event_type_is_not_quoted(control_plane: ServiceApi) -> None:
    message = error_of(
        control_plane,
        "PATCH",
        "/event-configurations",
        eventConfigurations={"NONE": {"Enabled": True}},
    )

    assert message.startswith(
        "1 validation error detected: Value at 'eventConfigurations' failed to satisfy constraint: "
        "Map keys must satisfy constraint: [Member must satisfy enum value set: ["
    )


def test_status_details_are_quoted_as_java_prints_a_map(data_plane: ServiceApi) -> None:
    rules = (
        r"length greater than or equal to 1, Member must satisfy regular expression pattern:"
        r" [^\p{C}]+]"
    )
    assert (
        error_of(
            data_plane,
            "POST",
            "/things/t/jobs/j",
            status="FAILED",
            statusDetails={"step": "1", "why": ""},
        )
        == "1 validation error detected: Value '{step=1, why=}' at 'statusDetails' failed to"
        " satisfy constraint: Map value must satisfy constraint: [Member must have length less"
        f" than or equal to 1024, Member must have {rules}"
    )


@pytest.mark.parametrize(
    "details", [[], "text", 1, True, {"a": 1}, {"a": {"b": "c"}}, {"a": None}, {"a": ["b"]}]
)
@pytest.mark.parametrize(
    "method, path", [("POST", "/things/t/jobs/j"), ("PUT", "/things/t/jobs/$next")]
)
def test_status_details_of_another_type_are_an_invalid_request(
    data_plane: ServiceApi, method: str, path: str, details: Any
) -> None:
    """AWS's wording is not known, only that it is no SerializationException."""
    assert (
        error_of(data_plane, method, path, status="FAILED", statusDetails=details)
        == "1 validation error detected: Value at 'statusDetails' failed to satisfy constraint: "
        "Member must be a map of non-empty strings"
    )
