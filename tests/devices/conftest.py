"""An empty account for simulated devices, once in process and once at a server in moto's server
mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from moto import settings

from moto_iot_jobs import mqtt
from tests.accounts import REGION, Aws, InProcess, ThroughServer
from tests.server_process import ServerProcess

Address = tuple[str, int]


class Account(Aws):
    """An account with devices, which connect at `mqtt`."""

    document = '{"firmware": "2.0"}'

    @property
    def mqtt(self) -> Address:
        """Host and port for devices on MQTT."""
        raise NotImplementedError

    def ended(self, thing: str, job_id: str) -> tuple[str, dict[str, str]]:
        """Return an execution's status and details."""
        shown = self.execution(thing, job_id)
        return shown["status"], shown["statusDetails"].get("detailsMap", {})


class _InProcess(Account, InProcess):
    def __init__(self, stack: ExitStack) -> None:
        super().__init__()
        self._stack = stack
        self._address: Address | None = None

    @property
    def mqtt(self) -> Address:
        if self._address is None:
            self._address = self._stack.enter_context(mqtt.Endpoint(region=REGION)).address
        return self._address


class _AtServer(Account, ThroughServer):
    def __init__(self, server: ServerProcess) -> None:
        super().__init__(server.url)
        self._server = server

    @property
    def mqtt(self) -> Address:
        return self._server.address("mqtt")


@pytest.fixture
def in_process() -> Iterator[Account]:
    """An empty account inside this interpreter."""
    from moto_iot_jobs import mock_iot

    with mock_iot(config={"core": {"reset_boto3_session": False}}), ExitStack() as stack:
        yield _InProcess(stack)


@pytest.fixture
def at_a_server(shared_server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An empty account of the server, with moto's server mode switched on here."""
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", shared_server.url)
    account = _AtServer(shared_server)
    account.reset()
    return account


@pytest.fixture(params=["in_process", "at_a_server"])
def account(request: pytest.FixtureRequest) -> Account:
    """An empty account; each test runs once in each mode."""
    found: Account = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["https", "mqtt"])
def address(request: pytest.FixtureRequest, account: Account) -> Address | None:
    """Where a device connects: nowhere for HTTPS, or the endpoint."""
    return account.mqtt if request.param == "mqtt" else None
