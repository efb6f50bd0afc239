"""Time that stands still while a fleet works, so that how fast this machine is decides nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from moto_iot_jobs.moto_api.client import is_remote
from moto_iot_jobs.runtime import runtime


def time_stands_still() -> AbstractContextManager[None]:
    """Let the mock's time move by `clock` alone within a `with` block.

    A server's time goes on by itself all the same.
    """
    return nullcontext() if is_remote() else runtime.clock.held()
