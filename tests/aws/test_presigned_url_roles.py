"""Roles for presigned URLs once moto was told to judge permissions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import moto
import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

MOTO = tuple(int(part) for part in moto.__version__.split(".")[:3])
pytestmark = pytest.mark.skipif(
    MOTO < (5, 2),
    reason="moto's own IAM checks could not verify the signatures of requests with a body then",
)

ROLE = "arn:aws:iam::123456789012:role/jobs"
UPLOAD = json.dumps(
    {"log": "${aws:iot:s3-presigned-url-upload:https://s3.eu-west-1.amazonaws.com/uploads/x}"}
)
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "iot.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


@pytest.fixture
def user(aws: Aws) -> Any:
    """An iot client of a user who may do everything in IoT, in an account with a bucket and a
    thing.
    """
    aws.thing("t1")
    aws.client("s3").create_bucket(
        Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    iam = aws.client("iam")
    iam.create_user(UserName="user")
    allowed = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "iot:*", "Resource": "*"},
    }
    iam.put_user_policy(UserName="user", PolicyName="all", PolicyDocument=json.dumps(allowed))
    key = iam.create_access_key(UserName="user")["AccessKey"]
    return aws.client(
        "iot",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=aws.iot.meta.config,
    )


def request(aws: Aws) -> dict[str, Any]:
    config = {"roleArn": ROLE}
    return {
        "jobId": "j1",
        "targets": [aws.arn("thing", "t1")],
        "document": UPLOAD,
        "presignedUrlConfig": config,
    }


def test_a_role_that_does_not_exist_cannot_upload(aws: Aws, user: Any) -> None:
    with aws.authenticating():
        error = aws.raises("InvalidRoleException", 400, user.create_job, **request(aws))
    assert (
        error.message
        == f"Permission denied when attempting to use role {ROLE} to access bucket uploads."
    )
    assert aws.iot.list_jobs()["jobs"] == []


def test_a_role_that_exists_can(aws: Aws, user: Any) -> None:
    trust = {"Version": "2012-10-17", "Statement": TRUST}
    aws.client("iam").create_role(RoleName="jobs", AssumeRolePolicyDocument=json.dumps(trust))
    with aws.authenticating():
        user.create_job(**request(aws))
    assert aws.pending("t1") == ([], ["j1"])


def test_no_role_is_needed_while_moto_does_not_check_access(aws: Aws, user: Any) -> None:
    user.create_job(**request(aws))
    assert aws.pending("t1") == ([], ["j1"])
