"""Mosquitto, a broker that is not ours."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.waiting import PATIENCE, wait_until

# In Debian, broker and clients are two packages, and the broker lies where only root's path leads.
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
needs_mosquitto = pytest.mark.skipif(
    MOSQUITTO is None, reason="the broker Mosquitto is not installed"
)
OPEN = "allow_anonymous true\n"


class Mosquitto:
    """A broker on a port of its own that listens; it can go away and come back.

    Args:
        folder: for its files, its log among them.
        configuration: what its configuration has beside the port and the paths.
    """

    def __init__(self, folder: Path, configuration: str = OPEN) -> None:
        self.log = folder / "log"
        self._file = folder / "mosquitto.conf"
        self.address = ("127.0.0.1", free_port())
        # Started by root, it would become a user who may not write here.
        self._file.write_text(
            f"user root\nlistener {self.address[1]} 127.0.0.1\n"
            f"persistence_location {folder}/\nlog_dest file {self.log}\nset_tcp_nodelay true\n"
            f"{configuration}",
            encoding="utf-8",
        )
        self.start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.address[1]}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(MOSQUITTO), "-c", str(self._file)], stderr=subprocess.DEVNULL
        )
        wait_until(self._listens, self._said)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)

    close = stop

    def _said(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def _listens(self) -> bool:
        assert self.process.poll() is None, f"the broker has ended: {self._said()}"
        try:
            socket.create_connection(self.address, timeout=PATIENCE).close()
        except OSError:
            return False
        return True
