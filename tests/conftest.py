"""The server that the tests of a session share, and `--aws-account`: the tests that need nothing
but AWS, at AWS itself (the account is in `aws/real_account.py`).
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

REGISTRATION = "moto_iot_jobs.plugin.registration"


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server with all its ports for the tests of a session; each test empties it first."""
    from tests.accounts import REGION
    from tests.server_process import server_process

    ports = ["--mqtt-port", "0", "--mqtts-port", "0", "--https-port", "0"]
    log = tmp_path_factory.mktemp("server") / "server.log"
    with server_process(log, *ports, "--region", REGION) as server:
        yield server


@pytest.fixture(autouse=True)
def moto_is_left_as_it_was() -> Iterator[None]:
    """Fail the test that leaves Jobs in moto: those after it would see them in plain `mock_aws`."""
    before = _mocks_running()
    yield
    registration = sys.modules.get(REGISTRATION)
    if registration is None:
        return
    lasts = registration._activation.lasts
    registration.deactivate()
    assert not lasts, "This test leaves `activate()` in force: end it with `deactivate()`."
    assert _mocks_running() == before, "This test leaves a mock running."


# What the warm interpreter has read when it starts: while one of them is set, a program is started
# in an interpreter of its own, which takes ten times as long.
_READ_AT_THE_START = ("INITIAL_NO_AUTH_", "MOTO_", "PYTHON", "TEST_")


@pytest.fixture(autouse=True)
def environment_is_left_as_it_was() -> Iterator[None]:
    """Fail the test that leaves variables of moto's or Python's to those after it."""
    before = _environment()
    yield
    assert _environment() == before, "This test leaves environment variables: use monkeypatch."


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name.startswith(_READ_AT_THE_START)
    }


def _mocks_running() -> int:
    registration = sys.modules.get(REGISTRATION)
    return registration._activation.mocks if registration else 0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--aws-account",
        metavar="ID",
        help=(
            "run the tests marked on_aws, and no others, at this real account of AWS, with the"
            " credentials that boto3 finds"
        ),
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "on_aws: needs nothing that only a mock can do; --aws-account points it at AWS"
    )
    account = config.getoption("--aws-account")
    if account is not None and not re.fullmatch(r"\d{12}", account):
        raise pytest.UsageError("--aws-account takes the twelve digits of an account.")


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    definition = metafunc.definition
    chosen = any(
        "aws" in mark.args[0]
        for mark in definition.iter_markers("parametrize")
        if isinstance(mark.args[0], str)
    )
    if metafunc.config.getoption("--aws-account") and "aws" in metafunc.fixturenames and not chosen:
        definition.add_marker(pytest.mark.parametrize("aws", ["real"], indirect=True))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without searching for garbage, and let no search look at the collected tests again.

    They are a million objects that stay. To search them takes half a second, which is a third of
    the collection, and as much again for each test that searches for what it has left.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--aws-account"):
        real = [item for item in items if item.get_closest_marker("on_aws") and "real" in item.name]
        config.hook.pytest_deselected(items=[item for item in items if item not in real])
        items[:] = real


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    failed = terminalreporter.getreports("failed") if config.getoption("--aws-account") else []
    if failed:
        from tests.aws.real_account import difference

        terminalreporter.section("differences from AWS, as rows of docs/fidelity.md")
        for report in failed:
            said = [line[2:] for line in report.longreprtext.splitlines() if line.startswith("E ")]
            terminalreporter.write_line(difference(report.nodeid, " ".join(said[:3])))
