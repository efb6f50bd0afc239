"""Where presigned URLs lead that a device gets from a server, by the name that it called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/iot-jobs-data/aws4_request,"
    " SignedHeaders=host, Signature=0"
)


@pytest.mark.parametrize(
    "labels",
    [
        "",
        "a1b2c3d4e5f6g7-ats.iot.eu-west-1.",
        "a1b2c3.jobs.iot.eu-west-1.",
        "data.iot.eu-west-1.",
        "iot.eu-west-1.",
        "iot-jobs-data.eu-west-1.",
    ],
)
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "mock"])
def test_they_lead_to_the_server_without_the_labels_of_an_endpoint(
    through_server: Aws, labels: str, name: str
) -> None:
    assert through_server.url is not None
    s3 = through_server.client("s3", region="us-east-1")
    s3.create_bucket(Bucket="firmware")
    s3.put_object(Bucket="firmware", Key="image.bin", Body=b"image")
    through_server.job(
        "j1",
        "t1",
        document='{"url": "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/firmware/image.bin}"}',
        presignedUrlConfig={"roleArn": "arn:aws:iam::123456789012:role/service-role/jobs"},
    )
    port = through_server.url.rpartition(":")[2]
    described = requests.get(
        f"{through_server.url}/things/t1/jobs/j1",
        headers={"Host": f"{labels}{name}:{port}", "Authorization": SIGNED},
        timeout=30,
    )
    url = json.loads(described.json()["execution"]["jobDocument"])["url"]
    server, path = url[: len(f"http://{name}:{port}")], url[len(f"http://{name}:{port}") :]
    assert server == f"http://{name}:{port}"
    image = requests.get(through_server.url + path, headers={"Host": f"{name}:{port}"}, timeout=30)
    assert (image.status_code, image.content) == (200, b"image")
