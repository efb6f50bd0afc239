"""The commands of each account and region, made when they are first needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from moto.moto_api._internal import mock_random

from moto_iot_jobs.service.jobs_service import JobsService

if TYPE_CHECKING:
    from .service import CommandsService

# A mock that ends lets go of its jobs, and so of these.
_services: WeakKeyDictionary[JobsService, CommandsOfJobs] = WeakKeyDictionary()


def begin(jobs: JobsService) -> None:
    """Give the jobs of an account and region commands, none at first."""
    found = _services[jobs] = CommandsOfJobs()
    jobs.tags.add_kind("command", found)


def commands_of(jobs: JobsService) -> CommandsService:
    """Return the commands of the jobs' account and region."""
    found = _services[jobs]
    if found.service is None:
        from .service import CommandsService

        found.service = CommandsService(
            jobs.location, jobs.store.registry, jobs.store.event_log, _new_id
        )
        jobs.timed_neighbours.append(found.service)
    return found.service


def existing_commands_of(jobs: JobsService) -> CommandsService | None:
    """Return the commands of the jobs' account and region, or None while none were needed."""
    found = _services.get(jobs)
    return found.service if found is not None else None


def _new_id() -> str:
    return str(mock_random.uuid4())


class CommandsOfJobs:
    """The commands of one account and region, as TagResource and its like see them.

    Attributes:
        service: the commands; None until they are needed.
    """

    def __init__(self) -> None:
        self.service: CommandsService | None = None

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a command, to be changed in place."""
        if self.service is None:
            return None
        command = self.service.store.commands.get(arn.rpartition("/")[2])
        return command.tags if command is not None and command.arn == arn else None

    def tagged(self) -> Mapping[str, dict[str, str]]:
        """Return the tags of all commands, by ARN."""
        if self.service is None:
            return {}
        return {each.arn: each.tags for each in self.service.store.commands.values()}
