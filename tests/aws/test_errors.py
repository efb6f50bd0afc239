"""Every error that an operation declares, as it reaches a client: class, code, HTTP status, header
and members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name

if TYPE_CHECKING:
    from tests.aws.conftest import Aws, ServiceError

pytestmark = pytest.mark.on_aws

THING, GROUP, JOB, TEMPLATE, NO_JOB, NO_TEMPLATE = (
    f"arn:aws:iot:eu-west-1:123456789012:{resource}"
    for resource in (
        "thing/t1",
        "thinggroup/g1",
        "job/j1",
        "jobtemplate/tpl",
        "job/nope",
        "jobtemplate/nope",
    )
)
TAGS = [{"Key": "team", "Value": "lamps"}]

# By operation: a good request, what makes it invalid, and what makes it miss its resource (None: it
# cannot miss).
CONTROL_PLANE: dict[str, tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any] | None]] = {
    "AssociateTargetsWithJob": (
        {"jobId": "j1", "targets": [GROUP]},
        {"jobId": "j 1"},
        {"jobId": "nope"},
    ),
    "CancelJob": ({"jobId": "j1"}, {"reasonCode": "lower"}, {"jobId": "nope"}),
    "CancelJobExecution": (
        {"jobId": "j1", "thingName": "t1"},
        {"thingName": "t 1"},
        {"thingName": "t2"},
    ),
    "CreateJob": (
        {"jobId": "j2", "targets": [THING], "document": "{}"},
        {"targetSelection": "SOMETIMES"},
        {"targets": [THING, THING + "0"]},
    ),
    "CreateJobTemplate": (
        {"jobTemplateId": "new", "description": "d", "document": "{}"},
        {"jobTemplateId": "n w"},
        {"jobArn": NO_JOB},
    ),
    "DeleteJob": ({"jobId": "j1", "force": True}, {"jobId": "j 1"}, {"jobId": "nope"}),
    "DeleteJobExecution": (
        {"jobId": "j1", "thingName": "t1", "executionNumber": 1},
        {"executionNumber": 0},
        {"executionNumber": 2},
    ),
    "DeleteJobTemplate": (
        {"jobTemplateId": "tpl"},
        {"jobTemplateId": "t l"},
        {"jobTemplateId": "nope"},
    ),
    "DescribeEndpoint": ({"endpointType": "iot:Data-ATS"}, {"endpointType": "iot:Nonsense"}, None),
    "DescribeEventConfigurations": ({}, None, None),
    "DescribeJob": ({"jobId": "j1"}, {"jobId": "j 1"}, {"jobId": "nope"}),
    "DescribeJobExecution": (
        {"jobId": "j1", "thingName": "t1"},
        {"thingName": "t" * 129},
        {"executionNumber": 2},
    ),
    "DescribeJobTemplate": (
        {"jobTemplateId": "tpl"},
        {"jobTemplateId": "t" * 65},
        {"jobTemplateId": "nope"},
    ),
    "DescribeManagedJobTemplate": (
        {"templateName": "AWS-Reboot"},
        {"templateName": "A" * 65},
        {"templateName": "AWS-Dance"},
    ),
    "GetJobDocument": ({"jobId": "j1"}, {"jobId": "j" * 65}, {"jobId": "nope"}),
    "ListJobExecutionsForJob": ({"jobId": "j1"}, {"maxResults": 251}, {"jobId": "nope"}),
    "ListJobExecutionsForThing": (
        {"thingName": "t1"},
        {"status": "SLEEPING"},
        {"thingName": "nobody"},
    ),
    "ListJobTemplates": ({}, {"maxResults": 251}, None),
    "ListJobs": ({}, {"status": "SLEEPING"}, None),
    "ListManagedJobTemplates": ({}, {"templateName": "A" * 65}, None),
    "ListTagsForResource": ({"resourceArn": JOB}, {"resourceArn": "nonsense"}, None),
    "TagResource": (
        {"resourceArn": JOB, "tags": TAGS},
        {"resourceArn": "nonsense"},
        {"resourceArn": NO_JOB},
    ),
    "UntagResource": (
        {"resourceArn": TEMPLATE, "tagKeys": ["team"]},
        {"resourceArn": "nonsense"},
        {"resourceArn": NO_TEMPLATE},
    ),
    "UpdateEventConfigurations": ({"eventConfigurations": {}}, {"eventConfigurations": None}, None),
    "UpdateJob": ({"jobId": "j1", "description": "d"}, {"description": "a\nb"}, {"jobId": "nope"}),
}
DATA_PLANE: dict[str, tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any] | None]] = {
    "DescribeJobExecution": (
        {"jobId": "j1", "thingName": "t1"},
        {"thingName": "t 1"},
        {"executionNumber": 2},
    ),
    "GetPendingJobExecutions": ({"thingName": "t1"}, {"thingName": "t 1"}, {"thingName": "nobody"}),
    "StartNextPendingJobExecution": (
        {"thingName": "t1"},
        {"statusDetails": {"k" * 129: "v"}},
        {"thingName": "nobody"},
    ),
    "UpdateJobExecution": (
        {"jobId": "j1", "thingName": "t1", "status": "SUCCEEDED"},
        {"status": "SLEEPING"},
        {"jobId": "nope"},
    ),
}
OPERATIONS = [("iot", name) for name in CONTROL_PLANE] + [
    ("iot-jobs-data", name) for name in DATA_PLANE
]


def row(
    service: str, operation: str
) -> tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any] | None]:
    """Look up an operation's requests."""
    return (CONTROL_PLANE if service == "iot" else DATA_PLANE)[operation]


def method(aws: Aws, service: str, operation: str) -> Any:
    """The client's method for an operation."""
    return getattr(aws.client(service), xform_name(operation))


def populate(aws: Aws) -> None:
    """Put in the account what the good requests ask for."""
    aws.thing("t2")
    aws.group("g1", "t2")
    aws.job("j1", "t1", tags=TAGS)
    aws.iot.create_job_template(jobTemplateId="tpl", description="d", document="{}", tags=TAGS)


def header(error: ServiceError) -> str:
    """The header by which SDKs find the type of an error."""
    name: str = error.response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"]
    return name


def of(rows: dict[str, Any], service: str, column: int) -> list[tuple[str, str]]:
    """Name the operations whose row has something in a column."""
    return [(service, name) for name, columns in rows.items() if columns[column] is not None]


@pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids="-".join)
def test_every_declared_error_can_be_provoked(aws: Aws, service: str, operation: str) -> None:
    populate(aws)
    model = aws.client(service).meta.service_model.operation_model(operation)
    request, _, _ = row(service, operation)
    for shape in model.error_shapes:
        aws.fault(operation, shape.name, times=1, service=service)
        # API reference: 429 on both planes; the model of `iot` says 400.
        status = (
            429
            if shape.name == "ThrottlingException"
            else shape.metadata["error"]["httpStatusCode"]
        )
        error = aws.raises(shape.name, status, method(aws, service, operation), **request)
        assert header(error) == shape.name
        assert error.message


@pytest.mark.parametrize(
    ("service", "operation"),
    of(CONTROL_PLANE, "iot", 1) + of(DATA_PLANE, "iot-jobs-data", 1),
    ids="-".join,
)
def test_an_invalid_request_is_a_400(aws: Aws, service: str, operation: str) -> None:
    populate(aws)
    request, invalid, _ = row(service, operation)
    members = {
        name: value for name, value in {**request, **(invalid or {})}.items() if value is not None
    }
    error = aws.raises("InvalidRequestException", 400, method(aws, service, operation), **members)
    assert header(error) == "InvalidRequestException"
    assert error.message


@pytest.mark.parametrize(
    ("service", "operation"),
    of(CONTROL_PLANE, "iot", 2) + of(DATA_PLANE, "iot-jobs-data", 2),
    ids="-".join,
)
def test_what_is_not_there_is_a_404(aws: Aws, service: str, operation: str) -> None:
    populate(aws)
    request, _, absent = row(service, operation)
    members = {**request, **(absent or {})}
    if "jobArn" in members:
        del members["document"]
    error = aws.raises("ResourceNotFoundException", 404, method(aws, service, operation), **members)
    assert header(error) == "ResourceNotFoundException"
    assert error.message


@pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids="-".join)
def test_the_good_requests_are_good(aws: Aws, service: str, operation: str) -> None:
    populate(aws)
    request, _, _ = row(service, operation)
    if operation == "AssociateTargetsWithJob":
        aws.job("c1", GROUP, targetSelection="CONTINUOUS")
        request = {"jobId": "c1", "targets": [aws.group("g2")]}
    method(aws, service, operation)(**request)


# Errors that only some operations give, each the way it comes about in an account.


def test_a_job_id_in_use_names_the_job(aws: Aws) -> None:
    populate(aws)
    request = {"jobId": "j1", "targets": [THING], "document": "{}"}
    error = aws.raises("ResourceAlreadyExistsException", 409, aws.iot.create_job, **request)
    assert header(error) == "ResourceAlreadyExistsException"
    assert (error.response["resourceId"], error.response["resourceArn"]) == ("j1", JOB)


def test_a_template_id_in_use_is_a_conflict(aws: Aws) -> None:
    populate(aws)
    request = {"jobTemplateId": "tpl", "description": "d", "document": "{}"}
    error = aws.raises("ConflictException", 409, aws.iot.create_job_template, **request)
    assert (header(error), error.message) == (
        "ConflictException",
        "Job Template tpl already exists.",
    )


def test_a_conflict_writes_its_resource_id_as_null(aws: Aws) -> None:
    populate(aws)
    response = aws.http("PUT", "/job-templates/tpl", json={"description": "d", "document": "{}"})
    assert response.json() == {"message": "Job Template tpl already exists.", "resourceId": None}


@pytest.mark.parametrize(
    "status", ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"]
)
def test_a_terminal_execution_is_gone_for_its_device(aws: Aws, status: str) -> None:
    aws.in_status("t1", "j1", status)
    request = {"jobId": "j1", "thingName": "t1"}
    error = aws.raises("TerminalStateException", 410, aws.device.describe_job_execution, **request)
    assert header(error) == "TerminalStateException"
    assert (
        error.message
        == "Job Execution has reached terminal state. It is neither IN_PROGRESS nor QUEUED"
    )


def test_a_terminal_execution_is_not_canceled(aws: Aws) -> None:
    aws.in_status("t1", "j1", "SUCCEEDED")
    request = {"jobId": "j1", "thingName": "t1", "force": True}
    error = aws.raises(
        "InvalidStateTransitionException", 409, aws.iot.cancel_job_execution, **request
    )
    assert error.message == "Job execution for thing t1 within job j1 cannot be canceled."


def test_a_terminal_execution_is_not_updated(aws: Aws) -> None:
    aws.in_status("t1", "j1", "SUCCEEDED")
    request = {"jobId": "j1", "thingName": "t1", "status": "FAILED"}
    error = aws.raises(
        "InvalidStateTransitionException", 409, aws.device.update_job_execution, **request
    )
    assert error.message == "Job j1 for t1 has already finished with status SUCCEEDED"


def test_an_execution_in_progress_is_canceled_by_force_only(aws: Aws) -> None:
    aws.in_status("t1", "j1", "IN_PROGRESS")
    request = {"jobId": "j1", "thingName": "t1"}
    aws.raises("InvalidStateTransitionException", 409, aws.iot.cancel_job_execution, **request)
    assert aws.execution("t1", "j1")["status"] == "IN_PROGRESS"


def test_another_version_is_a_conflict_on_the_control_plane(aws: Aws) -> None:
    aws.job("j1", "t1")
    request = {"jobId": "j1", "thingName": "t1", "expectedVersion": 7}
    error = aws.raises("VersionConflictException", 409, aws.iot.cancel_job_execution, **request)
    assert (header(error), error.message) == (
        "VersionConflictException",
        "Expected version 7 but found version 1",
    )


def test_another_version_is_an_invalid_request_for_the_device(aws: Aws) -> None:
    aws.job("j1", "t1")
    request = {"jobId": "j1", "thingName": "t1", "status": "IN_PROGRESS", "expectedVersion": 7}
    error = aws.raises("InvalidRequestException", 400, aws.device.update_job_execution, **request)
    assert error.message == "Expected version 7 but found version 1"


def test_the_eleventh_deletion_exceeds_a_limit(aws: Aws) -> None:
    aws.deletion("time", seconds=3600)
    for number in range(11):
        aws.job(f"j{number}", "t1")
    for number in range(10):
        aws.iot.delete_job(jobId=f"j{number}", force=True)
    error = aws.raises("LimitExceededException", 410, aws.iot.delete_job, jobId="j10", force=True)
    assert header(error) == "LimitExceededException"


@pytest.mark.parametrize(
    ("service", "path", "code"),
    [
        ("iot", "/jobs/nope", "ResourceNotFoundException"),
        ("iot", "/jobs/no%20pe", "InvalidRequestException"),
        ("iot-jobs-data", "/things/t1/jobs/nope", "ResourceNotFoundException"),
        ("iot-jobs-data", "/things/t%201/jobs", "InvalidRequestException"),
    ],
)
def test_an_error_on_the_wire_has_its_type_in_the_header_and_its_message_in_the_body(
    aws: Aws, service: str, path: str, code: str
) -> None:
    aws.thing("t1")
    response = aws.http("GET", path, service)
    assert response.headers["x-amzn-ErrorType"] == code
    assert response.headers["Content-Type"].partition(";")[0] == "application/json"
    assert set(response.json()) == {"message"}
