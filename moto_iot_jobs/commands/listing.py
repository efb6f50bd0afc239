"""Commands and executions in the order of their lists, and the tokens of pages.

Everything is kept sorted, by each filter: a page is a slice and never a search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from heapq import merge
from itertools import takewhile
from typing import NamedTuple, TypeAlias, TypeVar

from moto_iot_jobs.service.errors import InvalidInput
from moto_iot_jobs.service.listing import page_token, position
from moto_iot_jobs.service.sorted_index import SortedIndex, page

from .command import Command, CommandExecution
from .states import ExecutionStatus

# Botocore model of ListCommands: "The maximum number of results to return in this operation. By
# default, the API returns up to a maximum of 25 results."
PAGE_SIZE = 25
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)

Item = TypeVar("Item")
# Time in milliseconds since the epoch, and a number that no two items share.
Position: TypeAlias = tuple[int, int]


class TimeFilter(NamedTuple):
    """The time of an execution's start or end: `yyyy-MM-dd'T'HH:mm`, in UTC."""

    after: str | None = None
    before: str | None = None


class ExecutionQuery(NamedTuple):
    """ListCommandExecutions."""

    namespace: str | None = None
    status: ExecutionStatus | None = None
    sort_order: str | None = None
    started_time_filter: TimeFilter | None = None
    completed_time_filter: TimeFilter | None = None
    target_arn: str | None = None
    command_arn: str | None = None
    max_results: int | None = None
    next_token: str | None = None


class CommandQuery(NamedTuple):
    """ListCommands."""

    namespace: str | None = None
    command_parameter_name: str | None = None
    sort_order: str | None = None
    max_results: int | None = None
    next_token: str | None = None


def created(item: Command | CommandExecution) -> Position:
    """Return the position of a command or execution by the time of its creation."""
    return item.created_at, item.order


def completed(execution: CommandExecution) -> Position:
    """Return the position of a finished execution by the time of its end."""
    return execution.completed_at or 0, execution.order


class CommandListing:
    """The commands that ListCommands shows: all of them, and those with each parameter."""

    def __init__(self) -> None:
        self._all: SortedIndex[Command] = SortedIndex(created)
        self._by_parameter: dict[str, SortedIndex[Command]] = {}

    def add(self, command: Command) -> None:
        """Put a command in."""
        self._all.add(command)
        for parameter in command.request.mandatory_parameters or ():
            self._by_parameter.setdefault(parameter.name, SortedIndex(created)).add(command)

    def remove(self, command: Command) -> None:
        """Take a command out."""
        self._all.remove(command)
        for parameter in command.request.mandatory_parameters or ():
            self._by_parameter[parameter.name].remove(command)

    def of(self, parameter: str | None) -> list[SortedIndex[Command]]:
        """Return the commands with a parameter, or all for None."""
        if parameter is None:
            return [self._all]
        found = self._by_parameter.get(parameter)
        return [found] if found is not None else []


class ExecutionListing:
    """The executions of one command, or of one target, by status."""

    def __init__(self) -> None:
        self.started: dict[ExecutionStatus, SortedIndex[CommandExecution]] = {}
        self.completed: dict[ExecutionStatus, SortedIndex[CommandExecution]] = {}

    def __bool__(self) -> bool:
        return any(self.started.values())

    def add(self, execution: CommandExecution) -> None:
        """Put an execution where its state says."""
        status = execution.status
        self.started.setdefault(status, SortedIndex(created)).add(execution)
        if execution.completed_at is not None:
            self.completed.setdefault(status, SortedIndex(completed)).add(execution)

    def remove(self, execution: CommandExecution) -> None:
        """Take an execution out, before its state changes."""
        self.started[execution.status].remove(execution)
        if execution.completed_at is not None:
            self.completed[execution.status].remove(execution)


def page_of(
    indexes: Iterable[SortedIndex[Item]],
    key: Callable[[Item], Position],
    *,
    listing: str,
    ascending: bool,
    size: int | None,
    token: str | None,
    since: int | None = None,
    until: int | None = None,
) -> tuple[list[Item], str | None]:
    """Return a page of the items of several indexes, and the token of the next one.

    Args:
        indexes: they have no item in common.
        key: that the indexes are sorted by.
        listing: what is listed, so that the token of one list is an error in another.
        ascending: oldest first, else latest first.
        size: at most so many; None is as many as AWS gives.
        token: of the page before.
        since: only items of this time or later, in milliseconds since the epoch.
        until: only items of before this time.

    Raises:
        InvalidInput: the token is not one of this list.
    """
    listing = f"{listing}:{'ascending' if ascending else 'descending'}"
    start = position(token, listing, length=2, error=InvalidInput)
    # Numbers begin at 1: what is before a time is before its number 0.
    low = (since, 0) if since is not None else None
    high = (until, 0) if until is not None else None
    found: Iterator[Item]
    if ascending:
        above = max((each for each in (low, start) if each is not None), default=None)
        found = merge(*(index.ascending(above) for index in indexes), key=key)
        if high is not None:
            found = takewhile(lambda item: key(item) < high, found)
    else:
        below = min((each for each in (high, start) if each is not None), default=None)
        found = merge(*(index.descending(below) for index in indexes), key=key, reverse=True)
        if low is not None:
            found = takewhile(lambda item: key(item) > low, found)
    shown, more = page(found, size or PAGE_SIZE)
    return shown, page_token(listing, *key(shown[-1])) if shown and more else None


def milliseconds(text: str | None) -> int | None:
    """Return a time of a filter in milliseconds since the epoch.

    Raises:
        InvalidInput: it has not the form `yyyy-MM-dd'T'HH:mm`.
    """
    if text is None:
        return None
    try:
        if _TIME.fullmatch(text) is None:
            raise ValueError(text)
        time = datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=timezone.utc)
    except ValueError:
        raise InvalidInput(
            f"The time '{text}' does not have the format yyyy-MM-dd'T'HH:mm."
        ) from None
    return int((time - _EPOCH).total_seconds()) * 1000
