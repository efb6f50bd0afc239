"""The settings of IoT Jobs in moto's configuration, which `plugin/configuration.py` checks."""

from __future__ import annotations

from typing import Any

from moto.core.config import default_user_config


def setting(name: str) -> Any:
    """Return a setting of IoT Jobs, or None where the mock was not configured."""
    settings: Any = default_user_config.get("iot_jobs") or {}
    return settings.get(name)


def follows_emulators() -> bool:
    """Return whether the mock was configured to follow other emulators where AWS does otherwise.

    Jobs' responses by MQTT reach every subscriber, the bodies of its errors name their type, and at
    a server an access key of twelve digits names the account.
    """
    return bool(setting("conventions") == "emulators")


def endpoints_are_strict() -> bool:
    """Return whether the mock was configured to answer at an account's own endpoints only."""
    return bool(setting("endpoints") == "strict")


def searches_need_an_index() -> bool:
    """Return whether SearchIndex is an error while nothing is indexed, as at AWS.

    moto finds things then, and tests of its users rely on it.
    """
    return bool(setting("search_without_index") == "error")
