"""The examples of the manual have types that hold, as an editor shows them to a reader."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.test_docs import PAGES, to_run

ROOT = Path(__file__).parents[2]
# A short example does not ask whether an answer is there, and does two things in a lambda.
SHORT = ("union-attr", "func-returns-value", "index")
# Stubs of boto3 refuse arguments from a dictionary, which examples have so that they stay short.
UNTYPED = """[mypy]
[mypy-boto3.*,botocore.*,mypy_boto3_iot.*,mypy_boto3_iot_jobs_data.*]
follow_imports = skip
follow_imports_for_stubs = True
"""
# The manual shows what a name that does not exist leads to.
MEANT = re.compile(r"update_job_execution")


def test_the_examples_of_the_manual_have_types_that_hold(tmp_path: Path) -> None:
    if find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    problems = []
    for number, files in enumerate(runs_of([files_of(page) for page in PAGES])):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        problems += problems_of(folder)
    assert problems == []


def files_of(page: Path) -> dict[str, str]:
    """Return the programs of a page by the names of their files, which say where they stand."""
    files, script = {}, ""
    stem = re.sub(r"\W", "_", page.stem)
    for block in to_run(page, "python"):
        named = re.match(r"# (\w+\.py)\n", block.text)
        if named and named[1] == "conftest.py":  # which nobody imports
            files[f"conftest_{stem}.py"] = block.text
        elif named:
            files[named[1]] = block.text
        elif "def test_" in block.text:
            files[f"test_{stem}_line_{block.line}.py"] = block.text
        else:
            script += block.text
    return {**files, f"script_{stem}.py": script} if script else files


def runs_of(pages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return as few sets of files as there can be: two of a name are not of one set.

    Each costs mypy half a second.
    """
    runs: list[dict[str, str]] = []
    for files in filter(None, pages):
        free = next((run for run in runs if not run.keys() & files.keys()), None)
        if free is None:
            runs.append(dict(files))
        else:
            free |= files
    return runs


def problems_of(folder: Path) -> list[str]:
    """Return what mypy finds in the files of a folder."""
    files = sorted(folder.glob("*.py"))
    options = ["--ignore-missing-imports", "--check-untyped-defs", "--no-error-summary"]
    options += [f"--disable-error-code={code}" for code in SHORT]
    (folder / "mypy.ini").write_text(UNTYPED, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *(file.name for file in files)],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT), "MYPY_CACHE_DIR": str(folder.parent / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    return [line for line in errors if not MEANT.search(line)]
