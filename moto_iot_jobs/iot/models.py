"""What makes moto's iot backend one that has jobs.

`IoTJobsMixin` stands in front of whatever iot backend class is there and calls on to it, so that a later moto or another
plugin can stack with it. All jobs are in `iot_jobs`; the mixin only tells it of things and groups, and keeps CloudFormation's
job templates there. moto finds the hosts and handlers of a backend in the module `urls` beside the one of its class: this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.base_backend import backend_lock
from moto.core.config import default_user_config
from moto.iot.models import iot_backends
from moto.moto_api import state_manager

from moto_iot_jobs.service.course import AfterDescriptions, AfterTime, DeletionPace, Immediate
from moto_iot_jobs.service.regional import RegionalJobs
from moto_iot_jobs.service.targets import Place

from . import simulation
from .delivery import delivery
from .fleet import MotoFleet
from .sources import MotoSources

# Settable like every other of moto's: state_manager.set_transition("iot::job_deletion", {...}).
DELETION_MODEL = "iot::job_deletion"


def deletion_pace() -> DeletionPace:
    """Return how long deletions take now, as moto's state manager says."""
    transition = state_manager.get_transition(DELETION_MODEL)
    match transition["progression"]:
        case "manual":
            return AfterDescriptions(int(transition["times"]))
        case "time":
            return AfterTime(int(float(transition["seconds"]) * 1000))
        case _:
            return Immediate()


def delete_queued_needs_force() -> bool:
    """Tell whether the mock was configured to read DeleteJobExecution as its API page says it."""
    options: Any = default_user_config.get("iot_jobs") or {}
    return bool(options.get("delete_queued_needs_force", False))


class IoTJobsMixin:
    """Jobs for a backend of moto's iot.

    Attributes:
        iot_jobs: the jobs of the backend's account and region.
    """

    region_name: str
    account_id: str
    things: dict[str, Any]
    thing_groups: dict[str, Any]
    iot_jobs: RegionalJobs

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)  # type: ignore[call-arg]
        self.begin_iot_jobs()

    def begin_iot_jobs(self) -> None:
        """Start without jobs, with the things and groups that the backend has."""
        # moto had no partitions before 5.0.10, and its ARNs are all of "aws" there.
        place = Place(getattr(self, "partition", "aws"), self.region_name, self.account_id)
        self._fleet = MotoFleet(self, place)
        self.iot_jobs = RegionalJobs(
            place,
            self._fleet,
            MotoSources(place),
            deletion_pace=deletion_pace,
            delete_queued_needs_force=delete_queued_needs_force,
        )
        self.iot_jobs.store.journal.listening = delivery.is_wanted

    def reset(self) -> None:
        """Forget everything, and what tests bent with it."""
        with backend_lock:
            super().reset()  # type: ignore[misc]
            simulation.reset()

    # Things and groups, as far as CONTINUOUS jobs follow them

    def add_thing_to_thing_group(
        self, thing_group_name: str | None, thing_group_arn: str | None, thing_name: str | None, thing_arn: str | None
    ) -> None:
        """As moto does; jobs that follow the group reach the thing."""
        named = (thing_group_name, thing_group_arn, thing_name, thing_arn)
        with self._following(*self._identified(*named)):
            super().add_thing_to_thing_group(*named)  # type: ignore[misc]

    def remove_thing_from_thing_group(
        self, thing_group_name: str | None, thing_group_arn: str | None, thing_name: str | None, thing_arn: str | None
    ) -> None:
        """As moto does; jobs that follow the group let go of the thing."""
        named = (thing_group_name, thing_group_arn, thing_name, thing_arn)
        with self._following(*self._identified(*named)):
            super().remove_thing_from_thing_group(*named)  # type: ignore[misc]

    def create_thing_group(self, *args: Any, **kwargs: Any) -> Any:
        """As moto does."""
        with backend_lock:
            created = super().create_thing_group(*args, **kwargs)  # type: ignore[misc]
            self._fleet.note_group(self.thing_groups[created[1]])
            return created

    def delete_thing_group(self, thing_group_name: str) -> None:
        """As moto does; jobs that follow the group or one above it let go of its things."""
        with self._following(thing_group_name, *self._fleet.members(thing_group_name)):
            before = dict(self.thing_groups)
            super().delete_thing_group(thing_group_name)  # type: ignore[misc]
            for arn in before.keys() - self.thing_groups.keys():
                self._fleet.forget_group(before[arn])

    def delete_thing(self, thing_name: str) -> None:
        """As moto does; the thing is in no group any more, and its executions stay as they are."""
        with backend_lock:
            super().delete_thing(thing_name)  # type: ignore[misc]
            arn = self.iot_jobs.place.arn("thing", thing_name)
            for group in self.thing_groups.values():
                group.things.pop(arn, None)

    def _identified(self, *named: str | None) -> tuple[str, str]:
        group = self._identify_thing_group(*named[:2])  # type: ignore[attr-defined]
        thing = self._identify_thing(*named[2:])  # type: ignore[attr-defined]
        return group.thing_group_name, thing.thing_name

    @contextmanager
    def _following(self, group: str, *things: str) -> Iterator[None]:
        """Tell jobs that follow a group, or one above it, which of the things come to be or cease to be in it meanwhile."""
        with backend_lock:
            followed = [each for each in self._fleet.with_parents(group) if each in self.iot_jobs.store.followers]
            before = {thing: self._groups(thing, followed) for thing in things if followed}
            yield
            now = simulation.clock.now()
            for thing, groups in before.items():
                after = self._groups(thing, followed)
                self.iot_jobs.course.settle(now)
                self.iot_jobs.course.joined(thing, after - groups, now)
                self.iot_jobs.course.left(thing, groups - after, now)
            delivery.collect(self.iot_jobs)

    def _groups(self, thing: str, groups: list[str]) -> set[str]:
        return {group for group in groups if self._fleet.is_member(thing, group)}

    # Job templates of CloudFormation stacks. moto before 5.0.19 has none, and then these are not called.

    def create_job_template(self, **properties: Any) -> Any:
        """Keep a template that a CloudFormation stack declares; the properties are checked as CreateJobTemplate's are."""
        from . import cloudformation

        with backend_lock:
            return cloudformation.create(self.iot_jobs, properties, simulation.clock.now())

    def delete_job_template(self, job_template_id: str) -> None:
        """Delete a template with its stack."""
        from . import cloudformation

        with backend_lock:
            cloudformation.delete(self.iot_jobs, job_template_id)


def find_jobs(account: str, region: str) -> RegionalJobs:
    """Return the jobs of an account and region."""
    backend: Any = iot_backends[account][region]
    jobs: RegionalJobs = backend.iot_jobs
    return jobs
