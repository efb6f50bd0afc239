"""What a test run and each of its tests want: the options, the settings in the configuration file,
and the marker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NoReturn

import pytest

MARKER = "iot_jobs"

OPEN_EXECUTIONS = "open_executions"
UNUSED_FAULTS = "unused_faults"
CHECKS = (OPEN_EXECUTIONS, UNUSED_FAULTS)
"""What strict mode objects to, by the names that allow it."""

_MARKER_HELP = (
    "iot_jobs(region=None, strict=None, allow=(), delete_queued_needs_force=False, deletion=None,"
    " quotas=None): settings of the AWS IoT Jobs mock for a test; see docs/pytest.md of"
    " moto-iot-jobs."
)


@dataclass(frozen=True)
class Settings:
    """What one test wants. The nearest marker wins, setting by setting.

    Attributes:
        region: where its clients work.
        strict: whether it fails when it leaves something behind.
        allow: which of `CHECKS` it may leave behind all the same.
        delete_queued_needs_force: reads DeleteJobExecution as its API page says it.
        deletion: how long deletions take, as moto's state manager says it.
        quotas: what `quotas.enforce` is given; None enforces nothing.
    """

    region: str
    strict: bool
    allow: frozenset[str]
    delete_queued_needs_force: bool = False
    deletion: Mapping[str, Any] | None = None
    quotas: Mapping[str, Any] | None = None


def add_options(parser: pytest.Parser) -> None:
    """Declare the command line and the settings of the configuration file."""
    group = parser.getgroup("moto-iot-jobs", "AWS IoT Jobs (moto-iot-jobs)")
    group.addoption(
        "--iot-jobs-strict",
        action="store_true",
        help="fail tests that leave job executions open, or ordered faults that were never met",
    )
    group.addoption(
        "--iot-jobs-report",
        nargs="?",
        const="",
        metavar="FILE.json",
        help=(
            "say at the end which operations, transitions and errors of AWS IoT Jobs the tests"
            " never saw; --iot-jobs-report=FILE.json writes it as JSON too"
        ),
    )
    parser.addini(
        "iot_jobs_strict", "the same as --iot-jobs-strict, always", type="bool", default=False
    )
    parser.addini(
        "iot_jobs_allow",
        f"what tests may leave behind in strict mode: {', '.join(CHECKS)}",
        type="args",
        default=[],
    )
    parser.addini(
        "iot_jobs_section",
        "show the jobs below a failing test, with their histories",
        type="bool",
        default=True,
    )


def check_options(config: pytest.Config) -> None:
    """Declare the marker, and refuse what cannot be meant."""
    config.addinivalue_line("markers", _MARKER_HELP)
    report: str | None = config.getoption("iot_jobs_report")
    if report and not report.endswith(".json"):
        raise pytest.UsageError(
            f"--iot-jobs-report writes JSON, and {report!r} does not end in .json. "
            "Write --iot-jobs-report=FILE.json, or the option alone after the tests to run."
        )
    wrong = _unknown(config.getini("iot_jobs_allow"), CHECKS)
    if wrong:
        raise pytest.UsageError(f"iot_jobs_allow: {wrong}")


def settings_of(item: pytest.Item) -> Settings:
    """Return what a test wants; one whose marker cannot be understood fails."""
    given: dict[str, Any] = {}
    # The marker nearest to the test comes first.
    for marker in item.iter_markers(MARKER):
        problem = _problem(marker)
        if problem:
            refuse_marker(problem)
        given = {**marker.kwargs, **given}
    config = item.config
    strict = given.get("strict")
    return Settings(
        region=given.get("region") or environment_region(),
        strict=(
            strict
            if strict is not None
            else config.getoption("iot_jobs_strict") or config.getini("iot_jobs_strict")
        ),
        allow=frozenset([*config.getini("iot_jobs_allow"), *_names(given.get("allow", ()))]),
        delete_queued_needs_force=bool(given.get("delete_queued_needs_force")),
        deletion=_transition(given.get("deletion")),
        quotas=given.get("quotas"),
    )


def refuse_marker(problem: str) -> NoReturn:
    """Fail a test whose marker cannot be meant, without a traceback through this plugin."""
    pytest.fail(f"@pytest.mark.{MARKER}: {problem}", pytrace=False)


def needs_a_fixture(item: pytest.Item) -> bool:
    """Tell whether a test's markers have settings that nothing but one of our fixtures can bring
    about.
    """
    given = {name for marker in item.iter_markers(MARKER) for name in marker.kwargs}
    return bool(given - {"strict", "allow"})


def environment_region() -> str:
    """Return the region that the environment names, as boto3 has it."""
    # Imported late: this module is imported in runs that never use moto.
    from moto_iot_jobs.runtime.defaults import home_region

    return home_region()


def _problem(marker: pytest.Mark) -> str | None:
    known = [field.name for field in fields(Settings)]
    if marker.args:
        return f"settings are given by name: {', '.join(known)}."
    deletion = marker.kwargs.get("deletion")
    if deletion is not None and _transition(deletion) is None:
        return (
            'deletion is "immediate", {"times": n} DescribeJobs or {"seconds": n}; not'
            f" {deletion!r}."
        )
    return _unknown(marker.kwargs, known) or _unknown(
        _names(marker.kwargs.get("allow", ())), CHECKS
    )


def _names(given: str | Iterable[str]) -> Iterable[str]:
    return (given,) if isinstance(given, str) else given


def _unknown(names: Iterable[str], known: Iterable[str]) -> str | None:
    for name in names:
        if name not in known:
            # Only for people who mistyped: everybody who runs pytest would pay for it.
            import difflib

            meant = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {meant[0]!r}? " if meant else ""
            return f"there is no {name!r}. {hint}It is one of: {', '.join(known)}."
    return None


def _transition(deletion: Any) -> Mapping[str, Any] | None:
    """Say in moto's words how long deletions take."""
    match deletion:
        case "immediate":
            return {"progression": "immediate"}
        case {"progression": _}:
            return dict(deletion)
        case {"times": int(times)}:
            return {"progression": "manual", "times": times}
        case {"seconds": int() | float() as seconds}:
            return {"progression": "time", "seconds": seconds}
    return None
