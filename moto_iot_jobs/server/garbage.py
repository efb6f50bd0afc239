"""Python's garbage collection in a server's process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from moto_iot_jobs.runtime import runtime

# Objects made before the youngest are looked at; Python's 700 are 30 requests, of each of which the
# collector would take a twentieth.
_YOUNGEST = 10_000


@contextmanager
def short_collections() -> Iterator[None]:
    """Within the block, keep the collector from looking at all executions again and again.

    A full collection stops every thread, for a third of a second where there are 20,000 executions.
    What exists when a slice of work is over is looked at no more, until the mock is reset. It is
    freed all the same once nothing refers to it; only what is part of a cycle by then stays.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(_YOUNGEST, *thresholds[1:])
    gc.freeze()
    runtime.slices.sliced.connect(gc.freeze)
    runtime.ended.connect(gc.unfreeze)
    try:
        yield
    finally:
        runtime.slices.sliced.disconnect(gc.freeze)
        runtime.ended.disconnect(gc.unfreeze)
        gc.unfreeze()
        gc.set_threshold(*thresholds)
