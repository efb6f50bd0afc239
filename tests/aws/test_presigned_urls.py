"""Presigned URLs in job documents: signed when a device asks, and opened with a client that knows
nothing of AWS.

Source: AWS IoT developer guide, Managing jobs; refusals: its page on troubleshooting, and captures.
"""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

ROLE = "arn:aws:iam::123456789012:role/service-role/jobs"
GET = "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/firmware/image.bin}"
GET_V2 = "${aws:iot:s3-presigned-url-v2:https://s3.eu-west-1.amazonaws.com/firmware/image.bin}"
PUT = "${aws:iot:s3-presigned-url-upload:https://s3.eu-west-1.amazonaws.com/firmware/logs/%s}"
IMAGE = b"\x00\x01firmware\xff"


@pytest.fixture
def firmware(aws: Aws) -> Aws:
    """An account with a versioned bucket that holds an image."""
    bucket(aws, "firmware")
    versioning = {"Status": "Enabled"}
    aws.client("s3").put_bucket_versioning(Bucket="firmware", VersioningConfiguration=versioning)
    put(aws, IMAGE)
    return aws


def bucket(aws: Aws, name: str, region: str = "eu-west-1") -> None:
    aws.client("s3", region=region).create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": region}
    )


def put(aws: Aws, body: bytes, key: str = "image.bin", into: str = "firmware") -> str:
    version: str = aws.client("s3").put_object(Bucket=into, Key=key, Body=body).get("VersionId", "")
    return version


def job(aws: Aws, *placeholders: str, things: tuple[str, ...] = ("t1",), **settings: Any) -> None:
    document = json.dumps({f"url{number}": text for number, text in enumerate(placeholders)})
    aws.job(
        "j1", *things, document=document, **{"presignedUrlConfig": {"roleArn": ROLE}, **settings}
    )


def given(aws: Aws, thing: str = "t1", job_id: str = "j1") -> list[str]:
    """Let a device ask for its document; return its values."""
    execution = aws.device.describe_job_execution(thingName=thing, jobId=job_id)["execution"]
    return list(json.loads(execution["jobDocument"]).values())


def url_of(aws: Aws, *placeholders: str, **settings: Any) -> str:
    job(aws, *placeholders, **settings)
    (url,) = given(aws)
    return url


def parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def open_url(aws: Aws, method: str, url: str, body: bytes | None = None) -> bytes:
    """Follow a URL as a device would: over the network to the server, or in process with
    `requests`, which moto answers.
    """
    if aws.mode == "server":
        kind = {"Content-Type": "application/octet-stream"} if body else {}
        with urllib.request.urlopen(
            urllib.request.Request(url, body, kind, method=method), timeout=30
        ) as response:
            content: bytes = response.read()
        return content
    reply = requests.request(method, url, data=body, timeout=30)
    assert reply.status_code == 200, reply.text
    return reply.content


# Downloads


@pytest.mark.parametrize("placeholder", [GET, GET_V2], ids=["classic", "v2"])
def test_a_download_url_opens(firmware: Aws, placeholder: str) -> None:
    url = url_of(firmware, placeholder)
    assert open_url(firmware, "GET", url) == IMAGE


@pytest.mark.parametrize(
    "address",
    [
        "https://s3.eu-west-1.amazonaws.com/firmware/image.bin",
        "https://s3-eu-west-1.amazonaws.com/firmware/image.bin",
        "https://s3.amazonaws.com/firmware/image.bin",
        "https://firmware.s3.eu-west-1.amazonaws.com/image.bin",
        "https://firmware.s3.amazonaws.com/image.bin",
        "http://s3.eu-west-1.amazonaws.com/firmware/image.bin",
    ],
)
def test_an_object_may_be_named_in_each_of_the_forms_of_s3(firmware: Aws, address: str) -> None:
    url = url_of(firmware, "${aws:iot:s3-presigned-url:" + address + "}")
    assert open_url(firmware, "GET", url) == IMAGE


def test_text_around_a_placeholder_stays(firmware: Aws) -> None:
    text = url_of(firmware, f"wget '{GET}' && wget '{GET_V2}'")
    before, first, between, second, after = text.split("'")
    assert (before, between, after) == ("wget ", " && wget ", "")
    assert open_url(firmware, "GET", first) == open_url(firmware, "GET", second) == IMAGE


def test_a_version_of_the_object_may_be_requested(firmware: Aws) -> None:
    old = put(firmware, b"old")
    put(firmware, b"new")
    versioned = GET_V2.replace("image.bin", f"image.bin%3FversionId%3D{old}")
    url = url_of(firmware, versioned)
    assert parameters(url)["versionId"] == old
    assert open_url(firmware, "GET", url) == b"old"


@pytest.mark.parametrize(
    "placeholder, key",
    [
        (
            "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/firmware/a b/ü.bin}",
            "a b/ü.bin",
        ),
        (
            "${aws:iot:s3-presigned-url-v2:https://s3.eu-west-1.amazonaws.com/firmware/a%20b/%C3%BC%2B.bin}",
            "a b/ü+.bin",
        ),
    ],
    ids=["unencoded in the classic form", "encoded in v2"],
)
def test_keys_of_any_letters_are_signed(firmware: Aws, placeholder: str, key: str) -> None:
    put(firmware, b"content", key)
    url = url_of(firmware, placeholder)
    assert open_url(firmware, "GET", url) == b"content"


def test_a_bucket_with_dots_in_its_name_is_put_into_the_path(firmware: Aws) -> None:
    bucket(firmware, "my.firmware")
    put(firmware, b"dotted", into="my.firmware")
    url = url_of(firmware, GET.replace("/firmware/", "/my.firmware/"))
    assert urlsplit(url).path == "/my.firmware/image.bin"
    assert open_url(firmware, "GET", url) == b"dotted"


# Uploads


def test_an_upload_url_takes_what_the_device_sends(firmware: Aws) -> None:
    url = url_of(firmware, PUT % "log.txt")
    open_url(firmware, "PUT", url, b"all is well")
    stored = firmware.client("s3").get_object(Bucket="firmware", Key="logs/log.txt")
    assert stored["Body"].read() == b"all is well"


def test_each_device_uploads_to_a_key_of_its_own(firmware: Aws) -> None:
    key = "${thingName}/${jobId}-${executionNumber}/${thingName}.txt"
    job(firmware, PUT % key, things=("t1", "t2"))
    for thing in ("t1", "t2"):
        (url,) = given(firmware, thing)
        open_url(firmware, "PUT", url, thing.encode())
    listed = firmware.client("s3").list_objects_v2(Bucket="firmware", Prefix="logs/")["Contents"]
    assert [one["Key"] for one in listed] == ["logs/t1/j1-1/t1.txt", "logs/t2/j1-1/t2.txt"]


def test_a_retry_uploads_under_its_own_number(firmware: Aws) -> None:
    retries = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]}
    job(firmware, PUT % "${executionNumber}", jobExecutionsRetryConfig=retries)
    firmware.report("t1", "j1", "FAILED")
    (url,) = given(firmware)
    assert urlsplit(url).path.endswith("/logs/2")


def test_where_no_key_is_given_one_is_generated_for_each_execution(firmware: Aws) -> None:
    placeholder = "${aws:iot:s3-presigned-url-upload:https://s3.eu-west-1.amazonaws.com/firmware}"
    job(firmware, placeholder, things=("t1", "t2"))
    keys = {urlsplit(given(firmware, thing)[0]).path for thing in ("t1", "t2")}
    assert len(keys) == 2
    for thing in ("t1", "t2"):
        (url,) = given(firmware, thing)
        open_url(firmware, "PUT", url, b"content")
    assert len(firmware.client("s3").list_objects_v2(Bucket="firmware")["Contents"]) == 3


# When, by whom, for how long


def test_a_url_is_signed_when_a_device_requests_it(firmware: Aws) -> None:
    """The object may come later than the job, and asking again later gives another URL."""
    job(firmware, GET.replace("image.bin", "later.bin"))
    put(firmware, b"late", "later.bin")
    firmware.advance(minutes=30)
    (first,) = given(firmware)
    assert open_url(firmware, "GET", first) == b"late"
    stamp = parameters(first)["X-Amz-Date"]
    assert (
        abs(
            (
                firmware.now() - firmware.now().strptime(stamp + "+0000", "%Y%m%dT%H%M%SZ%z")
            ).total_seconds()
        )
        < 60
    )
    firmware.advance(minutes=30)
    (second,) = given(firmware)
    assert parameters(second)["X-Amz-Date"] > stamp
    assert parameters(second)["X-Amz-Signature"] != parameters(first)["X-Amz-Signature"]


def test_every_response_with_a_document_is_signed(firmware: Aws) -> None:
    job(firmware, GET)
    device, thing = firmware.device, {"thingName": "t1"}
    documents = [
        device.describe_job_execution(**thing, jobId="$next")["execution"]["jobDocument"],
        device.start_next_pending_job_execution(**thing)["execution"]["jobDocument"],
        device.update_job_execution(
            **thing, jobId="j1", status="IN_PROGRESS", includeJobDocument=True
        )["jobDocument"],
    ]
    for document in documents:
        assert open_url(firmware, "GET", json.loads(document)["url0"]) == IMAGE


def notifications(aws: Aws) -> list[Any]:
    """What t1 was told of its next job so far; recording begins with the first look."""
    topic = "$aws/things/t1/jobs/notify-next"
    if aws.url is None:
        from moto_iot_jobs import messages

        return [json.loads(message.payload) for message in messages.published(topic)]
    found = requests.get(
        f"{aws.url}/moto-api/iot-jobs/messages", params={"topic": topic}, timeout=30
    ).json()
    return [json.loads(message["payload"]) for message in found["messages"]]


def test_a_notification_brings_a_url_that_opens(firmware: Aws) -> None:
    assert notifications(firmware) == []
    job(firmware, GET)
    (message,) = notifications(firmware)
    assert open_url(firmware, "GET", message["execution"]["jobDocument"]["url0"]) == IMAGE


@pytest.mark.parametrize(
    "config, seconds",
    [({}, "3600"), ({"expiresInSec": 60}, "60"), ({"expiresInSec": 3600}, "3600")],
)
def test_a_url_lasts_as_long_as_the_job_says(
    firmware: Aws, config: dict[str, int], seconds: str
) -> None:
    url = url_of(firmware, GET, presignedUrlConfig={"roleArn": ROLE, **config})
    assert parameters(url)["X-Amz-Expires"] == seconds


def test_a_job_that_is_updated_signs_anew(firmware: Aws) -> None:
    job(firmware, GET)
    firmware.iot.update_job(jobId="j1", presignedUrlConfig={"roleArn": ROLE, "expiresInSec": 90})
    assert parameters(given(firmware)[0])["X-Amz-Expires"] == "90"


def test_a_url_is_signed_by_a_session_of_the_jobs_role(firmware: Aws) -> None:
    """moto's STS knows the access key, and says whose it is."""
    url = url_of(firmware, GET)
    signed = parameters(url)
    key, date, region, service, end = signed["X-Amz-Credential"].split("/")
    assert (region, service, end) == ("eu-west-1", "s3", "aws4_request")
    assert signed["X-Amz-Date"].startswith(date)
    assert signed["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    session = {
        "aws_access_key_id": key,
        "aws_secret_access_key": "x",
        "aws_session_token": signed["X-Amz-Security-Token"],
    }
    caller = firmware.client("sts", **session).get_caller_identity()
    assert caller["Arn"].startswith("arn:aws:sts::123456789012:assumed-role/jobs/")


def test_one_session_signs_for_an_hour(firmware: Aws) -> None:
    job(firmware, GET)
    keys = []
    for _ in range(3):
        keys.append(parameters(given(firmware)[0])["X-Amz-Credential"].partition("/")[0])
        firmware.advance(minutes=45)
    assert keys[0] == keys[1] != keys[2]


# Refusals


def error_of(aws: Aws, code: str, *placeholders: str, **settings: Any) -> str:
    document = json.dumps(dict(enumerate(placeholders)))
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": document, **settings}
    message = aws.raises(code, 400, aws.iot.create_job, **request).message
    assert aws.iot.list_jobs()["jobs"] == []
    return message


@pytest.mark.parametrize(
    "placeholders, message",
    [
        ([GET], "Role must be provided for pre-sign S3 urls in job document of job j1."),
        ([GET, GET_V2], "Role must be provided for pre-sign S3 urls in job document of job j1."),
        (
            [GET_V2],
            (
                "presignedUrlConfig role ARN is required to generate an S3 presigned url in job"
                " document."
            ),
        ),
        (
            [PUT % "x"],
            (
                "presignedUrlConfig role ARN is required to generate an S3 presigned url in job"
                " document."
            ),
        ),
    ],
    ids=["classic", "classic and v2", "v2", "upload"],
)
def test_a_role_is_required(firmware: Aws, placeholders: list[str], message: str) -> None:
    assert error_of(firmware, "InvalidRequestException", *placeholders) == message


def test_a_template_may_bring_the_role(firmware: Aws) -> None:
    template = {
        "jobTemplateId": "m1",
        "description": "d",
        "document": "{}",
        "presignedUrlConfig": {"roleArn": ROLE},
    }
    arn = firmware.iot.create_job_template(**template)["jobTemplateArn"]
    firmware.job("j1", "t1", jobTemplateArn=arn, document=json.dumps({"url": GET}))
    assert open_url(firmware, "GET", given(firmware)[0]) == IMAGE


def test_a_role_must_be_one(firmware: Aws) -> None:
    bad = "arn:aws:iam::123456789012:user/somebody"
    message = error_of(
        firmware, "InvalidRequestException", GET, presignedUrlConfig={"roleArn": bad}
    )
    assert message == f"Given role {bad} is invalid."


def test_the_role_cannot_be_taken_away_from_a_document_that_needs_it(firmware: Aws) -> None:
    job(firmware, GET)
    request = {"jobId": "j1", "presignedUrlConfig": {"expiresInSec": 60}}
    message = firmware.raises(
        "InvalidRequestException", 400, firmware.iot.update_job, **request
    ).message
    assert message == "Role must be provided for pre-sign S3 urls in job document of job j1."
    assert open_url(firmware, "GET", given(firmware)[0]) == IMAGE


@pytest.mark.parametrize(
    "placeholder, message",
    [
        (
            "${aws:iot:s3-presigned-url:https://example.com/a}",
            "Given S3 url https://example.com/a is invalid.",
        ),
        (
            "${aws:iot:s3-presigned-url-v2:https://s3.amazonaws.com/firmware}",
            (
                "Provided S3 url is not valid: https://s3.amazonaws.com/firmware. Error: Key cannot"
                " be null"
            ),
        ),
        (
            "${aws:iot:s3-presigned-url-upload:https://s3.eu-west-1.amazonaws.com/ghost/x}",
            "S3 bucket in job document presigned url upload placeholder not found",
        ),
        (
            "${aws:iot:s3-presigned-url-upload:https://s3.us-west-2.amazonaws.com/elsewhere/x}",
            "Cross region S3 bucket is not supported for presigned url upload placeholder",
        ),
        (
            "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/[BUCKET]/key}",
            "Given S3 url https://s3.amazonaws.com/[BUCKET]/key is invalid.",
        ),
        (
            "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/firmware/\ud800}",
            r"Given S3 url https://s3.amazonaws.com/firmware/\ud800 is invalid.",
        ),
    ],
    ids=[
        "no S3 address",
        "no key",
        "no bucket to upload to",
        "a bucket to upload to in another region",
        "a name that no bucket can have",
        "half a surrogate pair",
    ],
)
def test_an_address_must_make_sense(firmware: Aws, placeholder: str, message: str) -> None:
    bucket(firmware, "elsewhere", "us-west-2")
    config = {"roleArn": ROLE}
    assert (
        error_of(firmware, "InvalidRequestException", placeholder, presignedUrlConfig=config)
        == message
    )


@pytest.mark.parametrize(
    "placeholder, message",
    [
        (GET[:-1], "One or more parameters or placeholders are not terminated."),
        (
            PUT % "${deviceName}",
            "Undefined placeholder, ${deviceName}, inside of presign url upload parameter",
        ),
        ("run ${jobId}", "Local placeholder, ${jobId}, is only valid inside of presign url upload"),
        (
            PUT % "${jobId}${jobId}${jobId}",
            (
                "The occurrence of local placeholder ${jobId} within S3 presigned url upload"
                " placeholder exceeds limit of 2."
            ),
        ),
        (
            "${aws:iot:s3-presigned-url-upload:https://s3.eu-west-1.amazonaws.com/${thingName}/x}",
            "S3 bucket name in presigned url upload is not allowed to contain any placeholders",
        ),
        (PUT % GET, "${aws:iot:s3-presigned-url[...]} should not be the second layer pattern."),
    ],
    ids=[
        "unterminated",
        "undefined",
        "outside an upload",
        "three times",
        "in the bucket's name",
        "nested",
    ],
)
def test_placeholders_must_be_well_formed(firmware: Aws, placeholder: str, message: str) -> None:
    config = {"roleArn": ROLE}
    assert (
        error_of(firmware, "InvalidJobDocumentException", placeholder, presignedUrlConfig=config)
        == message
    )
