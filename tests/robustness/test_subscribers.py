"""A subscriber is isolated: it may fail, wait for others, and call operations, and keeps its order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from moto_iot_jobs import clock, faults, messages, mock_iot
from moto_iot_jobs.messaging.log import MOST_MESSAGES
from moto_iot_jobs.runtime import runtime
from tests.waiting import PATIENCE

REGION = "eu-west-1"
NOTIFY = "$aws/things/+/jobs/notify"


class ControlPlane:
    def __init__(self) -> None:
        self.iot = boto3.client("iot", region_name=REGION)
        self.lamp = self.iot.create_thing(thingName="lamp")["thingArn"]

    def create(self, job_id: str, **settings: Any) -> None:
        self.iot.create_job(jobId=job_id, targets=[self.lamp], document="{}", **settings)


@pytest.fixture
def control_plane() -> Iterator[ControlPlane]:
    with mock_iot():
        yield ControlPlane()


def test_an_operation_is_carried_out_although_a_subscriber_fails(
    control_plane: ControlPlane,
) -> None:
    heard: list[str] = []

    def fail(_message: messages.Message) -> None:
        raise KeyError("no such topic")

    with (  # noqa: PT031 - the warning comes when the block of the subscription ends
        pytest.warns(UserWarning, match="raised KeyError"),
        messages.subscribe(NOTIFY, fail),
        messages.subscribe(NOTIFY, lambda message: heard.append(message.topic)),
    ):
        control_plane.create("job-1")
        control_plane.create("job-2")
    assert control_plane.iot.describe_job(jobId="job-2")["job"]["status"] == "IN_PROGRESS"
    assert len(heard) == 2
    assert len(messages.published(NOTIFY)) == 2


ENDS = [
    pytest.fail.Exception("no"),
    pytest.skip.Exception("no"),
    SystemExit(3),
    KeyboardInterrupt(),
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: type(end).__name__)
def test_what_ends_a_test_comes_out_once_all_have_heard(
    control_plane: ControlPlane, end: BaseException
) -> None:
    heard: list[str] = []

    def stop(_message: messages.Message) -> None:
        raise end

    with (
        messages.subscribe(NOTIFY, stop),
        messages.subscribe(NOTIFY, lambda message: heard.append(message.topic)),
        pytest.raises(type(end)),
    ):
        control_plane.create("job-1")
    assert control_plane.iot.describe_job(jobId="job-1")["job"]["status"] == "IN_PROGRESS"
    assert len(heard) == len(messages.published(NOTIFY)) == 1


@pytest.mark.parametrize("end", ENDS, ids=lambda end: type(end).__name__)
def test_what_would_end_another_thread_is_told_at_the_end(
    control_plane: ControlPlane, end: BaseException
) -> None:
    heard: list[str] = []
    finished: list[str] = []

    def stop(_message: messages.Message) -> None:
        raise end

    def work() -> None:
        control_plane.create("job-1")
        finished.append("job-1")

    with (  # noqa: PT031 - as above
        pytest.warns(UserWarning, match="A subscriber to"),
        messages.subscribe(NOTIFY, stop),
        messages.subscribe(NOTIFY, lambda message: heard.append(message.topic)),
    ):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(PATIENCE)
    assert finished == ["job-1"]
    assert len(heard) == 1


def test_the_ticker_survives_what_would_end_its_thread(control_plane: ControlPlane) -> None:
    told = threading.Semaphore(0)

    def stop(_message: messages.Message) -> None:
        told.release()
        raise SystemExit

    faults.delay_message(NOTIFY, seconds=0.1, times=2)
    with (  # noqa: PT031 - as above
        pytest.warns(UserWarning, match="SystemExit"),
        messages.subscribe(NOTIFY, stop),
    ):
        for number in (1, 2):
            control_plane.create(f"job-{number}")
            assert told.acquire(timeout=PATIENCE)


def test_time_goes_on_although_a_subscriber_fails(control_plane: ControlPlane) -> None:
    def fail(_message: messages.Message) -> None:
        raise RuntimeError("broken")

    device = boto3.client("iot-jobs-data", region_name=REGION)
    with (  # noqa: PT031 - as above
        pytest.warns(UserWarning, match="broken"),
        messages.subscribe("#", fail),
    ):
        for number in (1, 2):
            control_plane.create(f"job-{number}", timeoutConfig={"inProgressTimeoutInMinutes": 1})
            device.start_next_pending_job_execution(thingName="lamp")
            clock.advance(minutes=2)
            execution = control_plane.iot.describe_job_execution(
                jobId=f"job-{number}", thingName="lamp"
            )
            assert execution["execution"]["status"] == "TIMED_OUT"


def test_the_ticker_survives_what_it_cannot_carry_out(
    control_plane: ControlPlane, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = threading.Semaphore(0)

    def tick() -> None:
        ticks.release()
        raise ValueError("not now")

    ticked = runtime.delivery.ticker.ticked
    ticked.connect(tick)
    try:
        with messages.subscribe(NOTIFY, lambda _: None):
            for _ in range(3):
                assert ticks.acquire(timeout=PATIENCE)
    finally:
        ticked.disconnect(tick)
    assert "what was due could not be carried out" in caplog.text


def test_a_subscriber_may_wait_for_the_call_of_another_thread(control_plane: ControlPlane) -> None:
    """A device's program hands a job to a worker and waits until it has reported."""
    done = threading.Event()
    finished: list[bool] = []

    def work() -> None:
        device = boto3.client("iot-jobs-data", region_name=REGION)
        device.update_job_execution(jobId="job-1", thingName="lamp", status="SUCCEEDED")
        done.set()

    def start(message: messages.Message) -> None:
        if "QUEUED" in message.json["jobs"]:
            threading.Thread(target=work, daemon=True).start()
            finished.append(done.wait(PATIENCE))

    with messages.subscribe(NOTIFY, start):
        control_plane.create("job-1")
    assert finished == [True]
    assert control_plane.iot.describe_job(jobId="job-1")["job"]["status"] == "COMPLETED"


def test_a_subscriber_may_call_operations_and_hears_of_them_afterwards(
    control_plane: ControlPlane,
) -> None:
    device = boto3.client("iot-jobs-data", region_name=REGION)
    heard: list[tuple[str, ...]] = []

    def finish(message: messages.Message) -> None:
        heard.append(tuple(message.json["jobs"]))
        if "QUEUED" in message.json["jobs"]:
            device.update_job_execution(jobId="job-1", thingName="lamp", status="SUCCEEDED")
            heard.append(("updated",))

    with messages.subscribe(NOTIFY, finish):
        control_plane.create("job-1")
    assert heard == [("QUEUED",), ("updated",), ()]


def test_each_subscriber_hears_everything_in_order_whichever_threads_publish(
    control_plane: ControlPlane,
) -> None:
    heard: list[list[int]] = [[], []]

    def listen(into: list[int]) -> Any:
        return lambda message: into.append(len(message.json["jobs"].get("QUEUED", ())))

    def create(number: int) -> None:
        iot = boto3.client("iot", region_name=REGION)
        for each in range(3):
            iot.create_job(jobId=f"{number}-{each}", targets=[control_plane.lamp], document="{}")

    with (
        messages.subscribe(NOTIFY, listen(heard[0])),
        messages.subscribe(NOTIFY, listen(heard[1])),
        ThreadPoolExecutor(5) as threads,
    ):
        list(threads.map(create, range(5)))
    # Ten queued executions are listed at most (developer guide, job limits).
    expected = [min(count, 10) for count in range(1, 16)]
    assert heard == [expected, expected]


def test_a_subscriber_that_waits_holds_up_no_other_thread(control_plane: ControlPlane) -> None:
    entered, leave = threading.Event(), threading.Event()

    def wait(_message: messages.Message) -> None:
        entered.set()
        leave.wait(PATIENCE)

    with messages.subscribe(NOTIFY, wait), ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(control_plane.create, "job-1")
        assert entered.wait(PATIENCE)
        control_plane.create("job-2")
        assert control_plane.iot.describe_job(jobId="job-2")["job"]["status"] == "IN_PROGRESS"
        assert not waiting.done()
        leave.set()
        waiting.result(PATIENCE)


def test_the_log_has_the_last_messages_and_forgets_the_others(control_plane: ControlPlane) -> None:
    assert control_plane.lamp
    for number in range(MOST_MESSAGES + 3):
        runtime.delivery.post("123456789012", REGION, f"topic/{number}", 0, bytes)
    kept = messages.published("topic/+")
    assert (len(kept), kept[0].topic) == (MOST_MESSAGES, "topic/3")
