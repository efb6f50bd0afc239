"""A second model of commands, written from the guide alone, and random lives of both compared.

The model keeps lists and searches them. It knows nothing of the tables and indexes of the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from moto_iot_jobs.commands.errors import (
    CommandAlreadyExists,
    CommandConflict,
    CommandExecutionNotFinished,
    CommandExecutionNotFound,
    CommandNotFound,
    CommandUnavailable,
    InvalidCommandTransition,
    TerminalStateReached,
)
from moto_iot_jobs.commands.listing import CommandQuery
from moto_iot_jobs.service.errors import ServiceError
from tests.commands.conftest import ALWAYS, HOUR, World

NAMES = st.sampled_from(["a", "b"])
TARGETS = st.sampled_from(["thing/lamp", "thing/door", "client/lamp"])
REPORTS = st.sampled_from(["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT"])
DAY = 24 * HOUR


@dataclass
class Execution:
    """An execution, as the guide tells it."""

    id: str
    command: str
    target: str
    start: int
    seconds: int
    status: str = "CREATED"
    by_device: bool = False
    end: int | None = None
    reason: str | None = None


@dataclass
class Command:
    """A command, as the guide tells it."""

    id: str
    created: int
    deprecated: int | None = None
    deleted: int | None = None


@dataclass
class Model:
    """Commands and executions in lists."""

    now: int
    commands: list[Command] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)

    def pass_time(self, milliseconds: int) -> None:
        self.now += milliseconds
        for each in self.executions:
            due = each.start + each.seconds * 1000
            if each.status in ("CREATED", "IN_PROGRESS") and due <= self.now:
                each.status, each.reason = "TIMED_OUT", "$NO_RESPONSE_FROM_DEVICE"
        self.executions = [each for each in self.executions if each.start + 180 * DAY > self.now]
        self.commands = [
            each
            for each in self.commands
            if each.deleted is None or each.deleted + 12 * HOUR > self.now
        ]

    def command(self, name: str) -> Command | None:
        return next((each for each in self.commands if each.id == name), None)

    def create(self, name: str) -> type[ServiceError] | None:
        if self.command(name):
            return CommandAlreadyExists
        self.commands.append(Command(name, self.now))
        return None

    def change(self, name: str, deprecated: bool | None, edit: bool) -> type[ServiceError] | None:
        found = self.command(name)
        if found is None:
            return CommandNotFound
        was = found.deprecated is not None
        if found.deleted is not None and (edit or deprecated is not None):
            return CommandConflict
        if was and edit and deprecated is not False:
            return CommandConflict
        if deprecated and not was:
            found.deprecated = self.now
        if deprecated is False:
            found.deprecated = None
        return None

    def delete(self, name: str) -> type[ServiceError] | None:
        found = self.command(name)
        if found is None:
            return CommandNotFound
        if found.deleted is None:
            if found.deprecated is not None and self.now - found.deprecated >= 12 * HOUR:
                self.commands.remove(found)
            else:
                found.deleted = self.now
        return None

    def start(self, name: str) -> type[ServiceError] | None:
        found = self.command(name)
        if found is None:
            return CommandNotFound
        if found.deprecated is not None or found.deleted is not None:
            return CommandUnavailable
        return None

    def report(self, each: Execution, status: str) -> type[ServiceError] | None:
        if each.by_device:
            examples = each.status == "TIMED_OUT" or (each.status, status) == (
                "SUCCEEDED",
                "IN_PROGRESS",
            )
            return InvalidCommandTransition if examples else TerminalStateReached
        if each.status == "TIMED_OUT" and status == "IN_PROGRESS":
            return InvalidCommandTransition
        each.status, each.reason = status, None
        if status != "IN_PROGRESS":
            each.by_device, each.end = True, self.now
        return None


class Lives(RuleBasedStateMachine):
    """Random lives of commands, in the core and in the model."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(listening=False)
        self.model = Model(self.world.now)

    def both(self, expected: type[ServiceError] | None, call: Any) -> Any:
        """Carry out, and compare the error."""
        found: Any = None
        error: type[ServiceError] | None = None
        try:
            found = call()
        except ServiceError as raised:
            error = type(raised)
        assert error is expected
        return found

    @rule(name=NAMES)
    def create(self, name: str) -> None:
        self.both(self.model.create(name), lambda: self.world.create(name))

    @rule(name=NAMES, deprecated=st.none() | st.booleans(), edit=st.booleans())
    def change(self, name: str, deprecated: bool | None, edit: bool) -> None:
        members: dict[str, Any] = {"deprecated": deprecated}
        if edit:
            members["description"] = "d"
        self.both(
            self.model.change(name, deprecated, edit), lambda: self.world.update(name, **members)
        )

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.both(self.model.delete(name), lambda: self.world.delete(name))

    @rule(name=NAMES, device=TARGETS, seconds=st.sampled_from([1, 10, 43_200]))
    def start(self, name: str, device: str, seconds: int) -> None:
        made = self.both(
            self.model.start(name),
            lambda: self.world.start(name, device, execution_timeout_seconds=seconds),
        )
        if made is not None:
            self.model.executions.append(
                Execution(made.execution_id, name, device, self.model.now, seconds)
            )

    @precondition(lambda self: self.model.executions)
    @rule(which=st.integers(0, 100), status=REPORTS)
    def report(self, which: int, status: str) -> None:
        each = self.model.executions[which % len(self.model.executions)]
        execution = self.world.service.store.executions[each.id]
        self.both(self.model.report(each, status), lambda: self.world.report(execution, status))

    @precondition(lambda self: self.model.executions)
    @rule(which=st.integers(0, 100))
    def delete_execution(self, which: int) -> None:
        each = self.model.executions[which % len(self.model.executions)]
        expected = None if each.by_device else CommandExecutionNotFinished
        kind, _, name = each.target.partition("/")
        arn = self.world.arn(kind, name)
        remove = self.world.service.executions.delete
        self.both(expected, lambda: remove(each.id, arn, self.world.now))
        if expected is None:
            self.model.executions.remove(each)
            self.both(
                CommandExecutionNotFound, lambda: self.world.service.executions.get(each.id, arn)
            )

    @rule(
        milliseconds=st.sampled_from([1, 999, 5_000, 10_000, HOUR, 6 * HOUR, 12 * HOUR, 90 * DAY])
    )
    def wait(self, milliseconds: int) -> None:
        self.world.advance(milliseconds)
        self.model.pass_time(milliseconds)

    @invariant()
    def they_agree(self) -> None:
        store = self.world.service.store
        assert [
            (each.command_id, each.deprecated_at, each.deleted_at)
            for each in store.commands.values()
        ] == [(each.id, each.deprecated, each.deleted) for each in self.model.commands]
        shown, _ = self.world.service.commands.list(CommandQuery())
        visible = [each.id for each in self.model.commands if each.deleted is None]
        assert [each.command_id for each in shown] == visible[::-1]
        assert {
            each.execution_id: (
                each.status.value,
                each.completed_at,
                each.reason.reason_code if each.reason else None,
            )
            for each in store.executions.values()
        } == {each.id: (each.status, each.end, each.reason) for each in self.model.executions}
        active: dict[str, int] = {}
        for each in self.model.executions:
            if each.status in ("CREATED", "IN_PROGRESS"):
                kind, _, name = each.target.partition("/")
                arn = self.world.arn(kind, name)
                active[arn] = active.get(arn, 0) + 1
        assert dict(store.active) == active

    @invariant()
    def lists_agree(self) -> None:
        for target in ("thing/lamp", "client/lamp"):
            kind, _, name = target.partition("/")
            arn = self.world.arn(kind, name)
            started = [each.id for each in self.model.executions if each.target == target]
            found = self.world.listed(target_arn=arn, started_time_filter=ALWAYS, max_results=3)
            assert found == started[::-1]
            ended = [
                each
                for each in self.model.executions
                if each.target == target and each.end is not None
            ]
            found = self.world.listed(target_arn=arn, completed_time_filter=ALWAYS, max_results=2)
            assert sorted(found) == sorted(each.id for each in ended)


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
