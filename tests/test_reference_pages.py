"""The pages of the reference name every setting and every path there is, and no other."""

from __future__ import annotations

import argparse
import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from moto_iot_jobs.moto_api.handlers import PATHS
from moto_iot_jobs.plugin.configuration import JobsConfiguration
from moto_iot_jobs.pytest_plugin import options

ROOT = Path(__file__).parents[1]
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
HTTP = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """Return what stands below a heading of the page of settings."""
    return SETTINGS.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> set[str]:
    """Return all that is set in code in the first column of tables."""
    lines = re.findall(r"^\| (`[^|]*)\|", text, re.MULTILINE)
    return {code for line in lines for code in re.findall(r"`([^`]+)`", line)}


@pytest.mark.parametrize("command", ["server", "simulate"])
def test_the_page_has_every_option_of_a_command(command: str) -> None:
    parser = argparse.ArgumentParser(add_help=False)
    import_module(f"moto_iot_jobs.cli.{command}").add_arguments(parser)
    actions = parser._actions
    known = {name for action in actions for name in action.option_strings}
    assert first_cells(section(f"moto-iot-jobs {command}")) == known


class Declared:
    """What the plugin declares to pytest."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def getgroup(self, *_: str) -> Declared:
        return self

    def addoption(self, name: str, **_: Any) -> None:
        self.names.add(name)

    def addini(self, name: str, *_: str, **__: Any) -> None:
        self.names.add(name)


def test_the_page_has_every_option_and_setting_of_pytest() -> None:
    declared = Declared()
    options.add_options(declared)  # type: ignore[arg-type]
    shown = first_cells(section("pytest")) - {"-p no:moto_iot_jobs", "pytest.ini", "pyproject.toml"}
    assert shown == declared.names
    marker = section("pytest").split("The marker")[1]
    assert set(options.Settings.__dataclass_fields__) <= set(re.findall(r"`(\w+)`", marker))


def test_the_page_has_every_setting_of_the_mock() -> None:
    assert first_cells(section("The mock")) == set(JobsConfiguration.__annotations__)


def test_the_page_has_every_environment_variable_that_is_read() -> None:
    read = set()
    for path in (ROOT / "moto_iot_jobs").rglob("*.py"):
        if path.name == "wsgi.py" or "dispatch" in path.parts:
            continue  # the environment of a WSGI request
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.unparse(node) if isinstance(node, ast.Call | ast.Subscript) else ""
            read |= set(re.findall(r"^os\.environ(?:\.get)?[\[(]'(\w+)'", text))
    assert read
    assert read <= first_cells(section("Environment variables"))


def test_the_page_has_every_path() -> None:
    shown = set(re.findall(r"^\| `(/[^`]*)` \|", HTTP, re.MULTILINE))
    known = {path.removeprefix("{0}/moto-api/iot-jobs") for path in PATHS}
    assert shown == known - {"", "/page.css", "/page.js"}


def test_the_reference_has_every_public_module() -> None:
    modules = {path.stem for path in (ROOT / "moto_iot_jobs").glob("[a-z]*.py")} | {"devices"}
    shown = set(re.findall(r"^::: moto_iot_jobs\.([\w.]+)", REFERENCE, re.MULTILINE))
    assert modules <= shown
    assert {"pytest_plugin.fixture.IotJobs", "pytest_plugin.server.ServerUrl"} <= shown
