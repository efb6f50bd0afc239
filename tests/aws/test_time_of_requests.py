"""Large requests are answered at once, whatever they hold."""

from __future__ import annotations

import json
from datetime import timedelta
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

LIMIT_SECONDS = 0.25
MEGABYTE = 1_000_000


def filled(item: dict[str, Any] | str) -> list[Any]:
    """As many of an item as a request of 1 MB holds."""
    return [item] * (MEGABYTE // (len(json.dumps(item)) + 1))


WINDOW = {"startTime": "cron(0 10 * * ? *)", "durationInMinutes": 60}
CRITERION = {
    "failureType": "FAILED",
    "action": "CANCEL",
    "thresholdPercentage": 1.11,
    "minNumberOfExecutedThings": 1,
}
ROLE = {"presignedUrlConfig": {"roleArn": "arn:aws:iam::123456789012:role/jobs"}}
REQUESTS: dict[str, dict[str, Any]] = {
    "windows": {"maintenanceWindows": filled(WINDOW)},
    "abort criteria": {"abortConfig": {"criteriaList": filled(CRITERION)}},
    "tags": {"tags": [{"Key": f"k{number}", "Value": "v"} for number in range(30_000)]},
    "targets": {"targets": filled("arn:aws:iot:eu-west-1:123456789012:thing/t1")},
    "a document": {"document": "x" * MEGABYTE},
    "a deep document": {"document": "[" * 16_000 + "]" * 16_000},
    "a string that never ends": {"document": '"' + '\\"' * 16_000},
    "nested placeholders": {"document": json.dumps("${aws:iot:x:" * 2_500 + "}" * 2_500), **ROLE},
    "parameters": {
        "documentParameters": {f"k{number}": "v" for number in range(50_000)},
        "jobTemplateArn": "arn:aws:iot:eu-west-1::jobtemplate/AWS-Reboot:1.0",
    },
}


@pytest.mark.parametrize("members", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_request_of_a_megabyte_takes_no_time(aws: Aws, members: dict[str, Any]) -> None:
    if aws.url is not None:
        pytest.skip("the time of another process")
    windows = members.get("maintenanceWindows")
    schedule = {
        "startTime": f"{aws.now() + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "maintenanceWindows": windows,
    }
    request = {
        "targets": [aws.arn("thinggroup", "g1")],
        "document": "{}",
        "targetSelection": "CONTINUOUS",
        **({"schedulingConfig": schedule} if windows else members),
    }
    aws.group("g1")
    body = json.dumps(request)
    # The least of three: a request's own time, without what the first one imports and without what
    # other processes take from the caches of the machine.
    seconds = []
    for number in range(3):
        began = process_time()
        aws.http("PUT", f"/jobs/j{number}", data=body)
        seconds.append(process_time() - began)
    assert min(seconds) < LIMIT_SECONDS


def test_a_version_of_many_digits_takes_no_time(aws: Aws) -> None:
    began = process_time()
    response = aws.http("GET", f"/managed-job-templates/AWS-Reboot?templateVersion={'1' * 60_000}")
    assert response.status_code == 404
    assert process_time() - began < LIMIT_SECONDS
