"""The log of messages published last, for tests, the MQTT broker and the dashboard."""

from __future__ import annotations

from collections import deque

from moto_iot_jobs.broker.topics import matches
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.signals import Signal
from moto_iot_jobs.service.events import Event
from moto_iot_jobs.service.regional import JobsService

from .notifications import notifications

# A fleet of thousands publishes more than is ever read; older messages are forgotten.
MOST_MESSAGES = 10_000


class MessageLog:
    """Turns events into messages, keeps the last of them, and sends each to its receivers.

    Attributes:
        message_added: signal, sent with each message as it is published.
        server_url: base of signed URLs in messages; None in process.
    """

    def __init__(self) -> None:
        self.message_added: Signal[Message] = Signal()
        self.server_url: str | None = None
        self._messages: deque[Message] = deque(maxlen=MOST_MESSAGES)
        self._started = False

    def start(self) -> None:
        """Record from now on. Idempotent."""
        if not self._started:
            self._started = True
            runtime.delivery.happened.connect(self._record)
            runtime.ended.connect(self.clear)

    def clear(self) -> None:
        """Forget what was published."""
        self._messages.clear()
        runtime.delivery.discard()

    def published(self, topic_filter: str, region: str | None) -> list[Message]:
        """Return the messages whose topics match, oldest first.

        Args:
            topic_filter: an MQTT topic filter.
            region: only those of one region; None is of all.
        """
        runtime.delivery.deliver()
        return [
            message
            for message in tuple(self._messages)  # other threads may publish meanwhile
            if region in (None, message.region) and is_selected(message, topic_filter)
        ]

    def _record(self, jobs: JobsService, events: list[Event], _cause: str) -> None:
        for event in events:
            for message in notifications(jobs, event, self.server_url):
                self._messages.append(message)
                self.message_added.send(message)


def is_selected(message: Message, topic_filter: str) -> bool:
    """Tell whether a topic filter selects a message.

    `#` selects all, those on `$aws/…` included, which it does not at a broker.
    """
    return topic_filter == "#" or matches(topic_filter, message.topic)


message_log = MessageLog()
