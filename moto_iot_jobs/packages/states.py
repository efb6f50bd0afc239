"""The statuses of package versions, and the table of what may be done in which.

Everything that depends on a version's status is in this file. A cell is

* a status: the version takes it;
* KEPT: the act is fine and the status stays;
* ERROR: the caller gets the error of the operation and nothing changes.

Attributes and artifact cannot be changed once a version was published; the recipe can, for it is
"separate from the package version metadata" (AWS IoT developer guide,
preparing-jobs-for-service-package-catalog). A version never returns to DRAFT.

Source: AWS IoT developer guide, preparing-to-use-software-package-catalog. Not documented, and so
ours: PUBLISH of what is published and DEPRECATE of what is deprecated change nothing; the recipe
of a deprecated version can be changed.
"""

from __future__ import annotations

from enum import Enum


class VersionStatus(str, Enum):
    """Status of a package version (PackageVersionStatus in the API)."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    DEPRECATED = "DEPRECATED"

    __str__ = str.__str__


class Outcome(Enum):
    """The outcome of an act that leads to no new status."""

    KEPT = "unchanged"
    ERROR = "error"


class Act(Enum):
    """The acts that can be done with a version.

    The value is the sentence of the documentation's table.
    """

    PUBLISH = "UpdatePackageVersion with PUBLISH"
    DEPRECATE = "UpdatePackageVersion with DEPRECATE"
    DESCRIBE = "UpdatePackageVersion of the description"
    CHANGE_ATTRIBUTES = "UpdatePackageVersion of the attributes"
    CHANGE_ARTIFACT = "UpdatePackageVersion of the artifact"
    CHANGE_RECIPE = "UpdatePackageVersion of the recipe"
    TAG = "TagResource, UntagResource"
    ASSOCIATE_SBOM = "AssociateSbomWithPackageVersion, and the reverse"
    MAKE_DEFAULT = "UpdatePackage with defaultVersionName"
    DEPLOY = "CreateJob with destinationPackageVersions"
    DELETE = "DeletePackageVersion"


DRAFT, PUBLISHED, DEPRECATED = VersionStatus
KEPT, ERROR = Outcome

_ROWS: dict[Act, tuple[VersionStatus | Outcome, ...]] = {
    # what is done              DRAFT      PUBLISHED   DEPRECATED
    Act.PUBLISH:               (PUBLISHED, KEPT,       PUBLISHED),
    Act.DEPRECATE:             (ERROR,     DEPRECATED, KEPT),
    Act.DESCRIBE:              (KEPT,      KEPT,       KEPT),
    Act.CHANGE_ATTRIBUTES:     (KEPT,      ERROR,      ERROR),
    Act.CHANGE_ARTIFACT:       (KEPT,      ERROR,      ERROR),
    Act.CHANGE_RECIPE:         (KEPT,      KEPT,       KEPT),
    Act.TAG:                   (KEPT,      KEPT,       KEPT),
    Act.ASSOCIATE_SBOM:        (KEPT,      KEPT,       KEPT),
    Act.MAKE_DEFAULT:          (ERROR,     KEPT,       KEPT),
    Act.DEPLOY:                (ERROR,     KEPT,       KEPT),
    Act.DELETE:                (KEPT,      KEPT,       KEPT),
}  # fmt: skip

VERSION_TABLE: dict[Act, dict[VersionStatus, VersionStatus | Outcome]] = {
    act: dict(zip(VersionStatus, cells, strict=True)) for act, cells in _ROWS.items()
}

ACTIONS = {"PUBLISH": Act.PUBLISH, "DEPRECATE": Act.DEPRECATE}


def version_move(act: Act, status: VersionStatus) -> VersionStatus | Outcome:
    """Return what an act does to a version in a status: the new status, or the other outcome."""
    return VERSION_TABLE[act][status]
