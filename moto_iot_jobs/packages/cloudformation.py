"""`AWS::IoT::SoftwarePackage` and `AWS::IoT::SoftwarePackageVersion`.

A version that a stack makes stays a DRAFT: Status is read-only, and no property publishes it.

Source: the resources' schemas in the CloudFormation registry.
"""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.iot.cloudformation.properties import TAGS, TEXT, TEXTS, Schema
from moto_iot_jobs.iot.cloudformation.resources import ResourceType, StackResource, call
from moto_iot_jobs.iot.stack_types import StackContext
from moto_iot_jobs.wire import WireError

_PACKAGE: Schema = {"PackageName": TEXT, "Description": TEXT, "Tags": TAGS}
_OBJECT: Schema = {"S3Location!": {"Bucket!": TEXT, "Key!": TEXT, "Version!": TEXT}}


class SoftwarePackages(ResourceType):
    """`AWS::IoT::SoftwarePackage`."""

    name = "AWS::IoT::SoftwarePackage"
    schema = _PACKAGE
    create_only = frozenset({"PackageName"})
    arn_attribute = "PackageArn"

    def make(self, name: str, given: dict[str, Any], stack: StackContext) -> StackResource:
        """Create a package.

        `Ref` gives its name.
        """
        members = {**_with_tag_map(self.members(given)), "packageName": name}
        arn = call(stack, "CreatePackage", **members)["packageArn"]
        return StackResource(name, given, {"PackageArn": arn})

    def change(
        self, original: StackResource, given: dict[str, Any], changed: set[str], stack: StackContext
    ) -> None:
        """Update a package."""
        name = original.physical_resource_id
        updated = self.members(given, changed)
        if updated:
            call(stack, "UpdatePackage", packageName=name, **updated)

    def unmake(self, physical_id: str, stack: StackContext) -> None:
        """Delete a package with its versions, the default one included."""
        call(stack, "UpdatePackage", packageName=physical_id, unsetDefaultVersion=True)
        while True:
            listed = call(stack, "ListPackageVersions", packageName=physical_id)
            for version in listed["packageVersionSummaries"]:
                name = version["versionName"]
                call(stack, "DeletePackageVersion", packageName=physical_id, versionName=name)
            if listed.get("nextToken") is None:
                break
        call(stack, "DeletePackage", packageName=physical_id)


_VERSION: Schema = {
    "PackageName!": TEXT,
    "VersionName": TEXT,
    "Description": TEXT,
    "Attributes": TEXTS,
    "Artifact": _OBJECT,
    "Recipe": TEXT,
    "Sbom": _OBJECT,
    "Tags": TAGS,
}


class SoftwarePackageVersions(ResourceType):
    """`AWS::IoT::SoftwarePackageVersion`."""

    name = "AWS::IoT::SoftwarePackageVersion"
    schema = _VERSION
    create_only = frozenset({"PackageName", "VersionName"})
    arn_attribute = "PackageVersionArn"

    def make(self, name: str, given: dict[str, Any], stack: StackContext) -> StackResource:
        """Create a version.

        `Ref` gives the names of package and version.
        """
        members = {**_with_tag_map(self.members(given)), "versionName": name}
        sbom = members.pop("sbom", None)
        created = call(stack, "CreatePackageVersion", **members)
        named = {"packageName": created["packageName"], "versionName": name}
        status = None
        if sbom is not None:
            associated = call(stack, "AssociateSbomWithPackageVersion", **named, sbom=sbom)
            status = associated["sbomValidationStatus"]
        return StackResource(
            f"{created['packageName']}|{name}",
            given,
            {
                "PackageVersionArn": created["packageVersionArn"],
                "Status": str(created["status"]),
                "ErrorReason": "",
                "SbomValidationStatus": status or "",
            },
        )

    def change(
        self, original: StackResource, given: dict[str, Any], changed: set[str], stack: StackContext
    ) -> None:
        """Update a version."""
        package, version = original.physical_resource_id.split("|")
        named = {"packageName": package, "versionName": version}
        updated = self.members(given, changed - {"Sbom"})
        if updated:
            call(stack, "UpdatePackageVersion", **named, **updated)
        if "Sbom" in changed and "Sbom" in given:
            sbom = self.members(given, {"Sbom"})["sbom"]
            call(stack, "AssociateSbomWithPackageVersion", **named, sbom=sbom)
        elif "Sbom" in changed:
            call(stack, "DisassociateSbomFromPackageVersion", **named)

    def unmake(self, physical_id: str, stack: StackContext) -> None:
        """Delete a version, also when it is the default one."""
        package, version = physical_id.split("|")
        named = {"packageName": package, "versionName": version}
        try:
            call(stack, "DeletePackageVersion", **named)
        except WireError as error:
            if error.code != "ValidationException":
                raise
            call(stack, "UpdatePackage", packageName=package, unsetDefaultVersion=True)
            call(stack, "DeletePackageVersion", **named)


def _with_tag_map(members: dict[str, Any]) -> dict[str, Any]:
    """Return members with tags as packages have them."""
    tags = members.pop("tags", None)
    if tags:
        members["tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    return members
