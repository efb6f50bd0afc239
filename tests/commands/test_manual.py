"""The page of the manual on commands shows the tables of the code."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from moto_iot_jobs.commands.states import (
    COMMAND_TABLE,
    EXECUTION_TABLE,
    CommandState,
    ExecutionState,
)

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_shows_the_tables_of_the_code() -> None:
    spec = spec_from_file_location("tables", DOCS / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    tables = module_from_spec(spec)
    spec.loader.exec_module(tables)
    executions = tables.markdown("execution", EXECUTION_TABLE, ExecutionState)
    commands = tables.markdown("command", COMMAND_TABLE, CommandState)
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- the tables of commands -->\n\n(.*?)\n\n<!-- end", page, re.DOTALL)
    assert shown is not None
    assert shown[1] == f"{executions}\n\n{commands}"
