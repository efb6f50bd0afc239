"""A table on a terminal that shows how a simulation goes, with a bar.

Needs the extra `simulate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich import live
from rich.console import Console, Group
from rich.progress_bar import ProgressBar
from rich.table import Table

from moto_iot_jobs.service.states import OPEN

from .wording import duration, status

if TYPE_CHECKING:
    from moto_iot_jobs.devices import Moment


class Live:
    """Shows the moments of a rollout as they come; the table goes away at the end.

    Args:
        devices: how many there are.
        console: where to show it; the terminal by default.
    """

    def __init__(self, devices: int, console: Console | None = None) -> None:
        self._devices = devices
        self._live = live.Live(console=console, transient=True, refresh_per_second=8)

    def __enter__(self) -> Callable[[Moment], object]:
        self._live.start()
        # At once: a small fleet may be done before the first refresh.
        self._live.update(f"{self._devices} things are created.", refresh=True)
        return self.show

    def __exit__(self, *raised: Any) -> None:
        self._live.stop()

    def show(self, moment: Moment) -> None:
        """Show a moment."""
        self._live.update(picture(moment, self._devices))


def picture(moment: Moment, devices: int) -> Group:
    """Return a moment as a table, above a bar of what has finished."""
    table = Table(title=f"after {duration(moment.seconds)}", title_justify="left")
    table.add_column("executions")
    table.add_column("number", justify="right")
    table.add_column("")
    counts = {
        "not reached": moment.unreached,
        **{status(name): count for name, count in moment.counts.items()},
    }
    total = max(sum(counts.values()), 1)
    for name, count in counts.items():
        table.add_row(name, str(count), ProgressBar(total=total, completed=count, width=30))
    finished = sum(count for name, count in moment.counts.items() if name not in OPEN)
    to_come = total - finished
    return Group(
        table,
        f"finished: {finished}, to come: {to_come}, devices: {devices}",
        ProgressBar(total, finished, width=60),
    )
