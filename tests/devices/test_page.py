"""The page on devices names everything there is, and its picture is what its command draws."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from moto_iot_jobs import devices
from moto_iot_jobs.cli import main

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "devices.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", devices.__all__)
def test_every_public_name_is_explained(name: str) -> None:
    assert hasattr(devices, name)
    assert f"devices.{name}" in PAGE


def test_the_picture_is_what_the_command_in_the_page_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(r"^\$ moto-iot-jobs ((?:.*\\\n> )*.*)", PAGE, re.MULTILINE)
    assert found is not None
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(found[1].replace("\\\n>", " "))) == 0
    assert (tmp_path / "simulate.svg").read_text(encoding="utf-8") == (
        DOCS / "simulate.svg"
    ).read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() in PAGE
