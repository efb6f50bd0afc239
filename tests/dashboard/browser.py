"""The distribution's Chromium, driven by Playwright, without a window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MILLISECONDS = 60_000

_ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    # For pages of strangers; and moto's page asks content networks for its style.
    "--host-resolver-rules=MAP *.example 127.0.0.1,MAP *.jsdelivr.net ~NOTFOUND,"
    "MAP *.jquery.com ~NOTFOUND",
    "--no-sandbox",  # Chromium has none for root
]


def find_browser() -> str | None:
    """Return the program of a browser, or None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Run a browser for the length of the block."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        try:
            yield running
        finally:
            running.close()


class Tab:
    """A tab in which nothing may go wrong.

    Attributes:
        page: Playwright's page.
        problems: exceptions, errors on the console, violations of the page's policy.
        requests: the URLs that were requested.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.requests: list[str] = []
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on(
            "console",
            lambda message: self.problems.append(message.text) if message.type == "error" else None,
        )
        page.on("request", lambda request: self.requests.append(request.url))

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the elements that can be seen."""
        return self.page.locator(f"{selector} >> visible=true").all_inner_texts()

    def wait_for_text(self, text: str, selector: str = "body") -> None:
        """Wait until an element can be seen and has a text in it."""
        found = self.page.locator(selector).filter(has_text=text).locator("visible=true")
        found.first.wait_for()

    def click(self, selector: str, text: str = "") -> None:
        """Click on the element that can be seen and has that text."""
        self.page.locator(f"{selector} >> visible=true").filter(has_text=text).first.click()
