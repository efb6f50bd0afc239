"""Everybody can read the pages: with a screen reader, on a telephone, and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.dashboard.browser import Tab

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [
    "" if page.stem == "index" else f"{page.relative_to(DOCS).with_suffix('').as_posix()}/"
    for page in sorted(DOCS.rglob("*.md"))
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_accessible_and_needs_nothing_from_elsewhere(
    tab: Tab, site: str, page: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    tab.page.goto(f"{site}{page}")
    violations = Axe().run(tab.page).response["violations"]
    assert [
        (each["id"], [node["target"] for node in each["nodes"]][:3])
        for each in violations
        if each["impact"] in ("serious", "critical")
    ] == []
    assert [url for url in tab.requests if not url.startswith((site, "data:", "blob:"))] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_telephone(tab: Tab, site: str, page: str) -> None:
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.page.goto(f"{site}{page}")
    assert tab.page.evaluate("document.scrollingElement.scrollWidth") <= 390
