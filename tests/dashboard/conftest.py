"""A real server and, where there is one, a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from .browser import Browser, browser, find_browser

REGION = "eu-west-1"


class Account:
    """An account in the server, with the owner's and the device's client.

    Args:
        url: where the server is.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.page = f"{url}/moto-api/iot-jobs/"
        session = boto3.session.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
        )
        config = Config(retries={"total_max_attempts": 1})
        self.iot = session.client("iot", endpoint_url=url, config=config)
        self.device = session.client("iot-jobs-data", endpoint_url=url, config=config)

    def job(self, job_id: str, *things: str, **settings: Any) -> None:
        """Create a job for things, which are created as needed."""
        arns = [self.iot.create_thing(thingName=thing)["thingArn"] for thing in things]
        self.iot.create_job(jobId=job_id, targets=arns, **{"document": '{"op":"x"}', **settings})

    def report(self, thing: str, job_id: str, status: str, **details: str) -> None:
        """Let a device report."""
        self.device.update_job_execution(
            thingName=thing, jobId=job_id, status=status, statusDetails=details
        )

    def ask(self, path: str, method: str = "GET", **query: Any) -> requests.Response:
        """Ask for something beside the page."""
        return requests.request(method, f"{self.page}{path}", params=query, timeout=30)

    def state(self, **query: Any) -> Any:
        """Return the state as the page gets it."""
        answer = self.ask("state", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server of its own process answers."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    command = [sys.executable, "-m", "moto_iot_jobs", "server", "--port", "0"]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, log.read_text(encoding="utf-8")
            yield found[0]
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def clients(server_url: str) -> Account:
    """The clients of the session, which are slow to make."""
    return Account(server_url)


@pytest.fixture
def account(clients: Account) -> Account:
    """An empty account."""
    requests.post(f"{clients.url}/moto-api/reset", timeout=30)
    return clients


@pytest.fixture(scope="session")
def running_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of the session."""
    program = find_browser()
    if program is None:
        pytest.skip("there is no chromium in the path; on Debian: apt-get install chromium")
    folder: Path = tmp_path_factory.mktemp("browser")
    with browser(program, folder) as tab:
        yield tab


@pytest.fixture
def tab(running_browser: Browser) -> Iterator[Browser]:
    """A browser tab as large as a notebook's, in which nothing may go wrong and nothing is asked
    of anybody else.
    """
    running_browser.resize(1200, 800)
    running_browser.prefer("light")
    running_browser.problems.clear()
    running_browser.requests.clear()
    yield running_browser
    assert running_browser.problems == []
