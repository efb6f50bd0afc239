"""A failing test tells how its jobs stood, whatever mocked them and wherever it ran."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from moto_iot_jobs.pytest_plugin.report import TITLE as TITLE_OF_THE_REPORT
from tests.warm_python import warm_workers

if TYPE_CHECKING:
    from tests.pytest_plugin.conftest import Run, RunPytest

pytest_plugins = ["pytester"]

Golden = Callable[[str, str], None]

CONFTEST = """
import pytest, time_machine
from moto_iot_jobs.pytest_plugin.clients import client

@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel("2026-01-02T03:04:05Z", tick=False):
        yield

def started(job="update"):
    iot = client("iot", "eu-west-1")
    device = client("iot-jobs-data", "eu-west-1")
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
    golden(
        "sections.txt", "".join(f"# {test}\n{text}\n" for test, text in sorted(sections.items()))
    )
    assert {"test_without_jobs", "test_without_a_mock", "test_that_passes"}.isdisjoint(sections)
    assert max(len(line) for text in sections.values() for line in text.splitlines()) <= 80


def test_each_way_of_mocking_shows_its_section(run_pytest: RunPytest, golden: Golden) -> None:
    run = run_pytest("-o", "iot_jobs_activate=true", conftest=CONFTEST, test_suite=SUITE)
    assert "1 passed" in run.text
    check(run, golden)


COUNTED = """
import pytest

@pytest.mark.parametrize("turn", range(4))
def test_in_process(iot_jobs, turn):
    iot_jobs.job("update", "lamp")
    iot_jobs.device.update_job_execution(jobId="update", thingName="lamp", status="SUCCEEDED")
    with pytest.raises(iot_jobs.iot.exceptions.InvalidRequestException):
        iot_jobs.iot.cancel_job(jobId="update")

@pytest.mark.iot_jobs(strict=True)
def test_at_the_server(iot_jobs_server):
    lamp = iot_jobs_server.iot.create_thing(thingName="lamp")["thingArn"]
    iot_jobs_server.iot.create_job(jobId="update", targets=[lamp], document="{}")
    iot_jobs_server.faults.inject("DeleteJob", "ThrottlingException")
"""


def test_workers_of_xdist_and_servers_hand_over_what_they_saw(
    run_pytest: RunPytest, golden: Golden, tmp_path: Path
) -> None:
    options = ("--iot-jobs-report-file=seen.json", "-o", "iot_jobs_activate=true")
    run = run_pytest(
        *warm_workers(1), *options, conftest=CONFTEST, test_suite=SUITE, test_counted=COUNTED
    )
    check(run, golden)

    (section,) = run.sections("AWS IoT Jobs at the server").values()
    assert "job update: IN_PROGRESS, SNAPSHOT, in us-east-1" in section
    assert "QUEUED       v1  CreateJob" in section
    assert "job update in us-east-1: 1 QUEUED" in run.text
    assert "ThrottlingException from DeleteJob (iot): never met" in run.text

    found = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    calls = {
        (each["service"], each["operation"]): each["calls"]
        for each in found["operations"]
        if each["calls"]
    }
    jobs_of_the_suite = SUITE.count("started()") + SUITE.count("iot_jobs.job(")
    assert calls["iot", "CreateJob"] == 4 + 1 + jobs_of_the_suite
    assert calls["iot", "CancelJob"] == 4 + 1
    transitions = {
        (transition["act"], transition["from"]): transition["seen"]
        for transition in found["executionTransitions"]
    }
    assert transitions["device reports SUCCEEDED", "QUEUED"] == 4
    assert transitions["a timer runs out", "IN_PROGRESS"] == 1
    text = run.below(TITLE_OF_THE_REPORT)
    assert "never seen: 404 ResourceNotFoundException of CancelJob" in text
    assert "never seen: 400 InvalidRequestException of CancelJob" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_report_is_a_plain_flag(run_pytest: RunPytest, tmp_path: Path) -> None:
    run = run_pytest("--iot-jobs-report", str(tmp_path), test_it="def test_it():\n    pass\n")
    assert "1 passed" in run.text
    assert run.below(TITLE_OF_THE_REPORT).startswith("transitions of executions")


@pytest.mark.parametrize("workers", [0, 1], ids=["in process", "xdist"])
def test_the_section_is_in_junit_xml(run_pytest: RunPytest, tmp_path: Path, workers: int) -> None:
    options = warm_workers(workers)
    test = "def test_it(iot_jobs):\n    iot_jobs.job('update', 'lamp')\n    assert False\n"
    run_pytest("--junit-xml=report.xml", "--show-capture=no", *options, test_it=test)
    (case,) = ET.parse(tmp_path / "report.xml").iter("testcase")
    (found,) = case.iter("property")
    assert found.get("name") == TITLE
    assert "job update: IN_PROGRESS" in str(found.get("value"))


@pytest.mark.parametrize(
    ("option", "is_shown"),
    [
        ("--show-capture=all", True),
        ("--show-capture=no", False),
        ("--show-capture=log", False),
        ("--tb=short", True),
        ("--tb=no", False),
        ("--no-summary", False),
    ],
)
def test_options_of_pytest_that_hide_the_section(
    pytester: pytest.Pytester, option: str, is_shown: bool
) -> None:
    pytester.makepyfile(
        "def test_it(iot_jobs):\n    iot_jobs.job('update', 'lamp')\n    assert False\n"
    )
    options = ("-p", "no:cacheprovider", "-p", "no:asyncio", option)
    text = pytester.runpytest_inprocess(*options).stdout.str()
    assert ("job update: IN_PROGRESS" in text) is is_shown


def test_the_section_can_be_switched_off(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "def test_it(iot_jobs):\n    iot_jobs.job('update', 'lamp')\n    assert False\n"
    )
    options = ("-p", "no:cacheprovider", "-p", "no:asyncio")
    shown, hidden = (
        pytester.runpytest_inprocess(*options, "-o", f"iot_jobs_section={value}").stdout.str()
        for value in ("true", "false")
    )
    assert "1 failed" in hidden
    assert ("AWS IoT Jobs" in shown, "AWS IoT Jobs" in hidden) == (True, False)


BROKEN = """
from moto_iot_jobs.pytest_plugin import recorder

def test_it(iot_jobs, monkeypatch):
    iot_jobs.job("update", "lamp")
    monkeypatch.setattr(recorder, "snapshot", lambda **_: 1 / 0)
    assert False, "the real reason"
"""


def test_a_section_that_cannot_be_made_hides_nothing(run_pytest: RunPytest) -> None:
    text = run_pytest(test_suite=BROKEN).text
    assert "the real reason" in text
    assert "The state of the jobs is unknown: ZeroDivisionError" in text


def test_the_golden_sections_are_read_by_people() -> None:
    text = (Path(__file__).parent / "golden" / "sections.txt").read_text(encoding="utf-8")
    assert "device, StartNextPendingJobExecution" in text
    assert "owner, CancelJob, by force" in text
    assert "timer" in text
