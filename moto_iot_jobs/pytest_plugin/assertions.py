"""Comparisons of `assert_job` and `assert_execution`, and their failure messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from moto_iot_jobs.service.events import DELETED
from moto_iot_jobs.service.states import ExecutionStatus, JobStatus
from moto_iot_jobs.service.suggestions import suggestion

from .section import Times, clip, history

WIDTH = 76  # pytest puts four characters in front of each line
MOST_EXECUTIONS = 5

Look = Callable[..., dict[str, Any]]
WasThere = Callable[[str, str | None], bool]


def check_job(look: Look, was_there: WasThere, job_id: str, expected: Mapping[str, Any]) -> None:
    """Compare a job with what is expected.

    Args:
        look: returns a snapshot.
        was_there: tells whether a job has ever existed.
        job_id: id of the job.
        expected: by the names of `assert_job`.

    Raises:
        AssertionError: it differs, or does not exist.
        ValueError: there is no such status.
    """
    __tracebackhide__ = True
    _check_status(expected.get("status"), "job", JobStatus)
    state = look(job=job_id, executions=MOST_EXECUTIONS, messages=0, calls=0)
    job = next((job for region in state["regions"] for job in region["jobs"]), None)
    if job is None:
        if expected.get("status") == DELETED and was_there(job_id, None):
            return
        raise AssertionError(_no_such("job", job_id, _job_ids(look)))
    found = {
        "status": job["status"],
        "target_selection": job["targetSelection"],
        "comment": job["comment"],
        "reason_code": job["reasonCode"],
        "force_canceled": bool(job["forceCanceled"]),
        **{status.lower(): count for status, count in job["counts"].items()},
    }
    differences = _differences(expected, found)
    if differences:
        text = [f"job {job_id} is not as expected", "", *_table(differences)]
        for execution in job["executions"]:
            text += ["", *_history(execution, Times(state))]
        if job["executionsLeftOut"]:
            text += ["", f"... {job['executionsLeftOut']} more executions"]
        raise AssertionError("\n".join(text))


def check_execution(
    look: Look,
    was_there: WasThere,
    job_id: str,
    thing: str,
    number: int | None,
    expected: Mapping[str, Any],
) -> None:
    """Compare a thing's execution of a job with what is expected.

    Args:
        look, was_there, job_id: as for `check_job`.
        thing: name of the thing.
        number: executionNumber; None is the newest.
        expected: by the names of `assert_execution`.

    Raises:
        AssertionError: it differs, or does not exist.
        ValueError: there is no such status.
    """
    __tracebackhide__ = True
    _check_status(expected.get("status"), "execution", ExecutionStatus)
    state = look(job=job_id, thing=thing, executions=100, messages=0, calls=0)
    jobs = [job for region in state["regions"] for job in region["jobs"]]
    executions = [execution for job in jobs for execution in job["executions"]]
    execution = next(
        (each for each in executions if number in (None, each["executionNumber"])), None
    )
    if execution is None:
        if expected.get("status") == DELETED and was_there(job_id, thing):
            return
        raise AssertionError(_no_execution(look, jobs, job_id, thing, number))
    found = {
        "status": execution["status"],
        "version": execution["version"],
        "details": execution["statusDetails"],
    }
    differences = _differences(expected, found)
    if differences:
        name = f"the execution of {job_id} on {thing}"
        text = [
            f"{name} is not as expected",
            "",
            *_table(differences),
            "",
            *_history(execution, Times(state)),
        ]
        raise AssertionError("\n".join(text))


def _check_status(status: Any, kind: str, known: Iterable[str]) -> None:
    __tracebackhide__ = True
    names = [*map(str, known), DELETED]
    if status is None or status in names:
        return
    raise ValueError(
        f"There is no {kind} status {status!r}.{suggestion(str(status), names)}"
        f" It is one of: {', '.join(names)}."
    )


def _differences(
    expected: Mapping[str, Any], found: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    wanted = [(name, value) for name, value in expected.items() if value is not None]
    return [(name, value, found[name]) for name, value in wanted if value != found[name]]


def _table(differences: Sequence[tuple[str, Any, Any]]) -> list[str]:
    rows = [
        ("", "expected", "found"),
        *((name, _shown(want), _shown(have)) for name, want, have in differences),
    ]
    # Long values stand below each other.
    if max(len(cell) for row in rows for cell in row[1:]) > WIDTH // 2 - 10:
        lines = []
        for name, want, have in rows[1:]:
            lines += [name, f"  expected  {want}", f"  found     {have}"]
        return [clip(line, WIDTH) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [
        f"{name:<{widths[0]}}  {want:<{widths[1]}}  {have}".rstrip() for name, want, have in rows
    ]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _history(execution: Mapping[str, Any], times: Times) -> list[str]:
    head = (
        f"{execution['thing']} #{execution['executionNumber']}: {execution['status']}, version"
        f" {execution['version']}"
    )
    return [
        clip(line, WIDTH) for line in (head, *history(execution["transitions"], times, indent="  "))
    ]


def _no_such(kind: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    there = f"There are: {', '.join(names)}." if names else "There is none at all."
    return clip(f"there is no {kind} {name!r}.{suggestion(name, names)} {there}", 4 * WIDTH)


def _job_ids(look: Look) -> list[str]:
    state = look(executions=0, messages=0, calls=0)
    return [job["jobId"] for region in state["regions"] for job in region["jobs"]]


def _no_execution(
    look: Look, jobs: Sequence[Any], job_id: str, thing: str, number: int | None
) -> str:
    if not jobs:
        return _no_such("job", job_id, _job_ids(look))
    numbers = [str(each["executionNumber"]) for each in jobs[0]["executions"]]
    if numbers:
        return f"{thing} has no execution {number} of {job_id}; it has: {', '.join(numbers)}."
    state = look(job=job_id, executions=50, messages=0, calls=0)
    things = {
        each["thing"]: None
        for region in state["regions"]
        for job in region["jobs"]
        for each in job["executions"]
    }
    return f"{job_id}: {_no_such('execution on thing', thing, things)}"
