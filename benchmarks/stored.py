"""A region of moto with so many executions in it, all of them in jobs that follow one group."""

from __future__ import annotations

import random
from typing import Any

import boto3
from moto.iot.models import iot_backends

from moto_iot_jobs import clock
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.service.settings import (
    ExecutionReport,
    JobRequest,
    TargetSelection,
    TimeoutConfig,
)
from moto_iot_jobs.service.states import IN_PROGRESS, QUEUED

ACCOUNT = "123456789012"
GROUP, JOB = "all", "job-0"
JOBS = 10
_DOCUMENT = '{"op":"x"}'


class Stored:
    """One region's jobs.

    Args:
        region: empty so far.
        executions: how many there are to be; each thing has ten of them.

    Attributes:
        jobs: the core's operations and store.
    """

    def __init__(self, region: str, executions: int) -> None:
        self._region = region
        self._clients: dict[str, Any] = {}
        self._random = random.Random(executions)
        self.jobs = find_jobs(ACCOUNT, region)
        names = [f"thing-{number:06}" for number in range(executions // JOBS)]
        put_things(region, names, GROUP)
        for empty in ("none", "nobody"):
            self.client("iot").create_thing_group(thingGroupName=empty)
        self.client("iot").create_job_template(
            jobTemplateId="kept", description="kept", document="{}"
        )
        for number in range(JOBS):
            self.create(f"job-{number}", self.arn("thinggroup", GROUP), continuous=True)
        # AWS's own pace, without minutes in which nothing but this happens.
        clock.advance(minutes=len(names) // 1000 + 1)
        self._things = {
            "working": names[::5],
            "queued": [name for at, name in enumerate(names) if at % 5],
        }
        self._working = frozenset(self._things["working"])
        for name in self._things["working"]:
            self.jobs.data_plane.start_next_pending_job_execution(name, self.now)

    @property
    def now(self) -> int:
        """Milliseconds since the epoch."""
        return runtime.clock.now()

    @property
    def size(self) -> int:
        """How many executions there are."""
        return sum(sum(job.counts().values()) for job in self.jobs.store.jobs.values())

    def client(self, service: str) -> Any:
        """Return the boto3 client of a plane."""
        if service not in self._clients:
            self._clients[service] = boto3.client(service, self._region)
        return self._clients[service]

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of something here."""
        return self.jobs.location.arn(kind, name)

    def pick(self, kind: str) -> str:
        """Return any of the things that have nothing but `queued` executions, or of those
        `working` on one.
        """
        return self._random.choice(self._things[kind])

    def create(self, job_id: str, target: str, *, continuous: bool = False) -> None:
        """Create a job."""
        selection = TargetSelection.CONTINUOUS if continuous else TargetSelection.SNAPSHOT
        request = JobRequest(
            job_id=job_id,
            targets=(target,),
            document=_DOCUMENT,
            target_selection=selection,
            timeout_config=TimeoutConfig(10_000),
        )
        self.jobs.control_plane.create_job(request, self.now)

    def delete(self, job_id: str) -> None:
        """Delete a job, whatever state it is in."""
        self.jobs.control_plane.delete_job(job_id, self.now, force=True)

    def renew(self, thing: str) -> None:
        """Give a thing a first execution of each job again where it has another one or none; a
        working one works again.
        """
        jobs, now, works = self.jobs, self.now, thing in self._working
        for number in range(JOBS):
            job = jobs.store.jobs[f"job-{number}"]
            newest = job.executions.get(thing)
            expected = IN_PROGRESS if works and job.job_id == JOB else QUEUED
            if newest is not None and newest.execution_number == 1 and newest.status is expected:
                continue
            while (left := job.executions.get(thing)) is not None:
                jobs.control_plane.delete_job_execution(
                    thing, job.job_id, left.execution_number, now, force=True
                )
        jobs.membership.thing_joined(thing, {GROUP}, now)
        if works and jobs.store.jobs[JOB].executions[thing].status is QUEUED:
            jobs.data_plane.update_job_execution(thing, JOB, ExecutionReport("IN_PROGRESS"), now)


def put_things(region: str, names: list[str], group: str) -> None:
    """Create things and a group of all of them, without moto's searches through what is there
    already.
    """
    backend = iot_backends[ACCOUNT][region]
    none: Any = None
    boto3.client("iot", region).create_thing_group(thingGroupName=group)
    members = next(
        each for each in backend.thing_groups.values() if each.thing_group_name == group
    ).things
    for name in names:
        thing = backend.create_thing(name, none, none)
        members[thing.arn] = thing
