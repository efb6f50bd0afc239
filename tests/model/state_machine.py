"""The state machine that sends the same requests to the package and to the second model, and
compares what comes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timezone
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from . import calendar, control_plane, data_plane, packages, registry, serializers
from . import settings as drawn
from .account import ARN, TERMINAL, Account, ErrorResponse
from .client import Client, Error

START = datetime(2040, 1, 1, 0, 0, 5, 250_000, tzinfo=timezone.utc)  # a Sunday
TOPICS = {
    "get_pending_job_executions": "get",
    "start_next_pending_job_execution": "start-next",
    "describe_job_execution": "{jobId}/get",
    "update_job_execution": "{jobId}/update",
}
NOTHING = st.none()
Pick = int | str
Message = tuple[str, int, Any]


def by_receiver(messages: list[Message]) -> dict[str, list[Any]]:
    """Sort messages by whom they concern.

    Between things there is no order, nor among runs canceled together.
    """
    sorted_out: dict[str, list[Any]] = defaultdict(list)
    for topic, timestamp, payload in messages:
        levels = topic.split("/")
        about = sorted_out[levels[2] if levels[1] == "things" else f"job {levels[3]}"]
        place = len(about)
        while (
            "jobExecution" in levels
            and place
            and is_like(about[place - 1], topic, timestamp, payload)
        ):
            place -= 1
        about.insert(place, (topic, timestamp, payload))
    return dict(sorted_out)


def by_change(summaries: list[Any]) -> list[Any]:
    """Put a job's executions into an order in which those that changed in one millisecond, and
    only those, are sorted.
    """
    changed = [one["jobExecutionSummary"]["lastUpdatedAt"] for one in summaries]
    assert changed == sorted(changed, reverse=True)
    return sorted(
        summaries, key=lambda one: (-one["jobExecutionSummary"]["lastUpdatedAt"], str(one))
    )


def without_dates(response: Any) -> Any:
    """Leave out when a package or version was made and changed."""
    if not isinstance(response, dict):
        return response
    dates = ("creationDate", "lastModifiedDate")
    return {name: member for name, member in response.items() if name not in dates}


def undated(summaries: list[Any]) -> list[Any]:
    """Leave dates out of a list of packages or versions."""
    return [without_dates(one) for one in summaries]


def is_like(other: Message, topic: str, timestamp: int, payload: Any) -> bool:
    """Return whether two events of executions differ in nothing but the execution, and are the wrong
    way round.
    """
    if (other[0], other[1]) != (topic, timestamp):
        return False
    name = (payload["thingArn"], payload["executionNumber"])
    return bool((other[2]["thingArn"], other[2]["executionNumber"]) > name)


class Jobs(RuleBasedStateMachine):
    """Rules for every operation of both planes, for time, groups, faults and the pace of deletion."""

    def __init__(self) -> None:
        super().__init__()
        self.client = Client(START)
        self.model = Account(int(START.timestamp() * 1000))
        self.faults: list[list[Any]] = []
        self.differs = False

    def teardown(self) -> None:
        try:
            if not self.differs:
                self.compare_everything()
        finally:
            self.client.close()

    # How the two are asked and compared.

    def expect(self, service: str, operation: str, act: Callable[[], Any]) -> Any:
        """Let the second model do something; return its answer, a fault's error, or a refusal as
        HTTPS and topics say it.
        """
        self.model.settle()
        for fault in self.faults:
            if fault[:2] == [service, operation] and fault[3]:
                fault[3] -= 1
                return Error(fault[2])
        try:
            response = act()
        except ErrorResponse as error:
            shown = None if error.execution is None else serializers.state(error.execution)
            return Error(error.error), Error(error.code, shown)
        self.model.notify()
        return response

    def both(self, module: Any, operation: str, /, **members: Any) -> Any:
        """Call an operation of the control plane on both."""
        members = {name: member for name, member in members.items() if member is not None}
        request = deepcopy(members)
        expected = self.expect(
            "iot", operation, lambda: deepcopy(getattr(module, operation)(self.model, **request))
        )
        response = self.client.call("iot", operation, **members)
        self.compare(expected, response)
        return response

    def compare(self, expected: Any, response: Any) -> None:
        if isinstance(expected, tuple):
            expected = expected[0]
        self.same(response, expected)
        self.compare_messages()

    def compare_messages(self) -> None:
        self.model.settle()
        heard, expected = by_receiver(self.client.published()), by_receiver(self.model.published)
        self.model.published.clear()
        for whom in heard.keys() | expected.keys():
            self.same(heard.get(whom, []), expected.get(whom, []))

    def same(self, response: Any, expected: Any) -> None:
        self.differs = self.differs or response != expected
        if isinstance(response, list) and isinstance(expected, list):
            common = next(
                (
                    at
                    for at, pair in enumerate(zip(response, expected, strict=False))
                    if pair[0] != pair[1]
                ),
                None,
            )
            at = min(len(response), len(expected)) if common is None else common
            response, expected = response[at : at + 2], expected[at : at + 2]
        assert not self.differs, f"\n  package: {response}\n  model:   {expected}"

    def listed(
        self,
        module: Any,
        operation: str,
        items: str,
        size: int | None,
        order: Callable[[Any], Any],
        **filters: Any,
    ) -> None:
        """List page by page from the package, at once from the model."""
        filters = {name: member for name, member in filters.items() if member is not None}
        expected = self.expect(
            "iot", operation, lambda: getattr(module, operation)(self.model, **filters)
        )
        response = self.client.pages(operation, items, size, **filters)
        if isinstance(expected, list) and isinstance(response, list):
            expected, response = order(expected), order(response)
        self.compare(expected, response)

    def as_device(self, by_topic: bool, operation: str, thing: str, **members: Any) -> None:
        """Let a device ask both, over HTTPS or by topic."""
        members = {name: member for name, member in members.items() if member is not None}
        act: Callable[..., Any] = getattr(data_plane, operation)
        expected = self.expect(
            "iot-jobs-data", operation, lambda: act(self.model, thingName=thing, **members)
        )
        if not by_topic:
            if isinstance(expected, dict):
                expected = data_plane.over_https(expected, thing)
            self.compare(
                expected, self.client.call("iot-jobs-data", operation, thingName=thing, **members)
            )
            return
        topic = f"$aws/things/{thing}/jobs/{TOPICS[operation].format(**members)}"
        members.pop("jobId", None)
        response = self.client.ask(topic, members | {"clientToken": "token"})
        if isinstance(expected, tuple):
            expected = expected[1]
        elif isinstance(expected, Error):
            expected = Error(
                "RequestThrottled" if expected.code == "ThrottlingException" else "InternalError"
            )
        else:
            expected = {"clientToken": "token", "timestamp": self.model.at // 1000} | expected
        self.compare(expected, response)

    def compare_everything(self) -> None:
        """Describe and list all there is, on both."""
        self.faults.clear()
        from moto_iot_jobs import faults

        faults.clear()
        self.all_jobs(None, {})
        for job_id in [job.id for job in self.model.jobs]:
            self.look_at_job(job_id)
            self.runs_of_job(job_id, None, None)
        for thing in drawn.THINGS:
            self.runs_of_thing(thing, None, None, None)
            for by_topic in (False, True):
                self.pending(by_topic, thing)
        for job, thing in {(one.job.id, one.thing) for one in self.model.executions}:
            self.look_at_execution((job, thing), None)
        self.all_templates(1)
        for package in drawn.PACKAGES:
            self.all_packages(None, package)
        for thing in drawn.THINGS:
            self.look_at_packages_of(thing)

    # What a request is about: mostly something that exists.

    def job_of(self, pick: Pick) -> str:
        """Name a job that exists, or for a high number perhaps none."""
        if isinstance(pick, str):
            return pick
        names = [job.id for job in self.model.jobs] if pick < drawn.STRANGE else drawn.JOBS
        return names[pick % len(names)] if names else drawn.JOBS[0]

    def run_of(self, pick: int | tuple[str, str]) -> tuple[str, str]:
        """Name job and thing of an execution, mostly of one that has not finished, or of none."""
        if isinstance(pick, tuple):
            return pick
        runs = [one for one in self.model.executions if one.status not in TERMINAL]
        if pick >= drawn.STRANGE or not runs:
            return self.job_of(pick), drawn.THINGS[pick % len(drawn.THINGS)]
        run = (self.model.executions if pick % 4 == 0 else runs)[pick % len(runs)]
        return run.job.id, run.thing

    # What there is at first.

    @initialize(events=st.booleans(), first=drawn.settings_of_a_job, second=drawn.settings_of_a_job)
    def begin(self, events: bool, first: dict[str, Any], second: dict[str, Any]) -> None:
        for thing in drawn.THINGS:
            self.make_thing(thing)
        for group, parent in zip(drawn.GROUPS, [None, None, "g1"], strict=True):
            self.make_group(group, parent)
        self.configure_packages({"enabled": True, "roleArn": drawn.ROLE})
        for package in drawn.PACKAGES:
            self.make_package(package)
            for version in drawn.VERSIONS:
                self.make_version(package, version, {"k": version})
                self.update_version(package, version, "PUBLISH", None)
        for group, thing in [("g1", "t1"), ("g1", "t2"), ("g2", "t2"), ("g2", "t3"), ("g3", "t4")]:
            self.join(group, thing)
        if events:
            self.switch(True, True)
        for settings in (first, second):
            self.create_job(0, {"document": "{}"}, settings)

    @rule(deed=drawn.deeds)
    def do(self, deed: tuple[str, dict[str, Any]]) -> None:
        getattr(self, deed[0])(**deepcopy(deed[1]))

    # The owner: jobs.

    def create_job(self, pick: int, source: dict[str, Any], settings: dict[str, Any]) -> None:
        self.model.settle()
        free = [name for name in drawn.JOBS if self.model.job(name) is None]
        job_id = free[0] if free and pick < drawn.STRANGE else self.job_of(pick)
        schedule = settings.get("schedulingConfig", {})
        for name in ("startTime", "endTime"):
            if name in schedule:
                schedule[name] = calendar.in_words(
                    self.model.now + schedule[name] * calendar.MINUTE
                )
        if "template" in source:
            source["jobTemplateArn"] = f"{ARN}jobtemplate/{source.pop('template')}"
        self.both(control_plane, "create_job", jobId=job_id, **source, **settings)

    def create_plain_job(self, for_what: list[str], selection: str) -> None:
        self.create_job(0, {"document": "{}"}, {"targets": for_what, "targetSelection": selection})

    def create_many_jobs(self, thing: str) -> None:
        for _ in range(11):
            self.create_plain_job([f"{ARN}thing/{thing}"], "SNAPSHOT")

    def look_at_job(self, job: Pick) -> None:
        self.both(control_plane, "describe_job", jobId=self.job_of(job))

    def look_at_document(self, job: Pick) -> None:
        self.both(control_plane, "get_job_document", jobId=self.job_of(job))

    def update_job(self, job: Pick, changes: dict[str, Any]) -> None:
        self.both(control_plane, "update_job", jobId=self.job_of(job), **changes)

    def cancel_job(self, job: Pick, force: bool | None, words: dict[str, str]) -> None:
        self.both(control_plane, "cancel_job", jobId=self.job_of(job), force=force, **words)

    def delete_job(self, job: Pick, force: bool | None) -> None:
        self.both(control_plane, "delete_job", jobId=self.job_of(job), force=force)

    def delete_many(self, jobs: list[int]) -> None:
        for job in jobs:
            self.delete_job(job, True)

    def associate(self, job: Pick, more: list[str], comment: str | None) -> None:
        self.both(
            control_plane,
            "associate_targets_with_job",
            jobId=self.job_of(job),
            targets=more,
            comment=comment,
        )

    def all_jobs(self, size: int | None, filters: dict[str, str]) -> None:
        self.listed(control_plane, "list_jobs", "jobs", size, list, **filters)

    # The owner: executions.

    def runs_of_job(self, job: Pick, size: int | None, status: str | None) -> None:
        operation, filters = (
            "list_job_executions_for_job",
            {"jobId": self.job_of(job), "status": status},
        )
        self.listed(control_plane, operation, "executionSummaries", size, by_change, **filters)

    def runs_of_thing(
        self, thing: str, size: int | None, status: str | None, job: Pick | None
    ) -> None:
        filters = {
            "thingName": thing,
            "status": status,
            "jobId": None if job is None else self.job_of(job),
        }
        self.listed(
            control_plane,
            "list_job_executions_for_thing",
            "executionSummaries",
            size,
            list,
            **filters,
        )

    def look_at_execution(self, run: int | tuple[str, str], number: int | None) -> None:
        job, thing = self.run_of(run)
        self.both(
            control_plane,
            "describe_job_execution",
            jobId=job,
            thingName=thing,
            executionNumber=number,
        )

    def cancel_execution(
        self, run: int, force: bool | None, version: int | None, details: Any
    ) -> None:
        job, thing = self.run_of(run)
        which = {"jobId": job, "thingName": thing, "expectedVersion": version}
        self.both(
            control_plane, "cancel_job_execution", **which, force=force, statusDetails=details
        )

    def delete_execution(self, run: int, number: int | None, force: bool | None) -> None:
        job, thing = self.run_of(run)
        if number is None:
            found = self.model.job(job)
            newest = self.model.newest(found, thing) if found else None
            number = newest.number if newest else 1
        self.both(
            control_plane,
            "delete_job_execution",
            jobId=job,
            thingName=thing,
            executionNumber=number,
            force=force,
        )

    # The device.

    def pending(self, by_topic: bool, thing: str) -> None:
        self.as_device(by_topic, "get_pending_job_executions", thing)

    def start_next(self, by_topic: bool, thing: str, members: dict[str, Any]) -> None:
        self.as_device(by_topic, "start_next_pending_job_execution", thing, **members)

    def ask(self, by_topic: bool, run: int, number: int | None, with_document: bool | None) -> None:
        job, thing = self.run_of(run)
        which = {"jobId": job, "executionNumber": number, "includeJobDocument": with_document}
        self.as_device(by_topic, "describe_job_execution", thing, **which)

    def ask_for_the_next(self, by_topic: bool, thing: str) -> None:
        self.as_device(by_topic, "describe_job_execution", thing, jobId="$next")

    def report(
        self, by_topic: bool, run: int | tuple[str, str], status: str, members: dict[str, Any]
    ) -> None:
        job, thing = self.run_of(run)
        self.as_device(by_topic, "update_job_execution", thing, jobId=job, status=status, **members)

    def finish(self, run: int, status: str) -> None:
        self.report(True, run, status, {})

    def fail(self, runs: list[int]) -> None:
        for run in runs:
            self.report(True, run, "FAILED", {})

    def start(self, runs: list[int], step: int | None) -> None:
        for run in runs:
            self.report(
                False, run, "IN_PROGRESS", {} if step is None else {"stepTimeoutInMinutes": step}
            )

    # Packages, and what things have.

    def catalog(self, operation: str, **members: Any) -> None:
        """Call an operation of the catalog on both; dates are not compared."""
        members = {name: member for name, member in members.items() if member is not None}
        act = getattr(packages, operation)
        expected = self.expect("iot", operation, lambda: act(self.model, **deepcopy(members)))
        self.compare(expected, without_dates(self.client.call("iot", operation, **members)))

    def make_package(self, package: str) -> None:
        self.catalog("create_package", packageName=package)

    def make_version(self, package: str, version: str, attributes: Any) -> None:
        names = {"packageName": package, "versionName": version}
        self.catalog("create_package_version", **names, attributes=attributes)

    def update_version(
        self, package: str, version: str, action: str | None, attributes: Any
    ) -> None:
        names = {"packageName": package, "versionName": version}
        self.catalog("update_package_version", **names, action=action, attributes=attributes)

    def choose_default(self, package: str, version: str | None, unset: bool | None) -> None:
        choice = {"defaultVersionName": version, "unsetDefaultVersion": unset}
        self.catalog("update_package", packageName=package, **choice)

    def delete_version(self, package: str, version: str) -> None:
        self.catalog("delete_package_version", packageName=package, versionName=version)

    def delete_package(self, package: str) -> None:
        self.catalog("delete_package", packageName=package)

    def configure_packages(self, configuration: dict[str, Any]) -> None:
        self.catalog("update_package_configuration", versionUpdateByJobsConfig=configuration)

    def all_packages(self, size: int | None, package: str) -> None:
        self.listed(packages, "list_packages", "packageSummaries", size, undated)
        named = {"packageName": package}
        operation, items = "list_package_versions", "packageVersionSummaries"
        self.listed(packages, operation, items, size, undated, **named)

    def install(
        self, destinations: list[tuple[str, str]], with_attributes: bool, for_what: list[str]
    ) -> None:
        package, version = destinations[0]
        placeholder = f"${{aws:iot:package:{package}:version:{version}:attributes}}"
        is_put_in = with_attributes and version != "$null"
        document = f'{{"a":"{placeholder}"}}' if is_put_in else "{}"
        versions = [f"{ARN}package/{one}/version/{name}" for one, name in destinations]
        settings = {"targets": for_what, "destinationPackageVersions": versions}
        self.create_job(0, {"document": document}, settings)

    def finish_installing(self, picks: list[int], by_topic: bool) -> None:
        for pick in picks:
            runs = [
                (one.job.id, one.thing)
                for one in self.model.executions
                if one.status not in TERMINAL and one.job.request.get("destinationPackageVersions")
            ]
            if runs:
                self.report(by_topic, runs[pick % len(runs)], "SUCCEEDED", {})
                self.look_at_packages_of(runs[pick % len(runs)][1])

    def look_before_substitution(self, job: Pick) -> None:
        for operation in ("describe_job", "get_job_document"):
            self.both(control_plane, operation, jobId=self.job_of(job), beforeSubstitution=True)

    def look_at_packages_of(self, thing: str) -> None:
        expected = self.expect(
            "iot-data", "get_thing_shadow", lambda: packages.get_thing_shadow(self.model, thing)
        )
        self.compare(expected, self.client.has(thing))

    # Things and groups.

    def make_thing(self, thing: str) -> None:
        self.client.call("iot", "create_thing", thingName=thing)
        self.expect("iot", "create_thing", lambda: registry.create_thing(self.model, thing))
        self.compare_messages()

    def join(self, group: str, thing: str) -> None:
        self.both(registry, "add_thing_to_thing_group", thingGroupName=group, thingName=thing)

    def leave(self, group: str, thing: str) -> None:
        self.both(registry, "remove_thing_from_thing_group", thingGroupName=group, thingName=thing)

    def delete_thing(self, thing: str) -> None:
        self.both(registry, "delete_thing", thingName=thing)

    def delete_group(self, group: str) -> None:
        self.both(registry, "delete_thing_group", thingGroupName=group)

    def make_group_again(self, group: str) -> None:
        if group not in self.model.groups:
            self.make_group(group, "g1" if group == "g3" and "g1" in self.model.groups else None)

    def make_group(self, group: str, parent: str | None) -> None:
        members = {"thingGroupName": group} | ({"parentGroupName": parent} if parent else {})
        made = self.client.call("iot", "create_thing_group", **members)["thingGroupId"]
        self.expect(
            "iot",
            "create_thing_group",
            lambda: registry.create_thing_group(self.model, group, made, parent),
        )
        self.compare_messages()

    # Templates, tags, switches.

    def create_template(self, name: str, settings: dict[str, Any]) -> None:
        if "job" in settings:
            settings["jobArn"] = f"{ARN}job/{self.job_of(settings.pop('job'))}"
        self.both(registry, "create_job_template", jobTemplateId=name, **settings)

    def look_at_template(self, name: str) -> None:
        self.both(registry, "describe_job_template", jobTemplateId=name)

    def delete_template(self, name: str) -> None:
        self.both(registry, "delete_job_template", jobTemplateId=name)

    def all_templates(self, size: int | None) -> None:
        self.listed(registry, "list_job_templates", "jobTemplates", size, list)

    def tag(self, pick: Pick, tags: Any, keys: list[str]) -> None:
        arn = (
            f"{ARN}jobtemplate/{pick}" if isinstance(pick, str) else f"{ARN}job/{self.job_of(pick)}"
        )
        if tags is None:
            self.both(registry, "untag_resource", resourceArn=arn, tagKeys=keys)
        else:
            self.both(registry, "tag_resource", resourceArn=arn, tags=tags)
        self.listed(registry, "list_tags_for_resource", "tags", None, list, resourceArn=arn)

    def switch(self, jobs: bool, executions: bool) -> None:
        request = {"JOB": {"Enabled": jobs}, "JOB_EXECUTION": {"Enabled": executions}}
        self.both(registry, "update_event_configurations", eventConfigurations=request)

    # Time, faults, the pace of deletion.

    def pass_time(self, milliseconds: int, eagerly: bool) -> None:
        milliseconds = milliseconds or calendar.MINUTE - self.model.now % calendar.MINUTE
        self.model.now += milliseconds
        self.client.pass_time(milliseconds, eagerly)
        if eagerly:
            self.compare_messages()

    def inject_fault(self, fault: tuple[str, str, str, str], times: int) -> None:
        service, name, operation, error = fault
        self.client.inject_fault(service, name, error, times)
        self.faults.append([service, operation, error, times])

    def set_deletion(self, transition: dict[str, Any]) -> None:
        self.client.set_deletion(transition)
        self.model.deletion = transition
        self.compare_messages()
