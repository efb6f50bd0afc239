"""What jobs ask of the catalog: destinations, attributes and artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.packages.package import Artifact, PackageUpdate, S3Object, VersionUpdate
from moto_iot_jobs.packages.references import PackageReferences
from moto_iot_jobs.service.documents.s3_location import S3Location
from moto_iot_jobs.service.errors import InvalidJobDocument, InvalidRequest

if TYPE_CHECKING:
    from tests.packages.conftest import Catalog

HERE = "arn:aws:iot:eu-west-1:123456789012:package/"


def test_default_is_replaced_by_the_default_version_of_now(catalog: Catalog) -> None:
    catalog.package("app", "1.0", "2.0")
    catalog.update_package(PackageUpdate("app", default_version_name="2.0"), 2)
    assert PackageReferences(catalog).resolve([f"{HERE}app/version/$default"]) == (
        f"{HERE}app/version/2.0",
    )


def test_what_is_removed_need_not_exist(catalog: Catalog) -> None:
    arn = f"{HERE}app/version/$null"
    assert PackageReferences(catalog).resolve([arn]) == (arn,)


@pytest.mark.parametrize(
    "arn, message",
    [
        (f"{HERE}lib/version/1.0", "Package lib version 1.0 cannot be found."),
        (f"{HERE}app/version/9", "Package app version 9 cannot be found."),
        (f"{HERE}app/version/$default", "Package app does not have a default version."),
        (
            f"{HERE}app/version/draft",
            "Package app version draft in status DRAFT cannot be deployed.",
        ),
        (f"{HERE}app", f"Invalid package version ARN: {HERE}app"),
        (f"{HERE}app/version/", f"Invalid package version ARN: {HERE}app/version/"),
        (
            "arn:aws:iot:eu-west-1:123456789012:thing/app",
            "Invalid package version ARN: arn:aws:iot:eu-west-1:123456789012:thing/app",
        ),
        (
            "arn:aws:iot:us-east-1:123456789012:package/app/version/1.0",
            "Package version arn:aws:iot:us-east-1:123456789012:package/app/version/1.0 does not"
            " belong to account 123456789012 in region eu-west-1.",
        ),
    ],
)
def test_a_destination_can_be_deployed(catalog: Catalog, arn: str, message: str) -> None:
    catalog.package("app", "1.0")
    catalog.version("app", "draft")
    with pytest.raises(InvalidRequest) as caught:
        PackageReferences(catalog).resolve([f"{HERE}app/version/1.0", arn])
    assert caught.value.message == message


def test_attributes_and_artifact_are_those_of_the_version(catalog: Catalog) -> None:
    catalog.package("app")
    catalog.version("app", "1.0")
    catalog.update_package_version(
        VersionUpdate(
            "app", "1.0", attributes={"a": "b"}, artifact=Artifact(S3Object("b", "k", "v"))
        ),
        2,
    )
    assert PackageReferences(catalog).attributes("app", "1.0") == {"a": "b"}
    assert PackageReferences(catalog).artifact("app", "1.0") == S3Location("b", "k", version_id="v")


def test_a_version_that_is_gone_has_neither(catalog: Catalog) -> None:
    assert PackageReferences(catalog).artifact("app", "1.0") is None
    with pytest.raises(InvalidJobDocument, match=r"Package app version 1\.0 cannot be found\."):
        PackageReferences(catalog).attributes("app", "1.0")


@pytest.mark.parametrize(
    "artifact", [None, Artifact(), Artifact(S3Object("b")), Artifact(S3Object(key="k"))]
)
def test_an_artifact_that_is_incomplete_is_none(
    catalog: Catalog, artifact: Artifact | None
) -> None:
    catalog.package("app")
    catalog.version("app", "1.0")
    catalog.update_package_version(VersionUpdate("app", "1.0", artifact=artifact), 2)
    assert PackageReferences(catalog).artifact("app", "1.0") is None
