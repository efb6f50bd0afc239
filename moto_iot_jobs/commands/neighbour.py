"""The plug that puts commands beside Jobs: operations, topics, messages, tags and timers.

Jobs do not know this room. It hears when the jobs of an account and region begin. Nothing else of
the room is imported until a command is used, or something is published below its topics.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto_iot_jobs.iot import stack_types
from moto_iot_jobs.iot.responses import operations as control_plane
from moto_iot_jobs.iot.stack_types import StackResourceType
from moto_iot_jobs.iotjobsdata.responses import operations as data_plane
from moto_iot_jobs.runtime import neighbours, runtime
from moto_iot_jobs.runtime.configuration import setting
from moto_iot_jobs.runtime.topic_services import TopicService
from moto_iot_jobs.wire.service_api import NEIGHBOURS, TOPIC_OPERATIONS

from . import regional

if TYPE_CHECKING:
    from moto_iot_jobs.iotjobsdata.message import Message
    from moto_iot_jobs.service.events import NeighbourEvent
    from moto_iot_jobs.service.jobs_service import JobsService

    from .introspection import CommandIntrospection
    from .responses import CommandOperations, DeviceOperations

_ROOM = "commands"
_BELOW = "$aws/commands/"


def plug_in() -> None:
    """Give jobs that begin from now on commands, and serve their operations. Idempotent."""
    runtime.jobs_began.connect(regional.begin)
    control_plane.add(NEIGHBOURS[_ROOM]["iot"], _load)
    data_plane.add(NEIGHBOURS[_ROOM]["iot-jobs-data"], _load_for_devices)
    data_plane.add(TOPIC_OPERATIONS["iot-jobs-data"], _load_for_devices)
    stack_types.add("AWS::IoT::Command", "CommandId", frozenset({"CommandArn"}), _load_stacks)
    neighbours.writers[_ROOM] = _messages
    neighbours.introspections[_ROOM] = _load_introspection
    if topics not in runtime.topic_services:
        runtime.topic_services.append(topics)


def pull_out() -> None:
    """End `plug_in`. Idempotent."""
    runtime.jobs_began.disconnect(regional.begin)
    neighbours.writers.pop(_ROOM, None)
    neighbours.introspections.pop(_ROOM, None)
    if topics in runtime.topic_services:
        runtime.topic_services.remove(topics)


def _load() -> CommandOperations:
    from .responses import CommandOperations

    return CommandOperations()


def _load_for_devices() -> DeviceOperations:
    from .responses import DeviceOperations

    return DeviceOperations()


def _load_stacks() -> StackResourceType:
    from .cloudformation import Commands

    return Commands()


def _load_introspection() -> CommandIntrospection:
    from .introspection import CommandIntrospection

    return CommandIntrospection()


def _messages(jobs: JobsService, event: NeighbourEvent) -> Iterable[Message]:
    from .messages import messages_of

    return messages_of(jobs, event)


def _knows(topic: str) -> bool:
    if not topic.startswith(_BELOW):
        return False
    from .topics import parse_response

    return parse_response(topic) is not None


def _respond(
    account: str,
    region: str,
    topic: str,
    payload: bytes,
    server_url: str | None,
    _connection: str,
) -> Any:
    from .mqtt import respond

    return respond(account, region, topic, payload, server_url)


def _reserves(topic: str) -> bool:
    return topic.startswith(_BELOW) and not _knows(topic)


def _rejects(topic_filter: str) -> bool:
    if _BELOW not in topic_filter:
        return False
    from .topics import is_no_filter

    return is_no_filter(topic_filter) and not _takes_every_filter()


def _takes_every_filter() -> bool:
    return bool(setting("command_subscriptions") == "any")


#: Commands over MQTT.
topics = TopicService(
    _knows,
    _respond,
    is_private=True,
    reserves=_reserves,
    rejects=_rejects,
    # AWS IoT developer guide, command-events and the topics of commands.
    publishes=("$aws/commands/+/+/executions/#", "$aws/events/commandExecution/#"),
)
