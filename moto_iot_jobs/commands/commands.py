"""The operations on commands: create, get, list, update, delete.

They take values and `now` (milliseconds since the epoch), return records or raise.

Source: AWS IoT developer guide, iot-remote-command-create-manage, and the botocore model. Captured
of the API by others (cdk-preflight): the three sentences that name a namespace.
"""

from __future__ import annotations

from collections.abc import Iterable

from moto_iot_jobs.service.errors import InvalidInput
from moto_iot_jobs.service.tags import check_tags
from moto_iot_jobs.service.targets import Location

from .command import (
    LARGEST_PAYLOAD_BYTES,
    NAMESPACE,
    Command,
    CommandRequest,
    CommandUpdate,
    Payload,
    Tag,
)
from .errors import CommandAlreadyExists, CommandConflict, CommandNotFound
from .listing import CommandQuery, created, page_of
from .parameters import check_parameters
from .states import DELETED, ERROR, KEPT, CommandAct, CommandMove, command_move
from .store import CommandStore
from .template import check_template


class Commands:
    """The operations on commands of one account and region.

    Args:
        location: partition, region and account.
        store: where they are.
    """

    def __init__(self, location: Location, store: CommandStore) -> None:
        self._location = location
        self._store = store

    def create(self, request: CommandRequest, now: int) -> Command:
        """Create a command, static or dynamic.

        Raises:
            InvalidInput: neither payload nor template, or both; a payload that is too large; a
                template, parameter or tag that is not valid; another namespace than AWS-IoT.
            CommandAlreadyExists: the id is in use, if only by a command that is pending deletion.
        """
        _check(request)
        tags = _tags(request.tags or ())
        command_id = request.command_id
        if command_id in self._store.commands:
            raise CommandAlreadyExists(command_id)
        arn = self._location.arn("command", command_id)
        command = Command(request, arn, tags, next(self._store.numbers), now)
        self._store.add_command(command)
        return command

    def get(self, command_id: str) -> Command:
        """Return a command, if only one that is pending deletion. Raises CommandNotFound."""
        command = self._store.commands.get(command_id)
        if command is None:
            raise CommandNotFound(command_id)
        return command

    def list(self, query: CommandQuery) -> tuple[list[Command], str | None]:
        """Return a page of commands, the latest first by default, and the next page's token.

        Those that are pending deletion are not among them.

        Raises:
            InvalidInput: the token is not one of this list.
        """
        name = query.command_parameter_name
        return page_of(
            self._store.listing.of(name) if query.namespace in (None, NAMESPACE) else (),
            created,
            listing=f"commands:{query.namespace or ''}:{name or ''}",
            ascending=query.sort_order == "ASCENDING",
            size=query.max_results,
            token=query.next_token,
        )

    def update(self, update: CommandUpdate, now: int) -> Command:
        """Change name and description of a command, deprecate it, or take that back.

        Raises:
            CommandNotFound: no such command.
            CommandConflict: its state does not allow the change.
        """
        command = self.get(update.command_id)
        state = command.state
        move: CommandMove = KEPT
        if update.deprecated is not None:
            act = CommandAct.DEPRECATE if update.deprecated else CommandAct.RESTORE
            move = command_move(act, state)
        is_edit = update.display_name is not None or update.description is not None
        # An edit may come along with what leads to another state.
        if move is ERROR or (
            is_edit and move is KEPT and command_move(CommandAct.EDIT, state) is ERROR
        ):
            raise CommandConflict(command.command_id, state.value)
        if move is not KEPT:
            command.deprecated_at = now if update.deprecated else None
        if update.display_name is not None:
            command.display_name = update.display_name
        if update.description is not None:
            command.description = update.description
        command.last_updated_at = now
        return command

    def delete(self, command_id: str, now: int) -> bool:
        """Delete a command: at once if it was deprecated for 12 hours, else 12 hours from now.

        Returns:
            Whether it is gone.

        Raises:
            CommandNotFound: no such command.
        """
        command = self.get(command_id)
        act = CommandAct.DELETE_SETTLED if command.is_settled(now) else CommandAct.DELETE
        move = command_move(act, command.state)
        if move is DELETED:
            self._store.remove_command(command)
        elif move is not KEPT:
            self._store.mark_deleted(command, now)
        return move is DELETED


def _check(request: CommandRequest) -> None:
    namespace = request.namespace or NAMESPACE
    if namespace != NAMESPACE:
        raise InvalidInput(f"The command namespace {namespace} is unsupported.")
    if request.role_arn is not None:
        raise InvalidInput(f"{NAMESPACE} namespace does not support 'roleArn'.")
    template, payload = request.payload_template, request.payload
    if template is None and payload is None:
        raise InvalidInput(
            f"The 'payload' field of the command is required when using the '{NAMESPACE}'"
            " namespace."
        )
    if payload is not None:
        _check_static(request, payload)
    elif template is not None:
        _check_dynamic(request, template)


def _check_static(request: CommandRequest, payload: Payload) -> None:
    for member, value in (
        ("mandatoryParameters", request.mandatory_parameters),
        ("payloadTemplate", request.payload_template),
        ("preprocessor", request.preprocessor),
    ):
        if value is not None:
            raise InvalidInput(
                f"{NAMESPACE} namespace does not support '{member}' with 'payload' option."
            )
    if payload.content is None:
        raise InvalidInput("The 'content' field of the payload is required.")
    if len(payload.content) > LARGEST_PAYLOAD_BYTES:
        raise InvalidInput(
            f"The payload has {len(payload.content)} bytes; {LARGEST_PAYLOAD_BYTES} are allowed."
        )


def _check_dynamic(request: CommandRequest, template: str) -> None:
    preprocessor = request.preprocessor
    if preprocessor is None or preprocessor.aws_json_substitution is None:
        raise InvalidInput("The 'preprocessor' field is required with 'payloadTemplate'.")
    if request.mandatory_parameters is None:
        raise InvalidInput("The 'mandatoryParameters' field is required with 'payloadTemplate'.")
    check_template(template)
    check_parameters(request.mandatory_parameters)


def _tags(given: Iterable[Tag]) -> dict[str, str]:
    tags = {tag.key: tag.value or "" for tag in given}
    check_tags(tags, InvalidInput)
    return tags
