"""A real server and, where there is one, a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.accounts import ThroughServer
from tests.server_process import ServerProcess

from .browser import Browser, browser, find_browser

REGION = "eu-west-1"


class Account(ThroughServer):
    """An account in the server, and its page."""

    @property
    def page(self) -> str:
        """The URL of the page."""
        return f"{self.url}/moto-api/iot-jobs/"

    def ask(self, path: str, method: str = "GET", **query: Any) -> requests.Response:
        """Ask for something beside the page."""
        return requests.request(method, f"{self.page}{path}", params=query, timeout=30)

    def state(self, **query: Any) -> Any:
        """Return the state as the page gets it."""
        answer = self.ask("state", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def account(shared_server: ServerProcess) -> Account:
    """An empty account."""
    account = Account(shared_server.url)
    account.reset()
    return account


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
