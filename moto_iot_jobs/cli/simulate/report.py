"""What `moto-iot-jobs simulate` prints at the end: how it went over time, and what it means for
the settings.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from moto_iot_jobs.service.states import OPEN

from . import arguments
from .wording import duration, number, percent, status

if TYPE_CHECKING:
    from moto_iot_jobs.devices import ExecutionEnd, Moment, Rollout

_ROWS = 20


class Show(Protocol):
    """Shows moments as they come."""

    def __enter__(self) -> Callable[[Moment], object]:
        """Begin."""
        ...

    def __exit__(self, *raised: Any) -> None:
        """End."""
        ...


class Nothing:
    """Shows nothing."""

    def __enter__(self) -> Callable[[Moment], object]:
        return lambda _moment: None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


def text(options: argparse.Namespace, rollout: Rollout) -> str:
    """Return the report."""
    parts = [
        "\n".join([arguments.title(options), *_settings(options)]),
        "\n".join(_table(rollout.timeline)),
        "\n".join(_summary(rollout, options.devices)),
    ]
    if options.picture is not None:
        parts.append(f"The picture is in {options.picture}.")
    return "\n\n".join(parts)


def _settings(options: argparse.Namespace) -> Iterator[str]:
    if options.exponential is not None:
        base, factor, things = options.exponential
        done = "succeeded" if options.on_success else "were notified"
        most = options.rate if options.rate is not None else 1000
        yield (
            f"rollout: {base} a minute, times {factor:g} whenever further {things} {done}, at most"
            f" {most}"
        )
    elif options.rate is not None:
        yield f"rollout: {options.rate} a minute"
    for kind, share, least in options.abort:
        yield f"abort: {percent(share / 100)} {kind} of at least {least} finished"
    if options.timeout is not None:
        yield f"timeout: {number(options.timeout, 'minute')} in progress"
    for kind, retries in options.retry:
        yield f"retry: {kind}, {number(retries, 'time')}"


def _table(timeline: Sequence[Moment]) -> Iterator[str]:
    from moto_iot_jobs.devices.timeline import STATUSES

    shown = [each for each in STATUSES if any(each in moment.counts for moment in timeline)]
    names = ["not reached", *map(status, shown)]
    yield "".join([f"{'time':>9}", *(f"  {name:>7}" for name in names)])
    for moment in _thinned(timeline):
        counts = [moment.unreached, *(moment.counts.get(each, 0) for each in shown)]
        cells = [
            f"  {count:>{max(7, len(name))}}" for count, name in zip(counts, names, strict=True)
        ]
        yield "".join([f"{duration(moment.seconds):>9}", *cells])


def _thinned(timeline: Sequence[Moment]) -> list[Moment]:
    """Return moments at about equal distances, the first and the last among them."""
    if len(timeline) <= _ROWS:
        return list(timeline)
    last = len(timeline) - 1
    return [timeline[place * last // (_ROWS - 1)] for place in range(_ROWS)]


def _summary(rollout: Rollout, devices: int) -> Iterator[str]:
    yield (
        f"The job was {rollout.status} when nothing more happened, {duration(rollout.seconds)}"
        " after its beginning."
    )
    if rollout.comment:
        yield f"{rollout.comment}."
    newest = {each.thing: each for each in rollout.executions}
    ends = [each.status for each in newest.values()]
    parts = [number(ends.count("SUCCEEDED"), "device") + " succeeded"]
    parts += [
        f"{ends.count(each)} {status(each)}" for each in sorted(set(ends) - {"SUCCEEDED", *OPEN})
    ]
    waiting = sum(ends.count(each) for each in OPEN)
    parts += [f"{waiting} did not finish"] if waiting else []
    parts += [f"{rollout.unreached} were not reached"] if rollout.unreached else []
    yield ", ".join(parts) + f", of {devices}."
    retried = len(rollout.executions) - len(newest)
    if retried:
        yield f"{number(retried, 'execution')} came as retries."
    yield from _milestones(newest.values(), devices)


def _milestones(newest: Any, devices: int) -> Iterator[str]:
    done = sorted(_end(each) for each in newest if each.status == "SUCCEEDED")
    reached = [
        (share, done[-(-devices * share // 100) - 1])
        for share in (50, 90, 99)
        if len(done) * 100 >= devices * share
    ]
    if reached:
        told = ", ".join(f"{share}% after {duration(seconds)}" for share, seconds in reached)
        yield f"Of all devices had succeeded: {told}."


def _end(execution: ExecutionEnd) -> float:
    return execution.ended_seconds or 0.0
