"""The account that these tests work in, once in this process and once at a server.

Take the fixture `aws`; for its type write, below `if TYPE_CHECKING:`, `from tests.aws.conftest
import Aws`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import settings

from tests.accounts import SESSION, InProcess, ThroughServer
from tests.accounts import Aws as Aws
from tests.accounts import ServiceError as ServiceError
from tests.server_process import ServerProcess


@pytest.fixture(scope="session")
def boto_session() -> boto3.session.Session:
    """A session with credentials of its own, so that none of the machine's get into a test."""
    return SESSION


@pytest.fixture
def in_process() -> Iterator[Aws]:
    """An empty account inside this interpreter."""
    from moto_iot_jobs import mock_iot

    with mock_iot(config={"core": {"reset_boto3_session": False}}):
        account = InProcess()
        yield account
        account.forget_deletion()


@pytest.fixture
def through_server(shared_server: ServerProcess) -> Iterator[Aws]:
    """An empty account in the server process."""
    account = ThroughServer(shared_server.url)
    account.reset()
    yield account
    if account.deletion_is_set:
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
