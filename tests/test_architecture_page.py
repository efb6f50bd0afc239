"""The page on the architecture shows the code's own tables, and every module that a newcomer will
look for.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "moto_iot_jobs"


def test_the_tables_in_the_page_are_those_of_the_code() -> None:
    command = [sys.executable, str(ROOT / "docs" / "tables.py")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    _, _, after = PAGE.partition("<!-- the tables of docs/tables.py -->\n")
    shown, _, _ = after.partition("<!-- end of the tables -->")
    assert shown.strip() == printed.strip(), (
        "write what `python docs/tables.py` prints into docs/architecture.md"
    )


def test_the_house_in_the_page_has_every_room_and_every_module_of_the_core() -> None:
    house = PAGE.partition("## The house")[2].partition("## The rules")[0].split()
    top = {
        path.name + "/" * path.is_dir()
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    core = {path.name for path in (PACKAGE / "service").glob("*.py") if path.name != "__init__.py"}
    assert sorted((top | core) - set(house)) == []


def test_the_house_in_the_page_has_nothing_that_is_not_there() -> None:
    house = PAGE.partition("moto_iot_jobs/\n")[2].partition("docs/  ")[0]
    named = [line.split()[0] for line in house.splitlines()]
    there = {
        path.name + "/" * path.is_dir()
        for folder in (PACKAGE, PACKAGE / "service")
        for path in folder.iterdir()
    }
    assert [name for name in named if name not in there] == []
