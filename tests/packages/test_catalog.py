"""Packages and versions in the catalog alone: creation, updates, deletion, lists, client tokens
and limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.packages.errors import (
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
from moto_iot_jobs.packages.package import (
    Artifact,
    PackageRequest,
    PackageUpdate,
    S3Object,
    VersionRequest,
    VersionUpdate,
    VersionUpdateByJobsConfig,
)
from moto_iot_jobs.packages.states import VersionStatus
from moto_iot_jobs.service.errors import InvalidInput

if TYPE_CHECKING:
    from tests.packages.conftest import Catalog

TOKEN, OTHER = "t" * 36, "u" * 36


def names(found: tuple[list[object], str | None]) -> list[str]:
    return [each.name for each in found[0]]  # type: ignore[attr-defined]


# Packages


def test_a_package_is_as_it_was_requested(catalog: Catalog) -> None:
    package = catalog.create_package(PackageRequest("app", "An app", {"team": "a"}), 7)
    assert catalog.get_package("app") is package
    assert package.arn == "arn:aws:iot:eu-west-1:123456789012:package/app"
    assert (package.description, package.tags, package.default) == ("An app", {"team": "a"}, None)
    assert (package.created_at, package.modified_at) == (7, 7)


def test_a_name_is_taken_once(catalog: Catalog) -> None:
    catalog.package("app")
    with pytest.raises(PackageAlreadyExists) as caught:
        catalog.create_package(PackageRequest("app"), 2)
    assert caught.value.resource_id == "app"


def test_a_retry_with_the_same_token_gives_the_same_package(catalog: Catalog) -> None:
    first = catalog.create_package(PackageRequest("app", "d", client_token=TOKEN), 1)
    assert catalog.create_package(PackageRequest("app", "d", client_token=TOKEN), 2) is first
    for request in (
        PackageRequest("app", "another", client_token=TOKEN),
        PackageRequest("app", "d", client_token=OTHER),
        PackageRequest("app", "d"),
    ):
        with pytest.raises(PackageAlreadyExists):
            catalog.create_package(request, 3)


def test_a_token_is_forgotten_with_its_package(catalog: Catalog) -> None:
    request = PackageRequest("app", client_token=TOKEN)
    catalog.create_package(request, 1)
    catalog.delete_package("app")
    assert catalog.create_package(request, 2).created_at == 2


def test_a_retried_update_does_nothing_a_second_time(catalog: Catalog) -> None:
    catalog.package("app")
    catalog.update_package(PackageUpdate("app", "one", client_token=TOKEN), 2)
    catalog.update_package(PackageUpdate("app", "two", client_token=OTHER), 3)
    catalog.update_package(PackageUpdate("app", "one", client_token=TOKEN), 4)
    package = catalog.get_package("app")
    assert (package.description, package.modified_at) == ("two", 3)


def test_the_default_version_is_chosen_and_unset(catalog: Catalog) -> None:
    catalog.package("app", "1.0")
    assert catalog.get_package("app").default is None
    catalog.update_package(PackageUpdate("app", default_version_name="1.0"), 2)
    assert catalog.get_package("app").default == "1.0"
    catalog.update_package(PackageUpdate("app", unset_default_version=True), 3)
    assert catalog.get_package("app").default is None


def test_the_default_version_exists_and_was_published(catalog: Catalog) -> None:
    catalog.package("app")
    catalog.version("app", "draft")
    for name, error in (("draft", PackageVersionConflict), ("9", PackageVersionNotFound)):
        with pytest.raises(error):
            catalog.update_package(PackageUpdate("app", "new", default_version_name=name), 2)
    assert vars(catalog.get_package("app"))["description"] is None


def test_a_default_cannot_be_given_and_unset_at_once(catalog: Catalog) -> None:
    catalog.package("app", "1.0")
    with pytest.raises(InvalidInput):
        catalog.update_package(PackageUpdate("app", None, "1.0", True), 2)


def test_a_package_with_versions_stays(catalog: Catalog) -> None:
    catalog.package("app", "1.0")
    with pytest.raises(PackageNotEmpty):
        catalog.delete_package("app")
    catalog.delete_package_version("app", "1.0")
    catalog.delete_package("app")
    with pytest.raises(PackageNotFound):
        catalog.get_package("app")


def test_deleting_what_is_not_there_is_no_error(catalog: Catalog) -> None:
    catalog.delete_package("app")
    catalog.delete_package_version("app", "1.0")
    catalog.package("app")
    catalog.delete_package_version("app", "1.0")
    assert names(catalog.list_packages()) == ["app"]  # type: ignore[arg-type]


# Versions


def test_a_version_is_as_it_was_requested_and_a_draft(catalog: Catalog) -> None:
    catalog.package("app")
    artifact = Artifact(S3Object("b", "k", "v"))
    request = VersionRequest("app", "1.0", "d", {"size": "1"}, artifact, "{}", {"team": "a"})
    version = catalog.create_package_version(request, 7)
    assert version.arn == "arn:aws:iot:eu-west-1:123456789012:package/app/version/1.0"
    assert (version.status, version.attributes) == (VersionStatus.DRAFT, {"size": "1"})
    assert (version.artifact, version.recipe, version.tags) == (artifact, "{}", {"team": "a"})
    assert (version.created_at, version.modified_at, version.description) == (7, 7, "d")


def test_a_version_needs_its_package(catalog: Catalog) -> None:
    with pytest.raises(PackageNotFound):
        catalog.create_package_version(VersionRequest("app", "1.0"), 1)


def test_two_packages_may_have_versions_of_one_name(catalog: Catalog) -> None:
    catalog.package("app", "1.0")
    catalog.package("lib", "1.0")
    with pytest.raises(PackageVersionAlreadyExists) as caught:
        catalog.create_package_version(VersionRequest("lib", "1.0"), 2)
    assert caught.value.resource_id == "1.0"


def test_a_retry_gives_the_same_version(catalog: Catalog) -> None:
    catalog.package("app")
    request = VersionRequest("app", "1.0", attributes={"a": "b"}, client_token=TOKEN)
    first = catalog.create_package_version(request, 1)
    assert catalog.create_package_version(request, 2) is first
    with pytest.raises(PackageVersionAlreadyExists):
        catalog.create_package_version(request._replace(attributes={"a": "c"}), 3)


def test_attributes_have_three_kilobytes_in_all(catalog: Catalog) -> None:
    catalog.package("app")
    fits, too_large = {"ab": "ä" * 1535}, {"abc": "ä" * 1535}
    catalog.create_package_version(VersionRequest("app", "1.0", attributes=fits), 1)
    with pytest.raises(InvalidInput, match="3073 bytes"):
        catalog.create_package_version(VersionRequest("app", "2.0", attributes=too_large), 1)
    with pytest.raises(InvalidInput):
        catalog.update_package_version(VersionUpdate("app", "1.0", attributes=too_large), 2)


def test_a_draft_is_edited_and_published_at_once(catalog: Catalog) -> None:
    catalog.package("app")
    catalog.version("app", "1.0")
    catalog.update_package_version(
        VersionUpdate("app", "1.0", attributes={"a": "b"}, action="PUBLISH"), 9
    )
    version = catalog.get_package_version("app", "1.0")
    assert (version.status, version.attributes) == (VersionStatus.PUBLISHED, {"a": "b"})
    assert version.modified_at == 9


def test_an_update_that_fails_in_part_changes_nothing(catalog: Catalog) -> None:
    catalog.package("app", "1.0")
    with pytest.raises(PackageVersionConflict) as caught:
        catalog.update_package_version(
            VersionUpdate("app", "1.0", "new", {"a": "b"}, action="DEPRECATE"), 9
        )
    version = catalog.get_package_version("app", "1.0")
    assert (version.status, version.description) == (VersionStatus.PUBLISHED, None)
    assert (caught.value.resource_id, caught.value.status) == ("1.0", "PUBLISHED")


def test_a_retried_publication_does_not_undo_a_deprecation(catalog: Catalog) -> None:
    catalog.package("app")
    catalog.version("app", "1.0")
    publish = VersionUpdate("app", "1.0", action="PUBLISH", client_token=TOKEN)
    catalog.update_package_version(publish, 2)
    catalog.update_package_version(VersionUpdate("app", "1.0", action="DEPRECATE"), 3)
    catalog.update_package_version(publish, 4)
    assert catalog.get_package_version("app", "1.0").status is VersionStatus.DEPRECATED


def test_the_default_version_cannot_be_deleted(catalog: Catalog) -> None:
    catalog.package("app", "1.0", "2.0")
    catalog.update_package(PackageUpdate("app", default_version_name="1.0"), 2)
    with pytest.raises(DefaultVersionInUse):
        catalog.delete_package_version("app", "1.0")
    catalog.update_package(PackageUpdate("app", default_version_name="2.0"), 3)
    catalog.delete_package_version("app", "1.0")
    with pytest.raises(PackageVersionNotFound):
        catalog.get_package_version("app", "1.0")


# Lists


def test_lists_are_by_name_and_in_pages(catalog: Catalog) -> None:
    for name in ("b", "c", "a", "d", "e"):
        catalog.package(name)
    seen: list[str] = []
    token = None
    while True:
        found, token = catalog.list_packages(max_results=2, next_token=token)
        seen += [package.name for package in found]
        if token is None:
            break
        assert len(found) == 2
    assert seen == ["a", "b", "c", "d", "e"]


def test_what_is_deleted_between_two_pages_breaks_nothing(catalog: Catalog) -> None:
    for name in ("a", "b", "c"):
        catalog.package(name)
    _, token = catalog.list_packages(max_results=2)
    catalog.delete_package("b")
    assert names(catalog.list_packages(next_token=token)) == ["c"]  # type: ignore[arg-type]


def test_a_page_has_a_hundred_at_most(catalog: Catalog) -> None:
    for number in range(101):
        catalog.package(f"p{number:03}")
    found, token = catalog.list_packages()
    assert (len(found), token is None) == (100, False)


def test_versions_are_listed_by_status(catalog: Catalog) -> None:
    catalog.package("app", "2", "1")
    catalog.version("app", "0")
    catalog.version("app", "3", VersionStatus.DEPRECATED)
    listed = catalog.list_package_versions
    assert names(listed("app")) == ["0", "1", "2", "3"]  # type: ignore[arg-type]
    assert names(listed("app", status=VersionStatus.PUBLISHED)) == ["1", "2"]  # type: ignore[arg-type]
    assert names(listed("lib")) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("token", ["", "nonsense", "W10=", "WyJwYWNrYWdlcyIsIDFd", "ä"])
def test_a_token_that_is_none_is_an_error(catalog: Catalog, token: str) -> None:
    with pytest.raises(InvalidInput, match=r"Next token is invalid\."):
        catalog.list_packages(next_token=token)


def test_the_token_of_another_list_is_an_error(catalog: Catalog) -> None:
    catalog.package("app", "1", "2")
    _, token = catalog.list_package_versions("app", max_results=1)
    with pytest.raises(InvalidInput):
        catalog.list_packages(next_token=token)


# Limits, configuration, tags


def test_limits_hold_when_they_are_set(catalog: Catalog) -> None:
    catalog.most_packages, catalog.most_versions = 2, 2
    catalog.package("a", "1")
    catalog.package("b", "1")
    with pytest.raises(TooManyPackages):
        catalog.package("c")
    with pytest.raises(TooManyPackageVersions):
        catalog.version("a", "2")
    catalog.delete_package_version("b", "1")
    catalog.delete_package("b")
    catalog.package("c", "1")


def test_the_configuration_keeps_what_is_not_given(catalog: Catalog) -> None:
    assert tuple(catalog.configuration) == (False, None)
    catalog.update_package_configuration(VersionUpdateByJobsConfig(True, "arn:aws:iam::1:role/r"))
    catalog.update_package_configuration(VersionUpdateByJobsConfig(enabled=False))
    catalog.update_package_configuration(None)
    assert tuple(catalog.configuration) == (False, "arn:aws:iam::1:role/r")


def test_tags_are_found_by_arn_while_what_has_them_exists(catalog: Catalog) -> None:
    package = catalog.create_package(PackageRequest("app", tags={"a": "b"}), 1)
    catalog.version("app", "1")
    version = catalog.get_package_version("app", "1")
    assert catalog.tagged() == {package.arn: {"a": "b"}, version.arn: {}}
    catalog.delete_package_version("app", "1")
    catalog.delete_package("app")
    assert (catalog.tags_of(package.arn), catalog.tags_of(version.arn)) == (None, None)


def test_tags_of_aws_cannot_be_given(catalog: Catalog) -> None:
    with pytest.raises(InvalidInput):
        catalog.create_package(PackageRequest("app", tags={"aws:x": "y"}), 1)
    assert catalog.find_package("app") is None
