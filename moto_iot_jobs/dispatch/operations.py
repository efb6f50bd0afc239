"""The operations of a service, and the handler of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.lazy import lazy
from moto_iot_jobs.wire import ServiceApi

# Takes a `Request` of the pipeline and returns the response's members; None means without any.
Handler: TypeAlias = Callable[[Any], Mapping[str, Any] | None]


class NotHandled(Exception):
    """The operation is one of ours, but not for this resource, which is moto's."""


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

    @lazy
    def handlers(self) -> dict[str, Handler]:
        """The handlers that were needed so far, by operation."""
        return _Handlers(self._find)

    def _find(self, operation: str) -> Handler:
        name = _snake_case(operation)
        load = self._late.get(operation)
        sources = self._sources if load is None else [load()]
        found: Handler | None = next(
            (getattr(each, name) for each in sources if hasattr(each, name)), None
        )
        if found is None:
            # Of a neighbour that is not there.
            raise NotHandled
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
