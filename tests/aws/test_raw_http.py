"""Requests that no SDK would send: a 4xx that says why, nothing changed, and the service goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    import requests

    from tests.aws.conftest import Aws

TARGETS = ["arn:aws:iot:eu-west-1:123456789012:thing/t1"]


def error_type(response: requests.Response, status: int = 400) -> str:
    """Insist on a refusal in the service's own form; return its type."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"].partition(";")[0] == "application/json"
    assert isinstance(response.json()["message"], str)
    return str(response.headers["x-amzn-ErrorType"])


def jobs(aws: Aws) -> list[str]:
    """The jobs there are."""
    return [job["jobId"] for job in aws.iot.list_jobs()["jobs"]]


# Bodies that are not what they should be.

NOT_AN_OBJECT = {
    "half an object": b'{"targets": [',
    "words": b"targets please",
    "single quotes": b"{'targets': []}",
    "a trailing comma": b'{"targets": [],}',
    "two objects": b"{}{}",
    "a list": b"[]",
    "a string": b'"targets"',
    "a number": b"7",
    "NaN": b'{"timeoutConfig": {"inProgressTimeoutInMinutes": NaN}}',
    "bad UTF-8": b'{"description": "\xff\xfe"}',
    "cut UTF-8": '{"description": "ü"}'.encode()[:-3] + b'"}',
    "UTF-16": '{"targets": []}'.encode("utf-16"),
    "a NUL": b"\0",
    "deep nesting": b"[" * 100_000,
}


@pytest.mark.parametrize("body", NOT_AN_OBJECT.values(), ids=NOT_AN_OBJECT.keys())
def test_a_body_that_is_no_json_object_is_an_error(aws: Aws, body: bytes) -> None:
    aws.thing("t1")
    kind = error_type(aws.http("PUT", "/jobs/j1", data=body))
    assert kind in {"SerializationException", "InvalidRequestException"}
    assert jobs(aws) == []


@pytest.mark.parametrize("body", [b"not JSON", b"[]", b'{"status": "SUCC', b"\xff"], ids=repr)
def test_a_device_gets_the_same_error(aws: Aws, body: bytes) -> None:
    aws.job("j1", "t1")
    kind = error_type(aws.http("POST", "/things/t1/jobs/j1", "iot-jobs-data", data=body))
    assert kind in {"SerializationException", "InvalidRequestException"}
    assert aws.execution("t1", "j1")["versionNumber"] == 1


WRONG_TYPES: dict[str, dict[str, Any]] = {
    "targets a string": {"targets": TARGETS[0]},
    "targets an object": {"targets": {"0": TARGETS[0]}},
    "a target that is an object": {"targets": [{"arn": TARGETS[0]}]},
    "document an object": {"targets": TARGETS, "document": {"op": "x"}},
    "description a list": {"targets": TARGETS, "description": ["d"]},
    "timeoutConfig a list": {"targets": TARGETS, "timeoutConfig": []},
    "timeout a word": {"targets": TARGETS, "timeoutConfig": {"inProgressTimeoutInMinutes": "soon"}},
    "rollout a number": {"targets": TARGETS, "jobExecutionsRolloutConfig": 10},
    "tags an object": {"targets": TARGETS, "tags": {"Key": "a", "Value": "b"}},
    "a tag that is a string": {"targets": TARGETS, "tags": ["a=b"]},
    "parameters a list": {"targets": TARGETS, "documentParameters": ["a"]},
    "a parameter that is an object": {"targets": TARGETS, "documentParameters": {"a": {}}},
}


@pytest.mark.parametrize("members", WRONG_TYPES.values(), ids=WRONG_TYPES.keys())
def test_a_member_of_the_wrong_type_is_an_error(aws: Aws, members: dict[str, Any]) -> None:
    aws.thing("t1")
    kind = error_type(aws.http("PUT", "/jobs/j1", json={"document": "{}", **members}))
    assert kind in {"SerializationException", "InvalidRequestException"}
    assert jobs(aws) == []


@pytest.mark.parametrize("body", [b"{}", b""], ids=["empty object", "empty body"])
def test_missing_members_are_named(aws: Aws, body: bytes) -> None:
    response = aws.http("PUT", "/jobs/j1", data=body)
    assert error_type(response) == "InvalidRequestException"
    assert (
        response.json()["message"]
        == "1 validation error detected: Value null at 'targets' failed to satisfy constraint:"
        " Member must not be null"
    )


def test_unknown_members_are_ignored(aws: Aws) -> None:
    aws.thing("t1")
    body = {"targets": TARGETS, "document": "{}", "colour": "green", "jobId": "other"}
    assert aws.http("PUT", "/jobs/j1", json=body).status_code == 200
    assert jobs(aws) == ["j1"]


def test_a_null_member_is_one_not_given(aws: Aws) -> None:
    aws.thing("t1")
    body = {
        "targets": TARGETS,
        "document": "{}",
        "description": None,
        "timeoutConfig": None,
        "tags": None,
    }
    assert aws.http("PUT", "/jobs/j1", json=body).status_code == 200
    assert "description" not in aws.iot.describe_job(jobId="j1")["job"]


def test_numbers_may_come_as_strings(aws: Aws) -> None:
    """Embedded SDKs and old programs of AWS's own quote them."""
    aws.thing("t1")
    body = {
        "targets": TARGETS,
        "document": "{}",
        "jobExecutionsRolloutConfig": {"maximumPerMinute": "10"},
    }
    assert aws.http("PUT", "/jobs/j1", json=body).status_code == 200
    assert aws.iot.describe_job(jobId="j1")["job"]["jobExecutionsRolloutConfig"] == {
        "maximumPerMinute": 10
    }
    report = {"status": "IN_PROGRESS", "expectedVersion": "1", "executionNumber": "1"}
    assert aws.http("POST", "/things/t1/jobs/j1", "iot-jobs-data", json=report).status_code == 200
    assert aws.execution("t1", "j1")["versionNumber"] == 2


# Too much of everything.


def test_a_huge_document_is_an_error(aws: Aws) -> None:
    aws.thing("t1")
    body = json.dumps({"targets": TARGETS, "document": json.dumps({"op": "x" * 5_000_000})})
    response = aws.http("PUT", "/jobs/j1", data=body)
    assert error_type(response, 413 if response.status_code == 413 else 400)
    assert jobs(aws) == []


def test_a_body_of_many_members_is_read_or_an_error(aws: Aws) -> None:
    body = json.dumps({f"member{number}": number for number in range(100_000)})
    error_type(aws.http("PUT", "/jobs/j1", data=body))
    assert jobs(aws) == []


def test_a_number_of_many_digits_is_an_error(aws: Aws) -> None:
    aws.thing("t1")
    body = (
        b'{"targets": ["%s"], "document": "{}", "timeoutConfig": {"inProgressTimeoutInMinutes":'
        b" %s}}"
    )
    response = aws.http("PUT", "/jobs/j1", data=body % (TARGETS[0].encode(), b"9" * 10_000))
    assert error_type(response) in {"SerializationException", "InvalidRequestException"}
    assert jobs(aws) == []


def test_a_job_id_of_ten_thousand_is_an_error(aws: Aws) -> None:
    response = aws.http("GET", "/jobs/" + "j" * 10_000)
    assert error_type(response) == "InvalidRequestException"
    assert "Member must have length less than or equal to 64" in response.json()["message"]


# Names in the path.


@pytest.mark.parametrize("name", ["a:b", "a%3Ab", "a%3ab", "%61%3A%62"])
def test_a_percent_encoded_thing_is_the_same_thing(aws: Aws, name: str) -> None:
    aws.job("j1", "a:b")
    listed = aws.http("GET", f"/things/{name}/jobs").json()["executionSummaries"]
    assert [one["jobId"] for one in listed] == ["j1"]
    assert aws.http("DELETE", f"/things/{name}/jobs/%6A1/executionNumber/%31").status_code == 200
    assert aws.counters("j1") == {}


@pytest.mark.parametrize("which", ["$next", "%24next", "%24%6Eext"])
def test_next_may_be_percent_encoded(aws: Aws, which: str) -> None:
    aws.job("j1", "t1")
    described = aws.http("GET", f"/things/t1/jobs/{which}", "iot-jobs-data").json()["execution"]
    assert (described["jobId"], described["status"]) == ("j1", "QUEUED")
    started = aws.http("PUT", f"/things/t1/jobs/{which}", "iot-jobs-data", json={}).json()[
        "execution"
    ]
    assert (started["jobId"], started["status"]) == ("j1", "IN_PROGRESS")


@pytest.mark.parametrize(
    "name", ["a%2Fb", "a%20b", "%C3%BC", "%FF", "a%00", "..%2F..%2Fetc", "%25"]
)
def test_a_name_that_decodes_to_no_name_of_a_thing_is_an_error(aws: Aws, name: str) -> None:
    response = aws.http("GET", f"/things/{name}/jobs")
    assert error_type(response) == "InvalidRequestException"
    assert "at 'thingName' failed to satisfy constraint" in response.json()["message"]


@pytest.mark.parametrize("separator", ["/", "%2F"])
def test_next_is_no_job_on_the_control_plane(aws: Aws, separator: str) -> None:
    aws.job("j1", "t1")
    assert aws.http("GET", f"/things/t1/jobs{separator}%24next").status_code in {400, 404}
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


# Queries.


@pytest.mark.parametrize(
    "query", ["maxResults=many", "maxResults=1.5", "maxResults=0", "maxResults=251", "status=NAP"]
)
def test_a_bad_query_is_an_error(aws: Aws, query: str) -> None:
    assert error_type(aws.http("GET", f"/jobs?{query}")) in {
        "SerializationException",
        "InvalidRequestException",
    }


def test_a_bad_query_is_an_error_before_the_job_is_looked_for(aws: Aws) -> None:
    error_type(aws.http("GET", "/jobs/nope/things?maxResults=251"), 400)


def test_unknown_parameters_are_ignored(aws: Aws) -> None:
    aws.job("j1", "t1")
    assert aws.http("GET", "/jobs/j1?colour=green&force=true").json()["job"]["jobId"] == "j1"


# Paths that are nobody's.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("PATCH", "/jobs"),
        ("POST", "/jobs/j1"),
        ("GET", "/jobs/j1/colours"),
        ("DELETE", "/jobs/j1/things"),
        ("GET", "/things/t1/jobs/j1/executionNumber/1"),
        ("DELETE", "/things/t1/jobs/j1/executionNumber"),
    ],
)
@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_an_unknown_path_is_an_error_in_json(aws: Aws, method: str, path: str) -> None:
    aws.job("j1", "t1")
    response = aws.http(method, path, data=b"{}")
    assert response.status_code >= 400
    assert response.headers["Content-Type"].partition(";")[0] == "application/json"
    assert "message" in response.json()
    assert jobs(aws) == ["j1"]


# Below boto3's methods: what a program sends that signs its requests itself.


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/things/t1/jobs/j1/executionNumber/1", 409),
        ("DELETE", "/things/t1/jobs/j1/executionNumber/1?force=true", 200),
        ("DELETE", "/things/t1/jobs/j1/executionNumber/zero", 400),
        ("DELETE", "/things/t1/jobs/j2/executionNumber/1", 404),
        ("DELETE", "/jobs/j1", 409),
        ("DELETE", "/jobs/j1?force=true", 200),
        ("PUT", "/jobs/j3", 400),
    ],
)
def test_a_request_prepared_with_botocore_gets_a_response(
    aws: Aws, method: str, path: str, status: int
) -> None:
    aws.in_status("t1", "j1", "IN_PROGRESS")
    base = aws.url or "https://iot.eu-west-1.amazonaws.com"
    request = AWSRequest(
        method,
        base + path,
        {"Host": urlsplit(base).netloc},
        b"not JSON" if method == "PUT" else b"",
    )
    aws.iot._request_signer.sign("Unsaid", request, signing_name="iot")
    prepared = request.prepare()
    responses = [
        response
        for _, response in aws.iot.meta.events.emit("before-send.iot.Unsaid", request=prepared)
    ]
    response, *_ = [each for each in responses if each is not None] or [
        aws.iot._endpoint.http_session.send(prepared)
    ]
    assert response.status_code == status, response.content


# What AWS says in a sentence of its own.


def test_a_role_that_is_too_short_is_no_role(aws: Aws) -> None:
    config = {"roleArn": "arn:aws:iam:::role/"}
    body = {"targets": [aws.thing("t1")], "document": "{}", "presignedUrlConfig": config}
    response = aws.http("PUT", "/jobs/j1", json=body)
    assert error_type(response) == "InvalidRequestException"
    assert response.json()["message"] == "Given role arn:aws:iam:::role/ is invalid."
