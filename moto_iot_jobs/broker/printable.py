"""Text that a client sent, made safe and short for logs."""

from __future__ import annotations

_LONGEST = 100


def printable(text: str, longest: int = _LONGEST) -> str:
    """Return text with everything that is not printable escaped, cut to a length.

    Line feeds and terminal escapes of a client would forge lines of a log or act on a terminal.
    """
    cut = text[:longest]
    if not cut.isprintable():
        cut = "".join(each if each.isprintable() else _escaped(each) for each in cut)
    return cut if len(text) <= longest else f"{cut}…({len(text)} characters)"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
