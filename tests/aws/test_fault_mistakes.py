"""Faults that cannot be injected, with what to write instead; and the same as requests over HTTP."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

from moto_iot_jobs import faults

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.usefixtures("public_modules_reach_it")

in_process = pytest.mark.parametrize("aws", ["in_process"], indirect=True)


# Mistakes.


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"operation": "DeleteJobs"}, "There is no operation 'DeleteJobs'. Did you mean 'DeleteJob'?"),
    ({"operation": "delete_job_execution"}, "Did you mean 'DeleteJobExecution'?"),
    ({"operation": "Remove*"}, "There is no operation 'Remove*'."),
    (
        {"operation": "UpdateJobExecution", "service": "iot"},
        "'UpdateJobExecution' is an operation of 'iot-jobs-data'; write service='iot-jobs-data'.",
    ),
    (
        {"service": "iotjobsdata"},
        "There is no service 'iotjobsdata'; it is one of: iot, iot-jobs-data, iot-data.",
    ),
    (
        {"error": "Throttling"},
        "DeleteJob never gives 'Throttling'. Did you mean 'ThrottlingException'? It can give: ",
    ),
    ({"error": "VersionMismatch"}, "DeleteJob never gives 'VersionMismatch'."),
    (
        {"operation": "List*", "error": "TerminalStateException"},
        "None of these operations ever gives 'TerminalState",
    ),
    ({"thing": "t1"}, "No request of DeleteJob names a thing; leave thing= out."),
    (
        {"operation": "ListJobs", "job_id": "j1"},
        "No request of ListJobs names a job; leave job_id= out.",
    ),
    ({"times": 0}, "times must be at least 1, or None for every attempt; not 0."),
    ({"times": True}, "times must be at least 1, or None for every attempt; not True."),
    ({"after": -1}, "after must be at least 0; not -1."),
    ({"probability": 20}, "probability must be more than 0 and at most 1; not 20."),
    ({"seed": 7}, "seed is of use with probability only."),
    ({"thing": 7}, "thing must be a text; not 7."),
]


@in_process
@pytest.mark.parametrize(("wrong", "words"), MISTAKES, ids=[words[:40] for _, words in MISTAKES])
def test_a_mistake_is_an_error_with_what_to_write_instead(
    aws: Aws, wrong: dict[str, Any], words: str
) -> None:
    members: dict[str, Any] = {"operation": "DeleteJob", "error": "ThrottlingException", **wrong}
    with pytest.raises(ValueError, match=re.escape(words)):
        faults.inject(**members)
    assert faults.pending() == []


@in_process
@pytest.mark.parametrize("seconds", [0, -1, True, math.nan, math.inf, "2", 1e300, 10**400])
def test_a_delay_takes_time(aws: Aws, seconds: Any) -> None:
    with pytest.raises(ValueError, match="A delay must be a number of seconds more than 0"):
        faults.delay("DescribeJob", seconds=seconds)


# Over HTTP.


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_faults_are_injected_listed_and_canceled_over_http(aws: Aws) -> None:
    url = f"{aws.url}/moto-api/iot-jobs/faults"
    members = {
        "operation": "ListJobs",
        "error": "ThrottlingException",
        "times": None,
        "service": None,
    }
    number = requests.post(url, json=members, timeout=10).json()["number"]
    listed = requests.get(url, timeout=10).json()
    description = "ThrottlingException from ListJobs (iot): never met"
    assert listed["faults"] == [{"number": number, "description": description}]
    assert listed["pending"] == [
        {
            "number": number,
            "operation": "ListJobs",
            "met": 0,
            "times": None,
            "description": description,
        }
    ]
    assert (
        requests.delete(url, params={"number": number, "ended": "true"}, timeout=10).status_code
        == 200
    )
    assert [requests.get(url, timeout=10).json()[name] for name in ("faults", "pending")] == [
        [],
        listed["pending"],
    ]
    assert requests.delete(url, timeout=10).status_code == 200
    assert requests.get(url, timeout=10).json() == {"faults": [], "pending": []}


@pytest.mark.parametrize("aws", ["server"], indirect=True)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "ThrottlingException"}, "The member 'operation' is missing."),
        (
            {"operation": "ListJobs", "eror": "ThrottlingException"},
            "There is no member 'eror'. Did you mean 'error'?",
        ),
        ({"operation": "ListJobs"}, "A fault is one of: error, delay, lose, stale; not none."),
        ({"operation": "ListJobs", "delay": 1, "lose": "response"}, "not delay and lose."),
        (
            {"operation": "ListJobs", "lose": "everything"},
            "What gets lost is 'request' or 'response'; not 'everything'.",
        ),
        (
            {"operation": "ListJobs", "lose": "response", "sleep": True},
            "sleep is of use with delay only.",
        ),
        ([], "The body must be a JSON object, not []."),
        ({"operation": "ListJobs", "delay": 10**400}, "at most a hundred years; not 1000"),
    ],
)
def test_a_bad_fault_over_http_is_400(aws: Aws, body: Any, words: str) -> None:
    response = requests.post(
        f"{aws.url}/moto-api/iot-jobs/faults", data=json.dumps(body), timeout=10
    )
    assert response.status_code == 400
    assert words in response.json()["message"]


@pytest.mark.parametrize("path", ["clock/advance", "faults", "messages", "quotas"])
def test_a_body_that_is_nested_too_deep_is_400(aws: Aws, path: str) -> None:
    url = f"{aws.url or 'http://motoapi.amazonaws.com'}/moto-api/iot-jobs/{path}"
    response = requests.post(url, data='{"a": ' + "[" * 100_000, timeout=10)
    assert (response.status_code, response.json()) == (
        400,
        {"message": "The body is nested too deep."},
    )
