"""Java's regular expressions, as the model spells its patterns, in Python.

``re`` knows nothing of ``\\p{L}``. Of a character beyond ASCII no pattern of the model asks more
than its general category, so a pattern is compiled once with a stand-in for each category, and a
value has such characters replaced by their stand-ins before it is matched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# Unicode's general categories: classes and what each is divided into.
_CLASSES = {
    "C": "cfnos",
    "L": "lmotu",
    "M": "cen",
    "N": "dlo",
    "P": "cdefios",
    "S": "ckmo",
    "Z": "lps",
}
_CATEGORIES = [letter + kind for letter, kinds in _CLASSES.items() for kind in kinds]
_STAND_IN = {category: chr(0xE000 + number) for number, category in enumerate(_CATEGORIES)}

# Java's POSIX classes are ASCII only (java.util.regex.Pattern).
_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Alnum": "A-Za-z0-9",
    "Graph": "!-~",
}
# Patterns whose matching takes time by the square of a text's length, and the same in linear time:
# as soon as two digits of the first class stand at the beginning, any digits may follow.
_LINEAR = {r"^[1-9]+.[0-9]+": r"[1-9](?:[1-9][0-9]+|[1-9]*[^1-9\n][0-9]+)"}

_PROPERTY = re.compile(r"\\p\{(\w+)\}")


def matcher(
    pattern: str, also_allowed: str = "", least: int = 0, most: int | None = None
) -> Callable[[str], object]:
    """Compile a Java pattern into a test of a whole string.

    Args:
        pattern: as the model spells it.
        also_allowed: characters that count as a letter.
        least, most: length of the string; None is any.

    Returns:
        A function of the string, whose result is something true or false.

    Raises:
        re.error: the pattern uses syntax that Python lacks.
    """
    # ASCII: \s, \d and \w mean ASCII in Java.
    pattern = _LINEAR.get(pattern, pattern)
    compiled = _PROPERTY.sub(_characters, pattern)
    if least or most is not None:
        compiled = f"(?=(?s:.{{{least},{'' if most is None else most}}})\\Z)(?:{compiled})"
    fullmatch = re.compile(compiled, re.ASCII).fullmatch
    if not _PROPERTY.search(pattern):
        return fullmatch
    letters = str.maketrans(dict.fromkeys(also_allowed, "a"))

    def matches(value: str) -> object:
        if value.isascii() and fullmatch(value):
            return True
        if also_allowed:
            value = value.translate(letters)
        return fullmatch(value if value.isascii() else _stood_in(value))

    return matches


def _characters(property_: re.Match[str]) -> str:
    """Return the members of a property, as they stand in the brackets of a character class."""
    name = property_[1]
    if name in _POSIX:
        return _POSIX[name]
    ascii_ = [char for char in map(chr, range(128)) if unicodedata.category(char).startswith(name)]
    beyond = [char for category, char in _STAND_IN.items() if category.startswith(name)]
    if not beyond:
        raise re.error(f"unknown property {property_[0]}")
    return "".join(map(re.escape, ascii_ + beyond))


def _stood_in(value: str) -> str:
    return "".join(
        char if char.isascii() else _STAND_IN[unicodedata.category(char)] for char in value
    )
