"""Services beside Jobs whose requests come as MQTT messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class TopicService(NamedTuple):
    """One service.

    Attributes:
        knows: tells whether a topic is that of a request to it.
        respond: carries a request out, given account, region, topic, payload, the URL of the server
            that took it (None in process), and the client id of the connection; returns the message
            of the response, or None.
        is_private: whether request and response concern the client alone, as with Jobs. A service
            that is not publishes its responses itself, and others may subscribe to requests too.
    """

    knows: Callable[[str], bool]
    respond: Callable[[str, str, str, bytes, str | None, str], Any]
    is_private: bool


def public_service(services: Iterable[TopicService], topic: str) -> TopicService | None:
    """Return the service that publishes its responses to a topic's requests.

    None if none does.
    """
    return next((each for each in services if not each.is_private and each.knows(topic)), None)
