"""Export of the state of one account and region to a file, and its import.

Things, static thing groups, job templates, and jobs that are not over, with what devices have
reported. Times are not kept: a job that is made again begins again, and timers start anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import Any

from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs.dispatch.operations import Operations
from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.iot.responses import operations as control_plane
from moto_iot_jobs.iotjobsdata.responses import operations as data_plane
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.service.errors import ResourceNotFound, ServiceError
from moto_iot_jobs.wire import WireError

_SECTIONS = ("things", "thingGroups", "jobTemplates", "jobs")
_OF_A_JOB = (
    "targets",
    "targetSelection",
    "description",
    "presignedUrlConfig",
    "jobExecutionsRolloutConfig",
    "abortConfig",
    "timeoutConfig",
    "namespaceId",
    "jobExecutionsRetryConfig",
    "destinationPackageVersions",
)
_OF_A_TEMPLATE = (
    "description",
    "document",
    "documentSource",
    "presignedUrlConfig",
    "jobExecutionsRolloutConfig",
    "abortConfig",
    "timeoutConfig",
    "jobExecutionsRetryConfig",
    "maintenanceWindows",
    "destinationPackageVersions",
)
_OVER = ("COMPLETED", "CANCELED", "DELETION_IN_PROGRESS")
_REPORTED = ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED")
# Things and members of groups that are looked at before others may take the lock.
_SLICE = 1_000
# Levels of an export that are written as JSON one by one, down to an execution of a job.
_LEVELS = 4


def export(account: str, region: str) -> dict[str, Any]:
    """Return the state of an account and region, for `load`.

    Other threads take the lock in between, so that a large state delays no call for long: each
    thing, group, job and execution is as it was when its turn came.
    """
    with backend_lock:
        backend = iot_backends[account][region]
        things, groups = list(backend.things.values()), list(backend.thing_groups.values())
    account_and_region = _Region(account, region)
    return {
        "things": list(_in_slices(things, _thing)),
        "thingGroups": list(_groups(groups)),
        "jobTemplates": list(account_and_region.templates()),
        "jobs": list(account_and_region.jobs()),
    }


def written(state: Any, levels: int = _LEVELS) -> str:
    """Return a state as JSON, written in pieces: Python lets no other thread work during each."""
    if not levels or not isinstance(state, dict | list):
        return json.dumps(state)
    if isinstance(state, list):
        return f"[{', '.join([written(each, levels - 1) for each in state])}]"
    members = [f"{json.dumps(name)}: {written(each, levels - 1)}" for name, each in state.items()]
    return f"{{{', '.join(members)}}}"


def _in_slices(items: Sequence[Any], shown: Callable[[Any], Any]) -> Iterator[Any]:
    """Yield what a function returns for each item, and give the lock up every now and then."""
    for start in range(0, len(items), _SLICE):
        with backend_lock:
            found = [shown(item) for item in items[start : start + _SLICE]]
        if start:
            runtime.slices.pause()
        yield from found


def _thing(thing: Any) -> dict[str, Any]:
    return {"thingName": thing.thing_name, "attributes": dict(thing.attributes)}


def load_file(file: Path, account: str, region: str) -> None:
    """Make what a file of `export` describes.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not such a file, or what it describes cannot be made; the message names
            the thing, group, template or job.
    """
    load(json.loads(file.read_text(encoding="utf-8")), account, region)


def load(state: Any, account: str, region: str) -> None:
    """Make what `export` described.

    Raises:
        ValueError: it cannot be made.
    """
    if not isinstance(state, dict) or not set(state) <= set(_SECTIONS):
        raise ValueError(f"expected an object with {', '.join(_SECTIONS)}")
    with backend_lock:
        backend = iot_backends[account][region]
        made = _Region(account, region)
        for name, make in (
            ("things", lambda item: _make_thing(backend, item)),
            ("thingGroups", lambda item: _make_group(backend, item)),
            ("jobTemplates", made.make_template),
            ("jobs", made.make_job),
        ):
            for number, item in enumerate(state.get(name, ())):
                try:
                    make(item)
                except (WireError, ServiceError, KeyError, TypeError, AttributeError) as problem:
                    raise ValueError(f"{name}[{number}]: {problem}") from None
    runtime.delivery.deliver()


def _groups(groups: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield static groups, parents first. Dynamic ones fill themselves and are left out."""
    for group in sorted(groups, key=lambda each: len(_ancestors(each))):
        if getattr(group, "query_string", None) is not None:
            continue
        with backend_lock:
            things = list(group.things.values())
        members = {
            "thingGroupName": group.thing_group_name,
            "things": list(_in_slices(things, attrgetter("thing_name"))),
        }
        if group.parent_group_name:
            members["parentGroupName"] = group.parent_group_name
        yield members


def _ancestors(group: Any) -> list[Any]:
    found: list[Any] = group.metadata.get("rootToParentThingGroups", [])
    return found


def _make_thing(backend: Any, item: Mapping[str, Any]) -> None:
    backend.create_thing(item["thingName"], None, {"attributes": dict(item.get("attributes", {}))})


def _make_group(backend: Any, item: Mapping[str, Any]) -> None:
    _, arn, _ = backend.create_thing_group(item["thingGroupName"], item.get("parentGroupName"), {})
    for thing in item.get("things", ()):
        # By ARN: moto looks for a name among all things.
        thing_arn = f"{arn.rpartition(':')[0]}:thing/{thing}"
        backend.add_thing_to_thing_group(None, arn, None, thing_arn)


def _chosen(found: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the members that have a value, for a request takes no null."""
    chosen = ((name, _without_nulls(found.get(name))) for name in names)
    return {name: value for name, value in chosen if value not in (None, {}, [])}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return value


class _Region:
    """Calls of operations in one account and region."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region

    def _call(
        self, service: Operations, name: str, labels: Mapping[str, str], **members: Any
    ) -> Any:
        operation = service.api.by_name[name]
        is_query = operation.method == "GET"
        body = b"" if is_query else json.dumps(members).encode()
        query = "&".join(f"{key}={value}" for key, value in members.items()) if is_query else ""
        members = operation.read(labels, query, body)
        with backend_lock:
            jobs = find_jobs(self._account, self._region)
            request = Request(jobs, members, runtime.clock.now(), None)
            try:
                response = service.handlers[name](request)
            finally:
                runtime.delivery.collect(jobs, name)
        return json.loads(operation.write(response) or b"{}") if response else {}

    def templates(self) -> Iterator[dict[str, Any]]:
        for summary in self._pages("ListJobTemplates", "jobTemplates", {}):
            labels = {"jobTemplateId": summary["jobTemplateId"]}
            found = self._call(control_plane, "DescribeJobTemplate", labels)
            members = _chosen(found, _OF_A_TEMPLATE)
            if "documentSource" in members:
                members.pop("document", None)
            yield {**labels, **members}

    def jobs(self) -> Iterator[dict[str, Any]]:
        for summary in self._pages("ListJobs", "jobs", {}):
            if summary["status"] in _OVER:
                continue
            with suppress(ResourceNotFound):  # another thread has deleted it
                yield self._job({"jobId": summary["jobId"]})

    def _job(self, labels: Mapping[str, str]) -> dict[str, Any]:
        found = self._call(control_plane, "DescribeJob", labels)["job"]
        members = _chosen(found, _OF_A_JOB)
        document = self._call(control_plane, "GetJobDocument", labels)["document"]
        executions = list(self._executions(labels["jobId"]))
        return {**labels, "document": document, **members, "executions": executions}

    def _executions(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield the executions that devices have reported on."""
        listing, labels = "ListJobExecutionsForJob", {"jobId": job_id}
        for status in _REPORTED:
            for each in self._pages(listing, "executionSummaries", labels, status=status):
                thing = each["thingArn"].rpartition("thing/")[2]
                with suppress(ResourceNotFound):  # another thread has deleted it
                    yield self._execution({**labels, "thingName": thing})

    def _execution(self, labels: Mapping[str, str]) -> dict[str, Any]:
        found = self._call(control_plane, "DescribeJobExecution", labels)["execution"]
        return {
            "thingName": labels["thingName"],
            "status": found["status"],
            "statusDetails": found.get("statusDetails", {}).get("detailsMap", {}),
        }

    def _pages(
        self, name: str, member: str, labels: Mapping[str, str], **chosen: str
    ) -> Iterator[Any]:
        more: dict[str, Any] = {"maxResults": 250, **chosen}
        while True:
            page = self._call(control_plane, name, labels, **more)
            yield from page[member]
            if page.get("nextToken") is None:
                return
            more["nextToken"] = page["nextToken"]
            runtime.slices.pause()

    def make_template(self, item: Mapping[str, Any]) -> None:
        members = dict(item)
        labels = {"jobTemplateId": members.pop("jobTemplateId")}
        self._call(control_plane, "CreateJobTemplate", labels, **members)

    def make_job(self, item: Mapping[str, Any]) -> None:
        members = dict(item)
        labels = {"jobId": members.pop("jobId")}
        executions = members.pop("executions", ())
        self._call(control_plane, "CreateJob", labels, **members)
        for each in executions:
            report = dict(each)
            of_one = {**labels, "thingName": report.pop("thingName")}
            self._call(data_plane, "UpdateJobExecution", of_one, **report)
