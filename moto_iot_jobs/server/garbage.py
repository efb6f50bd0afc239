"""Python's garbage collection in a server's process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from moto_iot_jobs.runtime import runtime


@contextmanager
def short_collections() -> Iterator[None]:
    """Within the block, keep the collector from looking at all executions again and again.

    A full collection stops every thread, for a third of a second where there are 20,000 executions.
    What exists when a slice of work is over is looked at no more, until the mock is reset. It is
    freed all the same once nothing refers to it; only what is part of a cycle by then stays.
    """
    gc.freeze()
    runtime.slices.sliced.connect(gc.freeze)
    runtime.ended.connect(gc.unfreeze)
    try:
        yield
    finally:
        runtime.slices.sliced.disconnect(gc.freeze)
        runtime.ended.disconnect(gc.unfreeze)
        gc.unfreeze()
