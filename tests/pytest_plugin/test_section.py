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
    *executions: dict[str, Any],
    messages: tuple[dict[str, Any], ...] = (),
    calls: tuple[dict[str, Any], ...] = (),
    **members: Any,
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
        "calls": list(calls),
    }


@pytest.mark.parametrize(
    ("act", "cause", "shown"),
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
    act: Act | None, cause: str, shown: str
) -> None:
    text = section(
        state(execution(transitions=[transition(act=act.value if act else None, cause=cause)]))
    )
    assert f"    03:04:05.000  QUEUED       v1  {shown}" in text.splitlines()


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
    executions = [
        execution(f"thing-{number}", version=number, transitions=transitions)
        for number in range(100)
    ]
    found = state(*executions)
    found["regions"] *= 3
    lines = section(found).splitlines()
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


def call(**members: Any) -> dict[str, Any]:
    return {
        "service": "iot",
        "operation": "DeleteJob",
        "parameters": {"force": True, "jobId": "update"},
        "status": 200,
        "error": None,
        "account": "123456789012",
        "region": "eu-west-1",
        "milliseconds": AT,
        "transport": "https",
        **members,
    }


def test_last_calls_are_listed_and_errors_marked() -> None:
    found = state(
        execution(),
        calls=(
            call(),
            call(status=409, error="InvalidStateTransitionException"),
            call(operation="StartNextPendingJobExecution", transport="mqtt", parameters={}),
            call(account="111122223333"),
        ),
    )
    assert section(found).partition("last calls\n")[2].splitlines() == [
        "  03:04:05.000  DeleteJob jobId=update force=true",
        "! 03:04:05.000  DeleteJob jobId=update force=true",
        "                409 InvalidStateTransitionException",
        "  03:04:05.000  StartNextPendingJobExecution, over MQTT",
        "  03:04:05.000  DeleteJob jobId=update force=true, account 111122223333",
    ]


def test_the_error_of_a_call_is_never_cut() -> None:
    long = call(
        operation="StartNextPendingJobExecution",
        parameters={"document": "x" * 500, "thingName": "t" * 128},
        status=409,
        error="InvalidStateTransitionException",
    )
    called, failed = section(state(calls=(long,))).splitlines()[-2:]
    assert called.startswith("! 03:04:05.000  StartNextPendingJobExecution thingName=ttt")
    assert failed == "                409 InvalidStateTransitionException"
    assert len(called) <= WIDTH


def test_equal_histories_are_shown_once() -> None:
    names = [f"lamp-{number}" for number in range(9)]
    same = [execution(name, transitions=[transition(AT + 1)]) for name in names]
    other = execution("kettle", status="FAILED", version=2)
    lines = section(state(*same, other)).splitlines()
    assert lines[4:] == [
        "  lamp-0 #1, lamp-1 #1, and 7 more like these: QUEUED, version 1",
        "    03:04:05.001  QUEUED       v1  CreateJob",
        "  kettle #1: FAILED, version 2",
        "    03:04:05.000  QUEUED       v1  CreateJob",
    ]


def test_groups_that_are_left_out_are_counted() -> None:
    executions = [execution(f"lamp-{number}", version=number) for number in range(9)]
    lines = section(state(*executions, executionsLeftOut=2)).splitlines()
    assert lines[-1] == "  ... 5 more executions"


def message(payload: str) -> dict[str, Any]:
    return {
        "topic": "$aws/things/lamp/jobs/notify-next",
        "at": AT,
        "region": "eu-west-1",
        "payload": payload,
    }


def test_payloads_keep_what_matters() -> None:
    payload = (
        '{"timestamp":1767323045,"execution":{"jobId":"update","status":"QUEUED",'
        '"queuedAt":1767323045,"jobDocument":{"timestamp":1,"text":"' + "x" * 500 + '"},'
        '"lastUpdatedAt":1767323045,"versionNumber":1,"executionNumber":1}}'
    )
    text = section(state(messages=(message(payload),)))
    assert text.splitlines()[-2:] == [
        '    {"execution": {"jobId": "update", "status": "QUEUED", "versionNumber": 1,',
        '    "executionNumber": 1, "jobDocument": {"timestamp": 1, "text": ...',
    ]


def test_a_payload_that_is_no_json_is_shown_as_it_is() -> None:
    assert section(state(messages=(message("{not json"),))).splitlines()[-1] == "    {not json"


def test_a_job_says_which_packages_it_installs() -> None:
    shown = state(execution())
    shown["regions"][0]["jobs"][0]["packages"] = ["app 1.0", "lib $null"]
    assert "  installs app 1.0, lib $null" in section(shown).splitlines()
    assert "installs" not in section(state(execution()))


def test_packages_and_shadows_are_shown_with_what_changed_last() -> None:
    def change(at: int, version: int, operation: str, state: Any = None) -> dict[str, Any]:
        return {"at": at, "version": version, "operation": operation, "state": state}

    shown = state()
    shown["packages"] = [
        {
            "name": "app",
            "default": "1.0",
            "region": "eu-west-1",
            "versions": [{"name": "1.0", "status": "PUBLISHED"}],
            "versionsLeftOut": 2,
        }
    ]
    changes = [
        change(AT - 2, 1, "UpdateThingShadow", {"desired": {"on": True}}),
        change(AT - 1, 2, "UpdateThingShadow"),
        change(AT, 2, "DeleteThingShadow"),
    ]
    shadow = {"thing": "lamp", "region": "eu-west-1", "changes": changes}
    shown["shadows"] = [
        {**shadow, "name": "config", "version": None, "state": {}},
        {**shadow, "name": None, "version": 3, "state": {"delta": {"on": True}}, "changes": []},
    ]
    lines = section(shown).splitlines()
    assert lines[lines.index("package app, default 1.0, in eu-west-1") :] == [
        "package app, default 1.0, in eu-west-1",
        "  1.0 PUBLISHED, 2 more",
        "",
        "shadow config of lamp: deleted, in eu-west-1",
        '    03:04:04.998  v1   Update {"desired": {"on": true}}',
        "    03:04:04.999  v2   Update null",
        "    03:04:05.000  v2   Delete",
        "",
        "shadow of lamp: version 3, in eu-west-1",
        '  delta {"on": true}',
    ]
