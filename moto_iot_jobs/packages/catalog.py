"""The package catalog of one account and region: every operation on packages and versions.

Operations take values and `now` (milliseconds since the epoch), return records or raise.

Source: AWS IoT developer guide, preparing-to-use-software-package-catalog, and the botocore model.
Not documented, and so ours: the order of lists (by name); deletion of what does not exist is no
error, for none is declared; the versions of a package that does not exist are an empty list.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Protocol

from moto_iot_jobs.service.documents.document import ObjectStore
from moto_iot_jobs.service.errors import InvalidInput
from moto_iot_jobs.service.tags import check_tags
from moto_iot_jobs.service.targets import Location

from . import sbom as sboms
from .errors import (
    DefaultVersionInUse,
    PackageAlreadyExists,
    PackageNotEmpty,
    PackageNotFound,
    PackageVersionAlreadyExists,
    PackageVersionConflict,
    PackageVersionNotFound,
    TooManyPackages,
    TooManyPackageVersions,
)
from .package import (
    Package,
    PackageRequest,
    PackageUpdate,
    PackageVersion,
    Sbom,
    SbomResult,
    VersionRequest,
    VersionUpdate,
    VersionUpdateByJobsConfig,
)
from .states import ACTIONS, ERROR, Act, VersionStatus, version_move
from .tokens import ClientTokens, page

# AWS IoT developer guide, preparing-to-use-software-package-catalog: "3 KB", all pairs together.
MOST_BYTES_OF_ATTRIBUTES = 3072

# What each member of an update changes, and what the version's status may forbid.
_CHANGES = {
    "description": Act.DESCRIBE,
    "attributes": Act.CHANGE_ATTRIBUTES,
    "artifact": Act.CHANGE_ARTIFACT,
    "recipe": Act.CHANGE_RECIPE,
}


class Objects(ObjectStore, Protocol):
    """The S3 objects of a host, with the regions of their buckets."""

    def region_of(self, bucket: str) -> str | None:
        """Return the region of a bucket, or None when there is no such bucket."""


class PackageCatalog:
    """The packages of one account and region.

    Args:
        location: partition, region and account.
        objects: where SBOMs are read from.

    Attributes:
        most_packages, most_versions: limits of the account; None is none.
        configuration: see UpdatePackageConfiguration.
    """

    def __init__(self, location: Location, objects: Objects) -> None:
        self.location = location
        self.most_packages: int | None = None
        self.most_versions: int | None = None
        self.configuration = VersionUpdateByJobsConfig(enabled=False)
        self._objects = objects
        self._packages: dict[str, Package] = {}
        self._by_arn: dict[str, Package | PackageVersion] = {}
        self._tokens = ClientTokens()

    # Packages

    def create_package(self, request: PackageRequest, now: int) -> Package:
        """Create a package without versions.

        Raises:
            PackageAlreadyExists: the name is in use, and this is no retry.
            TooManyPackages: the account has as many as it may.
        """
        name = request.package_name
        existing = self._packages.get(name)
        if existing is not None:
            if self._tokens.is_retry((name,), request.client_token, request):
                return existing
            raise PackageAlreadyExists(name)
        if self.most_packages is not None and len(self._packages) >= self.most_packages:
            raise TooManyPackages(self.most_packages)
        arn = self.location.arn("package", name)
        package = Package(name, arn, request.description, _tags(request.tags), now)
        self._packages[name] = self._by_arn[arn] = package
        self._tokens.remember((name,), request.client_token, request)
        return package

    def find_package(self, name: str) -> Package | None:
        """Return a package, or None when there is none of that name."""
        return self._packages.get(name)

    def get_package(self, name: str) -> Package:
        """Return a package. Raises PackageNotFound."""
        package = self._packages.get(name)
        if package is None:
            raise PackageNotFound(name)
        return package

    def status_of(self, package: str, version: str) -> VersionStatus | None:
        """Return the status of a version.

        None if there is none.
        """
        found = self._packages.get(package)
        kept = found.versions.get(version) if found is not None else None
        return kept.status if kept is not None else None

    def newest_packages(self, most: int) -> list[Package]:
        """Return the packages that were made last, the last one first."""
        return list(islice(reversed(self._packages.values()), most))

    def list_packages(
        self, *, max_results: int | None = None, next_token: str | None = None
    ) -> tuple[list[Package], str | None]:
        """Return a page of packages by name, and the token of the next page.

        Raises:
            InvalidInput: the token is not one of this list.
        """
        return page(self._packages, "packages", max_results, next_token)

    def update_package(self, update: PackageUpdate, now: int) -> None:
        """Change a package's description, or its default version.

        Raises:
            InvalidInput: a default version is given and unset at once.
            PackageNotFound, PackageVersionNotFound: no such package or version.
            PackageVersionConflict: the version was never published.
        """
        name, default = update.package_name, update.default_version_name
        if default is not None and update.unset_default_version:
            raise InvalidInput(
                "Only one of defaultVersionName and unsetDefaultVersion can be specified."
            )
        package = self.get_package(name)
        if self._tokens.is_retry((name,), update.client_token, update):
            return
        if default is not None:
            version = self.get_package_version(name, default)
            _check(version, Act.MAKE_DEFAULT, "cannot be the default version of its package")
            package.default = default
        if update.unset_default_version:
            package.default = None
        if update.description is not None:
            package.description = update.description
        package.modified_at = now
        self._tokens.remember((name,), update.client_token, update)

    def delete_package(self, name: str) -> None:
        """Delete a package. Idempotent.

        Raises:
            PackageNotEmpty: it has versions.
        """
        package = self._packages.get(name)
        if package is None:
            return
        if package.versions:
            raise PackageNotEmpty(name)
        del self._packages[name], self._by_arn[package.arn]
        self._tokens.forget((name,))

    # Versions

    def create_package_version(self, request: VersionRequest, now: int) -> PackageVersion:
        """Create a version, a DRAFT.

        Raises:
            InvalidInput: the attributes are too large.
            PackageNotFound: no such package.
            PackageVersionAlreadyExists: the name is in use, and this is no retry.
            TooManyPackageVersions: the account has as many as it may.
        """
        _check_attributes(request.attributes)
        package = self.get_package(request.package_name)
        name, resource = request.version_name, (package.name, request.version_name)
        existing = package.versions.get(name)
        if existing is not None:
            if self._tokens.is_retry(resource, request.client_token, request):
                return existing
            raise PackageVersionAlreadyExists(*resource)
        count = len(self._by_arn) - len(self._packages)
        if self.most_versions is not None and count >= self.most_versions:
            raise TooManyPackageVersions(self.most_versions)
        arn = self.location.arn("package", f"{package.name}/version/{name}")
        version = PackageVersion(request, arn, _tags(request.tags), now)
        package.versions[name] = self._by_arn[arn] = version
        self._tokens.remember(resource, request.client_token, request)
        return version

    def find_version(self, package: str, version: str) -> PackageVersion | None:
        """Return a version, or None when there is none of that name."""
        holder = self._packages.get(package)
        return holder.versions.get(version) if holder else None

    def get_package_version(self, package: str, version: str) -> PackageVersion:
        """Return a version. Raises PackageNotFound, PackageVersionNotFound."""
        found = self.get_package(package).versions.get(version)
        if found is None:
            raise PackageVersionNotFound(package, version)
        return found

    def list_package_versions(
        self,
        package: str,
        *,
        status: VersionStatus | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[PackageVersion], str | None]:
        """Return a page of a package's versions by name, and the token of the next page.

        Raises:
            InvalidInput: the token is not one of this list.
        """
        found = self._packages.get(package)
        versions = {
            version.name: version
            for version in (found.versions.values() if found else ())
            if status in (None, version.status)
        }
        return page(versions, f"versions:{package}", max_results, next_token)

    def update_package_version(self, update: VersionUpdate, now: int) -> None:
        """Change a version as far as its status allows, and then publish or deprecate it.

        Raises:
            InvalidInput: the attributes are too large.
            PackageNotFound, PackageVersionNotFound: no such package or version.
            PackageVersionConflict: the status does not allow it; nothing was changed.
        """
        _check_attributes(update.attributes)
        version = self.get_package_version(update.package_name, update.version_name)
        resource = (version.package, version.name)
        if self._tokens.is_retry(resource, update.client_token, update):
            return
        changes = {
            member: value for member in _CHANGES if (value := getattr(update, member)) is not None
        }
        for member in changes:
            _check(version, _CHANGES[member], f"cannot get another {member}")
        if update.action is not None:
            act = ACTIONS[update.action]
            _check(version, act, "cannot be deprecated")
            move = version_move(act, version.status)
            if isinstance(move, VersionStatus):
                version.status = move
        for member, value in changes.items():
            setattr(version, member, value)
        version.modified_at = now
        self._tokens.remember(resource, update.client_token, update)

    def delete_package_version(self, package: str, version: str) -> None:
        """Delete a version. Idempotent.

        Raises:
            DefaultVersionInUse: it is the package's default version.
        """
        holder = self._packages.get(package)
        found = holder.versions.get(version) if holder else None
        if holder is None or found is None:
            return
        if holder.default == version:
            raise DefaultVersionInUse(package, version)
        del holder.versions[version], self._by_arn[found.arn]
        self._tokens.forget((package, version))

    # Configuration

    def update_package_configuration(self, given: VersionUpdateByJobsConfig | None) -> None:
        """Change whether jobs write the shadow `$package`.

        What is None stays.
        """
        if given is not None:
            self.configuration = self.configuration._replace(
                **{name: value for name, value in given._asdict().items() if value is not None}
            )

    # Bills of materials

    def associate_sbom(
        self, package: str, version: str, sbom: Sbom | None, now: int
    ) -> PackageVersion:
        """Associate an SBOM with a version, and validate it at once.

        Raises:
            InvalidInput: the reference is incomplete, or leads nowhere.
            PackageNotFound, PackageVersionNotFound: no such package or version.
        """
        where = sboms.check_reference(sbom)
        found = self.get_package_version(package, version)
        bucket_region = self._objects.region_of(where.bucket or "")
        archive = sboms.read(where, self._objects, self.location.region, bucket_region)
        results = sboms.validate(where.key or "", archive)
        found.sbom, found.sbom_results = sbom, results
        found.modified_at = now
        return found

    def disassociate_sbom(self, package: str, version: str, now: int) -> None:
        """End `associate_sbom`.

        A version without an SBOM is no error.

        Raises:
            PackageNotFound, PackageVersionNotFound: no such package or version.
        """
        found = self.get_package_version(package, version)
        found.sbom, found.sbom_results = None, ()
        found.modified_at = now

    def list_sbom_validation_results(
        self,
        package: str,
        version: str,
        *,
        result: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[SbomResult], str | None]:
        """Return a page of what the validation of a version's SBOM found, by the files' names.

        Raises:
            InvalidInput: the token is not one of this list.
            PackageNotFound, PackageVersionNotFound: no such package or version.
        """
        found = self.get_package_version(package, version)
        results = {
            each.file_name: each for each in found.sbom_results if result in (None, each.result)
        }
        return page(results, f"sbom:{found.arn}", max_results, next_token)

    # Tags

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of a package or version, to be changed in place.

        None for another ARN.
        """
        found = self._by_arn.get(arn)
        return found.tags if found is not None else None

    def tagged(self) -> dict[str, dict[str, str]]:
        """Return the tags of all packages and versions, by ARN."""
        return {arn: found.tags for arn, found in self._by_arn.items()}


def _check(version: PackageVersion, act: Act, problem: str) -> None:
    if version_move(act, version.status) is ERROR:
        raise PackageVersionConflict(version.package, version.name, version.status, problem)


def _check_attributes(attributes: Mapping[str, str] | None) -> None:
    size = sum(len(text.encode()) for pair in (attributes or {}).items() for text in pair)
    if size > MOST_BYTES_OF_ATTRIBUTES:
        raise InvalidInput(
            f"The attributes have {size} bytes; {MOST_BYTES_OF_ATTRIBUTES} are allowed in all."
        )


def _tags(given: Mapping[str, str] | None) -> dict[str, str]:
    tags = dict(given or {})
    check_tags(tags, InvalidInput)
    return tags
