"""A small world for the core alone: things and groups in dictionaries, documents in a dictionary,
and a clock moved by hand.

Take the fixture `world`; for its type write, below `if TYPE_CHECKING:`, `from
tests.service.conftest import World`. Tests that need several worlds, those of hypothesis among
them, take `new_world` and call it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest

from moto_iot_jobs.service import settings
from moto_iot_jobs.service.control_plane import ControlPlane
from moto_iot_jobs.service.data_plane import DataPlane
from moto_iot_jobs.service.deletion import DeletionPace, Immediate
from moto_iot_jobs.service.documents.s3_location import S3Location
from moto_iot_jobs.service.errors import ServiceError
from moto_iot_jobs.service.events import (
    Event,
    ExecutionDeleted,
    JobChanged,
    PendingChanged,
    StatusChanged,
)
from moto_iot_jobs.service.execution import JobExecution
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.states import ExecutionStatus
from moto_iot_jobs.service.targets import Location
from tests.service.state_dump import dump_state

LOCATION = Location("aws", "eu-west-1", "123456789012")
DOCUMENT = '{"op":"x"}'
SECOND = 1_000
MINUTE = 60 * SECOND
FIRST_DAY = datetime(2026, 11, 21, tzinfo=timezone.utc)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Registry:
    """A registry of things and groups in dictionaries."""

    def __init__(self) -> None:
        self.things: dict[str, None] = {}
        self.direct: dict[str, dict[str, None]] = {}
        self.parents: dict[str, str | None] = {}

    def has_thing(self, thing: str) -> bool:
        return thing in self.things

    def group_id(self, group: str) -> str | None:
        return f"id-of-{group}" if group in self.direct else None

    def group_with_id(self, group_id: str) -> str | None:
        return next((group for group in self.direct if group_id == f"id-of-{group}"), None)

    def members(self, group: str) -> Iterable[str]:
        return {thing: None for each in self._below(group) for thing in self.direct[each]}

    def settled_members(self, group: str, at: int) -> Iterable[str]:
        """Return the members that a SNAPSHOT job sees: all."""
        return self.members(group)

    def is_member(self, thing: str, group: str) -> bool:
        return any(thing in self.direct[each] for each in self._below(group))

    def _below(self, group: str) -> list[str]:
        return [each for each in self.direct if group in self.with_parents(each)]

    def with_parents(self, group: str | None) -> Iterator[str]:
        while group is not None:
            yield group
            group = self.parents[group]


class Documents:
    """S3 in a dictionary, and neither packages nor signatures: what `Sources`, `ObjectStore` and
    `Resolver` ask for.
    """

    def __init__(self) -> None:
        self.contents: dict[tuple[str, str], bytes] = {}

    @property
    def objects(self) -> Documents:
        return self

    def resolver(self, config: object, server: str | None = None) -> Documents:
        return self

    def package_versions(self, arns: Sequence[str]) -> tuple[str, ...]:
        return tuple(arns)

    def has_bucket(self, bucket: str) -> bool:
        return any(bucket == known for known, _ in self.contents)

    def read(self, location: S3Location) -> bytes | None:
        return self.contents.get((location.bucket, location.key))

    def presigned_get(self, location: S3Location) -> str | None:
        return f"https://signed/{location.bucket}/{location.key}"

    def presigned_put(self, location: S3Location) -> str | None:
        return self.presigned_get(location)

    def code_signature(self, location: S3Location) -> str | None:
        return None

    def bucket_region(self, bucket: str) -> str | None:
        return LOCATION.region if self.has_bucket(bucket) else None

    def is_versioned(self, bucket: str) -> bool:
        return False

    def can_upload(self, role_arn: str, bucket: str) -> bool:
        return True

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        return {}

    def artifact(self, package: str, version: str) -> S3Location | None:
        return None


class _OnTime:
    """The operations of a plane, before each of which due timers run, as a host sees to it."""

    def __init__(self, world: World, operations: object) -> None:
        self._world = world
        self._operations = operations

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._operations, name)

        def on_time(*args: Any, **kwargs: Any) -> Any:
            self._world.regional.run_due_timers(self._world.now)
            return operation(*args, **kwargs)

        return on_time


class World:
    """The jobs of one account and region with everything around them.

    Attributes:
        now: milliseconds since the epoch; noon at first. Setting it moves the clock without
            any timer running yet.
        pace: how long deletions take.
    """

    def __init__(self) -> None:
        self.now = self.time_of("12:00")
        self.pace: DeletionPace = Immediate()
        self.registry = Registry()
        self.documents = Documents()
        self.regional = JobsService(
            LOCATION,
            self.registry,
            self.documents,
            deletion_pace=lambda: self.pace,
        )
        self.store = self.regional.store
        self.lifecycle = self.regional.lifecycle
        self.membership = self.regional.membership
        self.control_plane = cast("ControlPlane", _OnTime(self, self.regional.control_plane))
        self.data_plane = cast("DataPlane", _OnTime(self, self.regional.data_plane))

    # Time

    def time_of(self, text: str) -> int:
        """Read `12:05` or `12:05:30` of the first day, or `2026-11-22 12:05` of any."""
        whole = text if "-" in text else f"{FIRST_DAY:%Y-%m-%d} {text}"
        return (datetime.fromisoformat(whole).replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(
            milliseconds=1
        )

    def clock(self, at: int | None) -> str | None:
        """Write a time as `12:05`, with seconds where there are some and the day where it is not
        the first.
        """
        if at is None:
            return None
        read = _EPOCH + timedelta(milliseconds=at)
        day = "" if read.date() == FIRST_DAY.date() else f"{read:%m-%d} "
        return day + (f"{read:%H:%M:%S}" if at % MINUTE else f"{read:%H:%M}")

    def move_to(self, text: str) -> None:
        """Move the clock to a time, and run the timers that are due by then."""
        self.now = self.time_of(text)
        self.regional.run_due_timers(self.now)

    def advance(self, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move the clock, and run the timers that are due by then."""
        self.now += round((minutes + 60 * hours + 1440 * days) * MINUTE)
        self.regional.run_due_timers(self.now)

    # Things and groups

    def thing(self, *names: str) -> None:
        """Create things, unless they are there."""
        self.registry.things.update(dict.fromkeys(names))

    def group(self, name: str, *things: str, parent: str | None = None) -> str:
        """Create a group with these members, themselves created as needed; return its name."""
        self.thing(*things)
        self.registry.direct[name] = dict.fromkeys(things)
        self.registry.parents[name] = parent
        return name

    def join(self, thing: str, group: str) -> None:
        """Add a thing, created as needed, to a group, and tell the jobs, as a host does."""
        self.regional.run_due_timers(self.now)
        self.thing(thing)
        before = self._groups_of(thing)
        self.registry.direct[group][thing] = None
        self.membership.thing_joined(thing, self._groups_of(thing) - before, self.now)

    def leave(self, thing: str, group: str) -> None:
        """Take a thing out of a group, and tell the jobs, as a host does."""
        self.regional.run_due_timers(self.now)
        before = self._groups_of(thing)
        self.registry.direct[group].pop(thing, None)
        self.membership.thing_left(thing, before - self._groups_of(thing), self.now)

    def delete_thing(self, thing: str) -> None:
        """Delete a thing, and tell the jobs, as a host does."""
        self.regional.run_due_timers(self.now)
        del self.registry.things[thing]
        for things in self.registry.direct.values():
            things.pop(thing, None)
        self.membership.thing_deleted(thing, self.now)

    def _groups_of(self, thing: str) -> set[str]:
        return {
            above
            for group, things in self.registry.direct.items()
            if thing in things
            for above in self.registry.with_parents(group)
        }

    # Jobs

    def create(
        self,
        job_id: str,
        *targets: str,
        timeout: int | None = None,
        retries: Mapping[str, int] | None = None,
        abort: Sequence[tuple[str, float, int]] = (),
        rollout: int | None = None,
        exponential: tuple[int, float, int | None, int | None] | None = None,
        start: str | None = None,
        end: str | None = None,
        end_behavior: str | None = None,
        windows: Sequence[tuple[str, int]] = (),
        **members: Any,
    ) -> Job:
        """Create a job for groups and things, by name, things created as needed.

        Args:
            timeout: minutes that an execution may be in progress.
            retries: numbers of retries by failure type.
            abort: criteria: failure type, threshold in percent, number of executed things.
            rollout: executions a minute.
            exponential: base rate, factor, and the step in notified or else in succeeded things.
            start, end: as `at` reads them.
            windows: cron expressions and minutes.
            members: other members of the request.
        """
        schedule = settings.SchedulingConfig(
            self._written(start),
            self._written(end),
            settings.EndBehavior(end_behavior) if end_behavior else None,
            tuple(settings.MaintenanceWindow(*window) for window in windows) or None,
        )
        request: dict[str, Any] = {
            "timeout_config": settings.TimeoutConfig(timeout) if timeout else None,
            "job_executions_retry_config": self.retries(retries) if retries else None,
            "abort_config": self.abort(*abort) if abort else None,
            "job_executions_rollout_config": self.rollout(rollout, exponential)
            if rollout or exponential
            else None,
            "scheduling_config": schedule if schedule != settings.SchedulingConfig() else None,
            **members,
        }
        if not {"document", "document_source", "job_template_arn"} & request.keys():
            request["document"] = DOCUMENT
        arns = tuple(map(self.target, targets))
        return self.control_plane.create_job(
            settings.JobRequest(job_id=job_id, targets=arns, **request), self.now
        )

    def follow(self, job_id: str, *groups: str, **members: Any) -> Job:
        """Create a CONTINUOUS job; arguments as for `create`."""
        return self.create(
            job_id, *groups, target_selection=settings.TargetSelection.CONTINUOUS, **members
        )

    def target(self, name: str) -> str:
        """Return the ARN of a group, or of a thing, which is created as needed; an ARN stays as it
        is.
        """
        if name.startswith("arn:"):
            return name
        if name in self.registry.direct:
            return LOCATION.arn("thinggroup", name)
        self.thing(name)
        return LOCATION.arn("thing", name)

    def _written(self, text: str | None) -> str | None:
        if text is None:
            return None
        return (_EPOCH + timedelta(milliseconds=self.time_of(text))).strftime("%Y-%m-%dT%H:%M")

    @staticmethod
    def retries(numbers: Mapping[str, int]) -> settings.JobExecutionsRetryConfig:
        return settings.JobExecutionsRetryConfig(
            tuple(
                settings.RetryCriteria(settings.FailureType(kind), most)
                for kind, most in numbers.items()
            )
        )

    @staticmethod
    def abort(*criteria: tuple[str, float, int]) -> settings.AbortConfig:
        return settings.AbortConfig(
            tuple(
                settings.AbortCriteria(settings.FailureType(kind), "CANCEL", share, least)
                for kind, share, least in criteria
            )
        )

    @staticmethod
    def rollout(
        most: int | None, exponential: tuple[int, float, int | None, int | None] | None = None
    ) -> settings.JobExecutionsRolloutConfig:
        if exponential is None:
            return settings.JobExecutionsRolloutConfig(most)
        base, factor, notified, succeeded = exponential
        return settings.JobExecutionsRolloutConfig(
            most,
            settings.ExponentialRate(
                base, factor, settings.RateIncreaseCriteria(notified, succeeded)
            ),
        )

    # What devices do

    def start(self, thing: str, **arguments: Any) -> JobExecution | None:
        """Start the thing's next execution."""
        started = self.data_plane.start_next_pending_job_execution(thing, self.now, **arguments)
        return started[1] if started else None

    def report(self, thing: str, status: str, job_id: str = "job", **members: Any) -> JobExecution:
        """Report a status."""
        return self.data_plane.update_job_execution(
            thing, job_id, settings.ExecutionReport(status, **members), self.now
        )[1]

    # What can be seen

    def job(self, job_id: str = "job") -> Job:
        return self.control_plane.find_job(job_id)

    def execution(self, thing: str, job_id: str = "job", number: int | None = None) -> JobExecution:
        return self.control_plane.describe_job_execution(thing, job_id, number)

    def status(self, thing: str, job_id: str = "job", number: int | None = None) -> str:
        return self.execution(thing, job_id, number).status.value

    def history(self, thing: str, job_id: str = "job") -> list[str]:
        """Return the statuses of a thing's executions of a job, number 1 first."""
        found, _ = self.control_plane.list_job_executions_for_thing(thing, job_id=job_id)
        assert [execution.execution_number for execution in found] == list(range(len(found), 0, -1))
        return [execution.status.value for execution in reversed(found)]

    def counts(self, job_id: str = "job") -> dict[str, int]:
        """Return the counters of a job that are not 0."""
        return {status.value: count for status, count in self.job(job_id).counts().items() if count}

    def pending(self, thing: str) -> list[str]:
        """Return the ids of a thing's pending jobs, those in progress with a star, in the order in
        which they are listed.
        """
        in_progress, queued = self.data_plane.get_pending_job_executions(thing)
        return [f"{each.job_id}*" for each in in_progress] + [each.job_id for each in queued]

    # What is told

    def listen(self) -> None:
        """Begin to record events."""
        self.store.event_log.listening = True
        self.store.event_log.take()

    def events(self) -> list[str]:
        """Return what happened since the last call as AWS's event topics and, for executions,
        their things.
        """
        return [topic for event in self.regional.take_events() if (topic := _topic(event))]

    def notifications(self) -> list[str]:
        """Return what devices were told since the last call: `notify` and `notify-next` with their
        things.
        """
        found = []
        for event in self.regional.take_events():
            if isinstance(event, PendingChanged):
                found += [
                    f"notify{_of(namespace)} {event.thing}" for namespace in event.list_changed_in
                ]
                found += [
                    f"notify-next{_of(namespace)} {event.thing}"
                    for namespace in event.front_changed_in
                ]
        return found

    # Errors

    @contextmanager
    def raises(self, error: type[ServiceError], message: str | None = None) -> Iterator[None]:
        """Expect a call to be refused, with that message if one is given, and nothing at all to
        have changed by it.
        """
        self.regional.run_due_timers(self.now)
        before = self.dump_state()
        with pytest.raises(error) as caught:
            yield
        assert type(caught.value) is error
        assert message in (None, caught.value.message), caught.value.message
        assert self.dump_state() == before

    def dump_state(self) -> list[str]:
        """Return everything that the store holds, object by object, for comparison."""
        return dump_state(self.regional)


def _of(namespace: str | None) -> str:
    return f"-namespace-{namespace}" if namespace else ""


def _topic(event: Event) -> str | None:
    match event:
        case JobChanged():
            return f"job/{event.job_id}/{event.operation}"
        case ExecutionDeleted():
            return f"jobExecution/{event.job_id}/deleted {event.thing}"
        case StatusChanged() if event.status != ExecutionStatus.IN_PROGRESS:
            return f"jobExecution/{event.job_id}/{event.status.lower()} {event.thing}"
        case _:
            return None


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def new_world() -> type[World]:
    """The world's class, for tests that make several."""
    return World
