from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.documents import JobDocument, S3Location
from moto_iot_jobs.service.errors import InvalidJobDocument, InvalidRequest, InvalidRole, Refusal
from moto_iot_jobs.service.placeholders import Kind, check_placeholders, scan
from moto_iot_jobs.service.substitution import fill, job_document, substitute_packages, substitute_parameters

ROLE = "arn:aws:iam::123456789012:role/presign"
PACKAGE = "arn:aws:iot:us-west-2:123456789012:package/firmware/version/1.0"
DEFAULT = "arn:aws:iot:us-west-2:123456789012:package/firmware/version/$default"
OTHER = "arn:aws:iot:us-west-2:123456789012:package/driver/version/2.0"
URL = "https://s3.us-west-2.amazonaws.com/b/k"
DOWNLOAD = "${aws:iot:s3-presigned-url:https://s3.us-west-2.amazonaws.com/b/k}"
DOWNLOAD_V2 = "${aws:iot:s3-presigned-url-v2:https://s3.us-west-2.amazonaws.com/b/k}"


def upload(path: str) -> str:
    return "${aws:iot:s3-presigned-url-upload:https://s3.us-west-2.amazonaws.com/b" + path + "}"


def of(value: object) -> str:
    return json.dumps({"step": value})


CATALOG = {
    ("firmware", "1.0"): {"url": URL, "note": 'say "hi"'},
    ("firmware", "$default"): {"url": "https://b.s3.amazonaws.com/default"},
    ("driver", "2.0"): {},
}


class Host:
    """S3 with the buckets `b` (us-west-2) and `far`, and the catalog; the package `driver` has no artifact."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent

    def presigned_get(self, location: S3Location) -> str | None:
        version = f"?versionId={location.version_id}" if location.version_id else ""
        return None if self.silent else f"GET {location.bucket}/{location.key}{version}"

    def presigned_put(self, location: S3Location) -> str | None:
        return None if self.silent else f"PUT {location.bucket}/{location.key}"

    def code_signature(self, location: S3Location) -> str | None:
        return None if self.silent else f"signed {location}"

    def bucket_region(self, bucket: str) -> str | None:
        return {"b": "us-west-2", "far": "eu-west-1"}.get(bucket)

    def can_upload(self, role_arn: str, bucket: str) -> bool:
        return role_arn == ROLE

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        return CATALOG[package, version]

    def artifact(self, package: str, version: str) -> S3Location | None:
        return S3Location("artifacts", f"{package}.bin", version_id="v7") if package == "firmware" else None


def refusal(document: str, **circumstances: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check_placeholders(document, job_id="job-1", **circumstances)
    return caught.value


# The grammar


@pytest.mark.parametrize(
    "string, kind, body",
    [
        (DOWNLOAD, Kind.PRESIGNED_URL, URL),
        ("${aws:iot:s3-presigned-url-v1:s3://b/k}", Kind.PRESIGNED_URL, "s3://b/k"),
        (DOWNLOAD_V2, Kind.PRESIGNED_URL_V2, URL),
        (upload("/k"), Kind.PRESIGNED_UPLOAD, URL),
        ("${aws:iot:s3-presigned-url-upload}", Kind.PRESIGNED_UPLOAD, ""),
        ("${aws:iot:code-sign-signature:s3://us-west-2.b/k@v}", Kind.CODE_SIGNATURE, "s3://us-west-2.b/k@v"),
        ("${aws:iot:parameter:command}", Kind.PARAMETER, "command"),
        ("${aws:iot:package:p:version:v:attributes:k}", Kind.PACKAGE, "p:version:v:attributes:k"),
        ("${thingName}", Kind.LOCAL, "thingName"),
        ("${jobId}", Kind.LOCAL, "jobId"),
        ("${executionNumber}", Kind.LOCAL, "executionNumber"),
    ],
)
def test_every_kind_of_placeholder_is_recognised_amid_text(string: str, kind: Kind, body: str) -> None:
    (placeholder,) = scan("a } " + string + " ${b")
    assert (placeholder.kind, placeholder.body, placeholder.text, placeholder.start) == (kind, body, string, 4)


@pytest.mark.parametrize(
    "names, package, version, attribute, artifact",
    [
        ("p:version:v:attributes:k:l", "p", "v", "k:l", False),
        ("p:version:v:attributes", "p", "v", None, False),
        (":version::attributes:k", "", "", "k", False),
        (":version::attributes", "", "", None, False),
        ("p:version:$default:attributes:k", "p", "$default", "k", False),
        ("p:version:v:artifact-location:s3-presigned-url", "p", "v", None, True),
        ("p:version:v:artifact:s3-presigned-url", "p", "v", None, True),
    ],
)
def test_package_placeholders_say_what_they_ask_for(
    names: str, package: str, version: str, attribute: str | None, artifact: bool
) -> None:
    (placeholder,) = scan(f"${{aws:iot:package:{names}}}")
    asked = placeholder.package
    assert asked is not None
    assert (asked.package, asked.version, asked.attribute, asked.artifact) == (package, version, attribute, artifact)
    assert asked.all_attributes == names.endswith("attributes")


@pytest.mark.parametrize(
    "string",
    ["${HOME}", "${", "}", "${a${b}", "$aws:iot:", "${aws:iot:}", "${aws:iot:teapot:x}", "${aws:iot:package:p}", "${thing}"],
)
def test_anything_else_is_plain_text(string: str) -> None:
    assert scan(string) == []
    check_placeholders(json.dumps({string: string}), job_id="job-1")


def test_placeholders_in_plain_braces_count() -> None:
    assert [placeholder.text for placeholder in scan("${a ${thingName} ${b ${jobId}}")] == ["${thingName}", "${jobId}"]


def test_placeholders_know_what_stands_inside_them() -> None:
    (upload,) = scan("${aws:iot:s3-presigned-url-upload:s3://b/${aws:iot:parameter:${jobId}}/${x${thingName}}}")
    assert [inner.kind for inner in upload.inner] == [Kind.PARAMETER, Kind.LOCAL, Kind.UNKNOWN, Kind.LOCAL]
    assert all(inner.inner == () for inner in upload.inner)


@pytest.mark.parametrize(
    "string", ["${${aws:iot:s3-presigned-url-upload:${}}", "${x ${aws:iot:s3-presigned-url-upload:s3://b/${thingName}}"]
)
def test_what_stands_inside_an_upload_in_plain_braces_is_found_once_and_inside_it(string: str) -> None:
    (upload,) = scan(string)
    assert upload.kind is Kind.PRESIGNED_UPLOAD
    assert len(upload.inner) == 1


PARTS = ["${", "}", "${aws:iot:parameter:", "${aws:iot:s3-presigned-url-upload:", "${jobId}", "${a}", "x"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_placeholders_stand_where_they_say_one_after_the_other(string: str) -> None:
    try:
        found = scan(string)
    except InvalidJobDocument:
        assert "${aws:iot:" in string
        return
    end = 0
    for placeholder in found:
        assert placeholder.start >= end
        end = placeholder.start + len(placeholder.text)
        assert string[placeholder.start : end] == placeholder.text
        for inner in placeholder.inner:
            assert string[inner.start :].startswith(inner.text)
            assert placeholder.start < inner.start < end


# Refusals at creation


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
            "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document.",
            id="only v2 placeholders",
        ),
        pytest.param(
            upload("/k"),
            InvalidRequest,
            "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document.",
            id="upload",
        ),
        pytest.param(
            "${aws:iot:package:firmware:version:1.0:artifact:s3-presigned-url}",
            InvalidRequest,
            "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document "
            "for package firmware version 1.0 artifact.",
            id="artifact",
        ),
    ],
)
def test_presigned_urls_need_a_role(value: str, kind: type[Refusal], message: str) -> None:
    refused = refusal(of(value), destination_package_versions=[PACKAGE])
    assert (type(refused), refused.message) == (kind, message)
    check_placeholders(of(value), job_id="job-1", role_arn=ROLE, destination_package_versions=[PACKAGE])


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
            "The occurrence of local placeholder ${thingName} within S3 presigned url upload placeholder exceeds limit of 2.",
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
            "${aws:iot:package:[...]:artifact:s3-presigned-url} cannot be nested inside another placeholder.",
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
            "Package toaster version 1.0 does not match any element in destination package versions.",
            id="package that is no destination",
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:${aws:iot:package:firmware:version:9:attributes:url}}",
            InvalidJobDocument,
            "Package firmware version 9 does not match any element in destination package versions.",
            id="nested package that is no destination",
        ),
        pytest.param(
            "see ${aws:iot:package:firmware:version:1.0:attributes}", InvalidJobDocument, ALONE, id="text before all attributes"
        ),
        pytest.param(
            "${aws:iot:package:firmware:version:1.0:attributes}.", InvalidJobDocument, ALONE, id="text after all attributes"
        ),
        pytest.param(
            "${aws:iot:s3-presigned-url:${aws:iot:package:firmware:version:1.0:attributes}}",
            InvalidJobDocument,
            ALONE,
            id="all attributes nested",
        ),
        pytest.param(
            {"${aws:iot:package:firmware:version:1.0:attributes}": 1}, InvalidJobDocument, ALONE, id="all attributes as a key"
        ),
    ],
)
def test_placeholders_that_cannot_be_resolved_are_refused(value: object, kind: type[Refusal], message: str) -> None:
    refused = refusal(of(value), role_arn=ROLE, destination_package_versions=[PACKAGE])
    assert (type(refused), refused.message) == (kind, message)


@pytest.mark.parametrize(
    "destinations, message",
    [
        pytest.param(
            [PACKAGE, OTHER],
            "Cannot resolve empty package name and version name given multiple elements in destination package versions.",
            id="empty names with several packages",
        ),
        pytest.param(
            [],
            "Cannot resolve empty package name and version name given no elements in destination package versions.",
            id="empty names without a package",
        ),
    ],
)
def test_empty_package_names_need_exactly_one_destination(destinations: list[str], message: str) -> None:
    document = of("${aws:iot:package::version::attributes}")
    refused = refusal(document, destination_package_versions=destinations)
    assert (type(refused), refused.message) == (InvalidJobDocument, message)
    check_placeholders(document, job_id="job-1", destination_package_versions=[PACKAGE])


@pytest.mark.parametrize(
    "bucket, role, kind, message",
    [
        pytest.param(
            "b",
            "arn:aws:iam::123456789012:role/none",
            InvalidRole,
            "Permission denied when attempting to use role arn:aws:iam::123456789012:role/none to access bucket b.",
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
def test_uploads_need_a_bucket_of_the_region(bucket: str, role: str, kind: type[Refusal], message: str) -> None:
    document = of(f"${{aws:iot:s3-presigned-url-upload:s3://{bucket}/k}}")
    refused = refusal(document, role_arn=role, region="us-west-2", resolver=Host())
    assert (type(refused), refused.message) == (kind, message)
    check_placeholders(document, job_id="job-1", role_arn=role)


def test_the_role_is_asked_for_before_the_url_is_looked_at() -> None:
    assert "Role must be provided" in refusal(of("${aws:iot:s3-presigned-url:nonsense}")).message


def test_placeholders_spelled_in_escapes_are_refused_too() -> None:
    document = r'{"url": "\u0024{aws:iot:s3-presigned-url:https:\/\/s3.amazonaws.com\/b}"}'
    assert "Key cannot be null" in refusal(document, role_arn=ROLE).message
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


# Substitution


def test_parameters_are_put_in_and_optional_ones_leave_nothing() -> None:
    document = '{ "a": "${aws:iot:parameter:x} and ${aws:iot:parameter:y}", "b": "\\u0041${HOME}", "c": 1.0 }'
    substituted = substitute_parameters(document, {"x": 'say "${aws:iot:parameter:y}"'})
    assert substituted == '{ "a": "say \\"${aws:iot:parameter:y}\\" and ", "b": "\\u0041${HOME}", "c": 1.0 }'


def test_a_parameter_may_be_a_presigned_url_placeholder() -> None:
    assert substitute_parameters('["${aws:iot:parameter:url}"]', {"url": DOWNLOAD}) == json.dumps([DOWNLOAD])


@pytest.mark.parametrize(
    "document, substituted",
    [
        pytest.param(
            '{"a": "at ${aws:iot:package:firmware:version:1.0:attributes:url}!"}', f'{{"a": "at {URL}!"}}', id="one attribute"
        ),
        pytest.param('["${aws:iot:package::version::attributes:note}" ]', r'["say \"hi\"" ]', id="empty names, value escaped"),
        pytest.param(
            '{"a" : "${aws:iot:package:firmware:version:1.0:attributes}"}',
            rf'{{"a" : {{"url":"{URL}","note":"say \"hi\""}}}}',
            id="all attributes",
        ),
        pytest.param(
            '"${aws:iot:package::version::attributes}"', rf'{{"url":"{URL}","note":"say \"hi\""}}', id="both together"
        ),
        pytest.param(
            '["${aws:iot:s3-presigned-url:${aws:iot:package::version::attributes:url}}"]',
            json.dumps([DOWNLOAD]),
            id="inside a presigned URL placeholder",
        ),
        pytest.param(
            '["${aws:iot:package::version::artifact:s3-presigned-url}"]',
            '["${aws:iot:package:firmware:version:1.0:artifact-location:s3-presigned-url}"]',
            id="artifact, for later",
        ),
        pytest.param('{ "a": "\\u0041${HOME}", "b": 1.0 }', '{ "a": "\\u0041${HOME}", "b": 1.0 }', id="nothing to do"),
    ],
)
def test_package_attributes_are_put_in(document: str, substituted: str) -> None:
    assert substitute_packages(document, [PACKAGE], Host()) == substituted


def test_the_default_version_is_left_to_the_catalog() -> None:
    document = '["${aws:iot:package:firmware:version:$default:attributes:url}"]'
    check_placeholders(document, job_id="job-1", destination_package_versions=[DEFAULT])
    assert substitute_packages(document, [DEFAULT], Host()) == '["https://b.s3.amazonaws.com/default"]'


@pytest.mark.parametrize(
    "asked, message",
    [
        pytest.param(
            "artifact-location:s3-presigned-url",
            "Package driver version 2.0 does not have an associated artifact to generate an S3 presigned url.",
            id="no artifact",
        ),
        pytest.param("attributes:url", "Package driver version 2.0 does not have an attribute url.", id="no attribute"),
    ],
)
def test_what_a_package_version_lacks_is_refused(asked: str, message: str) -> None:
    with pytest.raises(InvalidJobDocument) as caught:
        job_document(
            f'["${{aws:iot:package:driver:version:2.0:{asked}}}"]',
            job_id="job-1",
            role_arn=ROLE,
            destination_package_versions=[OTHER],
            resolver=Host(),
        )
    assert caught.value.message == message


def test_a_bad_url_from_a_package_attribute_is_refused_at_creation() -> None:
    with pytest.raises(InvalidRequest, match=r'^Given S3 url say "hi" is invalid\.$'):
        job_document(
            '["${aws:iot:s3-presigned-url:${aws:iot:package::version::attributes:note}}"]',
            job_id="job-1",
            role_arn=ROLE,
            destination_package_versions=[PACKAGE],
            resolver=Host(),
        )


def test_the_url_of_an_upload_may_come_from_a_package_attribute() -> None:
    document = job_document(
        '["${aws:iot:s3-presigned-url-upload:${aws:iot:package::version::attributes:url}}"]',
        job_id="job-1",
        role_arn=ROLE,
        destination_package_versions=[PACKAGE],
        region="us-west-2",
        resolver=Host(),
    )
    assert fill(document, Host(), thing_name="lamp", job_id="job-1", execution_number=1) == '["PUT b/k"]'


def test_the_document_before_substitution_is_kept() -> None:
    text = '{ "a": "${aws:iot:package::version::attributes:url}" }'
    document = job_document(text, job_id="job-1", destination_package_versions=[PACKAGE], resolver=Host())
    assert document.before_substitution == text
    assert document.text == f'{{ "a": "{URL}" }}'
    assert document.rendered == f'{{"a":"{URL}"}}'
    assert not document.needs_device_values


def test_a_document_without_placeholders_is_taken_as_it_is() -> None:
    document = job_document('{ "a": "$HOME" }', job_id="job-1", resolver=Host())
    assert (document.text, document.before_substitution) == ('{ "a": "$HOME" }', '{ "a": "$HOME" }')
    assert fill(document, Host(), thing_name="lamp", job_id="job-1", execution_number=1) == '{"a":"$HOME"}'


def test_without_a_resolver_packages_stay_as_they_are() -> None:
    text = '{"a":"${aws:iot:package:firmware:version:1.0:attributes:url}"}'
    document = job_document(text, job_id="job-1", destination_package_versions=[PACKAGE])
    assert (document.text, document.rendered) == (text, text)
    assert filled(text) == text


# What a device receives


def filled(text: str, host: Host | None = None) -> str:
    return fill(JobDocument.of(text), host or Host(), thing_name="lamp:1", job_id="job-1", execution_number=2)


@pytest.mark.parametrize(
    "placeholder, value",
    [
        (DOWNLOAD, "GET b/k"),
        ("${aws:iot:s3-presigned-url:s3://b/k%3FversionId%3Dv1}", "GET b/k%3FversionId%3Dv1"),
        ("${aws:iot:s3-presigned-url-v2:https://b.s3.amazonaws.com/a%20b%3FversionId%3Dv1}", "GET b/a b?versionId=v1"),
        (upload("/${thingName}/${jobId}-${executionNumber}"), "PUT b/lamp:1/job-1-2"),
        (upload(""), "PUT b/lamp:1/job-1/2"),
        ("${aws:iot:s3-presigned-url-upload}", "PUT /lamp:1/job-1/2"),
        (
            "${aws:iot:code-sign-signature:s3://us-west-2.b/k@v}",
            "signed S3Location(bucket='b', key='k', region='us-west-2', version_id='v')",
        ),
        (
            "${aws:iot:package:firmware:version:1.0:artifact-location:s3-presigned-url}",
            "GET artifacts/firmware.bin?versionId=v7",
        ),
    ],
)
def test_placeholders_are_replaced_when_a_device_asks(placeholder: str, value: str) -> None:
    assert filled(json.dumps({"a": f"<{placeholder}>"})) == json.dumps({"a": f"<{value}>"}, separators=(",", ":"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps([DOWNLOAD]), id="the host gives no URL"),
        pytest.param(json.dumps([upload("/k")]), id="the host gives no upload URL"),
        pytest.param('["${aws:iot:code-sign-signature:s3://us-west-2.b/k@v}"]', id="the host gives no signature"),
        pytest.param('["${aws:iot:package:driver:version:2.0:artifact:s3-presigned-url}"]', id="no artifact any more"),
        pytest.param('["${aws:iot:s3-presigned-url:${aws:iot:parameter:url}}"]', id="a parameter without a template"),
        pytest.param('["${aws:iot:parameter:url} ${aws:iot:teapot}"]', id="nothing that is made for devices"),
    ],
)
def test_placeholders_without_a_value_stay_as_they_are(text: str) -> None:
    assert filled(text, Host(silent=True)) == text


def test_values_are_escaped_and_the_rest_is_compact() -> None:
    text = r'{ "a": "${aws:iot:s3-presigned-url:s3://b/\"\u00e9}", "b": [2.50, null], "c": "${HOME}" }'
    assert filled(text) == r'{"a":"GET b/\"é","b":[2.5,null],"c":"${HOME}"}'
