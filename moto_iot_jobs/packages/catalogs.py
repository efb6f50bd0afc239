"""The package catalog of each account and region, made when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from moto_iot_jobs.iot.documents import MotoObjects, MotoSources
from moto_iot_jobs.runtime.delivery import live_jobs
from moto_iot_jobs.runtime.neighbour_state import StateRequest
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.targets import Location

if TYPE_CHECKING:
    from moto_iot_jobs.service.documents.s3_location import S3Location

    from .catalog import PackageCatalog
    from .package import Package
    from .references import PackageReferences

# Of a package, as a snapshot shows them.
_MOST_VERSIONS = 20
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


def packages_shown(request: StateRequest) -> list[dict[str, Any]]:
    """Return packages with the statuses of their versions, those made last first."""
    found: list[dict[str, Any]] = []
    for jobs in live_jobs():
        location, catalog = jobs.location, _catalogs.get(jobs)
        if (
            catalog is not None
            and request.account in (None, location.account)
            and request.region in (None, location.region)
        ):
            where = {"account": location.account, "region": location.region}
            found += ({**where, **shown} for shown in catalog.shown(request.most))
    found.sort(key=lambda shown: shown["createdAt"], reverse=True)
    return found[: request.most]


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

    def shown(self, most: int) -> list[dict[str, Any]]:
        """Return packages, those made last first, ready for JSON."""
        packages = [] if self._catalog is None else self._catalog.newest_packages(most)
        return [_shown(package) for package in packages]

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


def _shown(package: Package) -> dict[str, Any]:
    newest = list(islice(reversed(package.versions.values()), _MOST_VERSIONS))
    return {
        "name": package.name,
        "default": package.default,
        "createdAt": package.created_at,
        "versions": [{"name": each.name, "status": each.status.value} for each in newest],
        "versionsLeftOut": len(package.versions) - len(newest),
    }
