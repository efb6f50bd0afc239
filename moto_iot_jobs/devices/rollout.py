"""What became of a job in a fleet: how it ended, how it went over time, and what each device did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import chart
from .timeline import Moment


@dataclass(frozen=True)
class ExecutionEnd:
    """How one execution ended, or stood when the rollout was over.

    Attributes:
        thing, number: which execution of the job.
        status: the service's.
        outcome: the script or handler that its device was drawn; None if the device never started
            it.
        queued_seconds, started_seconds, ended_seconds: since the job was created; None for what has
            not happened.
        given_up: why its device has stopped asking (throttled for too long, no answer); None if it
            has not.
    """

    thing: str
    number: int
    status: str
    outcome: str | None
    queued_seconds: float
    started_seconds: float | None
    ended_seconds: float | None
    given_up: str | None = None


@dataclass(frozen=True)
class Rollout:
    """The result of `Fleet.roll_out` and `Fleet.run`.

    Attributes:
        job_id: the job's id.
        status: the job's status at the end.
        reason_code, comment: what DescribeJob says of a cancelation or abort.
        seconds: from the job's creation until nothing more happened.
        timeline: how it stood at the beginning, at the end of each minute in which something
            happened, and at the end.
        executions: every execution of the job, by thing and number.
    """

    job_id: str
    status: str
    reason_code: str | None
    comment: str | None
    seconds: float
    timeline: Sequence[Moment]
    executions: Sequence[ExecutionEnd]

    @property
    def counts(self) -> dict[str, int]:
        """Executions by status at the end; statuses without executions are left out."""
        return dict(self.timeline[-1].counts)

    @property
    def unreached(self) -> int:
        """Things that never had an execution."""
        return self.timeline[-1].unreached

    @property
    def was_aborted(self) -> bool:
        """Whether the abort criteria ended the job."""
        return self.reason_code == "ABORT_CANCEL"

    def of(self, thing: str) -> list[ExecutionEnd]:
        """Return the executions of one thing, by number.

        Raises:
            LookupError: the job never reached a thing of that name.
        """
        found = [each for each in self.executions if each.thing == thing]
        if not found:
            raise LookupError(
                f"{self.job_id} has no execution on {thing!r}; {self.unreached} things were not"
                " reached."
            )
        return found

    def outcomes(self) -> dict[str, int]:
        """Count what devices were drawn, by the names of the scripts and handlers."""
        return dict(
            sorted(
                Counter(
                    each.outcome for each in self.executions if each.outcome is not None
                ).items()
            )
        )

    def draw(self, path: str | Path, title: str | None = None) -> None:
        """Draw executions by status over time.

        Args:
            path: a file whose name ends in .svg, or in .png, for which Pillow has to be installed.
            title: what stands above; by default the job's id and how it ended.

        Raises:
            ValueError: a name that ends otherwise.
            ImportError: PNG without Pillow.
        """
        chart.draw(self.timeline, path, title or f"{self.job_id}: {self.status}")

    def members(self) -> dict[str, Any]:
        """Return all of it as plain data, for JSON."""
        return {
            "jobId": self.job_id,
            "status": self.status,
            "reasonCode": self.reason_code,
            "comment": self.comment,
            "seconds": self.seconds,
            "counts": self.counts,
            "unreached": self.unreached,
            "outcomes": self.outcomes(),
            "timeline": [_members(each) for each in self.timeline],
            "executions": [_members(each) for each in self.executions],
        }


def _members(record: Moment | ExecutionEnd) -> dict[str, Any]:
    """Return a record's members by names that are written as AWS writes those of its answers."""
    return {_camel_case(name): value for name, value in asdict(record).items()}


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
