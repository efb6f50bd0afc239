"""Waiting for what another thread or process is about to bring about."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

#: Seconds to wait for something that comes at once where the machine has time for it.
PATIENCE = 60
_PAUSE_SECONDS = 0.01


def wait_until(holds: Callable[[], bool], told: Callable[[], object] = lambda: "") -> None:
    """Wait until something is so.

    Looks are counted instead of asking a clock: the time that a machine stands still does not
    count, and a test may have stopped the clocks.

    Args:
        holds: tells whether it is so.
        told: what the failure shows.
    """
    pause = threading.Event()
    for _ in range(round(PATIENCE / _PAUSE_SECONDS)):
        if holds():
            return
        pause.wait(_PAUSE_SECONDS)
    raise AssertionError(f"it did not come true in {PATIENCE} seconds: {told()}")


def has_ended(process_id: int) -> bool:
    """Tell whether a process is gone, or is only left for its parent to notice."""
    try:
        os.kill(process_id, 0)
        state = Path(f"/proc/{process_id}/stat")
        return state.exists() and state.read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
