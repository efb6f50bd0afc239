"""A failing test tells how its jobs stood, whatever mocked them and wherever it ran."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pytest_plugin.conftest import Run, RunPytest

Golden = Callable[[str, str], None]

CONFTEST = """
import boto3, pytest, time_machine

@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel("2026-01-02T03:04:05Z", tick=False):
        yield

def started(job="update"):
    iot = boto3.client("iot", region_name="eu-west-1")
    device = boto3.client("iot-jobs-data", region_name="eu-west-1")
    lamp = iot.create_thing(thingName="lamp")["thingArn"]
    iot.create_job(jobId=job, targets=[lamp], document="{}", timeoutConfig={"inProgressTimeoutInMinutes": 20})
    device.start_next_pending_job_execution(thingName="lamp", statusDetails={"step": "1"})
    return iot
"""

SUITE = """
import asyncio, unittest
import pytest
from conftest import started
from moto import mock_aws
from moto_iot_jobs import clock, mock_iot


@mock_iot
def test_decorated_by_ours():
    started()
    clock.advance(minutes=21)
    assert False

@mock_aws
def test_decorated_by_motos():
    started().cancel_job(jobId="update", force=True)
    assert False

def test_within_a_block():
    with mock_aws():
        started()
        assert False

@pytest.fixture
def mocked():
    with mock_iot():
        yield started()

def test_with_a_fixture_of_its_own(mocked):
    mocked.delete_job_execution(jobId="update", thingName="lamp", executionNumber=1, force=True)
    mocked.describe_job_execution(jobId="update", thingName="lamp")

@pytest.fixture
def broken():
    with mock_iot():
        started()
        raise RuntimeError("in a fixture")

def test_whose_fixture_fails(broken):
    pass

def test_with_our_fixture(iot_jobs):
    iot_jobs.group("lamps", "a", "b")
    iot_jobs.job("update", "lamps", "c", document={"do": "it"})
    iot_jobs.device.update_job_execution(jobId="update", thingName="b", status="REJECTED", statusDetails={"why": "busy"})
    assert False

@mock_iot
class TestDecorated(unittest.TestCase):
    def setUp(self):
        started()

    def test_of_unittest(self):
        self.fail("on purpose")

@pytest.mark.asyncio
@mock_iot
async def test_coroutine():
    started()
    await asyncio.sleep(0)
    assert False

@pytest.mark.asyncio
async def test_coroutine_with_our_fixture(iot_jobs):
    iot_jobs.job("update", "lamp")
    await asyncio.sleep(0)
    assert False

@mock_iot
def test_that_caught_another_error():
    try:
        with mock_iot():
            started()
            raise ValueError
    except ValueError as error:
        raise KeyError("later") from error

@mock_iot
def test_without_jobs():
    assert False

def test_without_a_mock():
    assert False

@mock_iot
def test_that_passes():
    started()
"""

TITLE = "AWS IoT Jobs"


def check(run: Run, golden: Golden) -> None:
    sections = run.sections(TITLE)
    golden("sections.txt", "".join(f"# {test}\n{text}\n" for test, text in sorted(sections.items())))
    assert {"test_without_jobs", "test_without_a_mock", "test_that_passes"}.isdisjoint(sections)
    assert max(len(line) for text in sections.values() for line in text.splitlines()) <= 80


def test_each_way_of_mocking_shows_its_section(run_pytest: RunPytest, golden: Golden) -> None:
    run = run_pytest(conftest=CONFTEST, test_suite=SUITE)
    assert "1 passed" in run.text
    check(run, golden)


def test_sections_come_from_the_workers_of_xdist(run_pytest: RunPytest, golden: Golden) -> None:
    check(run_pytest("-n", "1", conftest=CONFTEST, test_suite=SUITE), golden)


LATE = """
import pytest

@pytest.fixture
def mocked():
    import moto_iot_jobs
    with moto_iot_jobs.mock_iot():
        yield

def test_it(mocked):
    from conftest import started
    started()
    assert False
"""


def test_a_package_imported_by_a_fixture_is_noticed(run_pytest: RunPytest) -> None:
    run = run_pytest(conftest=CONFTEST, test_suite=LATE)
    assert "IN_PROGRESS  v2  device, StartNextPendingJobExecution" in run.sections(TITLE)["test_it"]


@pytest.mark.parametrize("option", ["-p no:moto_iot_jobs", "-o iot_jobs_section=false"])
def test_the_section_can_be_switched_off(run_pytest: RunPytest, option: str) -> None:
    suite = """
        from conftest import started
        from moto_iot_jobs import mock_iot

        @mock_iot
        def test_it():
            assert not started()
    """
    run = run_pytest(*option.split(" ", 1), conftest=CONFTEST, test_suite=suite)
    assert "1 failed" in run.text
    assert run.sections(TITLE) == {}


def test_the_golden_sections_are_read_by_people() -> None:
    text = (Path(__file__).parent / "golden" / "sections.txt").read_text(encoding="utf-8")
    assert "device, StartNextPendingJobExecution" in text
    assert "owner, CancelJob, by force" in text
    assert "timer" in text
