"""A fleet drives a whole rollout by itself, and the same seed gives the same rollout."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from moto import settings

from moto_iot_jobs import clock, devices, faults, quotas
from moto_iot_jobs.devices import fleet as fleets
from moto_iot_jobs.devices.https import HttpsPlane

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
    assert 60 <= rollout.seconds < 330


def test_the_result_is_what_the_owner_is_told(in_process: Account) -> None:
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
        shown = in_process.execution(each.thing, "update", each.number)
        assert shown["status"] == each.status
        expected = {"fail": "FAILED", "hang": "TIMED_OUT"}.get(str(each.outcome), "SUCCEEDED")
        assert each.status == expected
    assert sum(rollout.outcomes().values()) == len(rollout.executions)
    assert {each.number for each in rollout.executions} == {1, 2}


def test_in_process_the_same_seed_gives_the_same_rollout_to_the_millisecond(
    in_process: Account,
) -> None:
    first = mixed(in_process).members()
    in_process.iot.delete_job(jobId="update", force=True)
    clock.advance(minutes=7, seconds=3.217)
    assert mixed(in_process).members() == first


def test_another_seed_gives_another_rollout(in_process: Account) -> None:
    seconds = set()
    for seed in (1, 2, "two"):
        seconds.add(
            devices.Fleet(5, seed=seed, region=in_process.region).roll_out(f"job-{seed}").seconds
        )
    assert len(seconds) == 3


def test_devices_draw_the_same_at_a_server(
    at_a_server: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto_iot_jobs import mock_iot

    def drawn() -> dict[tuple[str, int], tuple[str | None, str]]:
        return {
            (each.thing, each.number): (each.outcome, each.status)
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
    short = mixed(in_process).members()
    in_process.iot.delete_job(jobId="update", force=True)
    monkeypatch.setattr(fleets, "DirectPlane", HttpsPlane)
    assert mixed(in_process).members() == short


def test_over_mqtt_the_rollout_is_the_same(in_process: Account) -> None:
    over_https = mixed(in_process).members()
    in_process.iot.delete_job(jobId="update", force=True)
    over_mqtt = mixed(in_process, address=in_process.mqtt).members()
    # A device that hung is told over MQTT at once how things stand; over HTTPS it has to ask. Both
    # learn it.
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
        rollout.of("thing-30")


def test_a_job_of_the_owners_own_is_run_too(account: Account) -> None:
    account.job("before", "lamp", "fan")
    account.job("update", "lamp", "fan")
    fleet = devices.Fleet(["lamp", "fan"], region=account.region)
    rollout = fleet.run("update")
    assert rollout.counts == {"SUCCEEDED": 2}
    assert account.ended("lamp", "before")[0] == "SUCCEEDED"
    (end,) = rollout.of("fan")
    assert (end.number, end.status, end.outcome, end.given_up) == (1, "SUCCEEDED", "succeed", None)


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
    assert 200 <= rollout.seconds < 211
    assert in_process.ended("thing-2", "update")[1] == {"reason": "RuntimeError: no space"}


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
            "startTime": (clock.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
            "maintenanceWindows": [{"startTime": "cron(0 * * * ? *)", "durationInMinutes": 3}],
        },
    )
    assert rollout.counts == {"SUCCEEDED": 6}
    assert {
        round((each.started_seconds or 0) - each.queued_seconds, 3) for each in rollout.executions
    } == {3600}


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
    (left,) = rollout.of("thing-2")
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


def test_the_timeline_is_told_as_it_goes(in_process: Account) -> None:
    told: list[devices.Moment] = []
    fleet = devices.Fleet(10, region=in_process.region, works_for=(20, 200))
    rollout = fleet.roll_out(
        "update", watch=told.append, jobExecutionsRolloutConfig={"maximumPerMinute": 4}
    )
    assert list(rollout.timeline) == told
    assert [(moment.seconds, moment.unreached) for moment in told[:3]] == [
        (0.0, 6),
        (60.0, 6),
        (120.0, 2),
    ]
    assert [moment.seconds for moment in told] == sorted({moment.seconds for moment in told})
    assert all(sum(moment.counts.values()) + moment.unreached == 10 for moment in told)


def test_after_a_rollout_time_goes_on(in_process: Account) -> None:
    devices.Fleet(1, region=in_process.region).roll_out("update")
    before = clock.now()
    while clock.now() == before:
        pass


def test_a_rollout_is_drawn_as_svg_and_png(in_process: Account, tmp_path: Path) -> None:
    rollout = mixed(in_process)
    rollout.draw(tmp_path / "rollout.svg", "seven < eight")
    drawn = (tmp_path / "rollout.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<svg xmlns=")
    assert "seven &lt; eight" in drawn
    assert {"succeeded", "failed", "timed out", "in progress", "not reached"} <= {
        part.partition("<")[0] for part in drawn.split(">")
    }
    rollout.draw(tmp_path / "rollout.png")
    assert (tmp_path / "rollout.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"says neither \.svg nor \.png"):
        rollout.draw(tmp_path / "rollout.jpg")


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
        ({"outcomes": {"fail": 0}}, "All weights are 0"),
        ({"outcomes": {}}, "All weights are 0"),
        ({"works_for": (5, 1)}, "works_for is (5, 1); it is a number of seconds or a pair"),
        ({"starts_after": -1}, "starts_after is -1"),
    ],
)
def test_a_misuse_is_told_what_to_write(
    in_process: Account, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - compared below
        devices.Fleet(**{"devices": 2, "region": in_process.region, **arguments})
    assert said in str(refused.value)


def test_names_without_things_and_jobs_that_are_not_there_are_told(account: Account) -> None:
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
