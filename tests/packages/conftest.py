"""A catalog of packages alone, with S3 in a dictionary.

Take the fixture `catalog`, or call `new_catalog` where a test needs several.
"""

from __future__ import annotations

import pytest

from moto_iot_jobs.packages.catalog import PackageCatalog
from moto_iot_jobs.packages.package import PackageRequest, VersionRequest, VersionUpdate
from moto_iot_jobs.packages.states import VersionStatus
from moto_iot_jobs.service.documents.s3_location import S3Location
from moto_iot_jobs.service.targets import Location

LOCATION = Location("aws", "eu-west-1", "123456789012")


class Buckets:
    """S3: buckets by region, and objects by bucket, key and version."""

    def __init__(self) -> None:
        self.regions: dict[str, str] = {}
        self.objects: dict[tuple[str, str, str | None], bytes] = {}

    def has_bucket(self, bucket: str) -> bool:
        return bucket in self.regions

    def read(self, location: S3Location) -> bytes | None:
        return self.objects.get((location.bucket, location.key, location.version_id))

    def region_of(self, bucket: str) -> str | None:
        return self.regions.get(bucket)


class Catalog(PackageCatalog):
    """A catalog with shortcuts for tests."""

    def __init__(self) -> None:
        self.buckets = Buckets()
        super().__init__(LOCATION, self.buckets)

    def package(self, name: str, *versions: str) -> None:
        """Create a package with published versions."""
        self.create_package(PackageRequest(name), 1)
        for version in versions:
            self.version(name, version, VersionStatus.PUBLISHED)

    def version(self, package: str, name: str, status: VersionStatus = VersionStatus.DRAFT) -> None:
        """Create a version, and bring it into a status."""
        self.create_package_version(VersionRequest(package, name), 1)
        if status is not VersionStatus.DRAFT:
            self.update_package_version(VersionUpdate(package, name, action="PUBLISH"), 1)
        if status is VersionStatus.DEPRECATED:
            self.update_package_version(VersionUpdate(package, name, action="DEPRECATE"), 1)


def new_catalog() -> Catalog:
    """Return an empty catalog."""
    return Catalog()


@pytest.fixture
def catalog() -> Catalog:
    """An empty catalog."""
    return new_catalog()
