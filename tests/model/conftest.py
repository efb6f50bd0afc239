"""Makes the modules of this room importable, however pytest was started."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:  # `python -m pytest` puts it there, `pytest` does not
    sys.path.insert(0, ROOT)
