"""How the public modules reach what they move and order: in this process, or over HTTP in moto's server mode."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import requests
from moto import settings

from .iot import control, simulation

_PATH = "/moto-api/iot-jobs"


def is_remote() -> bool:
    """Tell whether moto's server mode is on, so that the mock is in another process."""
    return bool(settings.TEST_SERVER_MODE)


def now() -> int:
    """Return the mock's time in milliseconds since the epoch."""
    if is_remote():
        return int(_ask("GET", "/clock")["milliseconds"])
    return simulation.clock.now()


def advance(milliseconds: int) -> None:
    """Move the mock's time. Raises ValueError when it would go back."""
    if is_remote():
        _ask("POST", "/clock/advance", {"seconds": milliseconds / 1000})
    else:
        control.advance(milliseconds)


def order_fault(operation: str, error: str, times: int | None, service: str | None) -> int:
    """Order an error and return the order's number. Raises ValueError for what no operation gives."""
    if is_remote():
        order: dict[str, object] = {"operation": operation, "error": error, "times": times, "service": service}
        return int(_ask("POST", "/faults", order)["number"])
    return control.order_fault(operation, error, times, service)


def cancel_fault(number: int) -> None:
    """Take an order back."""
    if is_remote():
        _ask("DELETE", f"/faults?number={number}")
    else:
        simulation.faults.cancel(number)


def clear_faults() -> None:
    """Take all orders back."""
    if is_remote():
        _ask("DELETE", "/faults")
    else:
        simulation.faults.clear()


def published(topic: str, region: str | None) -> list[dict[str, Any]]:
    """Return what a server published: topic, milliseconds, region and payload of each message."""
    query = urlencode({"topic": topic} | ({"region": region} if region is not None else {}))
    messages: list[dict[str, Any]] = _ask("GET", f"/messages?{query}")["messages"]
    return messages


def request(topic: str, payload: str, region: str, account: str) -> dict[str, Any] | None:
    """Play a device at a server, and return the answer's topic, milliseconds, region and payload."""
    told = {"topic": topic, "payload": payload, "region": region, "account": account}
    answer: dict[str, Any] | None = _ask("POST", "/messages", told)["answer"]
    return answer


def clear_messages() -> None:
    """Let a server forget what it published."""
    _ask("DELETE", "/messages")


def _ask(method: str, path: str, members: Any = None) -> dict[str, Any]:
    url = f"{settings.test_server_mode_endpoint()}{_PATH}{path}"
    response = requests.request(method, url, json=members, timeout=30)
    answer: dict[str, Any] = response.json()
    if response.status_code == 400:
        raise ValueError(answer["message"])
    response.raise_for_status()
    return answer
