"""The end of a server: within a second, whatever is open or waits."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import requests

from tests.measuring import least_real_seconds, real_seconds
from tests.mosquitto import MOSQUITTO, Mosquitto, needs_mosquitto
from tests.paho_clients import connected, paho_client
from tests.server.running import ARN, Running, server
from tests.waiting import PATIENCE

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
    client = paho_client(f"{kind}{path}", transport="websockets" if path else "tcp")
    if path:
        client.ws_set_options(path=path)
    client.on_connect = lambda *_: client.subscribe("#")
    client.on_subscribe = lambda *_: heard.set()
    with connected(client, ("127.0.0.1", running.ports[kind]["port"])):
        assert heard.wait(PATIENCE)
        yield


def waiting(call: Any, **members: Any) -> None:
    """Make a call that is not answered for long."""

    def run() -> None:
        with suppress(Exception):
            call(**members)

    threading.Thread(target=run, daemon=True).start()


# With nothing else on the machine it is one.
LIMIT_SECONDS = 2


def seconds_to_end(running: Running) -> float:
    ended: list[int] = []
    taken = real_seconds(lambda: ended.append(running.end()))
    assert ended == [0]
    assert "Traceback" not in running.log
    return taken


def seconds_to_end_with_all_open(folder: Path) -> float:
    folder.mkdir()
    options = ["--mqtt-port", "0", "--tls-port", "0", "--https-port", "0"]
    with ExitStack() as open_connections:
        if MOSQUITTO is not None:
            broker = open_connections.enter_context(closing(Mosquitto(folder)))
            options += ["--bridge", broker.url]
        with server(folder / "server", *options) as started:
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
            taken = seconds_to_end(started)
            assert started.log.count("the endpoint stops") == 3
            return taken


def seconds_to_end_without_a_broker(folder: Path) -> float:
    folder.mkdir()
    with (
        closing(Mosquitto(folder)) as broker,
        server(folder / "server", "--bridge", broker.url) as started,
    ):
        started.wait_for_log("bridge up: ")
        broker.process.kill()
        started.wait_for_log("bridge down, ")
        return seconds_to_end(started)


def in_new_folders(tmp_path: Path, measure: Callable[[Path], float]) -> Callable[[], float]:
    numbers = count()
    return lambda: measure(tmp_path / str(next(numbers)))


def test_a_signal_ends_it_within_a_second_whatever_is_open(tmp_path: Path) -> None:
    measure = in_new_folders(tmp_path, seconds_to_end_with_all_open)
    assert least_real_seconds(measure, LIMIT_SECONDS) < LIMIT_SECONDS


@needs_mosquitto
def test_a_broker_that_has_gone_does_not_hold_it_up(tmp_path: Path) -> None:
    measure = in_new_folders(tmp_path, seconds_to_end_without_a_broker)
    assert least_real_seconds(measure, LIMIT_SECONDS) < LIMIT_SECONDS
