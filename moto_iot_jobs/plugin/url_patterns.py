"""The start of a mock with one URL pattern instead of each of moto's.

moto registers with `responses`, which answers HTTP clients other than botocore, each of its 190
patterns for each of seven methods, whenever a mock starts. All have the same callback, which looks
for the service by itself; so a pattern that matches what any of them does has the same effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from moto import backend_index
from moto.core import models


@contextmanager
def one_pattern() -> Iterator[None]:
    """Have moto's mock register one pattern, as long as it starts.

    moto starts one mock at a time, and reads the list by this name at no other time; requests read
    it by another.
    """
    pattern = _joined(tuple(pattern for _, pattern in backend_index.backend_url_patterns))
    of_moto: Any = models
    motos = of_moto.backend_index
    if pattern is not None:
        of_moto.backend_index = SimpleNamespace(backend_url_patterns=[("any", pattern)])
    try:
        yield
    finally:
        of_moto.backend_index = motos


@lru_cache(maxsize=4)
def _joined(patterns: tuple[re.Pattern[str], ...]) -> re.Pattern[str] | None:
    """Return a pattern that matches what one of several does.

    None is for patterns that mean something else when they are joined.
    """
    if any(
        pattern.flags != re.UNICODE or _REFERENCE.search(pattern.pattern) for pattern in patterns
    ):
        return None
    try:
        return re.compile("|".join(f"(?:{pattern.pattern})" for pattern in patterns))
    except re.error:
        return None  # two have a group of the same name


# To a group, by its number: a backreference or a condition.
_REFERENCE = re.compile(r"\\[1-9]|\(\?\(")
