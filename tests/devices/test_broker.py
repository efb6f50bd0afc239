"""A device at a real broker, here Mosquitto, whose requests the bridge serves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs import devices
from moto_iot_jobs.server.bridge import Bridge
from tests.mosquitto import Mosquitto, needs_mosquitto
from tests.ports import closed_port

if TYPE_CHECKING:
    from tests.devices.conftest import Account


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Host and port of a broker."""
    with closing(Mosquitto(tmp_path)) as started:
        yield started.address


@needs_mosquitto
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
    with (
        closed_port() as port,
        pytest.raises(devices.ResponseLostError, match=r"No connection to 127\.0\.0\.1"),
    ):
        devices.Device("lamp", address=("127.0.0.1", port)).run_next()
