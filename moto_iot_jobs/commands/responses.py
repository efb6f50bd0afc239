"""The operations of commands: members in, the core's operation, members out."""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.wire import members, typed

from .command import (
    DEFAULT_CONTENT_TYPE,
    Command,
    CommandExecution,
    CommandRequest,
    CommandUpdate,
    StartRequest,
)
from .listing import CommandQuery, ExecutionQuery
from .regional import commands_of
from .reports import Reported

Members = dict[str, Any]

_ACCEPTED, _NO_CONTENT = 202, 204


class CommandOperations:
    """The operations of the control plane on commands and their executions."""

    def create_command(self, request: Request) -> Members:
        """CreateCommand."""
        command = commands_of(request.jobs).commands.create(
            typed(CommandRequest, request.members), request.now
        )
        return {"commandId": command.command_id, "commandArn": command.arn}

    def get_command(self, request: Request) -> Members:
        """GetCommand."""
        return _command(commands_of(request.jobs).commands.get(request["commandId"]))

    def list_commands(self, request: Request) -> Members:
        """ListCommands."""
        found, token = commands_of(request.jobs).commands.list(typed(CommandQuery, request.members))
        return {"commands": list(map(_summary, found)), "nextToken": token}

    def update_command(self, request: Request) -> Members:
        """UpdateCommand."""
        command = commands_of(request.jobs).commands.update(
            typed(CommandUpdate, request.members), request.now
        )
        return {
            "commandId": command.command_id,
            "displayName": command.display_name,
            "description": command.description,
            "deprecated": command.deprecated_at is not None,
            "lastUpdatedAt": command.last_updated_at,
        }

    def delete_command(self, request: Request) -> Members:
        """DeleteCommand, whose result is the HTTP status."""
        is_gone = commands_of(request.jobs).commands.delete(request["commandId"], request.now)
        return {"statusCode": _NO_CONTENT if is_gone else _ACCEPTED}

    def get_command_execution(self, request: Request) -> Members:
        """GetCommandExecution."""
        execution = commands_of(request.jobs).executions.get(
            request["executionId"], request["targetArn"]
        )
        found = _execution(execution)
        if request.get("includeResult") and execution.result:
            found["result"] = {name: _upper_case(value) for name, value in execution.result.items()}
        return found

    def list_command_executions(self, request: Request) -> Members:
        """ListCommandExecutions."""
        found, token = commands_of(request.jobs).executions.list(
            typed(ExecutionQuery, request.members)
        )
        return {"commandExecutions": list(map(_execution_summary, found)), "nextToken": token}

    def delete_command_execution(self, request: Request) -> Members:
        """DeleteCommandExecution."""
        commands_of(request.jobs).executions.delete(
            request["executionId"], request["targetArn"], request.now
        )
        return {}


class DeviceOperations:
    """The operations of the data plane on commands."""

    def start_command_execution(self, request: Request) -> Members:
        """StartCommandExecution."""
        execution = commands_of(request.jobs).executions.start(
            typed(StartRequest, request.members), request.now
        )
        return {"executionId": execution.execution_id}

    def update_command_execution(self, request: Request) -> Members:
        """UpdateCommandExecution, which exists over MQTT only."""
        reported = request.members
        assert isinstance(reported, Reported)
        topic = reported.topic
        commands_of(request.jobs).executions.report(
            topic.kind, topic.name, topic.execution_id, reported.report, request.now
        )
        return {}


def _command(command: Command) -> Members:
    given = command.request
    found = {
        **_summary(command),
        "namespace": command.namespace,
        "description": command.description,
        "payloadTemplate": given.payload_template,
        "preprocessor": members(given.preprocessor) if given.preprocessor else None,
    }
    if given.payload is not None:
        found["payload"] = {
            "content": given.payload.content,
            "contentType": given.payload.content_type or DEFAULT_CONTENT_TYPE,
        }
    if given.mandatory_parameters is not None:
        found["mandatoryParameters"] = [members(each) for each in given.mandatory_parameters]
    return found


def _summary(command: Command) -> Members:
    return {
        "commandArn": command.arn,
        "commandId": command.command_id,
        "displayName": command.display_name,
        "deprecated": command.deprecated_at is not None,
        "createdAt": command.created_at,
        "lastUpdatedAt": command.last_updated_at,
        "pendingDeletion": command.deleted_at is not None,
    }


def _execution(execution: CommandExecution) -> Members:
    parameters = execution.parameters
    return {
        **_execution_summary(execution),
        "statusReason": members(execution.reason) if execution.reason else None,
        "parameters": {name: members(value) for name, value in parameters.items()} or None,
        "executionTimeoutSeconds": execution.timeout_seconds,
        "lastUpdatedAt": execution.last_updated_at,
        "timeToLive": execution.expires_at,
    }


def _execution_summary(execution: CommandExecution) -> Members:
    return {
        "commandArn": execution.command.arn,
        "executionId": execution.execution_id,
        "targetArn": execution.target.arn,
        "status": execution.status,
        "createdAt": execution.created_at,
        # Developer guide, iot-remote-command-execution-start-monitor: the start date "shows the
        # time when the command execution was created".
        "startedAt": execution.created_at,
        "completedAt": execution.completed_at,
    }


def _upper_case(value: Any) -> Members:
    """Return a value of a result as HTTPS has it.

    Devices write the types in lower case.
    """
    return {name.upper(): each for name, each in members(value).items()}
