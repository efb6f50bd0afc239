"""`--iot-jobs-report` tells at the end what the tests saw, over all workers and servers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto_iot_jobs.pytest_plugin.report import TITLE, WIDTH, report

if TYPE_CHECKING:
    from tests.pytest_plugin.conftest import RunPytest

SUITE = """
import pytest

@pytest.mark.parametrize("turn", range(4))
def test_in_process(iot_jobs, turn):
    iot_jobs.job("update", "lamp")
    iot_jobs.device.update_job_execution(jobId="update", thingName="lamp", status="SUCCEEDED")
    iot_jobs.assert_job("update", "COMPLETED")
    with pytest.raises(iot_jobs.iot.exceptions.InvalidRequestException):
        iot_jobs.iot.cancel_job(jobId="update")

def test_at_the_server(iot_jobs_server):
    lamp = iot_jobs_server.iot.create_thing(thingName="lamp")["thingArn"]
    iot_jobs_server.iot.create_job(jobId="update", targets=[lamp], document="{}")
    assert False
"""


def test_it_counts_what_workers_and_servers_saw(run_pytest: RunPytest, tmp_path: Path) -> None:
    run = run_pytest("-n", "2", "--iot-jobs-report=seen.json", test_suite=SUITE)
    assert "4 passed" in run.text, run.text
    found = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    calls = {(each["service"], each["operation"]): each["calls"] for each in found["operations"] if each["calls"]}
    assert calls == {("iot", "CreateJob"): 5, ("iot", "CancelJob"): 4, ("iot-jobs-data", "UpdateJobExecution"): 4}
    moves = {(move["act"], move["from"]): move["seen"] for move in found["executionMoves"] if move["seen"]}
    assert moves == {("device reports SUCCEEDED", "QUEUED"): 4}
    text = run.below(TITLE)
    assert "never seen: CancelJob refused with 404 ResourceNotFoundException" in text
    assert "never seen: CancelJob refused with 400 InvalidRequestException" not in text
    assert max(map(len, text.splitlines())) <= WIDTH == 80

    (section,) = run.sections("AWS IoT Jobs at the server").values()
    assert "job update: IN_PROGRESS, SNAPSHOT, in us-east-1" in section
    assert "QUEUED       v1  CreateJob" in section


def operation(service: str, name: str, calls: int, **errors: tuple[int, int, bool]) -> dict[str, Any]:
    listed = [
        {"code": code, "status": status, "seen": seen, "onlyByFaults": by_faults}
        for code, (status, seen, by_faults) in errors.items()
    ]
    return {"service": service, "operation": name, "calls": calls, "errors": listed}


FOUND: dict[str, Any] = {
    "operations": [
        operation("iot", "CreateJob", 12, InvalidRequestException=(400, 1, False), ThrottlingException=(429, 0, True)),
        operation(
            "iot",
            "DeleteJobExecution",
            2,
            InvalidStateTransitionException=(409, 0, False),
            ThrottlingException=(429, 0, True),
            InternalFailureException=(500, 1, True),
        ),
        operation("iot", "ListJobs", 0, ThrottlingException=(429, 0, True)),
    ],
    "executionMoves": [
        {"act": "device reports IN_PROGRESS", "from": "QUEUED", "to": "IN_PROGRESS", "seen": 3},
        {"act": "device reports IN_PROGRESS", "from": "IN_PROGRESS", "to": "IN_PROGRESS", "seen": 0},
        {"act": "DeleteJobExecution", "from": "QUEUED", "to": "deleted", "seen": 0},
        {"act": "DeleteJobExecution", "from": "finished", "to": "deleted", "seen": 2},
    ],
    "jobMoves": [{"act": "DeleteJob", "seen": 0}, {"act": "DeleteJob force", "seen": 1}],
    "undocumented": [{"service": "iot", "operation": "CreateJob", "code": "StrangeException", "seen": 1}],
    "neverCalled": ["ListJobs", *(f"DescribeJobExecution{number} (device)" for number in range(4))],
    "neverSeenMoves": [],
    "neverSeenErrors": [
        "DeleteJobExecution refused with 409 InvalidStateTransitionException",
        "StartNextPendingJobExecution (device) refused with 404 ResourceNotFoundException",
    ],
    "neverSeenFaults": [],
    "summary": {
        "operations": {"seen": 2, "of": 3},
        "moves": {"seen": 3, "of": 6},
        "errors": {"seen": 2, "of": 6},
    },
}


def test_it_is_a_table_of_eighty_columns(golden: Callable[[str, str], None]) -> None:
    text = report(FOUND)
    golden("report.txt", text + "\n")
    assert max(map(len, text.splitlines())) <= WIDTH
