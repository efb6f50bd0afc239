"""Base64, as strictly on every version of Python."""

from __future__ import annotations

from base64 import b64decode


def decode_base64(text: str) -> bytes:
    """Return the bytes that a text stands for.

    Args:
        text: of base64's first alphabet, padded (RFC 4648, section 4).

    Raises:
        ValueError: it is no such text.
        TypeError: it is no text.
    """
    decoded = b64decode(text, validate=True)
    # Python takes too much padding: before 3.11 even where there is nothing to pad.
    if len(text) != -(-len(decoded) // 3) * 4:
        raise ValueError("Incorrect padding")
    return decoded
