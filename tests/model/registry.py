"""Things, groups, templates, tags, switches: what else belongs to an account of the second model."""

# ruff: noqa: N803 (members have AWS's names)

from __future__ import annotations

from typing import Any

from .account import ARN, Account, ErrorResponse
from .control_plane import CONFIGURATIONS, check_settings, raise_if, template

Request = dict[str, Any]
SUMMARY = ("jobTemplateArn", "jobTemplateId", "description", "createdAt")


# Things and groups.


def create_thing(account: Account, thingName: str) -> None:
    """Make a thing."""
    account.things.add(thingName)


def delete_thing(account: Account, thingName: str) -> Request:
    """Delete a thing; what it has queued is removed."""
    raise_if(thingName not in account.things, "ResourceNotFoundException")
    account.things.remove(thingName)
    for group in account.groups.values():
        group["members"] = [one for one in group["members"] if one != thingName]
    account.forget_thing(thingName)
    return {}


def create_thing_group(
    account: Account, thingGroupName: str, group_id: str, parentGroupName: str | None = None
) -> None:
    """Make a group, below another if one is named."""
    account.groups.setdefault(
        thingGroupName, {"parent": parentGroupName, "members": [], "id": group_id}
    )


def delete_thing_group(account: Account, thingGroupName: str) -> Request:
    """Delete a group; its members leave."""
    raise_if(any(group["parent"] == thingGroupName for group in account.groups.values()))
    account.regroup(lambda: account.groups.pop(thingGroupName, None))
    return {}


def add_thing_to_thing_group(account: Account, thingGroupName: str, thingName: str) -> Request:
    """Let a thing join a group."""
    raise_if(
        thingName not in account.things or thingGroupName not in account.groups,
        "ResourceNotFoundException",
    )
    members = account.groups[thingGroupName]["members"]
    if thingName not in members:
        account.regroup(lambda: members.append(thingName))
    return {}


def remove_thing_from_thing_group(account: Account, thingGroupName: str, thingName: str) -> Request:
    """Let a thing leave a group."""
    raise_if(
        thingName not in account.things or thingGroupName not in account.groups,
        "ResourceNotFoundException",
    )
    members = account.groups[thingGroupName]["members"]
    if thingName in members:
        account.regroup(lambda: members.remove(thingName))
    return {}


# Templates.


def create_job_template(
    account: Account, jobTemplateId: str, tags: Any = None, **request: Any
) -> Request:
    """Make a template of what is given and, for the rest, of a job."""
    check_settings(request)
    arn = f"{ARN}jobtemplate/{jobTemplateId}"
    raise_if(
        any(one["jobTemplateId"] == jobTemplateId for one in account.templates), "ConflictException"
    )
    if "jobArn" in request:
        job = account.known(request.pop("jobArn").rpartition("/")[2])
        for name in ("document", *CONFIGURATIONS):
            if name in job.request:
                request.setdefault(name, job.request[name])
    raise_if("document" not in request)
    account.templates.append(
        {"jobTemplateArn": arn, "jobTemplateId": jobTemplateId, "createdAt": account.at} | request
    )
    if tags:
        account.tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}
    return {"jobTemplateArn": arn, "jobTemplateId": jobTemplateId}


def describe_job_template(account: Account, jobTemplateId: str) -> Request:
    """Show a template."""
    always: Request = {
        "presignedUrlConfig": {},
        "jobExecutionsRolloutConfig": {},
        "timeoutConfig": {},
    }
    return always | template(account, jobTemplateId)


def delete_job_template(account: Account, jobTemplateId: str) -> Request:
    """Delete a template and its tags."""
    found = template(account, jobTemplateId)
    account.templates.remove(found)
    account.tags.pop(found["jobTemplateArn"], None)
    return {}


def list_job_templates(account: Account) -> list[Request]:
    """List templates, newest first."""
    return [{name: one[name] for name in SUMMARY} for one in reversed(account.templates)]


# Tags and switches.


def check_resource(account: Account, arn: str) -> None:
    """Refuse a job or a template that does not exist."""
    known = {job.arn for job in account.jobs} | {one["jobTemplateArn"] for one in account.templates}
    if arn not in known:
        raise ErrorResponse("ResourceNotFoundException")


def tag_resource(account: Account, resourceArn: str, tags: list[dict[str, str]]) -> Request:
    """Put tags to those there are."""
    check_resource(account, resourceArn)
    account.tags.setdefault(resourceArn, {}).update({tag["Key"]: tag["Value"] for tag in tags})
    return {}


def untag_resource(account: Account, resourceArn: str, tagKeys: list[str]) -> Request:
    """Take tags away."""
    check_resource(account, resourceArn)
    for key in tagKeys:
        account.tags.get(resourceArn, {}).pop(key, None)
    return {}


def list_tags_for_resource(account: Account, resourceArn: str) -> list[dict[str, str]]:
    """List tags; none for what does not exist."""
    return [
        {"Key": key, "Value": value} for key, value in account.tags.get(resourceArn, {}).items()
    ]


def update_event_configurations(account: Account, eventConfigurations: dict[str, Any]) -> Request:
    """Switch events on and off."""
    for name, switch in eventConfigurations.items():
        account.switches[name] = bool(switch.get("Enabled", False))
    return {}


__all__ = [name for name in dir() if not name.startswith("_")]
