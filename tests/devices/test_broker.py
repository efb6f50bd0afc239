"""A device at a real broker, here Mosquitto, whose requests the bridge serves."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs import devices
from moto_iot_jobs.server.bridge import Bridge

if TYPE_CHECKING:
    from tests.devices.conftest import Account

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
STARTING_SECONDS = 20

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="the broker Mosquitto is not installed")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Host and port of a broker."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        address: tuple[str, int] = free.getsockname()
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {address[1]} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8"
    )
    with subprocess.Popen(
        [str(MOSQUITTO), "-c", str(configuration)], stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + STARTING_SECONDS
        try:
            while True:
                try:
                    socket.create_connection(address, timeout=1).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline, "the broker does not listen"
                    time.sleep(0.02)
            yield address
        finally:
            process.terminate()


def test_a_device_at_a_broker_is_served_by_the_bridge(
    in_process: Account, broker: tuple[str, int]
) -> None:
    in_process.job("first", "lamp")
    in_process.job("second", "lamp")
    with Bridge(*broker, region=in_process.region), devices.Device("lamp", address=broker) as lamp:
        assert lamp.pending().queued == ("first", "second")
        runs = [lamp.run_next("lose_connection"), lamp.run_next("stale_version"), lamp.run_next()]
    assert [run and (run.status, run.error) for run in runs] == [
        ("SUCCEEDED", None),
        ("SUCCEEDED", None),
        None,
    ]
    assert in_process.ended("lamp", "second") == ("SUCCEEDED", {"step": "with a stale version"})


def test_a_broker_that_is_not_there_is_given_up_in_the_time_of_the_mock(
    in_process: Account,
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        address = free.getsockname()
    with pytest.raises(devices.ResponseLostError, match=r"No connection to 127\.0\.0\.1"):
        devices.Device("lamp", address=address).run_next()
