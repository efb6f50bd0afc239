"""Conventions of other emulators, for suites that were written against them."""

from __future__ import annotations

from typing import Any

from moto.core.config import default_user_config


def are_those_of_emulators() -> bool:
    """Return whether the mock was configured to follow other emulators where AWS does otherwise.

    Jobs' responses by MQTT reach every subscriber, the bodies of its errors name their type, and at
    a server an access key of twelve digits names the account.
    """
    settings: Any = default_user_config.get("iot_jobs") or {}
    return bool(settings.get("conventions") == "emulators")


def endpoints_are_strict() -> bool:
    """Tell whether the mock was configured to answer at an account's own endpoints only."""
    options: Any = default_user_config.get("iot_jobs") or {}
    return bool(options.get("endpoints") == "strict")


def searches_need_an_index() -> bool:
    """Return whether SearchIndex is an error while nothing is indexed, as at AWS.

    moto finds things then, and tests of its users rely on it.
    """
    options: Any = default_user_config.get("iot_jobs") or {}
    return bool(options.get("search_without_index") == "error")
