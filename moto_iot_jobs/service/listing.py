"""The jobs of an account in the order of ListJobs, under all its filters, and page tokens."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from operator import attrgetter

from .errors import InvalidRequest
from .job import Job
from .settings import TargetSelection
from .sorted_index import SortedIndex, merged
from .states import JobStatus

# AWS general reference, quotas: list results per page.
PAGE_SIZE = 250


# Kept orders yield their greatest keys first. AWS documents no order inside a status; moto's own
# tests expect the oldest in front.
_oldest_first = attrgetter("order_from_last")


class _Orders(dict[tuple[JobStatus, TargetSelection], SortedIndex[Job]]):
    """Jobs by status and target selection, each list oldest first."""


class JobListing:
    """Jobs by status and target selection: all of them, and those of each group and namespace.

    A filter picks the combinations that match, and their orders are merged as far as a page needs:
    no job that does not match is ever looked at, and it does not matter how many groups and
    namespaces there are.
    """

    def __init__(self) -> None:
        # By group and namespace, empty for jobs of any.
        self._places: dict[tuple[str, str], _Orders] = {}

    def __bool__(self) -> bool:
        return bool(self._places)

    def add(self, job: Job) -> None:
        """Put a job where its status, selection, groups and namespace say."""
        key = job.status, job.target_selection
        for place in _places_of(job):
            orders = self._places.setdefault(place, _Orders())
            orders.setdefault(key, SortedIndex(_oldest_first)).add(job)

    def remove(self, job: Job) -> None:
        """Take a job out, before its status or its targets change."""
        key = job.status, job.target_selection
        for place in _places_of(job):
            orders = self._places[place]
            orders[key].remove(job)
            if not orders[key]:
                del orders[key]
                if not orders:
                    del self._places[place]

    def count(self, statuses: frozenset[JobStatus]) -> int:
        """Return how many jobs have one of these statuses."""
        orders = self._places.get(("", ""), _Orders())
        return sum(len(jobs) for (status, _), jobs in orders.items() if status in statuses)

    def matching(
        self,
        statuses: frozenset[JobStatus],
        selection: TargetSelection | None,
        group: str | None,
        namespace: str | None,
        after: int | None,
    ) -> Iterator[Job]:
        """Yield the jobs that match, oldest first.

        Args:
            after: the order of the job after which to begin, if one is given.
        """
        below = -after if after is not None else None
        within = self._places.get((group or "", namespace or ""), _Orders())
        orders = [
            jobs.descending(below)
            for (status, selected), jobs in within.items()
            if status in statuses and selection in (None, selected)
        ]
        return merged(orders, _oldest_first) if orders else iter(())


def _places_of(job: Job) -> Iterable[tuple[str, str]]:
    places = {("", ""): None}
    for target in job.targets:
        if target.is_group:
            places[target.name, ""] = None
    if job.namespace_id is not None:
        places.update({(group, job.namespace_id): None for group, _ in places})
    return places


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
