"""The report of `--iot-jobs-report`: tables for a narrow terminal, and texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto_iot_jobs.pytest_plugin.report import WIDTH, report


def operation(
    service: str, name: str, calls: int, **errors: tuple[int, int, bool]
) -> dict[str, Any]:
    listed = [
        {"code": code, "status": status, "seen": seen, "onlyByFaults": by_faults}
        for code, (status, seen, by_faults) in errors.items()
    ]
    return {"service": service, "operation": name, "calls": calls, "errors": listed}


FOUND: dict[str, Any] = {
    "operations": [
        operation(
            "iot",
            "CreateJob",
            12,
            InvalidRequestException=(400, 1, False),
            ThrottlingException=(429, 0, True),
        ),
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
    "executionTransitions": [
        {"act": "device reports IN_PROGRESS", "from": "QUEUED", "to": "IN_PROGRESS", "seen": 3},
        {
            "act": "device reports IN_PROGRESS",
            "from": "IN_PROGRESS",
            "to": "IN_PROGRESS",
            "seen": 0,
        },
        {"act": "DeleteJobExecution", "from": "QUEUED", "to": "deleted", "seen": 0},
        {"act": "DeleteJobExecution", "from": "finished", "to": "deleted", "seen": 2},
    ],
    "jobTransitions": [{"act": "DeleteJob", "seen": 0}, {"act": "DeleteJob force", "seen": 1}],
    "undocumented": [
        {"service": "iot", "operation": "CreateJob", "code": "StrangeException", "seen": 1}
    ],
    "neverCalled": [
        "ListJobs",
        *(f"DescribeJobExecution{number} (data plane)" for number in range(4)),
    ],
    "neverSeenTransitions": [],
    "neverSeenErrors": [
        "409 InvalidStateTransitionException of DeleteJobExecution",
        "404 ResourceNotFoundException of StartNextPendingJobExecution (data plane), and so on",
    ],
    "neverSeenFaults": [],
    "summary": {
        "operations": {"seen": 2, "of": 3},
        "transitions": {"seen": 3, "of": 6},
        "errors": {"seen": 2, "of": 6},
    },
}


def test_it_is_a_table_of_eighty_columns(golden: Callable[[str, str], None]) -> None:
    text = report(FOUND)
    golden("report.txt", text + "\n")
    assert max(map(len, text.splitlines())) <= WIDTH == 80
