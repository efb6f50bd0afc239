"""Commands of the core: what may be created, deletion on the clock, and ListCommands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.commands.command import JsonSubstitution, Payload, Preprocessor, Tag
from moto_iot_jobs.commands.errors import CommandAlreadyExists, CommandConflict, CommandNotFound
from moto_iot_jobs.commands.listing import CommandQuery
from moto_iot_jobs.commands.parameters import Parameter
from moto_iot_jobs.service.errors import InvalidInput
from tests.commands.conftest import HOUR

if TYPE_CHECKING:
    from tests.commands.conftest import World

TEMPLATE = '{"level": "${aws:iot:commandexecution::parameter:level}"}'
LEVEL = Parameter("level", "INTEGER")
DYNAMIC: dict[str, Any] = {
    "payload": None,
    "payload_template": TEMPLATE,
    "preprocessor": Preprocessor(JsonSubstitution("JSON")),
    "mandatory_parameters": (LEVEL,),
}


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (
            {"payload": None},
            "The 'payload' field of the command is required when using the 'AWS-IoT' namespace.",
        ),
        (
            {"mandatory_parameters": (LEVEL,)},
            "AWS-IoT namespace does not support 'mandatoryParameters' with 'payload' option.",
        ),
        (
            {"namespace": "AWS-IoT-FleetWise"},
            "The command namespace AWS-IoT-FleetWise is unsupported.",
        ),
        ({"role_arn": "arn:aws:iam::123456789012:role/r"}, "does not support 'roleArn'"),
        ({"payload_template": TEMPLATE, "payload": Payload(b"")}, "'payloadTemplate'"),
        ({"preprocessor": Preprocessor()}, "'preprocessor'"),
        ({"payload": Payload(None, "text/plain")}, "'content'"),
        ({"payload": Payload(b"x" * 32_769)}, "32768"),
        ({**DYNAMIC, "preprocessor": None}, "'preprocessor' field is required"),
        ({**DYNAMIC, "preprocessor": Preprocessor()}, "'preprocessor' field is required"),
        ({**DYNAMIC, "mandatory_parameters": None}, "'mandatoryParameters' field is required"),
        ({**DYNAMIC, "payload_template": "{"}, "not valid JSON"),
        ({**DYNAMIC, "payload_template": '{"level": 1}'}, "at least one placeholder"),
        ({**DYNAMIC, "mandatory_parameters": (LEVEL, LEVEL)}, "more than once"),
        ({"tags": (Tag("aws:x", "1"),)}, 'Tags cannot begin with "aws:"'),
        ({"tags": tuple(Tag(str(n), "") for n in range(51))}, "Too many tags"),
    ],
)
def test_a_command_that_is_not_valid_is_an_error(
    world: World, members: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        world.create(**members)
    assert sentence in raised.value.message
    assert not world.service.store.commands


def test_the_largest_payload_fits(world: World) -> None:
    world.create(content=b"x" * 32_768)


def test_an_id_is_used_once(world: World) -> None:
    world.create()
    with pytest.raises(CommandAlreadyExists, match=r"Command blink already exists."):
        world.create()
    world.delete()
    with pytest.raises(CommandAlreadyExists):
        world.create()


def test_a_deleted_command_is_hidden_and_goes_after_twelve_hours(world: World) -> None:
    command = world.create()
    assert world.delete() is False
    assert listed(world) == []
    world.advance(11 * HOUR)
    assert world.delete() is False
    assert world.service.commands.get("blink") is command
    world.advance(HOUR)
    with pytest.raises(CommandNotFound):
        world.service.commands.get("blink")
    world.create()


def test_a_command_deprecated_for_twelve_hours_goes_at_once(world: World) -> None:
    world.create()
    world.update(deprecated=True)
    world.advance(6 * HOUR)
    # A second time does not begin anew.
    world.update(deprecated=True)
    world.advance(6 * HOUR)
    assert world.delete() is True
    assert listed(world) == []
    assert world.service.next_due() is None


def test_what_was_restored_and_deprecated_anew_begins_anew(world: World) -> None:
    world.create()
    world.update(deprecated=True)
    world.advance(6 * HOUR)
    world.update(deprecated=False)
    world.update(deprecated=True)
    world.advance(6 * HOUR)
    assert world.delete() is False


def test_executions_outlive_their_command(world: World) -> None:
    world.create()
    execution = world.start(execution_timeout_seconds=43_200)
    world.delete()
    world.report(execution, "SUCCEEDED")
    world.advance(12 * HOUR)
    assert world.listed() == [execution.execution_id]


def test_an_unknown_command_is_not_found(world: World) -> None:
    for operation in (world.delete, world.update, lambda: world.service.commands.get("blink")):
        with pytest.raises(CommandNotFound, match=r"Command blink cannot be found."):
            operation()


def test_restoring_and_editing_go_together(world: World) -> None:
    world.create()
    world.update(deprecated=True, display_name="Blink")
    with pytest.raises(CommandConflict):
        world.update(deprecated=True, display_name="Other")
    command = world.update(deprecated=False, display_name="Other", description="")
    assert (command.display_name, command.description) == ("Other", "")


def test_an_update_of_nothing_is_accepted(world: World) -> None:
    command = world.create()
    world.advance(5)
    world.update()
    assert command.last_updated_at == command.created_at + 5


# ListCommands


def listed(world: World, **query: Any) -> list[str]:
    found: list[str] = []
    token = None
    while True:
        page, token = world.service.commands.list(CommandQuery(**query, next_token=token))
        found += [each.command_id for each in page]
        if token is None:
            return found


def test_commands_are_listed_latest_first(world: World) -> None:
    names = [f"c{number}" for number in range(30)]
    for name in names:
        world.create(name)
        world.advance(1)
    assert listed(world) == names[::-1]
    assert listed(world, sort_order="ASCENDING", max_results=7) == names
    assert len(world.service.commands.list(CommandQuery())[0]) == 25


def test_commands_of_one_time_have_an_order_too(world: World) -> None:
    names = [f"c{number}" for number in range(9)]
    for name in names:
        world.create(name)
    assert listed(world, max_results=2) == names[::-1]


def test_a_parameter_chooses_commands(world: World) -> None:
    world.create()
    world.create_dynamic(TEMPLATE, LEVEL, Parameter("more"))
    assert listed(world, command_parameter_name="more") == ["dynamic"]
    assert listed(world, command_parameter_name="other") == []
    world.delete("dynamic")
    assert listed(world, command_parameter_name="more") == []


def test_a_namespace_chooses_commands(world: World) -> None:
    world.create()
    assert listed(world, namespace="AWS-IoT") == ["blink"]
    assert listed(world, namespace="AWS-IoT-FleetWise") == []


@pytest.mark.parametrize("token", ["x", "W10=", "WyJhIiwxLDJd", "WyJjb21tYW5kcyIsMSwyXQ=="])
def test_a_token_of_something_else_is_an_error(world: World, token: str) -> None:
    with pytest.raises(InvalidInput, match=r"Next token is invalid."):
        world.service.commands.list(CommandQuery(next_token=token))


def test_a_token_goes_with_the_query_that_it_came_from(world: World) -> None:
    for name in ("a", "b"):
        world.create(name)
    _, token = world.service.commands.list(CommandQuery(max_results=1))
    with pytest.raises(InvalidInput):
        world.service.commands.list(CommandQuery(next_token=token, sort_order="ASCENDING"))
