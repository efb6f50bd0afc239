"""The operations of the package catalog: members in, the catalog's operation, members out."""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.wire import members, typed

from . import shadows
from .catalog import PackageCatalog
from .catalogs import catalog_of
from .introspection import PackageVersionMoved
from .package import (
    Package,
    PackageRequest,
    PackageUpdate,
    PackageVersion,
    Sbom,
    VersionRequest,
    VersionUpdate,
    VersionUpdateByJobsConfig,
)
from .states import ACTIONS, VersionStatus

Members = dict[str, Any]


class PackageOperations:
    """The operations on packages."""

    # Packages

    def create_package(self, request: Request) -> Members:
        """CreatePackage."""
        package = _limited_catalog(request).create_package(
            typed(PackageRequest, request.members), request.now
        )
        return {
            "packageName": package.name,
            "packageArn": package.arn,
            "description": package.description,
        }

    def get_package(self, request: Request) -> Members:
        """GetPackage."""
        package = catalog_of(request.jobs).get_package(request["packageName"])
        return {
            **_package_summary(package),
            "packageArn": package.arn,
            "description": package.description,
        }

    def list_packages(self, request: Request) -> Members:
        """ListPackages."""
        found, token = catalog_of(request.jobs).list_packages(
            max_results=request.get("maxResults"), next_token=request.get("nextToken")
        )
        return {"packageSummaries": list(map(_package_summary, found)), "nextToken": token}

    def update_package(self, request: Request) -> Members:
        """UpdatePackage."""
        catalog_of(request.jobs).update_package(typed(PackageUpdate, request.members), request.now)
        return {}

    def delete_package(self, request: Request) -> Members:
        """DeletePackage."""
        catalog_of(request.jobs).delete_package(request["packageName"])
        return {}

    # Versions

    def create_package_version(self, request: Request) -> Members:
        """CreatePackageVersion."""
        version = _limited_catalog(request).create_package_version(
            typed(VersionRequest, request.members), request.now
        )
        return {
            "packageVersionArn": version.arn,
            "packageName": version.package,
            "versionName": version.name,
            "description": version.description,
            "attributes": version.attributes or None,
            "status": version.status,
        }

    def get_package_version(self, request: Request) -> Members:
        """GetPackageVersion."""
        version = catalog_of(request.jobs).get_package_version(
            request["packageName"], request["versionName"]
        )
        return {
            **_version_summary(version),
            "packageVersionArn": version.arn,
            "description": version.description,
            "attributes": version.attributes or None,
            "artifact": members(version.artifact) if version.artifact else None,
            "sbom": members(version.sbom) if version.sbom else None,
            "sbomValidationStatus": version.sbom_status,
            "recipe": version.recipe,
        }

    def list_package_versions(self, request: Request) -> Members:
        """ListPackageVersions."""
        status = request.get("status")
        found, token = catalog_of(request.jobs).list_package_versions(
            request["packageName"],
            status=VersionStatus(status) if status is not None else None,
            max_results=request.get("maxResults"),
            next_token=request.get("nextToken"),
        )
        return {"packageVersionSummaries": list(map(_version_summary, found)), "nextToken": token}

    def update_package_version(self, request: Request) -> Members:
        """UpdatePackageVersion."""
        catalog, update = catalog_of(request.jobs), typed(VersionUpdate, request.members)
        before = catalog.status_of(update.package_name, update.version_name)
        catalog.update_package_version(update, request.now)
        after = catalog.get_package_version(update.package_name, update.version_name)
        event_log = request.jobs.store.event_log
        if event_log.listening and before is not None and after.status is not before:
            act = ACTIONS[update.action or ""]
            event_log.append(PackageVersionMoved(request.now, after.arn, before, after.status, act))
        return {}

    def delete_package_version(self, request: Request) -> Members:
        """DeletePackageVersion."""
        catalog_of(request.jobs).delete_package_version(
            request["packageName"], request["versionName"]
        )
        return {}

    # Configuration

    def get_package_configuration(self, request: Request) -> Members:
        """GetPackageConfiguration."""
        return {"versionUpdateByJobsConfig": members(catalog_of(request.jobs).configuration)}

    def update_package_configuration(self, request: Request) -> Members:
        """UpdatePackageConfiguration."""
        given = request.get("versionUpdateByJobsConfig")
        catalog = catalog_of(request.jobs)
        catalog.update_package_configuration(
            typed(VersionUpdateByJobsConfig, given) if given is not None else None
        )
        if catalog.configuration.enabled:
            shadows.begin_to_write()
        return {}

    # Bills of materials

    def associate_sbom_with_package_version(self, request: Request) -> Members:
        """AssociateSbomWithPackageVersion."""
        version = catalog_of(request.jobs).associate_sbom(
            request["packageName"],
            request["versionName"],
            typed(Sbom, request["sbom"]),
            request.now,
        )
        return {
            "packageName": version.package,
            "versionName": version.name,
            "sbom": members(version.sbom),
            "sbomValidationStatus": version.sbom_status,
        }

    def disassociate_sbom_from_package_version(self, request: Request) -> Members:
        """DisassociateSbomFromPackageVersion."""
        catalog_of(request.jobs).disassociate_sbom(
            request["packageName"], request["versionName"], request.now
        )
        return {}

    def list_sbom_validation_results(self, request: Request) -> Members:
        """ListSbomValidationResults."""
        found, token = catalog_of(request.jobs).list_sbom_validation_results(
            request["packageName"],
            request["versionName"],
            result=request.get("validationResult"),
            max_results=request.get("maxResults"),
            next_token=request.get("nextToken"),
        )
        summaries = [
            {
                "fileName": each.file_name,
                "validationResult": each.result,
                "errorCode": each.error_code,
                "errorMessage": each.error_message,
            }
            for each in found
        ]
        return {"validationResultSummaries": summaries, "nextToken": token}


def _limited_catalog(request: Request) -> PackageCatalog:
    """Return the catalog, with the limits that are enforced now."""
    catalog, enforced = catalog_of(request.jobs), runtime.quotas.enforced()
    catalog.most_packages = _whole(enforced.get("packages"))
    catalog.most_versions = _whole(enforced.get("package_versions"))
    return catalog


def _whole(number: float | None) -> int | None:
    return int(number) if number is not None else None


def _package_summary(package: Package) -> Members:
    return {
        "packageName": package.name,
        "defaultVersionName": package.default,
        "creationDate": package.created_at,
        "lastModifiedDate": package.modified_at,
    }


def _version_summary(version: PackageVersion) -> Members:
    return {
        "packageName": version.package,
        "versionName": version.name,
        "status": version.status,
        "creationDate": version.created_at,
        "lastModifiedDate": version.modified_at,
    }
