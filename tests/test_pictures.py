"""The pictures of the manual are what the library does today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


def test_the_pictures_are_those_that_are_drawn_now(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "docs" / "pictures.py"), str(tmp_path)], check=True, cwd=ROOT
    )
    kept = {path.name: path.read_text(encoding="utf-8") for path in PICTURES.glob("*.svg")}
    drawn = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert kept == drawn, "run `python docs/pictures.py`, and look at what has changed"


def test_every_picture_is_shown_in_the_manual() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    assert [
        path.name for path in PICTURES.iterdir() if f"(pictures/{path.name})" not in pages
    ] == []
