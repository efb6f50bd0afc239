"""AWS IoT Jobs for moto. Importing any of these names makes every mock of moto have them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import clock, devices, faults, messages, mqtt, quotas
    from .mock import mock_iot
    from .plugin.registration import activate, deactivate
    from .server import bridge

__all__ = [
    "activate",
    "bridge",
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

# Resolved when asked for: importing the package alone costs nothing, and pytest may do it for
# people who do not use it.
_HOMES = {
    "activate": "plugin.registration",
    "bridge": "server.bridge",
    "deactivate": "plugin.registration",
    "mock_iot": "mock",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    registration = import_module(f"{__name__}.plugin.registration")
    if name != "deactivate":
        registration.activate()
    home = _HOMES.get(name)
    module = import_module(f"{__name__}.{home or name}")
    return getattr(module, name) if home and name != "bridge" else module


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
