"""A fleet whose connections break all the time while its owner creates and cancels jobs: nothing
is lost or comes twice.

The environment variables `SOAK_DEVICES` and `SOAK_JOBS` make it larger.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.paho_clients import paho_client

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect, MqttPorts

DEVICES, JOBS = int(os.environ.get("SOAK_DEVICES", "20")), int(os.environ.get("SOAK_JOBS", "60"))
THINGS_PER_JOB = 10
EXECUTIONS = JOBS * THINGS_PER_JOB + DEVICES
LAST = "the-last-job"
PATIENCE = 20 + EXECUTIONS / 20
"""How long the whole fleet may take for all of it, in seconds; it does twice as much on a slow
machine.
"""


class Program:
    """A device's program. It acts on notify-next alone, so that a message which never comes would
    stop it for good.
    """

    def __init__(self, name: str, address: tuple[str, int], seed: int) -> None:
        self.name = name
        self.succeeded: set[str] = set()
        self.too_late: set[str] = set()
        self.reported: set[str] = set()
        self.breaks = 0
        self._address = address
        self._fate = random.Random(seed)
        self._inbox: Queue[tuple[str, dict[str, Any]]] = Queue()
        self._front: str | None = None
        self.subscribed = threading.Event()
        self.over = threading.Event()

    def run(self) -> None:
        """Work until told that it is over, on as many connections as it takes.

        It cannot know by itself: an answer at QoS 0 may be lost with its connection.
        """
        while not self.over.is_set():
            with self._connection() as client:
                if not self.subscribed.is_set():
                    client.on_subscribe = lambda *_: self.subscribed.set()
                    client.subscribe(f"$aws/things/{self.name}/jobs/notify-next", 1)
                    _wait_for(self.subscribed, client)
                for _ in range(self._fate.randrange(1, 12)):
                    self._work(client)
                if self._fate.random() < 0.7:
                    self.breaks += 1
                    client.socket().shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        client = paho_client(self.name, clean_session=False, protocol=MQTTProtocolVersion.MQTTv311)
        connected = threading.Event()
        client.on_connect = lambda *_: connected.set()
        client.on_message = lambda _client, _userdata, message: self._inbox.put(
            (message.topic, json.loads(message.payload))
        )
        client.connect(*self._address)
        opened = client.socket()
        try:
            _wait_for(connected, client)
            yield client
        finally:
            client.disconnect()
            opened.close()

    def _work(self, client: Any) -> None:
        """Report the job at the front, if there is one, and take one message."""
        if self._front is not None and not self._is_done(self._front):
            topic = f"$aws/things/{self.name}/jobs/{self._front}/update"
            self.reported.add(self._front)
            report = {
                "status": "SUCCEEDED",
                "clientToken": self._front,
                "includeJobExecutionState": True,
            }
            client.publish(topic, json.dumps(report), qos=self._fate.randrange(2))
        _let_work(client)
        with suppress(Empty):
            self._take(*self._inbox.get_nowait())

    def _take(self, topic: str, members: dict[str, Any]) -> None:
        if topic.endswith("/notify-next"):
            self._front = members["execution"]["jobId"] if "execution" in members else None
        else:
            was_ours = members["executionState"]["status"] == "SUCCEEDED"
            (self.succeeded if was_ours else self.too_late).add(members["clientToken"])

    def _is_done(self, job: str) -> bool:
        return job in self.succeeded or job in self.too_late


def _let_work(client: Any) -> None:
    """Let a client read, for a moment; paho's own loops take two sockets more each and cannot
    watch those above the 1,023rd.
    """
    if wait([client.socket()], 0.05):
        client.loop_read()
    if client.want_write():
        client.loop_write()


def _wait_for(event: threading.Event, client: Any) -> None:
    """Let a client work until something has happened."""
    deadline = time.monotonic() + PATIENCE
    while not event.is_set():
        assert time.monotonic() < deadline
        _let_work(client)


def own(aws: Aws, things: list[str], fate: random.Random) -> None:
    """What the owner does meanwhile: jobs for some of the fleet each, and cancellations of
    whatever is still queued.
    """
    for number in range(JOBS):
        aws.job(f"job-{number}", *fate.sample(things, THINGS_PER_JOB))
        thing = fate.choice(things)
        for job in aws.pending(thing)[1][:1]:
            with suppress(
                aws.iot.exceptions.InvalidStateTransitionException,
                aws.iot.exceptions.ResourceNotFoundException,
            ):
                aws.iot.cancel_job_execution(thingName=thing, jobId=job)
    aws.job(LAST, aws.group("fleet", *things))


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_nothing_is_lost_and_nothing_comes_twice(
    aws: Aws, mqtt_ports: MqttPorts, connect: Connect
) -> None:
    switches = {"JOB_EXECUTION": {"Enabled": True}}
    aws.iot.update_event_configurations(eventConfigurations=switches)
    programs = [Program(f"thing-{number}", mqtt_ports.plain, number) for number in range(DEVICES)]
    for program in programs:
        aws.thing(program.name)
    threads = [threading.Thread(target=program.run, daemon=True) for program in programs]
    with connect("operator") as operator:
        operator.subscribe("$aws/events/jobExecution/#")
        for thread, program in zip(threads, programs, strict=True):
            thread.start()
            assert program.subscribed.wait(PATIENCE)
        own(aws, [program.name for program in programs], random.Random(2026))
        heard = Counter[tuple[str, str, str]]()
        try:
            for _ in range(EXECUTIONS):
                event = operator.hear(PATIENCE)[1]
                heard[event["thingArn"].rpartition("/")[2], event["jobId"], event["status"]] += 1
        finally:
            for program in programs:
                program.over.set()
            for thread in threads:
                thread.join(PATIENCE)
        assert operator.hears_nothing()
    assert not any(thread.is_alive() for thread in threads)
    assert set(heard.values()) == {1}
    for program in programs:
        succeeded = {
            job for thing, job, status in heard if (thing, status) == (program.name, "SUCCEEDED")
        }
        # An answer at QoS 0 goes down with its connection; the report has been carried out for all
        # that.
        assert program.succeeded <= succeeded <= program.reported - program.too_late
    assert sum(program.breaks for program in programs) > DEVICES
    for thing, job, status in heard:
        shown = aws.execution(thing, job)
        assert (shown["status"], shown["versionNumber"]) == (status, 2)
