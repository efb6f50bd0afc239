"""Unless told otherwise everything listens on loopback alone: the addresses are read from the
kernel, not from what we say.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs import mock_iot, mqtt
from moto_iot_jobs.server.http import Server

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

pytestmark = pytest.mark.skipif(
    not Path("/proc/net/tcp").exists(), reason="only Linux tells what a process listens on"
)

LISTENING = "0A"
# as the kernel writes 127.0.0.1 and ::1 on a little-endian machine
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}


def listening() -> dict[str, tuple[str, int]]:
    """Address and port of every socket of this machine that listens, by its inode."""
    found = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            address, port = words[1].split(":")
            if words[3] == LISTENING:
                found[words[9]] = address, int(port, 16)
    return found


def sockets_of(process: Path) -> set[str]:
    """The inodes of a process's sockets."""
    links = []
    for each in (process / "fd").iterdir():
        try:
            links.append(str(each.readlink()))
        except OSError:
            continue  # closed meanwhile, or the one that reads this folder
    return set(re.findall(r"socket:\[(\d+)\]", " ".join(links)))


def ports_of(process: Path) -> dict[int, str]:
    """What a process listens on: addresses by port."""
    table = listening()
    return {
        port: address
        for address, port in (table[inode] for inode in sockets_of(process) & table.keys())
    }


def process_that_listens_on(port: int) -> Path:
    [inode] = [inode for inode, (_, each) in listening().items() if each == port]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if inode in sockets_of(process):
                return process
        except OSError:
            continue  # it has ended, or is somebody else's
    raise AssertionError(f"nobody listens on {port}")


def test_the_server_listens_on_loopback_and_on_no_port_that_it_does_not_print(
    shared_server: ServerProcess,
) -> None:
    printed = set(map(int, re.findall(r"//127\.0\.0\.1:(\d+)", shared_server.printed)))
    ports = ports_of(process_that_listens_on(int(shared_server.url.rpartition(":")[2])))
    assert ports.keys() == printed
    assert len(printed) == 4  # HTTP, HTTPS, MQTT, and MQTT over TLS
    assert set(ports.values()) <= LOOPBACK


def test_what_is_started_in_a_test_listens_on_loopback() -> None:
    here = Path("/proc/self")
    before = ports_of(here).keys()
    with mock_iot(), mqtt.Endpoint() as plain, mqtt.Endpoint(tls=True) as tls:
        server = Server(port=0)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            ports = {
                port: address for port, address in ports_of(here).items() if port not in before
            }
        finally:
            server.close()
            serving.join()
    assert ports.keys() == {plain.port, tls.port, server.port}
    assert set(ports.values()) <= LOOPBACK


def test_a_mock_alone_opens_no_port() -> None:
    before = ports_of(Path("/proc/self"))
    with mock_iot():
        assert ports_of(Path("/proc/self")) == before
