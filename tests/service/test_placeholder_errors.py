"""What is refused when a job is created because its placeholders cannot be resolved, and in which
words.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from moto_iot_jobs.service.documents.placeholder_checks import check_placeholders
from moto_iot_jobs.service.documents.substitution import job_document
from moto_iot_jobs.service.errors import (
    InvalidJobDocument,
    InvalidRequest,
    InvalidRole,
    ServiceError,
)
from tests.service.catalog import DOWNLOAD, DOWNLOAD_V2, OTHER, PACKAGE, ROLE, Host, of, upload


def error_of(document: str, **circumstances: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        check_placeholders(document, job_id="job-1", **circumstances)
    return caught.value


@pytest.mark.parametrize(
    "value, kind, message",
    [
        pytest.param(
            f"{DOWNLOAD} {DOWNLOAD_V2}",
            InvalidRequest,
            "Role must be provided for pre-sign S3 urls in job document of job job-1.",
            id="classic placeholder",
        ),
        pytest.param(
            DOWNLOAD_V2,
            InvalidRequest,
            "presignedUrlConfig role ARN is required to generate an S3 presigned url in job"
            " document.",
            id="only v2 placeholders",
        ),
        pytest.param(
            upload("/k"),
            InvalidRequest,
            "presignedUrlConfig role ARN is required to generate an S3 presigned url in job"
            " document.",
            id="upload",
        ),
        pytest.param(
            "${aws:iot:package:firmware:version:1.0:artifact:s3-presigned-url}",
            InvalidRequest,
            "presignedUrlConfig role ARN is required to generate an S3 presigned url in job"
            " document for package firmware version 1.0 artifact.",
            id="artifact",
        ),
    ],
)
def test_presigned_urls_need_a_role(value: str, kind: type[ServiceError], message: str) -> None:
    error = error_of(of(value), destination_package_versions=[PACKAGE])
    assert (type(error), error.message) == (kind, message)
    check_placeholders(
        of(value), job_id="job-1", role_arn=ROLE, destination_package_versions=[PACKAGE]
    )


ALONE = (
    "The package version attribute placeholder for all attributes has to be a json value by itself "
    "and not appended with other strings or nested with other placeholders."
)


@pytest.mark.parametrize(
    "value, kind, message",
    [
        pytest.param(
            "${aws:iot:s3-presigned-url:https://example.com/b/k}",
            InvalidRequest,
            "Given S3 url https://example.com/b/k is invalid.",
            id="bad S3 URL",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:bucket/key}",
            InvalidRequest,
            "Given S3 url bucket/key is invalid.",
            id="no URL at all",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url-v2:https://s3.amazonaws.com/b/a b}",
            InvalidRequest,
            "Given S3 url https://s3.amazonaws.com/b/a b is invalid.",
            id="v2 URL that is not encoded",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url-upload:https://example.com/b/k}",
            InvalidRequest,
            "Given S3 url https://example.com/b/k is invalid.",
            id="bad S3 URL of an upload",
        ),
        pytest.param(
            "${aws:iot:code-sign-signature:s3://b/k}",
            InvalidRequest,
            "Given S3 url s3://b/k is invalid.",
            id="bad code signing URL",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/[BUCKET]/key}",
            InvalidRequest,
            "Given S3 url https://s3.amazonaws.com/[BUCKET]/key is invalid.",
            id="no bucket can have the name",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:https://[b].s3.amazonaws.com/key}",
            InvalidRequest,
            "Given S3 url https://[b].s3.amazonaws.com/key is invalid.",
            id="no bucket can have the name, virtual-hosted style",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url-upload:https://s3.amazonaws.com/a[b/key}",
            InvalidRequest,
            "Given S3 url https://s3.amazonaws.com/a[b/key is invalid.",
            id="no bucket can have the name, upload",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/\ud800}",
            InvalidRequest,
            r"Given S3 url https://s3.amazonaws.com/b/\ud800 is invalid.",
            id="half a surrogate pair in the key",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b}",
            InvalidRequest,
            "Provided S3 url is not valid: https://s3.amazonaws.com/b. Error: Key cannot be null",
            id="URL without key",
        ),
        pytest.param(
            DOWNLOAD.removesuffix("}"),
            InvalidJobDocument,
            "One or more parameters or placeholders are not terminated.",
            id="unterminated",
        ),
        pytest.param(
            upload("/${jobId}").removesuffix("}"),
            InvalidJobDocument,
            "One or more parameters or placeholders are not terminated.",
            id="only the inner one terminated",
        ),
        pytest.param(
            upload("/${serial}"),
            InvalidJobDocument,
            "Undefined placeholder, ${serial}, inside of presign url upload parameter",
            id="unknown local placeholder in upload",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/${thingName}}",
            InvalidJobDocument,
            "Local placeholder, ${thingName}, is only valid inside of presign url upload",
            id="local placeholder in download",
        ),
        pytest.param(
            "hello ${jobId}",
            InvalidJobDocument,
            "Local placeholder, ${jobId}, is only valid inside of presign url upload",
            id="local placeholder in plain text",
        ),
        pytest.param(
            upload("/${jobId}/${thingName}-${thingName}-${thingName}"),
            InvalidJobDocument,
            "The occurrence of local placeholder ${thingName} within S3 presigned url upload"
            " placeholder exceeds limit of 2.",
            id="more than two of one local placeholder",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url-upload:https://s3.amazonaws.com/${thingName}/k}",
            InvalidJobDocument,
            "S3 bucket name in presigned url upload is not allowed to contain any placeholders",
            id="placeholder in bucket name, path style",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url-upload:https://b-${jobId}.s3.us-west-2.amazonaws.com/k}",
            InvalidJobDocument,
            "S3 bucket name in presigned url upload is not allowed to contain any placeholders",
            id="placeholder in bucket name, virtual-hosted style",
        ),
        pytest.param(
            upload("/" + DOWNLOAD_V2),
            InvalidJobDocument,
            "${aws:iot:s3-presigned-url-v2[...]} should not be the second layer pattern.",
            id="nested S3 URL placeholder",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:s3://b/${aws:iot:code-sign-signature:s3://us-west-2.b/k@v}}",
            InvalidJobDocument,
            "${aws:iot:code-sign-signature[...]} should not be the second layer pattern.",
            id="nested code signing placeholder",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:${aws:iot:package:firmware:version:1.0:artifact:s3-presigned-url}}",
            InvalidJobDocument,
            "${aws:iot:package:[...]:artifact:s3-presigned-url} cannot be nested inside another"
            " placeholder.",
            id="nested artifact",
        ),
        pytest.param(
            "${aws:iot:package:firmware:version:$null:attributes:url}",
            InvalidJobDocument,
            "$null is not allowed to be referenced as a package version in job documents.",
            id="$null",
        ),
        pytest.param(
            "${aws:iot:package::version:1.0:attributes:url}",
            InvalidJobDocument,
            "Empty package name and version name have to be used in pair.",
            id="only the package name empty",
        ),
        pytest.param(
            "${aws:iot:package:firmware:version::attributes:url}",
            InvalidJobDocument,
            "Empty package name and version name have to be used in pair.",
            id="only the version name empty",
        ),
        pytest.param(
            "${aws:iot:package:toaster:version:1.0:attributes:url}",
            InvalidJobDocument,
            "Package toaster version 1.0 does not match any element in destination package"
            " versions.",
            id="package that is no destination",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:${aws:iot:package:firmware:version:9:attributes:url}}",
            InvalidJobDocument,
            "Package firmware version 9 does not match any element in destination package"
            " versions.",
            id="nested package that is no destination",
        ),
        pytest.param(
            "see ${aws:iot:package:firmware:version:1.0:attributes}",
            InvalidJobDocument,
            ALONE,
            id="text before all attributes",
        ),
        pytest.param(
            "${aws:iot:package:firmware:version:1.0:attributes}.",
            InvalidJobDocument,
            ALONE,
            id="text after all attributes",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:${aws:iot:package:firmware:version:1.0:attributes}}",
            InvalidJobDocument,
            ALONE,
            id="all attributes nested",
        ),
        pytest.param(
            {"${aws:iot:package:firmware:version:1.0:attributes}": 1},
            InvalidJobDocument,
            ALONE,
            id="all attributes as a key",
        ),
    ],
)
def test_placeholders_that_cannot_be_resolved_are_an_error(
    value: object, kind: type[ServiceError], message: str
) -> None:
    error = error_of(of(value), role_arn=ROLE, destination_package_versions=[PACKAGE])
    assert (type(error), error.message) == (kind, message)


@pytest.mark.parametrize(
    "destinations, message",
    [
        pytest.param(
            [PACKAGE, OTHER],
            "Cannot resolve empty package name and version name given multiple elements in"
            " destination package versions.",
            id="empty names with several packages",
        ),
        pytest.param(
            [],
            "Cannot resolve empty package name and version name given no elements in destination"
            " package versions.",
            id="empty names without a package",
        ),
    ],
)
def test_empty_package_names_need_exactly_one_destination(
    destinations: list[str], message: str
) -> None:
    document = of("${aws:iot:package::version::attributes}")
    error = error_of(document, destination_package_versions=destinations)
    assert (type(error), error.message) == (InvalidJobDocument, message)
    check_placeholders(document, job_id="job-1", destination_package_versions=[PACKAGE])


@pytest.mark.parametrize(
    "bucket, role, kind, message",
    [
        pytest.param(
            "b",
            "arn:aws:iam::123456789012:role/none",
            InvalidRole,
            "Permission denied when attempting to use role arn:aws:iam::123456789012:role/none to"
            " access bucket b.",
            id="role cannot reach the upload bucket",
        ),
        pytest.param(
            "far",
            ROLE,
            InvalidRequest,
            "Cross region S3 bucket is not supported for presigned url upload placeholder",
            id="upload bucket in another region",
        ),
        pytest.param(
            "none",
            ROLE,
            InvalidRequest,
            "S3 bucket in job document presigned url upload placeholder not found",
            id="upload bucket missing",
        ),
    ],
)
def test_uploads_need_a_bucket_of_the_region(
    bucket: str, role: str, kind: type[ServiceError], message: str
) -> None:
    document = of(f"${{aws:iot:s3-presigned-url-upload:s3://{bucket}/k}}")
    error = error_of(document, role_arn=role, region="us-west-2", resolver=Host())
    assert (type(error), error.message) == (kind, message)
    check_placeholders(document, job_id="job-1", role_arn=role)


def test_a_job_is_not_created_with_an_upload_into_a_bucket_that_is_not_there() -> None:
    with pytest.raises(InvalidRequest) as caught:
        job_document(
            of("${aws:iot:s3-presigned-url-upload:s3://none/k}"),
            job_id="job-1",
            role_arn=ROLE,
            region="us-west-2",
            resolver=Host(),
        )
    assert (
        caught.value.message
        == "S3 bucket in job document presigned url upload placeholder not found"
    )


def test_a_job_is_not_created_without_the_role_that_its_document_needs() -> None:
    with pytest.raises(InvalidRequest) as caught:
        job_document(of(DOWNLOAD), job_id="job-1")
    assert (
        caught.value.message
        == "Role must be provided for pre-sign S3 urls in job document of job job-1."
    )


def test_the_role_is_checked_before_the_url() -> None:
    assert "Role must be provided" in error_of(of("${aws:iot:s3-presigned-url:nonsense}")).message


def test_placeholders_spelled_in_escapes_are_an_error_too() -> None:
    document = r'{"url": "\u0024{aws:iot:s3-presigned-url:https:\/\/s3.amazonaws.com\/b}"}'
    assert "Key cannot be null" in error_of(document, role_arn=ROLE).message
    with pytest.raises(InvalidRequest, match="Key cannot be null"):
        job_document(document, job_id="job-1", role_arn=ROLE)


def test_what_can_be_resolved_is_accepted() -> None:
    document = json.dumps(
        [
            upload("/${thingName}/${jobId}/${executionNumber}/${thingName}.log"),
            upload(""),
            "${aws:iot:s3-presigned-url-upload:}",
            f"a {DOWNLOAD} b" + "${aws:iot:s3-presigned-url:s3://b/k with blanks}",
            "${aws:iot:s3-presigned-url:${aws:iot:package::version::attributes:url}}",
            "${aws:iot:s3-presigned-url-v2:${aws:iot:parameter:url}}",
            "${aws:iot:package:firmware:version:1.0:attributes}",
            "${aws:iot:code-sign-signature:s3://us-west-2.b/k@v}",
        ]
    )
    check_placeholders(
        document,
        job_id="job-1",
        role_arn=ROLE,
        destination_package_versions=[PACKAGE],
        region="us-west-2",
        resolver=Host(),
    )
