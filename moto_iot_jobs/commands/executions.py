"""The operations on executions: start, get, list, delete, and the reports of devices.

They take values and `now` (milliseconds since the epoch), return records or raise.

Source: AWS IoT developer guide, iot-remote-command-execution-start-monitor, and the botocore model.
Not documented, and so ours: a thing must exist, of a client nothing is known; executions of an
unknown command or thing are not found; the earlier time of a filter is included, the later not.
"""

from __future__ import annotations

from collections.abc import Callable

from moto_iot_jobs.service.errors import InvalidInput, ThingNotFound
from moto_iot_jobs.service.targets import Location, ThingRegistry

from .command import (
    DEFAULT_CONTENT_TYPE,
    DEFAULT_TIMEOUT_SECONDS,
    LONGEST_TIMEOUT_SECONDS,
    MOST_ACTIVE_EXECUTIONS,
    NAMESPACE,
    NO_RESPONSE_FROM_DEVICE,
    Command,
    CommandExecution,
    CommandTarget,
    Message,
    Report,
    StartRequest,
)
from .errors import (
    ClientTokenConflict,
    CommandExecutionNotFinished,
    CommandExecutionNotFound,
    CommandNotFound,
    CommandUnavailable,
    InvalidCommandTransition,
    TerminalStateReached,
    TooManyExecutions,
)
from .listing import ExecutionListing, ExecutionQuery, completed, created, milliseconds, page_of
from .parameters import ParameterValue, final_values
from .states import (
    DEVICE_REPORTS,
    ERROR,
    INVALID,
    KEPT,
    TERMINAL,
    Act,
    CommandAct,
    ExecutionState,
    command_move,
    execution_move,
)
from .store import CommandStore
from .template import content_type_of, names_in, render

_TARGETS = ("thing", "client")
# Levels of topics: a name with one of these would be another topic, or several.
_NOT_IN_NAMES = "/+#\0"


class CommandExecutions:
    """The operations on executions of one account and region.

    Args:
        location: partition, region and account.
        registry: the things that exist there.
        store: where commands and executions are.
        new_id: makes the ids of executions.
    """

    def __init__(
        self,
        location: Location,
        registry: ThingRegistry,
        store: CommandStore,
        new_id: Callable[[], str],
    ) -> None:
        self._location = location
        self._registry = registry
        self._store = store
        self._new_id = new_id

    def start(self, request: StartRequest, now: int) -> CommandExecution:
        """Start a command on a device. The same request with the same token does it once.

        Raises:
            InvalidInput: an ARN, the time or a parameter is not valid.
            CommandUnavailable: the command is deprecated or pending deletion.
            CommandNotFound, ThingNotFound: no such command or thing.
            ClientTokenConflict: the token is in use for another request.
            TooManyExecutions: the device has as many active ones as AWS allows.
        """
        command_id = self._command_id(request.command_arn)
        target = self._target(request.target_arn)
        if request.client_token is not None:
            earlier = self._store.started_by.get(request.client_token)
            if earlier is not None:
                if earlier.request != request:
                    raise ClientTokenConflict(request.client_token, earlier.execution_id)
                return earlier
        command = self._startable(command_id, request.command_arn)
        self._check_exists(target)
        timeout = request.execution_timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        if timeout > LONGEST_TIMEOUT_SECONDS:
            raise InvalidInput(
                f"executionTimeoutSeconds must be at most {LONGEST_TIMEOUT_SECONDS}, not {timeout}."
            )
        values, message = _prepare(command, request, timeout)
        if self._store.active[target.arn] >= MOST_ACTIVE_EXECUTIONS:
            raise TooManyExecutions(target.arn, MOST_ACTIVE_EXECUTIONS)
        number = next(self._store.numbers)
        execution = CommandExecution(
            self._new_id(), command, target, request, message, values, timeout, number, now
        )
        self._store.add_execution(execution)
        return execution

    def get(self, execution_id: str, target_arn: str) -> CommandExecution:
        """Return the execution of an id on a target. Raises CommandExecutionNotFound."""
        execution = self._store.executions.get(execution_id)
        if execution is None or execution.target.arn != target_arn:
            raise CommandExecutionNotFound(execution_id)
        return execution

    def list(self, query: ExecutionQuery) -> tuple[list[CommandExecution], str | None]:
        """Return a page of the executions of a command or target, and the next page's token.

        Raises:
            InvalidInput: not exactly one of the time filters, or not exactly one of command and
                target; a time or token that is not valid.
            CommandNotFound, ThingNotFound: no such command or thing, and no execution of it.
        """
        by_start, by_end = query.started_time_filter, query.completed_time_filter
        if (by_start is None) == (by_end is None):
            raise InvalidInput(
                "Exactly one of startedTimeFilter and completedTimeFilter must be specified."
            )
        times = by_start or by_end
        assert times is not None
        if times.after is None and times.before is None:
            raise InvalidInput("A time filter must have at least one of after and before.")
        since, until = milliseconds(times.after), milliseconds(times.before)
        found = self._listing_of(query)
        by_status = found.started if by_start is not None else found.completed
        chosen = by_status if query.status is None else {query.status}
        indexes = [index for status, index in by_status.items() if status in chosen]
        arn = query.command_arn or query.target_arn
        kind = "started" if by_start is not None else "completed"
        return page_of(
            indexes if query.namespace in (None, NAMESPACE) else (),
            created if by_start is not None else completed,
            listing=f"{kind}:{arn}:{query.status or ''}:{query.namespace or ''}",
            ascending=query.sort_order == "ASCENDING",
            size=query.max_results,
            token=query.next_token,
            since=since,
            until=until,
        )

    def delete(self, execution_id: str, target_arn: str, now: int) -> None:
        """Delete a finished execution.

        Raises:
            CommandExecutionNotFound: no such execution.
            CommandExecutionNotFinished: its device has not reported a terminal status.
        """
        execution = self.get(execution_id, target_arn)
        if execution_move(Act.DELETE, execution.state) is ERROR:
            raise CommandExecutionNotFinished(execution_id, execution.status)
        self._store.remove_execution(execution, now)

    def report(
        self, kind: str, name: str, execution_id: str, report: Report, now: int
    ) -> CommandExecution:
        """Take a device's report about an execution.

        Args:
            kind, name: the target as the topic has it.
            execution_id: which the topic has too.
            report: what the device says.

        Raises:
            CommandExecutionNotFound: no such execution on this target.
            InvalidCommandTransition, TerminalStateReached: the execution's state does not allow it.
        """
        execution = self._store.executions.get(execution_id)
        if execution is None or (execution.target.kind, execution.target.name) != (kind, name):
            raise CommandExecutionNotFound(execution_id)
        act = DEVICE_REPORTS[report.status]
        move = execution_move(act, execution.state)
        if move is INVALID:
            raise InvalidCommandTransition(execution_id, execution.status, report.status)
        if move is TERMINAL:
            raise TerminalStateReached(execution_id, execution.status)
        assert isinstance(move, ExecutionState)
        self._store.change(execution, move, act, now, report)
        return execution

    def time_out(self, execution: CommandExecution, due: int) -> None:
        """End the time that a device has."""
        move = execution_move(Act.TIME_OUT, execution.state)
        if move is not KEPT:
            assert isinstance(move, ExecutionState)
            self._store.change(execution, move, Act.TIME_OUT, due, reason=NO_RESPONSE_FROM_DEVICE)

    # ARNs

    def _command_id(self, arn: str) -> str:
        kind, name = _parts(arn, "command")
        if kind != "command":
            raise InvalidInput(f"Invalid command ARN: {arn}")
        return name

    def _startable(self, command_id: str, arn: str) -> Command:
        command = self._store.commands.get(command_id)
        if command is None or command.arn != arn:
            raise CommandNotFound(command_id)
        if command_move(CommandAct.START, command.state) is ERROR:
            raise CommandUnavailable(command_id, command.state.value)
        return command

    def _target(self, arn: str) -> CommandTarget:
        kind, name = _parts(arn, "target")
        if kind not in _TARGETS or any(each in name for each in _NOT_IN_NAMES):
            raise InvalidInput(f"Invalid target ARN: {arn}")
        return CommandTarget(arn, kind, name)

    def _check_exists(self, target: CommandTarget) -> None:
        if target.kind == "client":
            if target.arn != self._location.arn(target.kind, target.name):
                raise InvalidInput(f"Invalid target ARN: {target.arn}")
        elif target.arn != self._location.arn(
            target.kind, target.name
        ) or not self._registry.has_thing(target.name):
            raise ThingNotFound(target.name)

    def _listing_of(self, query: ExecutionQuery) -> ExecutionListing:
        if (query.command_arn is None) == (query.target_arn is None):
            raise InvalidInput("Exactly one of commandArn and targetArn must be specified.")
        nothing = ExecutionListing()
        if query.command_arn is not None:
            command_id = self._command_id(query.command_arn)
            found = self._store.by_command.get(query.command_arn, nothing)
            command = self._store.commands.get(command_id)
            if not found and (command is None or command.arn != query.command_arn):
                raise CommandNotFound(command_id)
            return found
        assert query.target_arn is not None
        target = self._target(query.target_arn)
        found = self._store.by_target.get(target.arn, nothing)
        if not found:
            self._check_exists(target)
        return found


def _parts(arn: str, what: str) -> tuple[str, str]:
    """Return kind and name of an ARN of AWS IoT. Raises InvalidInput."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and parts[2] == "iot":
        kind, _, name = parts[5].partition("/")
        if name:
            return kind, name
    raise InvalidInput(f"Invalid {what} ARN: {arn}")


def _prepare(
    command: Command, request: StartRequest, timeout: int
) -> tuple[dict[str, ParameterValue], Message]:
    """Return the values of the parameters, and what the device gets."""
    given = request.parameters or {}
    template, preprocessor = command.request.payload_template, command.request.preprocessor
    if template is None or preprocessor is None or preprocessor.aws_json_substitution is None:
        if given:
            raise InvalidInput(f"Command {command.command_id} has no parameters.")
        payload = command.request.payload
        assert payload is not None
        return {}, Message(payload.content or b"", payload.content_type or DEFAULT_CONTENT_TYPE)
    values = final_values(command.request.mandatory_parameters or (), given, names_in(template))
    output_format = preprocessor.aws_json_substitution.output_format
    content = render(template, values, timeout, output_format)
    return values, Message(content, content_type_of(output_format))
