"""Snapshot of jobs, executions with their histories, and messages, as plain data.

The dashboard shows it, and so does the section below a failing test. It is made of slices of sorted
indexes that exist anyway, so that a job of a million executions costs no more than a small one.

    {"milliseconds": now, "account": the default one,
     "regions": [{"account", "region", "jobs": [...], "jobsLeftOut", "nextJobs",
                  "commandExecutions": [...], "commandExecutionsLeftOut"}],
     "messages": [{"topic", "at", "region", "payload"}],
     "calls": [{"operation", "parameters", "status", "error", "milliseconds", ...}],
     "shadows": [{"account", "region", "thing", "name", "version", "state", "changes": [...]}],
     "packages": [{"account", "region", "name", "default", "versions": [{"name", "status"}], ...}]}

Regions without such a job or command execution are left out, and a job's `details` unless one job
is selected. Times are milliseconds since the epoch. `…LeftOut` counts what was selected and is
before or after the page;
`next…` is None on the last page. Transitions and messages exist from the start of their recording,
and may be a little newer than the rest when other threads work meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, islice
from typing import Any

from moto.core.base_backend import backend_lock

from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.runtime import neighbours, runtime
from moto_iot_jobs.runtime.defaults import home_account
from moto_iot_jobs.runtime.delivery import live_jobs
from moto_iot_jobs.runtime.neighbour_state import StateRequest, read
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.sorted_index import page
from moto_iot_jobs.service.states import ExecutionStatus

from .calls import as_json, last_calls
from .history import ExecutionKey, Transition, history
from .job_details import job_details


@dataclass(frozen=True, slots=True)
class _Selection:
    """Selection of the contents of a snapshot, where None is everything."""

    account: str | None
    region: str | None
    job: str | None
    jobs: int
    jobs_below: int | None
    executions: int
    executions_below: int | None
    status: ExecutionStatus | None
    thing: str | None
    commands: int


def snapshot(
    *,
    jobs: int = 50,
    executions: int = 20,
    messages: int = 50,
    calls: int = 20,
    shadows: int = 20,
    packages: int = 20,
    commands: int = 20,
    account: str | None = None,
    region: str | None = None,
    job: str | None = None,
    status: str | None = None,
    thing: str | None = None,
    jobs_below: int | None = None,
    executions_below: int | None = None,
    settle: bool = False,
) -> dict[str, Any]:
    """Return jobs, executions and messages, ready for JSON. Changes nothing.

    Args:
        jobs: number of jobs of each account and region, latest first.
        executions: number of executions of each job, the one that changed last first.
        messages: number of messages, those published last; the last one stands at the end.
        calls: number of calls, those handled last; the last one stands at the end.
        shadows: number of shadows, the one that changed last first; none of a job alone.
        packages: number of packages, the one made last first; none of a job alone.
        commands: number of command executions of each account and region, latest first.
        account, region: only what belongs to these.
        job: only the job of that id, its messages and its calls.
        status: only executions with that status.
        thing: only executions of that thing.
        jobs_below, executions_below: `nextJobs` and `nextExecutions` of the page before.
        settle: run the timers that are due first.

    Raises:
        ValueError: a number is negative, or there is no such status.
    """
    _check_sizes(jobs=jobs, executions=executions, messages=messages, calls=calls)
    _check_sizes(shadows=shadows, packages=packages, commands=commands)
    pages = (jobs, jobs_below, executions, executions_below)
    choice = _Selection(account, region, job, *pages, _status(status), thing, commands)
    if settle:
        runtime.delivery.run_due_timers()
    with backend_lock:
        now = runtime.clock.now()
        found = [_region(each, choice, now) for each in live_jobs()]
        beside = _beside_jobs(choice, shadows=shadows, packages=packages)
    regions = [region for region in found if region is not None]
    # Subscribers receive what was collected before history and messages are read; they may be
    # slow, so the lock is not held.
    _add_transitions(regions)
    return {
        "milliseconds": now,
        "account": home_account(),
        "regions": regions,
        "messages": _last_messages(choice, messages),
        "calls": _last_calls(choice, calls),
        **beside,
    }


def _check_sizes(**sizes: int) -> None:
    for name, number in sizes.items():
        if number < 0:
            raise ValueError(f"{name} must be 0 or more, not {number}.")


def _beside_jobs(choice: _Selection, **sizes: int) -> dict[str, list[dict[str, Any]]]:
    is_of_a_job = choice.job is not None and choice.thing is None
    location = (choice.account, choice.region, choice.thing)
    return {
        member: read(member, StateRequest(0 if is_of_a_job else most, *location))
        for member, most in sizes.items()
    }


def _last_calls(choice: _Selection, most: int) -> list[dict[str, Any]]:
    found = last_calls(
        most, account=choice.account, region=choice.region, job=choice.job, thing=choice.thing
    )
    return [as_json(call) for call in found]


def _last_messages(choice: _Selection, most: int) -> list[dict[str, Any]]:
    published = message_log.published("#", choice.region)
    found = islice((each for each in reversed(published) if _is_chosen(each, choice)), most)
    return [_message(each) for each in found][::-1]


def _is_chosen(message: Message, choice: _Selection) -> bool:
    if choice.account not in (None, message.account):
        return False
    levels = message.topic.split("/")
    named = ["things", choice.thing]
    if choice.thing is not None and named in (levels[1:3], levels[2:4]):
        return choice.job is None or _names_job(message, levels, choice.job)
    return choice.thing is None and (choice.job is None or _names_job(message, levels, choice.job))


def _names_job(message: Message, levels: list[str], job: str) -> bool:
    """Return whether an event is of a job, or a notification lists it."""
    if levels[1] == "events":
        return levels[3:4] == [job]
    return f'"jobId":"{job}"'.encode() in message.payload


def _status(name: str | None) -> ExecutionStatus | None:
    if name is None:
        return None
    try:
        return ExecutionStatus(name)
    except ValueError:
        raise ValueError(
            f"There is no status {name!r}; it is one of: {', '.join(ExecutionStatus)}."
        ) from None


def _region(regional: JobsService, choice: _Selection, now: int) -> dict[str, Any] | None:
    location, kept = regional.location, regional.store.jobs
    if choice.account not in (None, location.account) or choice.region not in (
        None,
        location.region,
    ):
        return None
    if choice.job is not None:
        kept = {choice.job: kept[choice.job]} if choice.job in kept else {}
    beside = _of_neighbours(regional, choice)
    if not kept and not beside:
        return None
    # A dict keeps the order of insertion, which is that of creation.
    shown, more = page(_below(reversed(kept.values()), choice.jobs_below), choice.jobs)
    return {
        "account": location.account,
        "region": location.region,
        "jobs": [_job(job, choice, now) for job in shown],
        "jobsLeftOut": len(kept) - len(shown),
        "nextJobs": shown[-1].order if shown and more else None,
        **beside,
    }


def _of_neighbours(regional: JobsService, choice: _Selection) -> dict[str, Any]:
    """Return what neighbours of Jobs show of a region, unless one job is selected."""
    members: dict[str, Any] = {}
    if choice.job is None and choice.status is None:
        for load in neighbours.introspections.values():
            members.update(load().region(regional, choice.commands, choice.thing))
    return members


def _below(jobs: Iterator[Job], order: int | None) -> Iterator[Job]:
    return jobs if order is None else dropwhile(lambda job: job.order >= order, jobs)


def _job(job: Job, choice: _Selection, now: int) -> dict[str, Any]:
    shown, more = page(_executions(job, choice), choice.executions)
    packages = [
        arn.partition(":package/")[2].replace("/version/", " ")
        for arn in job.destination_package_versions or ()
    ]
    return {
        "jobId": job.job_id,
        **({"packages": packages} if packages else {}),
        "status": job.status.value,
        "targetSelection": job.target_selection.value,
        "description": job.description,
        "startsAt": job.starts_at,
        "waiting": len(job.waiting),
        "details": job_details(job, now) if choice.job is not None else None,
        "createdAt": job.created_at,
        "lastUpdatedAt": job.last_updated_at,
        "completedAt": job.completed_at,
        "forceCanceled": job.force_canceled,
        "reasonCode": job.reason_code,
        "comment": job.comment,
        "counts": {status.value: count for status, count in job.counts().items()},
        "executions": [_execution(execution) for execution in shown],
        "executionsLeftOut": _count(job, choice) - len(shown),
        "nextExecutions": _cursor(shown[-1], choice) if shown and more else None,
    }


def _executions(job: Job, choice: _Selection) -> Iterator[JobExecution]:
    if choice.thing is None:
        return job.recent_executions(choice.status, choice.executions_below)
    below = (job.order, choice.executions_below) if choice.executions_below is not None else None
    return job.executions_of(choice.thing, choice.status, below)


def _cursor(execution: JobExecution, choice: _Selection) -> int:
    return execution.change_number if choice.thing is None else execution.execution_number


def _count(job: Job, choice: _Selection) -> int:
    if choice.thing is not None:
        return sum(1 for _ in job.executions_of(choice.thing, choice.status, None))
    return job.count(choice.status) if choice.status is not None else sum(job.counts().values())


def _execution(execution: JobExecution) -> dict[str, Any]:
    return {
        "thing": execution.thing.name,
        "executionNumber": execution.execution_number,
        "status": execution.status.value,
        "version": execution.version_number,
        "queuedAt": execution.queued_at,
        "startedAt": execution.started_at,
        "lastUpdatedAt": execution.last_updated_at,
        "timesOutAt": execution.timers.due if execution.timers is not None else None,
        "statusDetails": dict(execution.status_details or {}),
    }


def _add_transitions(regions: list[dict[str, Any]]) -> None:
    for region in regions:
        _add_transitions_of_neighbours(region)
        for job in region["jobs"]:
            for execution in job["executions"]:
                number = execution["executionNumber"]
                key = ExecutionKey(
                    region["account"], region["region"], job["jobId"], execution["thing"], number
                )
                execution["transitions"] = [
                    _transition(transition) for transition in history.transitions(key)
                ]


def _add_transitions_of_neighbours(region: dict[str, Any]) -> None:
    for load in neighbours.introspections.values():
        for key, item in load().items(region):
            found = history.transitions_of_neighbour((region["account"], region["region"], key))
            item["transitions"] = [_transition(transition) for transition in found]


def _transition(transition: Transition) -> dict[str, Any]:
    # Statuses may be members of an enumeration; str() gives the plain text.
    before = None if transition.before is None else str(transition.before)
    return {**transition._asdict(), "before": before, "after": str(transition.after)}


def _message(message: Message) -> dict[str, Any]:
    payload = message.payload.decode(errors="replace")
    return {
        "topic": message.topic,
        "at": message.milliseconds,
        "region": message.region,
        "payload": payload,
    }
