"""Suggestions for names that were misspelled."""

from __future__ import annotations

from collections.abc import Iterable


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a question that names the known word most like another, or nothing.

    Args:
        word: as it was written.
        known: the words that there are.

    Returns:
        " Did you mean 'word'?", to be put behind a sentence; empty where no word is close.
    """
    # Imported late: only misspelled names need it, and every test run would pay for it.
    from difflib import get_close_matches

    by_letters = {_letters(each): each for each in known}
    close = get_close_matches(_letters(word), by_letters, 1, 0.6)
    return f" Did you mean {by_letters[close[0]]!r}?" if close else ""


def _letters(word: str) -> str:
    return word.replace("_", "").replace("-", "").lower().removesuffix("exception")
