"""Whatever document is accepted can be rendered: searched for by hypothesis."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_iot_jobs import mock_iot

ROLE = {"roleArn": "arn:aws:iam::123456789012:role/jobs"}
KINDS = [
    "s3-presigned-url",
    "s3-presigned-url-v2",
    "s3-presigned-url-upload",
    "code-sign-signature",
    "unknown",
    "parameter",
]
PIECES = [
    "https://s3.eu-west-1.amazonaws.com/",
    "https://s3.amazonaws.com/",
    "https://bucket.s3.amazonaws.com/",
    "http://[b].s3.amazonaws.com/",
    "s3://",
    "s3://us-west-2.bucket/key@version",
    "bucket",
    "[BUCKET]",
    "..",
    "/",
    "key",
    "%00",
    "%3FversionId%3D1",
    "%ff",
    "?",
    "#",
    "@",
    ":",
    " ",
    "\n",
    "\0",
    "é",
    "\U0001f600",
    "\ud800",
    "${thingName}",
    "${jobId}",
    "${aws:iot:s3-presigned-url:s3://a/b}",
]
URLS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=5).map("".join)
STRINGS = st.builds(
    "{}${{aws:iot:{}:{}}}{}".format,
    st.text(max_size=2),
    st.sampled_from(KINDS),
    URLS,
    st.text(max_size=2),
)
NUMBERS = st.sampled_from(["NaN", "Infinity", "1e400", "-1E400", "-0", "1.5e-7", "9" * 5_000])
DOCUMENTS = st.one_of(
    st.dictionaries(STRINGS | st.text(max_size=3), STRINGS, min_size=1, max_size=3).map(json.dumps),
    st.lists(NUMBERS, min_size=1, max_size=3).map(lambda numbers: f"[{','.join(numbers)}]"),
)
numbers = count()


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[Any, Any]]:
    with mock_iot():
        iot = boto3.client("iot", region_name="eu-west-1")
        boto3.client("s3", region_name="eu-west-1").create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        iot.create_thing(thingName="lamp")
        yield iot, boto3.client("iot-jobs-data", region_name="eu-west-1")


@settings(
    deadline=None,
    max_examples=150,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(document=DOCUMENTS)
def test_what_is_accepted_can_be_rendered(clients: tuple[Any, Any], document: str) -> None:
    iot, device = clients
    job_id = f"j{next(numbers)}"
    thing = iot.describe_thing(thingName="lamp")["thingArn"]
    request = {"jobId": job_id, "targets": [thing], "document": document}
    try:
        iot.create_job(**request, presignedUrlConfig=ROLE)
    except ClientError:
        return
    try:
        iot.get_job_document(jobId=job_id)
        execution = device.start_next_pending_job_execution(thingName="lamp")["execution"]
        json.loads(execution["jobDocument"], parse_int=str)
    finally:
        iot.delete_job(jobId=job_id, force=True)
