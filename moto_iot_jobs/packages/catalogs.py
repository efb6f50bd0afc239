"""The package catalog of each account and region, made when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from moto_iot_jobs.iot.documents import MotoObjects, MotoSources
from moto_iot_jobs.service.documents.s3_location import S3Location
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.targets import Location

if TYPE_CHECKING:
    from .catalog import PackageCatalog
    from .references import PackageReferences

# A mock that ends lets go of its jobs, and so of these.
_catalogs: WeakKeyDictionary[JobsService, CatalogOfJobs] = WeakKeyDictionary()


def begin(jobs: JobsService) -> None:
    """Give the jobs of an account and region an empty catalog."""
    found = _catalogs[jobs] = CatalogOfJobs(jobs.location)
    jobs.tags.add_kind("package", found)
    if isinstance(jobs.sources, MotoSources):
        jobs.sources.packages = found


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
