"""A fleet drives a whole rollout by itself, and the same seed gives the same rollout."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto import settings

from moto_iot_jobs import clock, devices, faults, quotas
from moto_iot_jobs.devices import fleet as fleets
from moto_iot_jobs.devices.https import HttpsTransport

if TYPE_CHECKING:
    from tests.devices.conftest import Account

SETTINGS: dict[str, Any] = {
    "jobExecutionsRolloutConfig": {"maximumPerMinute": 7},
    "timeoutConfig": {"inProgressTimeoutInMinutes": 9},
    "jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "ALL", "numberOfRetries": 1}]},
}
OUTCOMES = {
    "succeed": 6,
    "fail": 2,
    "hang": 1,
    "progress": 1,
    "lose_connection": 1,
    "stale_version": 1,
}


def mixed(account: Account, **more: Any) -> devices.Rollout:
    return devices.Fleet(20, outcomes=OUTCOMES, seed=7, region=account.region, **more).roll_out(
        "update", **SETTINGS
    )


def test_a_fleet_finishes_a_job(account: Account) -> None:
    rollout = devices.Fleet(10, region=account.region).roll_out(
        "update", document='{"firmware": "2.0"}'
    )
    assert (rollout.status, rollout.counts, rollout.unreached) == (
        "COMPLETED",
        {"SUCCEEDED": 10},
        0,
    )
    assert account.iot.describe_job(jobId="update")["job"]["status"] == "COMPLETED"
    assert [each.thing for each in rollout.executions] == [
        f"thing-{number}" for number in range(1, 11)
    ]
    assert rollout.timeline[0].counts == {"QUEUED": 10}
    assert timedelta(seconds=60) <= rollout.duration < timedelta(seconds=330)


def test_a_document_is_a_mapping_or_json(in_process: Account) -> None:
    fleet = devices.Fleet(1, region=in_process.region)
    fleet.roll_out("mapping", document={"firmware": "2.0"})
    fleet.roll_out("text", document='{"firmware": "2.0"}')
    documents = {
        in_process.iot.get_job_document(jobId=job)["document"] for job in ("mapping", "text")
    }
    assert {json.dumps(json.loads(each)) for each in documents} == {'{"firmware": "2.0"}'}


def test_a_rollout_has_the_times_of_the_mock(in_process: Account) -> None:
    rollout = devices.Fleet(1, works_for=timedelta(minutes=2), region=in_process.region).roll_out(
        "update"
    )
    job = in_process.iot.describe_job(jobId="update")["job"]
    (end,) = rollout.executions
    assert (rollout.created_at, rollout.ended_at) == (job["createdAt"], job["completedAt"])
    assert end.ended_at == rollout.ended_at
    assert end.started_at is not None
    assert (end.ended_at or end.queued_at) - end.started_at == timedelta(minutes=2)


def test_a_rollout_says_why_it_stopped(in_process: Account) -> None:
    fleet = devices.Fleet(2, outcomes={"hang": 1}, region=in_process.region)
    timeout = {"inProgressTimeoutInMinutes": 10}
    assert fleet.roll_out("over", timeoutConfig=timeout).stop_reason == "FINISHED"
    assert fleet.roll_out("short", timeoutConfig=timeout, days=0.001).stop_reason == "TIME_LIMIT"
    idle = fleet.roll_out("hanging")
    assert (idle.stop_reason, idle.status, idle.ended_at) == ("IDLE", "IN_PROGRESS", None)


@pytest.mark.parametrize("days", [-1, float("nan"), float("inf"), 4_000_000, "long"])
def test_a_time_that_cannot_be_is_an_error_before_the_job_is_created(
    in_process: Account, days: Any
) -> None:
    with pytest.raises(ValueError, match=r"days is .* a number of days or a timedelta"):
        devices.Fleet(1, region=in_process.region).roll_out("update", days=days)
    assert in_process.iot.list_jobs()["jobs"] == []


def test_a_fleet_is_of_motos_account_by_default(
    in_process: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111122223333")
    fleet = devices.Fleet(1, region=in_process.region)
    assert fleet.targets == ["arn:aws:iot:eu-west-1:111122223333:thing/thing-1"]
    assert fleet.roll_out("update").status == "COMPLETED"


def test_the_result_is_what_the_control_plane_lists(in_process: Account) -> None:
    rollout = mixed(in_process)
    details = in_process.iot.describe_job(jobId="update")["job"]["jobProcessDetails"]
    assert rollout.counts == {
        status: details[f"numberOf{name}Things"]
        for status, name in (
            ("SUCCEEDED", "Succeeded"),
            ("FAILED", "Failed"),
            ("TIMED_OUT", "TimedOut"),
        )
    }
    for each in rollout.executions:
        shown = in_process.execution(each.thing, "update", each.execution_number)
        assert shown["status"] == each.status
        expected = {"fail": "FAILED", "hang": "TIMED_OUT"}.get(str(each.outcome), "SUCCEEDED")
        assert each.status == expected
    assert sum(rollout.outcomes().values()) == len(rollout.executions)
    assert {each.execution_number for each in rollout.executions} == {1, 2}


def test_in_process_the_same_seed_gives_the_same_rollout_to_the_millisecond(
    in_process: Account,
) -> None:
    first = mixed(in_process).to_dict()
    in_process.iot.delete_job(jobId="update", force=True)
    clock.advance(minutes=7, seconds=3.217)
    assert mixed(in_process).to_dict() == first


def test_another_seed_gives_another_rollout(in_process: Account) -> None:
    fleets = [devices.Fleet(5, seed=seed, region=in_process.region) for seed in (1, 2, "two")]
    rollouts = [fleet.roll_out(f"job-{number}") for number, fleet in enumerate(fleets)]
    assert len({rollout.duration for rollout in rollouts}) == 3


def test_devices_draw_the_same_at_a_server(
    at_a_server: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto_iot_jobs import mock_iot

    def drawn() -> dict[tuple[str, int], tuple[str | None, str]]:
        return {
            (each.thing, each.execution_number): (each.outcome, each.status)
            for each in mixed(at_a_server).executions
        }

    there = drawn()
    assert len(there) > 20
    assert {status for _, status in there.values()} == {"SUCCEEDED", "FAILED", "TIMED_OUT"}
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", False)
    with mock_iot(config={"core": {"reset_boto3_session": False}}):
        assert drawn() == there


def test_the_short_way_to_the_handlers_changes_nothing(
    in_process: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = mixed(in_process).to_dict()
    in_process.iot.delete_job(jobId="update", force=True)
    monkeypatch.setattr(fleets, "DirectTransport", HttpsTransport)
    assert mixed(in_process).to_dict() == short


def test_over_mqtt_the_rollout_is_the_same(in_process: Account) -> None:
    over_https = mixed(in_process).to_dict()
    in_process.iot.delete_job(jobId="update", force=True)
    over_mqtt = mixed(in_process, address=in_process.mqtt).to_dict()
    # A device that hung learns the state of its execution from the rejection over MQTT, and by one
    # request more over HTTPS.
    assert over_mqtt == over_https


def test_abort_criteria_spare_those_not_reached(in_process: Account) -> None:
    fleet = devices.Fleet(
        30, outcomes={"fail": 1, "succeed": 1}, seed=3, region=in_process.region, works_for=(30, 90)
    )
    criterion = {
        "failureType": "FAILED",
        "action": "CANCEL",
        "thresholdPercentage": 20,
        "minNumberOfExecutedThings": 5,
    }
    rollout = fleet.roll_out(
        "update",
        jobExecutionsRolloutConfig={"maximumPerMinute": 3},
        abortConfig={"criteriaList": [criterion]},
    )
    assert (rollout.status, rollout.was_aborted) == ("CANCELED", True)
    assert "FAILED" in str(rollout.comment)
    assert rollout.unreached > 10
    assert all(each.status != "QUEUED" for each in rollout.executions)
    with pytest.raises(LookupError, match="no execution on 'thing-30'"):
        rollout.executions_of("thing-30")


def test_a_job_that_boto3_created_is_run_too(account: Account) -> None:
    account.job("before", "lamp", "fan")
    account.job("update", "lamp", "fan")
    fleet = devices.Fleet(["lamp", "fan"], region=account.region)
    rollout = fleet.run("update")
    assert rollout.counts == {"SUCCEEDED": 2}
    assert account.ended("lamp", "before")[0] == "SUCCEEDED"
    (end,) = rollout.executions_of("fan")
    assert (end.execution_number, end.status, end.outcome, end.given_up) == (
        1,
        "SUCCEEDED",
        "succeed",
        None,
    )


def test_handlers_of_ones_own_work_at_the_same_time(in_process: Account) -> None:
    at_work: list[str] = []
    most = []

    def install(execution: devices.Execution) -> devices.Steps[None]:
        at_work.append(execution.thing)
        most.append(len(at_work))
        yield 100
        execution.progress(percent=50)
        yield 100
        at_work.remove(execution.thing)
        if execution.thing == "thing-2":
            raise RuntimeError("no space")

    fleet = devices.Fleet(5, outcomes=install, region=in_process.region)
    rollout = fleet.roll_out("update")
    assert rollout.counts == {"SUCCEEDED": 4, "FAILED": 1}
    assert max(most) == 5
    assert timedelta(seconds=200) <= rollout.duration < timedelta(seconds=211)
    assert in_process.ended("thing-2", "update")[1] == {"reason": "RuntimeError: no space"}


def test_a_rollout_that_fails_leaves_no_group(in_process: Account) -> None:
    iot = in_process.iot
    fleet = devices.Fleet(101, region=in_process.region)
    with pytest.raises(ClientError):
        fleet.roll_out("update", document="{")
    assert iot.list_thing_groups()["thingGroups"] == iot.list_jobs()["jobs"] == []
    assert sum(fleet.roll_out("update").counts.values()) == 101

    with pytest.raises(ClientError):
        fleet.roll_out("update")
    assert [each["groupName"] for each in iot.list_thing_groups()["thingGroups"]] == ["fleet"]


def test_many_things_are_put_in_a_group(in_process: Account) -> None:
    fleet = devices.Fleet(101, region=in_process.region)
    assert [target.partition(":thinggroup/")[2] for target in fleet.targets] == ["fleet"]
    named = devices.Fleet(2, name="lamp", group="hall", region=in_process.region)
    assert [target.partition(":thinggroup/")[2] for target in named.targets] == ["hall"]
    assert in_process.iot.list_things_in_thing_group(thingGroupName="hall")["things"] == [
        "lamp-1",
        "lamp-2",
    ]


def test_things_that_are_there_stay_as_they_are(account: Account) -> None:
    account.iot.create_thing(thingName="thing-1", attributePayload={"attributes": {"floor": "3"}})
    devices.Fleet(2, region=account.region)
    assert account.iot.describe_thing(thingName="thing-1")["attributes"] == {"floor": "3"}


def test_devices_that_were_too_late_for_a_window_hear_of_the_next(in_process: Account) -> None:
    fleet = devices.Fleet(6, region=in_process.region, starts_after=5 * 60)
    rollout = fleet.roll_out(
        "update",
        targetSelection="CONTINUOUS",
        days=2,
        schedulingConfig={
            # Outside of every window, whatever time it is.
            "startTime": (clock.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:30"),
            "maintenanceWindows": [{"startTime": "cron(0 * * * ? *)", "durationInMinutes": 3}],
        },
    )
    assert rollout.counts == {"SUCCEEDED": 6}
    waits = {each.started_at and each.started_at - each.queued_at for each in rollout.executions}
    assert waits == {timedelta(hours=1)}


def test_devices_that_are_throttled_come_back(in_process: Account) -> None:
    faults.inject(
        "UpdateJobExecution",
        "ThrottlingException",
        service="iot-jobs-data",
        times=None,
        probability=0.5,
        seed=1,
    )
    rollout = devices.Fleet(10, region=in_process.region).roll_out("update")
    assert rollout.counts == {"SUCCEEDED": 10}


def test_devices_that_are_always_throttled_give_up_and_say_why(in_process: Account) -> None:
    faults.inject(
        "StartNextPendingJobExecution", "ThrottlingException", times=None, thing="thing-2"
    )
    rollout = devices.Fleet(3, region=in_process.region).roll_out("update", days=1)
    assert rollout.counts == {"SUCCEEDED": 2, "QUEUED": 1}
    (left,) = rollout.executions_of("thing-2")
    assert (left.status, left.outcome) == ("QUEUED", None)
    assert "ThrottlingException" in str(left.given_up)


def test_a_fleet_spends_none_of_the_testers_quotas_and_faults(in_process: Account) -> None:
    fleet = devices.Fleet(3, region=in_process.region)
    fleet.targets  # noqa: B018 - asks for ARNs
    fault = faults.inject("DescribeJob", "ThrottlingException")
    faults.inject("ListJobExecutionsForJob", "ThrottlingException")
    with quotas.enforce(DescribeJob=1, ListJobExecutionsForJob=1):
        assert fleet.roll_out("update").counts == {"SUCCEEDED": 3}
    assert len(faults.pending()) == 2
    fault.cancel()


def test_the_timeline_is_reported_as_it_comes(in_process: Account) -> None:
    points: list[devices.TimelinePoint] = []
    fleet = devices.Fleet(10, region=in_process.region, works_for=(20, 200))
    rollout = fleet.roll_out(
        "update", on_progress=points.append, jobExecutionsRolloutConfig={"maximumPerMinute": 4}
    )
    assert list(rollout.timeline) == points
    assert [(point.elapsed.total_seconds(), point.unreached) for point in points[:3]] == [
        (0.0, 6),
        (60.0, 6),
        (120.0, 2),
    ]
    assert [point.at for point in points] == sorted({point.at for point in points})
    assert all(point.at == rollout.created_at + point.elapsed for point in points)
    assert all(sum(point.counts.values()) + point.unreached == 10 for point in points)


def test_after_a_rollout_time_goes_on(in_process: Account) -> None:
    devices.Fleet(1, region=in_process.region).roll_out("update")
    before = clock.now()
    # moto's time has steps of at most 16 milliseconds, on the coarsest of systems.
    sleep(0.05)
    assert clock.now() - before >= timedelta(milliseconds=25)


def test_fleets_in_several_threads_roll_out_side_by_side(in_process: Account) -> None:
    def roll_out(number: int) -> devices.Rollout:
        fleet = devices.Fleet(
            20, name=f"fleet-{number}", outcomes=OUTCOMES, seed=number, region=in_process.region
        )
        return fleet.roll_out(f"update-{number}", **SETTINGS)

    with ThreadPoolExecutor(4) as threads:
        rollouts = list(threads.map(roll_out, range(8), timeout=60))
    for number, rollout in enumerate(rollouts):
        job = in_process.iot.describe_job(jobId=f"update-{number}")["job"]
        assert rollout.status == job["status"] == "COMPLETED"
        assert len({end.thing for end in rollout.executions}) == 20
        assert (
            rollout.counts.get("SUCCEEDED", 0)
            == job["jobProcessDetails"]["numberOfSucceededThings"]
        )
    before = clock.now()
    sleep(0.05)
    assert clock.now() > before


def test_devices_with_threads_of_their_own_take_each_execution_once(in_process: Account) -> None:
    for number in range(10):
        in_process.job(f"update-{number}", *(f"lamp-{lamp}" for lamp in range(4)))

    def work(lamp: int) -> list[devices.Run]:
        with devices.Device(f"lamp-{lamp}", region=in_process.region) as device:
            return device.run_all(lambda execution: execution.progress(percent=50), seconds=30)

    with ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(work, range(4), timeout=60))
    assert [sorted(run.job_id for run in each) for each in runs] == [
        [f"update-{number}" for number in range(10)]
    ] * 4
    assert {(run.status, run.error) for each in runs for run in each} == {("SUCCEEDED", None)}


def test_a_rollout_is_drawn_as_svg_and_png(in_process: Account, tmp_path: Path) -> None:
    rollout = mixed(in_process)
    rollout.save_chart(tmp_path / "rollout.svg", "seven < eight")
    drawn = (tmp_path / "rollout.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<svg xmlns=")
    assert ' role="img" ' in drawn
    assert "<title>seven &lt; eight</title>" in drawn
    assert "seven &lt; eight" in drawn
    assert {"succeeded", "failed", "timed out", "in progress", "not reached"} <= {
        part.partition("<")[0] for part in drawn.split(">")
    }
    rollout.save_chart(tmp_path / "rollout.png")
    assert (tmp_path / "rollout.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"ends in neither \.svg nor \.png"):
        rollout.save_chart(tmp_path / "rollout.jpg")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"devices": 0}, "at least one device: Fleet(100)"),
        ({"devices": "lamp"}, "write Fleet(['lamp'])"),
        ({"devices": ["lamp", "lamp"]}, "given twice"),
        ({"outcomes": {"suceed": 1}}, "Did you mean 'succeed'?"),
        ({"outcomes": {"fail": -1}}, "The weight of 'fail' is -1; weights are numbers from 0 on"),
        ({"outcomes": {"fail": "half"}}, "The weight of 'fail' is 'half'"),
        ({"outcomes": {"fail": float("nan")}}, "The weight of 'fail' is nan"),
        ({"outcomes": {"fail": 0}}, "The weights add up to 0"),
        ({"outcomes": {}}, "The weights add up to 0"),
        ({"works_for": (5, 1)}, "works_for is (5, 1); it is a number of seconds or a pair"),
        ({"works_for": "soon"}, "works_for is 'soon'"),
        ({"works_for": (5,)}, "works_for is (5,)"),
        ({"works_for": float("nan")}, "works_for is nan"),
        ({"works_for": timedelta(days=1_000_000)}, "works_for is"),
        ({"starts_after": -1}, "starts_after is -1"),
        ({"starts_after": timedelta(seconds=-1)}, "starts_after is"),
        ({"devices": 2.5}, "devices is 2.5; a fleet is a whole number of devices"),
        ({"devices": True}, "devices is True"),
        ({"devices": ["lamp", "no spaces"]}, "There is no thing named 'no spaces'"),
        ({"name": "no spaces"}, "There is no thing named 'no spaces-1'"),
        ({"group": ""}, "group is ''"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"region": "eu-wset-1"}, "no region 'eu-wset-1'. Did you mean 'eu-west-1'?"),
    ],
)
def test_a_misuse_is_an_error_with_what_to_write(
    in_process: Account, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - compared below
        devices.Fleet(**{"devices": 2, "region": in_process.region, **arguments})
    assert said in str(error.value)
    assert in_process.iot.list_things()["things"] == []


def test_names_without_things_and_jobs_that_are_not_there_are_errors(account: Account) -> None:
    account.job("update", "lamp-1")
    with pytest.raises(
        LookupError,
        match=r"no thing 'lamp-2' in eu-west-1\. Did you mean 'lamp-1'\? Create it first, iot\.",
    ):
        devices.Fleet(["lamp-1", "lamp-2"], region=account.region)
    with pytest.raises(
        LookupError, match=r"no job 'updat'.*targets=fleet\.targets.*fleet\.roll_out\('updat'\)"
    ):
        devices.Fleet(["lamp-1"], region=account.region).run("updat")
