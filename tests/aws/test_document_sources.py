"""Documents to the last byte: what is kept of them, where they may lie in S3, and what a device
gets over HTTPS (captured).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

URL = "https://s3.eu-west-1.amazonaws.com/documents/job.json"


@pytest.fixture
def documents(aws: Aws) -> Aws:
    """An account with a bucket for documents."""
    location = {"LocationConstraint": aws.region}
    aws.client("s3").create_bucket(Bucket="documents", CreateBucketConfiguration=location)
    return aws


def put(aws: Aws, body: bytes, key: str = "job.json") -> None:
    aws.client("s3").put_object(Bucket="documents", Key=key, Body=body)


def document_of(aws: Aws, job_id: str = "j1", **members: Any) -> str:
    document: str = aws.iot.get_job_document(jobId=job_id, **members)["document"]
    return document


def given(aws: Aws, document: str) -> str:
    aws.job("j1", "t1", document=document)
    text: str = aws.device.describe_job_execution(thingName="t1", jobId="j1")["execution"][
        "jobDocument"
    ]
    return text


# Where a document may be


@pytest.mark.parametrize(
    "key, source",
    [
        ("a/b/c.json", "https://s3.eu-west-1.amazonaws.com/documents/a/b/c.json"),
        ("a b+c.json", "https://documents.s3.eu-west-1.amazonaws.com/a%20b%2Bc.json"),
        ("ü.json", "https://s3.amazonaws.com/documents/%C3%BC.json"),
        ("ü.json", "https://s3.amazonaws.com/documents/ü.json"),
        ("a%20b.json", "s3://documents/a%20b.json"),
        ("a b.json", "s3://documents/a b.json"),
        ("job.json", "http://documents.s3-eu-west-1.amazonaws.com/job.json"),
        ("job.json", "https://s3.eu-central-1.amazonaws.com/documents/job.json"),
    ],
)
def test_a_key_is_decoded_in_web_addresses_only(documents: Aws, key: str, source: str) -> None:
    put(documents, b'{"from":"s3"}', key)
    documents.job("j1", "t1", documentSource=source)
    assert document_of(documents) == '{"from":"s3"}'
    assert documents.iot.describe_job(jobId="j1")["documentSource"] == source


def test_a_source_is_kept_byte_for_byte(documents: Aws) -> None:
    text = '{\r\n\t"a" :\t2.50,  "ü": "\\u00fc\\/",\n "none": null }\n\n'
    put(documents, text.encode())
    documents.job("j1", "t1", documentSource=URL)
    assert document_of(documents) == text
    assert document_of(documents, beforeSubstitution=True) == text


@pytest.mark.parametrize("size, fits", [(32768, True), (32769, False)])
def test_a_source_has_at_most_32768_bytes(documents: Aws, size: int, fits: bool) -> None:
    put(documents, json.dumps("d" * (size - 2)).encode())
    request = {"jobId": "j1", "targets": [documents.thing("t1")], "documentSource": URL}
    if fits:
        documents.iot.create_job(**request)
        assert len(document_of(documents)) == size
    else:
        documents.raises("LimitExceededException", 410, documents.iot.create_job, **request)


def test_a_document_in_the_request_is_measured_in_characters(aws: Aws) -> None:
    document = json.dumps("é" * 32766, ensure_ascii=False)
    aws.job("j1", "t1", document=document)
    assert document_of(aws) == document
    request = {"jobId": "j2", "targets": [aws.thing("t1")], "document": document + " "}
    message = aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request).message
    assert (
        "at 'document' failed to satisfy constraint: Member must have length less than or equal to"
        " 32768" in message
    )


@pytest.mark.parametrize(
    "body", [b"\xff\xfe{}", b'\xef\xbb\xbf{"a":1}', b'{"a": "\xe9"}', b"{'a': 1}"]
)
def test_a_source_must_be_json_in_utf_8(documents: Aws, body: bytes) -> None:
    put(documents, body)
    request = {"jobId": "j1", "targets": [documents.thing("t1")], "documentSource": URL}
    message = documents.raises(
        "InvalidRequestException", 400, documents.iot.create_job, **request
    ).message
    assert message == f"Job document located at {URL} is an invalid JSON document."


@pytest.mark.parametrize(
    "source, code, status, message",
    [
        (
            "https://example.com/x",
            "InvalidRequestException",
            400,
            "Job document source https://example.com/x is invalid.",
        ),
        (
            "s3://documents/ghost",
            "InvalidRequestException",
            400,
            "Job document located at s3://documents/ghost is not found.",
        ),
        (
            "s3://ghost/x",
            "InvalidRequestException",
            400,
            "Bucket specified by url: s3://ghost/x is not found.",
        ),
        (
            "s3://documents/big",
            "LimitExceededException",
            410,
            "Job document from s3://documents/big exceeds size limit 32768 bytes.",
        ),
    ],
    ids=["not S3", "no object", "no bucket", "too big"],
)
def test_a_source_is_an_error_for_a_template_as_for_a_job(
    documents: Aws, source: str, code: str, status: int, message: str
) -> None:
    put(documents, json.dumps("d" * 32768).encode(), "big")
    request = {"jobTemplateId": "m1", "description": "d", "documentSource": source}
    assert (
        documents.raises(code, status, documents.iot.create_job_template, **request).message
        == message
    )
    assert documents.iot.list_job_templates()["jobTemplates"] == []


def test_a_bucket_of_another_account_cannot_be_seen(documents: Aws) -> None:
    put(documents, b"{}")
    role = {"RoleArn": "arn:aws:iam::999999999999:role/other", "RoleSessionName": "other"}
    session = documents.client("sts").assume_role(**role)["Credentials"]
    other = documents.client(
        "iot",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=documents.iot.meta.config,
    )
    thing = other.create_thing(thingName="t1")["thingArn"]
    assert ":999999999999:" in thing
    request = {"jobId": "j1", "targets": [thing], "documentSource": URL}
    message = documents.raises("InvalidRequestException", 400, other.create_job, **request).message
    assert message == f"Bucket specified by url: {URL} is not found."


def test_a_deleted_object_does_not_matter_any_more(documents: Aws) -> None:
    put(documents, b'{"version":1}')
    documents.job("j1", "t1", documentSource=URL)
    s3 = documents.client("s3")
    s3.delete_object(Bucket="documents", Key="job.json")
    s3.delete_bucket(Bucket="documents")
    execution = documents.device.start_next_pending_job_execution(thingName="t1")["execution"]
    assert execution["jobDocument"] == '{"version":1}'


# What a device receives over HTTPS


@pytest.mark.parametrize(
    "document, received",
    [
        ('{ "a" : 1 ,\n"b": [ 1, 2 ] }', '{"a":1,"b":[1,2]}'),
        ('{"a": null, "b": {"c": null}}', '{"b":{}}'),
        ("[null, {}]", "[null,{}]"),
        ('{"a": 1, "b": 2, "a": 3}', '{"a":3,"b":2}'),
        ("2.50", "2.5"),
        ("1E2", "100.0"),
        ("1e-7", "1.0E-7"),
        ("12345678.9", "1.23456789E7"),
        ("-0", "0"),
        ("1E400", '"Infinity"'),
        ("-1E400", '"-Infinity"'),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ('"\\u00e9\\/\\u0041"', '"é/A"'),
        ('"\\u001f\\n\\u007f"', '"\\u001F\\n\x7f"'),
        ('"\\ud83d\\ude00"', '"😀"'),
        ('"\\ud83d"', '"\\uD83D"'),
        ('"text"', '"text"'),
        ("true", "true"),
        ("null", "null"),
    ],
)
def test_a_device_receives_the_document_written_anew(
    aws: Aws, document: str, received: str
) -> None:
    assert given(aws, document) == received
    assert document_of(aws) == document


def test_a_device_gets_the_document_as_a_string(aws: Aws) -> None:
    aws.job("j1", "t1", document='{"op": "x"}')
    for path in ("/things/t1/jobs/j1", "/things/t1/jobs/%24next"):
        body = aws.http("GET", path, service="iot-jobs-data").json()
        assert body["execution"]["jobDocument"] == '{"op":"x"}'


def test_deep_documents_are_written_and_deeper_ones_are_errors(aws: Aws) -> None:
    assert given(aws, "[" * 900 + "]" * 900) == "[" * 900 + "]" * 900
    request = {
        "jobId": "j2",
        "targets": [aws.thing("t1")],
        "document": '{"a":' * 1001 + "1" + "}" * 1001,
    }
    message = aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request).message
    assert message == "Job document located at request input is an invalid JSON document."


def test_what_looks_like_a_placeholder_and_is_none_is_text(aws: Aws) -> None:
    document = '{"shell": "${HOME}/${PATH", "other": "${aws:other:thing}"}'
    assert json.loads(given(aws, document)) == json.loads(document)
