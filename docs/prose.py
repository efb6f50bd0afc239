"""Puts each sentence of the manual on a line of its own, so that a change shows what it changes.

`python docs/prose.py` rewrites the pages; a test compares. Code, tables, headings, comments,
quotations and front matter stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

# A full stop, a colon's list apart, with what closes after it; then a capital, code, or a link.
_END = re.compile(r"(?<=[.!?])([)\"*_]*) (?=[\"(*_]*[A-Z0-9`\[$])")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|vs|cf|No|Nr|etc|approx)|\b[A-Z])\.[)\"*_]*$")
_ITEM = re.compile(r"^( *)([-*+]|\d+\.) +")
_AS_IT_IS = re.compile(r"^ *(?:[|#>]|<!--|-->|:::|!!!|\?\?\?|\[[^\]]+\]: |---$|\[\^)")


def sentences(text: str) -> list[str]:
    """Part a paragraph into its sentences. Code in it is not looked at."""
    codes: list[str] = []

    def hide(found: re.Match[str]) -> str:
        codes.append(found[0])
        return f"`{len(codes) - 1}`"

    hidden = re.sub(r"`+[^`]*`+", hide, text)
    parts: list[str] = []
    for part in _END.sub(r"\1\n", hidden).split("\n"):
        if parts and (_ABBREVIATED.search(parts[-1]) or _is_open(parts[-1])):
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return [re.sub(r"`(\d+)`", lambda found: codes[int(found[1])], part) for part in parts]


def _is_open(text: str) -> bool:
    """Tell whether a bracket or a link is not closed: a sentence within it is not one's own."""
    return text.count("(") > text.count(")") or text.count("[") > text.count("]")


def one_sentence_a_line(page: str) -> str:
    """Return a page with each sentence on a line of its own."""
    return "\n".join(_lines(page.splitlines())) + "\n"


def _lines(lines: list[str]) -> Iterator[str]:
    paragraph: list[str] = []
    fence = ""
    front_matter = bool(lines) and lines[0] == "---"
    for number, line in enumerate([*lines, ""]):
        if front_matter:
            yield line
            front_matter = number == 0 or line != "---"
            continue
        opened = re.match(r" *(`{3,})", line)
        plain = bool(fence or opened or not line.strip() or _AS_IT_IS.match(line))
        if (plain or _ITEM.match(line)) and paragraph:
            yield from _parted(paragraph)
            paragraph = []
        if opened:
            fence = "" if fence else opened[1]
        if not plain:
            paragraph.append(line)
        elif number < len(lines):
            yield line


def _parted(paragraph: list[str]) -> Iterator[str]:
    item = _ITEM.match(paragraph[0])
    first = item[0] if item else re.match(r" *", paragraph[0])[0]  # type: ignore[index]
    rest = " " * len(first)
    text = " ".join([paragraph[0][len(first) :], *(line.strip() for line in paragraph[1:])])
    for number, sentence in enumerate(sentences(text)):
        yield f"{rest if number else first}{sentence}"


if __name__ == "__main__":
    for each in PAGES:
        before = each.read_text(encoding="utf-8")
        each.write_text(one_sentence_a_line(before), encoding="utf-8")
