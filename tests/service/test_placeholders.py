"""The grammar of placeholders: what is one, what stands inside it, and what is plain text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_iot_jobs.service.documents.placeholder_checks import check_placeholders
from moto_iot_jobs.service.documents.placeholders import Kind, scan
from moto_iot_jobs.service.errors import InvalidJobDocument
from tests.service.catalog import DOWNLOAD, DOWNLOAD_V2, URL, upload


@pytest.mark.parametrize(
    "string, kind, body",
    [
        (DOWNLOAD, Kind.PRESIGNED_URL, URL),
        ("${aws:iot:s3-presigned-url-v1:s3://b/k}", Kind.PRESIGNED_URL, "s3://b/k"),
        (DOWNLOAD_V2, Kind.PRESIGNED_URL_V2, URL),
        (upload("/k"), Kind.PRESIGNED_UPLOAD, URL),
        ("${aws:iot:s3-presigned-url-upload}", Kind.PRESIGNED_UPLOAD, ""),
        (
            "${aws:iot:code-sign-signature:s3://us-west-2.b/k@v}",
            Kind.CODE_SIGNATURE,
            "s3://us-west-2.b/k@v",
        ),
        ("${aws:iot:parameter:command}", Kind.PARAMETER, "command"),
        ("${aws:iot:package:p:version:v:attributes:k}", Kind.PACKAGE, "p:version:v:attributes:k"),
        ("${thingName}", Kind.LOCAL, "thingName"),
        ("${jobId}", Kind.LOCAL, "jobId"),
        ("${executionNumber}", Kind.LOCAL, "executionNumber"),
    ],
)
def test_every_kind_of_placeholder_is_recognised_amid_text(
    string: str, kind: Kind, body: str
) -> None:
    (placeholder,) = scan("a } " + string + " ${b")
    assert (placeholder.kind, placeholder.body, placeholder.text, placeholder.start) == (
        kind,
        body,
        string,
        4,
    )


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
def test_package_placeholders_say_what_they_stand_for(
    names: str, package: str, version: str, attribute: str | None, artifact: bool
) -> None:
    (placeholder,) = scan(f"${{aws:iot:package:{names}}}")
    reference = placeholder.package
    assert reference is not None
    assert (reference.package, reference.version, reference.attribute, reference.artifact) == (
        package,
        version,
        attribute,
        artifact,
    )
    assert reference.all_attributes == names.endswith("attributes")


@pytest.mark.parametrize(
    "string",
    [
        "${HOME}",
        "${",
        "}",
        "${a${b}",
        "$aws:iot:",
        "${aws:iot:}",
        "${aws:iot:teapot:x}",
        "${aws:iot:package:p}",
        "${thing}",
    ],
)
def test_anything_else_is_plain_text(string: str) -> None:
    assert scan(string) == []
    check_placeholders(json.dumps({string: string}), job_id="job-1")


def test_placeholders_in_plain_braces_count() -> None:
    assert [placeholder.text for placeholder in scan("${a ${thingName} ${b ${jobId}}")] == [
        "${thingName}",
        "${jobId}",
    ]


def test_a_plain_brace_may_stay_open_behind_a_placeholder() -> None:
    assert [placeholder.text for placeholder in scan(f"{DOWNLOAD} ${{b")] == [DOWNLOAD]


def test_placeholders_know_what_stands_inside_them() -> None:
    (upload,) = scan(
        "${aws:iot:s3-presigned-url-upload:s3://b/${aws:iot:parameter:${jobId}}/${x${thingName}}}"
    )
    assert [inner.kind for inner in upload.inner] == [
        Kind.PARAMETER,
        Kind.LOCAL,
        Kind.UNKNOWN,
        Kind.LOCAL,
    ]
    assert all(inner.inner == () for inner in upload.inner)


@pytest.mark.parametrize(
    "string",
    [
        "${${aws:iot:s3-presigned-url-upload:${}}",
        "${x ${aws:iot:s3-presigned-url-upload:s3://b/${thingName}}",
    ],
)
def test_what_stands_inside_an_upload_in_plain_braces_is_found_once_and_inside_it(
    string: str,
) -> None:
    (upload,) = scan(string)
    assert upload.kind is Kind.PRESIGNED_UPLOAD
    assert len(upload.inner) == 1


PARTS = [
    "${",
    "}",
    "${aws:iot:parameter:",
    "${aws:iot:s3-presigned-url-upload:",
    "${jobId}",
    "${a}",
    "x",
]


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
