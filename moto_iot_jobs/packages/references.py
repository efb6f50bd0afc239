"""Packages as jobs see them: destinations, and the values of placeholders in documents.

Source: AWS IoT developer guide, preparing-jobs-for-service-package-catalog. The class of the
errors is not documented, and the sentences are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from moto_iot_jobs.service.documents.s3_location import S3Location
from moto_iot_jobs.service.errors import InvalidJobDocument, InvalidRequest

from .catalog import PackageCatalog
from .package import PackageVersion
from .states import ERROR, Act, version_move

DEFAULT, NONE = "$default", "$null"


class Destination(NamedTuple):
    """One entry of destinationPackageVersions: a package and a version, `$default` or `$null`."""

    package: str
    version: str


def read_destination(catalog: PackageCatalog, arn: str) -> Destination:
    """Read the ARN of a package version.

    Raises:
        InvalidRequest: it is none, or one of another account or region.
    """
    package, mark, version = arn.partition(":package/")[2].partition("/version/")
    location = catalog.location
    if not (package and mark and version) or "/" in version:
        raise InvalidRequest(f"Invalid package version ARN: {arn}")
    if arn != location.arn("package", f"{package}/version/{version}"):
        raise InvalidRequest(
            f"Package version {arn} does not belong to account {location.account} in region"
            f" {location.region}."
        )
    return Destination(package, version)


class PackageReferences:
    """The part of a catalog that jobs use.

    Args:
        catalog: of the jobs' account and region.
    """

    def __init__(self, catalog: PackageCatalog) -> None:
        self._catalog = catalog

    def resolve(self, arns: Sequence[str]) -> tuple[str, ...]:
        """Return the destinations of a job with `$default` replaced by the default version.

        A package that `$null` removes from devices need not exist any more.

        Raises:
            InvalidRequest: a package or version does not exist, was never published, or the package
                has no default version.
        """
        found = [read_destination(self._catalog, arn) for arn in arns]
        return tuple(
            arn if each.version == NONE else _deployable(self._catalog, each).arn
            for arn, each in zip(arns, found, strict=True)
        )

    def attributes(self, package: str, version: str) -> Mapping[str, str]:
        """Return the attributes of a version.

        Raises:
            InvalidJobDocument: there is no such version.
        """
        found = self._catalog.find_version(package, version)
        if found is None:
            raise InvalidJobDocument(f"Package {package} version {version} cannot be found.")
        return found.attributes

    def artifact(self, package: str, version: str) -> S3Location | None:
        """Return where a version's artifact is, if there is a version and it has a complete one."""
        version_found = self._catalog.find_version(package, version)
        found = version_found.artifact if version_found else None
        where = found.s3_location if found else None
        return where.location() if where and where.bucket and where.key else None


def _deployable(catalog: PackageCatalog, destination: Destination) -> PackageVersion:
    package, version = destination
    holder = catalog.find_package(package)
    name = holder.default if holder and version == DEFAULT else version
    if name is None:
        raise InvalidRequest(f"Package {package} does not have a default version.")
    found = catalog.find_version(package, name)
    if found is None:
        raise InvalidRequest(f"Package {package} version {name} cannot be found.")
    if version_move(Act.DEPLOY, found.status) is ERROR:
        raise InvalidRequest(
            f"Package {package} version {name} in status {found.status} cannot be deployed."
        )
    return found
