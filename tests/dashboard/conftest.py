"""A real server and, where there is one, a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from tests.accounts import ThroughServer
from tests.server_process import ServerProcess

from .browser import Tab, browser, find_browser

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
        response = self.ask("state", **query)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def account(shared_server: ServerProcess) -> Account:
    """An empty account."""
    account = Account(shared_server.url)
    account.reset()
    return account


# Playwright's loop must end before a test of a coroutine begins: not for the session.
@pytest.fixture(scope="module")
def running_browser() -> Iterator[Browser]:
    """A browser, where there is one."""
    program = find_browser()
    if program is None:
        pytest.skip("there is no chromium in the path; on Debian: apt-get install chromium")
    with browser(program) as running:
        yield running


# Our page asks for the state a second after it has shown the last one.
HASTY = """
if (location.pathname.startsWith("/moto-api/iot-jobs/")) {
  const wait = window.setTimeout;
  window.setTimeout = (act, milliseconds, ...more) => wait(act, milliseconds / 10, ...more);
}
"""


@pytest.fixture
def tab(running_browser: Browser) -> Iterator[Tab]:
    """A browser tab as large as a notebook's, in which nothing may go wrong, and seconds are
    short.
    """
    context = running_browser.new_context(viewport={"width": 1200, "height": 800})
    context.add_init_script(HASTY)
    tab = Tab(context.new_page())
    yield tab
    context.close()
    assert tab.problems == []
