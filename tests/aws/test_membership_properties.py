"""Random comings and goings, compared with a model that knows nothing of the implementation.

The model keeps sets of names and lists of executions, and works out who joined and who left by comparing the memberships before
and after a step; its rules are the captured ones of CONTINUOUS jobs. Only in process: the rules do not depend on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import moto.core  # noqa: F401  (clients made after this import are the ones that moto can answer)
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from moto.iot.responses import IoTResponse

from moto_iot_jobs import mock_iot

REGION = "eu-west-1"
PREFIX = f"arn:aws:iot:{REGION}:123456789012"
THINGS = [f"t{number}" for number in range(4)]
PARENTS = {"top": None, "left": "top", "right": "top", "alone": None, "other": None}
QUERIES = {"red": "attributes.color:red", "loose": "attributes.color:* NOT thingGroupNames:alone"}
COLORS = ["red", "blue", ""]
JOBS = [f"j{number}" for number in range(4)]
FINAL = ["SUCCEEDED", "FAILED", "REJECTED"]

things = st.sampled_from(THINGS)
static_groups = st.sampled_from(sorted(PARENTS))
groups = st.sampled_from([*sorted(PARENTS), *sorted(QUERIES)])
targets = st.lists(groups, min_size=1, max_size=3, unique=True)
jobs = st.sampled_from(JOBS)


class Job:
    """What the model knows of a job: its targets, and each thing's executions as `[number, status, version]`."""

    def __init__(self, targets: list[str], *, continuous: bool) -> None:
        self.targets = targets
        self.continuous = continuous
        self.is_followed = continuous
        self.is_canceled = False
        self.runs: dict[str, list[list[Any]]] = {}
        self.emptied: set[str] = set()

    def newest(self, thing: str) -> list[Any] | None:
        mine = self.runs.get(thing)
        return mine[-1] if mine else None

    def add(self, thing: str, status: str) -> None:
        mine = self.runs.setdefault(thing, [])
        mine.append([mine[-1][0] + 1 if mine else 1, status, 1])
        self.emptied.discard(thing)


class Model:
    """Who is where, and what jobs have come of it."""

    def __init__(self) -> None:
        self.colors: dict[str, str] = {}
        self.static: dict[str, set[str]] = {name: set() for name in PARENTS}
        self.dynamic = set(QUERIES)
        self.jobs: dict[str, Job] = {}

    def members(self, group: str) -> frozenset[str]:
        if group in QUERIES:
            return frozenset(thing for thing in self.colors if group in self.dynamic and self.finds(group, thing))
        below = [self.members(child) for child, parent in PARENTS.items() if parent == group and child in self.static]
        return frozenset(self.static.get(group, set())).union(*below)

    def finds(self, group: str, thing: str) -> bool:
        color = self.colors[thing]
        if group == "red":
            return color == "red"
        return color != "" and thing not in self.static.get("alone", set())

    def children(self, group: str) -> list[str]:
        return [child for child, parent in PARENTS.items() if parent == group and child in self.static]

    @contextmanager
    def step(self) -> Iterator[None]:
        """Work out who joined and who left, and what that means for the jobs that follow."""
        before = {group: self.members(group) for group in [*PARENTS, *QUERIES]}
        yield
        after = {group: self.members(group) for group in [*PARENTS, *QUERIES]}
        for job in self.jobs.values():
            if job.is_followed:
                for thing in THINGS:
                    self._follow(job, thing, before, after)

    def _follow(self, job: Job, thing: str, before: dict[str, frozenset[str]], after: dict[str, frozenset[str]]) -> None:
        newest = job.newest(thing)
        came = any(thing in after[group] - before[group] for group in job.targets)
        went = any(thing in before[group] - after[group] for group in job.targets)
        if came and (newest is None or newest[1] not in ("QUEUED", "IN_PROGRESS")):
            job.add(thing, "QUEUED")
        elif went and not any(thing in after[group] for group in job.targets):
            if newest is not None and newest[1] == "QUEUED":
                newest[1] = "REMOVED"
            elif newest is None and thing in job.emptied:
                job.add(thing, "REMOVED")


@settings(max_examples=40, stateful_step_count=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
class Memberships(RuleBasedStateMachine):
    """Takes every step twice: in the account, and in the model."""

    session: boto3.session.Session
    iot: Any
    device: Any

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.mock = mock_iot(config={"core": {"reset_boto3_session": False}})
        self.mock.start()

    def teardown(self) -> None:
        self.mock.stop()

    @initialize()
    def build(self) -> None:
        if hasattr(IoTResponse, "update_indexing_configuration"):
            self.iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "REGISTRY"})
        for group, parent in PARENTS.items():
            self.iot.create_thing_group(thingGroupName=group, **({"parentGroupName": parent} if parent else {}))
        for group, query in QUERIES.items():
            self.iot.create_dynamic_thing_group(thingGroupName=group, queryString=query)

    # Things

    @rule(thing=things, color=st.sampled_from(COLORS))
    def paint(self, thing: str, color: str) -> None:
        attributes = {"attributes": {"color": color}} if color else {"attributes": {}}
        call = self.iot.update_thing if thing in self.model.colors else self.iot.create_thing
        call(thingName=thing, attributePayload=attributes)
        with self.model.step():
            self.model.colors[thing] = color

    @rule(thing=things)
    def scrap(self, thing: str) -> None:
        """A deleted thing is in no group, but its executions stay as they are: no step of the model."""
        if thing in self.model.colors:
            self.iot.delete_thing(thingName=thing)
            del self.model.colors[thing]
            for members in self.model.static.values():
                members.discard(thing)

    # Groups

    def both_exist(self, thing: str, group: str) -> bool:
        return thing in self.model.colors and group in self.model.static

    @rule(thing=things, group=static_groups)
    def join(self, thing: str, group: str) -> None:
        if self.both_exist(thing, group):
            self.iot.add_thing_to_thing_group(thingName=thing, thingGroupName=group)
            with self.model.step():
                self.model.static[group].add(thing)

    @rule(thing=things, group=static_groups)
    def leave(self, thing: str, group: str) -> None:
        if self.both_exist(thing, group):
            self.iot.remove_thing_from_thing_group(thingName=thing, thingGroupName=group)
            with self.model.step():
                self.model.static[group].discard(thing)

    @rule(thing=things, into=static_groups, out_of=static_groups)
    def move(self, thing: str, into: str, out_of: str) -> None:
        """UpdateThingGroupsForThing joins before it leaves."""
        if into != out_of and self.both_exist(thing, into) and self.both_exist(thing, out_of):
            self.iot.update_thing_groups_for_thing(thingName=thing, thingGroupsToAdd=[into], thingGroupsToRemove=[out_of])
            with self.model.step():
                self.model.static[into].add(thing)
            with self.model.step():
                self.model.static[out_of].discard(thing)

    @rule(group=static_groups)
    @precondition(lambda self: len(self.model.static) > 2)
    def dissolve(self, group: str) -> None:
        if group in self.model.static and not self.model.children(group):
            self.iot.delete_thing_group(thingGroupName=group)
            with self.model.step():
                del self.model.static[group]

    @rule(group=st.sampled_from(sorted(QUERIES)))
    @precondition(lambda self: len(self.model.jobs) == len(JOBS))
    def forget(self, group: str) -> None:
        if group in self.model.dynamic:
            self.iot.delete_dynamic_thing_group(thingGroupName=group)
            with self.model.step():
                self.model.dynamic.discard(group)

    # Jobs

    @rule(job_id=jobs, chosen=targets, continuous=st.booleans())
    def create_job(self, job_id: str, chosen: list[str], continuous: bool) -> None:
        chosen = [group for group in chosen if group in self.model.static or group in self.model.dynamic]
        if job_id in self.model.jobs or not chosen:
            return
        self.iot.create_job(
            jobId=job_id,
            targets=[f"{PREFIX}:thinggroup/{group}" for group in chosen],
            document="{}",
            targetSelection="CONTINUOUS" if continuous else "SNAPSHOT",
        )
        job = self.model.jobs[job_id] = Job(chosen, continuous=continuous)
        for thing in sorted(frozenset().union(*map(self.model.members, chosen))):
            job.add(thing, "QUEUED")

    @rule(job_id=jobs, group=groups)
    def associate(self, job_id: str, group: str) -> None:
        job = self.model.jobs.get(job_id)
        exists = group in self.model.static or group in self.model.dynamic
        if job is None or not job.is_followed or not exists or group in job.targets:
            return
        self.iot.associate_targets_with_job(jobId=job_id, targets=[f"{PREFIX}:thinggroup/{group}"])
        job.targets.append(group)
        for thing in self.model.members(group):
            newest = job.newest(thing)
            if newest is None or newest[1] not in ("QUEUED", "IN_PROGRESS"):
                job.add(thing, "QUEUED")

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        job = self.model.jobs.get(job_id)
        if job is None or not job.is_followed:
            return
        self.iot.cancel_job(jobId=job_id)
        job.is_followed = False
        for mine in job.runs.values():
            if mine and mine[-1][1] == "QUEUED":
                mine[-1][1:] = ["CANCELED", mine[-1][2] + 1]

    @rule(job_id=jobs, thing=things, status=st.sampled_from(["IN_PROGRESS", *FINAL]))
    def report(self, job_id: str, thing: str, status: str) -> None:
        job = self.model.jobs.get(job_id)
        newest = job.newest(thing) if job else None
        if newest is not None and newest[1] in ("QUEUED", "IN_PROGRESS") and thing in self.model.colors:
            self.device.update_job_execution(jobId=job_id, thingName=thing, status=status)
            newest[1:] = [status, newest[2] + 1]

    @rule(job_id=jobs, thing=things)
    def delete_execution(self, job_id: str, thing: str) -> None:
        job = self.model.jobs.get(job_id)
        newest = job.newest(thing) if job else None
        if job is None or newest is None:
            return
        self.iot.delete_job_execution(jobId=job_id, thingName=thing, executionNumber=newest[0], force=True)
        job.runs[thing].pop()
        if not job.runs[thing]:
            job.emptied.add(thing)

    # What must be true after every step

    @invariant()
    def executions_are_those_of_the_model(self) -> None:
        for job_id, job in self.model.jobs.items():
            listed = self.iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
            found = {
                (one["thingArn"].rpartition("/")[2], one["jobExecutionSummary"]["executionNumber"]): one["jobExecutionSummary"]
                for one in listed
            }
            expected = {(thing, run[0]): run[1] for thing, mine in job.runs.items() for run in mine}
            assert {key: summary["status"] for key, summary in found.items()} == expected
            for (thing, number), status in expected.items():
                execution = self.iot.describe_job_execution(jobId=job_id, thingName=thing, executionNumber=number)
                version = next(run[2] for run in job.runs[thing] if run[0] == number)
                assert execution["execution"]["versionNumber"] == version, (job_id, thing, number, status)

    @invariant()
    def members_are_those_of_the_model(self) -> None:
        for group in [*self.model.static, *self.model.dynamic]:
            listed = set(self.iot.list_things_in_thing_group(thingGroupName=group)["things"])
            own = self.model.static[group] if group in self.model.static else self.model.members(group)
            assert listed == own, group


@pytest.fixture(scope="module", autouse=True)
def clients() -> None:
    """Clients are made once: that takes longer than a hundred steps."""
    session = boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    Memberships.iot = session.client("iot")
    Memberships.device = session.client("iot-jobs-data")


TestMemberships = Memberships.TestCase
