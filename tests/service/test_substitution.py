"""What takes the place of placeholders, when a job is created and when a device asks."""

from __future__ import annotations

import json

import pytest

from moto_iot_jobs.service.documents.document import JobDocument
from moto_iot_jobs.service.documents.placeholder_checks import check_placeholders
from moto_iot_jobs.service.documents.substitution import (
    fill,
    job_document,
    substitute_packages,
    substitute_parameters,
)
from moto_iot_jobs.service.errors import InvalidJobDocument, InvalidRequest
from tests.service.catalog import DEFAULT, DOWNLOAD, OTHER, PACKAGE, ROLE, URL, Host, upload

# When a job is created


def test_parameters_are_put_in_and_optional_ones_leave_nothing() -> None:
    document = (
        '{ "a": "${aws:iot:parameter:x} and ${aws:iot:parameter:y}", "b": "\\u0041${HOME}", "c":'
        " 1.0 }"
    )
    substituted = substitute_parameters(document, {"x": 'say "${aws:iot:parameter:y}"'})
    assert (
        substituted
        == '{ "a": "say \\"${aws:iot:parameter:y}\\" and ", "b": "\\u0041${HOME}", "c": 1.0 }'
    )


def test_a_parameter_may_be_a_presigned_url_placeholder() -> None:
    assert substitute_parameters('["${aws:iot:parameter:url}"]', {"url": DOWNLOAD}) == json.dumps(
        [DOWNLOAD]
    )


@pytest.mark.parametrize(
    "document, substituted",
    [
        pytest.param(
            '{"a": "at ${aws:iot:package:firmware:version:1.0:attributes:url}!"}',
            f'{{"a": "at {URL}!"}}',
            id="one attribute",
        ),
        pytest.param(
            '["${aws:iot:package::version::attributes:note}" ]',
            r'["say \"hi\"" ]',
            id="empty names, value escaped",
        ),
        pytest.param(
            '{"a" : "${aws:iot:package:firmware:version:1.0:attributes}"}',
            rf'{{"a" : {{"url":"{URL}","note":"say \"hi\""}}}}',
            id="all attributes",
        ),
        pytest.param(
            '"${aws:iot:package::version::attributes}"',
            rf'{{"url":"{URL}","note":"say \"hi\""}}',
            id="both together",
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
        pytest.param(
            '{ "a": "\\u0041${HOME}", "b": 1.0 }',
            '{ "a": "\\u0041${HOME}", "b": 1.0 }',
            id="nothing to do",
        ),
    ],
)
def test_package_attributes_are_put_in(document: str, substituted: str) -> None:
    assert substitute_packages(document, [PACKAGE], Host()) == substituted


def test_every_package_named_among_several_is_found() -> None:
    document = json.dumps("${aws:iot:package:firmware:version:1.0:attributes:url}")
    assert substitute_packages(document, [OTHER, PACKAGE], Host()) == json.dumps(URL)


def test_the_default_version_is_left_to_the_catalog() -> None:
    document = '["${aws:iot:package:firmware:version:$default:attributes:url}"]'
    check_placeholders(document, job_id="job-1", destination_package_versions=[DEFAULT])
    assert (
        substitute_packages(document, [DEFAULT], Host()) == '["https://b.s3.amazonaws.com/default"]'
    )


@pytest.mark.parametrize(
    "part, message",
    [
        pytest.param(
            "artifact-location:s3-presigned-url",
            "Package driver version 2.0 does not have an associated artifact to generate an S3"
            " presigned url.",
            id="no artifact",
        ),
        pytest.param(
            "attributes:url",
            "Package driver version 2.0 does not have an attribute url.",
            id="no attribute",
        ),
    ],
)
def test_what_a_package_version_lacks_is_an_error(part: str, message: str) -> None:
    with pytest.raises(InvalidJobDocument) as caught:
        job_document(
            f'["${{aws:iot:package:driver:version:2.0:{part}}}"]',
            job_id="job-1",
            role_arn=ROLE,
            destination_package_versions=[OTHER],
            resolver=Host(),
        )
    assert caught.value.message == message


def test_a_bad_url_from_a_package_attribute_is_an_error_at_creation() -> None:
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
    assert (
        fill(document, Host(), thing_name="lamp", job_id="job-1", execution_number=1)
        == '["PUT b/k"]'
    )


def test_the_document_before_substitution_is_kept() -> None:
    text = '{ "a": "${aws:iot:package::version::attributes:url}" }'
    document = job_document(
        text, job_id="job-1", destination_package_versions=[PACKAGE], resolver=Host()
    )
    assert document.before_substitution == text
    assert document.text == f'{{ "a": "{URL}" }}'
    assert document.rendered == f'{{"a":"{URL}"}}'
    assert not document.needs_device_values


def test_a_document_without_placeholders_is_taken_as_it_is() -> None:
    document = job_document('{ "a": "$HOME" }', job_id="job-1", resolver=Host())
    assert (document.text, document.before_substitution) == ('{ "a": "$HOME" }', '{ "a": "$HOME" }')
    assert (
        fill(document, Host(), thing_name="lamp", job_id="job-1", execution_number=1)
        == '{"a":"$HOME"}'
    )


def test_without_a_resolver_packages_stay_as_they_are() -> None:
    text = '{"a":"${aws:iot:package:firmware:version:1.0:attributes:url}"}'
    document = job_document(text, job_id="job-1", destination_package_versions=[PACKAGE])
    assert (document.text, document.rendered) == (text, text)
    assert filled(text) == text


# What a device receives


def filled(text: str, host: Host | None = None) -> str:
    return fill(
        JobDocument.of(text),
        host or Host(),
        thing_name="lamp:1",
        job_id="job-1",
        execution_number=2,
    )


@pytest.mark.parametrize(
    "placeholder, value",
    [
        (DOWNLOAD, "GET b/k"),
        ("${aws:iot:s3-presigned-url:s3://b/k%3FversionId%3Dv1}", "GET b/k%3FversionId%3Dv1"),
        (
            "${aws:iot:s3-presigned-url-v2:https://b.s3.amazonaws.com/a%20b%3FversionId%3Dv1}",
            "GET b/a b in version v1",
        ),
        (upload("/${thingName}/${jobId}-${executionNumber}"), "PUT b/lamp:1/job-1-2"),
        (upload(""), "PUT b/lamp:1/job-1/2"),
        ("${aws:iot:s3-presigned-url-upload}", "PUT /lamp:1/job-1/2"),
        (
            "${aws:iot:code-sign-signature:s3://us-west-2.b/k@v}",
            "signed S3Location(bucket='b', key='k', region='us-west-2', version_id='v')",
        ),
        (
            "${aws:iot:package:firmware:version:1.0:artifact-location:s3-presigned-url}",
            "GET artifacts/firmware.bin in version v7",
        ),
    ],
)
def test_placeholders_are_replaced_when_a_device_requests_the_document(
    placeholder: str, value: str
) -> None:
    assert filled(json.dumps({"a": f"<{placeholder}>"})) == json.dumps(
        {"a": f"<{value}>"}, separators=(",", ":")
    )


def test_every_placeholder_of_a_string_is_replaced() -> None:
    assert filled(json.dumps(f"{DOWNLOAD} and {upload('/k')}, thanks")) == json.dumps(
        "GET b/k and PUT b/k, thanks"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps([DOWNLOAD]), id="the host gives no URL"),
        pytest.param(json.dumps([upload("/k")]), id="the host gives no upload URL"),
        pytest.param(
            '["${aws:iot:code-sign-signature:s3://us-west-2.b/k@v}"]',
            id="the host gives no signature",
        ),
        pytest.param(
            '["${aws:iot:package:driver:version:2.0:artifact:s3-presigned-url}"]',
            id="no artifact any more",
        ),
        pytest.param(
            '["${aws:iot:s3-presigned-url:${aws:iot:parameter:url}}"]',
            id="a parameter without a template",
        ),
        pytest.param(
            '["${aws:iot:parameter:url} ${aws:iot:teapot}"]', id="nothing that is made for devices"
        ),
    ],
)
def test_placeholders_without_a_value_stay_as_they_are(text: str) -> None:
    assert filled(text, Host(silent=True)) == text


def test_values_are_escaped_and_the_rest_is_compact() -> None:
    text = (
        r'{ "a": "${aws:iot:s3-presigned-url:s3://b/\"\u00e9}", "b": [2.50, null], "c": "${HOME}" }'
    )
    assert filled(text) == r'{"a":"GET b/\"é","b":[2.5,null],"c":"${HOME}"}'
