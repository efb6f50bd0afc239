"""What a snapshot shows, that taking one changes nothing, and that its cost does not depend on how
much there is.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections import Counter
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from moto.core.base_backend import backend_lock
from moto.moto_api import state_manager
from time_machine import travel

from moto_iot_jobs import clock, mock_iot
from moto_iot_jobs.introspection.history import history
from moto_iot_jobs.introspection.snapshot import snapshot
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.pytest_plugin.account import StateChoice
from moto_iot_jobs.runtime.delivery import find_jobs, live_jobs
from tests.accounts import ACCOUNT, REGION, InProcess

NOON = 2_209_032_000_000  # 2040-01-01 12:00 UTC
MINUTE = 60_000


class Account(InProcess):
    """An account at noon of a day of 2040, when everything is recorded."""

    document = "{}"


@pytest.fixture
def account() -> Iterator[Account]:
    history.start()
    message_log.start()
    with travel(NOON / 1000, tick=False), mock_iot(config={"core": {"reset_boto3_session": False}}):
        yield Account()


def the_job(**choice: Any) -> dict[str, Any]:
    """Return the only job of the only region."""
    (region,) = snapshot(**choice)["regions"]
    (job,) = region["jobs"]
    found: dict[str, Any] = job
    return found


def test_nothing_is_shown_where_there_is_nothing(account: Account) -> None:
    account.iot.create_thing(thingName="lamp")
    assert snapshot() == {
        "milliseconds": NOON,
        "account": "123456789012",
        "regions": [],
        "messages": [],
        "calls": [],
        "shadows": [],
        "packages": [],
    }


def test_a_job_is_shown_with_its_counters_and_executions(account: Account) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 5})
    clock.advance(minutes=1)
    account.device.start_next_pending_job_execution(
        thingName="lamp", statusDetails={"step": "write"}
    )
    shown = snapshot()
    assert shown["milliseconds"] == NOON + MINUTE
    (region,) = shown["regions"]
    assert (region["account"], region["region"], region["jobsLeftOut"], region["nextJobs"]) == (
        ACCOUNT,
        REGION,
        0,
        None,
    )
    counts = dict.fromkeys(
        [
            "QUEUED",
            "IN_PROGRESS",
            "SUCCEEDED",
            "FAILED",
            "REJECTED",
            "TIMED_OUT",
            "REMOVED",
            "CANCELED",
        ],
        0,
    )
    transitions = [
        {
            "at": NOON,
            "before": None,
            "after": "QUEUED",
            "version": 1,
            "act": None,
            "cause": "CreateJob",
        },
        {
            "at": NOON + MINUTE,
            "before": "QUEUED",
            "after": "IN_PROGRESS",
            "version": 2,
            "act": "device starts its next execution",
            "cause": "StartNextPendingJobExecution",
        },
    ]
    execution = {
        "thing": "lamp",
        "executionNumber": 1,
        "status": "IN_PROGRESS",
        "version": 2,
        "queuedAt": NOON,
        "startedAt": NOON + MINUTE,
        "lastUpdatedAt": NOON + MINUTE,
        "timesOutAt": NOON + 6 * MINUTE,
        "statusDetails": {"step": "write"},
        "transitions": transitions,
    }
    job = {
        "jobId": "update",
        "status": "IN_PROGRESS",
        "targetSelection": "SNAPSHOT",
        "description": None,
        "startsAt": None,
        "waiting": 0,
        "details": None,
        "createdAt": NOON,
        "lastUpdatedAt": NOON,
        "completedAt": None,
        "forceCanceled": None,
        "reasonCode": None,
        "comment": None,
        "counts": {**counts, "IN_PROGRESS": 1},
        "executions": [execution],
        "executionsLeftOut": 0,
        "nextExecutions": None,
    }
    assert region["jobs"] == [job]


def test_what_a_canceled_and_a_completed_job_say_is_shown(account: Account) -> None:
    account.job("first", "lamp")
    account.job("second", "lamp")
    account.iot.cancel_job(jobId="first", comment="not now", reasonCode="LATER", force=True)
    account.report("lamp", "second", "SUCCEEDED")
    second, first = snapshot()["regions"][0]["jobs"]
    assert (first["status"], first["forceCanceled"], first["comment"], first["reasonCode"]) == (
        "CANCELED",
        True,
        "not now",
        "LATER",
    )
    assert (second["status"], second["completedAt"]) == ("COMPLETED", NOON)


def test_it_is_plain_data(account: Account) -> None:
    account.job("update", "lamp")
    account.report("lamp", "update", "FAILED")
    shown = snapshot()
    assert json.loads(json.dumps(shown)) == shown
    assert {type(each) for each in _leaves(shown)} <= {str, int, bool, type(None)}


def _leaves(data: Any) -> Iterator[Any]:
    if type(data) in (dict, list):
        for key in data:
            yield from _leaves(data[key] if isinstance(data, dict) else key)
    else:
        yield data


def test_the_latest_jobs_come_first_and_the_page_after_can_be_requested(account: Account) -> None:
    account.iot.create_thing(thingName="lamp")
    for number in range(5):
        account.job(f"job-{number}", "lamp")
    account.iot.delete_job(jobId="job-2", force=True)
    account.iot.cancel_job(jobId="job-0")
    (region,) = snapshot(jobs=2)["regions"]
    assert [job["jobId"] for job in region["jobs"]] == ["job-4", "job-3"]
    assert region["jobsLeftOut"] == 2
    (after,) = snapshot(jobs=2, jobs_below=region["nextJobs"])["regions"]
    assert [job["jobId"] for job in after["jobs"]] == ["job-1", "job-0"]
    assert (after["jobsLeftOut"], after["nextJobs"]) == (2, None)


def test_the_executions_that_changed_last_come_first_and_the_page_after_can_be_requested(
    account: Account,
) -> None:
    account.job("update", *(f"lamp-{number}" for number in range(5)))
    account.report("lamp-1", "update", "IN_PROGRESS")
    account.report("lamp-3", "update", "SUCCEEDED")
    first = the_job(executions=2)
    assert [each["thing"] for each in first["executions"]] == ["lamp-3", "lamp-1"]
    assert first["executionsLeftOut"] == 3
    second = the_job(executions=2, executions_below=first["nextExecutions"])
    third = the_job(executions=2, executions_below=second["nextExecutions"])
    assert [each["thing"] for each in second["executions"] + third["executions"]] == [
        "lamp-4",
        "lamp-2",
        "lamp-0",
    ]
    assert (third["executionsLeftOut"], third["nextExecutions"]) == (4, None)


def test_executions_are_picked_by_status_and_by_thing(account: Account) -> None:
    retry = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]}
    account.job("update", "lamp-0", "lamp-1", "lamp-2", jobExecutionsRetryConfig=retry)
    account.report("lamp-1", "update", "FAILED")
    account.report("lamp-1", "update", "FAILED")
    failed = the_job(status="FAILED", executions=1)
    assert [(each["thing"], each["executionNumber"]) for each in failed["executions"]] == [
        ("lamp-1", 2)
    ]
    assert failed["executionsLeftOut"] == 1
    of_lamp = the_job(thing="lamp-1", executions=2)
    assert [(each["executionNumber"], each["status"]) for each in of_lamp["executions"]] == [
        (3, "QUEUED"),
        (2, "FAILED"),
    ]
    assert of_lamp["executionsLeftOut"] == 1
    rest = the_job(thing="lamp-1", executions=2, executions_below=of_lamp["nextExecutions"])
    assert [each["executionNumber"] for each in rest["executions"]] == [1]
    assert the_job(thing="nobody")["executions"] == []


def test_numbers_of_nothing_leave_everything_out(account: Account) -> None:
    account.job("update", "lamp")
    assert the_job(executions=0)["executionsLeftOut"] == 1
    shown = snapshot(jobs=0, messages=0)
    assert (shown["regions"][0]["jobs"], shown["regions"][0]["jobsLeftOut"], shown["messages"]) == (
        [],
        1,
        [],
    )


def test_regions_accounts_and_jobs_are_picked(account: Account) -> None:
    account.job("update", "lamp")
    account.job("other", "lamp")
    elsewhere = account.client("iot", "us-west-2")
    thing = elsewhere.create_thing(thingName="lamp")["thingArn"]
    elsewhere.create_job(jobId="update", targets=[thing], document="{}")
    assert _places(snapshot()) == {(REGION, "update"), (REGION, "other"), ("us-west-2", "update")}
    assert _places(snapshot(region="us-west-2")) == {("us-west-2", "update")}
    assert _places(snapshot(job="other")) == {(REGION, "other")}
    assert _places(snapshot(job="update")) == {(REGION, "update"), ("us-west-2", "update")}
    assert _places(snapshot(account=ACCOUNT)) == _places(snapshot())
    assert snapshot(account="000000000000")["regions"] == snapshot(job="nothing")["regions"] == []
    assert {message["region"] for message in snapshot(region="us-west-2")["messages"]} == {
        "us-west-2"
    }
    assert snapshot(account="000000000000")["messages"] == []


def _places(shown: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (region["region"], job["jobId"]) for region in shown["regions"] for job in region["jobs"]
    }


def test_the_last_messages_are_shown_in_their_order(account: Account) -> None:
    account.job("first", "lamp")
    account.job("second", "lamp")
    messages = snapshot(messages=2)["messages"]
    assert [message["topic"].rpartition("/")[2] for message in messages] == [
        "notify-next",
        "notify",
    ]
    assert messages[-1]["at"] == NOON
    assert [one["jobId"] for one in json.loads(messages[-1]["payload"])["jobs"]["QUEUED"]] == [
        "first",
        "second",
    ]


def test_a_snapshot_changes_nothing_and_runs_no_timer(account: Account) -> None:
    account.job("update", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 1})
    account.report("lamp", "update", "IN_PROGRESS")
    with travel(NOON / 1000 + 3600, tick=False):
        assert the_job()["status"] == the_job()["executions"][0]["status"] == "IN_PROGRESS"
        assert the_job(settle=True)["executions"][0]["status"] == "TIMED_OUT"


def test_a_snapshot_is_no_description_for_a_deletion_that_counts_them(account: Account) -> None:
    state_manager.set_transition("iot::job_deletion", {"progression": "manual", "times": 1})
    try:
        account.job("update", "lamp")
        account.iot.delete_job(jobId="update", force=True)
        for _ in range(3):
            assert the_job(settle=True)["status"] == "DELETION_IN_PROGRESS"
        account.iot.describe_job(jobId="update")
        assert snapshot(settle=True)["regions"] == []
    finally:
        state_manager.unset_transition("iot::job_deletion")


def test_it_is_taken_under_the_lock_and_listeners_are_called_without_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.job("update", "lamp")
    owned: dict[str, bool] = {}

    def noting(name: str, function: Any) -> Any:
        def noted(*arguments: Any) -> Any:
            owned[name] = backend_lock._is_owned()  # type: ignore[attr-defined]
            return function(*arguments)

        return noted

    monkeypatch.setattr("moto_iot_jobs.introspection.snapshot.live_jobs", noting("jobs", live_jobs))
    monkeypatch.setattr(history, "transitions", noting("transitions", history.transitions))
    monkeypatch.setattr(message_log, "published", noting("messages", message_log.published))
    snapshot()
    assert owned == {"jobs": True, "transitions": False, "messages": False}


def test_a_snapshot_costs_the_same_at_any_size(account: Account) -> None:
    account.job("update", "lamp")
    jobs = find_jobs(ACCOUNT, REGION)
    job = jobs.store.jobs["update"]
    calls = []
    for end in (1_000, 5_000):
        for number in range(len(job.executions), end):
            jobs.store.queue_execution(job, f"thing-{number}", NOON)
        snapshot()
        calls.append(_calls())
    assert sum(job.counts().values()) == 5_000
    assert calls[0] == calls[1]


def _calls() -> int:
    """Count the functions of the service that a snapshot calls, and those of Python's own that
    they call.
    """
    counted: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _argument: object) -> None:
        if (
            event in ("call", "c_call")
            and "/moto_iot_jobs/" in frame.f_code.co_filename
            and "messaging" not in frame.f_code.co_filename
        ):
            counted[frame.f_code.co_filename] += 1

    sys.setprofile(count)
    try:
        snapshot(messages=0)
    finally:
        sys.setprofile(None)
    return counted.total()


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"jobs": -1}, "jobs must be 0 or more, not -1."),
        ({"messages": -2}, "messages must be 0 or more, not -2."),
        (
            {"status": "DONE"},
            "There is no status 'DONE'; it is one of: QUEUED, IN_PROGRESS, SUCCEEDED",
        ),
    ],
)
def test_what_cannot_be_requested_is_explained(choice: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        snapshot(**choice)


def test_a_job_shows_the_packages_that_it_installs(account: Account) -> None:
    account.iot.create_package(packageName="app")
    named = {"packageName": "app", "versionName": "1.0"}
    version = account.iot.create_package_version(**named)["packageVersionArn"]
    account.iot.update_package_version(**named, action="PUBLISH")
    account.job("update", "lamp", destinationPackageVersions=[version])
    assert the_job()["packages"] == ["app 1.0"]


def test_the_fixtures_take_each_choice_of_a_snapshot() -> None:
    choices = [name for name in inspect.signature(snapshot).parameters if name != "settle"]
    assert list(StateChoice.__annotations__) == choices
