"""The command line: help, errors of one sentence, and exit statuses."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from moto import settings

from moto_iot_jobs import cli
from moto_iot_jobs.cli import main, simulate
from tests.warm_python import warm_python

LIMIT_SECONDS = 60


def process(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*warm_python(), "-u", "-m", "moto_iot_jobs", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def ended(*arguments: str, **environment: str) -> tuple[int, str, str]:
    with process(*arguments, **environment) as running:
        out, err = running.communicate(timeout=LIMIT_SECONDS)
        return running.returncode, out, err


def test_without_arguments_the_help_is_printed_with_examples(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "usage: moto-iot-jobs" in out
    assert {"demo", "simulate", "server"} <= set(re.findall(r"^  moto-iot-jobs (\w+)", out, re.M))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sever"], "invalid choice: 'sever'"),
        (["demo", "--fast"], "unrecognized arguments: --fast"),
        (["server", "--port", "http"], "'http' is not a port, a whole number from 0 to 65535"),
        (["server", "--port", "70000"], "'70000' is not a port"),
        (["server", "--mqtt-port", "-1"], "'-1' is not a port"),
        (["server", "--mqtts-port", "1.5"], "'1.5' is not a port"),
        (["server", "--https-port", "\u0661"], "is not a port"),
        (["server", "--region", "eu-wset-1"], "Did you mean 'eu-west-1'?"),
        (["server", "--bridge", "mqtt://host:x"], "expected mqtt://host:port"),
        (["simulate", "--rate"], "expected one argument"),
    ],
)
def test_a_mistake_is_an_error_of_one_line_with_status_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("moto-iot-jobs")
    assert err.endswith(" --help.\n")


def test_a_broken_port_of_the_environment_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = ended("server", "--port", "0", MOTO_ACCOUNT_ID="12")
    assert (status, out) == (2, "")
    assert err == (
        "moto-iot-jobs server: MOTO_ACCOUNT_ID: '12' is not an account, which has 12 digits.\n"
    )
    status, out, err = ended("server", MOTO_PORT="http")
    assert (status, out) == (2, "")
    assert err == (
        "moto-iot-jobs server: MOTO_PORT: 'http' is not a port, a whole number from 0 to 65535.\n"
    )


def test_an_option_stands_above_a_broken_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_PORT", "http")
    with process("server", "--port", "0") as running:
        try:
            assert running.stdout is not None
            assert "http://127.0.0.1:" in running.stdout.readline()
        finally:
            running.terminate()


def test_a_port_that_is_taken_is_an_error_of_one_line() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        status, out, err = ended("server", "--port", port)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert f"--port {port}: " in err
    assert "Address already in use" in err


def test_a_server_is_stopped_by_ctrl_c() -> None:
    with process("server", "--port", "0") as running:
        assert running.stdout is not None
        url = re.search(r"http://\S+", running.stdout.readline())
        assert url is not None
        urlopen(f"{url[0]}/moto-api/iot-jobs/clock", timeout=LIMIT_SECONDS).close()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=LIMIT_SECONDS)
    # The line before it is that of the request.
    assert (running.returncode, err.splitlines()[-1]) == (0, "moto-iot-jobs server: stopped.")
    assert "Traceback" not in err


def test_a_command_is_interrupted_by_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate, "simulate", interrupted)
    assert main(["simulate"]) == 130
    assert capsys.readouterr().err == "\nmoto-iot-jobs simulate: interrupted.\n"


def test_an_interrupt_while_a_command_is_imported_is_no_traceback() -> None:
    with process("simulate", "--devices", "100000") as running:
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=LIMIT_SECONDS)
    assert out == ""
    if running.returncode != -signal.SIGINT:  # Python itself was still being started
        assert (running.returncode, err) == (130, "\nmoto-iot-jobs simulate: interrupted.\n")


def test_a_reader_that_closes_the_pipe_early_is_no_error() -> None:
    command = f"{shlex.join(warm_python())} -m moto_iot_jobs simulate --devices 5 | true"
    done = subprocess.run(
        ["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_SECONDS,
    )
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_every_command_explains_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    for command in cli._PURPOSES:
        with pytest.raises(SystemExit) as exit_:
            main([command, "--help"])
        assert exit_.value.code == 0
        assert f"usage: moto-iot-jobs {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["demo"], ["simulate", "--devices", "2"]])
def test_the_users_aws_settings_do_not_matter(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:1\n", encoding="utf-8")
    settings = {
        "AWS_PROFILE": "no-such-profile",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_IOT": "http://127.0.0.1:1",
        "AWS_REGION": "eu-wset-1",
        "AWS_CONFIG_FILE": str(config),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(command) == 0
    assert capsys.readouterr().err == ""
    assert {name: os.environ[name] for name in settings} == settings


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_no_server_is_emptied_by_a_command_with_a_mock_of_its_own(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    assert main([command]) == 2
    assert f"{command} has a mock of its own; unset TEST_SERVER_MODE" in capsys.readouterr().err


def test_the_examples_of_the_help_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main([])
    with pytest.raises(SystemExit):
        main(["simulate", "--help"])
    examples = re.findall(r"^  moto-iot-jobs (simulate .*)", capsys.readouterr().out, re.MULTILINE)
    assert len(examples) == 3
    for example in examples:
        assert main(example.split()) == 0
    assert (tmp_path / "out.svg").exists()
