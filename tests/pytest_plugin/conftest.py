"""How the plugin's tests run pytest on small suites of their own. Take the fixture `run_pytest`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from tests.warm_python import warm_python

# pytester forgets every module that a run in this process was the first to import, and moto must
# not be imported twice.

# In these a surrounding run, or the machine, would reach into the suite.
_NOT_INHERITED = (
    "PYTEST_ADDOPTS",
    "PYTEST_XDIST_WORKER",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "NO_COLOR",
    "FORCE_COLOR",
)

_HEADING = re.compile(r"^(?P<fill>[=_-])(?P=fill)* (?P<title>.*[^=_-]) (?P=fill)+$")


@dataclass(frozen=True)
class Run:
    """A run of pytest that has ended: its exit status, and what it printed."""

    status: int
    text: str

    def sections(self, title: str) -> dict[str, str]:
        """Return the sections with a title, by the test that they stand below."""
        found: dict[str, list[str]] = {}
        test, lines = "", None
        for line in self.text.splitlines():
            heading = _HEADING.match(line)
            if heading is None:
                if lines is not None:
                    lines.append(line)
                continue
            lines = None
            if heading["fill"] == "_":
                test = heading["title"]
            elif heading["title"] == title:
                lines = found.setdefault(test, [])
        return {test: "\n".join(lines) for test, lines in found.items()}

    def below(self, title: str) -> str:
        """Return what is printed between a heading and the next one of its kind."""
        lines = self.text.splitlines()
        begin = next(
            number
            for number, line in enumerate(lines)
            if (m := _HEADING.match(line)) and m["title"] == title
        )
        rest = lines[begin + 1 :]
        end = next(
            (number for number, line in enumerate(rest) if line.startswith("====")), len(rest)
        )
        return "\n".join(rest[:end])


RunPytest = Callable[..., Run]


@pytest.fixture
def run_pytest(tmp_path: Path) -> RunPytest:
    """Run pytest in a process of its own on files that are given by name, where options come
    first.
    """
    return _runner(tmp_path, warm_python)


@pytest.fixture
def run_pytest_cold(tmp_path: Path) -> RunPytest:
    """Do as `run_pytest` does, with nothing imported beforehand."""
    return _runner(tmp_path, lambda: [sys.executable])


def _runner(tmp_path: Path, python: Callable[[], list[str]]) -> RunPytest:
    def run(*options: str, **files: str) -> Run:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(dedent(text), encoding="utf-8")
        (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        environment = {
            name: value for name, value in os.environ.items() if name not in _NOT_INHERITED
        }
        # The plugin of Hypothesis, which is there for our own tests, takes two seconds of each run.
        left_out = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
        command = [*python(), "-m", "pytest", *left_out, "--tb=short", *options]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**environment, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    return run


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with a file of `golden/`; with UPDATE_GOLDEN in the environment, write the
    file instead.
    """

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
