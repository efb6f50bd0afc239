"""Rules of the house that no linter knows: sizes, docstrings, and nothing of the machine it was
written on.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "moto_iot_jobs").rglob("*.py"))

LINES_IN_A_FILE = 400
LINES_IN_A_FUNCTION = 60

# Written in two halves, so that this file may pass its own inspection.
REGISTRIES = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "proxy.golang" + ".org"]
# A file directly in the temporary folder is anybody's: paths on a device, in the parameters of
# managed templates.
FOLDERS_OF_A_MACHINE = ["work/", "tmp/[^/]+/", "root/", "home/", "Users/", "private/"]

# A summary is an imperative or a noun phrase, in one line.
COLUMNS_OF_A_SUMMARY = 90
QUESTION = re.compile(r"(What|How|Who|Whose|Whom|Which|Where|When|Whether|Why)\b")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def published_files() -> list[Path]:
    """List what a clone would hold; without git (an unpacked archive), everything but what the
    tools left behind.
    """
    if (ROOT / ".git").exists():
        command = [
            "git",
            "-C",
            str(ROOT),
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(
            "\0"
        )
        return [path for name in names if name and (path := ROOT / name).is_file()]
    left_behind = re.compile(
        r"\.venv|\.tox|\.\w+_cache|\.hypothesis|__pycache__|build|dist|node_modules|.*\.egg-info"
    )
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not any(left_behind.match(part) for part in path.relative_to(ROOT).parts)
    ]


def texts() -> Iterator[tuple[str, str]]:
    """Every published text file, by its name."""
    for path in published_files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield str(path.relative_to(ROOT)), content.decode("utf-8")


def places(pattern: str) -> list[str]:
    """List where a pattern occurs in what is published."""
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line)
    ]


def definitions(path: Path) -> Iterator[tuple[str, Definition]]:
    """Every function, method and class of a module, with its place; also those inside others."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Definition):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield every docstring of a module with its place, those below attributes included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Module | Definition):
            continue
        below = zip([None, *node.body], node.body, strict=False)
        for before, statement in below:
            if (before is None or isinstance(before, ast.Assign | ast.AnnAssign)) and (
                isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            ):
                yield f"{path.relative_to(ROOT)}:{statement.lineno}", statement.value.value


def wrong_summary(docstring: str) -> str | None:
    """Say what is wrong with the first line of a docstring, if anything is."""
    first, *rest = docstring.strip().splitlines()
    if QUESTION.match(first):
        return "begins like a question"
    if len(first) > COLUMNS_OF_A_SUMMARY:
        return f"is longer than {COLUMNS_OF_A_SUMMARY} columns"
    if rest and rest[0].strip():
        return "goes on in the next line"
    return "is of two clauses" if ";" in first else None


def test_no_registry_is_named() -> None:
    assert places("|".join(map(re.escape, REGISTRIES))) == []


def test_no_folder_of_a_machine_is_named() -> None:
    assert places(rf"(?<![\w.}}/:-])/({'|'.join(FOLDERS_OF_A_MACHINE)})") == []


@pytest.mark.parametrize(
    "pattern, instead, except_in",
    [
        (r"paho\.Client\(\s*$|paho\.Client\([^p]", "paho_clients", []),
        (r"\b(perf_counter|thread_time|process_time)\b", "measuring", ["mqtt/test_endpoint_load"]),
    ],
    ids=["clients that come back by themselves", "single measurements"],
)
def test_what_is_unreliable_in_tests_is_in_one_place(
    pattern: str, instead: str, except_in: list[str]
) -> None:
    allowed = tuple(
        f"tests/{name}.py" for name in (instead, f"test_{instead}", "test_hygiene", *except_in)
    )
    found = [each for each in places(pattern) if each.startswith("tests/")]
    assert [each for each in found if not each.startswith(allowed)] == []
    assert [each for each in found if each.startswith(f"tests/{instead}.py")] != []


def test_the_inspection_sees_what_is_published() -> None:
    assert {"README.md", "setup.cfg", "tests/test_hygiene.py", "moto_iot_jobs/__init__.py"} <= {
        name for name, _ in texts()
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stays_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_IN_A_FILE


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_stays_short(path: Path) -> None:
    sizes = {
        place: (node.end_lineno or node.lineno) - node.lineno + 1
        for place, node in definitions(path)
        if not isinstance(node, ast.ClassDef)
    }
    assert {place: size for place, size in sizes.items() if size > LINES_IN_A_FUNCTION} == {}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_and_its_public_names_say_what_they_are_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = [
        node for node in tree.body if isinstance(node, Definition) and not node.name.startswith("_")
    ]
    silent = [node for node in public if not ast.get_docstring(node)]
    assert ast.get_docstring(tree), "the module has no docstring"
    assert [
        node.name for node in silent if "overload" not in map(ast.unparse, node.decorator_list)
    ] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_docstring_begins_with_a_summary_of_one_line(path: Path) -> None:
    wrong = {place: wrong_summary(text) for place, text in docstrings(path)}
    assert {place: what for place, what in wrong.items() if what} == {}


@pytest.mark.parametrize(
    ("docstring", "wrong"),
    [
        ("Number of messages that wait.", None),
        ("Number of messages that wait.\n\nOf which some; and more.\n", None),
        ("How many messages wait.", "begins like a question"),
        ("However many messages wait.", None),
        ("Count the messages that wait; Python counts\nthose that do not.", "goes on"),
        ("Count the messages; None for none.", "two clauses"),
        (f"Count {'x' * 90}", "longer than 90 columns"),
    ],
)
def test_a_wrong_summary_is_noticed(docstring: str, wrong: str | None) -> None:
    found = wrong_summary(docstring)
    assert found is None if wrong is None else wrong in (found or "")


def test_docstrings_are_found_below_modules_classes_functions_and_attributes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "module.py"
    path.write_text(
        '"""1"""\nA = 1\n"""2"""\nclass B:\n    """3"""\n    C: int\n    """4"""\n'
        '    def d(self):\n        """5"""\n        e = "6"\n        print("7")\n',
        encoding="utf-8",
    )
    assert sorted(text for _, text in docstrings(path)) == ["1", "2", "3", "4", "5"]
