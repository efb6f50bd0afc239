"""The server for other people's programs, empty at the start of each test, and its account to
prepare.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.accounts import ThroughServer
from tests.server_process import ServerProcess

PROGRAM = Path(__file__).parent / "js"


class Server(ThroughServer):
    """The server, as it is prepared for a test."""

    def start(self, thing: str) -> None:
        """Let a device start its next job."""
        self.device.start_next_pending_job_execution(thingName=thing)


@pytest.fixture(scope="session")
def server_with_an_account(shared_server: ServerProcess) -> Server:
    """The server, as the last test left it."""
    return Server(shared_server.url)


@pytest.fixture
def server(server_with_an_account: Server) -> Server:
    """The server, empty."""
    server_with_an_account.reset()
    return server_with_an_account


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the program of JavaScript, its SDK and MQTT.js."""
    folder = tmp_path_factory.mktemp("javascript") / "js"
    shutil.copytree(PROGRAM, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefer-offline",
        "--loglevel=error",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0 and "CI" not in os.environ:
        pytest.skip(f"npm could not install the SDK here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
