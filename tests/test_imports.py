"""What a test pays for is what it uses: which modules come with the mock, with the first job, and
with nothing before.

A time would depend on the machine. What costs time is modules and dataclasses, and those can be
counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

OURS = "moto_iot_jobs"
# Each with something that only some tests do.
FOR_SOME = {
    "AWS's own templates": "service.templates.managed",
    "cron expressions": "service.scheduling.cron",
    "maintenance windows": "service.scheduling.windows",
    "placeholders in documents": "service.documents.placeholders",
    "what takes their place": "service.documents.substitution",
    "queries of dynamic groups": "iot.dynamic_groups.query",
    "what dynamic groups look at": "iot.dynamic_groups.index",
    "quotas": "runtime.quota_table",
    "faults that are injected": "runtime.fault_parsing",
    "what faults do": "runtime.fault_injection",
    "decorators": "plugin.wrappers",
    "names for type checkers": "runtime.literals",
    "operations on dynamic groups": "iot.dynamic_group_responses",
    "lists of groups": "iot.thing_group_responses",
    "searches of the fleet": "iot.fleet_index_responses",
    "endpoints": "iot.endpoints",
    "what is indexed": "iot.dynamic_groups.configuration",
    "roles": "iot.roles",
    "documents in S3": "service.documents.s3_location",
    "topic rules": "iot.topic_rules",
    "suggestions": "service.suggestions",
    "what comes before a fork": "plugin.late_imports",
    "a mock's configuration": "plugin.configuration",
    "CloudFormation": "iot.cloudformation",
    "packages": "packages.catalog",
    "what jobs ask of packages": "packages.references",
    "operations on packages": "packages.responses",
    "shadows of packages": "packages.shadows",
    "messages": "messaging",
    "histories": "introspection",
    "MQTT": "broker",
    "simulated devices": "devices",
    "servers": "server",
    "shadows": "shadows",
    "what answers below /moto-api": "moto_api.handlers",
}

PROGRAM = """
import json, sys
from dataclasses import is_dataclass
import boto3, moto
import moto.iot.models, moto.iot.responses, moto.iot.urls

before = set(sys.modules)
from moto_iot_jobs import mock_iot
by_import = set(sys.modules) - before
classes = [value for name in by_import for value in vars(sys.modules[name]).values() if isinstance(value, type)]

with mock_iot():
    owner, device = (boto3.client(name, region_name="eu-west-1") for name in ("iot", "iot-jobs-data"))
    lamp = owner.create_thing(thingName="lamp")["thingArn"]
    owner.create_job(jobId="job", targets=[lamp], document='{"do": "it"}', timeoutConfig={"inProgressTimeoutInMinutes": 5})
    owner.describe_job(jobId="job")
    device.describe_job_execution(jobId="job", thingName="lamp")
    device.update_job_execution(jobId="job", thingName="lamp", status="SUCCEEDED")
    owner.list_job_executions_for_job(jobId="job")

print(json.dumps({
    "by_import": sorted(by_import),
    "by_a_plain_job": sorted(set(sys.modules) - before),
    "dataclasses": sorted({each.__qualname__ for each in classes if is_dataclass(each) and each.__module__ in by_import}),
    "named tuples": sorted({
        each.__qualname__ for each in classes
        if issubclass(each, tuple) and hasattr(each, "_fields") and each.__module__ in by_import
    }),
}))
"""


@pytest.fixture(scope="module")
def modules() -> dict[str, list[str]]:
    """What a program told that imports the mock, where moto and its iot are imported already, and
    then runs a plain job.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    names: dict[str, list[str]] = json.loads(done.stdout)
    return names


@pytest.fixture(scope="module")
def by_import(modules: dict[str, list[str]]) -> list[str]:
    """The modules that come with importing `mock_iot`."""
    return modules["by_import"]


@pytest.fixture(scope="module")
def by_a_plain_job(modules: dict[str, list[str]]) -> list[str]:
    """Those that have come when a job was created, described, and done by its thing."""
    return modules["by_a_plain_job"]


def test_importing_the_mock_imports_nothing_foreign_but_parts_of_moto(by_import: list[str]) -> None:
    foreign = (
        {name.partition(".")[0] for name in by_import} - {OURS, "moto"} - sys.stdlib_module_names
    )
    assert foreign == set()


def test_a_plain_job_brings_no_more_of_the_core(
    by_import: list[str], by_a_plain_job: list[str]
) -> None:
    """A test may put `sys.modules` back as it was: what was imported since would come again, with
    events that nobody knows.
    """
    above = f"{OURS}.service."
    assert not [name for name in by_a_plain_job if name.startswith(above) and name not in by_import]


@pytest.mark.parametrize("module", FOR_SOME.values(), ids=FOR_SOME.keys())
def test_a_plain_job_does_not_pay_for_what_it_does_not_use(
    by_a_plain_job: list[str], module: str
) -> None:
    assert f"{OURS}.{module}" not in by_a_plain_job


@pytest.mark.parametrize("module", FOR_SOME.values(), ids=FOR_SOME.keys())
def test_what_a_plain_job_does_not_pay_for_exists(module: str) -> None:
    assert find_spec(f"{OURS}.{module}") is not None


def test_importing_the_mock_makes_no_dataclasses_and_few_named_tuples(
    modules: dict[str, list[str]],
) -> None:
    # Code is generated for each: a dataclass takes a millisecond, a named tuple a tenth of it, a
    # record of `service/record.py` next to nothing. There were fifty dataclasses, then fifty tuples.
    assert modules["dataclasses"] == []
    assert len(modules["named tuples"]) <= 12, modules["named tuples"]


def test_importing_the_mock_brings_no_more_modules_than_it_did(by_import: list[str]) -> None:
    # Each takes a fifth of a millisecond. What only some tests use is imported when it is used:
    # before one is added here, ask which tests need it.
    ours = [name for name in by_import if name.startswith(OURS)]
    assert len(ours) <= 106, ours


FORGETFUL = """
import sys
from unittest.mock import patch

import boto3
from moto_iot_jobs import mock_iot

@mock_iot
def published():
    from moto_iot_jobs import messages

    owner, device = (boto3.client(name, region_name="eu-west-1") for name in ("iot", "iot-jobs-data"))
    lamp = owner.create_thing(thingName="lamp")["thingArn"]
    owner.create_job(jobId="job", targets=[lamp], document="{}")
    device.update_job_execution(jobId="job", thingName="lamp", status="SUCCEEDED")
    return [message.topic for message in messages.published()]

with patch.dict(sys.modules, {"RPi": None}):
    first = published()
assert first and published() == first, (first, published())
"""


def test_a_test_that_puts_modules_back_as_they_were_loses_no_messages() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORGETFUL], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
