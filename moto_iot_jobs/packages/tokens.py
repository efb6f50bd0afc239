"""Client tokens, and pages with their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from moto_iot_jobs.service.errors import InvalidInput
from moto_iot_jobs.service.listing import page_token, position

PAGE_SIZE = 100
# A retry follows its request closely; older tokens are forgotten.
_KEPT_FOR_EACH_RESOURCE = 20

Item = TypeVar("Item")
Resource = tuple[str, ...]


class ClientTokens:
    """The latest requests that changed something, by token, so that a retry does nothing.

    They are forgotten with the resource that they changed.
    """

    def __init__(self) -> None:
        self._seen: dict[Resource, dict[str, object]] = {}

    def is_retry(self, resource: Resource, token: str | None, request: object) -> bool:
        """Return whether the same request with the same token was carried out before."""
        return token is not None and self._seen.get(resource, {}).get(token) == request

    def remember(self, resource: Resource, token: str | None, request: object) -> None:
        """Keep a request that was carried out."""
        if token is None:
            return
        seen = self._seen.setdefault(resource, {})
        seen[token] = request
        while len(seen) > _KEPT_FOR_EACH_RESOURCE:
            del seen[next(iter(seen))]

    def forget(self, resource: Resource) -> None:
        """Forget the requests that changed a resource."""
        self._seen.pop(resource, None)


def page(
    items: Mapping[str, Item], listing: str, size: int | None, token: str | None
) -> tuple[list[Item], str | None]:
    """Return a page of items in the order of their names, and the token of the next page.

    Args:
        items: by name.
        listing: name of the list, so that the token of one is an error in another.
        size: at most so many; None is as many as AWS gives.
        token: of the page before.

    Raises:
        InvalidInput: the token is not one of this list.
    """
    after = position(token, listing, kind=str, error=InvalidInput)
    names = sorted(name for name in items if after is None or name > after[0])
    shown = names[: size or PAGE_SIZE]
    more = len(shown) < len(names)
    return [items[name] for name in shown], page_token(listing, shown[-1]) if more else None
