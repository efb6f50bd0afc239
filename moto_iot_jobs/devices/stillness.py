"""Time that stands still while a fleet works, so that how fast this machine is decides nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from moto_iot_jobs import control
from moto_iot_jobs.iot import simulation


def time_stands_still() -> AbstractContextManager[None]:
    """Let the mock's time move by `clock` alone within a `with` block. A server's time goes on by itself all the same."""
    return nullcontext() if control.is_remote() else simulation.clock.held()
