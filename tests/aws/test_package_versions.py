"""destinationPackageVersions, and placeholders for packages where there is no package catalog, as
in moto.

Source: AWS IoT developer guide, Preparing AWS IoT Jobs, and its page on troubleshooting the
software package catalog.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

ONE = "arn:aws:iot:eu-west-1:123456789012:package/app/version/1.0"
TWO = "arn:aws:iot:eu-west-1:123456789012:package/lib/version/2.0"
DEFAULT = "arn:aws:iot:eu-west-1:123456789012:package/app/version/$default"
NONE = "arn:aws:iot:eu-west-1:123456789012:package/app/version/$null"


def refusal(aws: Aws, code: str, value: str, *versions: str, **settings: Any) -> str:
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "document": json.dumps({"app": value}),
        **settings,
    }
    if versions:
        request["destinationPackageVersions"] = list(versions)
    message = aws.refused(code, 400, aws.iot.create_job, **request).message
    assert aws.iot.list_jobs()["jobs"] == []
    return message


@pytest.mark.parametrize(
    "versions", [[ONE], [ONE, TWO], [DEFAULT], [NONE]], ids=["one", "two", "default", "null"]
)
def test_a_job_shows_the_versions_that_it_leads_to(aws: Aws, versions: list[str]) -> None:
    aws.job("j1", "t1", destinationPackageVersions=versions)
    for before in (False, True):
        job = aws.iot.describe_job(jobId="j1", beforeSubstitution=before)["job"]
        assert job["destinationPackageVersions"] == versions
    assert json.loads(aws.iot.get_job_document(jobId="j1")["document"]) == {"op": "x"}


def test_a_template_shows_them_as_well(aws: Aws) -> None:
    request = {
        "jobTemplateId": "m1",
        "description": "d",
        "document": "{}",
        "destinationPackageVersions": [ONE, TWO],
    }
    aws.iot.create_job_template(**request)
    assert aws.iot.describe_job_template(jobTemplateId="m1")["destinationPackageVersions"] == [
        ONE,
        TWO,
    ]


def test_at_most_25_are_accepted(aws: Aws) -> None:
    versions = [f"{ONE}.{number}" for number in range(26)]
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": "{}"}
    call = aws.iot.create_job
    aws.refused(
        "InvalidRequestException", 400, call, **request, destinationPackageVersions=versions
    )
    call(**request, destinationPackageVersions=versions[:25])
    assert aws.iot.describe_job(jobId="j1")["job"]["destinationPackageVersions"] == versions[:25]


def test_one_must_be_an_arn(aws: Aws) -> None:
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "document": "{}",
        "destinationPackageVersions": ["app 1.0"],
    }
    told = aws.refused("InvalidRequestException", 400, aws.iot.create_job, **request).message
    assert "at 'destinationPackageVersions" in told
    assert "Member must satisfy regular expression pattern: ^arn:[!-~]+$" in told


@pytest.mark.parametrize(
    "value, versions, message",
    [
        (
            "${aws:iot:package:app:version:$null:attributes:url}",
            [NONE],
            "$null is not allowed to be referenced as a package version in job documents.",
        ),
        (
            "${aws:iot:package::version::attributes:url}",
            [ONE, TWO],
            (
                "Cannot resolve empty package name and version name given multiple elements in"
                " destination package versions."
            ),
        ),
        (
            "${aws:iot:package:app:version::attributes:url}",
            [ONE],
            "Empty package name and version name have to be used in pair.",
        ),
        (
            "all of ${aws:iot:package:app:version:1.0:attributes}",
            [ONE],
            (
                "The package version attribute placeholder for all attributes has to be a json"
                " value by itself and not appended with other strings or nested with other"
                " placeholders."
            ),
        ),
        (
            "${aws:iot:package:app:version:1.0:attributes:url",
            [ONE],
            "One or more parameters or placeholders are not terminated.",
        ),
    ],
    ids=[
        "$null",
        "empty names of several",
        "one empty name",
        "all attributes in a text",
        "unterminated",
    ],
)
def test_a_placeholder_must_be_well_formed(
    aws: Aws, value: str, versions: list[str], message: str
) -> None:
    assert refusal(aws, "InvalidJobDocumentException", value, *versions) == message


@pytest.mark.parametrize(
    "value",
    [
        "${aws:iot:package:app:version:1.0:attributes:url}",
        "${aws:iot:package:app:version:1.0:attributes}",
        "${aws:iot:package::version::attributes:url}",
        "${aws:iot:package:app:version:1.0:artifact-location:s3-presigned-url}",
    ],
    ids=["an attribute", "all attributes", "empty names", "the artifact"],
)
def test_a_package_that_cannot_be_looked_up_is_refused(aws: Aws, value: str) -> None:
    """moto has no package catalog; the sentence is ours."""
    role = {"presignedUrlConfig": {"roleArn": "arn:aws:iam::123456789012:role/jobs"}}
    told = refusal(aws, "InvalidJobDocumentException", value, ONE, **role)
    assert told == "Package app version 1.0 cannot be found."


def test_the_artifact_needs_a_role(aws: Aws) -> None:
    value = "${aws:iot:package:app:version:1.0:artifact-location:s3-presigned-url}"
    assert (
        refusal(aws, "InvalidRequestException", value, ONE)
        == "presignedUrlConfig role ARN is required to generate an S3 presigned url in job"
        " document "
        "for package app version 1.0 artifact."
    )
