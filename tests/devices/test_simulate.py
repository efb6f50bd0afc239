"""`moto-iot-jobs simulate`: the same seed gives the same output, and mistakes are explained."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from moto_iot_jobs import devices, mock_iot
from moto_iot_jobs.cli import main, simulate
from moto_iot_jobs.devices.https import DirectTransport
from moto_iot_jobs.iotjobsdata.topics import Operation

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
GOLDEN = Path(__file__).parent / "golden"
SMALL = [
    "simulate",
    "--devices",
    "40",
    "--seed",
    "7",
    "--fail",
    "20%",
    "--hang",
    "0.05",
    "--outcome",
    "reject=5%",
]
SETTINGS = [
    "--rate",
    "10",
    "--exponential",
    "2,2,6",
    "--timeout",
    "8",
    "--retry",
    "FAILED=1",
    "--abort",
    "ALL:60:20",
]


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("name", "more"), [("text", []), ("json", ["--json"])])
def test_the_output_is_the_same_to_the_byte(
    name: str, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    golden = GOLDEN / f"simulate.{'txt' if name == 'text' else name}"
    out = printed([*SMALL, *SETTINGS, *more], capsys)
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(out, encoding="utf-8")
    assert out == golden.read_text(encoding="utf-8")


def test_a_process_of_its_own_prints_the_same_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "moto_iot_jobs", *SMALL, *SETTINGS]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "12345",
        "TZ": "Asia/Tokyo",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (GOLDEN / "simulate.txt").read_text(encoding="utf-8")


def test_another_seed_prints_something_else(capsys: pytest.CaptureFixture[str]) -> None:
    few = ["simulate", "--devices", "5", "--fail", "50%"]
    assert printed([*few, "--seed", "1"], capsys) != printed([*few, "--seed", "2"], capsys)


def test_the_json_says_what_was_sent_and_what_became_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = json.loads(
        printed(
            ["simulate", "--devices", "3", "--rate", "2", "--works-for", "2m", "--json"], capsys
        )
    )
    assert output["settings"] == {
        "devices": 3,
        "seed": 0,
        "outcomes": {"succeed": 1.0},
        "worksForSeconds": [120.0, 120.0],
        "startsAfterSeconds": [0.0, 10.0],
        "jobExecutionsRolloutConfig": {"maximumPerMinute": 2},
    }
    assert (output["status"], output["counts"], output["unreached"]) == (
        "COMPLETED",
        {"SUCCEEDED": 3},
        0,
    )
    assert [each["thing"] for each in output["executions"]] == ["thing-1", "thing-2", "thing-3"]
    assert output["timeline"][0] == {"seconds": 0.0, "counts": {"QUEUED": 2}, "unreached": 1}


def test_abort_criteria_are_shown_at_work(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(
        ["simulate", "--devices", "60", "--fail", "0.5", "--rate", "5", "--abort", "failed:20:10"],
        capsys,
    )
    assert "The job was aborted after 0:" in out
    assert "Abort criteria for failure type FAILED with threshold 20.00% met." in out
    assert "were not reached, of 60." in out


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_picture_is_written(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"rollout.{kind}"
    assert f"The picture is in {file}." in printed(
        ["simulate", "--devices", "5", "--picture", str(file)], capsys
    )
    assert file.read_bytes().startswith(b"<svg" if kind == "svg" else b"\x89PNG")


def test_a_png_without_pillow_is_an_error_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert main(["simulate", "--devices", "1", "--picture", str(tmp_path / "rollout.png")]) == 2
    assert "pip install 'moto-iot-jobs[simulate]'. An SVG needs nothing." in capsys.readouterr().err


def test_executions_that_hang_are_explained_with_a_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(["simulate", "--devices", "10", "--hang", "30%", "--seed", "3"], capsys)
    assert "The job was still IN_PROGRESS at the end." in out
    assert re.search(r"Nothing was left to run after 0:\d\d:\d\d: 1 execution in progress", out)
    assert "Give the job one: --timeout MINUTES." in out
    again = printed(["simulate", "--devices", "10", "--hang", "30%", "--timeout", "5"], capsys)
    assert "The job was COMPLETED after 0:" in again
    assert "--timeout MINUTES" not in again


def test_the_limit_of_days_is_named_when_it_ends_the_simulation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(["simulate", "--devices", "10", "--rate", "1", "--days", "0.002"], capsys)
    assert "The job was still IN_PROGRESS at the end." in out
    assert "The simulation ended at its limit of 0.002 days (--days), after 0:0" in out


def test_a_picture_names_the_settings_and_marks_the_abort(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rollout.svg"
    aborted = ["--devices", "60", "--fail", "0.5", "--rate", "5", "--abort", "failed:20:10"]
    printed(["simulate", *aborted, "--picture", str(file)], capsys)
    texts = re.findall(r">([^<]+)</text>", file.read_text(encoding="utf-8"))
    assert texts[:2] == [
        "60 devices, seed 0: fail 50%, succeed 50%",
        "rollout: 5 a minute; abort: 20% FAILED of at least 10 finished",
    ]
    assert "aborted" in texts
    printed(["simulate", "--devices", "5", "--picture", str(file)], capsys)
    assert "aborted" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("rollout.jpg", "ends in neither .svg nor .png"),
        ("no/rollout.svg", "there is no folder no"),
        ("folder.svg", "this file cannot be written"),
        ("rollout.png", "pip install 'moto-iot-jobs[simulate]'"),
    ],
)
def test_a_picture_that_cannot_be_written_is_an_error_before_the_simulation(
    file: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def never(_options: object) -> None:
        raise AssertionError("the simulation has begun")

    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.svg").mkdir()
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.ImageDraw", None)
    monkeypatch.setattr(simulate, "simulate", never)
    assert main(["simulate", "--picture", file]) == 2
    assert said in capsys.readouterr().err


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


class Terminal(io.StringIO):
    """The screen of a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_table_shows_how_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert main(["simulate", "--devices", "20", "--rate", "5"]) == 0
    live, _, report = screen.getvalue().rpartition("\x1b[?25h")
    assert "Creating 20 things." in without_colours(live)
    assert "finished: " in without_colours(live)
    # The table goes away, and the report stays.
    assert "finished: " not in without_colours(report)
    assert "20 devices succeeded, of 20." in without_colours(report)


def test_colours_tell_success_from_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["simulate", "--devices", "20", "--fail", "50%"]) == 0
    report = screen.getvalue()
    (succeeded, failed) = (
        re.search(rf"\x1b\[(\d+)m\d+ (?:devices )?{word}", report) for word in ("succ", "fail")
    )
    assert succeeded is not None
    assert failed is not None
    assert (succeeded[1], failed[1]) == ("32", "31")


@pytest.mark.parametrize("off", ["NO_COLOR", "--plain"])
def test_colours_can_be_switched_off(off: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setitem(sys.modules, "moto_iot_jobs.cli.simulate.live", None)
    if off == "NO_COLOR":
        monkeypatch.setenv(off, "1")
    assert main(["simulate", "--devices", "2", *([off] if off == "--plain" else [])]) == 0
    assert "\x1b" not in screen.getvalue()


def test_on_a_terminal_without_rich_the_report_stands_alone_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setitem(sys.modules, "moto_iot_jobs.cli.simulate.live", None)
    assert main(["simulate", "--devices", "2"]) == 0
    assert "2 devices succeeded" in without_colours(screen.getvalue())
    assert "needs rich: pip install 'moto-iot-jobs[simulate]'" in capsys.readouterr().err
    assert main(["simulate", "--devices", "2", "--plain"]) == 0
    assert capsys.readouterr().err == ""


def test_a_point_is_shown_as_a_table_and_a_bar() -> None:
    from rich.console import Console

    from moto_iot_jobs.cli.simulate import live

    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    console.print(
        live.table(
            devices.TimelinePoint(NOW, timedelta(seconds=3725), {"QUEUED": 2, "SUCCEEDED": 5}, 3),
            10,
        )
    )
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "after 1:02:05" in shown
    assert "finished: 5, to come: 5, devices: 10" in shown
    assert [
        line.split()[:2]
        for line in shown.splitlines()
        if line.strip().startswith(("│ queued", "│ succ"))
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--devices", "0"], "'0' is not a whole number from 1 to 1,000,000"),
        (["--fail", "120%"], "'120%' is not a share; write 0.05 or 5%"),
        (["--outcome", "sucede=1"], "Did you mean 'succeed'?"),
        (["--outcome", "reject"], "'' is not a share"),
        (["--works-for", "soon"], "'soon' is not a time; write 90s, 2m, 1h, or 1m-5m"),
        (["--works-for", "5m-1m"], "'5m-1m' is not a time"),
        (["--exponential", "5"], "is not BASE,FACTOR,THINGS, for instance 5,2,50"),
        (["--abort", "FAILURE:5:5"], "TYPE is one of FAILED, REJECTED, TIMED_OUT, ALL"),
        (["--retry", "REJECTED=1"], "TYPE is one of FAILED, TIMED_OUT, ALL"),
        (["--days", "nan"], "'nan' is not a number of days, more than 0 and at most 36,500"),
        (["--days", "4000000"], "'4000000' is not a number of days"),
    ],
)
def test_a_misuse_is_an_error_with_what_to_write(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["simulate", *arguments])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--fail", "60%", "--hang", "60%"],
            "The shares of the outcomes come to 120%, which is more than all.",
        ),
        (["--on-success"], "give --exponential too"),
        (["--works-for", "99999999999h"], "works_for is (359999999996400.0"),
        (["--picture", "rollout.jpg"], "'rollout.jpg' ends in neither .svg nor .png"),
        (["--rate", "1001"], "CreateJob rejects these settings: "),
        (["--picture", "no/such/folder/rollout.svg"], "there is no folder no/such/folder"),
    ],
)
def test_what_aws_or_the_disk_rejects_ends_with_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--devices", "2", *arguments]) == 2
    heard = capsys.readouterr()
    assert (heard.out, said in heard.err) == ("", True)


def test_the_command_line_imports_nothing_heavy_for_other_commands() -> None:
    code = (
        "import sys, moto_iot_jobs.cli.simulate; print(*{name.split('.')[0] for name in"
        " sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"moto", "boto3", "rich", "PIL"} & set(done.stdout.split())
    assert callable(simulate.run)


@pytest.mark.parametrize("size", [50, 200])
def test_a_device_sends_three_requests_however_many_there_are(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    request: Any = DirectTransport.request

    def counting(*arguments: Any) -> Any:
        sent.append(arguments[1])
        return request(*arguments)

    monkeypatch.setattr(DirectTransport, "request", counting)
    with mock_iot(config={"core": {"reset_boto3_session": False}}):
        devices.Fleet(size, region="eu-west-1").roll_out("update")
    # It starts, finishes, and asks whether there is more.
    assert Counter(sent) == {Operation.START_NEXT: 2 * size, Operation.UPDATE: size}
