"""The pytest plugin: fixtures, a marker, strict mode, what stands below a failing test, and the
report of the contract.

pytest loads it for everybody who has the package installed, so it imports neither moto nor anything
heavy before a test does. `-p no:moto_iot_jobs` keeps it away altogether.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from . import options
from .session import WORKER_OUTPUT, Watch

if TYPE_CHECKING:
    from .fixture import IotJobs
    from .server import ServerUrl

__all__ = ["IotJobs", "ServerUrl", "iot_jobs", "iot_jobs_server"]

_HOMES = {"IotJobs": "account", "ServerUrl": "server"}
_WATCH = pytest.StashKey[Watch]()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


# Fixtures


@pytest.fixture
def iot_jobs(request: pytest.FixtureRequest) -> Iterator[IotJobs]:
    """AWS IoT Jobs in a mock: an empty account with boto3 clients, the clock, faults, makers and
    assertions.
    """
    from .fixture import account

    with account(options.settings_of(request.node)) as jobs:
        yield jobs


@pytest.fixture(scope="session")
def iot_jobs_server(request: pytest.FixtureRequest) -> ServerUrl:
    """URL of a real server process with AWS IoT Jobs, for `endpoint_url`; emptied before each test
    that asks for it.
    """
    watch = request.config.stash[_WATCH]
    return watch.server(options.environment_region()).url


# Hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    options.check_options(config)
    config.stash[_WATCH] = Watch(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to record the contract, if its report was asked for."""
    session.config.stash[_WATCH].begin_run()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin to watch the test, and empty the server that it uses."""
    item.config.stash[_WATCH].begin_test(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """In strict mode, fail a test that left something behind."""
    __tracebackhide__ = True
    watch = item.config.stash[_WATCH]
    watch.look_out()
    try:
        result = yield
    except BaseException:
        watch.stop_checking()
        raise
    watch.end_call(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """In strict mode, fail a test whose fixtures left something behind."""
    __tracebackhide__ = True
    result = yield
    item.config.stash[_WATCH].end_teardown()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell below a failure how the jobs stood."""
    report = yield
    if report.failed and call.excinfo is not None:
        report.sections += item.config.stash[_WATCH].sections(item, call.excinfo.value)
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the server, and hand what was seen of the contract to the process that reports it."""
    session.config.stash[_WATCH].end_run()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of pytest-xdist saw of the contract."""
    counts = getattr(node, "workeroutput", {}).get(WORKER_OUTPUT)
    if counts:
        node.config.stash[_WATCH].add_worker(counts)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Report the contract."""
    watch = config.stash[_WATCH]
    if watch.reports:
        watch.write_report(terminalreporter)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server of a run that broke off."""
    watch = config.stash.get(_WATCH, None)
    if watch is not None:
        watch.close()
