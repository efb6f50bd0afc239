"""Tags that are refused at creation or with further ARNs, and where tags are kept (API reference;
wordings captured).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

TAGS = [{"Key": "team", "Value": "a"}]


def create(aws: Aws, kind: str) -> tuple[Any, dict[str, Any]]:
    if kind == "job":
        return aws.iot.create_job, {"jobId": "r1", "targets": [aws.thing("t1")], "document": "{}"}
    return aws.iot.create_job_template, {
        "jobTemplateId": "r1",
        "description": "d",
        "document": "{}",
    }


@pytest.mark.parametrize("kind", ["job", "jobtemplate"])
@pytest.mark.parametrize(
    "tags, message",
    [
        ([{"Key": "Aws:x", "Value": "v"}], 'Tags cannot begin with "aws:", offending tag: Aws:x'),
        (
            [{"Key": f"k{number}", "Value": "v"} for number in range(51)],
            "Too many tags provided in the request. Please check the input.",
        ),
        (
            [{"Key": "fine", "Value": "v"}, {"Key": "k", "Value": "v" * 257}],
            (
                f"1 validation error detected: Value '{'v' * 257}' at 'tags.2.member.value' failed"
                " to satisfy constraint: Member must have length less than or equal to 256"
            ),
        ),
        (
            [{"Key": "k" * 129, "Value": "v"}],
            (
                f"1 validation error detected: Value '{'k' * 129}' at 'tags.1.member.key' failed to"
                " satisfy constraint: Member must have length less than or equal to 128"
            ),
        ),
    ],
    ids=["reserved", "51", "a long value", "a long key"],
)
def test_tags_that_break_a_rule_stop_the_creation(
    aws: Aws, kind: str, tags: list[dict[str, str]], message: str
) -> None:
    call, request = create(aws, kind)
    assert aws.raises("InvalidRequestException", 400, call, **request, tags=tags).message == message
    call(**request, tags=TAGS)
    assert aws.iot.list_tags_for_resource(resourceArn=aws.arn(kind, "r1"))["tags"] == TAGS


@pytest.mark.parametrize("operation", ["tag", "untag"])
@pytest.mark.parametrize(
    "arn, message",
    [
        (
            "arn:aws:iot:us-east-1:123456789012:job/r1",
            "Invalid request exception. Please check the input.",
        ),
        ("arn:aws:iot:eu-west-1:123456789012:cert/abc", "Invalid resource type in ARN: cert"),
        ("arn:aws:iot:eu-west-1:123456789012:thing/t1", "Invalid resource type in ARN: thing"),
        (
            "arn:aws:iot:eu-west-1:999999999999:jobtemplate/r1",
            "ResourceArn doesn't belong in requester's account",
        ),
        ("arn:aws:iotwireless:eu-west-1:123456789012:job/r1", "Invalid arn in request"),
    ],
    ids=["another region", "a certificate", "a thing", "another account", "another service"],
)
def test_an_arn_that_cannot_be_tagged_is_an_error(
    aws: Aws, operation: str, arn: str, message: str
) -> None:
    calls: dict[str, tuple[Any, dict[str, Any]]] = {
        "tag": (aws.iot.tag_resource, {"tags": TAGS}),
        "untag": (aws.iot.untag_resource, {"tagKeys": ["team"]}),
    }
    call, members = calls[operation]
    assert (
        aws.raises("InvalidRequestException", 400, call, resourceArn=arn, **members).message
        == message
    )


def test_untagging_needs_keys(aws: Aws) -> None:
    aws.job("r1", "t1", tags=TAGS)
    response = aws.http("POST", "/untag", json={"resourceArn": aws.arn("job", "r1")})
    assert response.status_code == 400
    assert (
        response.json()["message"]
        == "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint:"
        " Member must not be null"
    )


def test_jobs_and_templates_of_one_id_have_tags_of_their_own(aws: Aws) -> None:
    for kind in ("job", "jobtemplate"):
        call, request = create(aws, kind)
        call(**request, tags=[{"Key": "kind", "Value": kind}])
    for kind in ("job", "jobtemplate"):
        listed = aws.iot.list_tags_for_resource(resourceArn=aws.arn(kind, "r1"))["tags"]
        assert listed == [{"Key": "kind", "Value": kind}]


def test_tags_stay_while_a_job_ends_and_while_it_is_being_deleted(aws: Aws) -> None:
    aws.deletion("manual", times=1000)
    aws.job("r1", "t1", tags=TAGS)
    arn = aws.arn("job", "r1")
    aws.report("t1", "r1", "SUCCEEDED")
    assert aws.iot.list_tags_for_resource(resourceArn=arn)["tags"] == TAGS
    aws.iot.delete_job(jobId="r1")
    assert aws.iot.list_tags_for_resource(resourceArn=arn)["tags"] == TAGS


def test_describe_job_never_shows_tags(aws: Aws) -> None:
    aws.job("r1", "t1", tags=TAGS)
    assert "tags" not in aws.http("GET", "/jobs/r1").json()["job"]
    call, request = create(aws, "jobtemplate")
    call(**request, tags=TAGS)
    assert "tags" not in aws.http("GET", "/job-templates/r1").json()
