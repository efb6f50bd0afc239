"""Other requests are answered while a server works on jobs of many executions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from moto.core.base_backend import backend_lock
from moto.iot.models import iot_backends

from moto_iot_jobs import clock, messages
from moto_iot_jobs.moto_api.seed import written
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.server.http import Server
from moto_iot_jobs.service import backlog
from moto_iot_jobs.service.backlog import SLICE
from moto_iot_jobs.service.settings import ExecutionReport

ACCOUNT, REGION = "123456789012", "eu-west-1"
THINGS = 6 * SLICE
PAGE = 250
YEAR = 365 * 86_400


class Between:
    """What other clients were answered between slices, by the job that they asked about.

    Attributes:
        slices: number of slices so far.
        seen: statuses of the job, with the clock's milliseconds, oldest first.
        largest: number of executions changed in the largest slice.
    """

    def __init__(self, url: str, iot: Any, job: str) -> None:
        self.slices = 0
        self.largest = 0
        self.seen: list[tuple[str, int]] = []
        self._url, self._iot, self._job = url, iot, job
        self._backlog = iot_backends[ACCOUNT][REGION].iot_jobs.store.backlog  # type: ignore[attr-defined]
        self._done = self._backlog.done

    def __enter__(self) -> Between:
        runtime.slices.sliced.connect(self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        runtime.slices.sliced.disconnect(self._ask)

    def _ask(self) -> None:
        self.slices += 1
        self.largest = max(self.largest, self._backlog.done - self._done)
        self._done = self._backlog.done
        try:
            status = self._iot.describe_job(jobId=self._job)["job"]["status"]
        except self._iot.exceptions.ResourceNotFoundException:
            status = "gone"
        self.seen.append((status, call(self._url, "/clock")["milliseconds"]))


def call(url: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{url}/moto-api/iot-jobs{path}", data, method="POST" if data else "GET")
    with urlopen(request, timeout=60) as response:
        return json.load(response)


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server in this process for which jobs of two slices are large."""
    monkeypatch.setattr(backlog, "AT_ONCE", 2 * SLICE)
    with Server(port=0) as server:
        yield server.url
        with urlopen(Request(f"{server.url}/moto-api/reset", b"", method="POST"), timeout=60):
            pass


@pytest.fixture
def iot(url: str) -> Any:
    client = boto3.client(
        "iot",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"max_attempts": 0}),
    )
    client.create_thing_group(thingGroupName="all")
    # By moto's own means, which take a hundredth of the time of so many requests.
    with backend_lock:
        moto: Any = iot_backends[ACCOUNT][REGION]
        group = next(iter(moto.thing_groups.values()))
        for number in range(THINGS):
            moto.create_thing(f"thing-{number}", None, None)
        group.things.update(moto.things)
    return client


def create(iot: Any, job: str, **members: Any) -> None:
    target = f"arn:aws:iot:{REGION}:{ACCOUNT}:thinggroup/all"
    iot.create_job(jobId=job, targets=[target], document="{}", **members)


def counts(iot: Any, job: str) -> dict[str, int]:
    details = iot.describe_job(jobId=job)["job"]["jobProcessDetails"]
    return {name: number for name, number in details.items() if name[:8] == "numberOf" and number}


def settle(url: str) -> None:
    """Move the clock, which waits for all that is left."""
    call(url, "/clock/advance", {"seconds": 0})


def test_others_get_responses_between_the_slices_of_a_job(url: str, iot: Any) -> None:
    iot.create_thing(thingName="lamp")
    lamp = f"arn:aws:iot:{REGION}:{ACCOUNT}:thing/lamp"
    iot.create_job(jobId="other", targets=[lamp], document="{}")
    with Between(url, iot, "other") as between:
        create(iot, "job")
        # The response of CreateJob waits for the first batch.
        assert counts(iot, "job") == {"numberOfQueuedThings": 1_000}
        call(url, "/clock/advance", {"seconds": 60})
        assert counts(iot, "job") == {"numberOfQueuedThings": THINGS}
        iot.cancel_job(jobId="job")
        assert iot.describe_job(jobId="job")["job"]["status"] == "CANCELED"
        settle(url)
        assert counts(iot, "job") == {"numberOfCanceledThings": THINGS}
        iot.delete_job(jobId="job")
        settle(url)
        with pytest.raises(iot.exceptions.ResourceNotFoundException):
            iot.describe_job(jobId="job")
    assert between.slices >= 2 * THINGS // SLICE
    assert between.largest <= 3 * SLICE  # one of each thread that carries out slices, and a request
    assert {status for status, _ in between.seen} == {"IN_PROGRESS"}


def test_others_get_responses_while_a_large_state_is_exported(url: str, iot: Any) -> None:
    create(iot, "job")
    reported = [f"thing-{number}" for number in range(2 * PAGE)]
    with backend_lock:
        jobs: Any = iot_backends[ACCOUNT][REGION].iot_jobs  # type: ignore[attr-defined]
        for thing in reported[:-1]:
            report = ExecutionReport("IN_PROGRESS", {"step": "1"}, None, None, None)
            jobs.data_plane.update_job_execution(thing, "job", report, runtime.clock.now())
    with Between(url, iot, "job") as between:
        state = call(url, f"/export?account={ACCOUNT}&region={REGION}")
    # Of the things, of the members of their group, and of the executions' pages.
    assert between.slices >= 3
    assert {status for status, _ in between.seen} == {"IN_PROGRESS"}
    names = [f"thing-{number}" for number in range(THINGS)]
    assert [thing["thingName"] for thing in state["things"]] == names
    assert [group["things"] for group in state["thingGroups"]] == [names]
    [job] = state["jobs"]
    assert sorted(each["thingName"] for each in job["executions"]) == sorted(reported[:-1])
    assert {str(each["statusDetails"]) for each in job["executions"]} == {"{'step': '1'}"}


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"things": [], "jobs": [{"jobId": "a", "executions": [{"thingName": 'ä"', "n": [1]}]}]},
        {"a": None, "b": {"c": [[{"d": {"e": ["f", 1.5, True]}}]]}},
    ],
)
def test_a_state_that_is_written_in_pieces_is_the_same_json(state: Any) -> None:
    assert written(state) == json.dumps(state)


def test_a_deletion_responds_at_once_and_is_seen_until_it_ends(url: str, iot: Any) -> None:
    create(iot, "job")
    with Between(url, iot, "job") as between:
        iot.delete_job(jobId="job", force=True)
        settle(url)
    statuses = [status for status, _ in between.seen]
    assert statuses[0] == "DELETION_IN_PROGRESS"
    assert statuses == sorted(statuses)
    create(iot, "job")
    execution = iot.describe_job_execution(jobId="job", thingName="thing-0")["execution"]
    assert (execution["executionNumber"], execution["versionNumber"]) == (1, 1)


def test_a_clock_moved_by_a_year_moves_along_with_what_happens(url: str, iot: Any) -> None:
    before = call(url, "/clock")["milliseconds"]
    with Between(url, iot, "job") as between:
        create(
            iot,
            "job",
            jobExecutionsRolloutConfig={"maximumPerMinute": 2},
        )
        call(url, "/clock/advance", {"seconds": YEAR})
    times = [time for _, time in between.seen]
    assert times == sorted(times)
    on_the_way = [time for time in times if before < time < before + 60_000 * (THINGS // 2 - 1)]
    assert len(set(on_the_way)) >= 2
    after = call(url, "/clock")["milliseconds"]
    assert after - before >= YEAR * 1_000
    assert counts(iot, "job") == {"numberOfQueuedThings": THINGS}


def test_a_subscriber_may_move_the_clock_while_messages_wait_for_it(url: str, iot: Any) -> None:
    moved: list[int] = []

    def move(message: messages.Message) -> None:
        if not moved:
            moved.append(message.milliseconds)
            clock.advance(minutes=2)

    iot.list_jobs()  # time goes by itself from the first request on
    with messages.subscribe("$aws/things/+/jobs/notify", move):
        create(iot, "job")
    settle(url)
    assert counts(iot, "job") == {"numberOfQueuedThings": THINGS}
    assert len(moved) == 1
