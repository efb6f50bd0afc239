"""The process of `iot_jobs_server`, ended by the end of its standard input.

The test run holds the other end, so that the server never outlives it.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

_GRACE_SECONDS = 5


def _end_with_the_parent() -> None:
    # Not sys.stdin: its lock would be in the way when the interpreter ends first.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    sys.argv[1:1] = ["server"]
    runpy.run_module(__package__.partition(".")[0], run_name="__main__", alter_sys=True)
