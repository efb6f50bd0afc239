"""Tags of jobs and job templates (API reference; wordings captured)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

JOB = "arn:aws:iot:eu-west-1:123456789012:job/r1"
TEMPLATE = "arn:aws:iot:eu-west-1:123456789012:jobtemplate/r1"
EACH = pytest.mark.parametrize("arn", [JOB, TEMPLATE], ids=["job", "template"])


def make(aws: Aws, arn: str, **members: Any) -> None:
    if arn == JOB:
        aws.job("r1", "t1", **members)
    else:
        aws.iot.create_job_template(jobTemplateId="r1", description="d", document="{}", **members)


def tags(aws: Aws, arn: str) -> dict[str, str]:
    return {
        tag["Key"]: tag["Value"] for tag in aws.iot.list_tags_for_resource(resourceArn=arn)["tags"]
    }


def pairs(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


@EACH
def test_tags_may_be_given_at_creation(aws: Aws, arn: str) -> None:
    make(aws, arn, tags=pairs(team="a", stage="test"))
    assert tags(aws, arn) == {"team": "a", "stage": "test"}


@EACH
def test_tags_are_added_replaced_and_taken_away(aws: Aws, arn: str) -> None:
    make(aws, arn)
    aws.iot.tag_resource(resourceArn=arn, tags=pairs(team="a", stage="test"))
    aws.iot.tag_resource(resourceArn=arn, tags=pairs(team="b"))
    assert tags(aws, arn) == {"team": "b", "stage": "test"}
    aws.iot.untag_resource(resourceArn=arn, tagKeys=["stage", "never there"])
    assert tags(aws, arn) == {"team": "b"}


def test_of_a_key_given_twice_the_last_wins(aws: Aws) -> None:
    make(aws, JOB)
    aws.iot.tag_resource(resourceArn=JOB, tags=[*pairs(team="a"), *pairs(team="b")])
    assert tags(aws, JOB) == {"team": "b"}


def test_a_value_may_be_empty_and_text_may_be_of_any_script(aws: Aws) -> None:
    make(aws, JOB)
    aws.iot.tag_resource(
        resourceArn=JOB, tags=pairs(empty="", größe="très grand", 世界="a=b@c:d/e+f-g._h")
    )
    assert tags(aws, JOB) == {"empty": "", "größe": "très grand", "世界": "a=b@c:d/e+f-g._h"}


def test_the_list_is_one_page_whose_token_is_null(aws: Aws) -> None:
    make(aws, JOB, tags=[{"Key": f"k{number}", "Value": "v"} for number in range(50)])
    body = aws.http("GET", f"/tags?resourceArn={JOB}").json()
    assert len(body["tags"]) == 50
    assert body["nextToken"] is None


def test_the_tags_of_an_unknown_job_are_an_empty_list(aws: Aws) -> None:
    assert tags(aws, JOB) == {}


@EACH
def test_what_does_not_exist_cannot_be_tagged_or_untagged(aws: Aws, arn: str) -> None:
    name = "Job" if arn == JOB else "Job Template"
    for call, members in (
        (aws.iot.tag_resource, {"tags": pairs(a="b")}),
        (aws.iot.untag_resource, {"tagKeys": ["a"]}),
    ):
        error = aws.raises("ResourceNotFoundException", 404, call, resourceArn=arn, **members)
        assert error.message == f"{name} r1 cannot be found."


@EACH
def test_tags_go_with_what_they_were_on(aws: Aws, arn: str) -> None:
    make(aws, arn, tags=pairs(team="a"))
    if arn == JOB:
        aws.iot.delete_job(jobId="r1", force=True)
    else:
        aws.iot.delete_job_template(jobTemplateId="r1")
    make(aws, arn)
    assert tags(aws, arn) == {}


@pytest.mark.parametrize(
    "members, message",
    [
        (
            [{"Key": "aws:team", "Value": "v"}],
            'Tags cannot begin with "aws:", offending tag: aws:team',
        ),
        (
            [{"Key": "AWS:team", "Value": "v"}],
            'Tags cannot begin with "aws:", offending tag: AWS:team',
        ),
        (
            [{"Key": f"k{number}", "Value": "v"} for number in range(51)],
            "Too many tags provided in the request. Please check the input.",
        ),
        ([], "The validated collection is empty"),
        (
            [{"Key": "fine", "Value": "v"}, {"Key": "wrong!", "Value": "v"}],
            "1 validation error detected: Value 'wrong!' at 'tags.2.member.key' failed to satisfy"
            " constraint: "
            r"Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$",
        ),
        (
            [{"Key": "k", "Value": "v" * 257}],
            (
                f"1 validation error detected: Value '{'v' * 257}' at 'tags.1.member.value' failed"
                " to satisfy constraint: Member must have length less than or equal to 256"
            ),
        ),
    ],
    ids=["reserved", "reserved in capitals", "51", "none", "a bad key", "a long value"],
)
def test_tags_that_break_a_rule_are_an_error(
    aws: Aws, members: list[dict[str, str]], message: str
) -> None:
    make(aws, JOB, tags=pairs(team="a"))
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.tag_resource, resourceArn=JOB, tags=members
    )
    assert error.message == message
    assert tags(aws, JOB) == {"team": "a"}


def test_tags_left_out_are_an_error(aws: Aws) -> None:
    make(aws, JOB)
    response = aws.http("POST", "/tags", json={"resourceArn": JOB})
    assert response.status_code == 400
    assert (
        response.json()["message"]
        == "1 validation error detected: Value null at 'tags' failed to satisfy constraint: Member"
        " must not be null"
    )


def test_fifty_are_counted_after_the_merge(aws: Aws) -> None:
    make(aws, JOB, tags=[{"Key": f"k{number}", "Value": "v"} for number in range(50)])
    call = aws.iot.tag_resource
    error = aws.raises(
        "InvalidRequestException", 400, call, resourceArn=JOB, tags=pairs(another="v")
    )
    assert error.message == "Too many tags provided in the request. Please check the input."
    aws.iot.tag_resource(resourceArn=JOB, tags=pairs(k0="new"))
    assert tags(aws, JOB)["k0"] == "new"


@EACH
def test_a_tag_without_a_value_is_an_error_at_creation(aws: Aws, arn: str) -> None:
    make_it: dict[str, tuple[Any, dict[str, Any]]] = {
        JOB: (aws.iot.create_job, {"jobId": "r1", "targets": [aws.thing("t1")], "document": "{}"}),
        TEMPLATE: (
            aws.iot.create_job_template,
            {"jobTemplateId": "r1", "description": "d", "document": "{}"},
        ),
    }
    call, members = make_it[arn]
    error = aws.raises("InvalidRequestException", 400, call, **members, tags=[{"Key": "k"}])
    assert error.message == "Invalid tag parameter exception. Please check the input."


ARNS = [
    ("no arn", "Invalid arn in request"),
    ("arn:aws:s3:::bucket", "Invalid arn in request"),
    (
        "arn:aws:iot:eu-west-1:999999999999:job/r1",
        "ResourceArn doesn't belong in requester's account",
    ),
    ("arn:aws:iot:eu-west-1:123456789012:thing/t1", "Invalid resource type in ARN: thing"),
]


@pytest.mark.parametrize(
    "arn, message", ARNS, ids=["no arn", "another service", "another account", "a thing"]
)
def test_an_arn_of_something_else_is_an_error(aws: Aws, arn: str, message: str) -> None:
    make(aws, JOB)
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.tag_resource, resourceArn=arn, tags=pairs(a="b")
    )
    assert error.message == message
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.untag_resource, resourceArn=arn, tagKeys=["a"]
    )
    assert error.message == message


def test_an_arn_of_another_region_is_an_error(aws: Aws) -> None:
    elsewhere = JOB.replace("eu-west-1", "us-east-1")
    call = aws.iot.tag_resource
    error = aws.raises(
        "InvalidRequestException", 400, call, resourceArn=elsewhere, tags=pairs(a="b")
    )
    assert error.message == "Invalid request exception. Please check the input."
