"""Colours for people at a terminal, and only there."""

from __future__ import annotations

import os
from typing import TextIO

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "magenta": "35",
    "cyan": "36",
}


class Terminal:
    """A stream that a command prints to.

    Args:
        stream: it has colours if it is a terminal, unless NO_COLOR is set (no-color.org) or TERM is
            dumb.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.has_colours = (
            stream.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM", "") != "dumb"
        )

    def paint(self, text: str, *styles: str) -> str:
        """Return text in styles: bold, dim, red, green, yellow, magenta or cyan."""
        if not self.has_colours or not styles:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def print(self, text: str = "") -> None:
        """Print a line."""
        self._stream.write(f"{text}\n")
