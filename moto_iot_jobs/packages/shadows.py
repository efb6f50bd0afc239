"""The shadow `$package` of a thing, written when its execution of a job succeeds.

AWS writes it with the role of UpdatePackageConfiguration, once the configuration is enabled: an
entry for each of the job's destinationPackageVersions, none where the version is `$null`. The
attributes of an entry are the device's business and stay as they are.

Source: AWS IoT developer guide, preparing-to-use-software-package-catalog. Not documented, and so
ours: the shadow follows the event of the execution; without a role nothing is written.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from typing import Any, NamedTuple

from moto.core.base_backend import backend_lock
from moto.core.exceptions import JsonRESTError
from moto.iotdata.models import iotdata_backends

from moto_iot_jobs.iot.documents import MotoSources
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.delivery import EventBatch
from moto_iot_jobs.service.events import StatusChanged
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.states import ExecutionStatus

from .catalog import PackageCatalog
from .catalogs import catalog_of
from .references import NONE, Destination, read_destination

SHADOW = "$package"

log = logging.getLogger(__name__)


class _Success(NamedTuple):
    jobs: JobsService
    thing: str
    job_id: str
    destinations: tuple[str, ...]


_waiting: deque[_Success] = deque()


def begin_to_write() -> None:
    """Write the shadows of executions that succeed from now on, until the mock ends. Idempotent."""
    runtime.delivery.events_published.connect(_note)
    runtime.delivery.delivered.connect(_write)
    runtime.ended.connect(_end)


def _end() -> None:
    runtime.delivery.events_published.disconnect(_note)
    runtime.delivery.delivered.disconnect(_write)
    runtime.ended.disconnect(_end)
    _waiting.clear()


def _note(batch: EventBatch) -> None:
    """Remember what succeeded.

    The events are still being delivered.
    """
    for event in batch.events:
        if isinstance(event, StatusChanged) and event.status == ExecutionStatus.SUCCEEDED:
            job = batch.jobs.store.jobs.get(event.job_id)
            destinations = job.destination_package_versions if job else None
            if destinations:
                _waiting.append(_Success(batch.jobs, event.thing, event.job_id, destinations))


def _write() -> None:
    while _waiting:
        success = _waiting.popleft()
        with backend_lock:
            problem = _problem(success)
            if problem is None:
                _update(success)
            elif problem:
                log.warning(
                    "The shadow %s of %s is not updated after job %s: %s.",
                    SHADOW,
                    success.thing,
                    success.job_id,
                    problem,
                )
        # What the shadow changed, such as the members of a dynamic group, has its events too.
        runtime.delivery.deliver()


def _problem(success: _Success) -> str | None:
    """Return why the shadow cannot be written.

    Empty text is that it is not to be.
    """
    catalog = catalog_of(success.jobs)
    if not catalog.configuration.enabled:
        return ""
    role = catalog.configuration.role_arn
    if role is None:
        return "the package configuration has no roleArn"
    sources = success.jobs.sources
    if isinstance(sources, MotoSources) and not sources.roles.can_be_assumed(role):
        return f"the role {role} cannot be assumed"
    for destination in _destinations(catalog, success):
        package, version = destination
        if version != NONE and catalog.find_version(package, version) is None:
            return f"package {package} version {version} has been deleted"
    return None


def _destinations(catalog: PackageCatalog, success: _Success) -> list[Destination]:
    return [read_destination(catalog, arn) for arn in success.destinations]


def _update(success: _Success) -> None:
    location = success.jobs.location
    # The shadows are moto's, and what stands in front of them sees each update.
    backend: Any = iotdata_backends[location.account][location.region]
    destinations = _destinations(catalog_of(success.jobs), success)
    reported: dict[str, Any] = {
        package: None if version == NONE else {"version": version, "attributes": {}}
        for package, version in destinations
    }
    try:
        if any(reported.values()) or _exists(backend, success.thing):
            backend.update_thing_shadow(
                thing_name=success.thing,
                payload=json.dumps({"state": {"reported": reported}}),
                shadow_name=SHADOW,
            )
    except JsonRESTError as error:
        # The thing was deleted meanwhile, for one.
        log.warning("The shadow %s of %s is not updated: %s", SHADOW, success.thing, error)


def _exists(backend: Any, thing: str) -> bool:
    shadow = backend.iot_backend.describe_thing(thing).thing_shadows.get(SHADOW)
    return shadow is not None and not shadow.deleted
