"""Imports point one way, and the core knows nothing of the world around it.

Every import statement counts, wherever it stands: at the top of a module, inside a function, under
`TYPE_CHECKING`, and `import_module` with a literal name. The checker reads source text only, so
that it can be tried on a planted package.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = "moto_iot_jobs"
SOURCE = Path(__file__).parents[1] / PACKAGE

# A module imports from its own package and from those before it. A package that is not named fails.
ORDER = (
    *(
        "service",
        "wire",
        "broker",
        "runtime",
        "dispatch",
        "iot",
        "iotjobsdata",
        "messaging",
        "introspection",
        "commands",
        "packages",
    ),
    *("moto_api", "shadows", "iotdata", "plugin", "server"),
    *(
        "mock",
        "clock",
        "faults",
        "quotas",
        "messages",
        "devices",
        "mqtt",
        "pytest_plugin",
        "__init__",
        "cli",
        "__main__",
    ),
)
CORE = {"service", "broker"}
# The broker reads and writes WebSockets by this library, and imports it late.
ALLOWED_IN = {"broker": {"websockets"}}
# What type checkers alone import: the core has it under `TYPE_CHECKING` and nowhere else.
FOR_TYPE_CHECKERS = {"typing_extensions"}
CLOCKS = {"time", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


def modules_of(source: Path) -> dict[str, ast.Module]:
    """Read every module below a package's folder, by its dotted name."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = (source.name, *path.relative_to(source).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def imports_of(
    name: str, tree: ast.Module, modules: dict[str, ast.Module]
) -> Iterator[tuple[str, int]]:
    """Name what a module imports, with the line: our own modules exactly, anything else as it is
    written.
    """
    is_package = any(other.startswith(f"{name}.") for other in modules)
    package = name.split(".") if is_package else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield (whole if whole in modules else base), node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            literal = node.args[0]
            if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                level = len(literal.value) - len(literal.value.lstrip("."))
                above = package[: len(package) - level + 1] if level else []
                yield ".".join([*above, literal.value.lstrip(".")]), node.lineno


def room_of(module: str) -> str:
    """Return the package or top-level module that one of our modules belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def unlisted(modules: dict[str, ast.Module]) -> list[str]:
    """List the packages and top-level modules that `ORDER` lacks."""
    return sorted({room_of(name) for name in modules} - set(ORDER))


def upward_imports(modules: dict[str, ast.Module]) -> list[str]:
    """List the imports of packages that come later in `ORDER`."""
    position = {room: number for number, room in enumerate(ORDER)}
    return [
        f"{name}:{line} imports {target}"
        for name, tree in modules.items()
        for target, line in imports_of(name, tree, modules)
        if target.split(".")[0] == PACKAGE
        and position.get(room_of(target), -1) > position.get(room_of(name), -1)
    ]


def lines_for_type_checkers(tree: ast.Module) -> set[int]:
    """Return the lines below `if TYPE_CHECKING:`."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for each in node.body
        for line in range(each.lineno, (each.end_lineno or each.lineno) + 1)
    }


def foreign_imports_of_the_core(modules: dict[str, ast.Module]) -> list[str]:
    """List what `service/` and `broker/` import besides the standard library, themselves, and what
    is allowed.
    """
    return [
        f"{name}:{line} imports {target}"
        for name, tree in modules.items()
        if room_of(name) in CORE
        for target, line in imports_of(name, tree, modules)
        if not f"{target}.".startswith(f"{PACKAGE}.{room_of(name)}.")
        and (module := target.split(".")[0]) not in sys.stdlib_module_names
        and module not in ALLOWED_IN.get(room_of(name), ())
        and not (module in FOR_TYPE_CHECKERS and line in lines_for_type_checkers(tree))
    ]


def clocks_read_by_the_core(modules: dict[str, ast.Module]) -> list[str]:
    """List where `service/` could learn what time it is by itself."""
    found = []
    for name, tree in modules.items():
        if room_of(name) == "service":
            found += [
                f"{name}:{line} imports time"
                for target, line in imports_of(name, tree, modules)
                if target == "time"
            ]
            found += [
                f"{name}:{node.lineno} reads {ast.unparse(node)}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and ".".join(ast.unparse(node).split(".")[-2:]) in CLOCKS
            ]
    return found


def cycle(modules: dict[str, ast.Module]) -> list[str]:
    """Name the modules of one import cycle, or none.

    A module's own package does not count: Python loads it first.
    """
    graph = {
        name: {
            target
            for target, _ in imports_of(name, tree, modules)
            if target in modules and not f"{name}.".startswith(f"{target}.")
        }
        for name, tree in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.fixture(scope="module")
def ours() -> dict[str, ast.Module]:
    return modules_of(SOURCE)


def test_imports_point_one_way(ours: dict[str, ast.Module]) -> None:
    assert upward_imports(ours) == []


def test_the_core_imports_the_standard_library_only(ours: dict[str, ast.Module]) -> None:
    assert foreign_imports_of_the_core(ours) == []


def test_the_core_never_reads_a_clock(ours: dict[str, ast.Module]) -> None:
    assert clocks_read_by_the_core(ours) == []


def test_no_modules_import_each_other_in_a_circle(ours: dict[str, ast.Module]) -> None:
    assert cycle(ours) == []


def test_every_package_stands_in_the_order_and_the_order_names_no_other(
    ours: dict[str, ast.Module],
) -> None:
    assert unlisted(ours) == []
    assert set(ORDER) == {room_of(name) for name in ours}


# Rules of neighbours, in the core's manner: the standard library, each other, and no clock.
PURE = {
    f"{PACKAGE}.shadows.{name}"
    for name in ("document", "errors", "requests", "responses", "service")
}


def impurities(modules: dict[str, ast.Module], pure: set[str]) -> list[str]:
    """List what pure modules import besides the standard library and each other, and clocks."""
    return [
        f"{name}:{line} imports {target}"
        for name in sorted(pure)
        for target, line in imports_of(name, modules[name], modules)
        if target not in pure
        and target.rpartition(".")[0] not in pure
        and (target.split(".")[0] not in sys.stdlib_module_names or target in CLOCKS)
        # `from . import errors` names the package and then the module.
        and target != name.rpartition(".")[0]
    ]


def test_the_rules_of_neighbours_are_pure(ours: dict[str, ast.Module]) -> None:
    assert impurities(ours, PURE) == []


def test_a_planted_impurity_is_caught(tmp_path: Path) -> None:
    texts = ("import time", "import moto", "from ..iot import models", "from .store import find")
    for text in texts:
        files = {"shadows/__init__.py": "", "shadows/document.py": text, "iot/models.py": ""}
        files["shadows/store.py"] = "find = 1"
        modules = planted(tmp_path, files)
        assert len(impurities(modules, {f"{PACKAGE}.shadows.document"})) == 1, text


def planted(folder: Path, files: dict[str, str]) -> dict[str, ast.Module]:
    """Make a small package of our shape and read it."""
    source = folder / PACKAGE
    for name, text in {
        "__init__.py": "",
        "service/__init__.py": "",
        "iot/__init__.py": "",
        **files,
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    return modules_of(source)


@pytest.mark.parametrize(
    "text",
    [
        "from moto_iot_jobs.iot import models",
        "import moto_iot_jobs.iot.models",
        "from ..iot.models import Backend",
        "from .. import iot",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..iot import models",
        "def late():\n    from moto_iot_jobs.iot.models import Backend",
        "from importlib import import_module\nimport_module('moto_iot_jobs.iot.models')",
        "import importlib\nimportlib.import_module('..iot.models', __package__)",
    ],
)
def test_a_planted_upward_import_is_caught(tmp_path: Path, text: str) -> None:
    modules = planted(tmp_path, {"iot/models.py": "class Backend: ...", "service/jobs.py": text})
    (found,) = upward_imports(modules)
    assert found.startswith(f"{PACKAGE}.service.jobs:")
    assert f"imports {PACKAGE}.iot" in found


def test_a_planted_import_of_a_public_module_is_caught(tmp_path: Path) -> None:
    modules = planted(tmp_path, {"faults.py": "", "iot/responses.py": "from .. import faults"})
    assert upward_imports(modules) == [f"{PACKAGE}.iot.responses:1 imports {PACKAGE}.faults"]


def test_a_planted_package_that_is_not_in_the_order_is_caught(tmp_path: Path) -> None:
    assert unlisted(planted(tmp_path, {"helpers/__init__.py": "", "iot/models.py": ""})) == [
        "helpers"
    ]


def test_a_downward_import_is_let_through(tmp_path: Path) -> None:
    modules = planted(
        tmp_path,
        {"service/jobs.py": "import json", "iot/models.py": "from ..service.jobs import json"},
    )
    assert (upward_imports(modules), foreign_imports_of_the_core(modules), cycle(modules)) == (
        [],
        [],
        [],
    )


@pytest.mark.parametrize(
    "text",
    [
        "import moto",
        "from botocore.model import Shape",
        "def f():\n    import boto3",
        "from typing_extensions import Self",
        "if TYPE_CHECKING:\n    pass\nelse:\n    from typing_extensions import Self",
    ],
)
def test_a_planted_foreign_import_in_the_core_is_caught(tmp_path: Path, text: str) -> None:
    assert len(foreign_imports_of_the_core(planted(tmp_path, {"service/jobs.py": text}))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "from time import monotonic",
        "import datetime as d\nx = d.datetime.now(d.timezone.utc)",
    ],
)
def test_a_planted_look_at_the_clock_is_caught(tmp_path: Path, text: str) -> None:
    assert len(clocks_read_by_the_core(planted(tmp_path, {"service/jobs.py": text}))) == 1


def test_a_planted_circle_is_caught_even_inside_a_function(tmp_path: Path) -> None:
    modules = planted(
        tmp_path,
        {
            "service/job.py": "from .execution import X",
            "service/execution.py": "X = 1\ndef f():\n    from . import job",
        },
    )
    assert {f"{PACKAGE}.service.job", f"{PACKAGE}.service.execution"} == set(cycle(modules))
