"""The core alone, with a fleet in a dictionary: for what is weighed or simulated without moto."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.settings import MINUTE, JobExecutionsRolloutConfig, JobRequest
from moto_iot_jobs.service.states import ExecutionStatus
from moto_iot_jobs.service.targets import Location

DAY = 24 * 60 * MINUTE
LOCATION = Location("aws", "us-east-1", "123456789012")
GROUP = "all"


class OneGroup:
    """A fleet whose things are all in one group."""

    def __init__(self, things: Iterable[str]) -> None:
        self.things = dict.fromkeys(things)

    def has_thing(self, thing: str) -> bool:
        """Return whether a thing of that name exists."""
        return thing in self.things

    def group_id(self, group: str) -> str | None:
        """Return the id of the group."""
        return group if group == GROUP else None

    def group_with_id(self, group_id: str) -> str | None:
        """Return the name of the group."""
        return self.group_id(group_id)

    def members(self, group: str) -> Iterable[str]:
        """Return all things."""
        return self.things if group == GROUP else ()

    def settled_members(self, group: str, at: int) -> Iterable[str]:  # noqa: ARG002
        """Return the members that a SNAPSHOT job sees: all."""
        return self.members(group)

    def is_member(self, thing: str, group: str) -> bool:
        """Return whether a thing is there."""
        return group == GROUP and thing in self.things


class _NoSources:
    """No document here has placeholders or comes from S3, so nothing is ever asked of what it
    gives.
    """

    def resolver(self, *_: object) -> None:
        return None


class Core:
    """Jobs for a fleet of so many things in one group, at a time that only `advance` moves.

    Attributes:
        things: the names of all things.
        regional: the jobs.
        now: milliseconds since the epoch.
    """

    def __init__(self, things: int) -> None:
        self.things = [f"thing-{number:07}" for number in range(things)]
        self.now = 1_800_000_000_000
        sources: Any = _NoSources()
        self.regional = JobsService(LOCATION, OneGroup(self.things), sources)

    def create(
        self,
        job_id: str,
        things: Sequence[str] | None = None,
        *,
        rollout: JobExecutionsRolloutConfig | None = None,
    ) -> None:
        """Create a job for some things, or for the group of all.

        Args:
            rollout: its pace; AWS's default when it is None.
        """
        targets = (
            [LOCATION.arn("thinggroup", GROUP)]
            if things is None
            else [LOCATION.arn("thing", name) for name in things]
        )
        request = JobRequest(
            job_id=job_id,
            targets=tuple(targets),
            document='{"op":"x"}',
            job_executions_rollout_config=rollout,
        )
        self.regional.control_plane.create_job(request, self.now)

    def advance(self, milliseconds: int) -> None:
        """Let time pass and happen what is due."""
        self.now += milliseconds
        self.regional.run_due_timers(self.now)

    def queued(self, job_id: str) -> int:
        """Return how many executions of a job are queued."""
        return self.regional.control_plane.find_job(job_id).count(ExecutionStatus.QUEUED)
