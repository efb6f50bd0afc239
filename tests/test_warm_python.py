"""A program in a warm interpreter runs, fails and ends as in one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.warm_python import warm_python

PROGRAMS = {
    "it prints": "import sys; print('out'); print('err', file=sys.stderr)",
    "it has arguments": "import sys; print(sys.argv, sys.path[0])",
    "it has a folder and an environment": "import os; print(os.getcwd(), os.environ['COLOUR'])",
    "it reads": "print(input())",
    "it exits": "import sys; sys.exit(3)",
    "it exits with a message": "import sys; sys.exit('no')",
    "it raises": "def fail():\n    1 / 0\n\nfail()",
    "it is killed": "import os; os.kill(os.getpid(), 9)",
    "it is interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    "it has things to do at its end": "import atexit; atexit.register(print, 'over')",
    "it has a thread": "import threading; threading.Timer(0.1, lambda: print('late')).start()",
}


def outcome(python: list[str], program: str, folder: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [*python, "-c", program, "one", "", "a b"],
        input="line\n",
        cwd=folder,
        env={**os.environ, "COLOUR": "blue"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_does_the_same_in_both(program: str, tmp_path: Path) -> None:
    warm, cold = (
        outcome(python, program, tmp_path) for python in (warm_python(), [sys.executable])
    )
    assert warm == cold


def test_its_modules_are_there_already(tmp_path: Path) -> None:
    program = "import sys; print('moto_iot_jobs.mock' in sys.modules)"
    assert outcome(warm_python(), program, tmp_path)[1] == "True\n"


def test_what_moto_reads_when_it_is_imported_needs_an_interpreter_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_SERVER_MODE", "true")
    program = "from moto import settings; print(settings.TEST_SERVER_MODE)"
    assert outcome(warm_python(), program, tmp_path)[1] == "True\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_ends_with_its_client(number: signal.Signals) -> None:
    program = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with subprocess.Popen(
        [*warm_python(), "-c", program], stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdout is not None
        process = int(client.stdout.readline())
        client.send_signal(number)
        assert client.wait(30) == -number
    deadline = time.monotonic() + 30
    while is_alive(process):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
