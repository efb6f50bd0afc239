"""The jobs of an account in the order of ListJobs, under all its filters, and page tokens."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

from .errors import InvalidRequest
from .job import Job
from .settings import TargetSelection
from .sorted_index import SortedIndex, merged
from .states import JobStatus

# AWS general reference, quotas: list results per page.
PAGE_SIZE = 250


def _oldest_first(job: Job) -> int:
    # Kept orders yield their greatest keys first. AWS documents no order inside a status; moto's
    # own tests expect this one.
    return -job.order


class JobListing:
    """Jobs by status and target selection, of all namespaces and of each one.

    Each combination is a list, oldest first.

    A filter picks the combinations that match, and their orders are merged as far as a page needs:
    no job that does not match is ever looked at, and it does not matter how many namespaces there
    are.
    """

    def __init__(self) -> None:
        self._orders = _Orders()
        self._namespaces: dict[str, _Orders] = {}

    def __bool__(self) -> bool:
        return bool(self._orders)

    def add(self, job: Job) -> None:
        """Put a job where its status, selection and namespace say."""
        for orders in self._orders_of(job):
            orders.setdefault(_key(job), SortedIndex(_oldest_first)).add(job)

    def count(self, statuses: frozenset[JobStatus]) -> int:
        """Return how many jobs have one of these statuses."""
        return sum(len(jobs) for (status, _), jobs in self._orders.items() if status in statuses)

    def remove(self, job: Job) -> None:
        """Take a job out, before its status changes."""
        key = _key(job)
        for orders in self._orders_of(job):
            jobs = orders[key]
            jobs.remove(job)
            if not jobs:
                del orders[key]
        if job.namespace_id is not None and not self._namespaces[job.namespace_id]:
            del self._namespaces[job.namespace_id]

    def _orders_of(self, job: Job) -> list[_Orders]:
        if job.namespace_id is None:
            return [self._orders]
        return [self._orders, self._namespaces.setdefault(job.namespace_id, _Orders())]

    def matching(
        self,
        statuses: frozenset[JobStatus],
        selection: TargetSelection | None,
        namespace: str | None,
        after: int | None,
    ) -> Iterator[Job]:
        """Yield the jobs that match, oldest first.

        Args:
            after: the order of the job after which to begin, if one is given.
        """
        below = -after if after is not None else None
        within = self._orders if namespace is None else self._namespaces.get(namespace, _Orders())
        orders = [
            jobs.descending(below)
            for (status, selected), jobs in within.items()
            if status in statuses and selection in (None, selected)
        ]
        return merged(orders, _oldest_first) if orders else iter(())


class _Orders(dict[tuple[JobStatus, TargetSelection], SortedIndex[Job]]):
    """Jobs by status and target selection."""


def _key(job: Job) -> tuple[JobStatus, TargetSelection]:
    return job.status, job.target_selection


def token(listing: str, *position: int) -> str:
    """Return an opaque token that resumes a listing after a position.

    Args:
        listing: name of the list, so that the token of one is an error in another.
        position: the key of the last item shown.
    """
    return urlsafe_b64encode(json.dumps([listing, *position]).encode()).decode()


def position(text: str | None, listing: str) -> tuple[int, ...] | None:
    """Return the position that a token of this listing stands for, or None without a token.

    Raises:
        InvalidRequest: the token is not one of this listing.
    """
    if text is None:
        return None
    try:
        found, *numbers = json.loads(urlsafe_b64decode(text.encode()))
    except (ValueError, TypeError, RecursionError):
        raise InvalidRequest("Next token is invalid.") from None
    if found != listing or not numbers or not all(isinstance(number, int) for number in numbers):
        raise InvalidRequest("Next token is invalid.")
    return tuple(numbers)
