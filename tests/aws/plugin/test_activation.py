"""Activation is explicit and ends: plain `mock_aws` has IoT Jobs after `activate()` only, whatever
ran before.
"""

from __future__ import annotations

import itertools
import subprocess
import unittest
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests
from moto import mock_aws

from moto_iot_jobs import activate, clock, deactivate, faults, mock_iot
from moto_iot_jobs.plugin.registration import is_active
from tests.warm_python import warm_python

if TYPE_CHECKING:
    from tests.aws.plugin.conftest import Clients

OURS, MOTOS = 1, 123
"""The executionNumber that DescribeJobExecution gives for a first execution: ours, and moto's."""


def plain(clients: Clients) -> int:
    """Ask plain `mock_aws` for an execution."""
    with mock_aws():
        clients.create()
        shown = clients.iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]
        number: int = shown["executionNumber"]
        return number


def ours(clients: Clients) -> int:
    """Ask `mock_iot` for an execution."""
    with mock_iot():
        clients.create()
        clock.advance(days=1)
        faults.inject("ListJobs", "ThrottlingException")
        shown = clients.iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]
        number: int = shown["executionNumber"]
        return number


def a_test_case(clients: Clients) -> int:
    """Run a decorated TestCase, whose mock forgets nothing when it stops."""

    @mock_iot
    class Case(unittest.TestCase):
        def setUp(self) -> None:
            clock.advance(days=30)
            faults.inject("Describe*", "ThrottlingException", after=1, times=None)

        def test_it(self) -> None:
            clients.create()

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert result.wasSuccessful()
    return OURS


EXPECTED: dict[Callable[[Any], int], int] = {plain: MOTOS, ours: OURS, a_test_case: OURS}


@pytest.mark.parametrize(
    "order", list(itertools.permutations([plain, plain, ours, a_test_case])), ids=lambda order: "-"
)
def test_results_do_not_depend_on_the_order(
    clients: Clients, order: tuple[Callable[[Clients], int], ...]
) -> None:
    assert [each(clients) for each in order] == [EXPECTED[each] for each in order]
    assert not is_active()
    with mock_iot():
        assert faults.pending() == []


def test_activation_lasts(clients: Clients) -> None:
    activate()
    assert [plain(clients), ours(clients), plain(clients)] == [OURS, OURS, OURS]
    deactivate()
    assert plain(clients) == MOTOS


def test_activation_reaches_a_mock_that_is_running(clients: Clients) -> None:
    with mock_aws():
        clients.iot.create_thing(thingName="t0")
        activate()
        assert clients.run_a_job() == "COMPLETED"
        assert {thing["thingName"] for thing in clients.iot.list_things()["things"]} == {"t0", "t1"}
        response = requests.get(
            "https://data.jobs.iot.eu-west-1.amazonaws.com/things/t1/jobs", timeout=5
        )
        assert response.json() == {"inProgressJobs": [], "queuedJobs": []}


def test_deactivation_in_a_running_mock_forgets_jobs_and_leaves_things_alone(
    clients: Clients,
) -> None:
    activate()
    with mock_aws():
        clients.create()
        deactivate()
        assert clients.iot.describe_thing(thingName="t1")["thingName"] == "t1"
        activate()
        assert clients.iot.describe_thing(thingName="t1")["thingName"] == "t1"
        assert clients.job_ids() == []


def test_deactivation_leaves_a_mock_of_ours_alone(clients: Clients) -> None:
    activate()
    with mock_iot():
        clients.create()
        deactivate()
        assert clients.job_ids() == ["j1"]
    assert not is_active()


def test_both_may_be_done_again_and_again(clients: Clients) -> None:
    for _ in range(3):
        deactivate()
        deactivate()
        activate()
        activate()
    assert plain(clients) == OURS


def test_a_mock_that_was_not_started_cannot_be_stopped() -> None:
    mock = mock_iot()
    with pytest.raises(RuntimeError, match="before start"):
        mock.stop()
    assert not is_active()


FRESH = """
import boto3
from moto import mock_aws
from moto_iot_jobs import {name}

with mock_aws():
    keys = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")
    iot = boto3.client("iot", **keys)
    arn = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[arn], document="{{}}")
    print(iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]["executionNumber"])
"""


@pytest.mark.parametrize(
    "name",
    ["faults", "mock_iot", "activate", "clock", "devices", "messages", "mqtt", "quotas"],
)
def test_importing_a_public_name_changes_nothing(name: str) -> None:
    code = FRESH.format(name=name)
    # It has moto, and nothing of ours.
    python = warm_python("boto3", "moto.iot.models", "moto.iot.responses", "moto.iot.urls")
    done = subprocess.run(
        [*python, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(MOTOS)), done.stderr
