"""The end of a server: within a second, whatever is open or waits."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import requests
from paho.mqtt.enums import CallbackAPIVersion

from tests.server.running import ARN, MOSQUITTO, PATIENCE, Running, mosquitto, server

HEALTH = b"GET /moto-api/iot-jobs/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def kept(running: Running, kind: str) -> Iterator[socket.socket]:
    """A connection for HTTP that has had its answer and stays open."""
    port = running.ports[kind]
    with socket.create_connection(("127.0.0.1", port["port"]), timeout=PATIENCE) as plain:
        if kind == "http":
            connection = plain
        else:
            context = ssl.create_default_context(cafile=port["ca_file"])
            connection = context.wrap_socket(plain, server_hostname="localhost")
        connection.sendall(HEALTH)
        assert b" 200 " in connection.recv(65_536)
        yield connection
        connection.close()


@contextmanager
def subscriber(running: Running, kind: str, path: str | None) -> Iterator[None]:
    """A client of MQTT, over a WebSocket if there is a path for it."""
    heard = threading.Event()
    client: Any = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"{kind}{path}",
        transport="websockets" if path else "tcp",
        reconnect_on_failure=False,
    )
    if path:
        client.ws_set_options(path=path)
    client.on_connect = lambda *_: client.subscribe("#")
    client.on_subscribe = lambda *_: heard.set()
    client.connect("127.0.0.1", running.ports[kind]["port"])
    client.loop_start()
    assert heard.wait(PATIENCE)
    yield
    client.loop_stop()


def waiting(call: Any, **members: Any) -> None:
    """Make a call that is not answered for long."""

    def run() -> None:
        with suppress(Exception):
            call(**members)

    threading.Thread(target=run, daemon=True).start()


def test_a_signal_ends_it_within_a_second_whatever_is_open(tmp_path: Path) -> None:
    options = ["--mqtt-port", "0", "--tls-port", "0", "--https-port", "0"]
    with ExitStack() as open_connections:
        if MOSQUITTO is not None:
            broker = open_connections.enter_context(mosquitto(tmp_path))
            options += ["--bridge", broker.url]
        with server(tmp_path / "server", *options) as started:
            iot, sqs = started.client("iot"), started.client("sqs")
            iot.create_thing(thingName="lamp")
            iot.create_job(jobId="update", targets=[ARN], document="{}")
            queue = sqs.create_queue(QueueName="queue")["QueueUrl"]
            for kind in ("http", "tls"):
                open_connections.enter_context(kept(started, kind))
                silent = ("127.0.0.1", started.ports[kind]["port"])
                open_connections.enter_context(socket.create_connection(silent))
            for kind, path in (("http", "/mqtt"), ("mqtt", None), ("mqtt", "/mqtt")):
                open_connections.enter_context(subscriber(started, kind, path))
            late: Any = {"operation": "ListJobs", "delay": 60}
            requests.post(f"{started.url}/moto-api/iot-jobs/faults", json=late, timeout=PATIENCE)
            waiting(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=20)
            waiting(iot.list_jobs)
            started.wait_for_log("meets a fault")
            began = time.monotonic()
            assert started.end() == 0
            assert time.monotonic() - began < 2  # one where nothing else runs
            assert "Traceback" not in started.log
            assert started.log.count("the endpoint stops") == 3


@pytest.mark.skipif(MOSQUITTO is None, reason="the broker Mosquitto is not installed")
def test_a_broker_that_has_gone_does_not_hold_it_up(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path) as broker,
        server(tmp_path / "server", "--bridge", broker.url) as started,
    ):
        started.wait_for_log("bridge up: ")
        broker.process.kill()
        started.wait_for_log("bridge down, ")
        began = time.monotonic()
        assert started.end() == 0
        assert time.monotonic() - began < 2
        assert "Traceback" not in started.log
