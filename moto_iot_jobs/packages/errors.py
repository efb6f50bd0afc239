"""The errors of the catalog, a class each.

The sentences are ours, except those of SBOMs: AWS's are not known.
"""

from __future__ import annotations

from moto_iot_jobs.service.errors import (
    Conflict,
    InvalidInput,
    QuotaExceeded,
    ResourceNotFound,
)


class PackageNotFound(ResourceNotFound):
    """No package with that name."""

    def __init__(self, package: str) -> None:
        super().__init__(f"Package {package} cannot be found.")


class PackageVersionNotFound(ResourceNotFound):
    """No version with that name in the package."""

    def __init__(self, package: str, version: str) -> None:
        super().__init__(f"Package {package} version {version} cannot be found.")


class PackageAlreadyExists(Conflict):
    """CreatePackage with a name in use."""

    def __init__(self, package: str) -> None:
        super().__init__(f"Package {package} already exists.")
        self.resource_id = package


class PackageVersionAlreadyExists(Conflict):
    """CreatePackageVersion with a name in use."""

    def __init__(self, package: str, version: str) -> None:
        super().__init__(f"Package {package} version {version} already exists.")
        self.resource_id = version


class PackageVersionConflict(Conflict):
    """The version's status does not allow what is requested."""

    def __init__(self, package: str, version: str, status: str, problem: str) -> None:
        super().__init__(f"Package {package} version {version} in status {status} {problem}.")
        self.resource_id = version
        self.status = status


class DefaultVersionInUse(InvalidInput):
    """DeletePackageVersion of the package's default version."""

    def __init__(self, package: str, version: str) -> None:
        super().__init__(
            f"Package {package} version {version} is the default version of its package and cannot"
            " be deleted. Unset the default version, or choose another, first."
        )


class PackageNotEmpty(InvalidInput):
    """DeletePackage of a package that has versions."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"Package {package} cannot be deleted. All package versions must be deleted before."
        )


class TooManyPackages(QuotaExceeded):
    """As many packages as allowed exist already."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"There cannot be more than {limit} packages.")


class TooManyPackageVersions(QuotaExceeded):
    """As many package versions as allowed exist already."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"There cannot be more than {limit} package versions.")
