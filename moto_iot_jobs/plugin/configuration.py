"""The configuration of a mock: its settings of IoT Jobs, checked before it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from moto_iot_jobs.service.suggestions import suggestion

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig

    class Configuration(DefaultConfig, total=False):
        """moto's configuration of a mock, with ours."""

        iot_jobs: JobsConfiguration


class JobsConfiguration(TypedDict, total=False):
    """Settings of IoT Jobs.

    Attributes:
        command_subscriptions: "any" takes every subscription below `$aws/commands/`; "strict", the
            default, closes the connection of one that AWS does not take, as AWS does.
        conventions: "emulators" does as other emulators do where suites rely on it: responses by
            MQTT reach every subscriber, and bodies of errors name their type; "aws" by default.
        delete_queued_needs_force: whether QUEUED executions are deleted with force only.
        endpoints: "strict" answers data-plane requests at the account's own endpoints only, those
            that DescribeEndpoint returns, as AWS does; "any", the default, at all hosts.
        snapshot_membership_delay: seconds for which a SNAPSHOT job does not see that a thing has
            joined a group; 0 by default.
        search_without_index: "error" makes SearchIndex an error while nothing is indexed, as at
            AWS; "moto", the default, finds things then, as moto does.
        share_models: whether sessions of botocore that are made meanwhile share the models that
            they read; True by default.
    """

    command_subscriptions: Literal["any", "strict"]
    conventions: Literal["aws", "emulators"]
    delete_queued_needs_force: bool
    endpoints: Literal["any", "strict"]
    snapshot_membership_delay: float
    search_without_index: Literal["error", "moto"]
    share_models: bool


_SECTION = "iot_jobs"


def _is_delay(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


# By name: what a value has to be, in words, and the check of it.
_SETTINGS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "command_subscriptions": ("'any' or 'strict'", lambda value: value in ("any", "strict")),
    "conventions": ("'aws' or 'emulators'", lambda value: value in ("aws", "emulators")),
    "delete_queued_needs_force": ("True or False", _is_bool),
    "endpoints": ("'any' or 'strict'", lambda value: value in ("any", "strict")),
    "snapshot_membership_delay": ("a number of seconds", _is_delay),
    "search_without_index": ("'error' or 'moto'", lambda value: value in ("error", "moto")),
    "share_models": ("True or False", _is_bool),
}


def check_configuration(config: Mapping[str, Any] | None) -> None:
    """Check the settings of IoT Jobs in a mock's configuration.

    Args:
        config: moto's configuration.

    Raises:
        ValueError: there is no such setting, or no such value; the message says what to write
            instead.
    """
    if not config:
        return
    for name in config:
        if name != _SECTION and name.lower().replace("-", "_").strip("_") in _MISSPELLED:
            raise ValueError(f"config has {name!r}. Did you mean {_SECTION!r}?")
    settings = config.get(_SECTION)
    if settings is None:
        return
    if not isinstance(settings, Mapping):
        raise ValueError(f"config[{_SECTION!r}] must be a dict of settings; not {settings!r}.")
    for name, value in settings.items():
        if name not in _SETTINGS:
            raise ValueError(
                f"config[{_SECTION!r}] has no setting {name!r}.{suggestion(str(name), _SETTINGS)}"
                f" It is one of: {', '.join(_SETTINGS)}."
            )
        words, is_fine = _SETTINGS[name]
        if not is_fine(value):
            raise ValueError(f"config[{_SECTION!r}][{name!r}] must be {words}; not {value!r}.")


_MISSPELLED = {"iotjobs", "iot_job", "iotjob", "jobs", "iot_jobs", "moto_iot_jobs"}
