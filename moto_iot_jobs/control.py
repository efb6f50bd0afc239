"""How the public modules reach what they move and order: in this process, or over HTTP in moto's server mode."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import requests
from moto import settings

from .iot import control, simulation
from .iot.fault_orders import PendingFault
from .iot.quotas import quotas

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


def order_fault(members: dict[str, Any]) -> int:
    """Order a fault by the members of a request and return the order's number. Raises ValueError for what makes no sense."""
    if is_remote():
        return int(_ask("POST", "/faults", members)["number"])
    return control.order_fault(members)


def end_fault(number: int) -> None:
    """Take an order back whose time is over; if it was not met, it stays pending."""
    if is_remote():
        _ask("DELETE", f"/faults?number={number}&ended=true")
    else:
        simulation.faults.end(number)


def pending_faults() -> list[PendingFault]:
    """Return what was ordered and not met."""
    if is_remote():
        return [PendingFault(**members) for members in _ask("GET", "/faults")["pending"]]
    return simulation.faults.pending()


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


def enforce_quotas(numbers: dict[str, Any]) -> int:
    """Enforce quotas and return a number to end it by. Raises ValueError for a quota or number that there is not."""
    if is_remote():
        return int(_ask("POST", "/quotas", numbers)["number"])
    return control.enforce_quotas(numbers)


def lift_quotas(number: int) -> None:
    """End one enforcement of quotas."""
    if is_remote():
        _ask("DELETE", f"/quotas?number={number}")
    else:
        quotas.lift(number)


def clear_quotas() -> None:
    """End all enforcement of quotas."""
    if is_remote():
        _ask("DELETE", "/quotas")
    else:
        quotas.clear()


def enforced_quotas() -> dict[str, float]:
    """Return the numbers that are enforced, by the names of quotas."""
    if is_remote():
        return dict(_ask("GET", "/quotas")["enforced"])
    return quotas.enforced()


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
