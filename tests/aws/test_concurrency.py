"""Many at once: an expected version has one winner, a job is started once, and a reset surprises
nobody.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

AT_ONCE = 8
ROUNDS = 10
SERVICE = str(Path("moto_iot_jobs", "service"))


def give_way(frame: FrameType, event: str, _: object) -> None:
    """Let the other threads run whenever a function of the service begins."""
    if event == "call" and SERVICE in frame.f_code.co_filename:
        time.sleep(0.0002)


@pytest.fixture(autouse=True)
def restless_threads() -> Iterator[None]:
    """Make what is too rare to be seen certain, in process: two threads that both read before
    either writes.
    """
    threading.setprofile(give_way)
    yield
    threading.setprofile(None)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls in a thread each, let go at the same moment; return their results in order."""
    start = threading.Barrier(len(calls))

    def at_the_mark(call: Callable[[], Any]) -> Any:
        start.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(at_the_mark, calls))


class Sender:
    """A device's own kept-alive connection, below boto3, so that the requests of several meet in
    the service.
    """

    def __init__(self, aws: Aws) -> None:
        self.base = aws.url or "https://data.jobs.iot.eu-west-1.amazonaws.com"
        scope = "AKIDEXAMPLE/20260101/eu-west-1/iot-jobs-data/aws4_request"
        self.session = requests.Session()
        self.session.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        )

    def send(self, method: str, path: str, body: dict[str, Any]) -> requests.Response:
        """Send a request to the data plane."""
        return self.session.request(method, self.base + path, json=body, timeout=30)


@pytest.fixture
def senders(aws: Aws) -> list[Sender]:
    """As many devices as work at once."""
    return [Sender(aws) for _ in range(AT_ONCE)]


def test_one_expected_version_has_one_winner(aws: Aws, senders: list[Sender]) -> None:
    aws.job("j1", "t1")
    for version in range(1, ROUNDS + 1):
        body = {"status": "IN_PROGRESS", "expectedVersion": version}
        responses = together(
            *[partial(sender.send, "POST", "/things/t1/jobs/j1", body) for sender in senders]
        )
        assert Counter(response.status_code for response in responses) == {200: 1, 400: AT_ONCE - 1}
        lost = [response.json()["message"] for response in responses if response.status_code == 400]
        assert set(lost) == {f"Expected version {version} but found version {version + 1}"}
    assert aws.execution("t1", "j1")["versionNumber"] == ROUNDS + 1


def test_a_job_is_finished_once(aws: Aws, senders: list[Sender]) -> None:
    for number in range(ROUNDS):
        aws.job(f"j{number}", "t1")
        path = f"/things/t1/jobs/j{number}"
        outcomes = ["SUCCEEDED", "FAILED"] * (AT_ONCE // 2)
        reports = zip(senders, outcomes, strict=True)
        responses = together(
            *[
                partial(sender.send, "POST", path, {"status": outcome})
                for sender, outcome in reports
            ]
        )
        assert Counter(response.status_code for response in responses) == {200: 1, 409: AT_ONCE - 1}
        (winner,) = [
            outcome
            for outcome, response in zip(outcomes, responses, strict=True)
            if response.status_code == 200
        ]
        assert aws.execution("t1", f"j{number}")["status"] == winner
        assert sum(aws.counters(f"j{number}").values()) == 1


def test_start_next_hands_the_same_execution_to_all_and_starts_it_once(
    aws: Aws, senders: list[Sender]
) -> None:
    aws.job("j1", "t1")
    aws.job("j2", "t1")
    responses = together(
        *[partial(sender.send, "PUT", "/things/t1/jobs/$next", {}) for sender in senders]
    )
    executions = [response.json()["execution"] for response in responses]
    assert {(one["jobId"], one["status"], one["versionNumber"]) for one in executions} == {
        ("j1", "IN_PROGRESS", 2)
    }
    assert aws.pending("t1") == (["j1"], ["j2"])


def test_an_execution_is_deleted_once(aws: Aws) -> None:
    for number in range(ROUNDS):
        aws.job(f"j{number}", "t1")
        path = f"/things/t1/jobs/j{number}/executionNumber/1"
        responses = together(*[partial(aws.http, "DELETE", path)] * AT_ONCE)
        assert Counter(response.status_code for response in responses) == {200: 1, 404: AT_ONCE - 1}
        assert (aws.status(f"j{number}"), aws.counters(f"j{number}")) == ("COMPLETED", {})


def test_a_deletion_and_a_report_never_both_win(aws: Aws, senders: list[Sender]) -> None:
    for number in range(ROUNDS):
        aws.job(f"j{number}", "t1")
        path = f"/things/t1/jobs/j{number}"
        deleted, reported = together(
            partial(aws.http, "DELETE", f"{path}/executionNumber/1"),
            partial(senders[0].send, "POST", path, {"status": "IN_PROGRESS"}),
        )
        assert (deleted.status_code, reported.status_code) in {(200, 200), (200, 404), (409, 200)}
        if (deleted.status_code, reported.status_code) == (409, 200):
            assert aws.execution("t1", f"j{number}")["status"] == "IN_PROGRESS"
        else:
            assert aws.counters(f"j{number}") == {}


def test_never_more_than_ten_deletions_begin(aws: Aws) -> None:
    aws.deletion("time", seconds=3600)
    for number in range(20):
        aws.job(f"j{number}", "t1")
    responses = together(
        *[partial(aws.http, "DELETE", f"/jobs/j{number}?force=true") for number in range(20)]
    )
    assert Counter(response.status_code for response in responses) == {200: 10, 410: 10}
    assert len(aws.iot.list_jobs(status="DELETION_IN_PROGRESS")["jobs"]) == 10


def test_one_job_id_is_created_once(aws: Aws) -> None:
    body = {"targets": [aws.thing("t1")], "document": "{}"}
    responses = together(*[partial(aws.http, "PUT", "/jobs/j1", json=body)] * AT_ONCE)
    assert Counter(response.status_code for response in responses) == {200: 1, 409: AT_ONCE - 1}
    assert aws.counters("j1") == {"Queued": 1}


def test_a_storm_of_resets_gives_nothing_but_documented_errors(aws: Aws) -> None:
    """Everything may be gone from one request to the next, but no request meets half a reset."""
    documented = {200, 400, 404, 409, 410}
    seen: Counter[int] = Counter()
    target = aws.arn("thing", "t1")
    reset = partial(
        requests.post, f"{aws.url or 'http://motoapi.amazonaws.com'}/moto-api/reset", timeout=30
    )

    def work(lane: int) -> None:
        execution = f"/things/t1/jobs/j{lane}"
        for _ in range(6):
            for response in (
                aws.http("POST", "/things/t1", json={}),
                aws.http("PUT", f"/jobs/j{lane}", json={"targets": [target], "document": "{}"}),
                aws.http("PUT", "/things/t1/jobs/$next", "iot-jobs-data", json={}),
                aws.http("POST", execution, "iot-jobs-data", json={"status": "SUCCEEDED"}),
                aws.http("GET", "/jobs"),
                aws.http("DELETE", f"{execution}/executionNumber/1"),
                aws.http("DELETE", f"/jobs/j{lane}?force=true"),
            ):
                seen[response.status_code] += 1

    def storm() -> None:
        for _ in range(40):
            assert reset().status_code == 200

    together(*[partial(work, lane) for lane in range(4)], storm)
    assert set(seen) <= documented, seen
    reset()
    assert aws.iot.list_jobs()["jobs"] == []
