"""The log of a server: a line a request, for faults, connections and the bridge, and no secret in it."""

from __future__ import annotations

import http.client
import json
import re
import signal
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests

from moto_iot_jobs.server.request_log import RequestLog
from tests.paho_clients import connected, paho_client
from tests.server.running import (
    ARN,
    SECRET,
    TOKEN,
    Running,
    device,
    identity_of_a_thing,
    server,
)
from tests.waiting import PATIENCE, wait_until

DOCUMENT = '{"secret-of-a-document": true}'

GOLDEN = """\
INFO 127.0.0.1 "POST /things/lamp" 200 N ms
INFO 127.0.0.1 iot CreateJob job=update 200 N ms
INFO 127.0.0.1 iot DescribeJob job=none 404 ResourceNotFoundException N ms
INFO <Client 'lamp' at 127.0.0.1:N over mqtt> is connected
INFO mqtt:lamp iot-jobs-data GetPendingJobExecutions thing=lamp accepted N ms
INFO <Client 'lamp' at 127.0.0.1:N over mqtt> disconnects: SUCCESS
INFO 127.0.0.1 "GET /bucket/key" 404 N ms
INFO 127.0.0.1 "POST /moto-api/iot-jobs/faults" 200 N ms
INFO iot CancelJob meets a fault: InvalidRequestException
INFO 127.0.0.1 iot CancelJob job=update 400 InvalidRequestException N ms
INFO 127.0.0.1 "POST /keys-and-certificate" 200 N ms
INFO 127.0.0.1 "PUT /things/lamp/principals" 200 N ms
INFO certificate:127.0.0.1 iot-jobs-data DescribeJobExecution thing=lamp job=$next 200 N ms
INFO certificate:127.0.0.1 iot-jobs-data UpdateJobExecution thing=lamp job=none 404 ResourceNotFoundException N ms
INFO 127.0.0.1 "GET /moto-api/iot-jobs/health" 200 N ms
"""


def use(started: Running) -> None:
    """Let one thing of each kind happen."""
    iot = started.client("iot")
    iot.create_thing(thingName="lamp")
    iot.create_job(jobId="update", targets=[ARN], document=DOCUMENT)
    with suppress(iot.exceptions.ResourceNotFoundException):
        iot.describe_job(jobId="none")
    assert device(started, "mqtt") == ["update"]
    started.wait_for_log("disconnects")
    presigned = f"{started.url}/bucket/key?X-Amz-Signature=abcdef0123&X-Amz-Security-Token={TOKEN}"
    requests.get(presigned, timeout=30)
    fault = {"operation": "CancelJob", "error": "InvalidRequestException"}
    requests.post(f"{started.url}/moto-api/iot-jobs/faults", json=fault, timeout=30)
    with suppress(iot.exceptions.InvalidRequestException):
        iot.cancel_job(jobId="update")
    certificate, key = identity_of_a_thing(started)
    port = started.ports["tls"]
    own: Any = {
        "cert": (str(certificate), str(key)),
        "verify": port["ca_file"],
        "timeout": 30,
    }
    jobs = f"{port['url']}/things/lamp/jobs"
    assert "secret-of-a-document" in requests.get(f"{jobs}/$next", **own).text
    requests.post(f"{jobs}/none", json={"status": "FAILED"}, **own)
    assert started.get("health").status_code == 200


def without_figures(log: str) -> str:
    """The log without times, durations and ports."""
    text = re.sub(r"^[-\d]{10}T[:\d]{8}\.\d{3}Z ", "", log, flags=re.MULTILINE)
    return re.sub(r"\b\d+\.\d(?= ms$)|(?<=127\.0\.0\.1:)\d+", "N", text, flags=re.MULTILINE)


def test_the_log_has_everything_in_order_until_a_signal(tmp_path: Path) -> None:
    with server(tmp_path, "--mqtt-port", "0", "--tls-port", "0") as started:
        use(started)
        assert started.end(signal.SIGTERM) == 0
        log = started.log
    assert without_figures(log) == GOLDEN
    for secret in (SECRET, TOKEN, "abcdef0123", "secret-of-a-document", "Signature=", "PRIVATE"):
        assert secret not in log + started.printed


def test_the_same_in_json_is_an_object_a_line(tmp_path: Path) -> None:
    with server(tmp_path, "--mqtt-port", "0", "--log-format", "json") as started:
        iot = started.client("iot")
        iot.create_thing(thingName="lamp")
        with suppress(iot.exceptions.ResourceNotFoundException):
            iot.describe_job(jobId="none")
        assert device(started, "mqtt") == []
        connection = http.client.HTTPConnection("127.0.0.1", started.ports["http"]["port"])
        connection.request("GET", "/%0aforged%1b[31m?X-Amz-Signature=0")
        connection.getresponse().read()
        connection.close()
        client = paho_client("a\nforged \x1b[31m")
        with connected(client, ("127.0.0.1", started.ports["mqtt"]["port"])):
            request = client.publish("$aws/things/x/jobs/a\n\x1b/get", "{}", qos=1)
            request.wait_for_publish(PATIENCE)
        assert started.end(signal.SIGINT) == 0
        log = started.log
    assert "\x1b" not in log
    lines = [json.loads(line) for line in log.splitlines()]
    assert all({"time", "level", "logger"} <= set(line) for line in lines)
    requested = [line for line in lines if line["logger"] == "moto_iot_jobs.requests"]
    times = [(line.pop("time"), line.pop("milliseconds")) for line in requested]
    assert all(re.fullmatch(r"[-\d]{10}T[:\d]{8}\.\d{3}Z", at) and ms >= 0 for at, ms in times)
    own = {"level": "info", "logger": "moto_iot_jobs.requests"}
    assert requested[1] == {
        **own,
        "client": "127.0.0.1",
        "service": "iot",
        "operation": "DescribeJob",
        "job": "none",
        "status": 404,
        "code": "ResourceNotFoundException",
    }
    assert requested[2] == {
        **own,
        "client": "mqtt:lamp",
        "service": "iot-jobs-data",
        "operation": "GetPendingJobExecutions",
        "thing": "lamp",
        "status": "accepted",
    }
    assert requested[0]["request"] == "POST /things/lamp"
    assert requested[3]["request"].startswith("GET /%0aforged")
    assert requested[4]["client"] == r"mqtt:a\nforged \x1b[31m"


@pytest.mark.parametrize("options", [("--quiet",), ("--log-level", "error")])
def test_quiet_is_quiet(tmp_path: Path, options: tuple[str, ...]) -> None:
    with server(tmp_path, *options) as started:
        started.get("health")
        assert started.log == ""


def test_lines_are_written_soon_and_before_what_follows_them() -> None:
    stream = StringIO()
    log = RequestLog()
    log.start(stream, as_json=False)
    try:
        log.add("here", "iot", "DescribeJob", {"jobId": "a=b\n" + "x" * 200}, 200, None, 0.31)
        wait_until(lambda: bool(stream.getvalue()))
        first = stream.getvalue()
        assert re.fullmatch(
            r"\S+Z INFO here iot DescribeJob job=a=b\\nx+…\(204 characters\) 200 0\.3 ms\n", first
        )
        for number in range(10):
            log.add("here", None, f"GET /{number}", {}, 200, None, 0.31)
        log.flush()
        assert [line.split('"')[1] for line in stream.getvalue().splitlines()[1:]] == [
            f"GET /{number}" for number in range(10)
        ]
    finally:
        log.stop()


def test_a_log_that_is_read_slowly_holds_the_server_up_and_loses_nothing() -> None:
    stream = StringIO()
    log = RequestLog()
    log.start(stream, as_json=True)
    for number in range(5_000):
        log.add("here", None, f"GET /{number}", {}, 200, None, 0.31)
        if number % 500 == 0:
            assert len(stream.getvalue().splitlines()) + 1_001 > number
    log.stop()
    requested = [json.loads(line)["request"] for line in stream.getvalue().splitlines()]
    assert requested == [f"GET /{number}" for number in range(5_000)]
