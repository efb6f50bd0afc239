"""Packages and their versions in the catalog, and the requests that make and change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from moto_iot_jobs.service.documents.s3_location import S3Location

from .states import VersionStatus


class S3Object(NamedTuple):
    """An S3 object as the API names it: bucket, key, and a version of the object."""

    bucket: str | None = None
    key: str | None = None
    version: str | None = None

    def location(self) -> S3Location:
        """Return the object as documents name it."""
        return S3Location(self.bucket or "", self.key or "", version_id=self.version)


class Artifact(NamedTuple):
    """The contents of a version."""

    s3_location: S3Object | None = None


class Sbom(NamedTuple):
    """A software bill of materials."""

    s3_location: S3Object | None = None


class SbomResult(NamedTuple):
    """The result of validating one file of an SBOM.

    No error code is success.
    """

    file_name: str
    error_code: str | None = None
    error_message: str | None = None

    @property
    def result(self) -> str:
        """FAILED or SUCCEEDED."""
        return "FAILED" if self.error_code else "SUCCEEDED"


class Package:
    """A package.

    Attributes:
        name, arn, description, tags: as given at creation, or changed since.
        default: name of the default version.
        created_at, modified_at: milliseconds since the epoch.
        versions: by name.
    """

    def __init__(
        self, name: str, arn: str, description: str | None, tags: dict[str, str], now: int
    ) -> None:
        self.name = name
        self.arn = arn
        self.description = description
        self.tags = tags
        self.default: str | None = None
        self.created_at = self.modified_at = now
        self.versions: dict[str, PackageVersion] = {}


class PackageVersion:
    """A version of a package.

    Attributes:
        package: the package's name.
        name, arn, description, attributes, artifact, recipe, tags: as given at creation, or changed
            since.
        status: see `states`.
        sbom, sbom_results: the bill of materials, and what its validation found.
        created_at, modified_at: milliseconds since the epoch.
    """

    def __init__(self, request: VersionRequest, arn: str, tags: dict[str, str], now: int) -> None:
        self.package = request.package_name
        self.name = request.version_name
        self.arn = arn
        self.description = request.description
        self.attributes = dict(request.attributes or {})
        self.artifact = request.artifact
        self.recipe = request.recipe
        self.tags = tags
        self.status = VersionStatus.DRAFT
        self.sbom: Sbom | None = None
        self.sbom_results: tuple[SbomResult, ...] = ()
        self.created_at = self.modified_at = now

    @property
    def sbom_status(self) -> str | None:
        """Status of the SBOM's validation, which is done at once here."""
        if self.sbom is None:
            return None
        failed = any(each.error_code for each in self.sbom_results)
        return "FAILED" if failed else "SUCCEEDED"


# Requests


class PackageRequest(NamedTuple):
    """CreatePackage."""

    package_name: str
    description: str | None = None
    tags: Mapping[str, str] | None = None
    client_token: str | None = None


class PackageUpdate(NamedTuple):
    """UpdatePackage.

    What is None stays.
    """

    package_name: str
    description: str | None = None
    default_version_name: str | None = None
    unset_default_version: bool | None = None
    client_token: str | None = None


class VersionRequest(NamedTuple):
    """CreatePackageVersion."""

    package_name: str
    version_name: str
    description: str | None = None
    attributes: Mapping[str, str] | None = None
    artifact: Artifact | None = None
    recipe: str | None = None
    tags: Mapping[str, str] | None = None
    client_token: str | None = None


class VersionUpdate(NamedTuple):
    """UpdatePackageVersion.

    What is None stays.
    """

    package_name: str
    version_name: str
    description: str | None = None
    attributes: Mapping[str, str] | None = None
    artifact: Artifact | None = None
    action: str | None = None
    recipe: str | None = None
    client_token: str | None = None


class VersionUpdateByJobsConfig(NamedTuple):
    """The setting by which jobs that succeed write the shadow `$package`, and the role for it."""

    enabled: bool | None = None
    role_arn: str | None = None
