"""The plugin costs those next to nothing who do not use it, and stays away when it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pytest_plugin.conftest import RunPytest

HEAVY = (
    "moto",
    "boto3",
    "botocore",
    "responses",
    "requests",
    "werkzeug",
    "moto_iot_jobs.plugin.registration",
)

CONFTEST = f"""
import sys

def pytest_unconfigure(config):
    print("loaded:", *(name for name in {HEAVY!r} if name in sys.modules))
    print("plugin:", config.pluginmanager.hasplugin("moto_iot_jobs"))
"""


def test_a_run_without_jobs_loads_nothing_heavy(run_pytest_cold: RunPytest) -> None:
    run = run_pytest_cold("-s", conftest=CONFTEST, test_suite="def test_it():\n    pass\n")
    assert "1 passed" in run.text
    assert "loaded:\nplugin: True" in run.text


def test_the_projects_own_tests_run_with_it(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("moto_iot_jobs")


def test_it_can_be_kept_away(run_pytest_cold: RunPytest) -> None:
    run = run_pytest_cold(
        "-s",
        "-p",
        "no:moto_iot_jobs",
        conftest=CONFTEST,
        test_suite="def test_it(iot_jobs):\n    pass\n",
    )
    assert "fixture 'iot_jobs' not found" in run.text
    assert "loaded:\nplugin: False" in run.text


LATE = """
import pytest

@pytest.fixture
def mocked():
    import moto_iot_jobs
    with moto_iot_jobs.mock_iot():
        yield

def test_late(mocked):
    import boto3
    iot = boto3.client("iot", region_name="eu-west-1")
    lamp = iot.create_thing(thingName="lamp")["thingArn"]
    iot.create_job(jobId="update", targets=[lamp], document="{}")
    assert False

@pytest.mark.iot_jobs(region="eu-west-1")
def test_marked(iot_jobs):
    iot_jobs.job("update", "lamp")
"""


def test_a_package_imported_by_a_fixture_is_noticed_and_warnings_may_be_errors(
    run_pytest_cold: RunPytest,
) -> None:
    # pytest-asyncio warns of its own settings.
    run = run_pytest_cold(
        "-p", "no:asyncio", "-W", "error", "--strict-markers", "--strict-config", test_suite=LATE
    )
    assert "1 failed, 1 passed" in run.text, run.text
    assert "QUEUED       v1  CreateJob" in run.sections("AWS IoT Jobs")["test_late"]
