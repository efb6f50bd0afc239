"""Strict mode says where AWS would answer otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pytest_plugin.conftest import RunPytest

HOST = """
import boto3, pytest

def pending(**settings):
    device = boto3.client("iot-jobs-data", region_name="us-east-1", **settings)
    return device.get_pending_job_executions(thingName="lamp")["queuedJobs"]

def test_the_default_host(iot_jobs):
    iot_jobs.thing("lamp")
    assert pending() == []

def test_the_clients_of_the_fixture(iot_jobs):
    iot_jobs.thing("lamp")
    assert iot_jobs.device.get_pending_job_executions(thingName="lamp")["queuedJobs"] == []
"""

STRICT_ENDPOINTS = """
import boto3, pytest

@pytest.mark.iot_jobs(strict_endpoints=True)
def test_it(iot_jobs):
    iot_jobs.thing("lamp")
    assert iot_jobs.device.get_pending_job_executions(thingName="lamp")["queuedJobs"] == []
    device = boto3.client("iot-jobs-data", region_name="us-east-1")
    with pytest.raises(device.exceptions.ClientError, match="Invalid endpoint"):
        device.get_pending_job_executions(thingName="lamp")
"""

RULE = """
def test_it(iot_jobs):
    rule = {"sql": "SELECT * FROM '$aws/events/job/#'", "actions": []}
    iot_jobs.iot.create_topic_rule(ruleName="alarm", topicRulePayload=rule)
"""


def test_calls_of_the_default_host_are_hinted_at_in_strict_mode(run_pytest: RunPytest) -> None:
    strict = run_pytest("--iot-jobs-strict", test_host=HOST)
    assert "2 passed" in strict.text, strict.text
    assert "1 calls of iot-jobs-data went to the default host" in strict.text
    assert "default host" not in run_pytest(test_host=HOST).text


def test_strict_endpoints_can_be_had_by_the_marker(run_pytest: RunPytest) -> None:
    run = run_pytest(test_suite=STRICT_ENDPOINTS)
    assert "1 passed" in run.text, run.text


@pytest.mark.parametrize("options", [(), ("--iot-jobs-strict",)])
def test_a_topic_rule_on_jobs_is_an_error_in_strict_mode(
    run_pytest: RunPytest, options: tuple[str, ...]
) -> None:
    run = run_pytest(*options, test_rule=RULE)
    assert "Topic rule 'alarm' selects from '$aws/events/job/#'" in run.text
    assert ("1 failed" if options else "1 passed, 1 warning") in run.text
