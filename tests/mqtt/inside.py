"""Views into an endpoint that only its tests need."""

from __future__ import annotations

from moto_iot_jobs.broker.client import Client
from moto_iot_jobs.broker.listener import Endpoint


def clients_of(endpoint: Endpoint) -> list[Client]:
    """Return the clients that are connected."""
    return list(endpoint.broker._dispatcher.connected.values())
