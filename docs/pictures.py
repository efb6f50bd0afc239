"""Draws the pictures of `docs/time.md`: what became of a job's executions, minute by minute.

`python docs/pictures.py` writes them to `docs/pictures` or to the folder that it is given; a test
compares them. What they show is not made up: boto3 clients run the jobs, with `clock` for the time,
and what is drawn are the counters of DescribeJob.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import accumulate
from pathlib import Path
from typing import Any

# The layers of a picture, from the bottom, with their colours: who has not finished lies on top of
# who has.
LAYERS = {
    "succeeded": "#4c9f70",
    "in progress": "#f2a541",
    "queued": "#6f8fc9",
    "not reached yet": "#e4e4e4",
}
WIDTH, HEIGHT, LEFT, TOP = 640, 200, 56, 40

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Picture:
    """What one job did: counts for every minute, and the minutes in which its windows were open."""

    title: str
    minutes: list[Counts]
    windows: list[tuple[int, int]]


class Fleet:
    """Things whose devices begin a fixed while after their execution was queued and work for
    another fixed while.
    """

    def __init__(self, size: int, job: str, *, waits: int, works: int) -> None:
        import boto3

        # Nothing is sent to AWS, but clients want a region and keys.
        session = boto3.Session("testing", "testing", region_name="eu-west-1")
        self.iot: Any = session.client("iot")
        self.device: Any = session.client("iot-jobs-data")
        self.things = [f"thing-{number}" for number in range(size)]
        self.arns = [self.iot.create_thing(thingName=thing)["thingArn"] for thing in self.things]
        self.job, self.waits, self.works = job, waits, works
        self._seen: dict[str, int] = {}
        self._began: dict[str, int] = {}

    def live(self, minute: int) -> None:
        """Let the devices do what they do in a minute."""
        ready = [
            thing
            for thing in self._queued()
            if minute - self._seen.setdefault(thing, minute) >= self.waits
        ]
        for thing in ready:
            # Outside of a window there is nothing to start.
            if "execution" in self.device.start_next_pending_job_execution(thingName=thing):
                self._began[thing] = minute
        for thing in [
            thing for thing, began in self._began.items() if minute - began >= self.works
        ]:
            self.device.update_job_execution(thingName=thing, jobId=self.job, status="SUCCEEDED")
            del self._began[thing]

    def counts(self) -> Counts:
        """Count the things by what the job's counters say of them."""
        details = self.iot.describe_job(jobId=self.job)["job"]["jobProcessDetails"]
        counts = {
            "succeeded": details["numberOfSucceededThings"],
            "in progress": details["numberOfInProgressThings"],
            "queued": details["numberOfQueuedThings"],
        }
        return {**counts, "not reached yet": len(self.things) - sum(counts.values())}

    def _queued(self) -> list[str]:
        found = self.iot.list_job_executions_for_job(jobId=self.job, status="QUEUED")[
            "executionSummaries"
        ]
        return [execution["thingArn"].rpartition("/")[2] for execution in found]


def watch(fleet: Fleet, minutes: int) -> list[Counts]:
    """Let the fleet live for a while, and count it every minute."""
    from moto_iot_jobs import clock

    seen = []
    for minute in range(minutes):
        fleet.live(minute)
        seen.append(fleet.counts())
        clock.advance(minutes=1)
    return seen


def rollout() -> Picture:
    """Run an exponential rollout: two things a minute, twice as many after every eight, twenty at
    most.
    """
    fleet = Fleet(60, "rollout", waits=1, works=3)
    fleet.iot.create_job(
        jobId=fleet.job,
        targets=fleet.arns,
        document="{}",
        jobExecutionsRolloutConfig={
            "maximumPerMinute": 20,
            "exponentialRate": {
                "baseRatePerMinute": 2,
                "incrementFactor": 2,
                "rateIncreaseCriteria": {"numberOfNotifiedThings": 8},
            },
        },
    )
    return Picture("An exponential rollout to 60 things", watch(fleet, 16), [])


def window() -> Picture:
    """Run a job that may only roll out in the first quarter of each hour, one thing a minute."""
    from moto_iot_jobs import clock

    clock.move_to(datetime(2040, 1, 1, tzinfo=timezone.utc))
    fleet = Fleet(40, "window", waits=5, works=10)
    fleet.iot.create_job(
        jobId=fleet.job,
        targets=fleet.arns,
        document="{}",
        targetSelection="CONTINUOUS",
        jobExecutionsRolloutConfig={"maximumPerMinute": 1},
        schedulingConfig={
            "startTime": "2040-01-01T01:00",
            "maintenanceWindows": [{"startTime": "cron(0 * * * ? *)", "durationInMinutes": 15}],
        },
    )
    clock.advance(minutes=50)
    windows = [(opens, opens + 15) for opens in (10, 70, 130, 190)]
    return Picture(
        "Maintenance windows: 15 minutes of every hour, 40 things", watch(fleet, 220), windows
    )


def svg(picture: Picture) -> str:
    """Draw a picture: the layers of things over the minutes, windows as bands behind them."""
    last, size = len(picture.minutes), sum(picture.minutes[0].values())

    def x(minute: float) -> str:
        return f"{LEFT + WIDTH * minute / last:g}"

    def y(things: float) -> str:
        return f"{TOP + HEIGHT - HEIGHT * things / size:g}"

    below = [0] * last
    layers = []
    for name, colour in LAYERS.items():
        above = [under + counts[name] for under, counts in zip(below, picture.minutes, strict=True)]
        layers.append(f'<path fill="{colour}" d="{_outline(above, below, x, y)}"/>')
        below = above
    bands = [
        f'<rect x="{x(opens)}" y="{TOP - 6}" width="{WIDTH * (closes - opens) / last:g}"'
        f' height="{HEIGHT + 12}" fill="none" stroke="#444" stroke-dasharray="3 2"/>'
        for opens, closes in picture.windows
    ]
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 24}"'
            f' height="{TOP + HEIGHT + 64}" font-family="sans-serif" font-size="12">'
        ),
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{picture.title}</text>',
        *layers,
        *bands,
        *_axes(last, size, x, y),
        *_legend(bool(picture.windows)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _outline(
    above: list[int], below: list[int], x: Callable[[float], str], y: Callable[[float], str]
) -> str:
    """Go along the upper edge minute by minute, and back along the lower."""
    last = len(above)
    there = [
        f"V{y(things)} H{x(minute + 1)}"
        for minute, things in enumerate(above)
        if _bends(above, minute)
    ]
    back = [
        f"V{y(below[minute])} H{x(minute)}"
        for minute in reversed(range(last))
        if _bends(below, minute - 1)
    ]
    return f"M{x(0)},{y(above[0])} {' '.join(there)} {' '.join(back)}Z"


def _bends(edge: list[int], minute: int) -> bool:
    """Tell whether an edge changes its height between a minute and the next; it ends at both ends."""
    return not 0 <= minute < len(edge) - 1 or edge[minute] != edge[minute + 1]


def _axes(last: int, size: int, x: Callable[[float], str], y: Callable[[float], str]) -> list[str]:
    step = 2 if last <= 30 else 20
    bottom = TOP + HEIGHT
    times = [
        f'<text x="{x(at)}" y="{bottom + 18}" text-anchor="middle">{at}</text>'
        for at in range(0, last + 1, step)
    ]
    things = [
        f'<text x="{LEFT - 8}" y="{y(at)}" dy="4" text-anchor="end">{at}</text>'
        for at in range(0, size + 1, 20)
    ]
    name = f'<text x="{LEFT + WIDTH}" y="{bottom + 34}" text-anchor="end">minutes</text>'
    frame = f'<path d="M{LEFT},{TOP} V{bottom} H{LEFT + WIDTH}" fill="none" stroke="#444"/>'
    return [*times, *things, name, frame]


def _legend(with_windows: bool) -> list[str]:
    names = [*LAYERS, *(["window"] if with_windows else [])]
    places = accumulate((30 + 7 * len(name) for name in names), initial=LEFT)
    return [
        line
        for name, place in zip(names, places, strict=False)
        for line in _key(name, place, TOP + HEIGHT + 50)
    ]


def _key(name: str, x: int, y: int) -> Iterable[str]:
    colour = LAYERS.get(name, "none")
    stroke = "" if name in LAYERS else ' stroke="#444" stroke-dasharray="3 2"'
    yield f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{colour}"{stroke}/>'
    yield f'<text x="{x + 18}" y="{y}">{name}</text>'


def main(folder: Path) -> None:
    """Run the jobs, and write a picture of each."""
    from moto_iot_jobs import mock_iot

    for draw in (rollout, window):
        with mock_iot():
            picture = draw()
        (folder / f"{draw.__name__}.svg").write_text(svg(picture), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures")
