"""The messages that were published lately, for tests and for whoever looks at a server."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from moto_iot_jobs.broker.topics import matches
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.events import Event
from moto_iot_jobs.service.regional import JobsService

from .notifications import announcements

# A fleet of thousands publishes more than anybody reads; what is older is forgotten.
LONGEST = 10_000

Subscriber = Callable[[Message], object]


class Log:
    """Turns what happens into messages, keeps the last of them, and hands them to subscribers.

    Attributes:
        server_url: where signed URLs in messages are to lead to; None in process.
    """

    def __init__(self) -> None:
        self.server_url: str | None = None
        self._messages: deque[Message] = deque(maxlen=LONGEST)
        self._subscribers: dict[int, tuple[str, Subscriber]] = {}
        self._numbers = 0
        self._listening = False

    def start(self) -> None:
        """Record from now on. Idempotent."""
        if not self._listening:
            self._listening = True
            runtime.delivery.happened.connect(self._take)
            runtime.ended.connect(self.clear)

    def clear(self) -> None:
        """Forget what was published."""
        self._messages.clear()
        runtime.delivery.discard()

    def published(self, topic_filter: str, region: str | None) -> list[Message]:
        """Return the messages whose topics match, oldest first."""
        runtime.delivery.deliver()
        return [
            message
            for message in tuple(self._messages)  # others may publish meanwhile
            if region in (None, message.region)
            and (topic_filter == "#" or matches(topic_filter, message.topic))
        ]

    def subscribe(self, topic_filter: str, subscriber: Subscriber) -> int:
        """Hand messages to a subscriber as they are published; return a number to end it by."""
        self._numbers += 1
        self._subscribers[self._numbers] = (topic_filter, subscriber)
        return self._numbers

    def unsubscribe(self, number: int) -> None:
        """End `subscribe`."""
        self._subscribers.pop(number, None)

    def _take(self, jobs: JobsService, events: list[Event], _cause: str) -> None:
        for event in events:
            for message in announcements(jobs, event, self.server_url):
                self._messages.append(message)
                for topic_filter, subscriber in list(self._subscribers.values()):
                    if topic_filter == "#" or matches(topic_filter, message.topic):
                        subscriber(message)


log = Log()
