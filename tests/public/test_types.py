"""Type checkers accept a program that uses every public name, and find planted mistakes."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import moto_iot_jobs

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "program.py"
CLIENTS = Path(__file__).parent / "program_with_stubs.py"
TIMEOUT = 240

IMPORTS = """
from moto_iot_jobs import clock, devices, faults, messages, mock_iot, mqtt, quotas
from moto_iot_jobs import IotJobs, ServerUrl

def program(iot_jobs: IotJobs, iot_jobs_server: ServerUrl) -> None:
"""

MISTAKES = [
    "clock.advance(fortnights=1)",
    'clock.advance("1 day")',
    "clock.move_to(5)",
    "clock.no_such_thing()",
    "clock.now() + 1",
    'faults.inject("DeleteJob", "ThrottlingException", tmies=2)',
    'faults.inject("DeleteJob", "ThrottlingException", after="x")',
    'faults.inject("DeleteJobs", "ThrottlingException")',
    'faults.inject("DeleteJob", "Throttling")',
    'faults.inject("DeleteJob", "ThrottlingException", service="iotjobs")',
    'faults.lose_answer("DeleteJob")',
    'faults.delay("DeleteJob")',
    "quotas.enforce(active_job=2)",
    'quotas.enforce(active_jobs="2")',
    "messages.published(region=1)",
    'messages.subscribe("#", lambda: None)',
    'messages.request("t", 5)',
    "mqtt.Endpoint(tsl=True)",
    "mqtt.Endpoint().stop()",
    'devices.Device("lamp").run_next("suceed")',
    'devices.Device("lamp", patience=3)',
    'devices.Fleet(3).roll_out("update", document=5)',
    'devices.Fleet(3).roll_out("update").seconds',
    "devices.progress(then='explode')",
    "devices.AnswerLost",
    'mock_iot(config={"iot_jobs": {"delete_queued_need_force": True}})',
    'mock_iot(config={"iotjobs": {}})',
    "iot_jobs.clock.no_such_thing()",
    'iot_jobs.faults.inject("DeleteJobs", "ThrottlingException")',
    "iot_jobs.quotas.enforce(active_job=2)",
    "iot_jobs.messages.no_such_thing()",
    "iot_jobs.no_such_thing()",
    "iot_jobs.devices.no_such_thing()",
    "iot_jobs.devices.Device(5)",
    "iot_jobs.devices.progress(then='explode')",
    'iot_jobs.devices.Fleet(3).roll_out("update").seconds',
    'iot_jobs.assert_job("update", "COMPLETE")',
    'iot_jobs.assert_execution("update", "lamp", "SUCCEDED")',
    'iot_jobs.assert_job("update", suceeded=1)',
]

# Found where the stubs of boto3 are installed.
MISTAKES_ON_CLIENTS = [
    "iot_jobs.iot.create_jobs()",
    "iot_jobs.iot.create_job(jobId=5, targets=[])",
    'iot_jobs.iot.describe_job(jobId="update")["jobs"]',
    'iot_jobs.device.describe_job_execution(jobId="update")',
    'iot_jobs.client("iot").no_such_operation()',
    'iot_jobs.client("iot-jobs-data").create_job()',
    "iot_jobs_server.iot.no_such_operation()",
    "iot_jobs_server.device.list_jobs()",
]

REQUIRED = os.environ.get("REQUIRED_FOR_TYPES", "").split()
"""The type checkers and stubs whose lack fails the tests instead of skipping them."""


def mypy(file: Path) -> set[int]:
    """Return the lines in which mypy finds an error."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--no-error-summary"]
    done = subprocess.run(
        [*command, "--config-file", str(ROOT / "pyproject.toml"), str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
        cwd=ROOT,
    )
    assert done.returncode in (0, 1), done.stderr
    return {int(line) for line in re.findall(rf"{file.name}:(\d+): error", done.stdout)}


def pyright(file: Path) -> set[int]:
    """Return the lines in which pyright finds an error."""
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(
        [*command, str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
        cwd=ROOT,
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"}


def require(module: str) -> None:
    """Skip the test, or fail it where everything is to be there, without a module."""
    if find_spec(module) is None:
        (pytest.fail if module in REQUIRED else pytest.skip)(f"{module} is not installed")


CHECKERS: list[Callable[[Path], set[int]]] = [mypy, pyright]


@pytest.fixture(params=CHECKERS, ids=lambda checker: checker.__name__)
def checker(request: pytest.FixtureRequest) -> Callable[[Path], set[int]]:
    """A type checker, if it is installed."""
    require(request.param.__name__)
    found: Callable[[Path], set[int]] = request.param
    return found


def test_a_program_that_uses_every_public_name_is_accepted(
    checker: Callable[[Path], set[int]],
) -> None:
    assert checker(PROGRAM) == set()


def test_planted_mistakes_are_found(checker: Callable[[Path], set[int]], tmp_path: Path) -> None:
    assert not_found(MISTAKES, checker, tmp_path) == []


def test_clients_have_their_types_where_the_stubs_of_boto3_are(
    checker: Callable[[Path], set[int]], tmp_path: Path
) -> None:
    for module in ("mypy_boto3_iot", "mypy_boto3_iot_jobs_data"):
        require(module)
    assert checker(CLIENTS) == set()
    assert not_found(MISTAKES_ON_CLIENTS, checker, tmp_path) == []


def not_found(mistakes: list[str], checker: Callable[[Path], set[int]], folder: Path) -> list[str]:
    """Return the mistakes that a type checker does not find in a program that has them all."""
    text = IMPORTS + "".join(f"    {mistake}\n" for mistake in mistakes)
    file = folder / "mistakes.py"
    file.write_text(text, encoding="utf-8")
    first = text.splitlines().index(f"    {mistakes[0]}") + 1
    found = checker(file)
    return [each for line, each in enumerate(mistakes, first) if line not in found]


def public_names() -> set[str]:
    """Return every public name: those of the package, and those that its modules export."""
    names = set(moto_iot_jobs.__all__)
    for module in ("clock", "faults", "messages", "mqtt", "quotas"):
        names |= set(import_module(f"moto_iot_jobs.{module}").__all__)
    return names


def test_the_program_uses_every_public_name() -> None:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert public_names() - used == set()


@pytest.mark.parametrize("module", ["", "clock", "faults", "messages", "mock", "mqtt", "quotas"])
def test_what_a_module_exports_is_there(module: str) -> None:
    found = import_module(f"moto_iot_jobs.{module}".rstrip("."))
    assert [name for name in found.__all__ if not hasattr(found, name)] == []
    assert len(set(found.__all__)) == len(found.__all__)
