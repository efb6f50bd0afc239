"""Time goes on by itself where somebody waits for it: in a server, and while somebody listens to
messages.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import boto3
import pytest
from moto.core.base_backend import BackendDict

from moto_iot_jobs import clock, messages, mock_iot
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.server.http import Server
from tests.measuring import least_real_seconds, real_seconds
from tests.waiting import PATIENCE
from tests.warm_python import warm_python

REGION = "eu-west-1"


@pytest.fixture
def mocked() -> Iterator[tuple[Any, Any]]:
    """Clients of both planes, in process."""
    with mock_iot():
        yield (
            boto3.client("iot", region_name=REGION),
            boto3.client("iot-jobs-data", region_name=REGION),
        )


def start_a_job_that_times_out_in(
    seconds: float, iot: Any, device: Any, job_id: str = "j1"
) -> None:
    """A job in progress whose minute is over in so many seconds."""
    thing = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(
        jobId=job_id,
        targets=[thing],
        document="{}",
        timeoutConfig={"inProgressTimeoutInMinutes": 1},
    )
    device.update_job_execution(thingName="t1", jobId=job_id, status="IN_PROGRESS")
    clock.advance(seconds=60 - seconds)


def test_a_subscriber_hears_of_a_timeout_within_a_second(mocked: tuple[Any, Any]) -> None:
    heard = threading.Event()
    numbers = count(1)

    def time_out() -> None:
        heard.clear()
        start_a_job_that_times_out_in(0.5, *mocked, job_id=f"j{next(numbers)}")
        assert heard.wait(PATIENCE)

    with messages.subscribe(
        "$aws/things/t1/jobs/notify",
        lambda message: heard.set() if not message.json["jobs"] else None,
    ):
        assert least_real_seconds(partial(real_seconds, time_out), 2) < 2


WITHOUT_A_THREAD = """
import threading, time, boto3
from moto_iot_jobs import clock, messages, mock_iot

def threads():
    return [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]

with mock_iot():
    iot = boto3.client("iot", region_name="eu-west-1")
    thing = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[thing], document="{}")
    clock.advance(hours=1)
    messages.published()
    assert threads() == []
    with messages.subscribe("#", print):
        assert threads() == ["iot-jobs-ticker"]
    for _ in range(6_000):
        if not threads():
            break
        time.sleep(0.01)
    assert threads() == []
    messages.subscribe("#", print).__enter__()
# The subscription is never ended, and the process ends all the same.
"""


def test_without_a_subscriber_there_is_no_thread_and_with_one_the_process_ends() -> None:
    done = subprocess.run(
        [*warm_python(), "-c", WITHOUT_A_THREAD],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_subscriber_may_call_operations(mocked: tuple[Any, Any]) -> None:
    iot, device = mocked
    seen: list[str] = []

    def work(message: messages.Message) -> None:
        execution = message.json.get("execution")
        seen.append(execution["jobId"] if execution else "idle")
        if execution:
            device.update_job_execution(
                thingName="t1", jobId=execution["jobId"], status="SUCCEEDED"
            )

    with messages.subscribe("$aws/things/t1/jobs/notify-next", work):
        thing = iot.create_thing(thingName="t1")["thingArn"]
        for job_id in ("j1", "j2"):
            iot.create_job(jobId=job_id, targets=[thing], document="{}")
    assert seen == ["j1", "idle", "j2", "idle"]


def test_a_server_publishes_a_timeout_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    heard = threading.Event()
    server = Server(port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    # Not by `messages.subscribe`, which would let time go on itself.
    number = message_log.subscribe(
        "$aws/things/t1/jobs/notify", lambda message: None if message.json["jobs"] else heard.set()
    )
    try:
        clients = [
            boto3.client(name, region_name=REGION, endpoint_url=server.url)
            for name in ("iot", "iot-jobs-data")
        ]
        start_a_job_that_times_out_in(0.5, *clients)
        assert heard.wait(PATIENCE)
    finally:
        message_log.unsubscribe(number)
        server.close()
        BackendDict.reset()
