"""Random comings and goings, compared with a model that knows nothing of the implementation.

The model keeps sets of names and lists of executions, and works out who joined and who left by
comparing the memberships before and after a step; its rules are the captured ones of CONTINUOUS
jobs. Only in process: the rules do not depend on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import moto.core  # noqa: F401  (clients made after this import are the ones that moto can answer)
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from moto_iot_jobs import mock_iot

REGION = "eu-west-1"
PREFIX = f"arn:aws:iot:{REGION}:123456789012"
THINGS = ["t1", "t2", "t3"]
PARENTS = {"top": None, "left": "top", "right": "top", "alone": None}
QUERIES = {"red": "attributes.color:red", "loose": "attributes.color:* NOT thingGroupNames:alone"}
COLORS = ["red", "blue", ""]
MOST_JOBS = 3
FINAL = ["SUCCEEDED", "FAILED", "REJECTED"]

groups = st.sampled_from([*sorted(PARENTS), *sorted(QUERIES)])
targets = st.lists(groups, min_size=1, max_size=3, unique=True)


class Job:
    """What the model knows of a job: its targets, and each thing's executions as `[number, status,
    version]`.
    """

    def __init__(self, targets: list[str], *, is_followed: bool) -> None:
        self.targets = targets
        self.is_followed = is_followed
        self.runs: dict[str, list[list[Any]]] = {}
        self.emptied: set[str] = set()

    def is_open(self, thing: str) -> bool:
        mine = self.runs.get(thing) or [[0, "", 0]]
        return mine[-1][1] in ("QUEUED", "IN_PROGRESS")

    def add(self, thing: str, status: str) -> None:
        mine = self.runs.setdefault(thing, [])
        mine.append([mine[-1][0] + 1 if mine else 1, status, 1])
        self.emptied.discard(thing)

    def let_go(self, thing: str) -> None:
        mine = self.runs.get(thing)
        if mine and mine[-1][1] == "QUEUED":
            mine[-1][1] = "REMOVED"
        elif not mine and thing in self.emptied:
            self.add(thing, "REMOVED")


class Model:
    """Who is where, and what jobs have come of it."""

    def __init__(self) -> None:
        self.colors: dict[str, str] = {}
        self.static: dict[str, set[str]] = {name: set() for name in PARENTS}
        self.dynamic = set(QUERIES)
        self.jobs: dict[str, Job] = {}

    def members(self, group: str) -> frozenset[str]:
        if group in QUERIES:
            return frozenset(
                thing for thing in self.colors if group in self.dynamic and self.finds(group, thing)
            )
        below = [
            self.members(child)
            for child, parent in PARENTS.items()
            if parent == group and child in self.static
        ]
        return frozenset(self.static.get(group, set())).union(*below)

    def finds(self, group: str, thing: str) -> bool:
        color = self.colors[thing]
        if group == "red":
            return color == "red"
        return color != "" and thing not in self.static.get("alone", set())

    def has_group(self, group: str) -> bool:
        return group in self.static or group in self.dynamic

    def places(self) -> list[tuple[str, str]]:
        return sorted((group, thing) for group, members in self.static.items() for thing in members)

    def children(self, group: str) -> list[str]:
        return [
            child for child, parent in PARENTS.items() if parent == group and child in self.static
        ]

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

    def _follow(
        self,
        job: Job,
        thing: str,
        before: dict[str, frozenset[str]],
        after: dict[str, frozenset[str]],
    ) -> None:
        came = any(thing in after[group] - before[group] for group in job.targets)
        went = any(thing in before[group] - after[group] for group in job.targets)
        if came and not job.is_open(thing):
            job.add(thing, "QUEUED")
        elif went and not any(thing in after[group] for group in job.targets):
            job.let_go(thing)


# Without shrinking: a run of 25 steps can be read as it is, and a failure costs no more time than a
# success.
@settings(
    max_examples=8,
    stateful_step_count=25,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
class Memberships(RuleBasedStateMachine):
    """Takes every step twice: in the account, and in the model.

    What a step is about is drawn from what there is.
    """

    iot: Any
    device: Any

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.mock = mock_iot(config={"core": {"reset_boto3_session": False}})
        self.mock.start()

    def teardown(self) -> None:
        self.mock.stop()

    @initialize(chosen=targets, colors=st.lists(st.sampled_from(COLORS), min_size=3, max_size=3))
    def build(self, chosen: list[str], colors: list[str]) -> None:
        self.iot.update_indexing_configuration(
            thingIndexingConfiguration={"thingIndexingMode": "REGISTRY"}
        )
        for group, parent in PARENTS.items():
            self.iot.create_thing_group(
                thingGroupName=group, **({"parentGroupName": parent} if parent else {})
            )
        for group, query in QUERIES.items():
            self.iot.create_dynamic_thing_group(thingGroupName=group, queryString=query)
        for thing, color in zip(THINGS, colors, strict=True):
            self.paint(thing, color)
        self.create(chosen, continuous=True)

    # Things

    @rule(thing=st.sampled_from(THINGS), color=st.sampled_from(COLORS))
    def paint(self, thing: str, color: str) -> None:
        attributes = {"attributes": {"color": color}} if color else {"attributes": {}}
        call = self.iot.update_thing if thing in self.model.colors else self.iot.create_thing
        call(thingName=thing, attributePayload=attributes)
        with self.model.step():
            self.model.colors[thing] = color

    @rule(data=st.data())
    @precondition(lambda self: len(self.model.colors) == len(THINGS))
    def scrap(self, data: st.DataObject) -> None:
        """A deleted thing is in no group, and what it has queued is removed."""
        thing = data.draw(st.sampled_from(THINGS))
        self.iot.delete_thing(thingName=thing)
        del self.model.colors[thing]
        for members in self.model.static.values():
            members.discard(thing)
        for job in self.model.jobs.values():
            mine = job.runs.get(thing)
            if mine and mine[-1][1] == "QUEUED":
                mine[-1][1] = "REMOVED"

    # Groups

    def draw_thing(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.model.colors)), label="thing")

    def draw_group(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.model.static)), label="group")

    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        thing, group = self.draw_thing(data), self.draw_group(data)
        self.iot.add_thing_to_thing_group(thingName=thing, thingGroupName=group)
        with self.model.step():
            self.model.static[group].add(thing)

    @rule(data=st.data())
    @precondition(lambda self: any(self.model.static.values()))
    def leave(self, data: st.DataObject) -> None:
        group, thing = data.draw(st.sampled_from(self.model.places()), label="place")
        self.iot.remove_thing_from_thing_group(thingName=thing, thingGroupName=group)
        with self.model.step():
            self.model.static[group].discard(thing)

    @rule(data=st.data())
    @precondition(lambda self: any(self.model.static.values()))
    def move(self, data: st.DataObject) -> None:
        """UpdateThingGroupsForThing joins before it leaves."""
        out_of, thing = data.draw(st.sampled_from(self.model.places()), label="place")
        into = self.draw_group(data)
        if into != out_of:
            change = {"thingGroupsToAdd": [into], "thingGroupsToRemove": [out_of]}
            self.iot.update_thing_groups_for_thing(thingName=thing, **change)
            with self.model.step():
                self.model.static[into].add(thing)
            with self.model.step():
                self.model.static[out_of].discard(thing)

    @rule(data=st.data())
    @precondition(lambda self: len(self.model.static) > 3)
    def dissolve(self, data: st.DataObject) -> None:
        leaves = [group for group in sorted(self.model.static) if not self.model.children(group)]
        group = data.draw(st.sampled_from(leaves))
        self.iot.delete_thing_group(thingGroupName=group)
        with self.model.step():
            del self.model.static[group]

    @rule(group=st.sampled_from(sorted(QUERIES)))
    @precondition(
        lambda self: len(self.model.jobs) == MOST_JOBS and self.model.dynamic == set(QUERIES)
    )
    def forget(self, group: str) -> None:
        self.iot.delete_dynamic_thing_group(thingGroupName=group)
        with self.model.step():
            self.model.dynamic.discard(group)

    # Jobs

    def draw_job(self, data: st.DataObject) -> tuple[str, Job]:
        job_id = data.draw(st.sampled_from(sorted(self.model.jobs)), label="job")
        return job_id, self.model.jobs[job_id]

    @rule(chosen=targets, continuous=st.booleans())
    @precondition(lambda self: len(self.model.jobs) < MOST_JOBS)
    def create(self, chosen: list[str], continuous: bool) -> None:
        chosen = [group for group in chosen if self.model.has_group(group)] or ["top"]
        if not self.model.has_group(chosen[0]):
            return
        job_id = f"j{len(self.model.jobs)}"
        self.iot.create_job(
            jobId=job_id,
            targets=[f"{PREFIX}:thinggroup/{group}" for group in chosen],
            document="{}",
            targetSelection="CONTINUOUS" if continuous else "SNAPSHOT",
        )
        job = self.model.jobs[job_id] = Job(chosen, is_followed=continuous)
        for thing in sorted(frozenset().union(*map(self.model.members, chosen))):
            job.add(thing, "QUEUED")

    @rule(data=st.data(), group=groups)
    def associate(self, data: st.DataObject, group: str) -> None:
        job_id, job = self.draw_job(data)
        if not job.is_followed or not self.model.has_group(group) or group in job.targets:
            return
        self.iot.associate_targets_with_job(jobId=job_id, targets=[f"{PREFIX}:thinggroup/{group}"])
        job.targets.append(group)
        for thing in self.model.members(group):
            if not job.is_open(thing):
                job.add(thing, "QUEUED")

    @rule(data=st.data())
    @precondition(lambda self: len(self.model.jobs) == MOST_JOBS)
    def cancel(self, data: st.DataObject) -> None:
        job_id, job = self.draw_job(data)
        if job.is_followed:
            self.iot.cancel_job(jobId=job_id)
            job.is_followed = False
            for mine in job.runs.values():
                if mine and mine[-1][1] == "QUEUED":
                    mine[-1][1:] = ["CANCELED", mine[-1][2] + 1]

    @rule(data=st.data(), status=st.sampled_from(["IN_PROGRESS", *FINAL]))
    def report(self, data: st.DataObject, status: str) -> None:
        job_id, job = self.draw_job(data)
        waiting = [thing for thing in sorted(self.model.colors) if job.is_open(thing)]
        if waiting:
            thing = data.draw(st.sampled_from(waiting), label="thing")
            self.device.update_job_execution(jobId=job_id, thingName=thing, status=status)
            newest = job.runs[thing][-1]
            newest[1:] = [status, newest[2] + 1]

    @rule(data=st.data())
    def delete_execution(self, data: st.DataObject) -> None:
        job_id, job = self.draw_job(data)
        reached = sorted(thing for thing, mine in job.runs.items() if mine)
        if reached:
            thing = data.draw(st.sampled_from(reached), label="thing")
            number = job.runs[thing].pop()[0]
            self.iot.delete_job_execution(
                jobId=job_id, thingName=thing, executionNumber=number, force=True
            )
            if not job.runs[thing]:
                job.emptied.add(thing)

    # What must be true after every step

    @invariant()
    def executions_are_those_of_the_model(self) -> None:
        for job_id, job in self.model.jobs.items():
            listed = self.iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
            found = {
                (
                    one["thingArn"].rpartition("/")[2],
                    one["jobExecutionSummary"]["executionNumber"],
                ): one["jobExecutionSummary"]
                for one in listed
            }
            expected = {(thing, run[0]): run[1] for thing, mine in job.runs.items() for run in mine}
            assert {key: summary["status"] for key, summary in found.items()} == expected
            for (thing, number), status in expected.items():
                execution = self.iot.describe_job_execution(
                    jobId=job_id, thingName=thing, executionNumber=number
                )
                version = next(run[2] for run in job.runs[thing] if run[0] == number)
                assert execution["execution"]["versionNumber"] == version, (
                    job_id,
                    thing,
                    number,
                    status,
                )

    @invariant()
    def members_are_those_of_the_model(self) -> None:
        for group in [*self.model.static, *self.model.dynamic]:
            listed = set(self.iot.list_things_in_thing_group(thingGroupName=group)["things"])
            own = (
                self.model.static[group]
                if group in self.model.static
                else self.model.members(group)
            )
            assert listed == own, group


@pytest.fixture(scope="module", autouse=True)
def clients() -> None:
    """Clients are made once: that takes longer than a hundred steps."""
    session = boto3.session.Session(
        aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
    )
    Memberships.iot = session.client("iot")
    Memberships.device = session.client("iot-jobs-data")


TestMemberships = Memberships.TestCase
