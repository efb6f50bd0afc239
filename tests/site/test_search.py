"""What a reader asks, the site's search answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.dashboard.browser import Tab

# As it is typed; the page, and the anchor, that answers it.
QUESTIONS = {
    "install": "tutorial/#install",
    "DeleteJobExecution 409": "troubleshooting/#deletejob-or-deletejobexecution-answers-409",
    "DELETION_IN_PROGRESS": "testing/#deletion-that-lasts",
    "unittest": "testing/#unittest",
    "lambda handler": "testing/#lambda-handlers-and-module-level-clients",
    "freezegun": "time/#with-freezegun-and-time-machine",
    "maintenance window": "time/#a-maintenance-window",
    "timeout in progress": "time/#a-timeout",
    "throttling exception": "faults/#errors",
    "quotas enforce": "faults/#quotas",
    "strict mode": "pytest/#strict-mode",
    "simulated fleet": "devices/#a-fleet",
    "docker compose": "server/#in-a-container",
    "tls certificate": "mqtt/#tls-and-certificates",
    "mosquitto bridge": "mqtt/#at-a-real-broker",
    "software package version": "packages/#a-package-and-a-job-that-installs-it",
    "CloudFormation": "packages/#stacks",
    "shadow delta": "shadows/#a-program-and-a-device-that-hears-of-it",
    "StartCommandExecution": "commands/#a-command-and-a-device-that-runs-it",
    "ministack": "coming-from/#from-ministack",
    "NoRegionError": "troubleshooting/#noregionerror",
    "environment variables": "settings/#environment-variables",
    "presigned url": "integrations/#documents-in-s3-and-presigned-urls",
}
# So many results are seen without scrolling far.
FIRST = 12


@pytest.mark.parametrize(("question", "answer"), QUESTIONS.items(), ids=list(QUESTIONS))
def test_a_question_finds_its_answer(tab: Tab, site: str, question: str, answer: str) -> None:
    tab.page.goto(site)
    field = tab.page.locator("[data-md-component=search-query]")
    field.click()
    tab.wait_for_text("Type to start searching", ".md-search-result__meta")
    field.press_sequentially(question)
    # Results change with each letter. What is looked for is marked on the page that opens.
    tab.page.wait_for_function(
        """([answer, first]) => [...document.querySelectorAll(".md-search-result__link")]
            .slice(0, first)
            .some((link) => link.href.replace(/\\?h=[^#]*/, "").endsWith(`/${answer}`))""",
        arg=[answer, FIRST],
    )


def test_an_answer_is_shown(tab: Tab, site: str) -> None:
    tab.page.goto(f"{site}{QUESTIONS['NoRegionError']}")
    assert tab.page.locator("#noregionerror").is_visible()
