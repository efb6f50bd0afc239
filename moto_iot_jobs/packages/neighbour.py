"""The plug that puts the package catalog beside Jobs: operations, and lookups by jobs.

Jobs do not know this room. It hears when the jobs of an account and region begin, and gives them
what they ask for by protocols. Nothing else of the room is imported until a package is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto_iot_jobs.iot import stack_types
from moto_iot_jobs.iot.responses import operations
from moto_iot_jobs.iot.stack_types import StackResourceType
from moto_iot_jobs.runtime import neighbour_state, neighbours, runtime
from moto_iot_jobs.wire.service_api import NEIGHBOURS

from . import catalogs

if TYPE_CHECKING:
    from .introspection import PackageIntrospection
    from .responses import PackageOperations


def plug_in() -> None:
    """Give jobs that begin from now on a package catalog, and serve its operations. Idempotent."""
    runtime.jobs_began.connect(catalogs.begin)
    neighbour_state.readers["packages"] = catalogs.packages_shown
    neighbours.introspections["packages"] = _load_introspection
    operations.add(NEIGHBOURS["packages"]["iot"], _load)
    stack_types.add(
        "AWS::IoT::SoftwarePackage", "PackageName", frozenset({"PackageArn"}), _load_packages
    )
    stack_types.add(
        "AWS::IoT::SoftwarePackageVersion",
        "VersionName",
        frozenset({"PackageVersionArn", "Status", "ErrorReason", "SbomValidationStatus"}),
        _load_versions,
    )


def pull_out() -> None:
    """End `plug_in`. Idempotent."""
    runtime.jobs_began.disconnect(catalogs.begin)
    neighbour_state.readers.pop("packages", None)
    neighbours.introspections.pop("packages", None)


def _load() -> PackageOperations:
    from .responses import PackageOperations

    return PackageOperations()


def _load_introspection() -> PackageIntrospection:
    from .introspection import PackageIntrospection

    return PackageIntrospection()


def _load_packages() -> StackResourceType:
    from .cloudformation import SoftwarePackages

    return SoftwarePackages()


def _load_versions() -> StackResourceType:
    from .cloudformation import SoftwarePackageVersions

    return SoftwarePackageVersions()
