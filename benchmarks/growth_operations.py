"""Every operation of both planes, as it is timed in stores of different sizes, and how the store
is put back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .stored import GROUP, JOB, Stored

Members = dict[str, Any]


def _nothing(_stored: Stored, _thing: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class Timed:
    """An operation, how it is asked for, and what surrounds it untimed.

    Attributes:
        name: as it stands in the table.
        plane: the boto3 client's name.
        method: the client's method.
        members: of the request; `<thing>` in them is a thing's name, `<thing arn>` its ARN, `<job
            arn>` and `<nobody arn>` those of the large job and of a group without things.
        picks: which things it is for: `queued` or `working` ones.
        before: makes what the operation needs.
        after: puts everything back as it was.
    """

    name: str
    service: str
    method: str
    members: Members
    picks: str = "queued"
    before: Callable[[Stored, str], None] = _nothing
    after: Callable[[Stored, str], None] = _nothing


def _renew(stored: Stored, thing: str) -> None:
    stored.renew(thing)


def _small_job(stored: Stored, thing: str) -> None:
    stored.create("small", stored.arn("thing", thing))


def _small_continuous_job(stored: Stored, _thing: str) -> None:
    stored.create("small", stored.arn("thinggroup", "none"), continuous=True)


def _without_small_job(stored: Stored, _thing: str) -> None:
    stored.delete("small")


def _template(stored: Stored, _thing: str) -> None:
    stored.client("iot").create_job_template(**_TEMPLATE)


def _without_template(stored: Stored, _thing: str) -> None:
    stored.client("iot").delete_job_template(jobTemplateId="small")


def _leave(stored: Stored, thing: str) -> None:
    stored.client("iot").remove_thing_from_thing_group(**resolved(_MEMBER, stored, thing))


def _join(stored: Stored, thing: str) -> None:
    stored.renew(thing)
    stored.client("iot").add_thing_to_thing_group(**resolved(_MEMBER, stored, thing))


def resolved(members: Any, stored: Stored, thing: str) -> Any:
    """Return a request's members with the names and ARNs of what is there."""
    match members:
        case dict():
            return {name: resolved(value, stored, thing) for name, value in members.items()}
        case list():
            return [resolved(value, stored, thing) for value in members]
        case "<thing>":
            return thing
        case "<thing arn>":
            return stored.arn("thing", thing)
        case "<job arn>":
            return stored.arn("job", JOB)
        case "<nobody arn>":
            return stored.arn("thinggroup", "nobody")
    return members


def _iot(name: str, members: Members, **more: Any) -> Timed:
    return Timed(name, "iot", _snake_case(name.partition(",")[0]), members, **more)


def _device(name: str, members: Members, **more: Any) -> Timed:
    return Timed(
        f"{name} (device)", "iot-jobs-data", _snake_case(name.partition(",")[0]), members, **more
    )


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip(
        "_"
    )


_MEMBER = {"thingGroupName": GROUP, "thingArn": "<thing arn>"}
_ONE = {"jobId": JOB, "thingName": "<thing>"}
_PAGE = {"maxResults": 10}
_TEMPLATE = {"jobTemplateId": "small", "description": "small", "document": "{}"}

OPERATIONS: tuple[Timed, ...] = (
    _iot("DescribeJob", {"jobId": JOB}),
    _iot("GetJobDocument", {"jobId": JOB}),
    _iot("UpdateJob", {"jobId": JOB, "description": "again"}),
    _iot("ListJobs", _PAGE),
    _iot("ListJobs, by status", {**_PAGE, "status": "IN_PROGRESS"}),
    _iot("ListJobs, by group", {**_PAGE, "thingGroupName": GROUP}),
    _iot(
        "CreateJob",
        {"jobId": "small", "targets": ["<thing arn>"], "document": "{}"},
        after=_without_small_job,
    ),
    _iot("CancelJob", {"jobId": "small"}, before=_small_job, after=_without_small_job),
    _iot("DeleteJob", {"jobId": "small", "force": True}, before=_small_job),
    _iot(
        "AssociateTargetsWithJob",
        {"jobId": "small", "targets": ["<nobody arn>"]},
        before=_small_continuous_job,
        after=_without_small_job,
    ),
    _iot("DescribeJobExecution", _ONE),
    _iot("ListJobExecutionsForJob", {**_PAGE, "jobId": JOB}),
    _iot("ListJobExecutionsForJob, by status", {**_PAGE, "jobId": JOB, "status": "REMOVED"}),
    _iot("ListJobExecutionsForThing", {"thingName": "<thing>"}),
    _iot("ListJobExecutionsForThing, by status", {"thingName": "<thing>", "status": "FAILED"}),
    _iot("ListJobExecutionsForThing, by job", _ONE),
    _iot("CancelJobExecution", _ONE, after=_renew),
    _iot("DeleteJobExecution", {**_ONE, "executionNumber": 1}, after=_renew),
    _iot(
        "DeleteJobExecution, by force",
        {**_ONE, "executionNumber": 1, "force": True},
        picks="working",
        after=_renew,
    ),
    _iot("ListTagsForResource", {"resourceArn": "<job arn>"}),
    _iot("TagResource", {"resourceArn": "<job arn>", "tags": [{"Key": "k", "Value": "v"}]}),
    _iot("UntagResource", {"resourceArn": "<job arn>", "tagKeys": ["k"]}),
    _iot("CreateJobTemplate", _TEMPLATE, after=_without_template),
    _iot("DescribeJobTemplate", {"jobTemplateId": "kept"}),
    _iot("ListJobTemplates", {}),
    _iot("DeleteJobTemplate", {"jobTemplateId": "small"}, before=_template),
    _iot("DescribeManagedJobTemplate", {"templateName": "AWS-Reboot"}),
    _iot("ListManagedJobTemplates", {"maxResults": 5}),
    _iot("DescribeEventConfigurations", {}),
    _iot("AddThingToThingGroup", _MEMBER, before=_leave, after=_renew),
    _iot("RemoveThingFromThingGroup", _MEMBER, after=_join),
    _device("GetPendingJobExecutions", {"thingName": "<thing>"}),
    _device("DescribeJobExecution", {"thingName": "<thing>", "jobId": "$next"}),
    _device("StartNextPendingJobExecution", {"thingName": "<thing>"}, after=_renew),
    _device(
        "UpdateJobExecution, progress",
        {**_ONE, "status": "IN_PROGRESS", "stepTimeoutInMinutes": 60},
        picks="working",
    ),
    _device("UpdateJobExecution, success", {**_ONE, "status": "SUCCEEDED"}, after=_renew),
)
