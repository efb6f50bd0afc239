"""Options of the command line, settings of the configuration file, and the marker."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path
from typing import Any, NoReturn

import pytest

MARKER = "iot_jobs"

OPEN_EXECUTIONS = "open_executions"
UNUSED_FAULTS = "unused_faults"
UNMODELLED_RESOURCES = "unmodelled_resources"
CHECKS = (OPEN_EXECUTIONS, UNUSED_FAULTS, UNMODELLED_RESOURCES)
"""Checks of strict mode, by the names that `allow` takes."""

_MARKER_HELP = (
    "iot_jobs(region=None, account=None, strict=None, allow=(), delete_queued_needs_force=False,"
    " strict_endpoints=False, deletion=None, quotas=None): settings of the AWS IoT Jobs mock for a"
    " test; see docs/pytest.md of moto-iot-jobs."
)


@dataclass(frozen=True)
class Settings:
    """Settings of one test. The nearest marker wins, setting by setting.

    Attributes:
        region: region of its clients; None is the environment's, else us-east-1.
        account: its account; None is moto's default, `MOTO_ACCOUNT_ID` if that is set.
        strict: whether it fails for leftovers.
        allow: names of `CHECKS` that do not apply.
        delete_queued_needs_force: reads DeleteJobExecution as its API page says it.
        strict_endpoints: answers data-plane requests at the account's own endpoints only.
        deletion: duration of deletions, as a transition of moto's state manager.
        quotas: arguments of `quotas.enforce`; None enforces nothing.
    """

    region: str | None = None
    account: str | None = None
    strict: bool = False
    allow: frozenset[str] = frozenset()
    delete_queued_needs_force: bool = False
    strict_endpoints: bool = False
    deletion: Mapping[str, Any] | None = None
    quotas: Mapping[str, Any] | None = None

    @property
    def configuration(self) -> dict[str, Any]:
        """The settings of IoT Jobs in the configuration of its mock."""
        return {
            "delete_queued_needs_force": self.delete_queued_needs_force,
            "endpoints": "strict" if self.strict_endpoints else "any",
        }

    @property
    def of_process(self) -> list[str]:
        """Names of the settings given that a running server cannot take."""
        given = {
            "account": self.account,
            "delete_queued_needs_force": self.delete_queued_needs_force,
            "strict_endpoints": self.strict_endpoints,
        }
        return [name for name, value in given.items() if value]


def add_options(parser: pytest.Parser) -> None:
    """Declare the command line and the settings of the configuration file."""
    group = parser.getgroup("moto-iot-jobs", "AWS IoT Jobs (moto-iot-jobs)")
    group.addoption(
        "--iot-jobs-strict",
        action="store_true",
        help="fail tests that leave job executions open, or injected faults that no call met",
    )
    group.addoption(
        "--iot-jobs-report",
        action="store_true",
        help="report the API coverage: operations, errors and transitions of AWS IoT Jobs",
    )
    group.addoption(
        "--iot-jobs-report-file",
        metavar="FILE",
        help="report the API coverage, and write it to a file as JSON",
    )
    group.addoption(
        "--iot-jobs-transcript",
        metavar="FILE",
        help="write the calls of iot and iot-jobs-data in each test, for moto-iot-jobs compare",
    )
    parser.addini(
        "iot_jobs_strict", "the same as --iot-jobs-strict, always", type="bool", default=False
    )
    parser.addini(
        "iot_jobs_activate",
        "give AWS IoT Jobs to plain mock_aws in all tests, as activate() does",
        type="bool",
        default=False,
    )
    parser.addini(
        "iot_jobs_share_models",
        "share the models that botocore reads among the sessions of a mock",
        type="bool",
        default=True,
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
    """Declare the marker, and check the configuration file."""
    config.addinivalue_line("markers", _MARKER_HELP)
    for name in ("report-file", "transcript"):
        file: str | None = config.getoption(f"iot_jobs_{name.replace('-', '_')}")
        if file is None:
            continue
        if not file or Path(file).is_dir():
            raise pytest.UsageError(f"--iot-jobs-{name}: {file!r} is no file.")
        if not Path(file).absolute().parent.is_dir():
            raise pytest.UsageError(f"--iot-jobs-{name}: {file!r} is in no existing folder.")
    wrong = _unknown(config.getini("iot_jobs_allow"), CHECKS)
    if wrong:
        raise pytest.UsageError(f"iot_jobs_allow: {wrong}")


def settings_of(item: pytest.Item) -> Settings:
    """Return the settings of a test, which an invalid marker fails."""
    given: dict[str, Any] = {}
    # The marker nearest to the test comes first.
    for marker in item.iter_markers(MARKER):
        problem = _problem(marker)
        if problem:
            fail_for_marker(problem)
        given = {**marker.kwargs, **given}
    config = item.config
    strict = given.get("strict")
    return Settings(
        region=given.get("region"),
        account=given.get("account"),
        strict=(
            strict
            if strict is not None
            else config.getoption("iot_jobs_strict") or config.getini("iot_jobs_strict")
        ),
        allow=frozenset([*config.getini("iot_jobs_allow"), *_names(given.get("allow") or ())]),
        delete_queued_needs_force=bool(given.get("delete_queued_needs_force")),
        strict_endpoints=bool(given.get("strict_endpoints")),
        deletion=_transition(given.get("deletion")),
        quotas=given.get("quotas"),
    )


def region_of(settings: Settings) -> str:
    """Return the region of a test, which a region without AWS IoT fails."""
    # Imported late: this module is imported in runs that never use moto.
    from moto_iot_jobs.runtime.defaults import home_region

    try:
        return home_region(settings.region)
    except ValueError as problem:
        fail_for_marker(str(problem))


def fail_for_marker(problem: str) -> NoReturn:
    """Fail a test for its marker, without a traceback through this plugin."""
    pytest.fail(f"@pytest.mark.{MARKER}: {problem}", pytrace=False)


def needs_a_fixture(item: pytest.Item) -> bool:
    """Return whether a test's markers have settings that only a fixture of ours applies."""
    given = {name for marker in item.iter_markers(MARKER) for name in marker.kwargs}
    return bool(given - {"strict", "allow"})


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
    wrong = _unknown(marker.kwargs, known)
    if wrong:
        return wrong
    for name, (is_fine, words) in _VALUES.items():
        value = marker.kwargs.get(name)
        if value is not None and not is_fine(value):
            return f"{words}, not {value!r}."
    return _unknown(_names(marker.kwargs.get("allow") or ()), CHECKS)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_account(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{12}", value, re.ASCII) is not None


def _are_names(value: object) -> bool:
    return _is_text(value) or (isinstance(value, Collection) and all(map(_is_text, value)))


# What the values of settings are, and how that is said.
_VALUES: dict[str, tuple[Callable[[object], bool], str]] = {
    "region": (_is_text, "region is a name"),
    "account": (_is_account, "an account is twelve digits in a string"),
    "strict": (_is_bool, "strict is True or False"),
    "allow": (_are_names, "allow is a name, or several"),
    "delete_queued_needs_force": (_is_bool, "delete_queued_needs_force is True or False"),
    "strict_endpoints": (_is_bool, "strict_endpoints is True or False"),
    "quotas": (_is_mapping, "quotas are numbers by their names"),
}


def _names(given: str | Iterable[str]) -> Iterable[str]:
    return (given,) if isinstance(given, str) else given


def _unknown(names: Iterable[str], known: Iterable[str]) -> str | None:
    for name in names:
        if name not in known:
            # Imported late: every run of pytest would pay for it.
            from moto_iot_jobs.service.suggestions import suggestion

            hint = suggestion(name, known)
            return f"there is no {name!r}.{hint} It is one of: {', '.join(known)}."
    return None


def _transition(deletion: Any) -> Mapping[str, Any] | None:
    """Return the duration of deletions as a transition of moto's state manager."""
    progression = deletion.get("progression") if isinstance(deletion, Mapping) else None
    match deletion:
        case "immediate" | {"progression": "immediate"}:
            return {"progression": "immediate"}
        case {"times": times} if progression in (None, "manual"):
            is_fine = isinstance(times, int) and not isinstance(times, bool) and times >= 0
            return {"progression": "manual", "times": times} if is_fine else None
        case {"seconds": seconds} if progression in (None, "time"):
            is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
            is_fine = is_number and 0 <= seconds < inf
            return {"progression": "time", "seconds": seconds} if is_fine else None
    return None
