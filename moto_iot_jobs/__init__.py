"""AWS IoT Jobs for moto: a mock of the whole life of a job, on both planes and over MQTT."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import clock, devices, faults, messages, mqtt, quotas
    from .mock import activate, deactivate, mock_iot
    from .pytest_plugin.fixture import IotJobs
    from .pytest_plugin.server import ServerUrl

__all__ = [
    "IotJobs",
    "ServerUrl",
    "activate",
    "clock",
    "deactivate",
    "devices",
    "faults",
    "messages",
    "mock_iot",
    "mqtt",
    "quotas",
]
__version__ = "0.1.0"

_HOMES = {
    "IotJobs": "pytest_plugin.fixture",
    "ServerUrl": "pytest_plugin.server",
    "activate": "mock",
    "deactivate": "mock",
    "mock_iot": "mock",
}


def __getattr__(name: str) -> Any:
    # Imported late: importing the package alone costs nothing, and pytest may do it for people who
    # do not use it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
