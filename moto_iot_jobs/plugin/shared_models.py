"""Sharing of botocore's models among sessions, while IoT Jobs are in moto.

A mock of moto begins a new default session, and a session of botocore reads every model that it
needs again: most of the time of a test with a mock and two clients. Here a session gets a loader
that looks models up among those that were read before.

botocore calls an initializer for each new session (`botocore.register_initializer`), and a session
lets its loader be registered. Only botocore's own loader is stood in for, and only as long as what
it searches are the folders of the installed botocore and boto3, which do not change: with a folder
of the user's own (`AWS_DATA_PATH`, `data_path`, `~/.aws/models`), it reads as it always does.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any

import boto3
import botocore
from botocore import loaders
from botocore.loaders import JSONFileLoader, Loader

from moto_iot_jobs.runtime.configuration import setting

_INSTALLED = {Loader.BUILTIN_DATA_PATH, str(Path(boto3.__file__).parent / "data")}
# In a tuple, where libraries that replace the file system for a test do not look for it.
_FILE_SYSTEM = (os,)


class _Sharing:
    """The state of the sharing.

    Attributes:
        begun: whether IoT Jobs are in moto.
        by_default: whether mocks share models whose configuration does not say.
    """

    def __init__(self) -> None:
        self.begun = False
        self.by_default = True


sharing = _Sharing()
# Loaders of botocore's that outlive sessions, by the folders that they search.
_loaders: dict[tuple[str, ...], Loader] = {}
_loaded: dict[tuple[Any, ...], Any] = {}
_loading = RLock()


def begin_sharing() -> None:
    """Share models among the sessions that are made from now on. Idempotent."""
    if not sharing.begun:
        sharing.begun = True
        botocore.register_initializer(_share_models)


def end_sharing() -> None:
    """End `begin_sharing`. Idempotent.

    Sessions that are left load their models themselves from now on.
    """
    if sharing.begun:
        sharing.begun = False
        botocore.unregister_initializer(_share_models)


def _share_models(session: Any) -> None:
    """Let a new session of botocore share its models."""
    components = getattr(session, "_components", None)
    # Absent when a subclass, or another initializer, has given the session a loader of its own.
    make = getattr(components, "_deferred", {}).get("data_loader")
    chosen = setting("share_models")
    if make is not None and (sharing.by_default if chosen is None else chosen):
        session.lazy_register_component("data_loader", lambda: _sharing_loader(make()))


def _sharing_loader(loader: Loader) -> Loader:
    if type(loader) is not Loader or type(loader.file_loader) is not JSONFileLoader:
        return loader
    return SharingLoader(loader.search_paths, include_default_search_paths=False)


class SharingLoader(Loader):  # type: ignore[misc]
    """A loader of botocore that shares what it loads with others of its kind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own: dict[str, tuple[Any, str]] = {}

    def list_available_services(self, type_name: str) -> list[str]:
        """List the services that have a type of model."""
        return list(self._load("list_available_services", type_name))

    def list_api_versions(self, service_name: str, type_name: str) -> list[str]:
        """List the API versions that a service has a type of model for."""
        return list(self._load("list_api_versions", service_name, type_name))

    def determine_latest_version(self, service_name: str, type_name: str) -> str:
        """Return the last API version that a service has a type of model for."""
        latest: str = self._load("determine_latest_version", service_name, type_name)
        return latest

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        """Return a model of a service, extras included."""
        return self._load("load_service_model", service_name, type_name, api_version)

    def load_data_with_path(self, name: str) -> Any:
        """Return a file's data and the path that it was found at."""
        data, path = self._load("load_data_with_path", name)
        if name not in _CHANGED:
            return data, path
        if name not in self._own:
            self._own[name] = _CHANGED[name](data), path
        return self._own[name]

    def _load(self, method: str, *arguments: str | None) -> Any:
        own: Callable[..., Any] = getattr(super(), method)
        if not self._can_share():
            return own(*arguments)
        folders = tuple(self.search_paths)
        key = (folders, method, *arguments)
        if key not in _loaded:
            with _loading:
                loader = _loaders.get(folders) or _loaders.setdefault(folders, _of(folders))
                _loaded[key] = getattr(loader, method)(*arguments)
        return _loaded[key]

    def _can_share(self) -> bool:
        return (
            sharing.begun
            and loaders.os is _FILE_SYSTEM[0]
            and not any(
                path not in _INSTALLED and Path(path).is_dir() for path in self.search_paths
            )
        )


def _of(folders: tuple[str, ...]) -> Loader:
    return Loader(list(folders), include_default_search_paths=False)


class _OwnServices(OrderedDict[str, Any]):
    """Services of a partition, each copied before it is looked at."""

    def __init__(self, shared: dict[str, Any]) -> None:
        super().__init__(shared)
        self._copied: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if name not in self._copied and name in self:
            self[name] = _copied(super().__getitem__(name))
            self._copied.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


def _own_endpoints(shared: Any) -> Any:
    """Return the data of all endpoints for one session.

    botocore completes those of a service in place (`EndpointResolver._resolve`).
    """
    own = OrderedDict(shared)
    own["partitions"] = [
        OrderedDict({**each, "services": _OwnServices(each["services"])})
        for each in shared["partitions"]
    ]
    return own


def _copied(data: Any) -> Any:
    if isinstance(data, dict):
        return OrderedDict((key, _copied(value)) for key, value in data.items())
    return [_copied(each) for each in data] if isinstance(data, list) else data


# What botocore changes in place, with the way to copy it for one session. A partition gets its name
# in `RuleSetStandardLibrary.format_partition_output`.
_CHANGED: dict[str, Callable[[Any], Any]] = {"endpoints": _own_endpoints, "partitions": _copied}
