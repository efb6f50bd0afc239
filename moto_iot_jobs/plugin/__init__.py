"""Registration of IoT Jobs in moto, the fast path, and compatibility with moto's versions.

Raises:
    RuntimeError: on import, when this version of moto lacks a name that is needed.
"""

from __future__ import annotations

from .compatibility import check_moto

check_moto()
