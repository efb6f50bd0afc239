"""Messages that devices and rules would have received, and requests by topic.

No socket is needed for either.

Messages are recorded from the import of this module on (a server records always), and forgotten
when the mock ends. Events (`$aws/events/…`) are published only when UpdateEventConfigurations
switched them on, as on AWS. Without a mock each function raises RuntimeError.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .broker.topics import is_valid_filter
from .iotjobsdata.message import Message
from .messaging.log import message_log
from .moto_api.client import RemoteMock, mock
from .moto_api.json_texts import json_text
from .runtime import mock_is_on, runtime
from .runtime.defaults import home_account, home_region

if TYPE_CHECKING:
    from .moto_api.client import Reach

__all__ = ["Message", "Messages", "Subscription", "clear", "published", "request", "subscribe"]

message_log.start()


class Subscription:
    """A subscription to messages.

    As a context manager it ends with the block, else by `cancel` or with the mock.
    """

    def __init__(self, topic: str, subscriber: Callable[[Message], object]) -> None:
        self._topic = topic
        self._ended = False
        self._subscription = message_log.subscribe(topic, subscriber)
        runtime.delivery.ticker.start()
        runtime.ended.connect(self._end_with_mock)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def cancel(self) -> None:
        """End the subscription, and warn of what the subscriber raised. Idempotent."""
        if self._ended:
            return
        self._ended = True
        runtime.ended.disconnect(self._end_with_mock)
        runtime.delivery.ticker.stop()
        message_log.unsubscribe(self._subscription)
        for error in self._subscription.failures:
            warnings.warn(f"A subscriber to {self._topic!r} raised {error!r}.", stacklevel=3)

    def _end_with_mock(self) -> None:
        # A reset within a mock forgets jobs, not who listens.
        if not mock_is_on() and not runtime.delivery.is_serving:
            self.cancel()


class Messages:
    """The messages of one mock.

    The functions of the module are those of the mock in this process.

    Args:
        reach: gives the mock.
    """

    def __init__(self, reach: Reach = mock) -> None:
        self._reach = reach

    def published(self, topic: str = "#", *, region: str | None = None) -> list[Message]:
        """Return the messages that were published, oldest first.

        The last ten thousand are kept.

        Args:
            topic: an MQTT topic filter, such as `$aws/things/+/jobs/notify-next`; everything by
                default.
            region: only those of one region.

        Raises:
            ValueError: it is no topic filter.
        """
        home = self._reach("messages.published()")
        _check_filter(topic)
        if isinstance(home, RemoteMock):
            return home.published(topic, region)
        # `message_log`, not `LocalMock`'s: a test may put `sys.modules` back, and this module's is
        # the one that was started.
        runtime.delivery.run_due_timers()
        return message_log.published(topic, region)

    def clear(self) -> None:
        """Forget what was published so far."""
        home = self._reach("messages.clear()")
        if isinstance(home, RemoteMock):
            home.clear_messages()
        else:
            message_log.clear()

    def request(
        self,
        topic: str,
        payload: Mapping[str, Any] | str | bytes = b"",
        *,
        region: str | None = None,
        account: str | None = None,
    ) -> Message | None:
        """Publish as a device does, and return the response.

        The response of Jobs is for the device alone; that of a shadow is published as well.

        Args:
            topic: a topic of the Jobs device API, such as `$aws/things/thing-1/jobs/start-next`,
                or of a shadow, such as `$aws/things/thing-1/shadow/update`.
            payload: members, or the payload as it is.
            region: the device's region; that of the environment by default, else us-east-1.
            account: the device's account; moto's default account by default.

        Returns:
            The message on `…/accepted` or `…/rejected`; None for a topic that is no request.
        """
        home = self._reach("messages.request()")
        if not isinstance(payload, bytes):
            payload = json_text("payload", payload).encode()
        return home.request(topic, payload, home_region(region), home_account(account))

    def subscribe(self, topic: str, subscriber: Callable[[Message], object]) -> Subscription:
        """Hand messages to a subscriber as they are published, and let time go on by itself.

        What becomes due (a timeout, a rollout) is published within a second, by a thread that
        never keeps the process alive.

        Args:
            topic: an MQTT topic filter.
            subscriber: called with each message, after the operation that led to it; it may call
                operations itself.

        Returns:
            The subscription, for `with`, or to be cancelled; it ends with the mock.

        Raises:
            RuntimeError: no mock is active; or moto's server mode is on, where messages are in
                another process: use MQTT there.
            ValueError: it is no topic filter.
        """
        if isinstance(self._reach("messages.subscribe()"), RemoteMock):
            raise RuntimeError(
                "subscribe() works in process; in moto's server mode connect to the server by MQTT."
            )
        _check_filter(topic)
        return Subscription(topic, subscriber)


def _check_filter(topic: object) -> None:
    if not isinstance(topic, str) or not is_valid_filter(topic):
        raise ValueError(
            f"{topic!r} is no MQTT topic filter: + stands for one level and # for the last ones,"
            " as in $aws/things/+/jobs/#."
        )


messages = Messages()
"""The messages of the mock in this process."""

published = messages.published
clear = messages.clear
request = messages.request
subscribe = messages.subscribe
