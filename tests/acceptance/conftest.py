"""A server process for other people's programs, empty at the start of each test, and a boto3
client to prepare it with.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import moto.core  # noqa: F401  (clients made after this import are the ones that moto can answer)
import pytest
import requests

REGION = "eu-west-1"


class Server:
    """The server, as it is prepared for a test.

    Args:
        url: where it listens.
    """

    account = "123456789012"

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = boto3.session.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, name: str, region: str = REGION) -> Any:
        """Give a boto3 client; each is made once."""
        if (name, region) not in self._clients:
            self._clients[name, region] = self.session.client(
                name, region_name=region, endpoint_url=self.url
            )
        return self._clients[name, region]

    @property
    def iot(self) -> Any:
        """The owner's client."""
        return self.client("iot")

    def arn(self, kind: str, name: str, region: str = REGION) -> str:
        """Name a thing, group, job or template."""
        return f"arn:aws:iot:{region}:{self.account}:{kind}/{name}"

    def job(self, job_id: str, *things: str) -> None:
        """Create a job for things, created as needed."""
        targets = [self.iot.create_thing(thingName=thing)["thingArn"] for thing in things]
        self.iot.create_job(jobId=job_id, targets=targets, document='{"op":"x"}')

    def start(self, thing: str) -> None:
        """Let a device start its next job."""
        self.client("iot-jobs-data").start_next_pending_job_execution(thingName=thing)

    def hold_deletions(self) -> None:
        """Let deletions take an hour."""
        transition = {"progression": "time", "seconds": 3600}
        self._control(
            "state-manager/set-transition",
            {"model_name": "iot::job_deletion", "transition": transition},
        )

    def reset(self) -> None:
        """Empty all accounts and forget what a test has set."""
        self._control("reset", None)
        self._control("state-manager/unset-transition", {"model_name": "iot::job_deletion"})

    def _control(self, path: str, body: dict[str, Any] | None) -> None:
        requests.post(f"{self.url}/moto-api/{path}", json=body, timeout=30).raise_for_status()


@pytest.fixture(scope="session")
def server_process() -> Iterator[Server]:
    """The server process, one for all the tests of this room."""
    command = [sys.executable, "-m", "moto_iot_jobs", "server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert found, f"the server did not say where it listens: {line!r}"
            yield Server(found[0])
        finally:
            process.terminate()


@pytest.fixture
def server(server_process: Server) -> Server:
    """The server, empty."""
    server_process.reset()
    return server_process
