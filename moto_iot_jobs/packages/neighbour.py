"""What puts the package catalog beside Jobs: its operations, tags, and what jobs look up in it.

Jobs do not know this room. It hears when the jobs of an account and region begin, and gives them
what they ask for by protocols. Nothing else of the room is imported until a package is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from moto_iot_jobs.iot.documents import MotoObjects, MotoSources
from moto_iot_jobs.iot.responses import operations
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.documents.document import S3Location
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.targets import Location

if TYPE_CHECKING:
    from .catalog import PackageCatalog
    from .references import PackageReferences
    from .responses import PackageOperations

_catalogs: WeakKeyDictionary[JobsService, CatalogOfJobs] = WeakKeyDictionary()


def plug_in() -> None:
    """Give jobs that begin from now on a package catalog, and serve its operations. Idempotent."""
    runtime.jobs_began.connect(_begin)
    operations.add("packages", _load)


def pull_out() -> None:
    """End `plug_in`. Idempotent."""
    runtime.jobs_began.disconnect(_begin)


def catalog_of(jobs: JobsService) -> PackageCatalog:
    """Return the package catalog of the jobs' account and region."""
    return _catalogs[jobs].catalog


class CatalogOfJobs:
    """The catalog of one account and region, made when it is first needed.

    Args:
        location: partition, region and account.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._catalog: PackageCatalog | None = None

    @property
    def catalog(self) -> PackageCatalog:
        """The catalog."""
        if self._catalog is None:
            from .catalog import PackageCatalog

            self._catalog = PackageCatalog(self._location, MotoObjects(self._location))
        return self._catalog

    # What jobs look up.

    def resolve(self, arns: Sequence[str]) -> tuple[str, ...]:
        """Return package versions with `$default` replaced. Raises InvalidRequest."""
        return self._references.resolve(arns)

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        """Return the attributes of a version. Raises InvalidJobDocument."""
        return self._references.attributes(package, version)

    def artifact(self, package: str, version: str) -> S3Location | None:
        """Return where a version's artifact is, if it has one."""
        return self._references.artifact(package, version)

    @property
    def _references(self) -> PackageReferences:
        from .references import PackageReferences

        return PackageReferences(self.catalog)

    # What TagResource and its like work on.

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a package or version, to be changed in place."""
        return self._catalog.tags_of(arn) if self._catalog is not None else None

    def tagged(self) -> Mapping[str, dict[str, str]]:
        """Return the tags of all packages and versions, by ARN."""
        return self._catalog.tagged() if self._catalog is not None else {}


def _begin(jobs: JobsService) -> None:
    found = _catalogs[jobs] = CatalogOfJobs(jobs.location)
    jobs.tags.add_kind("package", found)
    if isinstance(jobs.sources, MotoSources):
        jobs.sources.packages = found


def _load() -> PackageOperations:
    from .responses import PackageOperations

    return PackageOperations()
