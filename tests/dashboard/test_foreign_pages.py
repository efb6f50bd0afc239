"""Pages of other origins, in a browser: none reads, changes or connects to the mock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.dashboard.browser import PATIENCE_MILLISECONDS
from tests.dashboard.conftest import Account

# Below a domain that the browser is told to look for on this machine.
FOREIGN, REBOUND = "stranger.example", "rebound.example"

ATTEMPTS = """async (mock) => {
  const outcome = (attempt) => attempt.then((found) => found, () => "nothing");
  const read = async (response) => `${response.status} ${await response.text()}`;
  const connects = (url) => new Promise((resolve) => {
    const socket = new WebSocket(url, "mqtt");
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("nothing");
  });
  return {
    state: await outcome(fetch(`${mock}/moto-api/iot-jobs/state`).then(read)),
    preflighted: await outcome(fetch(`${mock}/moto-api/reset`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).then(read)),
    simple: await outcome(fetch(`${mock}/moto-api/reset`, {
      method: "POST", mode: "no-cors" }).then(read)),
    fault: await outcome(fetch(`${mock}/moto-api/iot-jobs/faults`, {
      method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" },
      body: '{"operation": "*", "error": "ThrottlingException"}' }).then(read)),
    socket: await connects(`${mock.replace("http", "ws")}/mqtt`),
  };
}"""


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!DOCTYPE html><title>a page</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port_of_pages() -> Iterator[int]:
    """The port of another server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def page(running_browser: Browser) -> Iterator[Page]:
    """A page on which things may go wrong."""
    context = running_browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    yield page
    context.close()


def test_a_page_of_another_origin_reads_changes_and_connects_to_nothing(
    account: Account, page: Page, port_of_pages: int
) -> None:
    account.iot.create_thing(thingName="lamp")
    page.goto(f"http://{FOREIGN}:{port_of_pages}/")
    found = page.evaluate(ATTEMPTS, account.url)
    # Of a request that is sent without CORS a page is told nothing, and here nothing comes of it.
    assert found.pop("simple") in ("nothing", "0 ")
    assert found.pop("fault") in ("nothing", "0 ")
    assert found == {"state": "nothing", "preflighted": "nothing", "socket": "nothing"}
    assert account.iot.describe_thing(thingName="lamp")["thingName"] == "lamp"
    assert account.ask("faults").json()["faults"] == []


def test_dns_rebinding_does_not_reach_the_mock_although_the_origin_is_the_same(
    account: Account, page: Page
) -> None:
    account.iot.create_thing(thingName="lamp")
    rebound = f"http://{REBOUND}:{urlsplit(account.url).port}"
    response = page.goto(f"{rebound}/moto-api/iot-jobs/")
    assert response is not None
    assert response.status == 403
    found = page.evaluate(ATTEMPTS, rebound)
    assert {text[:3] for name, text in found.items() if name != "socket"} == {"403"}
    assert found["socket"] == "nothing"
    assert account.iot.describe_thing(thingName="lamp")["thingName"] == "lamp"


def test_a_page_of_this_machine_connects(account: Account, page: Page, port_of_pages: int) -> None:
    page.goto(f"http://localhost:{port_of_pages}/")
    assert page.evaluate(ATTEMPTS, account.url)["socket"] == "open"
