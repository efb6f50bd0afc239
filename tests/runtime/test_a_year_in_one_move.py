"""A clock that is moved by months: receivers are told meanwhile, and what nobody reads is not
written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from moto_iot_jobs import clock, messages, mock_iot
from moto_iot_jobs.messaging import log
from moto_iot_jobs.runtime import delivery, runtime

REGION = "eu-west-1"
JOBS, DAYS = 4, 100


@pytest.fixture
def windows() -> Iterator[None]:
    """Jobs with a daily window and an execution that waits, on the day before the first."""
    with mock_iot(), clock.freeze():
        clock.move_to("2030-01-01T12:00Z")
        iot = boto3.client("iot", region_name=REGION)
        for number in range(JOBS):
            thing = iot.create_thing(thingName=f"lamp-{number}")
            iot.create_job(
                jobId=f"job-{number}",
                targets=[thing["thingArn"]],
                document="{}",
                targetSelection="CONTINUOUS",
                schedulingConfig={
                    "startTime": "2030-01-02T00:00",
                    "maintenanceWindows": [
                        {"startTime": f"cron({number} 9 * * ? *)", "durationInMinutes": 30}
                    ],
                },
            )
        yield


@pytest.mark.usefixtures("windows")
def test_receivers_are_told_before_all_of_it_has_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_TIMERS_AT_ONCE", 50)
    sizes: list[int] = []

    def receive(batch: delivery.EventBatch) -> None:
        sizes.append(len(batch.events))

    runtime.delivery.happened.connect(receive)
    try:
        clock.advance(days=DAYS)
    finally:
        runtime.delivery.happened.disconnect(receive)
    # Queued once, and seen to come and go with each window.
    assert sum(sizes) == JOBS + 2 * JOBS * DAYS
    assert max(sizes) <= 2 * 50


@pytest.mark.usefixtures("windows")
def test_in_parts_all_comes_in_the_order_in_which_it_happened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "_TIMERS_AT_ONCE", 7)
    messages.clear()
    clock.advance(days=DAYS)
    published = messages.published("$aws/things/+/jobs/notify")
    assert len(published) == 2 * JOBS * DAYS
    times = [message.milliseconds for message in published]
    assert times == sorted(times)
    assert [message.topic.split("/")[2] for message in published[:JOBS]] == [
        f"lamp-{number}" for number in range(JOBS)
    ]


@pytest.mark.usefixtures("windows")
def test_messages_are_made_when_they_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def notifications(*given: Any) -> Any:
        made.append(given)
        return own(*given)

    own: Any = log.notifications  # type: ignore[attr-defined]
    monkeypatch.setattr(log, "notifications", notifications)
    messages.clear()
    clock.advance(days=10)
    of_jobs = len(made)
    assert of_jobs == JOBS  # those of ExecutionQueued, which lead to none
    published = messages.published()
    assert len(made) == of_jobs + 2 * JOBS * 10
    again = messages.published()
    assert len(made) == of_jobs + 2 * JOBS * 10
    assert all(one is other for one, other in zip(published, again, strict=True))


@pytest.mark.usefixtures("windows")
def test_the_last_messages_are_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = log.MessageLog()
    monkeypatch.setattr(log, "MOST_MESSAGES", 60)
    few = log.MessageLog()
    for each in (kept, few):
        each.start()
    try:
        clock.advance(days=DAYS)
        all_of_them = kept.published("#", None)
        last = few.published("#", None)
    finally:
        for each in (kept, few):
            runtime.delivery.happened.disconnect(each._record)
            runtime.delivery.posted.disconnect(each._record_posted)
            runtime.delivery.delivered.disconnect(each._hand_out)
            runtime.slices.sliced.disconnect(each._let_subscribers_catch_up)
            runtime.ended.disconnect(each.clear)
    assert len(last) == 60

    def shown(found: Any) -> list[tuple[str, int, bytes]]:
        return [(message.topic, message.milliseconds, message.payload) for message in found]

    assert shown(last) == shown(all_of_them)[-60:]
