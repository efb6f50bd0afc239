"""The pytest plugin: fixtures, a marker, strict mode, failure sections and API coverage.

pytest loads it wherever the package is installed, so it imports neither moto nor anything heavy
before a test does. `-p no:moto_iot_jobs` disables it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from . import options
from .session import WORKER_OUTPUT, PluginSession

if TYPE_CHECKING:
    from .fixture import IotJobs
    from .server import ServerUrl

__all__ = ["IotJobs", "ServerUrl", "iot_jobs", "iot_jobs_server"]

_HOMES = {"IotJobs": "fixture", "ServerUrl": "server"}
_SESSION = pytest.StashKey[PluginSession]()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


# Fixtures


@pytest.fixture
def iot_jobs(request: pytest.FixtureRequest) -> Iterator[IotJobs]:
    """AWS IoT Jobs in a mock: an account with clients, clock, faults, makers and assertions."""
    from .fixture import account

    with account(options.settings_of(request.node)) as jobs:
        yield jobs


@pytest.fixture(scope="session")
def iot_jobs_server(request: pytest.FixtureRequest) -> ServerUrl:
    """URL of a server process with AWS IoT Jobs, which is reset before each test."""
    plugin_session = request.config.stash[_SESSION]
    return plugin_session.server().url


# Hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    options.check_options(config)
    config.stash[_SESSION] = PluginSession(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to count the API coverage, if it is reported."""
    session.config.stash[_SESSION].begin_run()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin to record the test, and reset the server that it uses."""
    item.config.stash[_SESSION].begin_test(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """In strict mode, fail a test for its leftovers."""
    __tracebackhide__ = True
    plugin_session = item.config.stash[_SESSION]
    plugin_session.start_recording()
    try:
        result = yield
    except BaseException:
        plugin_session.stop_checking()
        raise
    plugin_session.end_call(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """In strict mode, fail a test for the leftovers of its fixtures."""
    __tracebackhide__ = True
    result = yield
    item.config.stash[_SESSION].end_teardown()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the state of the jobs to a failure."""
    if call.excinfo is not None and not item.config.option.fulltrace:
        from .tracebacks import end_at_misuse

        end_at_misuse(call.excinfo.value)
    report = yield
    if report.failed and call.excinfo is not None:
        sections = item.config.stash[_SESSION].sections(item, call.excinfo.value)
        report.sections += sections
        # JUnit XML has no sections; its properties are those of the last phase.
        report.user_properties += sections
        item.user_properties += sections
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the server, and hand the API coverage to the process that reports it."""
    session.config.stash[_SESSION].end_run()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the API coverage of a worker of pytest-xdist."""
    counts = getattr(node, "workeroutput", {}).get(WORKER_OUTPUT)
    if counts:
        node.config.stash[_SESSION].add_worker(counts)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Report the API coverage."""
    plugin_session = config.stash[_SESSION]
    if plugin_session.reports:
        plugin_session.write_report(terminalreporter)
    hint = plugin_session.hint()
    if hint is not None:
        terminalreporter.write_line(hint)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server of a run that broke off."""
    plugin_session = config.stash.get(_SESSION, None)
    if plugin_session is not None:
        plugin_session.close()
