"""The changelog's table of renamed names: the old ones are gone, the new ones are there."""

from __future__ import annotations

import inspect
import re
from operator import attrgetter
from pathlib import Path

import pytest

import moto_iot_jobs

TEXT = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
NAME = re.compile(r"`((?:devices|faults|mqtt|quotas|Message|IotJobs)\.[A-Za-z_.]+)")
ROWS = re.findall(r"^\| (.+) \| (.+) \|$", TEXT.partition("### Added")[0], re.MULTILINE)[2:]


def test_the_table_has_rows_with_names() -> None:
    assert sum(bool(NAME.search(row)) for row, _ in ROWS) > 12


@pytest.mark.parametrize("name", sorted({name for _, now in ROWS for name in NAME.findall(now)}))
def test_a_new_name_is_there(name: str) -> None:
    home = moto_iot_jobs.messages if name.startswith("Message.") else moto_iot_jobs
    found = attrgetter(name.partition(".")[0])(home)
    for part in name.split(".")[1:]:
        # Attributes of instances are described by their class.
        assert hasattr(found, part) or part in inspect.getsource(found), name
        found = getattr(found, part, None)


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            name
            for before, now in ROWS
            for name in NAME.findall(before)
            # Another thing has this name now, or the same one is of another kind.
            if name not in ("quotas.Enforcement", "Message.at")
            and name not in NAME.findall(now)
            and "`number` of" not in before
            and "and the like" not in before
            and not re.search(r"\(\w+=\)|=` of", before)
        }
    ),
)
def test_an_old_name_is_gone(name: str) -> None:
    with pytest.raises(AttributeError):
        attrgetter(name)(moto_iot_jobs)
