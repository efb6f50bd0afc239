"""The owner's operations on the second model.

Each takes the members of a request and returns those of the answer.
"""

# ruff: noqa: N803 (members have AWS's names)

from __future__ import annotations

from typing import Any

from . import calendar, packages, serializers
from .account import ARN, DAY, MINUTE, Account, ErrorResponse, Execution, Job

INVALID = "InvalidRequestException"
CONFIGURATIONS = (
    "presignedUrlConfig",
    "jobExecutionsRolloutConfig",
    "abortConfig",
    "timeoutConfig",
    "jobExecutionsRetryConfig",
)
Request = dict[str, Any]


def raise_if(wrong: object, error: str = INVALID) -> None:
    """Refuse what is wrong."""
    if wrong:
        raise ErrorResponse(error)


# What settings must be like.


def check_timeout(request: Request) -> None:
    """Refuse a timeout that is none."""
    if "timeoutConfig" in request:
        raise_if(not 1 <= request["timeoutConfig"].get("inProgressTimeoutInMinutes", 0) <= 10080)


def check_abort(request: Request) -> None:
    """Refuse abort criteria that repeat a type or have no proper threshold."""
    criteria = request.get("abortConfig", {}).get("criteriaList", [])
    kinds = [one["failureType"] for one in criteria]
    raise_if(len(set(kinds)) < len(kinds))
    raise_if(any(one["thresholdPercentage"] <= 0 for one in criteria))


def check_rollout(request: Request) -> None:
    """Refuse a rate that increases without a maximum, beyond it, or by no criterion."""
    rollout = request.get("jobExecutionsRolloutConfig")
    if rollout is not None and "exponentialRate" in rollout:
        rate = rollout["exponentialRate"]
        raise_if("maximumPerMinute" not in rollout)
        raise_if(len(rate["rateIncreaseCriteria"]) != 1)
        raise_if(rate["baseRatePerMinute"] > rollout["maximumPerMinute"])


def check_retries(request: Request) -> None:
    """Refuse ALL beside another type, and a type given twice."""
    criteria = request.get("jobExecutionsRetryConfig", {}).get("criteriaList", [])
    kinds = [one["failureType"] for one in criteria]
    raise_if(len(set(kinds)) < len(kinds) or ("ALL" in kinds and len(kinds) > 1))


def check_settings(request: Request) -> None:
    """Refuse what is wrong in itself, whatever there is in the account: this comes first."""
    check_timeout(request)
    check_abort(request)
    check_rollout(request)
    check_retries(request)


def check_schedule(account: Account, request: Request) -> None:
    """Refuse moments that are too near or too far, and windows without a start or for a SNAPSHOT
    job.
    """
    schedule = request.get("schedulingConfig", {})
    if schedule.get("maintenanceWindows"):
        raise_if(request.get("targetSelection", "SNAPSHOT") == "SNAPSHOT")
        raise_if("startTime" not in schedule)
    begin = (
        calendar.in_milliseconds(schedule["startTime"]) if "startTime" in schedule else account.at
    )
    if "startTime" in schedule:
        raise_if(not account.at + 30 * MINUTE <= begin <= account.at + 365 * DAY)
    if "endTime" in schedule:
        end = calendar.in_milliseconds(schedule["endTime"])
        raise_if(not account.at + 30 * MINUTE <= end <= account.at + 2 * 365 * DAY)
        raise_if(end - begin < 30 * MINUTE)


def check_targets(account: Account, targets: list[str]) -> None:
    """Refuse what does not exist."""
    for target in targets:
        kind, _, name = target.removeprefix(ARN).partition("/")
        raise_if(
            name not in (account.things if kind == "thing" else account.groups),
            "ResourceNotFoundException",
        )


def template(account: Account, arn_or_id: str) -> Request:
    """Find a template of the account."""
    name = arn_or_id.rpartition("/")[2]
    found = next((one for one in account.templates if one["jobTemplateId"] == name), None)
    if found is None:
        raise ErrorResponse("ResourceNotFoundException")
    return found


# Jobs.


def named(job: Job) -> Request:
    """Answer with a job's names."""
    return serializers.given(
        jobArn=job.arn, jobId=job.id, description=job.request.get("description")
    )


def create_job(
    account: Account, jobId: str, tags: list[dict[str, str]] | None = None, **request: Any
) -> Request:
    """Check a job in AWS's order, and let it begin or wait for its start."""
    check_settings(request)
    raise_if(account.job(jobId), "ResourceAlreadyExistsException")
    if "jobTemplateArn" in request:
        inherited = template(account, request["jobTemplateArn"])
        for name in ("document", *CONFIGURATIONS):
            if name in inherited:
                request.setdefault(name, inherited[name])
        if "maintenanceWindows" in inherited:
            schedule = {"maintenanceWindows": inherited["maintenanceWindows"]}
            request["schedulingConfig"] = schedule | request.get("schedulingConfig", {})
    raise_if("document" not in request)
    check_schedule(account, request)
    check_targets(account, request["targets"])
    packages.resolve(account, request)
    request["targets"] = list(dict.fromkeys(request["targets"]))
    job = Job(jobId, request, account.at, account.at, planned=account.tick())
    account.jobs.append(job)
    if tags:
        account.tags[job.arn] = {tag["Key"]: tag["Value"] for tag in tags}
    if not job.continuous:
        job.waiting = account.covered_by_all(job)
    if "startTime" in job.schedule:
        job.status = "SCHEDULED"
    else:
        account.start(job)
    return named(job)


def describe_job(account: Account, jobId: str, beforeSubstitution: bool = False) -> Request:
    """Show a job."""
    job = account.known(jobId)
    shown = {"job": serializers.job(account, job)}
    before = job.request.get("before")
    if beforeSubstitution and before:
        shown["job"]["destinationPackageVersions"] = before["destinationPackageVersions"]
    if job.status == "DELETION_IN_PROGRESS":
        job.looks += 1
        job.looked_at = account.at
    return shown


def update_job(account: Account, jobId: str, **request: Any) -> Request:
    """Replace whole members of a job's settings."""
    raise_if(not request)
    check_settings(request)
    raise_if(
        "maximumPerMinute"
        not in request.get("jobExecutionsRolloutConfig", {"maximumPerMinute": 1000})
    )
    retries = request.get("jobExecutionsRetryConfig", {}).get("criteriaList", [])
    raise_if(any(one["numberOfRetries"] for one in retries))
    job = account.known(jobId)
    raise_if(not job.active)
    kept = job.request.get("jobExecutionsRetryConfig", {}).get("criteriaList", [])
    raise_if(
        retries and {one["failureType"] for one in retries} != {one["failureType"] for one in kept}
    )
    job.request.update(request)
    job.updated = account.at
    return {}


def cancel_job(account: Account, jobId: str, force: bool = False, **words: str) -> Request:
    """Cancel a job, what is queued, and by force what is in progress."""
    job = account.known(jobId)
    raise_if(not job.active)
    account.close(job, words.get("comment"), words.get("reasonCode"), None, force)
    return named(job)


def delete_job(account: Account, jobId: str, force: bool = False) -> Request:
    """Let a job go, ten at once at most."""
    job = account.known(jobId)
    raise_if(
        job.status == "DELETION_IN_PROGRESS" or (job.active and not force),
        "InvalidStateTransitionException",
    )
    raise_if(
        sum(one.status == "DELETION_IN_PROGRESS" for one in account.jobs) >= 10,
        "LimitExceededException",
    )
    job.status = "DELETION_IN_PROGRESS"
    job.planned = account.tick()
    job.updated = job.deleted_at = account.at
    job.waiting, job.due = [], []
    for one in account.of(job):
        one.deadline = one.step = None
    account.job_event(job, "deletion_in_progress")
    if account.deletion["progression"] == "immediate":
        account.vanish(job)
    return {}


def get_job_document(account: Account, jobId: str, beforeSubstitution: bool = False) -> Request:
    """Show a job's document as it was given, but for the attributes of packages."""
    request = account.known(jobId).request
    if beforeSubstitution:
        request = request.get("before", request)
    return {"document": request["document"]}


def list_jobs(account: Account, **filters: str) -> list[Request]:
    """List jobs, oldest first."""
    group = filters.get("thingGroupName")
    raise_if(group is not None and group not in account.groups, "ResourceNotFoundException")
    shown = []
    for job in account.jobs:
        if filters.get("status", job.status) != job.status:
            continue
        if filters.get("targetSelection") not in (
            None,
            job.request.get("targetSelection", "SNAPSHOT"),
        ):
            continue
        if group is not None and (
            job.status == "SCHEDULED" or f"{ARN}thinggroup/{group}" not in job.targets
        ):
            continue
        more = {} if group is None else {"thingGroupId": account.groups[group]["id"]}
        shown.append(serializers.job_in_list(job) | more)
    return shown


def associate_targets_with_job(
    account: Account, jobId: str, targets: list[str], comment: str | None = None
) -> Request:
    """Give a CONTINUOUS job in progress more groups."""
    job = account.known(jobId)
    raise_if(not job.continuous or job.status != "IN_PROGRESS" or job.over)
    raise_if(any("thinggroup/" not in target for target in targets))
    check_targets(account, targets)

    def add() -> None:
        job.request["targets"] = list(dict.fromkeys([*job.targets, *targets]))

    account.regroup(add)
    job.updated = account.at
    if comment is not None:
        job.comment = comment
    return named(job)


# Executions.


def found(
    account: Account,
    job_id: str,
    thing: str,
    number: int | None,
    error: str = "ResourceNotFoundException",
) -> Execution:
    """Find an execution, the newest unless a number is given."""
    job = account.known(job_id)
    runs = account.of(job, thing)
    if number is None:
        one = account.newest(job, thing)
    else:
        one = next((run for run in runs if run.number == number), None)
    if one is None:
        raise ErrorResponse(error)
    return one


def describe_job_execution(
    account: Account, jobId: str, thingName: str, executionNumber: int | None = None
) -> Request:
    """Show an execution."""
    return {
        "execution": serializers.execution(
            account, found(account, jobId, thingName, executionNumber)
        )
    }


def cancel_job_execution(
    account: Account,
    jobId: str,
    thingName: str,
    force: bool = False,
    expectedVersion: int | None = None,
    statusDetails: dict[str, str] | None = None,
) -> Request:
    """Cancel an execution: by force if it is in progress."""
    one = found(account, jobId, thingName, None)
    raise_if(expectedVersion not in (None, one.version), "VersionConflictException")
    gone = one.job.status == "DELETION_IN_PROGRESS"
    wrong = gone or (one.status != "QUEUED" and not (one.status == "IN_PROGRESS" and force))
    raise_if(wrong, "InvalidStateTransitionException")
    if statusDetails is not None:
        one.details = statusDetails
    account.move(one, "CANCELED", force)
    account.follow_up(one.job, one)
    return {}


def delete_job_execution(
    account: Account,
    jobId: str,
    thingName: str,
    executionNumber: int,
    force: bool = False,
) -> Request:
    """Delete an execution: by force if it is in progress."""
    raise_if(executionNumber < 1)
    one = found(account, jobId, thingName, executionNumber)
    raise_if(one.status == "IN_PROGRESS" and not force, "InvalidStateTransitionException")
    if one is account.newest(one.job, thingName):
        # What would be tried again is gone.
        one.job.due = [due for due in one.job.due if due[0] != thingName]
    account.executions.remove(one)
    account.execution_event(one, "DELETED")
    if not account.of(one.job, thingName):
        one.job.emptied.add(thingName)
    account.follow_up(one.job)
    return {}


def list_job_executions_for_job(
    account: Account, jobId: str, status: str | None = None
) -> list[Request]:
    """List a job's executions, most recently changed first."""
    runs = sorted(account.of(account.known(jobId)), key=lambda one: -one.changed)
    return [
        {"thingArn": f"{ARN}thing/{one.thing}", "jobExecutionSummary": serializers.summary(one)}
        for one in runs
        if status in (None, one.status)
    ]


def list_job_executions_for_thing(
    account: Account,
    thingName: str,
    status: str | None = None,
    jobId: str | None = None,
) -> list[Request]:
    """List a thing's executions: newest job first, and of a job the highest number."""
    runs = [one for one in account.executions if one.thing == thingName]
    raise_if(thingName not in account.things and not runs, "ResourceNotFoundException")
    runs.sort(key=lambda one: (-account.jobs.index(one.job), -one.number))
    return [
        {"jobId": one.job.id, "jobExecutionSummary": serializers.summary(one)}
        for one in runs
        if status in (None, one.status) and jobId in (None, one.job.id)
    ]
