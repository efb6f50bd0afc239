"""The site of the manual, built and served once, and a browser in front of it.

Where mkdocs, its theme or a browser is missing, the tests are skipped: `tox -e site` installs them,
and says what has to be there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.dashboard.browser import Tab

ROOT = Path(__file__).parents[2]
REQUIRED = "REQUIRED_FOR_SITE" in os.environ
NEEDED = ("mkdocs", "material", "mkdocstrings", "playwright", "axe_playwright_python")


def _skip(lacking: str) -> None:
    if REQUIRED:
        pytest.fail(f"{lacking} is not there")
    pytest.skip(f"{lacking} is not there")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site strictly, and serve it; give its URL."""
    for module in NEEDED:
        if find_spec(module) is None:
            _skip(module)
    folder = tmp_path_factory.mktemp("site")
    build = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(folder),
    ]
    subprocess.run(build, cwd=ROOT, check=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def chromium(site: str) -> Iterator[Browser]:
    """Give a browser for the whole session."""
    from tests.dashboard.browser import browser, find_browser

    program = find_browser()
    if program is None:
        _skip("Chromium")
    assert program is not None
    with browser(program) as running:
        yield running


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Tab]:
    """Give a tab of a desktop's width in which nothing went wrong when the test is over."""
    from tests.dashboard.browser import Tab

    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    found = Tab(page)
    try:
        yield found
        assert found.problems == []
    finally:
        page.close()
