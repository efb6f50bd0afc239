"""Routing of messages to sessions: subscriptions, shared groups and retained messages."""

from __future__ import annotations

from collections.abc import Iterator

from .budget import Budget
from .limits import Limits
from .packets import RetainHandling, Subscription
from .session import Delivery, Message, Session
from .subscriptions import Subscribers, SubscriptionTree
from .topics import has_wildcard, matches

Addressed = tuple[Session, Delivery]


class Router:
    """Subscriptions and retained messages. It sends nothing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tree = SubscriptionTree()
        self._retained: dict[str, Message] = {}
        self._retained_budget = Budget(limits.retained_bytes)

    def subscribe(
        self, session: Session, subscription: Subscription, is_new: bool, now: int
    ) -> list[Delivery]:
        """Route to a subscription that the session keeps.

        Return the retained messages for it.
        """
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
        """Remove a subscription.

        False if there was none.
        """
        if not session.unsubscribe(topic_filter):
            return False
        self._tree.remove(session, topic_filter)
        return True

    def forget(self, session: Session) -> None:
        """Remove all subscriptions of a session that has ended."""
        for topic_filter in list(session.subscriptions):
            self.unsubscribe(session, topic_filter)

    def retain(self, message: Message) -> bool:
        """Keep a message for later subscribers.

        An empty one removes that of its topic.

        False if there is no room.
        """
        topic = message.topic
        if not message.payload:
            self._drop_retained(topic)
            return True
        if topic not in self._retained and len(self._retained) >= self._limits.retained_messages:
            return False
        replaced = self._retained.get(topic)
        growth = message.size - (replaced.size if replaced is not None else 0)
        if growth > 0 and not self._retained_budget.take(growth):
            return False
        if growth < 0:
            self._retained_budget.release(-growth)
        self._retained[topic] = message
        return True

    def _drop_retained(self, topic: str) -> None:
        dropped = self._retained.pop(topic, None)
        if dropped is not None:
            self._retained_budget.release(dropped.size)

    def forget_retained(self) -> None:
        """Forget all retained messages."""
        self._retained.clear()
        self._retained_budget.release_all()

    def is_heard(self, topic: str) -> bool:
        """Return whether there is a subscription to a topic."""
        return any(level.subscribers or level.groups for level in self._tree.matching(topic))

    def recipients(self, message: Message, publisher: str | None) -> list[Addressed]:
        """Return the sessions that get a message, with their deliveries.

        Args:
            publisher: client id that No Local compares, if a client published the message.

        A session whose subscriptions overlap gets the message once, with the highest of their QoS
        and all of their identifiers (MQTT 5 section 3.3.4).
        """
        own: dict[Session, list[Subscription]] = {}
        addressed = []
        only = message.client_id
        for level in self._tree.matching(message.topic):
            for session, subscription in level.subscribers.items():
                if only in (None, session.client_id) and not (
                    subscription.no_local and session.client_id == publisher
                ):
                    own.setdefault(session, []).append(subscription)
            for members in level.groups.values() if only is None else ():
                session, subscription = _take_turns(members)
                addressed.append((session, _delivery(message, [subscription])))
        addressed += [
            (session, _delivery(message, subscriptions)) for session, subscriptions in own.items()
        ]
        return addressed

    def private(self, message: Message, session: Session, qos: int) -> Delivery:
        """Shape a message for one session.

        ``qos`` counts if the session did not subscribe to it.
        """
        found = [
            subscription
            for topic_filter, subscription in session.subscriptions.items()
            if matches(topic_filter, message.topic)
        ]
        return _delivery(message, found) if found else Delivery(message, min(qos, message.qos))

    def _retained_for(self, topic_filter: str) -> Iterator[Message]:
        if not has_wildcard(topic_filter):
            message = self._retained.get(topic_filter)
            if message is not None:
                yield message
        elif not topic_filter.startswith("$share/"):
            yield from (
                message for topic, message in self._retained.items() if matches(topic_filter, topic)
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
    """Return the next member of a shared group: connected ones first, in turn."""
    chosen = next((session for session in members if session.is_connected), None) or next(
        iter(members)
    )
    subscription = members.pop(chosen)
    members[chosen] = subscription
    return chosen, subscription
