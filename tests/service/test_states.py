"""The two tables of `states`, cell by cell against tables copied by hand from the AWS IoT
developer guide.
"""

from __future__ import annotations

import pytest

from moto_iot_jobs.service.states import (
    DEVICE_REPORTS,
    EXECUTION_TABLE,
    JOB_TABLE,
    KEEPS_THE_VERSION,
    LIVE,
    OPEN,
    RETRYABLE,
    STARTS_THE_WORK,
    TERMINAL,
    Act,
    ExecutionStatus,
    JobAct,
    JobStatus,
    Outcome,
    execution_move,
    job_move,
)

# AWS IoT developer guide, iot-jobs-lifecycle and manage-job-cli. "terminal" is each of the six that
# are.
EXECUTIONS = """
act                      QUEUED       IN_PROGRESS  terminal
REPORT_IN_PROGRESS       IN_PROGRESS  IN_PROGRESS  error
REPORT_SUCCEEDED         SUCCEEDED    SUCCEEDED    error
REPORT_FAILED            FAILED       FAILED       error
REPORT_REJECTED          REJECTED     REJECTED     error
START_NEXT               IN_PROGRESS  unchanged    unchanged
CANCEL_EXECUTION         CANCELED     error        error
CANCEL_EXECUTION_FORCE   CANCELED     CANCELED     error
CANCEL_JOB               CANCELED     unchanged    unchanged
CANCEL_JOB_FORCE         CANCELED     CANCELED     unchanged
DELETE_EXECUTION         deleted      error        deleted
DELETE_EXECUTION_FORCE   deleted      deleted      deleted
TIME_OUT                 unchanged    TIMED_OUT    unchanged
LEAVE_TARGET             REMOVED      unchanged    unchanged
DELETE_THING             REMOVED      unchanged    unchanged
"""

# AWS IoT developer guide, iot-jobs-lifecycle and jobs-configurations-details; API reference,
# CancelJob and DeleteJob.
JOBS = """
act               SCHEDULED             IN_PROGRESS           COMPLETED             CANCELED              DELETION_IN_PROGRESS
UPDATE            unchanged             unchanged             error                 error                 error
ASSOCIATE         error                 unchanged             error                 error                 error
CANCEL            CANCELED              CANCELED              error                 error                 error
ABORT             CANCELED              CANCELED              unchanged             unchanged             unchanged
CLOSE             unchanged             COMPLETED             unchanged             unchanged             unchanged
START             IN_PROGRESS           unchanged             unchanged             unchanged             unchanged
PAUSE             unchanged             SCHEDULED             unchanged             unchanged             unchanged
END               IN_PROGRESS           unchanged             unchanged             unchanged             unchanged
DELETE            error                 error                 DELETION_IN_PROGRESS  DELETION_IN_PROGRESS  error
DELETE_FORCE      DELETION_IN_PROGRESS  DELETION_IN_PROGRESS  DELETION_IN_PROGRESS  DELETION_IN_PROGRESS  error
CANCEL_EXECUTION  unchanged             unchanged             unchanged             unchanged             error
SERVE             unchanged             unchanged             unchanged             unchanged             error
"""

SIX = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"]


def cells(table: str) -> list[tuple[str, str, str]]:
    """Give (act, status, outcome) for every cell of a table."""
    header, *rows = (line.split() for line in table.strip().splitlines())
    return [
        (row[0], status, outcome)
        for row in rows
        for column, outcome in zip(header[1:], row[1:], strict=True)
        for status in (SIX if column == "terminal" else [column])
    ]


def sentence(move: ExecutionStatus | JobStatus | Outcome) -> str:
    return str(move.value)


@pytest.mark.parametrize("act, status, outcome", cells(EXECUTIONS))
def test_what_an_act_does_to_an_execution(act: str, status: str, outcome: str) -> None:
    assert sentence(execution_move(Act[act], ExecutionStatus[status])) == outcome


@pytest.mark.parametrize("act, status, outcome", cells(JOBS))
def test_what_an_act_does_to_a_job(act: str, status: str, outcome: str) -> None:
    assert sentence(job_move(JobAct[act], JobStatus[status])) == outcome


def test_the_tables_written_here_have_every_cell_of_those_in_the_code() -> None:
    assert {(act, status) for act, status, _ in cells(EXECUTIONS)} == {
        (act.name, status.name) for act, row in EXECUTION_TABLE.items() for status in row
    }
    assert {(act, status) for act, status, _ in cells(JOBS)} == {
        (act.name, status.name) for act, row in JOB_TABLE.items() for status in row
    }
    assert list(EXECUTION_TABLE) == list(Act)
    assert list(JOB_TABLE) == list(JobAct)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_no_act_leads_an_execution_out_of_a_terminal_status(
    act: Act, status: ExecutionStatus
) -> None:
    assert isinstance(execution_move(act, status), Outcome)


@pytest.mark.parametrize(
    "status", [JobStatus.COMPLETED, JobStatus.CANCELED, JobStatus.DELETION_IN_PROGRESS]
)
def test_a_finished_job_can_only_be_deleted(status: JobStatus) -> None:
    moves = {job_move(act, status) for act in JobAct}
    assert {move for move in moves if isinstance(move, JobStatus)} <= {
        JobStatus.DELETION_IN_PROGRESS
    }


def test_the_api_page_read_literally_differs_in_one_cell() -> None:
    differing = [
        (act, status)
        for act in Act
        for status in ExecutionStatus
        if execution_move(act, status, delete_queued_needs_force=True)
        != execution_move(act, status)
    ]
    assert differing == [(Act.DELETE_EXECUTION, ExecutionStatus.QUEUED)]
    move = execution_move(
        Act.DELETE_EXECUTION, ExecutionStatus.QUEUED, delete_queued_needs_force=True
    )
    assert move is Outcome.ERROR


def test_the_sentences_of_the_documentation_distinguish_the_acts() -> None:
    assert len({act.value for act in Act}) == len(Act)
    assert len({act.value for act in JobAct}) == len(JobAct)
    assert len({outcome.value for outcome in Outcome}) == len(Outcome)
    assert not {outcome.value for outcome in Outcome} & {*ExecutionStatus, *JobStatus}


def test_a_device_sets_four_statuses_and_each_by_its_own_act() -> None:
    assert {str(status): act.name for status, act in DEVICE_REPORTS.items()} == {
        "IN_PROGRESS": "REPORT_IN_PROGRESS",
        "SUCCEEDED": "REPORT_SUCCEEDED",
        "FAILED": "REPORT_FAILED",
        "REJECTED": "REPORT_REJECTED",
    }
    for status, act in DEVICE_REPORTS.items():
        assert all(execution_move(act, before) is status for before in OPEN)


def test_every_status_is_open_or_terminal() -> None:
    assert {status.value for status in OPEN} == {"QUEUED", "IN_PROGRESS"}
    assert {status.value for status in TERMINAL} == set(SIX)
    assert {status.value for status in RETRYABLE} == {"FAILED", "TIMED_OUT"}
    assert {status.value for status in KEEPS_THE_VERSION} == {"REMOVED"}
    assert {status.value for status in STARTS_THE_WORK} == {"IN_PROGRESS", "SUCCEEDED", "FAILED"}
    assert {status.value for status in LIVE} == {"SCHEDULED", "IN_PROGRESS"}


@pytest.mark.parametrize("status", [*ExecutionStatus, *JobStatus])
def test_a_status_is_written_as_aws_writes_it(status: ExecutionStatus | JobStatus) -> None:
    assert str(status) == f"{status}" == status.name == status
