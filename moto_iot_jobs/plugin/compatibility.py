"""The names that the plugin needs in moto, looked for once.

An upgrade that lacks one fails with a sentence.
"""

from __future__ import annotations

from importlib import import_module

import moto

# Tests check more of moto's inside (tests/aws/plugin/assumptions.py), against each version that is
# supported.
_NEEDED = (
    "backend_index.backend_url_patterns",
    "core.base_backend.backend_lock",
    "core.config.default_user_config",
    "core.models.MockAWS._decorate_callable",
    "core.models.MockAWS._enable_patching",
    "core.models.backend_index",
    "core.models.botocore_stubber",
    "core.models.responses_mock",
    "core.responses.ActionAuthenticatorMixin",
    "core.responses.BaseResponse.access_key_regex",
    "iot.models.iot_backends",
    "iot.models.IoTBackend._identify_thing_group",
    "iotdata.models.iotdata_backends",
    "moto_api.state_manager",
    "moto_api._internal.urls.url_paths",
)


def check_moto() -> None:
    """Look for every name that the plugin needs.

    Raises:
        RuntimeError: this version of moto lacks one.
    """
    for name in _NEEDED:
        if not _has(name):
            raise RuntimeError(
                f"moto-iot-jobs cannot work with moto {moto.__version__}, which has no moto.{name}."
                " Install a version of moto that it was tested with; the README's end names them."
            )


def _has(name: str) -> bool:
    """Return whether moto has something.

    The first part in capitals and the parts after it are attributes.
    """
    module, *attributes = _split(name)
    try:
        found: object = import_module(f"moto.{module}")
        for attribute in attributes:
            found = getattr(found, attribute)
    except (ImportError, AttributeError):
        return False
    return True


def _split(name: str) -> list[str]:
    parts = name.split(".")
    modules = next(
        (count for count, part in enumerate(parts) if not part.islower()), len(parts) - 1
    )
    return [".".join(parts[:modules]), *parts[modules:]]
