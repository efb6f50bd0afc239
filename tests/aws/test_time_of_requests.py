"""Large requests are answered at once, whatever they hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from tests.measuring import least_processor_seconds

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
    # Another job each time: what one request leaves must not help the next.
    numbers = count()

    def creation() -> Callable[[], object]:
        return partial(aws.http, "PUT", f"/jobs/j{next(numbers)}", data=body)

    assert least_processor_seconds(creation, LIMIT_SECONDS) < LIMIT_SECONDS


def test_a_version_of_many_digits_takes_no_time(aws: Aws) -> None:
    path = f"/managed-job-templates/AWS-Reboot?templateVersion={'1' * 60_000}"
    request = partial(aws.http, "GET", path)
    assert least_processor_seconds(lambda: request, LIMIT_SECONDS) < LIMIT_SECONDS
    assert request().status_code == 404
