"""The table of `states`, cell by cell against a table copied by hand from the AWS IoT developer
guide (preparing-to-use-software-package-catalog), and against what the catalog does.
"""

from __future__ import annotations

from collections.abc import Callable
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
DEPRECATE          refused    DEPRECATED  unchanged
DESCRIBE           unchanged  unchanged   unchanged
CHANGE_ATTRIBUTES  unchanged  refused     refused
CHANGE_ARTIFACT    unchanged  refused     refused
CHANGE_RECIPE      unchanged  unchanged   unchanged
TAG                unchanged  unchanged   unchanged
ASSOCIATE_SBOM     unchanged  unchanged   unchanged
MAKE_DEFAULT       refused    unchanged   unchanged
DEPLOY             refused    unchanged   unchanged
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
    if outcome == "refused":
        with pytest.raises(ServiceError) as refused:
            ACTS[Act[act]](catalog)
        assert isinstance(refused.value, PackageVersionConflict | InvalidRequest)
        assert status in refused.value.message
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
