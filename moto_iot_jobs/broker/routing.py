"""Which sessions get a message, and in what shape: subscriptions, shared groups and retained
messages.
"""

from __future__ import annotations

from collections.abc import Iterator

from .limits import Limits
from .packets import RetainHandling, Subscription
from .session import Delivery, Message, Session
from .subscriptions import Subscribers, SubscriptionTree
from .topics import has_wildcard, matches

Addressed = tuple[Session, Delivery]


class Router:
    """Keeps who subscribed to what and what was retained; sends nothing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tree = SubscriptionTree(limits.hash_matches_parent)
        self._retained: dict[str, Message] = {}

    def subscribe(self, session: Session, subscription: Subscription, now: int) -> list[Delivery]:
        """Adds or replaces a subscription; returns the retained messages that it brings."""
        is_new = subscription.topic_filter not in session.subscriptions
        session.subscriptions[subscription.topic_filter] = subscription
        self._tree.add(session, subscription)
        handling = subscription.retain_handling
        if handling is RetainHandling.DO_NOT_SEND or (
            handling is RetainHandling.SEND_IF_NEW and not is_new
        ):
            return []
        found = (
            message
            for message in self._retained_for(subscription.topic_filter)
            if not message.is_expired(now)
        )
        return [_delivery(message, [subscription], retained=True) for message in found]

    def unsubscribe(self, session: Session, topic_filter: str) -> bool:
        """Removes a subscription; False if there was none."""
        if session.subscriptions.pop(topic_filter, None) is None:
            return False
        self._tree.remove(session, topic_filter)
        return True

    def forget(self, session: Session) -> None:
        """Removes all subscriptions of a session that has ended."""
        for topic_filter in list(session.subscriptions):
            self.unsubscribe(session, topic_filter)

    def retain(self, message: Message) -> bool:
        """Keeps the message for later subscribers, or forgets its topic if it is empty.

        False if there is no room for one more topic.
        """
        if not message.payload:
            self._retained.pop(message.topic, None)
        elif (
            message.topic in self._retained or len(self._retained) < self._limits.retained_messages
        ):
            self._retained[message.topic] = message
        else:
            return False
        return True

    def forget_retained(self) -> None:
        """Forgets all retained messages."""
        self._retained.clear()

    def recipients(self, message: Message, publisher: str | None) -> list[Addressed]:
        """Who gets the message; ``publisher`` is the client id that No Local compares, if a client
        published it.

        A session whose subscriptions overlap gets the message once, with the highest of their QoS
        and all of their identifiers (MQTT 5 section 3.3.4).
        """
        own: dict[Session, list[Subscription]] = {}
        addressed = []
        for level in self._tree.matching(message.topic):
            for session, subscription in level.subscribers.items():
                if not (subscription.no_local and session.client_id == publisher):
                    own.setdefault(session, []).append(subscription)
            for members in level.groups.values():
                session, subscription = _take_turns(members)
                addressed.append((session, _delivery(message, [subscription])))
        addressed += [
            (session, _delivery(message, subscriptions)) for session, subscriptions in own.items()
        ]
        return addressed

    def private(self, message: Message, session: Session, qos: int) -> Delivery:
        """A message for one session whether or not it subscribed; ``qos`` counts if it did not."""
        found = [
            subscription
            for topic_filter, subscription in session.subscriptions.items()
            if matches(topic_filter, message.topic, self._limits.hash_matches_parent)
        ]
        return _delivery(message, found) if found else Delivery(message, min(qos, message.qos))

    def _retained_for(self, topic_filter: str) -> Iterator[Message]:
        if not has_wildcard(topic_filter):
            message = self._retained.get(topic_filter)
            if message is not None:
                yield message
        elif self._limits.retained_for_wildcards and not topic_filter.startswith("$share/"):
            parent = self._limits.hash_matches_parent
            yield from (
                message
                for topic, message in self._retained.items()
                if matches(topic_filter, topic, parent)
            )


def _delivery(
    message: Message, subscriptions: list[Subscription], retained: bool = False
) -> Delivery:
    return Delivery(
        message,
        min(message.qos, max(subscription.qos for subscription in subscriptions)),
        retained
        or (
            message.retain
            and any(subscription.retain_as_published for subscription in subscriptions)
        ),
        tuple(
            subscription.identifier
            for subscription in subscriptions
            if subscription.identifier is not None
        ),
    )


def _take_turns(members: Subscribers) -> tuple[Session, Subscription]:
    """The member of a shared group whose turn it is: connected ones first, the one that waited
    longest among them.
    """
    chosen = next((session for session in members if session.is_connected), None) or next(
        iter(members)
    )
    subscription = members.pop(chosen)
    members[chosen] = subscription
    return chosen, subscription
