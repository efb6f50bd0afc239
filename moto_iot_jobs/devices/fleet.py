"""Many devices, and a job rolled out to them: the same seed gives the same rollout."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from math import isfinite
from random import Random
from typing import Any, TypeAlias

from moto_iot_jobs.moto_api.client import is_remote
from moto_iot_jobs.runtime.defaults import home_account, home_region

from .execution import Line
from .https import DirectPlane, HttpsPlane, direct_is_possible
from .job_source import JobView, ServerView, StoreView
from .mqtt import MqttPlane
from .outcomes import AnyHandler, check, find, named
from .rollout import Rollout
from .simulation import Drive
from .stillness import time_stands_still
from .things import Things
from .timeline import Moment
from .transport import Plane

# So many seconds, or at least and at most so many.
Seconds: TypeAlias = float | tuple[float, float]


class Fleet:
    """Devices that take jobs as soon as they hear of them, each with an outcome drawn from the
    seed.

    What is drawn depends on the seed, the thing, the job and the execution number alone; so a
    changed rollout or abort setting meets the same devices. In process, all time is the mock's and
    stands still meanwhile: two runs are alike to the millisecond. A server's time goes on by
    itself; there, the draws are the same.

    Args:
        devices: how many, and things are created for them (`thing-1` and so on); or the names of
            things that there are.
        outcomes: what becomes of executions: scripts or their names, or handlers, with their
            weights, which need not add up to 1; or a single one for all.
        seed: what is drawn from.
        works_for: how long a device works on an execution, in seconds, or between which two
            numbers.
        starts_after: how long after it was queued the device starts, in seconds, or between which
            two numbers.
        name: what the names of created things begin with.
        group: a thing group that is created for them. More than a hundred things are put in the
            group `fleet` by default, since no job has more targets than that.
        region, account: where they are; as for `Device`.
        address: host and port of an MQTT endpoint or broker, one connection for each device; HTTPS
            by default.

    Raises:
        ValueError: no devices, an unknown outcome, or weights, times or a seed that cannot be.
        LookupError: a name for which there is no thing.
        RuntimeError: no mock is active.
    """

    def __init__(
        self,
        devices: int | Sequence[str],
        *,
        outcomes: AnyHandler | Mapping[Any, float] = "succeed",
        seed: int | str = 0,
        works_for: Seconds = (60, 300),
        starts_after: Seconds = (0, 10),
        name: str = "thing",
        group: str | None = None,
        region: str | None = None,
        account: str | None = None,
        address: tuple[str, int] | None = None,
    ) -> None:
        self._handlers, self._limits = _weighed(outcomes)
        self._works_for, self._starts_after = (
            _range("works_for", works_for),
            _range("starts_after", starts_after),
        )
        self._seed = seed
        self.region = home_region(region)
        self.account = home_account(account)
        self._address = address
        names = _names(devices, name)
        self._things = Things(names, self.region, self.account, group)
        if isinstance(devices, int):
            self._things.create()
        else:
            self._things.check()
        self._targets: list[str] | None = None
        self._planes: list[Plane] = []

    @property
    def things(self) -> tuple[str, ...]:
        """The names of the things."""
        return self._things.names

    @property
    def targets(self) -> list[str]:
        """What to give CreateJob as `targets`: the ARNs of the things, or of their group, which is
        made when this is asked.
        """
        if self._targets is None:
            self._targets = self._things.targets()
        return list(self._targets)

    def roll_out(
        self,
        job_id: str,
        *,
        document: str = "{}",
        days: float = 30,
        watch: Callable[[Moment], object] | None = None,
        **settings: Any,
    ) -> Rollout:
        """Create a job for the fleet, and let the devices work until nothing more happens.

        Args:
            job_id, document: the job's.
            days: how long at most, in the mock's time.
            watch: told how it stands, whenever the timeline gets another moment.
            settings: further members of CreateJob, as boto3 has them: `abortConfig`,
                `timeoutConfig`.

        Raises:
            botocore.exceptions.ClientError: CreateJob was refused.
        """
        if "documentSource" not in settings and "jobTemplateArn" not in settings:
            settings["document"] = document
        targets = self.targets
        with time_stands_still():
            self._things.owner.create_job(jobId=job_id, targets=targets, **settings)
            return self._drive(job_id, days, watch)

    def run(
        self, job_id: str, *, days: float = 30, watch: Callable[[Moment], object] | None = None
    ) -> Rollout:
        """Let the devices work on a job that there is, and on whatever else waits for them, until
        nothing more happens.

        Args:
            job_id: the job that the result is about.
            days, watch: as for `roll_out`.

        Raises:
            LookupError: no such job.
        """
        with time_stands_still():
            return self._drive(job_id, days, watch)

    def _drive(self, job_id: str, days: float, watch: Callable[[Moment], object] | None) -> Rollout:
        lines = {
            thing: Line(thing, self._plane(thing), f"{self._seed}/pauses") for thing in self.things
        }
        view: JobView = StoreView(self.account, self.region, job_id)
        if is_remote():
            view = ServerView(self._things.owner, job_id)
        try:
            return Drive(self, job_id, view, lines, watch).run(days)
        finally:
            for plane in self._planes:
                plane.disconnect()

    def _plane(self, thing: str) -> Plane:
        if self._address is not None:
            self._planes.append(MqttPlane(thing, self._address))
            return self._planes[-1]
        if not self._planes:
            kind = DirectPlane if direct_is_possible() else HttpsPlane
            self._planes.append(kind(self.region, self.account))
        return self._planes[0]

    # What is drawn

    def start_seconds(self, thing: str, job_id: str, number: int) -> float:
        """Return how long after it was queued an execution is started."""
        return self._draw("starts", thing, job_id, number).between(*self._starts_after)

    def work_on(self, thing: str, job_id: str, number: int) -> tuple[AnyHandler, float]:
        """Return what becomes of an execution, and how many seconds its device works on it."""
        drawn = self._draw("works", thing, job_id, number)
        point = drawn.between(0, self._limits[-1])
        which = min(bisect(self._limits, point), len(self._handlers) - 1)
        return self._handlers[which], drawn.between(*self._works_for)

    def _draw(self, *what: object) -> _Draw:
        return _Draw("/".join(map(str, (self._seed, *what))))


class _Draw:
    """Numbers from a seed of text, by the one method of `random` that is promised never to change."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()


def _names(devices: int | Sequence[str], name: str) -> tuple[str, ...]:
    if isinstance(devices, str):
        raise ValueError(
            "A fleet is a number of devices or a list of names; for one thing write"
            f" Fleet([{devices!r}])."
        )
    names = (
        tuple(f"{name}-{number}" for number in range(1, devices + 1))
        if isinstance(devices, int)
        else tuple(devices)
    )
    if not names:
        raise ValueError(
            "A fleet has at least one device: Fleet(100), or Fleet(['thing-1', 'thing-2'])."
        )
    if len(set(names)) < len(names):
        raise ValueError("A fleet has each thing once; a name is given twice.")
    return names


def _weighed(outcomes: AnyHandler | Mapping[Any, float]) -> tuple[list[AnyHandler], list[float]]:
    """Return the handlers and, for each, the sum of the weights up to and with it."""
    weights = dict(outcomes) if isinstance(outcomes, Mapping) else {outcomes: 1.0}
    for handler, weight in weights.items():
        check(handler)
        if not _is_number(weight) or not isfinite(weight) or weight < 0:
            raise ValueError(
                f"The weight of {named(handler)!r} is {weight!r}; weights are numbers from 0 on, "
                "for instance outcomes={'succeed': 0.9, 'fail': 0.1}."
            )
    if not sum(weights.values()) > 0:
        raise ValueError(
            "All weights are 0, so nothing can be drawn; for instance outcomes={'succeed': 0.9,"
            " 'fail': 0.1}."
        )
    handlers: list[AnyHandler] = [
        find(handler) if isinstance(handler, str) else handler for handler in weights
    ]
    return handlers, list(accumulate(float(weight) for weight in weights.values()))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _range(name: str, seconds: Seconds) -> tuple[float, float]:
    low, high = seconds if isinstance(seconds, tuple) else (seconds, seconds)
    if not 0 <= low <= high or not isfinite(high):
        raise ValueError(
            f"{name} is {seconds!r}; it is a number of seconds or a pair (least, most), such as"
            " (60, 300)."
        )
    return float(low), float(high)
