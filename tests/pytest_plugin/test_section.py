"""The section below a failing test is short, fits a narrow terminal, and says who did what."""

from __future__ import annotations

from typing import Any

import pytest

from moto_iot_jobs.pytest_plugin.section import MOST_LINES, WIDTH, section
from moto_iot_jobs.service.states import Act

AT = 1_767_323_045_000  # 2026-01-02T03:04:05Z
DAY = 86_400_000


def transition(
    at: int = AT,
    after: str = "QUEUED",
    version: int | None = 1,
    act: str | None = None,
    cause: str = "CreateJob",
) -> Any:
    return {
        "at": at,
        "before": None,
        "after": after,
        "version": version,
        "act": act,
        "cause": cause,
    }


def execution(thing: str = "lamp", **members: Any) -> dict[str, Any]:
    return {
        "thing": thing,
        "executionNumber": 1,
        "status": "QUEUED",
        "version": 1,
        "timesOutAt": None,
        "statusDetails": {},
        "transitions": [transition()],
        **members,
    }


def state(
    *executions: dict[str, Any], messages: tuple[dict[str, Any], ...] = (), **members: Any
) -> dict[str, Any]:
    job = {
        "jobId": "update",
        "status": "IN_PROGRESS",
        "targetSelection": "SNAPSHOT",
        "reasonCode": None,
        "comment": None,
        "counts": {"QUEUED": len(executions), "FAILED": 0},
        "executions": list(executions),
        "executionsLeftOut": 0,
        **members,
    }
    region = {"account": "123456789012", "region": "eu-west-1", "jobs": [job], "jobsLeftOut": 0}
    return {
        "milliseconds": AT,
        "account": "123456789012",
        "regions": [region],
        "messages": list(messages),
    }


@pytest.mark.parametrize(
    ("act", "cause", "told"),
    [
        (None, "CreateJob", "CreateJob"),
        (None, "time", "as time went on"),
        (None, "a change of things or groups", "a change of things or groups"),
        (Act.REPORT_FAILED, "UpdateJobExecution", "device, UpdateJobExecution"),
        (Act.START_NEXT, "StartNextPendingJobExecution", "device, StartNextPendingJobExecution"),
        (Act.CANCEL_EXECUTION, "CancelJobExecution", "owner, CancelJobExecution"),
        (Act.CANCEL_EXECUTION_FORCE, "CancelJobExecution", "owner, CancelJobExecution, by force"),
        (Act.CANCEL_JOB, "CancelJob", "owner, CancelJob"),
        (Act.CANCEL_JOB_FORCE, "CancelJob", "owner, CancelJob, by force"),
        (Act.CANCEL_JOB, "UpdateJobExecution", "abort or endTime, UpdateJobExecution"),
        (Act.CANCEL_JOB_FORCE, "time", "abort or endTime, by force"),
        (Act.TIME_OUT, "time", "timer"),
        (Act.LEAVE_TARGET, "a change of things or groups", "thing left the target"),
        (Act.DELETE_THING, "a change of things or groups", "thing was deleted"),
    ],
)
def test_each_move_says_who_made_it_and_by_which_call(
    act: Act | None, cause: str, told: str
) -> None:
    text = section(
        state(execution(transitions=[transition(act=act.value if act else None, cause=cause)]))
    )
    assert f"    03:04:05.000  QUEUED       v1  {told}" in text.splitlines()


def test_the_date_stands_where_it_matters() -> None:
    text = section(
        state(
            execution(
                transitions=[transition(AT - DAY), transition(after="IN_PROGRESS", version=2)]
            )
        )
    )
    assert "    01-01 03:04:05  QUEUED       v1  CreateJob" in text.splitlines()
    assert "    01-02 03:04:05  IN_PROGRESS  v2  CreateJob" in text.splitlines()


def test_nothing_breaks_a_line_or_the_width() -> None:
    name = "n" * 64
    details = {"log": "first\nsecond\x1b[31m" + "x" * 200}
    message = {
        "topic": f"$aws/things/{name}{name}/jobs/notify",
        "at": AT,
        "region": "eu-west-1",
        "payload": "é\n" * 500,
    }
    text = section(
        state(
            execution(name, statusDetails=details),
            messages=(message,),
            jobId=name,
            comment="c\n" * 100,
        )
    )
    assert max(map(len, text.splitlines())) <= WIDTH == 80
    assert "\x1b" not in text
    assert len(text.splitlines()) < 20


def test_it_is_never_long() -> None:
    transitions = [transition(version=number) for number in range(50)]
    executions = [execution(f"thing-{number}", transitions=transitions) for number in range(100)]
    lines = section(state(*executions)).splitlines()
    assert len(lines) == MOST_LINES
    assert lines[-1].endswith("more lines")
    assert "    ... 42 earlier transitions" in lines


def test_what_is_left_out_is_counted() -> None:
    found = state(execution(), executionsLeftOut=1)
    found["regions"][0]["jobsLeftOut"] = 7
    lines = section(found).splitlines()
    assert "  ... 1 more execution" in lines
    assert "... 7 more jobs in eu-west-1" in lines


def test_another_account_is_named() -> None:
    found = state(execution())
    found["regions"][0]["account"] = "111122223333"
    assert "job update: IN_PROGRESS, SNAPSHOT, in 111122223333, eu-west-1" in section(found)


def test_a_canceled_job_says_why() -> None:
    text = section(state(reasonCode="ABORT_CANCEL", comment="Abort criteria met"))
    assert "  ABORT_CANCEL - Abort criteria met" in text.splitlines()
    assert "  no executions" in text.splitlines()
