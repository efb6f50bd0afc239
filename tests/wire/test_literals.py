"""The names for type checkers are those of the installed botocore model."""

from __future__ import annotations

from tests.wire.literals import FILE, patterns, written


def test_the_checked_in_names_are_what_the_script_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == written()


def test_patterns_are_the_verbs_of_operations_and_what_follows_them() -> None:
    assert patterns(["DeleteJobExecution"]) == {"*", "Delete*", "*JobExecution"}
