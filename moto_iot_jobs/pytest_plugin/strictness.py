"""Strict mode: leftovers of a test, and the failure message that lists them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from moto_iot_jobs.service.states import OPEN, ExecutionStatus

from .options import OPEN_EXECUTIONS, UNUSED_FAULTS

# More than any test creates.
_MOST_JOBS = 250
_MOST_LINES = 10
_OPEN = tuple(status.value for status in ExecutionStatus if status in OPEN)

_HEADINGS = {
    OPEN_EXECUTIONS: "job executions that are still open",
    UNUSED_FAULTS: "injected faults that no call met",
}


@dataclass
class Leftovers:
    """Leftovers of a test: lines of text, each once, by the check that reports them."""

    lines: dict[str, dict[str, None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.lines.values())

    def add(self, other: Leftovers) -> None:
        """Add others."""
        for kind, lines in other.lines.items():
            self.lines.setdefault(kind, {}).update(lines)

    def failure_message(self, allowed: Collection[str]) -> str | None:
        """Return the text about those that are not allowed, or None without any."""
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


def find_leftovers(
    look: Callable[..., dict[str, Any]], pending_faults: Callable[[], Iterable[object]]
) -> Leftovers:
    """Return the leftovers there are now.

    Args:
        look: returns a snapshot.
        pending_faults: returns descriptions of the faults that no call met.
    """
    found = Leftovers()
    for region in look(jobs=_MOST_JOBS, executions=0, messages=0, calls=0)["regions"]:
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
