"""Before a fork, all is imported that threads of a test may be importing at that time."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import moto_iot_jobs
from moto_iot_jobs.plugin.late_imports import LATE_IMPORTS, PACKAGE, import_all

SOURCE = Path(moto_iot_jobs.__file__).parent
# What runs in a process of its own, needs an extra, or runs before there is a mock.
LEFT_OUT = {"broker", "cli", "devices", "plugin", "pytest_plugin", "server"}
# What programs import where they use it.
PUBLIC = {"clock", "faults", "messages", "quotas"}


def late_imports() -> Iterator[str]:
    """Yield the modules of ours that a function imports, without the name of the package."""
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).parts
        if len(parts) == 1 or parts[0] in LEFT_OUT:
            continue
        package = ".".join((PACKAGE, *parts[:-1]))
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom):
                    name = resolve_name("." * node.level + (node.module or ""), package)
                    if name.startswith(f"{PACKAGE}."):
                        yield from modules_of(name.removeprefix(f"{PACKAGE}."), node.names)


def modules_of(name: str, aliases: list[ast.alias]) -> set[str]:
    folder = SOURCE.joinpath(*name.split("."))
    return {
        f"{name}.{alias.name}" if (folder / f"{alias.name}.py").exists() else name
        for alias in aliases
    }


def test_the_list_names_what_functions_import() -> None:
    found = {*late_imports(), *PUBLIC}
    assert (found - set(LATE_IMPORTS), set(LATE_IMPORTS) - found) == (set(), set())


def test_all_of_it_can_be_imported() -> None:
    import_all()
    assert {f"{PACKAGE}.{name}" for name in LATE_IMPORTS} <= set(sys.modules)
