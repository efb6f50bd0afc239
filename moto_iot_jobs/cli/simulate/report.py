"""The report of `moto-iot-jobs simulate`: settings, a table over time, and how it ended."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from moto_iot_jobs.cli.terminal import Terminal
from moto_iot_jobs.service.states import OPEN

from . import arguments
from .wording import duration, number, status

if TYPE_CHECKING:
    from moto_iot_jobs.devices import ExecutionEnd, Rollout, TimelinePoint

_ROWS = 20
_STYLES = {
    "SUCCEEDED": ("green",),
    "FAILED": ("red",),
    "TIMED_OUT": ("yellow",),
    "REJECTED": ("red",),
    "CANCELED": ("dim",),
    "REMOVED": ("dim",),
}
_MILESTONES = (50, 90, 99)


class Display(Protocol):
    """Shows the points of a timeline as they come."""

    def __enter__(self) -> Callable[[TimelinePoint], object]:
        """Begin."""
        ...

    def __exit__(self, *raised: Any) -> None:
        """End."""
        ...


class NoDisplay:
    """Shows nothing."""

    def __enter__(self) -> Callable[[TimelinePoint], object]:
        return lambda _point: None

    def __exit__(self, *_: object) -> None:
        return None


def text(options: argparse.Namespace, rollout: Rollout, terminal: Terminal) -> str:
    """Return the report."""
    title = terminal.paint(arguments.title(options), "bold")
    parts = [
        "\n".join([title, *arguments.descriptions(options)]),
        "\n".join(_table(rollout.timeline, terminal)),
        "\n".join([*_ending(options, rollout, terminal), *_summary(options, rollout, terminal)]),
    ]
    if options.picture is not None:
        parts.append(f"The picture is in {options.picture}.")
    return "\n\n".join(parts)


def _table(timeline: Sequence[TimelinePoint], terminal: Terminal) -> Iterator[str]:
    from moto_iot_jobs.devices.timeline import STATUSES

    shown = [each for each in STATUSES if any(each in point.counts for point in timeline)]
    columns = {"not reached": "", **{status(each): each for each in shown}}
    header = "".join([f"{'time':>9}", *(f"  {name:>7}" for name in columns)])
    yield terminal.paint(header, "bold")
    for point in _thinned(timeline):
        cells = [f"{duration(point.elapsed.total_seconds()):>9}"]
        for name, each in columns.items():
            count = point.counts.get(each, 0) if each else point.unreached
            cell = f"{count:>{max(7, len(name))}}"
            styles = _STYLES.get(each, ()) if count else ("dim",)
            cells.append(f"  {terminal.paint(cell, *styles)}")
        yield "".join(cells)


def _thinned(timeline: Sequence[TimelinePoint]) -> list[TimelinePoint]:
    """Return points at about equal distances, the first and the last among them."""
    if len(timeline) <= _ROWS:
        return list(timeline)
    last = len(timeline) - 1
    return [timeline[row * last // (_ROWS - 1)] for row in range(_ROWS)]


def _ending(options: argparse.Namespace, rollout: Rollout, terminal: Terminal) -> Iterator[str]:
    """Say how the job ended, and why the simulation did."""
    if rollout.was_aborted or rollout.status == "CANCELED":
        word = "aborted" if rollout.was_aborted else "canceled"
        sentence = f"The job was {word} {_after(rollout)}"
        yield terminal.paint(f"{sentence}: {rollout.comment or 'without a comment'}.", "red")
    elif rollout.ended_at is not None:
        yield terminal.paint(f"The job was {rollout.status} {_after(rollout)}.", "green")
    else:
        yield terminal.paint(f"The job was still {rollout.status} at the end.", "yellow")
    after = f"after {duration(rollout.duration.total_seconds())}"
    if rollout.stop_reason == "TIME_LIMIT":
        days = number(options.days, "day")
        yield f"The simulation ended at its limit of {days} (--days), {after}."
    elif rollout.stop_reason == "IDLE":
        hanging = number(rollout.counts.get("IN_PROGRESS", 0), "execution")
        yield f"Nothing was left to run {after}: {hanging} in progress without a report."
        if options.timeout is None:
            yield "No timer ends them. Give the job one: --timeout MINUTES."
    elif rollout.ended_at is not None:
        last = max((each.ended_at for each in rollout.executions if each.ended_at), default=None)
        if last is not None and last > rollout.ended_at:
            seconds = (last - rollout.created_at).total_seconds()
            yield f"The last execution ended after {duration(seconds)}."


def _after(rollout: Rollout) -> str:
    if rollout.ended_at is None:
        return "at an unknown time"
    return f"after {duration((rollout.ended_at - rollout.created_at).total_seconds())}"


def _summary(options: argparse.Namespace, rollout: Rollout, terminal: Terminal) -> Iterator[str]:
    newest = {each.thing: each for each in rollout.executions}
    ends = [each.status for each in newest.values()]
    succeeded = number(ends.count("SUCCEEDED"), "device") + " succeeded"
    parts = [terminal.paint(succeeded, "green")]
    parts += [
        terminal.paint(f"{ends.count(each)} {status(each)}", *_STYLES.get(each, ()))
        for each in sorted(set(ends) - {"SUCCEEDED", *OPEN})
    ]
    waiting = sum(ends.count(each) for each in OPEN)
    parts += [f"{waiting} did not finish"] if waiting else []
    parts += [f"{rollout.unreached} were not reached"] if rollout.unreached else []
    yield ", ".join(parts) + f", of {options.devices}."
    retried = len(rollout.executions) - len(newest)
    if retried:
        yield f"{number(retried, 'execution')} came as retries."
    yield from _milestones(rollout, newest.values(), options.devices)


def _milestones(rollout: Rollout, newest: Iterable[ExecutionEnd], devices: int) -> Iterator[str]:
    done = sorted(
        (each.ended_at - rollout.created_at).total_seconds()
        for each in newest
        if each.status == "SUCCEEDED" and each.ended_at is not None
    )
    reached = [
        f"{share}% after {duration(done[-(-devices * share // 100) - 1])}"
        for share in _MILESTONES
        if len(done) * 100 >= devices * share
    ]
    if reached:
        yield f"Of all devices had succeeded: {', '.join(reached)}."
