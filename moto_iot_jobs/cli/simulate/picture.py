"""The picture of `moto-iot-jobs simulate`: checked before the simulation, drawn after it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from . import arguments

if TYPE_CHECKING:
    from moto_iot_jobs.devices import Rollout

# Letters of a subtitle that fit into the width of a chart.
_LINE = 112


def check(file: Path) -> None:
    """Find out whether the picture can be written.

    Raises:
        ValueError: another kind of file than .svg and .png.
        ImportError: PNG without Pillow.
        OSError: no such folder, or nothing may be written there.
    """
    from moto_iot_jobs.devices import chart

    chart.check_path(file)
    if file.suffix.lower() == ".png":
        chart.check_pillow()
    folder = file.parent
    if not folder.is_dir():
        raise NotADirectoryError(f"--picture {file}: there is no folder {folder}.")
    if file.is_dir() or not os.access(file if file.exists() else folder, os.W_OK):
        raise PermissionError(f"--picture {file}: this file cannot be written.")


def save(options: argparse.Namespace, rollout: Rollout) -> None:
    """Draw a rollout under the settings that it was made with."""
    settings = wrap("; ".join(arguments.descriptions(options)), _LINE)
    rollout.save_chart(options.picture, arguments.title(options), "\n".join(settings))
