"""The clock that jobs live by: moved by tests, driven by freezegun and time-machine, and the
server's over HTTP.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
import time_machine
from freezegun import freeze_time

from moto_iot_jobs import clock, mock_iot

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

REGION = "eu-west-1"
NOON = datetime(2030, 6, 1, 12, tzinfo=timezone.utc)
TIMEOUT = {"inProgressTimeoutInMinutes": 5}


@pytest.fixture
def mocked() -> Iterator[tuple[Any, Any]]:
    """Clients of both planes, in process."""
    with mock_iot():
        yield (
            boto3.client("iot", region_name=REGION),
            boto3.client("iot-jobs-data", region_name=REGION),
        )


def in_progress(iot: Any, device: Any) -> None:
    """A job that times out five minutes from now."""
    thing = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[thing], document="{}", timeoutConfig=TIMEOUT)
    device.update_job_execution(thingName="t1", jobId="j1", status="IN_PROGRESS")


def status(iot: Any) -> str:
    """The execution's status."""
    shown: str = iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]["status"]
    return shown


def test_without_any_of_this_it_is_the_time_of_day() -> None:
    with mock_iot():
        assert abs(clock.now() - datetime.now(timezone.utc)) < timedelta(seconds=5)


def test_the_parts_of_a_distance_add_up() -> None:
    with mock_iot():
        before = clock.now()
        after = clock.advance(days=1, hours=2, minutes=3, seconds=4.5)
        assert (
            timedelta(0)
            <= after - before - timedelta(days=1, hours=2, minutes=3, seconds=4.5)
            < timedelta(seconds=5)
        )


@pytest.mark.parametrize("zone", [timezone.utc, timezone(timedelta(hours=5)), None])
def test_it_moves_to_a_time_in_any_zone(zone: timezone | None) -> None:
    with mock_iot(), freeze_time(NOON):
        timestamp = datetime(2030, 6, 1, 18, 30, tzinfo=zone)
        assert clock.move_to(timestamp) == (
            timestamp if zone else timestamp.replace(tzinfo=timezone.utc)
        )


def test_it_never_goes_back() -> None:
    with mock_iot(), freeze_time(NOON):
        clock.advance(hours=1)
        backwards: list[Callable[[], object]] = [
            lambda: clock.advance(seconds=-1),
            lambda: clock.move_to(NOON),
        ]
        for back in backwards:
            with pytest.raises(ValueError, match="only moves forward"):
                back()
        assert clock.now() == NOON + timedelta(hours=1)


def test_it_ends_with_the_mock_even_if_nothing_else_was_used() -> None:
    with freeze_time(NOON):
        with mock_iot():
            clock.advance(days=3)
        with mock_iot():
            assert clock.now() == NOON


def test_freezegun_drives_the_same_time() -> None:
    with freeze_time(NOON) as frozen, mock_iot():
        iot, device = (
            boto3.client("iot", region_name=REGION),
            boto3.client("iot-jobs-data", region_name=REGION),
        )
        in_progress(iot, device)
        frozen.tick(timedelta(minutes=2))
        clock.advance(minutes=2)
        assert status(iot) == "IN_PROGRESS"
        frozen.tick(timedelta(minutes=1))
        assert status(iot) == "TIMED_OUT"
        execution = iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]
        assert execution["lastUpdatedAt"] == NOON + timedelta(minutes=5)


def test_a_time_that_is_frozen_at_a_millisecond_is_that_millisecond() -> None:
    # As a number of seconds it is a little more or less.
    moments = [NOON + timedelta(milliseconds=number) for number in range(0, 1000, 7)]
    with mock_iot():
        with freeze_time(NOON) as frozen:
            for moment in moments:
                frozen.move_to(moment)
                assert clock.now() == moment
        with time_machine.travel(NOON, tick=False) as traveller:
            for moment in moments:
                traveller.move_to(moment)
                assert clock.now() == moment


def test_time_machine_drives_the_same_time() -> None:
    with time_machine.travel(NOON, tick=False) as traveller, mock_iot():
        iot, device = (
            boto3.client("iot", region_name=REGION),
            boto3.client("iot-jobs-data", region_name=REGION),
        )
        in_progress(iot, device)
        clock.advance(minutes=2)
        traveller.shift(timedelta(minutes=2))
        assert status(iot) == "IN_PROGRESS"
        traveller.shift(timedelta(minutes=1))
        assert status(iot) == "TIMED_OUT"


def test_what_became_due_is_stamped_with_its_own_time(mocked: tuple[Any, Any]) -> None:
    iot, device = mocked
    in_progress(iot, device)
    started = iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]["startedAt"]
    clock.advance(hours=3)
    execution = iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]
    assert execution["lastUpdatedAt"] - started == timedelta(minutes=5)
    assert iot.describe_job(jobId="j1")["job"]["completedAt"] == execution["lastUpdatedAt"]


IN_SERVER_MODE = """
import boto3
from moto_iot_jobs import clock, faults, messages, mock_iot

@mock_iot
def main():
    iot, device = (boto3.client(name, region_name="eu-west-1") for name in ("iot", "iot-jobs-data"))
    thing = iot.create_thing(thingName="t1")["thingArn"]
    timeout = {"inProgressTimeoutInMinutes": 5}
    iot.create_job(jobId="j1", targets=[thing], document="{}", timeoutConfig=timeout)
    answer = messages.request("$aws/things/t1/jobs/start-next", region="eu-west-1")
    assert answer.json["execution"]["status"] == "IN_PROGRESS", answer
    before = clock.now()
    assert (clock.advance(minutes=6) - before).total_seconds() >= 360
    assert iot.describe_job(jobId="j1")["job"]["status"] == "COMPLETED"
    last = messages.published("$aws/things/t1/jobs/notify")[-1]
    assert last.json["jobs"] == {}, last
    with faults.inject("DeleteJob", "ServiceUnavailableException", times=None):
        try:
            iot.delete_job(jobId="j1")
        except iot.exceptions.ServiceUnavailableException:
            pass
        else:
            raise AssertionError("no fault")
    iot.delete_job(jobId="j1")
    for wrong in (lambda: clock.advance(seconds=-1), lambda: faults.inject("DeleteJob", "NoSuchError")):
        try:
            wrong()
        except ValueError as refused:
            print(refused)
        else:
            raise AssertionError("accepted")

main()
"""


def test_the_same_names_reach_a_server_in_motos_server_mode(shared_server: ServerProcess) -> None:
    environment = {
        **os.environ,
        "TEST_SERVER_MODE": "true",
        "TEST_SERVER_MODE_ENDPOINT": shared_server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    command = [sys.executable, "-c", IN_SERVER_MODE]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "only moves forward" in done.stdout
    assert "It can give: " in done.stdout


@pytest.mark.parametrize(
    "body, said",
    [('{"seconds": -5}', "only moves forward"), ("{}", "seconds"), ("nonsense", "Expecting value")],
)
def test_a_server_says_what_is_wrong_with_a_move(
    shared_server: ServerProcess, body: str, said: str
) -> None:
    response = requests.post(
        f"{shared_server.url}/moto-api/iot-jobs/clock/advance", data=body, timeout=30
    )
    assert response.status_code == 400
    assert said in response.json()["message"]


@pytest.mark.usefixtures("mocked")
def test_the_paths_are_reached_in_process_too() -> None:
    """Where moto's own are, and moto takes the first pattern that a path begins with."""
    api = "http://motoapi.amazonaws.com/moto-api/iot-jobs/clock"
    frozen = requests.post(f"{api}/freeze", timeout=5).json()
    at = requests.get(api, timeout=5).json()["milliseconds"]
    assert requests.post(f"{api}/advance", json={"seconds": 60}, timeout=5).json() == {
        "milliseconds": at + 60_000
    }
    later = {"milliseconds": at + 90_000}
    assert requests.post(f"{api}/move-to", json=later, timeout=5).json() == later
    assert requests.delete(f"{api}/freeze", params=frozen, timeout=5).status_code == 200
