"""The errors of commands, a class each.

The sentences are ours unless a source is named: AWS's are not known.
"""

from __future__ import annotations

from moto_iot_jobs.service.errors import (
    Conflict,
    InvalidInput,
    InvalidStateTransition,
    QuotaExceeded,
    ResourceNotFound,
    TerminalState,
)


class CommandNotFound(ResourceNotFound):
    """No command with that id."""

    def __init__(self, command: str) -> None:
        super().__init__(f"Command {command} cannot be found.")


class CommandExecutionNotFound(ResourceNotFound):
    """No execution with that id on that target."""

    def __init__(self, execution: str) -> None:
        super().__init__(f"Command execution {execution} cannot be found.")


class CommandAlreadyExists(Conflict):
    """CreateCommand with an id in use."""

    def __init__(self, command: str) -> None:
        super().__init__(f"Command {command} already exists.")
        self.resource_id = command


class CommandConflict(Conflict):
    """The command's state does not allow the change."""

    def __init__(self, command: str, state: str) -> None:
        super().__init__(f"Command {command} is {state} and cannot be changed.")
        self.resource_id = command
        self.status = state


class CommandUnavailable(InvalidInput):
    """StartCommandExecution of a command that is not available."""

    def __init__(self, command: str, state: str) -> None:
        super().__init__(f"Command {command} is {state}.", status=state)


class ClientTokenConflict(Conflict):
    """StartCommandExecution with a token in use for another request."""

    def __init__(self, token: str, execution: str) -> None:
        super().__init__(f"Client token {token} was used with other parameters.")
        self.resource_id = execution


class CommandExecutionNotFinished(Conflict):
    """DeleteCommandExecution of an execution that is not terminal."""

    def __init__(self, execution: str, status: str) -> None:
        super().__init__(
            f"Command execution {execution} is {status} and has not reached a terminal state."
        )
        self.resource_id = execution
        self.status = status


class InvalidCommandTransition(InvalidStateTransition):
    """The report's status cannot follow on the execution's."""

    def __init__(self, execution: str, status: str, reported: str) -> None:
        super().__init__(
            f"Command execution {execution} cannot go from {status} to {reported}.", status=status
        )


class TerminalStateReached(TerminalState):
    """The execution is terminal.

    Source: developer guide, commands-troubleshooting ("has already reached a terminal state").
    """

    def __init__(self, execution: str, status: str) -> None:
        super().__init__(
            f"Command execution {execution} has already reached a terminal state.", status=status
        )


class TooManyExecutions(QuotaExceeded):
    """As many active executions on one device as AWS allows."""

    def __init__(self, target: str, limit: int) -> None:
        super().__init__(f"There cannot be more than {limit} active executions on {target}.")
