"""Interpreters that are warm: they have imported what a program needs before it is started.

Most of the time of a small program goes into importing moto and boto3. `warm_python()` is what to
start it with instead of `sys.executable`, where it does not matter which modules are there already:
a process of its own all the same, forked from one that has them.
"""

from __future__ import annotations

import atexit
import os
import shlex
import subprocess
import sys
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree

WARM = Path(__file__).with_name("warm")
# What most of the programs of the tests import.
EVERYTHING = (
    "boto3",
    "moto.iot.models",
    "moto.iot.responses",
    "moto.server",
    "aiohttp.web",
    "moto_iot_jobs.cli.server",
    "moto_iot_jobs.cli.simulate",
    "moto_iot_jobs.mock",
    "moto_iot_jobs.server.http",
    "pytest",
)


@cache
def warm_python(*modules: str) -> list[str]:
    """Return what a command begins with whose interpreter has imported modules already.

    Args:
        modules: their names; without any, all that a program with the mock needs.
    """
    if not hasattr(os, "fork"):
        return [sys.executable]
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    path = str(folder / "socket")
    command = [sys.executable, str(WARM / "interpreter.py"), path, *(modules or EVERYTHING)]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MOTO_", "PYTEST_", "TEST_"))
    }
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == b"ready\n", "the warm interpreter did not start"

    def end() -> None:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return [sys.executable, "-IS", str(WARM / "client.py"), path]


def warm_workers(number: int, *modules: str) -> list[str]:
    """Return the options of pytest for so many workers of xdist, 0 for none: `-n`, but warm.

    Args:
        number: of workers.
        modules: what `warm_python` is given.
    """
    if not number:
        return []
    return ["-d", "--tx", f"{number}*popen//python={shlex.join(warm_python(*modules))}"]


@cache
def warm_programs() -> Path:
    """Return a folder with the programs of this environment, which run in warm interpreters."""
    folder = Path(tempfile.mkdtemp(prefix="warm-programs-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    python = shlex.join(warm_python())
    commands = {
        "python": python,
        "python3": python,
        "pytest": f"{python} -m pytest",
        "moto-iot-jobs": f"{python} -m moto_iot_jobs",
    }
    if find_spec("awscli") is not None:
        # It has a botocore of its own, which takes the place of boto3's.
        commands["aws"] = f"{shlex.join(warm_python('awscli.clidriver'))} -m awscli"
    for name, command in commands.items():
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return folder
