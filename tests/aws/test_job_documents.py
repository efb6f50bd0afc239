"""A job's document: given, or read once from S3, and handed back as it was (developer guide,
Create and manage jobs).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws, ServiceError

pytestmark = pytest.mark.on_aws

URL = "https://s3.eu-west-1.amazonaws.com/documents/job.json"


def put(aws: Aws, body: bytes, key: str = "job.json") -> None:
    s3 = aws.client("s3")
    if "documents" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(
            Bucket="documents", CreateBucketConfiguration={"LocationConstraint": aws.region}
        )
    s3.put_object(Bucket="documents", Key=key, Body=body)


def document_of(aws: Aws, job_id: str) -> str:
    document: str = aws.iot.get_job_document(jobId=job_id)["document"]
    return document


def error_of(aws: Aws, code: str, status: int, **origin: str) -> ServiceError:
    """Insist that a job is refused for the origin of its document."""
    targets = [aws.thing("t1")]
    return aws.raises(code, status, aws.iot.create_job, jobId="j1", targets=targets, **origin)


@pytest.mark.parametrize(
    "document",
    [
        '{ "op" :\t"x",\n "n": 2.50, "none": null }',
        "[1, 2]",
        '"text"',
        "7",
        "null",
        "true",
        '{"é": "\\u00e9 世界"}',
    ],
)
def test_get_job_document_returns_the_document_byte_for_byte(aws: Aws, document: str) -> None:
    aws.job("j1", "t1", document=document)
    assert document_of(aws, "j1") == document


@pytest.mark.parametrize(
    "document",
    ["", "{", "{'op': 1}", "NaN", '{"n": Infinity}', "{} {}", "[" * 1001 + "]" * 1001],
    ids=[
        "nothing",
        "unfinished",
        "single quotes",
        "not a number",
        "infinity",
        "two values",
        "nested too deep",
    ],
)
def test_a_document_that_is_not_json_is_an_error(aws: Aws, document: str) -> None:
    error = error_of(aws, "InvalidRequestException", 400, document=document)
    assert error.message == "Job document located at request input is an invalid JSON document."


def test_a_document_of_32768_characters_is_accepted(aws: Aws) -> None:
    document = json.dumps("d" * 32766)
    aws.job("j1", "t1", document=document)
    assert document_of(aws, "j1") == document


def test_the_document_of_an_unknown_job_is_not_found(aws: Aws) -> None:
    error = aws.raises("ResourceNotFoundException", 404, aws.iot.get_job_document, jobId="ghost")
    assert error.message == "Job ghost cannot be found."


def test_presigned_urls_are_never_in_responses_of_the_control_plane(aws: Aws) -> None:
    document = (
        '{"url":'
        ' "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/documents/job.json}"}'
    )
    aws.job(
        "j1",
        "t1",
        document=document,
        presignedUrlConfig={"roleArn": "arn:aws:iam::123456789012:role/jobs"},
    )
    assert document_of(aws, "j1") == document
    assert aws.iot.get_job_document(jobId="j1", beforeSubstitution=True)["document"] == document


def test_the_device_gets_the_document_parsed_and_written_anew(aws: Aws) -> None:
    """Compact, without members that are null, numbers as Java writes them (captured)."""
    document = '{ "b": 2.50, "a": [1, null, 1E2], "none": null, "s": "\\u00e9\\/", "b": 3 }'
    aws.job("j1", "t1", document=document)
    given = aws.device.describe_job_execution(thingName="t1", jobId="j1")["execution"][
        "jobDocument"
    ]
    assert given == '{"b":3,"a":[1,null,100.0],"s":"é/"}'


@pytest.mark.parametrize(
    "source",
    [
        URL,
        "https://s3-eu-west-1.amazonaws.com/documents/job.json",
        "https://s3.amazonaws.com/documents/job.json",
        "https://documents.s3.eu-west-1.amazonaws.com/job.json",
        "https://documents.s3.amazonaws.com/job.json",
        "http://s3.eu-west-1.amazonaws.com/documents/job.json",
        "s3://documents/job.json",
    ],
)
def test_a_source_may_be_written_in_each_of_the_forms_of_s3(aws: Aws, source: str) -> None:
    put(aws, b'{"from": "s3"}')
    aws.job("j1", "t1", documentSource=source)
    assert document_of(aws, "j1") == '{"from": "s3"}'
    assert aws.iot.describe_job(jobId="j1")["documentSource"] == source


def test_the_key_of_a_web_address_is_decoded(aws: Aws) -> None:
    put(aws, b'{"from": "s3"}', key="a folder/job.json")
    aws.job(
        "j1",
        "t1",
        documentSource="https://s3.eu-west-1.amazonaws.com/documents/a%20folder/job.json",
    )
    assert document_of(aws, "j1") == '{"from": "s3"}'


def test_the_source_is_read_once_at_creation(aws: Aws) -> None:
    put(aws, b'{"version": 1}')
    aws.job("j1", "t1", documentSource=URL)
    put(aws, b'{"version": 2}')
    assert document_of(aws, "j1") == '{"version": 1}'


@pytest.mark.parametrize(
    "source, message",
    [
        ("https://example.com/a/b", "Job document source https://example.com/a/b is invalid."),
        ("not a url", "Job document source not a url is invalid."),
        (
            "https://s3.eu-west-1.amazonaws.com/documents",
            (
                "Provided S3 url is not valid: https://s3.eu-west-1.amazonaws.com/documents. Error:"
                " Key cannot be null"
            ),
        ),
        ("s3://ghost/job.json", "Bucket specified by url: s3://ghost/job.json is not found."),
        (
            "s3://documents/ghost.json",
            "Job document located at s3://documents/ghost.json is not found.",
        ),
        (
            "s3://documents/broken.json",
            "Job document located at s3://documents/broken.json is an invalid JSON document.",
        ),
        (
            "s3://documents/empty.json",
            "Job document located at s3://documents/empty.json is an invalid JSON document.",
        ),
    ],
)
def test_a_source_that_cannot_be_used_is_an_error(aws: Aws, source: str, message: str) -> None:
    put(aws, b"{}")
    put(aws, b"{", key="broken.json")
    put(aws, b"", key="empty.json")
    error = error_of(aws, "InvalidRequestException", 400, documentSource=source)
    assert error.message == message
    assert aws.iot.list_jobs()["jobs"] == []


def test_a_source_above_32768_bytes_is_beyond_the_limit(aws: Aws) -> None:
    put(aws, json.dumps("d" * 32767).encode())
    error = error_of(aws, "LimitExceededException", 410, documentSource=URL)
    assert error.message == f"Job document from {URL} exceeds size limit 32768 bytes."


def test_a_source_is_measured_in_bytes(aws: Aws) -> None:
    put(aws, json.dumps("é" * 16384, ensure_ascii=False).encode())
    error_of(aws, "LimitExceededException", 410, documentSource=URL)
