"""The process of `iot_jobs_server`: `moto-iot-jobs server`, ended by the end of standard input.

The test run holds the other end, so that the server never outlives it.
"""

from __future__ import annotations

import os
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
    from moto_iot_jobs.cli import main

    sys.exit(main(["server", *sys.argv[1:]]))
