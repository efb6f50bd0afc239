"""What goes over the wire when an operation is refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from moto_iot_jobs.wire import BadRequest, ServiceApi, WireError


def declared_errors() -> Iterator[Any]:
    for service in ("iot", "iot-jobs-data"):
        model = ServiceModel(Loader().load_service_model(service, "service-2"))
        for operation in ServiceApi.of(service).operations:
            for error in model.operation_model(operation).error_shapes:
                status = error.metadata["error"]["httpStatusCode"]
                yield pytest.param(
                    service, operation, error.name, status, id=f"{service} {operation} {error.name}"
                )


@pytest.mark.parametrize("service, operation, code, modelled", list(declared_errors()))
def test_an_error_has_the_status_of_the_model_but_throttling_is_429(
    service: str, operation: str, code: str, modelled: int
) -> None:
    status, _, _ = ServiceApi.of(service).write_error(operation, WireError(code, "no"))

    assert status == (429 if code == "ThrottlingException" else modelled)


@pytest.mark.parametrize(
    "code, status",
    [
        ("SerializationException", 400),
        ("InvalidJobDocumentException", 400),
        ("NobodyKnowsException", 400),
        ("InternalFailureException", 500),
        ("ServiceUnavailable", 503),
        ("ServiceUnavailableException", 503),
        ("ThrottlingException", 429),
        ("ResourceNotFoundException", 404),
    ],
)
@pytest.mark.parametrize("service", ["iot", "iot-jobs-data"])
@pytest.mark.parametrize("operation", ["DescribeJobExecution", None])
def test_an_error_that_the_operation_does_not_declare(
    service: str, operation: str | None, code: str, status: int
) -> None:
    assert ServiceApi.of(service).write_error(operation, WireError(code, "no"))[0] == status


def test_a_service_api_lists_the_errors_of_an_operation(data_plane: ServiceApi) -> None:
    assert data_plane.errors("GetPendingJobExecutions") == {
        "InvalidRequestException",
        "ResourceNotFoundException",
        "ThrottlingException",
        "ServiceUnavailableException",
        "CertificateValidationException",
        "InternalFailureException",
    }


def test_the_body_says_why_and_the_header_says_what(control_plane: ServiceApi) -> None:
    error = WireError("ResourceNotFoundException", "Job größer cannot be found.")

    assert control_plane.write_error("DescribeJob", error) == (
        404,
        {"Content-Type": "application/json", "x-amzn-ErrorType": "ResourceNotFoundException"},
        '{"message":"Job größer cannot be found."}'.encode(),
    )


def test_an_error_may_have_further_members(control_plane: ServiceApi) -> None:
    error = WireError(
        "ConflictException", "Job Template t already exists.", resourceId=None, resourceArn="arn"
    )

    _, _, body = control_plane.write_error("CreateJobTemplate", error)

    assert json.loads(body) == {"message": error.message, "resourceId": None, "resourceArn": "arn"}


def test_a_bad_request_is_an_error_like_any_other(control_plane: ServiceApi) -> None:
    call = control_plane.match("GET", "/jobs/!")
    assert call is not None
    with pytest.raises(BadRequest) as caught:
        control_plane.read(call, "", b"")

    status, headers, body = control_plane.write_error(call.operation, caught.value)

    assert (status, headers["x-amzn-ErrorType"]) == (400, "InvalidRequestException")
    assert json.loads(body)["message"].startswith(
        "1 validation error detected: Value '!' at 'jobId'"
    )


def test_an_error_prints_as_its_code_and_message() -> None:
    assert str(WireError("ConflictException", "no")) == "ConflictException: no"
