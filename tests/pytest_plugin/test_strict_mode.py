"""Strict mode: a test that leaves executions open or faults unused fails, and what it may leave is
allowed by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.pytest_plugin.strictness import Leftovers

pytest_plugins = ["pytester"]

if TYPE_CHECKING:
    from tests.pytest_plugin.conftest import RunPytest

SUITE = """
import unittest
import pytest
from moto_iot_jobs import faults, mock_iot
from moto_iot_jobs.pytest_plugin.clients import client

def queue(job="update"):
    iot = client("iot", "eu-west-1")
    lamp = iot.create_thing(thingName="lamp")["thingArn"]
    iot.create_job(jobId=job, targets=[lamp], document="{}")
    return iot

@mock_iot
def test_decorated():
    queue()

@pytest.mark.iot_jobs(allow="open_executions")
@mock_iot
def test_decorated_and_allowed():
    queue()

@pytest.mark.iot_jobs(strict=False)
@mock_iot
def test_decorated_and_not_strict():
    queue()
    faults.inject("DeleteJob", "ThrottlingException")

@mock_iot
def test_decorated_and_tidy():
    queue().cancel_job(jobId="update")

@mock_iot
def test_being_deleted():
    queue().delete_job(jobId="update", force=True)

@mock_iot
def test_unused_fault():
    faults.inject("DeleteJob", "ThrottlingException", times=2)

@mock_iot
def test_failing_otherwise():
    queue()
    assert False, "the real reason"

@mock_iot
def test_skipping():
    queue()
    pytest.skip("not today")

def test_with_our_fixture(iot_jobs):
    iot_jobs.job("update", "lamp")

@pytest.mark.iot_jobs(allow=["open_executions", "unused_faults"])
def test_with_our_fixture_and_allowed(iot_jobs):
    iot_jobs.job("update", "lamp")
    iot_jobs.faults.inject("DeleteJob", "ThrottlingException")

@pytest.fixture
def mocked():
    with mock_iot():
        yield

def test_with_a_fixture_of_its_own(mocked):
    queue()

@mock_iot
class TestDecorated(unittest.TestCase):
    def setUp(self):
        queue()

    def test_left_open(self):
        pass

@mock_iot
def test_that_forgets_what_the_one_before_left():
    pass

@pytest.mark.asyncio
@mock_iot
async def test_coroutine():
    queue()

@pytest.mark.xfail(strict=True)
@mock_iot
def test_expected_to_be_untidy():
    queue()
"""


def test_what_a_test_leaves_behind_fails_it(run_pytest: RunPytest) -> None:
    run = run_pytest("--iot-jobs-strict", "-rA", test_suite=SUITE)
    outcomes: dict[str, list[str]] = {}
    for line in run.text.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("PASSED", "FAILED", "ERROR", "XFAIL") and rest.startswith("test_suite.py::"):
            outcomes.setdefault(rest.split("::", 1)[1].split(" ")[0], []).append(word)
    assert outcomes == {
        "test_decorated": ["FAILED"],
        "test_decorated_and_allowed": ["PASSED"],
        "test_decorated_and_not_strict": ["PASSED"],
        "test_decorated_and_tidy": ["PASSED"],
        "test_being_deleted": ["PASSED"],
        "test_unused_fault": ["FAILED"],
        "test_failing_otherwise": ["FAILED"],
        "test_with_our_fixture": ["FAILED"],
        "test_with_our_fixture_and_allowed": ["PASSED"],
        "test_with_a_fixture_of_its_own": ["PASSED", "ERROR"],
        "TestDecorated::test_left_open": ["FAILED"],
        "test_that_forgets_what_the_one_before_left": ["PASSED"],
        "test_coroutine": ["FAILED"],
        "test_expected_to_be_untidy": ["XFAIL"],
    }, run.text
    assert run.text.count("job update in eu-west-1: 1 QUEUED") >= 4
    assert "the real reason" in run.text
    sections = run.sections("AWS IoT Jobs")
    assert {"test_decorated", "test_with_our_fixture", "test_coroutine"} <= sections.keys()
    assert "lamp #1: QUEUED" in sections["test_decorated"]


UNTIDY = """
import pytest

def test_untidy(iot_jobs):
    iot_jobs.job("update", "lamp")

@pytest.mark.iot_jobs(strict=True)
def test_strict_by_itself(iot_jobs):
    iot_jobs.job("update", "lamp")
"""


@pytest.mark.parametrize(
    ("settings", "failed"),
    [
        ((), 1),
        (("-o", "iot_jobs_strict=true"), 2),
        (("-o", "iot_jobs_strict=true", "-o", "iot_jobs_allow=open_executions"), 0),
    ],
)
def test_the_configuration_file_is_heeded(
    pytester: pytest.Pytester, settings: tuple[str, ...], failed: int
) -> None:
    pytester.makepyfile(UNTIDY)
    outcomes = pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:asyncio", *settings
    ).parseoutcomes()
    assert outcomes.get("failed", 0) == failed
    assert outcomes.get("passed", 0) == 2 - failed


def test_a_complaint_names_what_allows_it() -> None:
    left = Leftovers(
        {"open_executions": {"job a in eu-west-1: 1 QUEUED": None}, "unused_faults": {}}
    )
    assert left.failure_message(allowed=[]) == (
        "AWS IoT Jobs, strict mode: the test left behind\n\n"
        'job executions that are still open (allow="open_executions" lets them pass):\n'
        "  job a in eu-west-1: 1 QUEUED"
    )
    assert left.failure_message(allowed=["open_executions"]) is None


def test_a_complaint_is_never_long() -> None:
    left = Leftovers({"unused_faults": dict.fromkeys(f"fault {number}" for number in range(100))})
    failure_message = left.failure_message(allowed=[])
    assert failure_message is not None
    assert failure_message.splitlines()[-1] == "  ... 90 more"


def test_the_same_finding_is_reported_once() -> None:
    left = Leftovers()
    for _ in range(2):
        left.add(Leftovers({"unused_faults": {"a fault": None}}))
    assert list(left.lines["unused_faults"]) == ["a fault"]


STACKS = """
import json

import pytest
from moto_iot_jobs import mock_iot
from moto_iot_jobs.pytest_plugin.clients import client

def stack():
    audit = {"Type": "AWS::IoT::AccountAuditConfiguration", "Properties": {}}
    body = json.dumps({"Resources": {"Audit": audit}})
    client("cloudformation", "eu-west-1").create_stack(StackName="fleet", TemplateBody=body)

@mock_iot
def test_that_is_not_strict():
    stack()

@pytest.mark.iot_jobs(strict=True)
@mock_iot
def test_strict():
    stack()

@pytest.mark.iot_jobs(strict=True, allow="unmodelled_resources")
@mock_iot
def test_allowed():
    stack()
"""


def test_a_resource_of_a_stack_that_is_not_modelled_is_an_error(run_pytest: RunPytest) -> None:
    run = run_pytest("-rA", test_suite=STACKS)
    assert "PASSED test_suite.py::test_that_is_not_strict" in run.text
    assert "FAILED test_suite.py::test_strict" in run.text
    assert "PASSED test_suite.py::test_allowed" in run.text
    assert "UserWarning: Tried to parse AWS::IoT::AccountAuditConfiguration" in run.text
