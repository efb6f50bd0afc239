"""JSON text of what users give as mappings: documents and payloads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def json_text(name: str, value: Mapping[str, Any] | str) -> str:
    """Return a text as it is, and a mapping as JSON.

    Args:
        name: of the argument, for the message.
        value: the text or the mapping.

    Raises:
        TypeError: it is neither, or has a value that JSON has not.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is a mapping, or JSON as text; not {value!r}.")
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError) as problem:
        raise TypeError(f"{name} cannot be written as JSON: {problem}.") from None
