"""The log of messages published last, and its subscribers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from moto_iot_jobs.broker.printable import printable
from moto_iot_jobs.broker.topics import selects
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.delivery import EventBatch
from moto_iot_jobs.service.events import PendingChanged
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.lazy import lazy

from .notifications import notifications

# A fleet of thousands publishes more than is ever read; older messages are forgotten.
MOST_MESSAGES = 10_000

# A subscriber may wait for something that takes longer.
_PAUSE_SECONDS = 0.001
_MOST_PAUSES = 50

Subscriber: TypeAlias = Callable[[Message], object]

logger = logging.getLogger(__name__)


class Subscription:
    """A subscriber, and the messages that wait for it.

    Messages come in order, one at a time, whichever threads publish; no thread waits for another.

    Args:
        topic_filter: an MQTT topic filter.
        subscriber: called with each message that matches; it may call operations.

    Attributes:
        failures: what the subscriber raised.
    """

    def __init__(self, topic_filter: str, subscriber: Subscriber) -> None:
        self.failures: list[BaseException] = []
        self._filter = topic_filter
        self._subscriber = subscriber
        self._waiting: deque[Message] = deque()
        self._turn = threading.Lock()
        self._thread = 0

    @property
    def is_behind(self) -> bool:
        """True while another thread hands out, and messages wait."""
        return bool(self._waiting) and self._thread != threading.get_ident()

    def offer(self, message: Message) -> None:
        """Keep a message for the subscriber, if it matches."""
        if is_selected(message, self._filter):
            self._waiting.append(message)

    def hand_out(self) -> BaseException | None:
        """Call the subscriber with what waits, unless a thread does so already: it goes on.

        Returns:
            What the subscriber would end the main thread with, or None.
        """
        end: BaseException | None = None
        # Looked at again after the release: what came meanwhile would wait for the next message.
        while self._waiting and self._turn.acquire(blocking=False):
            self._thread = threading.get_ident()
            try:
                while self._waiting:
                    end = self._call(self._waiting.popleft()) or end
            finally:
                self._turn.release()
        return end

    def _call(self, message: Message) -> BaseException | None:
        try:
            self._subscriber(message)
        except BaseException as error:
            # pytest.fail and SystemExit are for the main thread. Others serve, or let time go on.
            if not isinstance(error, Exception) and _is_main_thread():
                return error
            # The operation has been carried out, and others subscribe as well.
            logger.exception("a subscriber to %s failed", self._filter)
            self.failures.append(error)
        return None


class _Circumstances(NamedTuple):
    """The circumstances that changes published together share."""

    jobs: JobsService
    server_url: str | None
    published: Mapping[str, bool]


class _Change:
    """A change of a thing's pending list, with the messages that it led to."""

    def __init__(self, event: PendingChanged, circumstances: _Circumstances) -> None:
        self._event = event
        # Not the batch, which has all that happened with it.
        self._circumstances = circumstances

    @lazy
    def messages(self) -> list[Message]:
        """The messages, at least one."""
        jobs, server_url, published = self._circumstances
        return list(notifications(jobs, self._event, server_url, published))


class MessageLog:
    """Turns events into messages, keeps the last of them, and hands them to subscribers.

    Attributes:
        server_url: base of signed URLs in messages; None in process.
    """

    def __init__(self) -> None:
        self.server_url: str | None = None
        # Changes of pending lists become messages when these are looked at; each becomes at least
        # one, so that none of the last messages is forgotten.
        self._messages: deque[Message | _Change] = deque(maxlen=MOST_MESSAGES)
        self._subscriptions: tuple[Subscription, ...] = ()
        self._never = threading.Event()

    def start(self) -> None:
        """Record from now on. Idempotent."""
        runtime.delivery.events_published.connect(self._record)
        runtime.delivery.posted.connect(self._record_posted)
        runtime.delivery.delivered.connect(self._hand_out)
        runtime.slices.sliced.connect(self._let_subscribers_catch_up)
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
            for message in self._written()
            if region in (None, message.region) and is_selected(message, topic_filter)
        ]

    def _written(self) -> Sequence[Message]:
        written: list[Message] = []
        for each in tuple(self._messages):  # other threads may publish meanwhile
            if isinstance(each, Message):
                written.append(each)
            else:
                written += each.messages
        return written[-MOST_MESSAGES:]

    def subscribe(self, topic_filter: str, subscriber: Subscriber) -> Subscription:
        """Hand messages to a subscriber as they are published, until `unsubscribe`."""
        subscription = Subscription(topic_filter, subscriber)
        self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription. Idempotent."""
        self._subscriptions = tuple(
            each for each in self._subscriptions if each is not subscription
        )

    def _record(self, batch: EventBatch) -> None:
        is_read_later = not self._subscriptions and not runtime.faults.injected
        circumstances = _Circumstances(batch.jobs, self.server_url, batch.published)
        for event in batch.events:
            if is_read_later and type(event) is PendingChanged and event.list_changed_in:
                self._messages.append(_Change(event, circumstances))
                continue
            for message in notifications(batch.jobs, event, self.server_url, batch.published):
                self._publish(message)

    def _record_posted(
        self, account: str, region: str, topic: str, at: int, write: Callable[[], bytes]
    ) -> None:
        self._publish(Message(topic, at, region, write, account))

    def _publish(self, message: Message) -> None:
        effect = runtime.faults.take_message(message.topic) if runtime.faults.injected else None
        if effect is not None:
            logger.info("a message on %s meets a fault: %s", printable(message.topic), effect)
        match effect.message if effect is not None else None:
            case None:
                self._keep(message)
            case "repeated":
                self._keep(message)
                self._keep(message)
            case "delayed":
                assert effect is not None
                due = runtime.clock.now() + round(effect.seconds * 1000)
                runtime.delivery.later(due, partial(self._keep, message))

    def _keep(self, message: Message) -> None:
        self._messages.append(message)
        for subscription in self._subscriptions:
            subscription.offer(message)

    def _hand_out(self) -> None:
        ends = [subscription.hand_out() for subscription in self._subscriptions]
        for end in ends:
            if end is not None:  # only now that all have heard
                raise end

    def _let_subscribers_catch_up(self) -> None:
        """Wait a little while another thread hands out, which would have to go on and on."""
        for _ in range(_MOST_PAUSES):
            if not any(subscription.is_behind for subscription in self._subscriptions):
                return
            self._never.wait(_PAUSE_SECONDS)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def is_selected(message: Message, topic_filter: str) -> bool:
    """Return whether a topic filter selects a message.

    `#` selects all, those on `$aws/…` included, which it does not at a broker.
    """
    return selects(topic_filter, message.topic)


message_log = MessageLog()
