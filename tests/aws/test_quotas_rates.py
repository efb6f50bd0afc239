"""Rates that are enforced: so many calls a second, on both planes, on topics, and as the clock
goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs import messages, quotas

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.usefixtures("public_modules_reach_it")

in_process = pytest.mark.parametrize("aws", ["in_process"], indirect=True)
SLOW = 0.001
"""A rate of one call in a thousand seconds: two calls in a row are too many however slow the
machine is.
"""


def throttled(aws: Aws, call: Callable[..., object], **request: Any) -> None:
    error = aws.raises("ThrottlingException", 429, call, **request)
    assert error.message == "Rate exceeded"


def test_calls_above_a_rate_are_throttled_and_do_nothing(aws: Aws) -> None:
    quotas.enforce(CreateJob=SLOW)
    aws.job("j1", "t1")
    request = {"jobId": "j2", "targets": [aws.arn("thing", "t1")], "document": "{}"}
    throttled(aws, aws.iot.create_job, **request)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j2")
    aws.advance(seconds=1000)
    aws.iot.create_job(**request)


def test_a_rate_follows_the_clock(aws: Aws) -> None:
    quotas.enforce(DescribeJob=SLOW)
    aws.job("j1", "t1")
    aws.status("j1")
    aws.advance(seconds=900)
    throttled(aws, aws.iot.describe_job, jobId="j1")
    aws.advance(seconds=100)
    aws.status("j1")
    throttled(aws, aws.iot.describe_job, jobId="j1")
    aws.advance(days=30)
    aws.status("j1")
    throttled(aws, aws.iot.describe_job, jobId="j1")


@in_process
def test_calls_that_fail_for_another_reason_count_and_those_throttled_do_not(
    aws: Aws,
) -> None:
    quotas.enforce(DescribeJob=SLOW)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="none")
    for _ in range(3):
        throttled(aws, aws.iot.describe_job, jobId="none")
    aws.advance(seconds=1000)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="none")


@in_process
@pytest.mark.parametrize(("rate", "then"), [(1, 1), (10, 5), (4, 3)])
def test_a_second_holds_as_many_calls_as_the_rate_says(aws: Aws, rate: int, then: int) -> None:
    import time_machine

    def allowed() -> int:
        found = 0
        while found < 100:
            try:
                aws.iot.list_jobs()
            except aws.iot.exceptions.ThrottlingException:
                break
            found += 1
        return found

    start = datetime(2026, 11, 21, tzinfo=timezone.utc)
    with time_machine.travel(start, tick=False) as traveller:
        quotas.enforce(ListJobs=rate)
        assert allowed() == rate
        traveller.shift(timedelta(seconds=then / rate - 0.001))
        assert allowed() == then - 1
        traveller.shift(timedelta(milliseconds=1))
        assert allowed() == 1
        traveller.shift(timedelta(days=1))
        assert allowed() == rate


@in_process
def test_only_a_rate_that_changes_begins_anew(aws: Aws) -> None:
    quotas.enforce(ListJobs=SLOW, ListJobTemplates=SLOW)
    aws.iot.list_jobs()
    aws.iot.list_job_templates()
    with quotas.enforce(active_jobs=1, ListJobTemplates=2 * SLOW):
        throttled(aws, aws.iot.list_jobs)
        aws.iot.list_job_templates()
        throttled(aws, aws.iot.list_job_templates)
    throttled(aws, aws.iot.list_jobs)


@in_process
def test_each_operation_has_a_rate_of_its_own(aws: Aws) -> None:
    aws.job("j1", "t1")
    quotas.enforce(DescribeJob=SLOW, ListJobs=SLOW)
    aws.status("j1")
    aws.iot.list_jobs()
    throttled(aws, aws.iot.describe_job, jobId="j1")
    throttled(aws, aws.iot.list_jobs)
    aws.iot.get_job_document(jobId="j1")


def test_each_region_has_rates_of_its_own(aws: Aws) -> None:
    quotas.enforce(ListJobs=SLOW)
    aws.iot.list_jobs()
    aws.client("iot", region="us-east-2").list_jobs()
    throttled(aws, aws.iot.list_jobs)


def test_reads_of_the_data_plane_are_counted_together_and_apart_from_the_control_plane(
    aws: Aws,
) -> None:
    aws.job("j1", "t1")
    quotas.enforce(device_reads=SLOW)
    aws.device.get_pending_job_executions(thingName="t1")
    throttled(aws, aws.device.describe_job_execution, thingName="t1", jobId="j1")
    aws.execution("t1", "j1")
    aws.report("t1", "j1", "IN_PROGRESS")


def test_a_devices_writes_are_counted_together_and_on_topics_as_well(aws: Aws) -> None:
    aws.job("j1", "t1")
    quotas.enforce(device_writes=SLOW)
    started = messages.request("$aws/things/t1/jobs/start-next", region=aws.region)
    assert started is not None
    assert started.json["execution"]["jobId"] == "j1"
    throttled(aws, aws.device.update_job_execution, thingName="t1", jobId="j1", status="SUCCEEDED")
    topic = "$aws/things/t1/jobs/j1/update"
    response = messages.request(
        topic, {"status": "SUCCEEDED", "clientToken": "c"}, region=aws.region
    )
    assert response is not None
    assert (response.topic, response.json["code"], response.json["message"]) == (
        f"{topic}/rejected",
        "RequestThrottled",
        "Rate exceeded",
    )
    assert response.json["clientToken"] == "c"
    assert aws.execution("t1", "j1")["status"] == "IN_PROGRESS"
    aws.advance(seconds=1000)
    response = messages.request(topic, {"status": "SUCCEEDED"}, region=aws.region)
    assert response is not None
    assert response.topic == f"{topic}/accepted"


# Its rate is tested with the commands, in aws/mqtt.
OVER_MQTT_ALONE = {"UpdateCommandExecution"}


@in_process
def test_every_rate_of_the_table_throttles_the_operations_that_it_names(aws: Aws) -> None:
    from tests.aws.test_fault_conditions import declared

    requests_of = {
        (service, operation): (method, path)
        for service, operation, method, path, _, _ in declared()
    }
    rates = [quota for quota in quotas.table() if quota.is_rate]
    for quota in rates:
        numbers: Any = {quota.name: SLOW}
        with quotas.enforce(**numbers):
            over_http = [each for each in quota.operations if each[1] not in OVER_MQTT_ALONE]
            for number, (service, operation) in enumerate(over_http * 2):
                response = aws.http(*requests_of[service, operation], service)
                assert (response.status_code == 429) is (number > 0), (quota.name, operation)
    assert len(rates) == 50


@in_process
def test_observers_hear_of_calls_that_were_throttled(aws: Aws) -> None:
    from moto_iot_jobs.runtime import runtime
    from moto_iot_jobs.runtime.calls import HandledCall

    heard: list[tuple[str, str, str | None]] = []

    def listen(call: HandledCall) -> None:
        heard.append((call.service, call.operation, call.code))

    quotas.enforce(ListJobs=SLOW, device_reads=SLOW)
    runtime.call_handled.connect(listen)
    try:
        aws.iot.list_jobs()
        throttled(aws, aws.iot.list_jobs)
        for _ in range(2):
            messages.request("$aws/things/t1/jobs/get", region=aws.region)
    finally:
        runtime.call_handled.disconnect(listen)
    assert heard == [
        ("iot", "ListJobs", None),
        ("iot", "ListJobs", "ThrottlingException"),
        ("iot-jobs-data", "GetPendingJobExecutions", "ResourceNotFoundException"),
        ("iot-jobs-data", "GetPendingJobExecutions", "ThrottlingException"),
    ]
