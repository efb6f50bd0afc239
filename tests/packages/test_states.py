"""The table of `states`, cell by cell against a table copied by hand from the AWS IoT developer
guide (preparing-to-use-software-package-catalog), and against what the catalog does.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.packages.errors import PackageVersionConflict
from moto_iot_jobs.packages.package import Artifact, PackageUpdate, S3Object, VersionUpdate
from moto_iot_jobs.packages.references import PackageReferences
from moto_iot_jobs.packages.states import VERSION_TABLE, Act, VersionStatus, version_move
from moto_iot_jobs.service.errors import InvalidRequest, ServiceError

if TYPE_CHECKING:
    from tests.packages.conftest import Catalog

VERSIONS = """
act                DRAFT      PUBLISHED   DEPRECATED
PUBLISH            PUBLISHED  unchanged   PUBLISHED
DEPRECATE          error      DEPRECATED  unchanged
DESCRIBE           unchanged  unchanged   unchanged
CHANGE_ATTRIBUTES  unchanged  error       error
CHANGE_ARTIFACT    unchanged  error       error
CHANGE_RECIPE      unchanged  unchanged   unchanged
TAG                unchanged  unchanged   unchanged
ASSOCIATE_SBOM     unchanged  unchanged   unchanged
MAKE_DEFAULT       error      unchanged   unchanged
DEPLOY             error      unchanged   unchanged
DELETE             unchanged  unchanged   unchanged
"""
ARN = "arn:aws:iot:eu-west-1:123456789012:package/app/version/1"
NOW = 5_000


def cells() -> list[tuple[str, str, str]]:
    """Give (act, status, outcome) for every cell."""
    header, *rows = (line.split() for line in VERSIONS.strip().splitlines())
    return [
        (row[0], status, outcome)
        for row in rows
        for status, outcome in zip(header[1:], row[1:], strict=True)
    ]


def update(catalog: Catalog, **members: object) -> None:
    catalog.update_package_version(VersionUpdate("app", "1", **members), NOW)  # type: ignore[arg-type]


def associate_nothing(catalog: Catalog) -> None:
    catalog.disassociate_sbom("app", "1", NOW)


def retag(catalog: Catalog) -> None:
    tags = catalog.tags_of(ARN)
    assert tags is not None
    tags["stage"] = "beta"


ACTS: dict[Act, Callable[[Catalog], object]] = {
    Act.PUBLISH: lambda catalog: update(catalog, action="PUBLISH"),
    Act.DEPRECATE: lambda catalog: update(catalog, action="DEPRECATE"),
    Act.DESCRIBE: lambda catalog: update(catalog, description="new"),
    Act.CHANGE_ATTRIBUTES: lambda catalog: update(catalog, attributes={"a": "new"}),
    Act.CHANGE_ARTIFACT: lambda catalog: update(catalog, artifact=Artifact(S3Object("b", "k"))),
    Act.CHANGE_RECIPE: lambda catalog: update(catalog, recipe="{}"),
    Act.TAG: retag,
    Act.ASSOCIATE_SBOM: associate_nothing,
    Act.MAKE_DEFAULT: lambda catalog: catalog.update_package(
        PackageUpdate("app", default_version_name="1"), NOW
    ),
    Act.DEPLOY: lambda catalog: PackageReferences(catalog).resolve([ARN]),
    Act.DELETE: lambda catalog: catalog.delete_package_version("app", "1"),
}


@pytest.mark.parametrize("act, status, outcome", cells())
def test_a_cell_is_as_the_guide_says(act: str, status: str, outcome: str) -> None:
    assert version_move(Act[act], VersionStatus[status]).value == outcome


@pytest.mark.parametrize("act, status, outcome", cells())
def test_the_catalog_does_what_the_cell_says(
    catalog: Catalog, act: str, status: str, outcome: str
) -> None:
    catalog.package("app")
    catalog.version("app", "1", VersionStatus[status])
    before = dict(vars(catalog.get_package_version("app", "1")))
    if outcome == "error":
        with pytest.raises(ServiceError) as caught:
            ACTS[Act[act]](catalog)
        assert isinstance(caught.value, PackageVersionConflict | InvalidRequest)
        assert status in caught.value.message
        assert vars(catalog.get_package_version("app", "1")) == before
        return
    ACTS[Act[act]](catalog)
    after = catalog.find_version("app", "1")
    assert (after is None) == (act == "DELETE")
    if after is not None:
        assert after.status.value == (status if outcome == "unchanged" else outcome)


def test_the_table_has_every_act_and_status() -> None:
    assert set(VERSION_TABLE) == set(Act)
    assert all(set(row) == set(VersionStatus) for row in VERSION_TABLE.values())
    assert {act for act, _, _ in cells()} == {act.name for act in Act}


def test_no_version_returns_to_draft() -> None:
    moves = [move for row in VERSION_TABLE.values() for move in row.values()]
    assert VersionStatus.DRAFT not in moves


# The rows of the manual's table, and what they stand for.
MANUAL = {
    "publish": [Act.PUBLISH],
    "deprecate": [Act.DEPRECATE],
    "change attributes or artifact": [Act.CHANGE_ATTRIBUTES, Act.CHANGE_ARTIFACT],
    "change description, recipe or tags, associate an SBOM": [
        Act.DESCRIBE,
        Act.CHANGE_RECIPE,
        Act.TAG,
        Act.ASSOCIATE_SBOM,
    ],
    "make it the package's default version": [Act.MAKE_DEFAULT],
    "name it in `destinationPackageVersions`": [Act.DEPLOY],
}
WORDS = {"yes": "unchanged", "unchanged": "unchanged", "409": "error", "400": "error"}


@pytest.mark.parametrize("row", MANUAL)
def test_the_manual_says_the_same(row: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "packages.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith(f"| {row} |")]
    shown = [cell.strip() for cell in line.strip("|").split("|")[1:]]
    for act in MANUAL[row]:
        said = [WORDS.get(cell, cell) for cell in shown]
        assert said == [move.value for move in VERSION_TABLE[act].values()], act
