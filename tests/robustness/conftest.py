"""A furnished account, in process and in a server, and the transports by which bad requests arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.aws.conftest import (  # noqa: F401 - fixtures
    Aws,
    aws,
    in_process,
    through_server,
)
from tests.server_process import ServerProcess

from .transports import InProcess, OverHttp, Transport, furnish, picture


@dataclass(frozen=True)
class Account:
    """An account with one of everything, and a way in."""

    aws: Aws
    transport: Transport

    def picture(self) -> dict[str, Any]:
        """Everything that describes and lists show now."""
        return picture(self.aws, self.transport)


@pytest.fixture
def account(aws: Aws) -> Iterator[Account]:  # noqa: F811 - the fixture
    """One of everything; each test runs once in each mode."""
    furnish(aws)
    transport = InProcess() if aws.url is None else OverHttp(aws.url)
    yield Account(aws, transport)
    transport.close()


@pytest.fixture
def mqtt_address(aws: Aws, request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:  # noqa: F811 - the fixture
    """Where the account's devices connect by MQTT."""
    if aws.url is None:
        from moto_iot_jobs import mqtt

        with mqtt.Endpoint(region=aws.region) as endpoint:
            yield endpoint.address
        return
    server: ServerProcess = request.getfixturevalue("shared_server")
    yield server.address("mqtt")
