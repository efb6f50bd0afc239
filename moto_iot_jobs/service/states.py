"""The statuses of jobs and of job executions, and the tables of all transitions.

Everything that decides a status is in this file. Elsewhere code calls `execution_move` or
`job_move` and does what the cell says; it never compares statuses to find out whether something is
allowed.

Theory. An execution is *open* while a device may still work on it (QUEUED, IN_PROGRESS) and
*terminal* afterwards; no act ever leads out of a terminal status. Acts come from four sides: the
device reports, the owner cancels or deletes, a timer runs out, or the thing stops being a target. A
cell is one of

* a status: the execution (or job) takes it;
* KEPT: the act is fine and the status stays, for instance start-next handing out an execution that
  is in progress;
* DELETED: the execution is gone;
* ERROR: the operation raises its error and nothing changes.

What a table cannot say is said next to it: a device may only report the four statuses in
DEVICE_REPORTS (any other is an error before the job is even looked up, as captured from AWS), and
`delete_queued_needs_force` is the API page's literal reading of DeleteJobExecution, off by default
because the developer guide and AWS itself allow the deletion.

Sources: AWS IoT developer guide, iot-jobs-lifecycle and manage-job-cli; API reference of
CancelJobExecution, DeleteJobExecution, DeleteJob.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class ExecutionStatus(str, Enum):
    """Status of one thing's execution of a job (JobExecutionStatus in the API)."""

    QUEUED = "QUEUED"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT"
    REMOVED = "REMOVED"
    CANCELED = "CANCELED"

    __str__ = str.__str__


class JobStatus(str, Enum):
    """Status of a job (JobStatus in the API)."""

    SCHEDULED = "SCHEDULED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    DELETION_IN_PROGRESS = "DELETION_IN_PROGRESS"

    __str__ = str.__str__


class Outcome(Enum):
    """Outcomes of an act that leads to no new status."""

    KEPT = "unchanged"
    DELETED = "deleted"
    ERROR = "error"


class Act(str, Enum):
    """Acts on an execution.

    The value is the sentence in the documentation's table.
    """

    # Texts too: Python hashes those in C, and every change of an execution looks its act up.

    REPORT_IN_PROGRESS = "device reports IN_PROGRESS"
    REPORT_SUCCEEDED = "device reports SUCCEEDED"
    REPORT_FAILED = "device reports FAILED"
    REPORT_REJECTED = "device reports REJECTED"
    START_NEXT = "device starts its next execution"
    CANCEL_EXECUTION = "CancelJobExecution"
    CANCEL_EXECUTION_FORCE = "CancelJobExecution force"
    CANCEL_JOB = "CancelJob, abort, or endTime with CANCEL"
    CANCEL_JOB_FORCE = "CancelJob force, or endTime with FORCE_CANCEL"
    DELETE_EXECUTION = "DeleteJobExecution"
    DELETE_EXECUTION_FORCE = "DeleteJobExecution force"
    TIME_OUT = "a timer runs out"
    LEAVE_TARGET = "thing leaves a CONTINUOUS target"
    DELETE_THING = "DeleteThing"


class JobAct(str, Enum):
    """Acts on a job."""

    UPDATE = "UpdateJob"
    ASSOCIATE = "AssociateTargetsWithJob"
    CANCEL = "CancelJob"
    ABORT = "abort criteria met"
    CLOSE = "all executions terminal, nothing to come"
    START = "startTime, or a window opens"
    PAUSE = "a window closes"
    END = "endTime"
    DELETE = "DeleteJob"
    DELETE_FORCE = "DeleteJob force"
    CANCEL_EXECUTION = "CancelJobExecution"
    SERVE = "a device reads or reports"


QUEUED, IN_PROGRESS, SUCCEEDED, FAILED, REJECTED, TIMED_OUT, REMOVED, CANCELED = ExecutionStatus
KEPT, DELETED, ERROR = Outcome

OPEN = frozenset({QUEUED, IN_PROGRESS})
TERMINAL = frozenset(ExecutionStatus) - OPEN

_EXECUTION_ROWS: dict[Act, tuple[ExecutionStatus | Outcome, ExecutionStatus | Outcome, Outcome]] = {
    # act                          QUEUED       IN_PROGRESS  each of the six terminal ones
    Act.REPORT_IN_PROGRESS:       (IN_PROGRESS, IN_PROGRESS, ERROR),
    Act.REPORT_SUCCEEDED:         (SUCCEEDED,   SUCCEEDED,   ERROR),
    Act.REPORT_FAILED:            (FAILED,      FAILED,      ERROR),
    Act.REPORT_REJECTED:          (REJECTED,    REJECTED,    ERROR),
    Act.START_NEXT:               (IN_PROGRESS, KEPT,        KEPT),
    Act.CANCEL_EXECUTION:         (CANCELED,    ERROR,       ERROR),
    Act.CANCEL_EXECUTION_FORCE:   (CANCELED,    CANCELED,    ERROR),
    Act.CANCEL_JOB:               (CANCELED,    KEPT,        KEPT),
    Act.CANCEL_JOB_FORCE:         (CANCELED,    CANCELED,    KEPT),
    Act.DELETE_EXECUTION:         (DELETED,     ERROR,       DELETED),
    Act.DELETE_EXECUTION_FORCE:   (DELETED,     DELETED,     DELETED),
    Act.TIME_OUT:                 (KEPT,        TIMED_OUT,   KEPT),
    Act.LEAVE_TARGET:             (REMOVED,     KEPT,        KEPT),
    Act.DELETE_THING:             (REMOVED,     KEPT,        KEPT),
}  # fmt: skip

EXECUTION_TABLE: dict[Act, dict[ExecutionStatus, ExecutionStatus | Outcome]] = {
    act: {
        status: {QUEUED: queued, IN_PROGRESS: in_progress}.get(status, terminal)
        for status in ExecutionStatus
    }
    for act, (queued, in_progress, terminal) in _EXECUTION_ROWS.items()
}

# Looked up by what the device says, which equals the status.
DEVICE_REPORTS: Mapping[str, Act] = {
    IN_PROGRESS: Act.REPORT_IN_PROGRESS,
    SUCCEEDED: Act.REPORT_SUCCEEDED,
    FAILED: Act.REPORT_FAILED,
    REJECTED: Act.REPORT_REJECTED,
}

# A report that begins the work stamps startedAt, a finished one included; a rejection never began
# (captured).
STARTS_THE_WORK = frozenset({IN_PROGRESS, SUCCEEDED, FAILED})

# The one status whose entry leaves versionNumber alone (captured).
KEEPS_THE_VERSION = frozenset({REMOVED})

RETRYABLE = frozenset({FAILED, TIMED_OUT})

_S, _P, _D, _C, _X = JobStatus  # Scheduled, in Progress, complete(D), Canceled, being deleted (X)

_JOB_ROWS: dict[JobAct, tuple[JobStatus | Outcome, ...]] = {
    # act                     SCHEDULED IN_PROGRESS COMPLETED CANCELED DELETION_IN_PROGRESS
    JobAct.UPDATE:           (KEPT,     KEPT,       ERROR,    ERROR,   ERROR),
    JobAct.ASSOCIATE:        (ERROR,    KEPT,       ERROR,    ERROR,   ERROR),
    JobAct.CANCEL:           (_C,       _C,         ERROR,    ERROR,   ERROR),
    JobAct.ABORT:            (_C,       _C,         KEPT,     KEPT,    KEPT),
    JobAct.CLOSE:            (KEPT,     _D,         KEPT,     KEPT,    KEPT),
    JobAct.START:            (_P,       KEPT,       KEPT,     KEPT,    KEPT),
    JobAct.PAUSE:            (KEPT,     _S,         KEPT,     KEPT,    KEPT),
    JobAct.END:              (_P,       KEPT,       KEPT,     KEPT,    KEPT),
    JobAct.DELETE:           (ERROR,    ERROR,      _X,       _X,      ERROR),
    JobAct.DELETE_FORCE:     (_X,       _X,         _X,       _X,      ERROR),
    JobAct.CANCEL_EXECUTION: (KEPT,     KEPT,       KEPT,     KEPT,    ERROR),
    JobAct.SERVE:            (KEPT,     KEPT,       KEPT,     KEPT,    ERROR),
}  # fmt: skip

JOB_TABLE: dict[JobAct, dict[JobStatus, JobStatus | Outcome]] = {
    act: dict(zip(JobStatus, cells, strict=True)) for act, cells in _JOB_ROWS.items()
}

# Jobs that still follow their targets, roll out, retry and run timers.
LIVE = frozenset({JobStatus.SCHEDULED, JobStatus.IN_PROGRESS})


def execution_move(
    act: Act, status: ExecutionStatus, *, delete_queued_needs_force: bool = False
) -> ExecutionStatus | Outcome:
    """Return what an act does to an execution in a status.

    Args:
        act: the act, by which side.
        status: the execution's status now.
        delete_queued_needs_force: read DeleteJobExecution as its API page says it, by which a
            QUEUED execution cannot be deleted without force.

    Returns:
        The new status, or the outcome that is none.
    """
    if delete_queued_needs_force and act is Act.DELETE_EXECUTION and status is QUEUED:
        return ERROR
    return EXECUTION_TABLE[act][status]


def job_move(act: JobAct, status: JobStatus) -> JobStatus | Outcome:
    """Return the new status of a job after an act, or the outcome that is none."""
    return JOB_TABLE[act][status]
