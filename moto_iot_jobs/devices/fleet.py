"""Many devices, and a job rolled out to them: the same seed gives the same rollout."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate
from math import inf, isfinite
from random import Random
from typing import Any

from moto_iot_jobs.moto_api.client import is_remote
from moto_iot_jobs.moto_api.json_texts import json_text
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.defaults import home_account, home_region

from .commands import CommandHandler, CommandRun, CommandTransport, MockCommands, run_commands
from .commands import succeed as succeed_command
from .durations import Duration, DurationRange, as_range, as_seconds
from .execution import DeviceClient, drain
from .https import DirectTransport, HttpsTransport, direct_is_possible
from .job_source import JobSource, LocalJob, ServerJob
from .mqtt import MqttTransport
from .outcomes import AnyHandler, check, find, name_of
from .rollout import Rollout
from .simulation import FleetSimulation
from .things import Things
from .timeline import TimelinePoint
from .transport import Transport

# Names of things and thing groups (API reference, CreateThing and CreateThingGroup).
_NAME = re.compile(r"[a-zA-Z0-9:_-]{1,128}")


class Fleet:
    """Devices that start jobs as they are notified, each with an outcome drawn from the seed.

    The draws depend on the seed, the thing, the job and the execution number alone; so a changed
    rollout or abort setting meets the same devices. In process, the mock's time stands still while
    devices compute: two runs are alike to the millisecond. A server's time goes on by itself;
    there, the draws are the same.

    Args:
        devices: how many, and things are created for them (`thing-1` and so on); or the names of
            things that exist.
        outcomes: scripts or their names, or handlers, with their weights, which need not add up
            to 1; or a single one for all.
        seed: determines all draws.
        works_for: how long a device works on an execution, in seconds or as a timedelta, or a pair
            to draw between.
        starts_after: how long after it was queued an execution is started, likewise.
        commands: the handler of commands, which each device runs as soon as it is sent one; see
            `Device.run_commands`. Commands are left alone by default.
        name: the beginning of the names of created things.
        group: a thing group that is created for them. More than a hundred things are put in the
            group `fleet` by default, since no job has more targets than that.
        region, account: theirs; as for `Device`.
        address: host and port of an MQTT endpoint or broker, one connection for each device; HTTPS
            by default.

    Raises:
        ValueError: no devices, an unknown outcome or region, or names, weights, lengths of time or
            a seed that cannot be. Nothing was created.
        LookupError: a name for which there is no thing.
        RuntimeError: no mock is active.
    """

    def __init__(
        self,
        devices: int | Sequence[str],
        *,
        outcomes: AnyHandler | Mapping[Any, float] = "succeed",
        seed: int | str = 0,
        works_for: DurationRange = (60, 300),
        starts_after: DurationRange = (0, 10),
        commands: CommandHandler | None = None,
        name: str = "thing",
        group: str | None = None,
        region: str | None = None,
        account: str | None = None,
        address: tuple[str, int] | None = None,
    ) -> None:
        self._handlers, self._limits = _cumulated(outcomes)
        self._works_for = as_range("works_for", works_for)
        self._starts_after = as_range("starts_after", starts_after)
        if not isinstance(seed, int | str):
            raise ValueError(f"seed is {seed!r}; it is a whole number or a text.")
        self._seed = seed
        self._command_handler = commands
        self.region = home_region(region)
        self.account = home_account(account)
        self._address = address
        names = _names(devices, name)
        if group is not None and not _NAME.fullmatch(group):
            raise ValueError(f"group is {group!r}; {_NAME_RULE}")
        self._things = Things(names, self.region, self.account, group)
        if isinstance(devices, int):
            self._things.create()
        else:
            self._things.check()
        self._targets: list[str] | None = None
        self._over_mqtt: dict[str, MqttTransport] = {}
        self._command_clients: dict[str, tuple[DeviceClient, CommandTransport]] = {}

    @property
    def things(self) -> tuple[str, ...]:
        """The names of the things."""
        return self._things.names

    @property
    def targets(self) -> list[str]:
        """The ARNs to give CreateJob as `targets`: the things', or that of their group.

        The group is made at the first access.
        """
        if self._targets is None:
            self._targets = self._things.targets()
        return list(self._targets)

    def roll_out(
        self,
        job_id: str,
        *,
        document: Mapping[str, Any] | str = "{}",
        days: Duration = 30,
        on_progress: Callable[[TimelinePoint], object] | None = None,
        **settings: Any,
    ) -> Rollout:
        """Create a job for the fleet, and run the devices until no timer and no device is left.

        Args:
            job_id: the job's id.
            document: the job document, as a mapping or as JSON text.
            days: the longest time to simulate.
            on_progress: called with every point of the timeline, as it comes.
            settings: further members of CreateJob, as boto3 has them: `abortConfig`,
                `timeoutConfig`.

        Raises:
            botocore.exceptions.ClientError: CreateJob's error. There is no job then, and no group
                that was made for it.
            HandlerError: a handler returned or yielded a value that it may not.
            ValueError: days that cannot be.
        """
        seconds = as_seconds("days", days, "days")
        if "documentSource" not in settings and "jobTemplateArn" not in settings:
            settings["document"] = json_text("document", document)
        was_there = self._targets is not None
        targets = self.targets
        with frozen_clock():
            try:
                self._things.iot.create_job(jobId=job_id, targets=targets, **settings)
            except BaseException:
                if not was_there:
                    self._things.delete_group()
                    self._targets = None
                raise
            return self._simulate(job_id, seconds, on_progress)

    def run(
        self,
        job_id: str,
        *,
        days: Duration = 30,
        on_progress: Callable[[TimelinePoint], object] | None = None,
    ) -> Rollout:
        """Run the devices on a job that exists, and on what else is pending, as `roll_out` does.

        Args:
            job_id: the id of the job that the result is about.
            days, on_progress: as for `roll_out`.

        Raises:
            LookupError: no such job.
            HandlerError: a handler returned or yielded a value that it may not.
            ValueError: days that cannot be.
        """
        seconds = as_seconds("days", days, "days")
        with frozen_clock():
            return self._simulate(job_id, seconds, on_progress)

    def run_commands(self, handler: CommandHandler | None = None) -> list[CommandRun]:
        """Let each device run its commands, as `Device.run_commands` does.

        Args:
            handler: the fleet's own by default, else SUCCEEDED.

        Returns:
            The work done, device by device.
        """
        chosen = handler or self._command_handler or succeed_command
        runs: list[CommandRun] = []
        for thing in self.things:
            if thing not in self._command_clients:
                self._command_clients[thing] = self._command_client(thing)
            client, transport = self._command_clients[thing]
            runs += drain(run_commands(client, transport, chosen))
        return runs

    def _simulate(
        self, job_id: str, seconds: float, on_progress: Callable[[TimelinePoint], object] | None
    ) -> Rollout:
        transports = self._connections()
        clients = {
            thing: DeviceClient(thing, transport, f"{self._seed}/pauses")
            for thing, transport in transports.items()
        }
        source: JobSource = (
            ServerJob(self._things.iot, job_id)
            if is_remote()
            else LocalJob(self.account, self.region, job_id)
        )
        try:
            return FleetSimulation(
                self,
                job_id,
                source,
                clients,
                on_progress,
                self.run_commands if self._command_handler is not None else None,
            ).run(seconds)
        finally:
            for transport in transports.values():
                transport.disconnect()

    def _connections(self) -> dict[str, Transport]:
        """Return each thing's transport: over MQTT one of its own, over HTTPS the same for all."""
        if self._address is not None:
            return {thing: self._mqtt(thing, self._address) for thing in self.things}
        kind = DirectTransport if direct_is_possible() else HttpsTransport
        return dict.fromkeys(self.things, kind(self.region, self.account))

    def _mqtt(self, thing: str, address: tuple[str, int]) -> MqttTransport:
        # A thing has one connection, for another with its client id would end it.
        if thing not in self._over_mqtt:
            self._over_mqtt[thing] = MqttTransport(thing, address)
        return self._over_mqtt[thing]

    def _command_client(self, thing: str) -> tuple[DeviceClient, CommandTransport]:
        if self._address is not None:
            transport = self._mqtt(thing, self._address)
            return DeviceClient(thing, transport, f"{self._seed}/pauses"), transport
        https = HttpsTransport(self.region, self.account)
        commands = MockCommands(thing, self.region, self.account)
        return DeviceClient(thing, https, f"{self._seed}/pauses"), commands

    # Draws

    def start_seconds(self, thing: str, job_id: str, number: int) -> float:
        """Return how long after it was queued an execution is started."""
        return self._draw("starts", thing, job_id, number).between(*self._starts_after)

    def work_on(self, thing: str, job_id: str, number: int) -> tuple[AnyHandler, float]:
        """Return the handler of an execution, and how many seconds its device works on it."""
        drawn = self._draw("works", thing, job_id, number)
        point = drawn.between(0, self._limits[-1])
        which = min(bisect(self._limits, point), len(self._handlers) - 1)
        return self._handlers[which], drawn.between(*self._works_for)

    def _draw(self, *what: object) -> _Draw:
        return _Draw("/".join(map(str, (self._seed, *what))))


def frozen_clock() -> AbstractContextManager[None]:
    """Stop the mock's clock within a `with` block, however long computing takes.

    `clock` moves it all the same, and a server's time goes on by itself.
    """
    return nullcontext() if is_remote() else runtime.clock.held()


class _Draw:
    """Numbers from a seed of text, by the method of `random` that is promised never to change."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()


_NAME_RULE = "names of things and groups are 1 to 128 letters, digits, colons, underscores, dashes."


def _names(devices: Any, name: str) -> tuple[str, ...]:
    if isinstance(devices, str):
        raise ValueError(
            "A fleet is a number of devices or a list of names; for one thing write"
            f" Fleet([{devices!r}])."
        )
    if isinstance(devices, bool) or not isinstance(devices, int | Sequence):
        raise ValueError(
            f"devices is {devices!r}; a fleet is a whole number of devices or a list of names."
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
    for each in names:
        if not isinstance(each, str) or not _NAME.fullmatch(each):
            raise ValueError(f"There is no thing named {each!r}; {_NAME_RULE}")
    if len(set(names)) < len(names):
        raise ValueError("A fleet has each thing once; a name is given twice.")
    return names


def _cumulated(outcomes: AnyHandler | Mapping[Any, float]) -> tuple[list[AnyHandler], list[float]]:
    """Return the handlers and, for each, the sum of the weights up to and with it."""
    weights: dict[Any, Any] = dict(outcomes) if isinstance(outcomes, Mapping) else {outcomes: 1.0}
    for handler, weight in weights.items():
        check(handler)
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not is_number or not isfinite(weight) or weight < 0:
            raise ValueError(
                f"The weight of {name_of(handler)!r} is {weight!r}; weights are numbers from 0 on, "
                "for instance outcomes={'succeed': 0.9, 'fail': 0.1}."
            )
    total = sum(weights.values())
    if not 0 < total < inf:
        raise ValueError(
            f"The weights add up to {total:g}, so nothing can be drawn; write for instance"
            " outcomes={'succeed': 0.9, 'fail': 0.1}."
        )
    handlers: list[AnyHandler] = [
        find(handler) if isinstance(handler, str) else handler for handler in weights
    ]
    return handlers, list(accumulate(float(weight) for weight in weights.values()))
