"""Subscriptions in a tree of topic levels.

The cost of finding a topic's subscribers does not depend on the number of other subscriptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .packets import Subscription
from .session import Session
from .topics import split_share

Subscribers = dict[Session, Subscription]


@dataclass(slots=True)
class Level:
    """Subscribers to exactly one filter.

    Attributes:
        subscribers: sessions that get each message.
        groups: shared subscriptions, of which one member gets each message.
    """

    children: dict[str, Level] = field(default_factory=dict)
    subscribers: Subscribers = field(default_factory=dict)
    groups: dict[str, Subscribers] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True if the level can be removed."""
        return not (self.children or self.subscribers or self.groups)


class SubscriptionTree:
    """The subscriptions of all sessions."""

    def __init__(self) -> None:
        self._root = Level()

    def add(self, session: Session, subscription: Subscription) -> None:
        """Add or replace a session's subscription to a filter."""
        share, topic_filter = split_share(subscription.topic_filter)
        level = self._root
        for name in topic_filter.split("/"):
            level = level.children.setdefault(name, Level())
        members = level.groups.setdefault(share, {}) if share else level.subscribers
        members[session] = subscription

    def remove(self, session: Session, topic_filter: str) -> None:
        """Remove a subscription that was added, and the levels that are empty then."""
        share, proper = split_share(topic_filter)
        names = proper.split("/")
        path = [self._root]
        for name in names:
            path.append(path[-1].children[name])
        members = path[-1].groups[share] if share else path[-1].subscribers
        del members[session]
        if share and not members:
            del path[-1].groups[share]
        for name in reversed(names):
            if not path.pop().is_empty:
                break
            del path[-1].children[name]

    def matching(self, topic: str) -> Iterator[Level]:
        """Yield the levels whose subscribers and groups get what is published to a topic."""
        names = topic.split("/")
        wildcards = not topic.startswith("$")
        current = [self._root]
        for depth, name in enumerate(names):
            following: list[Level] = []
            for level in current:
                if wildcards or depth:
                    yield from self._hash(level)
                    following.extend(
                        child for child in (level.children.get("+"),) if child is not None
                    )
                exact = level.children.get(name)
                if exact is not None:
                    following.append(exact)
            current = following
        for level in current:
            yield level
            yield from self._hash(level)

    def _hash(self, level: Level) -> Iterator[Level]:
        child = level.children.get("#")
        if child is not None:
            yield child
