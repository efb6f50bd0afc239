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
    for page in PAGES:
        folder = tmp_path / page.stem
        folder.mkdir()
        script = ""
        for block in to_run(page, "python"):
            named = re.match(r"# (\w+\.py)\n", block.text)
            if named:
                (folder / named[1]).write_text(block.text, encoding="utf-8")
            elif "def test_" in block.text:
                (folder / f"test_line_{block.line}.py").write_text(block.text, encoding="utf-8")
            else:
                script += block.text
        if script:
            (folder / "script.py").write_text(script, encoding="utf-8")
        files = sorted(folder.glob("*.py"))
        if files:
            problems += problems_of(folder, files)
    assert problems == []


def problems_of(folder: Path, files: list[Path]) -> list[str]:
    """Return what mypy finds in the files of a page."""
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
    return [f"{folder.name}/{line}" for line in errors if not MEANT.search(line)]
