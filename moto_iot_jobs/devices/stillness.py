"""Time that stands still while a fleet works, so that how fast this machine is decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from moto.core.utils import utcnow

from moto_iot_jobs import control
from moto_iot_jobs.iot import simulation


@contextmanager
def time_stands_still() -> Iterator[None]:
    """Within the block, let the mock's time move by `clock` alone.

    A server's time goes on by itself all the same.
    """
    if control.is_remote():
        yield
        return
    # On top of moto's time, which stops here, comes what the clock was moved by.
    moment = utcnow()
    with patch.object(simulation, "utcnow", lambda: moment):
        yield
