"""Services beside Jobs whose requests come as MQTT messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from moto_iot_jobs.service.record import Record


def _never(_topic: str) -> bool:
    return False


class TopicService(Record):
    """One service.

    Attributes:
        knows: tells whether a topic is that of a request to it.
        respond: carries a request out, given account, region, topic, payload, the URL of the server
            that took it (None in process), and the client id of the connection; returns the message
            of the response, or None.
        is_private: whether request and response concern the client alone, as with Jobs. A service
            that is not publishes its responses itself, and others may subscribe to requests too.
        reserves: tells whether only the service publishes on a topic.
        rejects: tells whether a subscription to a topic filter ends the connection.
        publishes: filters of the topics that the service publishes on.
    """

    knows: Callable[[str], bool]
    respond: Callable[[str, str, str, bytes, str | None, str], Any]
    is_private: bool
    reserves: Callable[[str], bool] = _never
    rejects: Callable[[str], bool] = _never
    publishes: tuple[str, ...] = ()


def service_of(services: Iterable[TopicService], topic: str) -> TopicService | None:
    """Return the service that a topic is a request to, or None."""
    return next((each for each in services if each.knows(topic)), None)


def public_service(services: Iterable[TopicService], topic: str) -> TopicService | None:
    """Return the service that publishes its responses to a topic's requests.

    None if none does.
    """
    found = service_of(services, topic)
    return found if found is not None and not found.is_private else None


def private_service(services: Iterable[TopicService], topic: str) -> TopicService | None:
    """Return the service that responds to a topic's requests in private.

    None if none does.
    """
    found = service_of(services, topic)
    return found if found is not None and found.is_private else None
