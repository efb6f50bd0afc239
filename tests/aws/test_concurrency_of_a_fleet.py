"""Thirty-two owners and devices at once: nothing is lost or counted wrong, no error is a surprise,
nobody waits for ever.

`CONCURRENCY_SECONDS=60` lets each of these tests go on for a minute instead of about a second.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

AT_ONCE = 32
THINGS = [f"t{number}" for number in range(8)]
JOBS = [f"j{number}" for number in range(8)]
SECONDS = float(os.environ.get("CONCURRENCY_SECONDS", "1"))
PATIENCE = 60.0
"""How long the threads may take after the time is over, in seconds, before their stacks are shown.
"""

# What the API pages and the botocore model let these operations say; a device is told 410 of what
# has finished.
DOCUMENTED = {
    200: {""},
    400: {"InvalidRequestException"},
    404: {"ResourceNotFoundException"},
    409: {
        "InvalidStateTransitionException",
        "VersionConflictException",
        "ResourceAlreadyExistsException",
    },
    410: {"LimitExceededException", "TerminalStateException"},
}
COUNTED = {
    "numberOfCanceledThings": "CANCELED",
    "numberOfSucceededThings": "SUCCEEDED",
    "numberOfFailedThings": "FAILED",
    "numberOfRejectedThings": "REJECTED",
    "numberOfQueuedThings": "QUEUED",
    "numberOfInProgressThings": "IN_PROGRESS",
    "numberOfRemovedThings": "REMOVED",
    "numberOfTimedOutThings": "TIMED_OUT",
}


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    """Show what every thread is doing, and end the run, should the test itself wait for ever."""
    faulthandler.dump_traceback_later(SECONDS + 3 * PATIENCE, exit=True, file=2)
    yield
    faulthandler.cancel_dump_traceback_later()


def stacks() -> str:
    """Tell what every thread is doing."""
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return file.read()


@pytest.fixture(autouse=True)
def quick_switches() -> Iterator[None]:
    """Let Python go from thread to thread a hundred times as often as it does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 100)
    yield
    sys.setswitchinterval(usual)


def is_from_moto(failure: BaseException) -> bool:
    """Return whether moto itself looked for a backend in the instant of a reset, which it does
    without taking its lock.
    """
    where = failure.__traceback__
    assert where is not None
    while where.tb_next is not None:
        where = where.tb_next
    return Path(where.tb_frame.f_code.co_filename).parts[-3:] == ("moto", "core", "base_backend.py")


class Client:
    """One owner or device with a kept-alive connection, below boto3; it remembers what it was
    told.
    """

    def __init__(self, aws: Aws, number: int) -> None:
        self.random = Random(number)
        self.responses: Counter[tuple[int, str]] = Counter()
        self._url = aws.url
        self._session = requests.Session()
        self._region = aws.region

    def ask(self, service: str, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a request and note its outcome."""
        host = {"iot": "iot", "iot-jobs-data": "data.jobs.iot"}[service]
        base = self._url or f"https://{host}.{self._region}.amazonaws.com"
        scope = f"AKIDEXAMPLE/20260101/{self._region}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        response = self._send(
            method, base + path, json=body, headers={"Authorization": signed}, timeout=30
        )
        self.responses[response.status_code, response.headers.get("x-amzn-ErrorType", "")] += 1
        return response

    def _send(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        while True:
            try:
                return self._session.request(method, url, **kwargs)
            except KeyError as failure:
                if not is_from_moto(failure):
                    raise

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()

    def own(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a request as an owner."""
        return self.ask("iot", method, path, body)

    def work(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a request as a device."""
        return self.ask("iot-jobs-data", method, path, body if body is not None else {})


def all_at_once(
    aws: Aws, act: Callable[[Client], None], seconds: float = SECONDS
) -> Counter[tuple[int, str]]:
    """Let each of the clients act again and again until the time is over; return what they were
    told, in sum.
    """
    clients = [Client(aws, number) for number in range(AT_ONCE)]
    ready = threading.Barrier(AT_ONCE)
    over = threading.Event()
    failures: list[BaseException] = []

    def go_on(client: Client) -> None:
        try:
            ready.wait(timeout=30)
            end = time.monotonic() + seconds
            while time.monotonic() < end and not over.is_set():
                act(client)
            client.close()
        except BaseException as failure:
            failures.append(failure)
            over.set()

    threads = [threading.Thread(target=go_on, args=[client], daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds + PATIENCE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        over.set()
        pytest.fail(f"threads wait for each other:\n{stacks()}")
    if failures:
        raise failures[0]
    responses: Counter[tuple[int, str]] = Counter()
    for client in clients:
        responses.update(client.responses)
    return responses


def assert_documented(responses: Counter[tuple[int, str]]) -> None:
    """Insist that every answer was a success or an error that is documented for these operations."""
    assert responses
    surprises = {
        response: number
        for response, number in responses.items()
        if response[0] not in DOCUMENTED
        or response[1].partition(":")[0] not in DOCUMENTED[response[0]]
    }
    assert surprises == {}


def assert_counted_right(aws: Aws) -> None:
    """Count all executions again, by job and by thing, and compare with the counters and the
    pending lists.
    """
    of_things: Counter[tuple[str, str]] = Counter()
    for job in aws.iot.list_jobs()["jobs"]:
        executions = aws.iot.get_paginator("list_job_executions_for_job").paginate(
            jobId=job["jobId"]
        )
        statuses: Counter[str] = Counter()
        for page in executions:
            for one in page["executionSummaries"]:
                statuses[one["jobExecutionSummary"]["status"]] += 1
                of_things[
                    one["thingArn"].rpartition("/")[2], one["jobExecutionSummary"]["status"]
                ] += 1
        shown = aws.iot.describe_job(jobId=job["jobId"])["job"]
        counters = {status: shown["jobProcessDetails"][name] for name, status in COUNTED.items()}
        assert counters == {status: statuses[status] for status in COUNTED.values()}
        if shown["status"] == "COMPLETED":
            assert not statuses["QUEUED"] + statuses["IN_PROGRESS"]
        elif shown["targetSelection"] == "SNAPSHOT" and shown["status"] == "IN_PROGRESS":
            assert statuses["QUEUED"] + statuses["IN_PROGRESS"]
    for thing in THINGS:
        in_progress, queued = aws.pending(thing)
        assert (len(in_progress), len(queued)) == (
            of_things[thing, "IN_PROGRESS"],
            of_things[thing, "QUEUED"],
        )


def busy(client: Client) -> None:
    """Do one thing of all that owners and devices do, to one of a few jobs and things."""
    thing, job = client.random.choice(THINGS), client.random.choice(JOBS)
    run = f"/things/{thing}/jobs/{job}"
    arns = [
        f"arn:aws:iot:eu-west-1:123456789012:thing/{one}" for one in client.random.sample(THINGS, 3)
    ]
    group = ["arn:aws:iot:eu-west-1:123456789012:thinggroup/g"]
    members = {"thingGroupName": "g", "thingName": thing}
    deeds: list[Callable[[], object]] = [
        lambda: client.own("PUT", f"/jobs/{job}", {"targets": arns, "document": "{}"}),
        lambda: client.own(
            "PUT",
            f"/jobs/{job}",
            {"targets": group, "document": "{}", "targetSelection": "CONTINUOUS"},
        ),
        lambda: client.own("PUT", f"/jobs/{job}/cancel", {}),
        lambda: client.own("DELETE", f"/jobs/{job}?force=true"),
        lambda: client.own("PUT", f"{run}/cancel?force=true", {"expectedVersion": 1}),
        lambda: client.own("DELETE", f"{run}/executionNumber/1?force=true"),
        lambda: client.own("GET", "/jobs"),
        lambda: client.own("GET", f"/jobs/{job}/things"),
        lambda: client.own("PUT", "/thing-groups/addThingToThingGroup", members),
        lambda: client.own("PUT", "/thing-groups/removeThingFromThingGroup", members),
        *[lambda: client.work("PUT", f"/things/{thing}/jobs/$next")] * 3,
        *[
            lambda: client.work(
                "POST",
                run,
                {"status": client.random.choice(["IN_PROGRESS", "SUCCEEDED", "FAILED"])},
            )
        ]
        * 3,
        lambda: client.work("GET", f"/things/{thing}/jobs/$next"),
        lambda: client.work("GET", f"/things/{thing}/jobs"),
    ]
    client.random.choice(deeds)()


def prepare(aws: Aws) -> None:
    """Make the things and the group that the clients work on."""
    for thing in THINGS:
        aws.thing(thing)
    aws.group("g", *THINGS[:4])


def test_no_update_is_lost(aws: Aws) -> None:
    """Whoever's expected version is taken adds one, so the versions add up to the updates that
    were accepted.
    """
    prepare(aws)
    aws.job("j0", *THINGS[:4])
    versions = dict.fromkeys(THINGS[:4], 1)
    accepted: Counter[str] = Counter()
    lock = threading.Lock()

    def update(client: Client) -> None:
        thing = client.random.choice(THINGS[:4])
        body = {
            "status": "IN_PROGRESS",
            "expectedVersion": versions[thing],
            "includeJobExecutionState": True,
        }
        response = client.work("POST", f"/things/{thing}/jobs/j0", body)
        if response.status_code == 200:
            with lock:
                accepted[thing] += 1
                versions[thing] = max(
                    versions[thing], response.json()["executionState"]["versionNumber"]
                )

    responses = all_at_once(aws, update)
    assert_documented(responses)
    assert sum(accepted.values()) == responses[200, ""]
    for thing in THINGS[:4]:
        assert aws.execution(thing, "j0")["versionNumber"] == 1 + accepted[thing]
    assert_counted_right(aws)


def test_all_that_both_planes_do_at_once_ends_consistently(aws: Aws) -> None:
    prepare(aws)
    responses = all_at_once(aws, busy)
    assert_documented(responses)
    assert responses[200, ""] > AT_ONCE
    assert_counted_right(aws)


def test_resets_in_between_leave_nothing_behind(aws: Aws) -> None:
    prepare(aws)
    reset = f"{aws.url or 'http://motoapi.amazonaws.com'}/moto-api/reset"

    def now_and_then_reset(client: Client) -> None:
        if client.random.random() < 0.02:
            assert requests.post(reset, timeout=30).status_code == 200
            for thing in THINGS:
                client.own("POST", f"/things/{thing}", {})
        else:
            busy(client)

    responses = all_at_once(aws, now_and_then_reset)
    assert_documented(responses)
    for thing in THINGS:
        aws.iot.create_thing(thingName=thing)
    assert_counted_right(aws)
    assert requests.post(reset, timeout=30).status_code == 200
    assert aws.iot.list_jobs()["jobs"] == []
    assert aws.iot.list_things()["things"] == []


def test_time_that_passes_meanwhile_breaks_nothing(aws: Aws) -> None:
    prepare(aws)
    aws.job(
        "j0",
        *THINGS,
        timeoutConfig={"inProgressTimeoutInMinutes": 1},
        jobExecutionsRolloutConfig={"maximumPerMinute": 1},
    )
    ticks = threading.Semaphore(1)

    def now_and_then_wait(client: Client) -> None:
        if client.random.random() < 0.02 and ticks.acquire(blocking=False):
            aws.advance(seconds=30)
            ticks.release()
        else:
            busy(client)

    assert_documented(all_at_once(aws, now_and_then_wait))
    assert_counted_right(aws)
