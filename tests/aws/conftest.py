"""The account that the tests of this room work in, once in process and once through a real server
process.

Take the fixture `aws`; for its type write, below `if TYPE_CHECKING:`, `from tests.aws.conftest
import Aws`.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import settings

from tests.aws.accounts import REGION, InProcess, ThroughServer
from tests.aws.accounts import Aws as Aws
from tests.aws.accounts import ServiceError as ServiceError

STARTING_TIME_ALLOWED = 60.0
"""How long the server process may take to listen, in seconds."""


def announced_url(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until the server says where it listens and answers there."""
    deadline = time.monotonic() + STARTING_TIME_ALLOWED
    while time.monotonic() < deadline:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8"))
        if found:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", int(found[1])), timeout=1),
            ):
                return found[0]
        assert process.poll() is None, f"the server ended:\n{log.read_text(encoding='utf-8')}"
        time.sleep(0.05)
    raise AssertionError(
        f"the server did not say where it listens:\n{log.read_text(encoding='utf-8')}"
    )


@pytest.fixture(scope="session")
def server_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One server process for all the tests of a session; what it says of itself, once it answers."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    ports = [
        "--port",
        "0",
        "--mqtt-port",
        "0",
        "--mqtts-port",
        "0",
        "--https-port",
        "0",
        "--region",
        REGION,
    ]
    command = [sys.executable, "-m", "moto_iot_jobs", "server", *ports]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment
        ) as process,
    ):
        try:
            announced_url(log, process)
            yield log
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def server_url(server_log: Path) -> str:
    """Where that server answers."""
    return re.findall(r"http://\S+", server_log.read_text(encoding="utf-8"))[0]  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def boto_session() -> boto3.session.Session:
    """A session with credentials of its own, so that nothing of the machine's gets into a test."""
    return boto3.session.Session(
        aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
    )


@pytest.fixture(scope="session")
def boto_clients() -> dict[tuple[str, str, str], Any]:
    """The clients made so far, by mode, name and region."""
    return {}


@pytest.fixture
def in_process(
    boto_session: boto3.session.Session, boto_clients: dict[tuple[str, str, str], Any]
) -> Iterator[Aws]:
    """An empty account inside this interpreter."""
    from moto_iot_jobs import mock_iot

    with mock_iot(config={"core": {"reset_boto3_session": False}}):
        account = InProcess(boto_session, boto_clients)
        yield account
        account.forget_deletion()


@pytest.fixture
def through_server(
    server_url: str,
    boto_session: boto3.session.Session,
    boto_clients: dict[tuple[str, str, str], Any],
) -> Iterator[Aws]:
    """An empty account in the server process."""
    account = ThroughServer(server_url, boto_session, boto_clients)
    account.control("reset")
    yield account
    account.forget_deletion()


@pytest.fixture(params=["in_process", "server"])
def aws(request: pytest.FixtureRequest) -> Aws:
    """An empty account; each test runs once in each mode."""
    name = {"in_process": "in_process", "server": "through_server", "real": "at_aws"}[request.param]
    account: Aws = request.getfixturevalue(name)
    return account


@pytest.fixture
def public_modules_reach_it(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `faults`, `quotas` and the others speak to the server where the account is in one."""
    if aws.url is not None:
        monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
        monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", aws.url)


@pytest.fixture(scope="session")
def real_account(request: pytest.FixtureRequest) -> Any:
    """The account that was named, if the credentials are its own."""
    from tests.aws.real_account import RealAccount

    account = RealAccount(request.config.getoption("--aws-account"), None)
    account.check()
    return account


@pytest.fixture
def at_aws(real_account: Any) -> Iterator[Aws]:
    """The real account; what a test creates there is removed after it."""
    real_account.forget()
    yield real_account
    left = list(real_account.remove_all())
    assert not left, f"not removed: {left}"
