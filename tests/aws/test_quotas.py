"""Limits of an account that are enforced: what is refused, what waits, and until when."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from moto_iot_jobs import quotas

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.usefixtures("public_modules_reach_it")

in_process = pytest.mark.parametrize("aws", ["in_process"], indirect=True)
SLOW = 0.001
"""A rate of one call in a thousand seconds: two calls in a row are too many however slow the
machine is.
"""


def at(aws: Aws, **ahead: float) -> str:
    return (aws.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


def waits(aws: Aws, job_id: str) -> bool:
    """Whether nothing of a job in progress has been rolled out."""
    return aws.status(job_id) == "IN_PROGRESS" and not aws.counters(job_id)


# Active jobs.


def test_one_job_too_many_is_an_error_and_leaves_nothing(aws: Aws) -> None:
    quotas.enforce(active_jobs=2)
    aws.job("j1", "t1")
    aws.job("j2", "t1")
    request = {"jobId": "j3", "targets": [aws.arn("thing", "t1")], "document": "{}"}
    error = aws.raises("LimitExceededException", 410, aws.iot.create_job, **request)
    assert error.message == "Job j3 exceeds the limit of 2 active jobs."
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j3")
    assert aws.pending("t1") == ([], ["j1", "j2"])


def test_jobs_that_are_scheduled_are_active_and_those_of_both_selections(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.job("j1", group, targetSelection="CONTINUOUS")
    aws.job("j2", "t1", schedulingConfig={"startTime": at(aws, hours=2)})
    quotas.enforce(active_jobs=2)
    request = {"jobId": "j3", "targets": [group], "document": "{}"}
    aws.raises("LimitExceededException", 410, aws.iot.create_job, **request)


@in_process
@pytest.mark.parametrize("end", ["complete", "cancel", "delete"])
def test_a_job_that_ends_makes_room(aws: Aws, end: str) -> None:
    quotas.enforce(active_jobs=1)
    aws.job("j1", "t1")
    if end == "complete":
        aws.report("t1", "j1", "SUCCEEDED")
    elif end == "cancel":
        aws.iot.cancel_job(jobId="j1")
    else:
        aws.iot.delete_job(jobId="j1", force=True)
    aws.job("j2", "t1")


@in_process
def test_what_is_wrong_with_a_request_is_said_before_it_is_one_too_many(aws: Aws) -> None:
    quotas.enforce(active_jobs=0)
    aws.thing("t1")
    unknown = {"jobId": "j1", "targets": [aws.arn("thing", "nobody")], "document": "{}"}
    aws.raises("ResourceNotFoundException", 404, aws.iot.create_job, **unknown)


def test_each_region_has_limits_of_its_own(aws: Aws) -> None:
    quotas.enforce(active_jobs=1)
    aws.job("j1", "t1")
    elsewhere = aws.client("iot", region="us-east-2")
    thing = elsewhere.create_thing(thingName="t1")["thingArn"]
    elsewhere.create_job(jobId="j1", targets=[thing], document="{}")
    again = {"jobId": "j2", "targets": [thing], "document": "{}"}
    aws.raises("LimitExceededException", 410, elsewhere.create_job, **again)


# Limits that always hold, at other numbers.


def test_fewer_targets_can_be_too_many(aws: Aws) -> None:
    with quotas.enforce(targets_per_job=2):
        request = {
            "jobId": "j1",
            "targets": [aws.thing(name) for name in ("t1", "t2", "t3")],
            "document": "{}",
        }
        error = aws.raises("LimitExceededException", 410, aws.iot.create_job, **request)
        assert error.message == "Job j1 cannot have more than 2 targets."
    aws.iot.create_job(**request)


@in_process
def test_fewer_associated_targets_can_be_too_many(aws: Aws) -> None:
    quotas.enforce(targets_per_job=1)
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    request = {"jobId": "j1", "targets": [aws.group("g2", "t2")]}
    aws.raises("LimitExceededException", 410, aws.iot.associate_targets_with_job, **request)
    assert aws.pending("t2") == ([], [])


def test_fewer_templates_can_be_too_many(aws: Aws) -> None:
    quotas.enforce(job_templates=1)
    aws.iot.create_job_template(jobTemplateId="a", document="{}", description="a")
    request = {"jobTemplateId": "b", "document": "{}", "description": "b"}
    aws.raises("LimitExceededException", 410, aws.iot.create_job_template, **request)
    aws.iot.delete_job_template(jobTemplateId="a")
    aws.iot.create_job_template(**request)


def test_fewer_deletions_at_once_can_be_too_many(aws: Aws) -> None:
    aws.deletion("time", seconds=60)
    quotas.enforce(jobs_in_deletion=1)
    for name in ("j1", "j2"):
        aws.job(name, "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.raises("LimitExceededException", 410, aws.iot.delete_job, jobId="j2", force=True)
    assert aws.status("j2") == "IN_PROGRESS"
    aws.advance(seconds=60)
    aws.iot.delete_job(jobId="j2", force=True)


# Concurrent jobs.


def rolling_out(aws: Aws, job_id: str, *things: str) -> None:
    aws.job(job_id, *things, jobExecutionsRolloutConfig={"maximumPerMinute": 1})


def test_a_job_waits_until_another_has_rolled_out(aws: Aws) -> None:
    quotas.enforce(concurrent_jobs=1)
    rolling_out(aws, "j1", "t1", "t2", "t3")
    aws.job("j2", "t1")
    assert aws.iot.describe_job(jobId="j1")["job"]["isConcurrent"] is True
    assert aws.iot.describe_job(jobId="j2")["job"]["isConcurrent"] is False
    assert waits(aws, "j2")
    aws.advance(minutes=1, seconds=1)
    assert waits(aws, "j2")
    aws.advance(minutes=2)
    assert aws.counters("j2") == {"Queued": 1}
    assert aws.counters("j1") == {"Queued": 3}


def test_instead_of_waiting_create_job_may_fail(aws: Aws) -> None:
    with quotas.enforce(concurrent_jobs_at_creation=1):
        rolling_out(aws, "j1", "t1", "t2", "t3")
        request = {"jobId": "j2", "targets": [aws.thing("t1")], "document": "{}"}
        error = aws.raises("LimitExceededException", 410, aws.iot.create_job, **request)
        assert error.message == "Job j2 exceeds the limit of 1 concurrent jobs."
        aws.advance(minutes=2, seconds=1)
        aws.iot.create_job(**request)
        assert aws.counters("j2") == {"Queued": 1}


@in_process
def test_a_job_that_is_canceled_lets_the_next_one_go_on(aws: Aws) -> None:
    quotas.enforce(concurrent_jobs=1)
    rolling_out(aws, "j1", "t1", "t2", "t3")
    aws.job("j2", "t1")
    aws.iot.cancel_job(jobId="j1")
    aws.advance(minutes=1, seconds=1)
    assert aws.counters("j2") == {"Queued": 1}


@in_process
def test_a_job_that_has_rolled_out_does_not_count(aws: Aws) -> None:
    quotas.enforce(concurrent_jobs=1)
    for name in ("j1", "j2", "j3"):
        aws.job(name, "t1", "t2")
    assert aws.pending("t1") == ([], ["j1", "j2", "j3"])


def test_a_waiting_job_goes_on_when_the_quota_is_lifted(aws: Aws) -> None:
    with quotas.enforce(concurrent_jobs=1):
        rolling_out(aws, "j1", "t1", "t2", "t3")
        aws.job("j2", "t1")
        assert waits(aws, "j2")
    aws.advance(minutes=1, seconds=1)
    assert aws.counters("j2") == {"Queued": 1}


@in_process
def test_a_waiting_job_can_be_canceled(aws: Aws) -> None:
    quotas.enforce(concurrent_jobs=1)
    rolling_out(aws, "j1", "t1", "t2")
    aws.job("j2", "t1")
    aws.iot.cancel_job(jobId="j2")
    aws.advance(minutes=5)
    assert (aws.status("j2"), aws.counters("j2")) == ("CANCELED", {})


@in_process
def test_a_job_with_windows_is_canceled_when_it_starts_and_has_to_wait(aws: Aws) -> None:
    quotas.enforce(concurrent_jobs=1)
    # Together they are open at any time of the day.
    windows = [
        {"startTime": f"cron(0 {hour} * * ? *)", "durationInMinutes": 1430} for hour in (0, 12)
    ]
    schedule = {"startTime": at(aws, hours=2), "maintenanceWindows": windows}
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS", schedulingConfig=schedule)
    aws.advance(hours=1)
    rolling_out(aws, "j2", *(f"t{number}" for number in range(90)))
    aws.advance(hours=1, minutes=1)
    assert (aws.status("j1"), aws.counters("j1")) == ("CANCELED", {})


# What is enforced, and until when.


def test_nothing_is_enforced_by_itself(aws: Aws) -> None:
    assert quotas.enforced() == {}


def test_all_of_them_are_enforced_at_awss_numbers_when_none_is_named(aws: Aws) -> None:
    with quotas.enforce():
        enforced = quotas.enforced()
        assert (enforced["active_jobs"], enforced["CreateJob"], enforced["device_reads"]) == (
            100_000,
            10,
            200,
        )
        assert "job_id_length" not in enforced
    assert quotas.enforced() == {}


@in_process
def test_true_is_awss_number(aws: Aws) -> None:
    quotas.enforce(CreateJob=True, concurrent_jobs=True)
    assert quotas.enforced() == {"CreateJob": 10, "concurrent_jobs": 500}


def test_the_later_number_holds_and_the_earlier_one_again_after_it(aws: Aws) -> None:
    quotas.enforce(active_jobs=5, CreateJob=2)
    with quotas.enforce(active_jobs=3):
        assert quotas.enforced() == {"active_jobs": 3, "CreateJob": 2}
    assert quotas.enforced() == {"active_jobs": 5, "CreateJob": 2}


def test_an_enforcement_can_be_lifted_and_all_of_them_cleared(aws: Aws) -> None:
    aws.job("j1", "t1")
    enforcement = quotas.enforce(active_jobs=1, CreateJob=SLOW)
    quotas.enforce(job_templates=1)
    enforcement.cancel()
    enforcement.cancel()
    aws.job("j2", "t1")
    aws.job("j3", "t1")
    assert quotas.enforced() == {"job_templates": 1}
    quotas.clear()
    assert quotas.enforced() == {}


@in_process
def test_a_block_ends_its_quotas_when_the_test_fails_inside(aws: Aws) -> None:
    with pytest.raises(ZeroDivisionError), quotas.enforce(active_jobs=1):
        raise ZeroDivisionError
    assert quotas.enforced() == {}


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_quotas_end_with_a_reset_of_the_server(aws: Aws) -> None:
    quotas.enforce(active_jobs=0, CreateJob=SLOW)
    requests.post(f"{aws.url}/moto-api/reset", timeout=10).raise_for_status()
    for name in ("j1", "j2"):
        aws.job(name, "t1")


# Mistakes.


@in_process
@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (
            {"active_job": 1},
            (
                "There is no quota 'active_job'. Did you mean 'active_jobs'? It is one of:"
                " active_jobs, "
            ),
        ),
        ({"create_job": 1}, "There is no quota 'create_job'. Did you mean 'CreateJob'?"),
        ({"GetPendingJobExecutions": 1}, "it is counted in device_reads. Write device_reads=."),
        (
            {"reason_code_length": 5},
            "reason_code_length is always enforced, at AWS's 128, and cannot be another.",
        ),
        (
            {"data_retention": 5},
            "data_retention is not modelled: jobs are kept until the mock ends.",
        ),
        (
            {"active_jobs": -1},
            "active_jobs must be a whole number, or True for AWS's 100000; not -1.",
        ),
        ({"active_jobs": 1.5}, "active_jobs must be a whole number"),
        ({"active_jobs": math.inf}, "active_jobs must be a whole number"),
        ({"active_jobs": math.nan}, "active_jobs must be a whole number"),
        ({"CreateJob": math.nan}, "CreateJob must be a number of calls a second"),
        ({"CreateJob": 10**400}, "CreateJob must be a number of calls a second"),
        ({"active_jobs": False}, "active_jobs must be a whole number"),
        (
            {"CreateJob": 0},
            "CreateJob must be a number of calls a second, or True for AWS's 10; not 0.",
        ),
        ({"CreateJob": "1"}, "CreateJob must be a number of calls a second"),
    ],
)
def test_a_mistake_is_an_error_with_what_to_write_instead(
    aws: Aws, numbers: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        quotas.enforce(**{"job_templates": 1, **numbers})
    assert quotas.enforced() == {}
