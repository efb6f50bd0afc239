"""Time goes on by itself where somebody waits for it: in a server, and while somebody listens to messages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.core.base_backend import BackendDict

from moto_iot_jobs import clock, messages, mock_iot
from moto_iot_jobs.messaging.log import log
from moto_iot_jobs.server import listen

REGION = "eu-west-1"


@pytest.fixture
def mocked() -> Iterator[tuple[Any, Any]]:
    """Clients of both planes, in process."""
    with mock_iot():
        yield boto3.client("iot", region_name=REGION), boto3.client("iot-jobs-data", region_name=REGION)


def start_a_job_that_times_out_in(seconds: float, iot: Any, device: Any) -> None:
    """A job in progress whose minute is over in so many seconds."""
    thing = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[thing], document="{}", timeoutConfig={"inProgressTimeoutInMinutes": 1})
    device.update_job_execution(thingName="t1", jobId="j1", status="IN_PROGRESS")
    clock.advance(seconds=60 - seconds)


def threads() -> set[str]:
    """The names of the threads that run."""
    return {thread.name for thread in threading.enumerate()}


def test_a_subscriber_hears_of_a_timeout_within_a_second(mocked: tuple[Any, Any]) -> None:
    heard = threading.Event()
    with messages.subscribe("$aws/things/t1/jobs/notify", lambda message: heard.set() if not message.json["jobs"] else None):
        start_a_job_that_times_out_in(0.5, *mocked)
        assert heard.wait(2)


def test_without_a_subscriber_there_is_no_thread(mocked: tuple[Any, Any]) -> None:
    with messages.subscribe("#", lambda message: None):
        assert "iot-jobs-ticker" in threads()
    for _ in range(100):
        if "iot-jobs-ticker" not in threads():
            break
        time.sleep(0.02)
    start_a_job_that_times_out_in(1, *mocked)
    assert "iot-jobs-ticker" not in threads()


def test_a_subscriber_may_call_operations(mocked: tuple[Any, Any]) -> None:
    iot, device = mocked
    seen: list[str] = []

    def work(message: messages.Message) -> None:
        execution = message.json.get("execution")
        seen.append(execution["jobId"] if execution else "idle")
        if execution:
            device.update_job_execution(thingName="t1", jobId=execution["jobId"], status="SUCCEEDED")

    with messages.subscribe("$aws/things/t1/jobs/notify-next", work):
        thing = iot.create_thing(thingName="t1")["thingArn"]
        for job_id in ("j1", "j2"):
            iot.create_job(jobId=job_id, targets=[thing], document="{}")
    assert seen == ["j1", "idle", "j2", "idle"]


def test_a_server_publishes_a_timeout_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    heard = threading.Event()
    server = listen(port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Not by `messages.subscribe`, which would let time go on itself.
    number = log.subscribe("$aws/things/t1/jobs/notify", lambda message: None if message.json["jobs"] else heard.set())
    try:
        url = f"http://127.0.0.1:{server.port}"
        clients = [boto3.client(name, region_name=REGION, endpoint_url=url) for name in ("iot", "iot-jobs-data")]
        start_a_job_that_times_out_in(0.5, *clients)
        assert heard.wait(3)
    finally:
        log.unsubscribe(number)
        server.shutdown()
        server.server_close()
        BackendDict.reset()
