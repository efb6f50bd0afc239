"""The operations of a service: a handler for each, and the request that it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeAlias

from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.wire import ServiceApi

Members: TypeAlias = Mapping[str, Any]


class NotHandled(Exception):
    """The operation is one of ours, but not for this resource: moto answers as it would alone."""


class Request:
    """A request that was understood: its members, the jobs that it is about, and the time.

    Attributes:
        jobs: those of the caller's account and region.
        members: by their names in the model, of the model's types.
        now: milliseconds since the epoch.
        server_url: where the server that took the request can be reached; None in process.
    """

    __slots__ = ("jobs", "members", "now", "server_url")

    def __init__(
        self, jobs: JobsService, members: dict[str, Any], now: int, server_url: str | None
    ) -> None:
        self.jobs = jobs
        self.members = members
        self.now = now
        self.server_url = server_url

    def __getitem__(self, name: str) -> Any:
        return self.members[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a member, or the default when it was not given."""
        return self.members.get(name, default)


# Takes a request and returns the response's members; None is a response without any.
Handler: TypeAlias = Callable[[Request], Members | None]


class Operations:
    """The handlers of one service's operations.

    Args:
        service: "iot" or "iot-jobs-data".
        find_jobs: returns the jobs of an account and region; called with the lock held.
        handlers: objects with a method for each operation, named for it in snake case.

    Attributes:
        api: the service on the wire.
    """

    def __init__(
        self, service: str, find_jobs: Callable[[str, str], JobsService], *handlers: object
    ) -> None:
        self.service = service
        self.find_jobs = find_jobs
        self.api = ServiceApi.of(service)
        self._sources = list(handlers)
        self._late: dict[str, Callable[[], object]] = {}

    def add(self, operations: Iterable[str], load: Callable[[], object]) -> None:
        """Add a neighbour's operations.

        Args:
            operations: their names in the model.
            load: returns the object with their handlers; called when one is needed.
        """
        self._late.update(dict.fromkeys(operations, load))

    @cached_property
    def handlers(self) -> dict[str, Handler]:
        """The handlers that were needed so far, by operation."""
        return _Handlers(self._find)

    def _find(self, operation: str) -> Handler:
        name = _snake_case(operation)
        load = self._late.get(operation)
        sources = self._sources if load is None else [load()]
        found: Handler = next(getattr(each, name) for each in sources if hasattr(each, name))
        return found


class _Handlers(dict[str, Handler]):
    """A dictionary that finds what it lacks."""

    def __init__(self, find: Callable[[str], Handler]) -> None:
        self._find = find

    def __missing__(self, operation: str) -> Handler:
        handler = self[operation] = self._find(operation)
        return handler


def _snake_case(operation: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")
