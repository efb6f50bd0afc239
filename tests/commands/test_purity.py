"""The rules of commands are pure: the standard library, the core of Jobs, each other; no clock."""

from __future__ import annotations

import ast

import pytest

from tests.test_layers import PACKAGE, SOURCE, imports_of, modules_of

ROOM = f"{PACKAGE}.commands"
RULES = (
    *("states", "errors", "command", "commands", "executions", "service", "store", "listing"),
    *("parameters", "template", "cbor", "reports", "topics", "events", "timer_kinds"),
)
PURE = {f"{ROOM}.{name}" for name in RULES}


@pytest.fixture(scope="module")
def modules() -> dict[str, ast.Module]:
    return modules_of(SOURCE)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_imports_nothing_of_the_world(name: str, modules: dict[str, ast.Module]) -> None:
    foreign = [
        target
        for target, _ in imports_of(f"{ROOM}.{name}", modules[f"{ROOM}.{name}"], modules)
        if target.startswith(PACKAGE)
        and target not in PURE
        and target != ROOM
        and not target.startswith(f"{PACKAGE}.service")
        and target.rpartition(".")[0] not in PURE
    ]
    outside = [
        target
        for target, _ in imports_of(f"{ROOM}.{name}", modules[f"{ROOM}.{name}"], modules)
        if target.split(".")[0] in ("time", "moto", "botocore", "boto3", "cbor2")
    ]
    assert (foreign, outside) == ([], [])
