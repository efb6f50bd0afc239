"""The page on the architecture shows the code's own steps and tables, and a tree that is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.test_layers import ORDER

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "moto_iot_jobs"
TREE = re.search(r"```text\nmoto_iot_jobs/\n((?:.*\n)*?)```", PAGE)
LINES_OF_THE_TREE = 20
ENTRY = re.compile(r"(\w+/|\w+\.py)(?= |$)")


def shown(name: str) -> str:
    """Return the part of the page that is printed from the code."""
    between = re.search(rf"<!-- the {name} of docs/tables.py -->\n(.*?)<!-- end", PAGE, re.DOTALL)
    assert between is not None
    return between[1].strip("\n")


def tree() -> list[list[str]]:
    """Return the packages and modules that each line of the tree begins with."""
    assert TREE is not None
    return [ENTRY.findall(re.split("   ", line.strip())[0]) for line in TREE[1].splitlines()]


def test_the_steps_and_tables_in_the_page_are_those_of_the_code() -> None:
    command = [sys.executable, str(ROOT / "docs" / "tables.py")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert f"{shown('steps')}\n\n{shown('tables')}\n" == printed, (
        "write what `python docs/tables.py` prints into docs/architecture.md"
    )


def test_the_tree_in_the_page_has_every_package_and_module_and_no_other() -> None:
    there = {
        path.name + "/" * path.is_dir()
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    named = [name for line in tree() for name in line]
    assert sorted(named) == sorted(there - {"__init__.py", "__main__.py"})


def test_the_tree_in_the_page_is_in_import_order_and_short() -> None:
    internal = [line[0].rstrip("/") for line in tree() if len(line) == 1]
    assert internal == [room for room in ORDER if room in internal]
    assert len(tree()) <= LINES_OF_THE_TREE


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", PAGE))
    assert len(named) > 5
    assert [
        name for name in named if not (ROOT / name).exists() and not (PACKAGE / name).exists()
    ] == []
