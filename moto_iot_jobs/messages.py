"""What devices and rules would have received, and a way to play a device without any socket.

Messages are recorded from the moment this module is imported (a server records always), and
forgotten when the mock ends. Events (`$aws/events/…`) are published only when
UpdateEventConfigurations switched them on, as on AWS.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.defaults import home_region

from .iotjobsdata.message import Message
from .messaging.log import message_log
from .moto_api.client import is_remote, mock
from .plugin.registration import activate

__all__ = ["Message", "clear", "published", "request", "subscribe"]

activate()
message_log.start()


def published(topic: str = "#", *, region: str | None = None) -> list[Message]:
    """Return the messages that were published, oldest first; the last ten thousand are kept.

    Args:
        topic: an MQTT topic filter, such as `$aws/things/+/jobs/notify-next`; everything by
            default.
        region: only those of one region.
    """
    # `log`, not `LocalMock`'s: a test may put `sys.modules` back, and this module's is the one that
    # was started.
    if is_remote():
        return mock().published(topic, region)
    runtime.delivery.run_due_timers()
    return message_log.published(topic, region)


def clear() -> None:
    """Forget what was published so far."""
    mock().clear_messages()


def request(
    topic: str,
    payload: Mapping[str, Any] | str | bytes = b"",
    *,
    region: str | None = None,
    account: str = "123456789012",
) -> Message | None:
    """Publish as a device does, and return the response.

    The response of Jobs is for the device alone; that of a shadow is published as well.

    Args:
        topic: a topic of the Jobs device API, such as `$aws/things/thing-1/jobs/start-next`, or of
            a shadow, such as `$aws/things/thing-1/shadow/update`.
        payload: members, or the payload as it is.
        region: the device's region; that of the environment by default, else us-east-1.
        account: the device's account.

    Returns:
        The message on `…/accepted` or `…/rejected`; None for a topic that is no request.
    """
    region = home_region(region)
    if isinstance(payload, Mapping):
        payload = json.dumps(payload)
    if isinstance(payload, str):
        payload = payload.encode()
    return mock().request(topic, payload, region, account)


@contextmanager
def subscribe(topic: str, subscriber: Callable[[Message], None]) -> Iterator[None]:
    """Within the block, hand messages to a subscriber as they are published, and let time go on by
    itself.

    What becomes due (a timeout, a rollout) is published within a second, by a thread that never
    keeps the process alive.

    Args:
        topic: an MQTT topic filter.
        subscriber: called with each message, after the operation that led to it; it may call
            operations itself.

    Raises:
        RuntimeError: in moto's server mode, where messages are in another process; use MQTT there.
    """
    if is_remote():
        raise RuntimeError(
            "subscribe() works in process; in moto's server mode connect to the server by MQTT."
        )
    subscription = message_log.subscribe(topic, subscriber)
    runtime.delivery.ticker.start()
    try:
        yield
    finally:
        runtime.delivery.ticker.stop()
        message_log.unsubscribe(subscription)
        for error in subscription.failures:
            warnings.warn(f"A subscriber to {topic!r} raised {error!r}.", stacklevel=3)
