"""A live table of a simulation on a terminal, with bars (extra `simulate`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich import live
from rich.console import Console, Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from moto_iot_jobs.devices.chart import COLOURS, UNREACHED
from moto_iot_jobs.service.states import OPEN

from .wording import duration, status

if TYPE_CHECKING:
    from moto_iot_jobs.devices import TimelinePoint

_DONE = ("SUCCEEDED", "FAILED", "TIMED_OUT", "REJECTED", "CANCELED", "REMOVED")


class LiveTable:
    """A table of the newest point of a timeline, which goes away at the end.

    Args:
        devices: number of devices.
        console: the console to show it on; the terminal by default.
    """

    def __init__(self, devices: int, console: Console | None = None) -> None:
        self._devices = devices
        self._live = live.Live(console=console, transient=True, refresh_per_second=8)

    def __enter__(self) -> Callable[[TimelinePoint], object]:
        self._live.start()
        # At once: a small fleet may be done before the first refresh.
        self._live.update(f"Creating {self._devices} things.", refresh=True)
        return self.show

    def __exit__(self, *raised: Any) -> None:
        self._live.stop()

    def show(self, point: TimelinePoint) -> None:
        """Show a point."""
        self._live.update(table(point, self._devices))


def table(point: TimelinePoint, devices: int) -> Group:
    """Return a point as a table, above a bar of what has finished, in the colours of charts."""
    counts = {UNREACHED: point.unreached, **point.counts}
    total = max(sum(counts.values()), 1)
    rows = Table(title=f"after {duration(point.elapsed.total_seconds())}", title_justify="left")
    rows.add_column("executions")
    rows.add_column("number", justify="right")
    rows.add_column("")
    for name, count in counts.items():
        colour = COLOURS[name]
        bar = ProgressBar(total, count, width=30, complete_style=colour, finished_style=colour)
        rows.add_row(
            Text(status(name), style="dim" if name == UNREACHED else colour), str(count), bar
        )
    finished = sum(count for name, count in point.counts.items() if name not in OPEN)
    return Group(
        rows,
        f"finished: {finished}, to come: {total - finished}, devices: {devices}",
        _stacked(point, total),
    )


def _stacked(point: TimelinePoint, total: int, width: int = 60) -> Text:
    """Return one bar of all executions, ended ones first, each status in its colour."""
    bar = Text()
    counts = {**point.counts, UNREACHED: point.unreached}
    drawn = seen = 0
    for name in (*_DONE, "IN_PROGRESS", "QUEUED", UNREACHED):
        seen += counts.get(name, 0)
        cells = round(width * seen / total) - drawn
        bar.append("━" * cells, style=COLOURS[name])
        drawn += cells
    return bar
