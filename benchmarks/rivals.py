"""The servers that ours is compared with, and ours, each in a process of its own on loopback."""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from .processes import HOST, ROOT, environment, free_port, serving

# What the claims of this project were made against. It pins the version of botocore, so it gets an
# environment of its own.
MINISTACK = "ministack==1.5.33"
_ENVIRONMENT = ROOT / ".venv-ministack"
_INSTALLING_SECONDS = 300


class CannotBeHad(Exception):
    """A program to compare with cannot be installed or started here; with the reason."""


@contextmanager
def ours(*options: str, ports: tuple[int, ...] = ()) -> Iterator[str]:
    """Run our server within the block; gives its URL.

    Args:
        options: further ones of `moto-iot-jobs server`.
        ports: those that they name.
    """
    port = free_port()
    command = [sys.executable, "-m", "moto_iot_jobs", "server", "--port", str(port), *options]
    with serving(command, (port, *ports), PYTHONPATH=str(ROOT)):
        yield f"http://{HOST}:{port}"


@contextmanager
def moto_server() -> Iterator[tuple[str, str]]:
    """Run plain moto's server within the block; gives its URL and version. Raises CannotBeHad."""
    if find_spec("flask") is None:
        raise CannotBeHad("moto's server is not installed (pip install 'moto[server]')")
    port = free_port()
    with _rival([sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)], port) as url:
        yield url, version("moto")


@contextmanager
def ministack() -> Iterator[tuple[str, str]]:
    """Run ministack within the block, installed beforehand where it is not; gives its URL and
    version. Raises CannotBeHad.
    """
    python = _ministack_python()
    port = free_port()
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
    }
    with _rival([str(python), "-m", "ministack"], port, **settings) as url:
        time.sleep(1)  # it listens before it is ready
        yield url, MINISTACK.partition("==")[2]


@contextmanager
def _rival(command: list[str], port: int, **settings: str) -> Iterator[str]:
    """Run a server of somebody else's.

    What it said goes to the terminal alone, for results are published.
    """
    with ExitStack() as running:
        try:
            running.enter_context(serving(command, (port,), **settings))
        except RuntimeError as problem:
            sys.stderr.write(f"{problem}\n")
            raise CannotBeHad("it does not start here") from None
        yield f"http://{HOST}:{port}"


def _ministack_python() -> Path:
    python = _ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    installed = _ENVIRONMENT / f"{MINISTACK}.installed"
    if installed.exists():
        return python
    try:
        venv.create(_ENVIRONMENT, with_pip=True, clear=True)
        command = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            MINISTACK,
        ]
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            timeout=_INSTALLING_SECONDS,
            env=environment(),
            cwd=ROOT,
        )
    except subprocess.CalledProcessError as problem:
        sys.stderr.write(f"{problem.stderr}\n")
        raise CannotBeHad(f"{MINISTACK} cannot be installed here") from None
    except (OSError, subprocess.TimeoutExpired) as problem:
        sys.stderr.write(f"{problem}\n")
        raise CannotBeHad(f"{MINISTACK} cannot be installed here") from None
    installed.touch()
    return python
