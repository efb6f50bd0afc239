"""An empty account for simulated devices, once in process and once at a server in moto's server
mode.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import boto3
import pytest
import requests
from moto import settings

REGION = "eu-west-1"


Address = tuple[str, int]


@dataclass
class Account:
    """What a test prepares and looks at.

    Attributes:
        iot: the owner's client.
    """

    iot: Any
    _endpoint: Callable[[], Address]
    region: str = REGION
    _arns: dict[str, str] = field(default_factory=dict)

    @cached_property
    def mqtt(self) -> Address:
        """Host and port for devices on MQTT."""
        return self._endpoint()

    def job(self, job_id: str, *things: str, **settings: Any) -> None:
        """Create a job for things, created as needed."""
        for thing in things:
            if thing not in self._arns:
                self._arns[thing] = self.iot.create_thing(thingName=thing)["thingArn"]
        settings.setdefault("document", '{"firmware": "2.0"}')
        self.iot.create_job(
            jobId=job_id, targets=[self._arns[thing] for thing in things], **settings
        )

    def execution(self, thing: str, job_id: str, number: int | None = None) -> dict[str, Any]:
        """Show an execution as its owner sees it."""
        which = {} if number is None else {"executionNumber": number}
        shown: dict[str, Any] = self.iot.describe_job_execution(
            thingName=thing, jobId=job_id, **which
        )["execution"]
        return shown

    def ended(self, thing: str, job_id: str) -> tuple[str, dict[str, str]]:
        """Tell an execution's status and details."""
        shown = self.execution(thing, job_id)
        return shown["status"], shown["statusDetails"].get("detailsMap", {})


@cache
def client(url: str | None = None) -> Any:
    """Give the owner's client."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client("iot", region_name=REGION, endpoint_url=url, **keys)


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[str, int]]:
    """One server process for all the tests of this room: its URL and its MQTT port."""
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
    command = [sys.executable, "-u", "-m", "moto_iot_jobs", "server", *ports]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            while "mqtt://" not in said:
                line = process.stdout.readline()
                assert line, f"the server ended:\n{said}"
                said += line
            url, port = (
                re.search(r"http://\S+", said),
                re.search(r"mqtt://127\.0\.0\.1:(\d+)", said),
            )
            assert url is not None
            assert port is not None
            yield url[0], int(port[1])
        finally:
            process.terminate()


@pytest.fixture
def in_process() -> Iterator[Account]:
    """An empty account inside this interpreter."""
    from moto_iot_jobs import mock_iot, mqtt

    with mock_iot(config={"core": {"reset_boto3_session": False}}), ExitStack() as stack:
        yield Account(client(), lambda: stack.enter_context(mqtt.Endpoint(region=REGION)).address)


@pytest.fixture
def at_a_server(server: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Account:
    """An empty account of the server, with moto's server mode switched on here."""
    url, port = server
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", url)
    requests.post(f"{url}/moto-api/reset", timeout=30).raise_for_status()
    return Account(client(url), lambda: ("127.0.0.1", port))


@pytest.fixture(params=["in_process", "at_a_server"])
def account(request: pytest.FixtureRequest) -> Account:
    """An empty account; each test runs once in each mode."""
    found: Account = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["https", "mqtt"])
def address(request: pytest.FixtureRequest, account: Account) -> Address | None:
    """Where a device connects: nowhere for HTTPS, or the endpoint."""
    return account.mqtt if request.param == "mqtt" else None
