"""The jobs of an account in the order in which ListJobs shows them, under every filter that it has, and tokens for pages."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

from .errors import InvalidRequest
from .job import Job
from .order import KeptOrder, merged
from .settings import TargetSelection
from .states import JobStatus

# AWS general reference, quotas: list results per page.
PAGE_SIZE = 250


def _oldest_first(job: Job) -> int:
    # Kept orders yield their greatest keys first. AWS documents no order inside a status; moto's own tests expect this one.
    return -job.order


class JobListing:
    """Jobs by status, target selection and namespace, each combination oldest first.

    A filter picks the combinations that match, and their orders are merged as far as a page needs: no job that does not match
    is ever looked at.
    """

    def __init__(self) -> None:
        self._orders: dict[tuple[JobStatus, TargetSelection, str | None], KeptOrder[Job]] = {}

    def __bool__(self) -> bool:
        return bool(self._orders)

    def add(self, job: Job) -> None:
        """Put a job where its status, selection and namespace say."""
        self._orders.setdefault(_place(job), KeptOrder(_oldest_first)).add(job)

    def remove(self, job: Job) -> None:
        """Take a job out, before its status changes."""
        place = _place(job)
        jobs = self._orders[place]
        jobs.remove(job)
        if not jobs:
            del self._orders[place]

    def matching(
        self,
        statuses: frozenset[JobStatus],
        selection: TargetSelection | None,
        namespace: str | None,
        after: int | None,
    ) -> Iterator[Job]:
        """Yield the jobs that match, oldest first, those created after the one with the order `after` if one is given."""
        below = -after if after is not None else None
        orders = [
            jobs.descending(below)
            for (status, selected, namespaced), jobs in self._orders.items()
            if status in statuses
            and (selection is None or selected is selection)
            and (namespace is None or namespaced == namespace)
        ]
        return merged(orders, _oldest_first) if orders else iter(())


def _place(job: Job) -> tuple[JobStatus, TargetSelection, str | None]:
    return job.status, job.target_selection, job.namespace_id


def token(listing: str, *position: int) -> str:
    """Return an opaque token that resumes a listing after a position.

    Args:
        listing: what is listed, so that the token of one list is refused by another.
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
