"""Draws executions by status over time, as SVG, or as PNG through Pillow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple, TypeAlias

from .timeline import TimelinePoint

UNREACHED = "not reached"
# Layers from the bottom: ended, at work, to come. The colours of success and failure differ for
# colour-blind readers too (Okabe and Ito, Color Universal Design).
COLOURS = {
    "SUCCEEDED": "#009e73",
    "FAILED": "#d55e00",
    "TIMED_OUT": "#cc79a7",
    "REJECTED": "#8c4a1f",
    "CANCELED": "#8a8a8a",
    "REMOVED": "#b5b5b5",
    "IN_PROGRESS": "#f0c040",
    "QUEUED": "#56a5e0",
    UNREACHED: "#e4e4e4",
}
INK = "#333333"
KINDS = (".svg", ".png")

_WIDTH, _HEIGHT, _LEFT = 640, 220, 64
_SUBTITLE_SIZE, _SUBTITLE_LINE = 11, 15
_MINUTE_SECONDS = 60
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)
_DASH, _GAP = 5.0, 4.0

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
    dashed: bool = False


@dataclass(frozen=True)
class Label:
    """Text whose baseline begins at, is centred on or ends at a point: start, middle or end."""

    at: Point
    text: str
    anchor: str = "start"
    size: int = 12


Shape: TypeAlias = Area | Stroke | Label


class Mark(NamedTuple):
    """A vertical line with a word, so many seconds after the beginning."""

    seconds: float
    text: str


class Band(NamedTuple):
    """A frame around a stretch of time, in seconds after the beginning."""

    begins: float
    ends: float


def check_path(path: str | Path) -> Path:
    """Return the path of a chart.

    Raises:
        ValueError: its name ends in neither .svg nor .png.
    """
    file = Path(path)
    if file.suffix.lower() not in KINDS:
        raise ValueError(
            f"{file.name!r} ends in neither .svg nor .png, so it is not clear what to draw."
        )
    return file


def check_pillow() -> None:
    """Raise ImportError unless Pillow is installed, which draws PNGs."""
    try:
        import PIL.ImageDraw  # noqa: F401 - imported to see whether it can be
    except ImportError:
        raise ImportError(
            "A PNG needs Pillow: pip install 'moto-iot-jobs[simulate]'. An SVG needs nothing."
        ) from None


def save(
    timeline: Sequence[TimelinePoint],
    path: str | Path,
    headings: Sequence[str],
    mark: Mark | None = None,
) -> None:
    """Write a chart, as `Rollout.save_chart` does.

    Args:
        timeline: the rollout's.
        path: a file whose name ends in .svg or .png.
        headings: the title, and lines below it.
        mark: a time to mark.
    """
    file = check_path(path)
    drawn = chart(timeline, headings, mark)
    if file.suffix.lower() == ".svg":
        file.write_text(drawn.svg(), encoding="utf-8")
    else:
        check_pillow()
        drawn.write_png(file)


def chart(
    timeline: Sequence[TimelinePoint],
    headings: Sequence[str],
    mark: Mark | None = None,
    bands: Sequence[Band] = (),
) -> Chart:
    """Return the chart of a timeline."""
    top = 50 + _SUBTITLE_LINE * (len(headings) - 1)
    layout = _Layout(timeline, top)
    shapes = [
        *_headings(headings),
        *layout.areas(),
        *layout.bands(bands),
        *layout.axes(),
        *layout.marks([mark] if mark is not None else []),
        *layout.legend(),
    ]
    return Chart(shapes, _LEFT + _WIDTH + 24, layout.height, "; ".join(headings))


class Chart(NamedTuple):
    """Shapes on a sheet of a size, with the title that screen readers read."""

    shapes: Sequence[Shape]
    width: int
    height: int
    title: str

    def svg(self) -> str:
        """Return an SVG document."""
        lines = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{self.width}"'
                f' height="{self.height}" viewBox="0 0 {self.width} {self.height}"'
                ' font-family="sans-serif">'
            ),
            f"<title>{escape(self.title, quote=False)}</title>",
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *map(_svg_of, self.shapes),
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def write_png(self, file: Path) -> None:
        """Write a PNG, at twice the size for screens that show two dots for one."""
        from PIL import Image, ImageDraw, ImageFont

        image = Image.new("RGB", (2 * self.width, 2 * self.height), "white")
        pen = ImageDraw.Draw(image)
        anchors = {"start": "ls", "middle": "ms", "end": "rs"}
        for shape in self.shapes:
            if isinstance(shape, Label):
                font = ImageFont.load_default(2 * shape.size)
                x, y = shape.at
                anchor = anchors[shape.anchor]
                pen.text((2 * x, 2 * y), shape.text, fill=INK, font=font, anchor=anchor)
            elif isinstance(shape, Area):
                pen.polygon([(2 * x, 2 * y) for x, y in shape.points], fill=shape.colour)
            else:
                for line in _dashes(shape.points) if shape.dashed else [shape.points]:
                    pen.line([(2 * x, 2 * y) for x, y in line], fill=INK, width=2)
        image.save(file, "PNG")


def _svg_of(shape: Shape) -> str:
    if isinstance(shape, Label):
        x, y = shape.at
        return (
            f'<text x="{x:g}" y="{y:g}" text-anchor="{shape.anchor}"'
            f' font-size="{shape.size}" fill="{INK}">{escape(shape.text)}</text>'
        )
    path = " ".join(f"{x:g},{y:g}" for x, y in shape.points)
    if isinstance(shape, Area):
        return f'<polygon fill="{shape.colour}" points="{path}"/>'
    dashes = f' stroke-dasharray="{_DASH:g} {_GAP:g}"' if shape.dashed else ""
    return f'<polyline fill="none" stroke="{INK}"{dashes} points="{path}"/>'


def _dashes(points: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Cut lines into dashes, which Pillow does not draw."""
    for (x1, y1), (x2, y2) in pairwise(points):
        length = max(abs(x2 - x1), abs(y2 - y1))
        at = 0.0
        while at < length:
            begins, ends = at / length, min(at + _DASH, length) / length
            yield (
                (x1 + (x2 - x1) * begins, y1 + (y2 - y1) * begins),
                (x1 + (x2 - x1) * ends, y1 + (y2 - y1) * ends),
            )
            at += _DASH + _GAP


def _headings(headings: Sequence[str]) -> Iterator[Shape]:
    title, *lines = headings
    yield Label((_LEFT, 22), title, size=14)
    for number, line in enumerate(lines, 1):
        yield Label((_LEFT, 23 + _SUBTITLE_LINE * number), line, size=_SUBTITLE_SIZE)


class _Layout:
    """Places of things on a chart."""

    def __init__(self, timeline: Sequence[TimelinePoint], top: int) -> None:
        self._top = top
        self._seconds = max(timeline[-1].elapsed.total_seconds(), 1.0)
        self._stacks = [(seconds, _stack(point)) for seconds, point in _corners(timeline)]
        self._most = max(stack[-1] for _, stack in self._stacks) or 1
        self._shown = [
            position
            for position in range(len(COLOURS))
            if any(stack[position + 1] > stack[position] for _, stack in self._stacks)
        ]

    @property
    def _bottom(self) -> int:
        return self._top + _HEIGHT

    def _x(self, seconds: float) -> float:
        return round(_LEFT + _WIDTH * seconds / self._seconds, 2)

    def _y(self, executions: float) -> float:
        return round(self._bottom - _HEIGHT * executions / self._most, 2)

    def areas(self) -> Iterator[Shape]:
        colours = list(COLOURS.values())
        for position in self._shown:
            above = [(self._x(at), self._y(stack[position + 1])) for at, stack in self._stacks]
            below = [(self._x(at), self._y(stack[position])) for at, stack in self._stacks]
            yield Area([*above, *reversed(below)], colours[position])

    def axes(self) -> Iterator[Shape]:
        left, right = float(_LEFT), float(_LEFT + _WIDTH)
        yield Stroke([(left, self._top), (left, self._bottom), (right, self._bottom)])
        step, length, unit = _time_steps(self._seconds)
        for minute in range(0, int(self._seconds / _MINUTE_SECONDS) + 1, step):
            at = (self._x(minute * _MINUTE_SECONDS), self._bottom + 18.0)
            yield Label(at, str(minute // length), "middle")
        yield Label((right, self._bottom + 34), unit, "end")
        yield Label((left - 8, self._top - 10), "executions", "end", size=10)
        for executions in range(0, self._most + 1, _nice(self._most / 5)):
            yield Label((left - 8, self._y(executions) + 4), str(executions), "end")

    def bands(self, bands: Sequence[Band]) -> Iterator[Shape]:
        for begins, ends in bands:
            low, high = self._bottom + 6.0, self._top - 6.0
            left, right = self._x(begins), self._x(ends)
            corners = [(left, low), (left, high), (right, high), (right, low), (left, low)]
            yield Stroke(corners, dashed=True)

    def marks(self, marks: Sequence[Mark]) -> Iterator[Shape]:
        for mark in marks:
            x = self._x(min(mark.seconds, self._seconds))
            yield Stroke([(x, self._bottom), (x, self._top - 6)], dashed=True)
            is_late = x > _LEFT + _WIDTH * 0.8
            yield Label((x, self._top - 10), mark.text, "end" if is_late else "middle", size=11)

    def legend(self) -> Iterator[Shape]:
        for (x, y), text, colour in self._keys():
            corners = [(x, y - 10), (x + 12, y - 10), (x + 12, y + 2), (x, y + 2)]
            yield Area(corners, colour)
            yield Label((x + 17, y), text)

    @property
    def height(self) -> int:
        """Height of the sheet, with all rows of the legend."""
        return int(max(y for (_, y), _, _ in self._keys())) + 12

    def _keys(self) -> Iterator[tuple[Point, str, str]]:
        x, y = float(_LEFT), self._bottom + 56.0
        for position in self._shown:
            name = list(COLOURS)[position]
            text = name.lower().replace("_", " ")
            width = 31 + 6.4 * len(text)
            if x + width > _LEFT + _WIDTH:
                x, y = float(_LEFT), y + 18
            yield (x, y), text, COLOURS[name]
            x += width


def _corners(timeline: Sequence[TimelinePoint]) -> Iterator[tuple[float, TimelinePoint]]:
    """Yield the corners of the areas.

    A point shows what changed in the minute before it; nothing changed in minutes without a point.
    """
    yield timeline[0].elapsed.total_seconds(), timeline[0]
    for before, point in pairwise(timeline):
        seconds = point.elapsed.total_seconds()
        if seconds - _MINUTE_SECONDS > before.elapsed.total_seconds():
            yield seconds - _MINUTE_SECONDS, before
        yield seconds, point


def _stack(point: TimelinePoint) -> list[int]:
    """Return the edges between the layers, from the bottom."""
    counts = {**point.counts, UNREACHED: point.unreached}
    return list(accumulate((counts.get(name, 0) for name in COLOURS), initial=0))


def _time_steps(seconds: float) -> tuple[int, int, str]:
    """Return the minutes between two labels, and the minutes and the name of their unit."""
    minutes = seconds / _MINUTE_SECONDS
    step = next(
        (each for each in _STEPS if minutes / each <= 12),
        _STEPS[-1] * _nice(minutes / _STEPS[-1] / 12),
    )
    units = ((1440, "days"), (60, "hours"), (1, "minutes"))
    length, unit = next((length, unit) for length, unit in units if step % length == 0)
    return step, length, unit


def _nice(least: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is at least so much."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least:
                return digit * power
        power *= 10
