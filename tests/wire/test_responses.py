"""How an operation's answer becomes the body of a response."""

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from botocore.parsers import RestJSONParser

from moto_iot_jobs.wire import ServiceApi


class JobStatus(str, Enum):
    IN_PROGRESS = "IN_PROGRESS"


MODELS = {
    service: ServiceModel(Loader().load_service_model(service, "service-2"))
    for service in ("iot", "iot-jobs-data")
}


def operations(*, with_output: bool) -> Iterator[Any]:
    for service, model in MODELS.items():
        for operation in ServiceApi.of(service).operations:
            if (model.operation_model(operation).output_shape is not None) is with_output:
                yield pytest.param(service, operation, id=f"{service} {operation}")


def response(shape: Shape) -> Any:
    """A value for every member of an output."""
    if shape.type_name == "structure":
        return {name: response(member) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [response(shape.member), response(shape.member)]
    if shape.type_name == "map":
        return {"key": response(shape.value)}
    values = {"string": "ü", "boolean": True, "double": 5, "timestamp": 1560787022733}
    return {**values, "blob": b"\x00ab"}.get(shape.type_name, 7)


@pytest.mark.parametrize("service, operation", list(operations(with_output=True)))
def test_botocore_reads_back_what_was_written(service: str, operation: str) -> None:
    shape = MODELS[service].operation_model(operation).output_shape
    body = ServiceApi.of(service).write(operation, response(shape))
    parser = RestJSONParser(timestamp_parser=lambda seconds: round(float(seconds) * 1000))

    read = parser.parse({"status_code": 200, "headers": {}, "body": body}, shape)

    del read["ResponseMetadata"]
    assert read == response(shape)


@pytest.mark.parametrize("service, operation", list(operations(with_output=False)))
def test_an_operation_without_output_has_an_empty_body(service: str, operation: str) -> None:
    assert ServiceApi.of(service).write(operation, None) == b""
    assert ServiceApi.of(service).write(operation, {}) == b""
    with pytest.raises(TypeError, match="jobId"):
        ServiceApi.of(service).write(operation, {"jobId": "j"})


def test_these_operations_have_no_output(control_plane: ServiceApi) -> None:
    assert [case.values[1] for case in operations(with_output=False)] == [
        "CancelJobExecution",
        "DeleteJob",
        "DeleteJobExecution",
        "DeleteJobTemplate",
        "UpdateJob",
    ]


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "UpdateEventConfigurations"])
def test_an_output_without_members_is_an_empty_object(
    control_plane: ServiceApi, operation: str
) -> None:
    assert control_plane.write(operation, None) == b"{}"


def test_idle_devices_get_an_empty_object(data_plane: ServiceApi) -> None:
    assert data_plane.write("StartNextPendingJobExecution", {}) == b"{}"
    assert data_plane.write("UpdateJobExecution", {"executionState": None}) == b"{}"


def test_json_is_compact_and_in_utf_8(control_plane: ServiceApi) -> None:
    members = {"jobId": "j", "description": "Größe 世界 😀"}
    assert (
        control_plane.write("CreateJob", members)
        == '{"jobId":"j","description":"Größe 世界 😀"}'.encode()
    )


@pytest.mark.parametrize(
    "milliseconds, written",
    [
        (1560787022733, "1560787022.733"),
        (1560787022000, "1560787022.0"),
        (1560787022001, "1560787022.001"),
    ],
)
def test_times_are_written_as_seconds_with_their_milliseconds(
    control_plane: ServiceApi, milliseconds: int, written: str
) -> None:
    body = control_plane.write("DescribeJob", {"job": {"createdAt": milliseconds}})
    assert body == f'{{"job":{{"createdAt":{written}}}}}'.encode()


def test_the_data_plane_times_are_numbers_like_any_other(data_plane: ServiceApi) -> None:
    body = data_plane.write("DescribeJobExecution", {"execution": {"queuedAt": 1560787022}})
    assert body == b'{"execution":{"queuedAt":1560787022}}'


def test_doubles_are_written_as_floats(control_plane: ServiceApi) -> None:
    job = {
        "abortConfig": {
            "criteriaList": [{"thresholdPercentage": 20, "minNumberOfExecutedThings": 1}]
        },
        "jobExecutionsRolloutConfig": {"exponentialRate": {"incrementFactor": 2}},
    }
    assert control_plane.write("DescribeJob", {"job": job}) == (
        b'{"job":{"abortConfig":{"criteriaList":[{"thresholdPercentage":20.0,"minNumberOfExecutedThings":1}]},'
        b'"jobExecutionsRolloutConfig":{"exponentialRate":{"incrementFactor":2.0}}}}'
    )


def test_enums_are_written_as_their_values(control_plane: ServiceApi) -> None:
    assert control_plane.write("DescribeJob", {"job": {"status": JobStatus.IN_PROGRESS}}) == (
        b'{"job":{"status":"IN_PROGRESS"}}'
    )


def test_what_is_none_is_left_out_but_empty_is_not(control_plane: ServiceApi) -> None:
    job: dict[str, Any] = {
        "comment": None,
        "timeoutConfig": {},
        "targets": [],
        "forceCanceled": False,
        "presignedUrlConfig": None,
    }
    assert json.loads(control_plane.write("DescribeJob", {"job": job, "documentSource": None})) == {
        "job": {"timeoutConfig": {}, "targets": [], "forceCanceled": False}
    }


@pytest.mark.parametrize(
    "members",
    [
        {"Job": {}},
        {"job": {"tags": []}},
        {"job": {"timeoutConfig": {"in_progress_timeout_in_minutes": 1}}},
    ],
)
def test_a_member_that_the_output_has_not_is_our_mistake(
    control_plane: ServiceApi, members: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match="has no members"):
        control_plane.write("DescribeJob", members)


def test_a_template_is_written_with_every_member(control_plane: ServiceApi) -> None:
    written = json.loads(
        control_plane.write("DescribeJobTemplate", {"jobTemplateId": "t", "createdAt": 1000})
    )

    assert written == {
        "jobTemplateArn": None,
        "jobTemplateId": "t",
        "description": None,
        "documentSource": None,
        "document": None,
        "createdAt": 1.0,
        "presignedUrlConfig": {"roleArn": None, "expiresInSec": None},
        "jobExecutionsRolloutConfig": {"maximumPerMinute": None, "exponentialRate": None},
        "abortConfig": None,
        "timeoutConfig": {"inProgressTimeoutInMinutes": None},
        "jobExecutionsRetryConfig": None,
        "maintenanceWindows": None,
        "destinationPackageVersions": None,
    }


def test_a_templates_settings_are_written_with_every_member_too(control_plane: ServiceApi) -> None:
    rollout = {
        "exponentialRate": {
            "baseRatePerMinute": 5,
            "rateIncreaseCriteria": {"numberOfNotifiedThings": 1},
        }
    }
    template = {"jobExecutionsRolloutConfig": rollout, "presignedUrlConfig": {"expiresInSec": 60}}

    written = json.loads(control_plane.write("DescribeJobTemplate", template))

    assert written["presignedUrlConfig"] == {"roleArn": None, "expiresInSec": 60}
    assert written["jobExecutionsRolloutConfig"] == {
        "maximumPerMinute": None,
        "exponentialRate": {
            "baseRatePerMinute": 5,
            "incrementFactor": None,
            "rateIncreaseCriteria": {"numberOfNotifiedThings": 1, "numberOfSucceededThings": None},
        },
    }


def test_writing_one_template_leaves_no_trace_in_the_next(control_plane: ServiceApi) -> None:
    control_plane.write(
        "DescribeJobTemplate",
        {"description": "d", "timeoutConfig": {"inProgressTimeoutInMinutes": 5}},
    )

    written = json.loads(control_plane.write("DescribeJobTemplate", {}))

    assert written["description"] is None
    assert written["timeoutConfig"] == {"inProgressTimeoutInMinutes": None}


def test_there_is_one_page_of_tags(control_plane: ServiceApi) -> None:
    assert json.loads(
        control_plane.write("ListTagsForResource", {"tags": [{"Key": "a", "Value": ""}]})
    ) == {
        "tags": [{"Key": "a", "Value": ""}],
        "nextToken": None,
    }


def test_event_configurations_have_no_dates_before_they_were_set(control_plane: ServiceApi) -> None:
    switches = {"JOB": {"Enabled": False}}
    assert json.loads(
        control_plane.write("DescribeEventConfigurations", {"eventConfigurations": switches})
    ) == {
        "eventConfigurations": switches,
        "creationDate": None,
        "lastModifiedDate": None,
    }


def test_other_lists_leave_out_the_token_of_a_page_that_is_the_last(
    control_plane: ServiceApi,
) -> None:
    assert control_plane.write("ListJobs", {"jobs": [], "nextToken": None}) == b'{"jobs":[]}'


def test_what_is_no_number_is_not_written(control_plane: ServiceApi) -> None:
    abort = {"criteriaList": [{"thresholdPercentage": float("nan")}]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        control_plane.write("DescribeJob", {"job": {"abortConfig": abort}})
