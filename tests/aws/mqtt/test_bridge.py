"""The bridge: devices at a real broker, here Mosquitto, work the jobs of this process or of a server."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from moto import settings

from moto_iot_jobs import bridge
from moto_iot_jobs.bridge import Bridge
from moto_iot_jobs.messaging.outbox import WINDOW, Outbox
from moto_iot_jobs.mqtt.topics import matches
from tests.aws.mqtt.conftest import PATIENCE, Device

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect

REGION = "eu-west-1"
PAGE = Path(__file__).parents[3] / "docs" / "mqtt.md"
# In Debian, broker and clients are two packages, and the broker lies where only root's path leads.
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="the broker Mosquitto is not installed")


def soon(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


class Mosquitto:
    """A broker of our own on a free port, with the configuration of the manual; it can go away and come back."""

    def __init__(self, folder: Path, configuration: str = "allow_anonymous true\npersistence true\nmax_queued_messages 0\n") -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.address: tuple[str, int] = free.getsockname()
        self._file = folder / "mosquitto.conf"
        own = f"listener {self.address[1]} 127.0.0.1\npersistence_location {folder}/\nlog_dest file {folder}/log\n"
        # Started by root, it would become a user who may not write here.
        self._file.write_text(f"user root\n{own}{configuration}", encoding="utf-8")
        self.log = folder / "log"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([str(MOSQUITTO), "-c", str(self._file)], stderr=subprocess.PIPE)
        assert soon(self._listens), self._process.stderr and self._process.stderr.read()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=PATIENCE)

    def _listens(self) -> bool:
        try:
            socket.create_connection(self.address, timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    started = Mosquitto(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def bridged(in_process: Aws, broker: Mosquitto) -> Iterator[Bridge]:
    with Bridge(*broker.address, region=REGION) as made:
        yield made


At = Callable[..., AbstractContextManager[Device]]


def lasting(client: Any) -> None:
    """Let a device's client come back soon."""
    client.reconnect_delay_set(1, 1)


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_a_device_works_a_job_through_the_broker(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect, version: int
) -> None:
    with connect_to(broker.address, "lamp", version) as lamp:
        lamp.subscribe("#")
        in_process.job("update", "lamp")
        assert [lamp.hear()[0] for _ in range(2)] == ["notify", "notify-next"]
        lamp.publish("start-next", {"clientToken": "a"})
        _, (topic, answer) = lamp.hear(), lamp.hear()
        assert (topic, answer["clientToken"], answer["execution"]["jobId"]) == ("start-next/accepted", "a", "update")
        lamp.publish("update/update", {"status": "SUCCEEDED", "expectedVersion": "2"})
        heard = [lamp.hear() for _ in range(4)]
        assert [topic for topic, _ in heard] == ["update/update", "update/update/accepted", "notify", "notify-next"]
        assert heard[2][1]["jobs"] == {}
        lamp.publish("update/update", {"status": "FAILED"})
        _, (topic, answer) = lamp.hear(), lamp.hear()
        assert (topic, answer["code"]) == ("update/update/rejected", "TerminalStateReached")
        assert lamp.hears_nothing()
    assert in_process.status("update") == "COMPLETED"


@needs_mosquitto
def test_every_request_topic_is_served_and_no_other(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect
) -> None:
    in_process.job("update", "lamp", namespaceId="plain")
    with connect_to(broker.address, "lamp") as lamp:
        lamp.subscribe("+/accepted", "+/+/accepted", "+/+/+/accepted", "+/+/rejected")
        lamp.publish("notify", "{}")
        for request in ("get", "start-next", "$next/get", "update/get", "update/namespace-plain/get"):
            assert lamp.ask(request)[0] == f"{request}/accepted"
        update = "update/namespace-plain/update"
        assert lamp.ask(update, {"status": "SUCCEEDED"})[0] == f"{update}/accepted"
        topic, answer = lamp.ask("$next/update", {"status": "SUCCEEDED"})
        assert (topic, answer["code"]) == ("$next/update/rejected", "InvalidTopic")
        assert lamp.hears_nothing()


@needs_mosquitto
def test_two_devices_each_have_their_own_jobs_and_events_reach_whoever_listens(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect
) -> None:
    in_process.iot.update_event_configurations(eventConfigurations={"JOB": {"Enabled": True}})
    in_process.job("update", "lamp", "door")
    with (
        connect_to(broker.address, "lamp") as lamp,
        connect_to(broker.address, "door") as door,
        connect_to(broker.address, "back-end") as back_end,
    ):
        back_end.subscribe("$aws/events/#")
        for device, status in ((lamp, "SUCCEEDED"), (door, "FAILED")):
            device.subscribe("update/update/+")
            assert device.ask("update/update", {"status": status})[0] == "update/update/accepted"
            assert device.hears_nothing()
        topic, event = back_end.hear()
    assert topic == "$aws/events/job/update/completed"
    assert event["jobProcessDetails"]["numberOfFailedThings"] == 1
    assert in_process.counters("update") == {"Succeeded": 1, "Failed": 1}


@needs_mosquitto
def test_a_broker_that_restarts_in_the_middle_of_a_job_loses_nothing_and_repeats_nothing(
    in_process: Aws, broker: Mosquitto, bridged: Bridge, connect_to: Connect
) -> None:
    with connect_to(broker.address, "lamp") as lamp:
        client: Any = lamp.client
        client.reconnect_delay_set(1, 1)
        again: Queue[object] = Queue()
        client.on_subscribe = lambda *_: again.put(None)
        client.on_connect = lambda *_: client.subscribe([(lamp.topic(each), 1) for each in ("notify", "+/+/accepted")])
        client.on_connect()
        again.get(timeout=PATIENCE)
        in_process.job("job-0", "lamp")
        assert sorted(lamp.hear()[1]["jobs"]) == ["QUEUED"]
        broker.stop()
        assert soon(lambda: not bridged._client.is_connected() and not client.is_connected())
        lamp.publish("job-0/update", {"status": "IN_PROGRESS"})
        lamp.publish("job-0/update", {"status": "SUCCEEDED", "expectedVersion": 2})
        # More than go over the wire at once.
        for number in range(1, 3 * WINDOW):
            in_process.job(f"job-{number}", "lamp") if number < 10 else in_process.iot.delete_job(jobId="x", force=True) if False else None
        broker.start()
        again.get(timeout=PATIENCE)
