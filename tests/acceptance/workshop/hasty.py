"""Runs a script as it stands, with short naps: `python hasty.py script.py arguments…`.

AWS's workshop waits five minutes before it deletes a thing type, as AWS demands.
"""

from __future__ import annotations

import runpy
import sys
import time
from pathlib import Path
from typing import Any

_sleep = time.sleep


def nap(seconds: Any) -> None:
    """Sleep, but not for long."""
    _sleep(min(seconds, 0.01))


if __name__ == "__main__":
    time.sleep = nap
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
