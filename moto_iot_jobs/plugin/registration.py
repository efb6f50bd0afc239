"""Registration of IoT Jobs in moto, and its undoing.

All of it begins in `_register` and ends in `_unregister`, and no function of moto is replaced: the
classes that moto makes backends of iot and of iot-data of get a mixin in front, the new service
`iotjobsdata` is put where moto imports services from, the hosts that moto does not know are put in
front of those it does, `/moto-api` gets a few paths more, CloudFormation a few types of resources,
moto's handler of botocore's requests gets a mixin in front too, clients that are older than that
handler get it, and sessions of botocore get an initializer. What is running already (a mock, its
backends) is brought along in both directions.

Jobs are in moto as long as a mock of ours runs (`begin_mock`, `end_mock`), or for good after
`activate`.
"""

from __future__ import annotations

import re
import sys
import warnings
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from moto.backend_index import backend_url_patterns
from moto.core import models
from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends
from moto.iotdata.models import iotdata_backends
from moto.moto_api import state_manager
from moto.moto_api._internal.urls import url_paths as moto_api_paths
from responses import CallbackResponse

from moto_iot_jobs import iotjobsdata
from moto_iot_jobs.iot import stack_types, stacks
from moto_iot_jobs.iot import urls as iot_urls
from moto_iot_jobs.iot.models import DELETION_MODEL, IoTJobsMixin, has_jobs
from moto_iot_jobs.iot.thing_groups import presence_changed
from moto_iot_jobs.iotdata import urls as iotdata_urls
from moto_iot_jobs.iotdata.models import IoTDataMixin
from moto_iot_jobs.iotjobsdata import urls as iotjobsdata_urls
from moto_iot_jobs.moto_api import paths
from moto_iot_jobs.runtime import neighbour_state, runtime
from moto_iot_jobs.runtime.forks import finish_before_forks
from moto_iot_jobs.wire.service_api import NEIGHBOURS

from . import endpoints
from .early_clients import serve_early_clients
from .fast_path import ShortcutMixin
from .shared_models import begin_sharing, end_sharing

_SERVICE = "moto.iotjobsdata"


_patterns: list[tuple[Any, re.Pattern[str]]] = []
_callbacks: list[CallbackResponse] = []
_with_jobs: dict[Any, Any] = {}
_with_shadows: dict[Any, Any] = {}
_stubbers: dict[Any, Any] = {}


class _Activation:
    """The reasons for which Jobs are in moto: `activate`, and the mocks of ours that run."""

    def __init__(self) -> None:
        self.lasts = False
        self.mocks = 0


_activation = _Activation()


def _finish_imports() -> None:
    if is_active():
        from .late_imports import import_all

        import_all()


finish_before_forks(_finish_imports)


def activate() -> None:
    """Make every mock of moto, running or to come, one that has IoT Jobs, for good. Idempotent."""
    with backend_lock:
        _activation.lasts = True
        endpoints.note_configured()
        _register()


def deactivate() -> None:
    """End `activate`: leave moto as if this package had never been imported. Idempotent.

    Jobs are forgotten, but for those of a `mock_iot` that is running: it keeps them until its end.

    Raises:
        RuntimeError: another plugin was put on top of this one since.
    """
    with backend_lock:
        _activation.lasts = False
        if not _activation.mocks and is_active():
            _unregister()
            _forget()


def begin_mock() -> None:
    """Put Jobs into moto until as many `end_mock` follow."""
    with backend_lock:
        _activation.mocks += 1
        if _activation.mocks == 1:
            endpoints.begin()
        _register()


def end_mock() -> None:
    """End one `begin_mock`.

    After the last one moto is as it was before.

    Jobs stay in the backends that have them, out of sight: moto stops a mock between the setUp of
    a TestCase and its test, and forgets nothing then.
    """
    with backend_lock:
        _activation.mocks -= 1
        if not _activation.mocks:
            endpoints.end()
        if _activation.mocks or _activation.lasts:
            return
        try:
            _unregister()
        except RuntimeError as problem:
            warnings.warn(f"IoT Jobs stay active. {problem}", stacklevel=2)


@cache
def _neighbours() -> list[Any]:
    """Return the modules that put the neighbours of Jobs beside it."""
    rooms = [f"moto_iot_jobs.{room}.neighbour" for room in NEIGHBOURS]
    return [import_module(room) for room in rooms if find_spec(room.rpartition(".")[0])]


def is_active() -> bool:
    """Return whether moto has IoT Jobs now."""
    return has_jobs()


def _register() -> None:
    if is_active():
        return
    state_manager.register_default_transition(DELETION_MODEL, {"progression": "immediate"})
    stacks.add_jobs()
    for neighbour in _neighbours():
        neighbour.plug_in()
    _swap(iot_backends, with_jobs(iot_backends.backend))
    _begin()
    _extend_iot_data()
    sys.modules[_SERVICE] = iotjobsdata
    _register_hosts()
    _open_the_shortcut()
    serve_early_clients()
    begin_sharing()
    paths.plug_in(moto_api_paths)
    runtime.delivery.serving_began.connect(_record_for_the_dashboard)


def _record_for_the_dashboard() -> None:
    # Imported late: only servers have one.
    from moto_iot_jobs.introspection.dashboard import record

    record()


def _unregister() -> None:
    without = [backend for backend, ours in _with_jobs.items() if ours is iot_backends.backend]
    if not without:
        raise RuntimeError(
            "Another plugin has put a class on top of moto-iot-jobs; take that one out first."
        )
    _swap(iot_backends, without[0])
    _restore_iot_data()
    sys.modules.pop(_SERVICE, None)
    _unregister_hosts()
    _close_the_shortcut()
    end_sharing()
    paths.pull_out(moto_api_paths)
    for neighbour in _neighbours():
        neighbour.pull_out()
    stack_types.remove_all()


def with_jobs(backend: Any) -> Any:
    """Return the class of iot backends with jobs, on top of another class of iot backends.

    It is always the same one.
    """
    if backend not in _with_jobs:
        # moto takes the second part of a class's module for its service.
        attributes = {"__module__": IoTJobsMixin.__module__}
        _with_jobs[backend] = type(backend.__name__, (_mixin(), backend), attributes)
    return _with_jobs[backend]


def _mixin() -> type:
    try:
        from moto_iot_jobs.iot.tagging import TaggableJobsMixin
    except ImportError:
        # moto before 5.2.2 looks for tagged resources in services that it knows by name only.
        return IoTJobsMixin
    return TaggableJobsMixin


def _swap(backends: Any, backend_class: Any) -> None:
    """Make moto use a class for the backends of a service, those that live already included."""
    backends.backend = backend_class
    for account in backends.values():
        account.backend = backend_class
        for backend in account.values():
            backend.__class__ = backend_class


def _begin() -> None:
    for account in iot_backends.values():
        for backend in account.values():
            # One that has jobs from an earlier mock within the same outer one keeps them.
            if not hasattr(backend, "iot_jobs"):
                backend.begin_iot_jobs()  # type: ignore[attr-defined]


def _forget() -> None:
    for account in iot_backends.values():
        for backend in account.values():
            vars(backend).pop("iot_jobs", None)


def _extend_iot_data() -> None:
    without: Any = iotdata_backends.backend
    if not issubclass(without, IoTDataMixin):
        if without not in _with_shadows:
            attributes = {"__module__": IoTDataMixin.__module__}
            _with_shadows[without] = type(without.__name__, (IoTDataMixin, without), attributes)
        _swap(iotdata_backends, _with_shadows[without])
    runtime.topic_services.append(iotdata_urls.shadow_topics)
    neighbour_state.readers["shadows"] = iotdata_urls.shadows_shown
    runtime.presence.changed.connect(presence_changed)
    runtime.thing_created.connect(iotdata_urls.thing_created)
    runtime.thing_deleted.connect(iotdata_urls.thing_deleted)


def _restore_iot_data() -> None:
    backend: Any = iotdata_backends.backend
    if backend.__bases__[0] is IoTDataMixin:
        _swap(iotdata_backends, backend.__bases__[1])
    services = runtime.topic_services
    services[:] = [each for each in services if each is not iotdata_urls.shadow_topics]
    neighbour_state.readers.pop("shadows", None)
    runtime.presence.changed.disconnect(presence_changed)
    runtime.thing_created.disconnect(iotdata_urls.thing_created)
    runtime.thing_deleted.disconnect(iotdata_urls.thing_deleted)


def _register_hosts() -> None:
    if not _patterns:
        ours = [("iotjobsdata", base) for base in iotjobsdata_urls.url_bases]
        ours += [("iot", base) for base in iot_urls.further_url_bases]
        _patterns.extend((service, re.compile(base)) for service, base in ours)
    # In front: moto takes every host with "s3" in it for S3, and an account's prefix may have that.
    backend_url_patterns[:0] = _patterns
    for _, pattern in _patterns:
        _respond_in_running_mock(pattern)


def _unregister_hosts() -> None:
    for entry in _patterns:
        backend_url_patterns.remove(entry)
    for callback in _callbacks:
        # moto forgets them all when it resets.
        with suppress(ValueError):
            models.responses_mock.remove(callback)
    _callbacks.clear()


def _open_the_shortcut() -> None:
    stubber: Any = models.botocore_stubber
    without = type(stubber)
    if issubclass(without, ShortcutMixin):
        return
    if without not in _stubbers:
        _stubbers[without] = type(without.__name__, (ShortcutMixin, without), {})
    stubber.__class__ = _stubbers[without]


def _close_the_shortcut() -> None:
    stubber: Any = models.botocore_stubber
    if type(stubber).__bases__[0] is ShortcutMixin:
        stubber.__class__ = type(stubber).__bases__[1]


def _respond_in_running_mock(pattern: re.Pattern[str]) -> None:
    """Register a host in the mock that runs, for HTTP clients other than botocore.

    A mock registers its hosts when it starts.
    """
    if not models.botocore_stubber.enabled:
        return
    stubber: Any = models.botocore_stubber
    # moto before 5.1.9 has one method for botocore and all others.
    callback = getattr(stubber, "process_prepared_request", None) or stubber.process_request
    for method in models.RESPONSES_METHODS:
        callback_response = CallbackResponse(method=method, url=pattern, callback=callback)
        models.responses_mock.add(callback_response)
        _callbacks.append(callback_response)
