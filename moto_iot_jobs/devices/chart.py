"""Draws a rollout: executions by status over time, as SVG, or as PNG through Pillow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TypeAlias

from .timeline import Moment

UNREACHED = "not reached"
# From the bottom: who has finished, how it went, who is at work, who is still to come.
LAYERS = {
    "SUCCEEDED": "#4c9f70",
    "FAILED": "#c8553d",
    "TIMED_OUT": "#8d5a97",
    "REJECTED": "#a67c52",
    "CANCELED": "#8a8a8a",
    "REMOVED": "#b5b5b5",
    "IN_PROGRESS": "#f2a541",
    "QUEUED": "#6f8fc9",
    UNREACHED: "#e4e4e4",
}
WIDTH, HEIGHT, LEFT, TOP = 640, 220, 64, 44
SIZE = (WIDTH + LEFT + 24, HEIGHT + TOP + 68)
INK = "#444444"
MINUTE = 60
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: Sequence[Point]
    colour: str


@dataclass(frozen=True)
class Stroke:
    """A line through points."""

    points: Sequence[Point]


@dataclass(frozen=True)
class Label:
    """Text whose baseline begins at, is centred on or ends at a point: start, middle or end."""

    at: Point
    text: str
    anchor: str = "start"
    size: int = 12


Shape: TypeAlias = Area | Stroke | Label


def draw(timeline: Sequence[Moment], path: str | Path, title: str) -> None:
    """Write a picture of a rollout; see `Rollout.draw`.

    Args:
        timeline: how it went.
        path: a file whose name ends in .svg or .png.
        title: what stands above.
    """
    file = Path(path)
    kind = file.suffix.lower()
    if kind not in (".svg", ".png"):
        raise ValueError(
            f"{file.name!r} says neither .svg nor .png at its end, so it is not clear what to draw."
        )
    shapes = list(_shapes(timeline, title))
    if kind == ".svg":
        file.write_text(svg(shapes), encoding="utf-8")
    else:
        _write_png(shapes, file)


def svg(shapes: Sequence[Shape]) -> str:
    """Return shapes as an SVG document."""
    width, height = SIZE
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0'
            f' 0 {width} {height}" font-family="sans-serif">'
        ),
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *map(_svg_of, shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _svg_of(shape: Shape) -> str:
    if isinstance(shape, Label):
        x, y = shape.at
        return (
            f'<text x="{x:g}" y="{y:g}" text-anchor="{shape.anchor}"'
            f' font-size="{shape.size}">{escape(shape.text)}</text>'
        )
    path = " ".join(f"{x:g},{y:g}" for x, y in shape.points)
    if isinstance(shape, Area):
        return f'<polygon fill="{shape.colour}" points="{path}"/>'
    return f'<polyline fill="none" stroke="{INK}" points="{path}"/>'


def _write_png(shapes: Sequence[Shape], file: Path) -> None:
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise ImportError(
            "A PNG needs Pillow: pip install 'moto-iot-jobs[simulate]'. An SVG needs nothing."
        ) from None
    # Twice the size, for screens that show two dots for one.
    width, height = SIZE
    image = Image.new("RGB", (2 * width, 2 * height), "white")
    pen = ImageDraw.Draw(image)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for shape in shapes:
        if isinstance(shape, Label):
            font = ImageFont.load_default(2 * shape.size)
            x, y = shape.at
            pen.text(
                (2 * x, 2 * y), shape.text, fill="black", font=font, anchor=anchors[shape.anchor]
            )
        else:
            points = [(2 * x, 2 * y) for x, y in shape.points]
            if isinstance(shape, Area):
                pen.polygon(points, fill=shape.colour)
            else:
                pen.line(points, fill=INK, width=2)
    image.save(file, "PNG")


def _shapes(moments: Sequence[Moment], title: str) -> Iterator[Shape]:
    last = max(moments[-1].seconds, 1.0)
    stacks = [(seconds, _stack(moment)) for seconds, moment in _corners(moments)]
    most = max(stack[-1] for _, stack in stacks) or 1

    def point(seconds: float, executions: float) -> Point:
        return round(LEFT + WIDTH * seconds / last, 2), round(
            TOP + HEIGHT - HEIGHT * executions / most, 2
        )

    yield Label((LEFT, 22), title, size=14)
    shown = []
    for place, (name, colour) in enumerate(LAYERS.items()):
        if any(stack[place + 1] > stack[place] for _, stack in stacks):
            above = [point(seconds, stack[place + 1]) for seconds, stack in stacks]
            below = [point(seconds, stack[place]) for seconds, stack in reversed(stacks)]
            yield Area([*above, *below], colour)
            shown.append(name)
    yield Stroke([(LEFT, TOP), (LEFT, TOP + HEIGHT), (LEFT + WIDTH, TOP + HEIGHT)])
    yield from _time_axis(last, point(0, 0)[1])
    for executions in range(0, most + 1, _nice(most / 5)):
        x, y = point(0, executions)
        yield Label((x - 8, y + 4), str(executions), "end")
    yield from _legend(shown)


def _corners(moments: Sequence[Moment]) -> Iterator[tuple[float, Moment]]:
    """Yield the corners of the areas: each moment is told of the minute before it, and nothing
    happened between minutes.
    """
    yield moments[0].seconds, moments[0]
    for before, moment in pairwise(moments):
        if moment.seconds - MINUTE > before.seconds:
            yield moment.seconds - MINUTE, before
        yield moment.seconds, moment


def _stack(moment: Moment) -> list[int]:
    """Return the edges between the layers, from the bottom."""
    counts = {**moment.counts, UNREACHED: moment.unreached}
    return list(accumulate((counts.get(name, 0) for name in LAYERS), initial=0))


def _time_axis(last: float, bottom: float) -> Iterator[Shape]:
    minutes = last / MINUTE
    step = next(
        (each for each in _STEPS if minutes / each <= 12),
        _STEPS[-1] * _nice(minutes / _STEPS[-1] / 12),
    )
    unit, name = next(
        (length, name)
        for length, name in ((1440, "days"), (60, "hours"), (1, "minutes"))
        if step % length == 0
    )
    for at in range(0, int(minutes) + 1, step):
        yield Label((round(LEFT + WIDTH * at / minutes, 2), bottom + 18), str(at // unit), "middle")
    yield Label((LEFT + WIDTH, bottom + 34), name, "end")


def _nice(least: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is at least so much."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least:
                return digit * power
        power *= 10


def _legend(names: Sequence[str]) -> Iterator[Shape]:
    x, y = float(LEFT), TOP + HEIGHT + 56
    for name in names:
        yield Area([(x, y - 10), (x + 12, y - 10), (x + 12, y + 2), (x, y + 2)], LAYERS[name])
        text = name.lower().replace("_", " ")
        yield Label((x + 17, y), text)
        x += 29 + 6.6 * len(text)
