"""The package catalog of the second model, and the shadow of what each thing has.

Written from the developer guide's pages preparing-to-use-software-package-catalog and
preparing-jobs-for-service-package-catalog. Creation and modification dates are not compared.
"""

# ruff: noqa: N803 (members have AWS's names)

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from .account import ARN, Account, ErrorResponse
from .serializers import given

Request = dict[str, Any]
CONFLICT, INVALID, UNKNOWN = "ConflictException", "ValidationException", "ResourceNotFoundException"
ROLE = "arn:aws:iam::123456789012:role/packages"


@dataclass
class Version:
    """A version: its status and attributes."""

    status: str = "DRAFT"
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class Package:
    """A package: its versions, in no order, and the name of one of them."""

    versions: dict[str, Version] = field(default_factory=dict)
    default: str | None = None


def known(account: Account, package: str) -> Package:
    """Find a package."""
    if package not in account.packages:
        raise ErrorResponse(UNKNOWN)
    found: Package = account.packages[package]
    return found


def known_version(account: Account, package: str, version: str) -> Version:
    """Find a version."""
    if package not in account.packages or version not in account.packages[package].versions:
        raise ErrorResponse(UNKNOWN)
    found: Version = account.packages[package].versions[version]
    return found


# The catalog.


def create_package(account: Account, packageName: str) -> Request:
    """Make a package."""
    if packageName in account.packages:
        raise ErrorResponse(CONFLICT)
    account.packages[packageName] = Package()
    return {"packageName": packageName, "packageArn": f"{ARN}package/{packageName}"}


def create_package_version(
    account: Account, packageName: str, versionName: str, attributes: Any = None
) -> Request:
    """Make a draft."""
    versions = known(account, packageName).versions
    if versionName in versions:
        raise ErrorResponse(CONFLICT)
    versions[versionName] = Version(attributes=attributes or {})
    return given(
        packageVersionArn=f"{ARN}package/{packageName}/version/{versionName}",
        packageName=packageName,
        versionName=versionName,
        attributes=attributes,
        status="DRAFT",
    )


def update_package_version(
    account: Account,
    packageName: str,
    versionName: str,
    action: str | None = None,
    attributes: Any = None,
) -> Request:
    """Publish, deprecate or edit a version: what it has is fixed once it was published."""
    version = known_version(account, packageName, versionName)
    if attributes is not None and version.status != "DRAFT":
        raise ErrorResponse(CONFLICT)
    if action == "DEPRECATE" and version.status == "DRAFT":
        raise ErrorResponse(CONFLICT)
    if attributes is not None:
        version.attributes = attributes
    if action is not None:
        version.status = {"PUBLISH": "PUBLISHED", "DEPRECATE": "DEPRECATED"}[action]
    return {}


def update_package(
    account: Account,
    packageName: str,
    defaultVersionName: str | None = None,
    unsetDefaultVersion: bool | None = None,
) -> Request:
    """Choose the default version, or none."""
    package = known(account, packageName)
    if defaultVersionName is not None and unsetDefaultVersion:
        raise ErrorResponse(INVALID)
    if defaultVersionName is not None:
        if known_version(account, packageName, defaultVersionName).status == "DRAFT":
            raise ErrorResponse(CONFLICT)
        package.default = defaultVersionName
    if unsetDefaultVersion:
        package.default = None
    return {}


def delete_package_version(account: Account, packageName: str, versionName: str) -> Request:
    """Delete a version, unless it is the default."""
    package = account.packages.get(packageName, Package())
    if package.default == versionName:
        raise ErrorResponse(INVALID)
    package.versions.pop(versionName, None)
    return {}


def delete_package(account: Account, packageName: str) -> Request:
    """Delete a package without versions."""
    if account.packages.get(packageName, Package()).versions:
        raise ErrorResponse(INVALID)
    account.packages.pop(packageName, None)
    return {}


def update_package_configuration(account: Account, versionUpdateByJobsConfig: Request) -> Request:
    """Say whether jobs write the shadow of what things have."""
    account.package_configuration |= versionUpdateByJobsConfig
    return {}


def list_packages(account: Account) -> list[Request]:
    """List packages, by name."""
    return [
        given(packageName=name, defaultVersionName=package.default)
        for name, package in sorted(account.packages.items())
    ]


def list_package_versions(account: Account, packageName: str, **wanted: str) -> list[Request]:
    """List versions, by name; of an unknown package none."""
    versions = account.packages.get(packageName, Package()).versions
    return [
        {"packageName": packageName, "versionName": name, "status": version.status}
        for name, version in sorted(versions.items())
        if wanted.get("status", version.status) == version.status
    ]


# Jobs.


def resolve(account: Account, request: Request) -> None:
    """Put default versions and attributes into a job that is created."""
    destinations = request.get("destinationPackageVersions")
    if not destinations:
        return
    resolved: dict[tuple[str, str], str] = {}
    for arn in destinations:
        package, version = named(arn)
        if version == "$null":
            resolved[package, version] = version
            continue
        name = version
        if version == "$default":
            name = account.packages.get(package, Package()).default or ""
        found = account.packages.get(package, Package()).versions.get(name)
        if found is None or found.status == "DRAFT":
            raise ErrorResponse("InvalidRequestException")
        resolved[package, version] = name
    request["before"] = {
        "document": request["document"],
        "destinationPackageVersions": destinations,
    }
    request["destinationPackageVersions"] = [
        f"{ARN}package/{package}/version/{version}" for (package, _), version in resolved.items()
    ]
    for package, version in re.findall(r"package:(\w+):version:([\w$]+):", request["document"]):
        if (package, version) not in resolved:
            raise ErrorResponse("InvalidJobDocumentException")
        name = resolved[package, version]
        attributes = account.packages[package].versions[name].attributes
        placeholder = f'"${{aws:iot:package:{package}:version:{version}:attributes}}"'
        written = json.dumps(attributes, separators=(",", ":"))
        request["document"] = request["document"].replace(placeholder, written)


def named(arn: str) -> tuple[str, str]:
    """Read package and version out of an ARN."""
    _, package, _, version = arn.split("/")
    return package, version


def installed(account: Account, thing: str, destinations: list[str] | None) -> None:
    """Write what a thing has, after a job that was to bring it there has succeeded."""
    configuration = account.package_configuration
    if not destinations or not configuration.get("enabled") or "roleArn" not in configuration:
        return
    pairs = [named(arn) for arn in destinations]
    for package, version in pairs:
        versions = account.packages.get(package, Package()).versions
        if version != "$null" and version not in versions:
            return
    if thing not in account.shadows:
        if all(version == "$null" for _, version in pairs):
            return
        account.shadows[thing] = {"version": 0, "reported": {}}
    shadow = account.shadows[thing]
    shadow["version"] += 1
    for package, version in pairs:
        if version == "$null":
            shadow["reported"].pop(package, None)
        else:
            shadow["reported"][package] = {"version": version, "attributes": {}}


def get_thing_shadow(account: Account, thing: str) -> Request:
    """Show what a thing has."""
    if thing not in account.shadows:
        raise ErrorResponse(UNKNOWN)
    shadow: Request = account.shadows[thing]
    return {"version": shadow["version"], "reported": dict(shadow["reported"])}
