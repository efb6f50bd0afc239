"""Commands of one account and region alone, with things in a set and a clock moved by hand.

Take the fixture `world`, or call `World()` where a test needs several.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from moto_iot_jobs.commands.command import (
    Command,
    CommandExecution,
    CommandRequest,
    CommandUpdate,
    JsonSubstitution,
    Payload,
    Preprocessor,
    Report,
    StartRequest,
    StatusReason,
)
from moto_iot_jobs.commands.listing import ExecutionQuery, TimeFilter
from moto_iot_jobs.commands.parameters import Parameter
from moto_iot_jobs.commands.service import CommandsService
from moto_iot_jobs.commands.states import ExecutionStatus
from moto_iot_jobs.service.events import Event, EventLog
from moto_iot_jobs.service.targets import Location

LOCATION = Location("aws", "eu-west-1", "123456789012")
SECOND, HOUR = 1000, 3_600_000
# 2026-11-21T00:00Z
FIRST_DAY = 1_795_219_200_000
ALWAYS = TimeFilter(after="2000-01-01T00:00")


class Things:
    """Things in a set, without groups."""

    def __init__(self) -> None:
        self.names = {"lamp", "door"}

    def has_thing(self, thing: str) -> bool:
        return thing in self.names

    def group_id(self, _group: str) -> None:
        return None

    def group_with_id(self, _group_id: str) -> None:
        return None

    def members(self, _group: str) -> Iterable[str]:
        return ()

    def settled_members(self, _group: str, _at: int) -> Iterable[str]:
        return ()

    def is_member(self, _thing: str, _group: str) -> bool:
        return False


class World:
    """Commands, and shortcuts for what tests do with them."""

    def __init__(self, *, listening: bool = True) -> None:
        self.things = Things()
        self.log = EventLog()
        self.log.listening = listening
        numbers = count(1)
        self.service = CommandsService(
            LOCATION, self.things, self.log, lambda: f"id-{next(numbers)}"
        )
        self.now = FIRST_DAY
        self.tokens = count(1)

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds
        self.service.run_due_timers(self.now)

    def arn(self, kind: str, name: str) -> str:
        return LOCATION.arn(kind, name)

    def create(self, command: str = "blink", content: bytes = b"{}", **members: Any) -> Command:
        if "payload_template" not in members:
            members.setdefault("payload", Payload(content, "application/json"))
        return self.service.commands.create(CommandRequest(command, **members), self.now)

    def create_dynamic(
        self,
        template: str,
        *parameters: Parameter,
        command: str = "dynamic",
        output_format: str = "JSON",
    ) -> Command:
        return self.create(
            command,
            payload_template=template,
            preprocessor=Preprocessor(JsonSubstitution(output_format)),
            mandatory_parameters=parameters,
        )

    def update(self, command: str = "blink", **members: Any) -> Command:
        return self.service.commands.update(CommandUpdate(command, **members), self.now)

    def delete(self, command: str = "blink") -> bool:
        return self.service.commands.delete(command, self.now)

    def start(
        self, command: str = "blink", target: str = "thing/lamp", **members: Any
    ) -> CommandExecution:
        kind, _, name = target.partition("/")
        members.setdefault("client_token", f"token-{next(self.tokens)}")
        request = StartRequest(self.arn(kind, name), self.arn("command", command), **members)
        return self.service.executions.start(request, self.now)

    def report(
        self,
        execution: CommandExecution,
        status: str,
        reason: str | None = None,
        **members: Any,
    ) -> CommandExecution:
        status_reason = StatusReason(reason) if reason is not None else None
        return self.service.executions.report(
            execution.target.kind,
            execution.target.name,
            execution.execution_id,
            Report(ExecutionStatus(status), status_reason, **members),
            self.now,
        )

    def listed(self, **query: Any) -> list[str]:
        """List all ids, page by page."""
        if "completed_time_filter" not in query:
            query.setdefault("started_time_filter", ALWAYS)
        if "target_arn" not in query:
            query.setdefault("command_arn", self.arn("command", "blink"))
        found: list[str] = []
        token = None
        while True:
            page, token = self.service.executions.list(ExecutionQuery(**query, next_token=token))
            found += [each.execution_id for each in page]
            if token is None:
                return found

    def events(self) -> list[Event]:
        return self.log.take()


@pytest.fixture
def world() -> World:
    """Commands of an account without any, in which the thing `lamp` exists."""
    return World()
