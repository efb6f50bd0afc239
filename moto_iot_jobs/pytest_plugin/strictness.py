"""Strict mode: what a test may not leave behind, and what it is told when it does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from moto_iot_jobs.service.states import OPEN, ExecutionStatus

from .options import OPEN_EXECUTIONS, UNUSED_FAULTS

# More jobs than that nobody creates in a test that is strict about each of them.
_MOST_JOBS = 250
_MOST_LINES = 10
_OPEN = tuple(status.value for status in ExecutionStatus if status in OPEN)

_HEADINGS = {
    OPEN_EXECUTIONS: "job executions that are still open",
    UNUSED_FAULTS: "faults that were ordered and never met",
}


@dataclass
class LeftBehind:
    """What a test left behind, as lines to read, each once, by what strict mode calls it."""

    lines: dict[str, dict[str, None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.lines.values())

    def add(self, other: LeftBehind) -> None:
        """Add what another look found."""
        for kind, lines in other.lines.items():
            self.lines.setdefault(kind, {}).update(lines)

    def complaint(self, allowed: Collection[str]) -> str | None:
        """Say what of it is not allowed; None if all is."""
        found = {
            kind: list(lines) for kind, lines in self.lines.items() if lines and kind not in allowed
        }
        if not found:
            return None
        text = ["AWS IoT Jobs, strict mode: the test left behind"]
        for kind, lines in found.items():
            text += ["", f'{_HEADINGS[kind]} (allow="{kind}" lets them pass):']
            text += [f"  {line}" for line in lines[:_MOST_LINES]]
            if len(lines) > _MOST_LINES:
                text.append(f"  ... {len(lines) - _MOST_LINES} more")
        return "\n".join(text)


def left_behind(
    look: Callable[..., dict[str, Any]], pending_faults: Callable[[], Iterable[object]]
) -> LeftBehind:
    """Return what there is that strict mode does not like.

    Args:
        look: gives a snapshot.
        pending_faults: gives the faults that were ordered and never met, described.
    """
    found = LeftBehind()
    for region in look(jobs=_MOST_JOBS, executions=0, messages=0)["regions"]:
        for job in region["jobs"]:
            still_open = [
                f"{job['counts'][status]} {status}" for status in _OPEN if job["counts"].get(status)
            ]
            # The executions of a job that is being deleted go with it.
            if still_open and job["status"] != "DELETION_IN_PROGRESS":
                line = f"job {job['jobId']} in {region['region']}: {', '.join(still_open)}"
                found.lines.setdefault(OPEN_EXECUTIONS, {})[line] = None
    for fault in pending_faults():
        found.lines.setdefault(UNUSED_FAULTS, {})[str(fault)] = None
    return found
