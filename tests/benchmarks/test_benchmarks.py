"""The benchmarks work: each is run at a tiny size, in processes of its own.

What they find at such a size means nothing.
"""

from __future__ import annotations

import importlib
import json
import os
import shlex
import subprocess
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.warm_python import warm_python

ROOT = Path(__file__).parents[2]
# Imports are left out, for they take as long at any size.
SECTIONS = ["suites", "calls", "growth", "groups", "memory", "year", "server", "mqtt"]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    python = warm_python()
    return subprocess.run(
        [*python, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={**os.environ, "BENCHMARKS_PYTHON": shlex.join(python)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of the benchmarks."""
    monkeypatch.syspath_prepend(str(ROOT))

    def module(name: str) -> ModuleType:
        return importlib.import_module(f"benchmarks.{name}")

    return module


def test_a_run_finds_all_that_the_manual_shows(benchmarks: Any, tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    done = command("--smoke", "--json", str(kept), *SECTIONS)
    assert kept.exists(), done.stderr
    assert " bars met, " in done.stdout
    sections = json.loads(kept.read_text(encoding="utf-8"))["sections"]
    assert [
        name for name in SECTIONS if not sections[name]["rows"] and not sections[name]["tables"]
    ] == []
    rounds = [row["sample"]["rounds"] for section in sections.values() for row in section["rows"]]
    assert all(figures and min(figures) > 0 for figures in rounds)
    [calls, inside, stores] = sections["growth"]["tables"]
    assert min(len(calls["lines"]), len(inside["lines"])) > 30
    assert [line[0] for line in stores["lines"]] == ["100", "1,000"]
    # The page on scale is made of figures from all of them.
    scale = benchmarks("scale")
    found = {
        name: value for section in sections.values() for name, value in section["constants"].items()
    }
    text = scale.tables(scale.Constants.of(found))
    assert "10,000,000" in text
    assert f"{found['bytes_of_an_execution']:,.0f} bytes" in text


def test_what_others_wait_for_is_measured_and_printed(
    benchmarks: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = benchmarks("waiting")

    def pause(seconds: float) -> None:
        time.sleep(min(seconds, 0.1))

    # Where nothing is done, it waits for two seconds.
    monkeypatch.setattr(waiting, "time", SimpleNamespace(**{**vars(time), "sleep": pause}))
    assert waiting.main(["--things", "30", "--jobs", "2"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert len(lines) == 11  # header, rule, and nine kinds of work
    assert "roll-out of 60 executions" in lines[-3]


def test_the_rollout_of_a_large_fleet_takes_what_the_service_takes(benchmarks: Any) -> None:
    scale, core = benchmarks("scale"), benchmarks("core")
    for config in scale.ROLLOUTS.values():
        world = core.Core(2_500)
        world.create("job", rollout=config)
        minutes = scale.minutes_of_rollout(2_500, config)
        world.advance((minutes - 1) * core.MINUTE)
        assert world.queued("job") < 2_500
        world.advance(core.MINUTE)
        assert world.queued("job") == 2_500


def test_ratios_are_taken_within_rounds(benchmarks: Any) -> None:
    sampling = benchmarks("sampling")
    ours, theirs = sampling.Sample((1.0, 8.0, 3.0)), sampling.Sample((2.0, 16.0, 6.0))
    ratio = ours.over(theirs)
    assert ratio.rounds == (0.5, 0.5, 0.5)
    assert (ours.median, ours.low, ours.high) == (3.0, 1.0, 8.0)


def test_a_missed_bar_is_said(benchmarks: Any) -> None:
    results, sampling = benchmarks("results"), benchmarks("sampling")
    at_most, at_least = results.Bar(0.6), results.Bar(4, at_least=True)
    verdicts = [
        results.Row("", sampling.Sample((value,)), bar=bar).verdict
        for bar, value in (
            (at_most, 0.6),
            (at_most, 0.61),
            (at_least, 4.0),
            (at_least, 3.9),
            (None, 1.0),
        )
    ]
    assert verdicts == ["yes", "NO", "yes", "NO", ""]


def a_run(benchmarks: Any, **medians: tuple[float, ...]) -> dict[str, Any]:
    results, sampling = benchmarks("results"), benchmarks("sampling")
    findings = results.Findings()
    bars = {"slower": results.Bar(2), "faster": results.Bar(2, at_least=True)}
    for what, rounds in medians.items():
        findings.add(what, sampling.Sample(rounds), bar=bars.get(what.partition("_")[0]))
    machine = {"date": "2026-01-01", "seconds": 60, "python": "CPython", "system": "Linux"}
    machine |= {"processor": "Z80", "cores": 1, "gigabytes": 1, "load": 0}
    kept: dict[str, Any] = json.loads(json.dumps({"calls": findings.as_json()}))
    return {"machine": machine, "sections": kept, "found": {"calls": findings}}


def test_two_results_are_compared(
    benchmarks: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare = benchmarks("compare")
    before = a_run(
        benchmarks,
        slower_a=(1, 1, 1), slower_b=(1, 1, 1), slower_c=(1, 2, 3), slower_d=(1, 1, 1),
        faster_a=(1, 1, 1), faster_b=(3, 3, 3), else_a=(1, 1, 1), gone=(1,),
    )  # fmt: skip
    after = a_run(
        benchmarks,
        slower_a=(2, 2, 2), slower_b=(0.5, 0.5, 0.5), slower_c=(2, 3, 4), slower_d=(1.02, 1.02, 1.02),
        faster_a=(2, 2, 2), faster_b=(2, 2, 2), else_a=(2, 2, 2), new=(1,),
    )  # fmt: skip
    moved = {each.what: each.moved for each in compare.compared(before, after)}
    assert moved == {
        "slower_a": "worse", "slower_b": "better", "slower_c": "", "slower_d": "",
        "faster_a": "better", "faster_b": "worse", "else_a": "moved",
    }  # fmt: skip
    files = [tmp_path / name for name in ("before.json", "after.json")]
    for path, run in zip(files, (before, after), strict=True):
        path.write_text(json.dumps({**run, "found": None}), encoding="utf-8")
    assert compare.main([str(path) for path in files]) == 1
    shown = capsys.readouterr().out
    assert "| slower_a | 1.00   | 2.00  | 2.00           | worse  |" in shown
    assert "slower_c" not in shown
    assert "gone: gone\nnew: new\n" in shown
    assert compare.main([str(files[0])] * 2) == 0
    assert "No row moved." in capsys.readouterr().out


def test_the_page_has_the_machine_and_the_result_before(benchmarks: Any) -> None:
    before, after = (a_run(benchmarks, slower_a=(figure,)) for figure in (1, 2))
    text = benchmarks("page").results(after["machine"], after["found"], before)
    assert "Z80, 1 cores, 1 GB" in text
    assert "| what     | 2026-01-01 | median |" in text
    assert "| slower_a | 1.00       | 2.00   |" in text


def test_tables_stand_between_their_marks(benchmarks: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "above\n<!-- results -->\nold\n<!-- end of results -->\nbelow\n", encoding="utf-8"
    )
    benchmarks("page").replace(page, "results", r"new \1")
    assert (
        page.read_text(encoding="utf-8")
        == "above\n<!-- results -->\n\nnew \\1\n\n<!-- end of results -->\nbelow\n"
    )
    with pytest.raises(ValueError, match=r"page\.md has not one part"):
        benchmarks("page").replace(page, "figures", "")


def test_an_unknown_section_is_an_error_with_the_names_of_all() -> None:
    done = command("--smoke", "memroy")
    assert done.returncode == 2
    assert "no section memroy; there are " in done.stderr
    assert "calls, growth" in done.stderr
