"""Package versions in API coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto_iot_jobs.introspection.coverage import coverage
from moto_iot_jobs.introspection.coverage_counts import CoverageCounts
from moto_iot_jobs.pytest_plugin.report import report
from tests.aws.conftest import in_process  # noqa: F401 - fixture

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


def test_coverage_counts_what_became_of_package_versions(in_process: Aws) -> None:  # noqa: F811
    version = {"packageName": "app", "versionName": "1.0"}
    counts = CoverageCounts()
    counts.start()
    try:
        in_process.iot.create_package(packageName="app")
        in_process.iot.create_package_version(**version)
        for action in ("PUBLISH", "PUBLISH", "DEPRECATE"):
            in_process.iot.update_package_version(**version, action=action)
        found = coverage(counts)
    finally:
        counts.stop()
    seen = {
        (each["act"], each["from"]): each["seen"]
        for each in found["neighbourTransitions"]
        if each["neighbour"] == "packages"
    }
    assert seen == {
        ("UpdatePackageVersion with PUBLISH", "DRAFT"): 1,
        ("UpdatePackageVersion with PUBLISH", "DEPRECATED"): 0,
        ("UpdatePackageVersion with DEPRECATE", "PUBLISHED"): 1,
    }
    calls = {each["operation"]: each["calls"] for each in found["operations"]}
    assert (calls["CreatePackage"], calls["UpdatePackageVersion"]) == (1, 3)
    unseen = "UpdatePackageVersion with PUBLISH, the version being DEPRECATED"
    assert unseen in found["neverSeenTransitions"]
    assert "transitions of package versions" in report(found)
