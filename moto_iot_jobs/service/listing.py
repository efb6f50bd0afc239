"""The jobs of an account as ListJobs shows them, under all filters, and tokens of pages."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from .errors import InvalidRequest, ServiceError
from .job import Job
from .settings import TargetSelection
from .sorted_index import SortedIndex, merged
from .states import JobStatus

# AWS general reference, quotas: list results per page.
PAGE_SIZE = 250


# Indexes are read from their greatest keys down. AWS documents no order inside a status; moto's own
# tests expect the oldest in front.
_oldest_first = attrgetter("order_from_last")


# Without group and namespace.
_OF_EVERY_JOB = (("", ""),)


class _Indexes(dict[tuple[JobStatus, TargetSelection], SortedIndex[Job]]):
    """Jobs by status and target selection, each index oldest first."""


class JobListing:
    """Jobs by status and target selection: all of them, and those of each group and namespace.

    A filter picks the combinations that match, and their indexes are merged as far as a page needs:
    no job that does not match is ever looked at, and it does not matter how many groups and
    namespaces there are.
    """

    def __init__(self) -> None:
        # By group and namespace, empty for jobs of any.
        self._by_filter: dict[tuple[str, str], _Indexes] = {}

    def __bool__(self) -> bool:
        return bool(self._by_filter)

    def add(self, job: Job) -> None:
        """Put a job where its status, selection, groups and namespace say."""
        job.listed_under = _filters_of(job)
        self._add(job)

    def remove(self, job: Job) -> None:
        """Take a job out."""
        key = job.status, job.target_selection
        for chosen in job.listed_under:
            indexes = self._by_filter[chosen]
            jobs = indexes[key]
            jobs.remove(job)
            if not jobs:
                del indexes[key]
                if not indexes:
                    del self._by_filter[chosen]

    def move(self, job: Job, status: JobStatus) -> None:
        """Give a job a status."""
        self.remove(job)
        job.status = status
        self._add(job)

    def _add(self, job: Job) -> None:
        key = job.status, job.target_selection
        for chosen in job.listed_under:
            indexes = self._by_filter.get(chosen)
            if indexes is None:
                indexes = self._by_filter[chosen] = _Indexes()
            jobs = indexes.get(key)
            if jobs is None:
                jobs = indexes[key] = SortedIndex(_oldest_first)
            jobs.add(job)

    def count(self, statuses: frozenset[JobStatus]) -> int:
        """Return how many jobs have one of these statuses."""
        indexes = self._by_filter.get(("", ""), _Indexes())
        return sum(len(jobs) for (status, _), jobs in indexes.items() if status in statuses)

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
        within = self._by_filter.get((group or "", namespace or ""), _Indexes())
        found = [
            jobs.descending(below)
            for (status, selected), jobs in within.items()
            if status in statuses and selection in (None, selected)
        ]
        return merged(found, _oldest_first) if found else iter(())


def _filters_of(job: Job) -> Sequence[tuple[str, str]]:
    """Return the groups and namespaces by which a job is found, each pair once."""
    groups = [target.name for target in job.targets if target.is_group]
    if not groups and job.namespace_id is None:
        return _OF_EVERY_JOB
    namespaces = ("",) if job.namespace_id is None else ("", job.namespace_id)
    return [(group, each) for group in dict.fromkeys(["", *groups]) for each in namespaces]


def page_token(listing: str, *position: int | str) -> str:
    """Return an opaque token that resumes a listing after a position.

    Args:
        listing: name of the list, so that the token of one is an error in another.
        position: the key of the last item shown.
    """
    return urlsafe_b64encode(json.dumps([listing, *position]).encode()).decode()


def position(
    text: str | None,
    listing: str,
    *,
    kind: type[int] | type[str] = int,
    length: int = 1,
    error: type[ServiceError] = InvalidRequest,
) -> tuple[Any, ...] | None:
    """Return the position that a token of this listing stands for, or None without a token.

    Args:
        text: the token.
        listing: as it was given to `page_token`.
        kind: type of the position's parts.
        length: number of the position's parts.
        error: the class of the error that the API has for it.

    Raises:
        ServiceError: the token is not one of this listing.
    """
    if text is None:
        return None
    try:
        found, *parts = json.loads(urlsafe_b64decode(text.encode()))
    except (ValueError, TypeError, RecursionError):
        raise error("Next token is invalid.") from None
    if found != listing or list(map(type, parts)) != [kind] * length:
        raise error("Next token is invalid.")
    return tuple(parts)
