"""Package versions as histories and API coverage show them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from moto_iot_jobs.runtime.neighbours import RecordedChange, TableCell
from moto_iot_jobs.service.events import NeighbourEvent
from moto_iot_jobs.service.jobs_service import JobsService

from .states import VERSION_TABLE, Act, VersionStatus


@dataclass(frozen=True, slots=True)
class PackageVersionMoved(NeighbourEvent):
    """A package version got another status. AWS publishes no event for it.

    Attributes:
        at: milliseconds since the epoch.
        arn: of the version.
        before, after: its statuses.
        act: the cause.
    """

    at: int
    arn: str
    before: VersionStatus
    after: VersionStatus
    act: Act


class PackageIntrospection:
    """The view of packages.

    See `runtime.neighbours.NeighbourIntrospection`.
    """

    kind = "package version"

    def change(self, _jobs: JobsService, event: NeighbourEvent) -> RecordedChange | None:
        """Return the change that an event is of."""
        if not isinstance(event, PackageVersionMoved):
            return None
        before = event.before.value
        return RecordedChange(event.arn, before, event.after.value, event.act.value, before)

    def region(self, _jobs: JobsService, _most: int, _device: str | None) -> dict[str, Any]:
        """Return nothing: packages stand beside the regions of a snapshot."""
        return {}

    def items(self, _region: dict[str, Any]) -> Iterator[tuple[Hashable, dict[str, Any]]]:
        """Yield nothing."""
        return iter(())

    def table(self) -> Iterator[TableCell]:
        """Yield the cells of the table of versions that lead to another status."""
        for act, cells in VERSION_TABLE.items():
            for before, after in cells.items():
                if isinstance(after, VersionStatus):
                    yield TableCell(act.value, before.value, after.value)
