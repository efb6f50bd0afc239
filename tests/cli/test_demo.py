"""`moto-iot-jobs demo` reads as chapters, and notices a response that AWS does not document."""

from __future__ import annotations

import io
import re
import sys

import pytest

from moto_iot_jobs import faults
from moto_iot_jobs.cli import demo, main


def test_the_demo_has_chapters_of_rows_that_fit_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^\d\. .*", out, re.MULTILINE) == [
        "1. A job runs",
        "2. Executions are deleted",
        "3. Jobs are deleted",
        "4. A deletion takes time",
        "5. Faults are injected",
    ]
    assert max(map(len, out.splitlines())) <= 80
    rows = re.findall(r"^(owner|device) +(\w+).*  (\d{3})\b", out, re.MULTILINE)
    assert {who for who, _, _ in rows} == {"owner", "device"}
    assert {status for _, _, status in rows} == {
        *("200", "400", "404", "409", "410", "429", "503"),
    }
    assert out.endswith(f"{len(rows)} of {len(rows)} responses are those that AWS documents.\n")


def test_a_response_that_differs_fails_the_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = demo._Demo.job_runs

    def throttled(demonstration: demo._Demo) -> object:
        faults.inject("CreateJob", "ThrottlingException", times=1)
        return run(demonstration)

    monkeypatch.setattr(demo._Demo, "job_runs", throttled)
    assert main(["demo"]) == 1
    out = capsys.readouterr().out
    assert "BUT AWS DOCUMENTS 200" in out
    assert re.search(r"(\d+) of (\d+) responses are those", out)


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["demo"]) == 0
    assert "\x1b[1m1. A job runs\x1b[0m" in screen.getvalue()
