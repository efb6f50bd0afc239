"""API coverage counts operations, errors, and each transition of a status."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.introspection.coverage import coverage
from moto_iot_jobs.introspection.coverage_counts import CoverageCounts, column
from moto_iot_jobs.moto_api.client import RemoteMock
from moto_iot_jobs.service.states import EXECUTION_TABLE, Act, ExecutionStatus, JobAct, Outcome
from moto_iot_jobs.wire import ServiceApi
from moto_iot_jobs.wire.service_api import NEIGHBOURS

if TYPE_CHECKING:
    from moto_iot_jobs.pytest_plugin import IotJobs, ServerUrl


@pytest.fixture
def coverage_counts() -> Iterator[CoverageCounts]:
    recorded = CoverageCounts()
    recorded.start()
    yield recorded
    recorded.stop()


def in_progress(jobs: IotJobs, job: str, **settings: Any) -> None:
    jobs.job(job, "lamp", **settings)
    jobs.device.update_job_execution(jobId=job, thingName="lamp", status="IN_PROGRESS")


def test_calls_and_errors_are_counted(coverage_counts: CoverageCounts, iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    for _ in range(2):
        with pytest.raises(iot_jobs.iot.exceptions.InvalidStateTransitionException):
            iot_jobs.iot.delete_job(jobId="update")
    iot_jobs.messages.request("$aws/things/lamp/jobs/update/update", {"status": "NONE"})
    assert coverage_counts.calls == {
        ("iot", "CreateJob"): 1,
        ("iot", "DeleteJob"): 2,
        ("iot-jobs-data", "UpdateJobExecution"): 1,
    }
    assert coverage_counts.errors == {
        ("iot", "DeleteJob", "InvalidStateTransitionException"): 2,
        ("iot-jobs-data", "UpdateJobExecution", "InvalidRequestException"): 1,
    }


def test_every_move_of_an_execution_is_seen_in_its_row(
    coverage_counts: CoverageCounts, iot_jobs: IotJobs
) -> None:
    iot, device, report = iot_jobs.iot, iot_jobs.device, iot_jobs.device.update_job_execution
    number = 0
    for status in ("SUCCEEDED", "FAILED", "REJECTED"):
        for begin in (iot_jobs.job, None):
            number += 1
            if begin is not None:
                begin(f"job-{number}", "lamp")
            else:
                in_progress(iot_jobs, f"job-{number}")
                report(jobId=f"job-{number}", thingName="lamp", status="IN_PROGRESS")
            report(jobId=f"job-{number}", thingName="lamp", status=status)
    iot.delete_job_execution(jobId="job-1", thingName="lamp", executionNumber=1)

    in_progress(iot_jobs, "deleted")
    iot.delete_job_execution(jobId="deleted", thingName="lamp", executionNumber=1, force=True)
    iot_jobs.job("deleted-2", "lamp")
    iot.delete_job_execution(jobId="deleted-2", thingName="lamp", executionNumber=1)
    for force in (False, True):
        iot_jobs.job(f"canceled-{force}", "lamp")
        iot.cancel_job_execution(jobId=f"canceled-{force}", thingName="lamp", force=force)
        iot_jobs.job(f"job-canceled-{force}", "lamp")
        iot.cancel_job(jobId=f"job-canceled-{force}", force=force)
    in_progress(iot_jobs, "canceled-3")
    iot.cancel_job_execution(jobId="canceled-3", thingName="lamp", force=True)
    in_progress(iot_jobs, "job-canceled-3")
    iot.cancel_job(jobId="job-canceled-3", force=True)
    iot_jobs.job("late", "lamp", timeoutConfig={"inProgressTimeoutInMinutes": 1})
    device.start_next_pending_job_execution(thingName="lamp")
    iot_jobs.clock.advance(minutes=1)
    iot_jobs.group("lamps", "lamp")
    iot_jobs.job("following", "lamps", targetSelection="CONTINUOUS")
    iot.remove_thing_from_thing_group(thingGroupName="lamps", thingName="lamp")
    iot_jobs.job("waiting", "lamp")
    iot.delete_thing(thingName="lamp")

    changing = {
        (act.value, column(status))
        for act, cells in EXECUTION_TABLE.items()
        for status, after in cells.items()
        if after not in (Outcome.KEPT, Outcome.ERROR)
    }
    # An event does not tell whether force was given where it was not needed.
    undocumented = {(Act.DELETE_EXECUTION_FORCE.value, each) for each in ("QUEUED", "finished")}
    assert {
        key for key, seen in coverage_counts.transitions.items() if seen
    } == changing - undocumented
    assert coverage(coverage_counts)["neverSeenTransitions"][0].startswith("a job")


def test_every_move_of_a_job_is_seen(coverage_counts: CoverageCounts, iot_jobs: IotJobs) -> None:
    iot = iot_jobs.iot
    now = datetime.now(timezone.utc).replace(second=0, microsecond=0)
    times = {
        "startTime": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "endTime": f"{now + timedelta(hours=3):%Y-%m-%dT%H:%M}",
    }
    iot_jobs.job("scheduled", "lamp", schedulingConfig={**times, "endBehavior": "FORCE_CANCEL"})
    iot_jobs.clock.advance(hours=2)
    iot_jobs.clock.advance(hours=2)
    begin = f"{now + timedelta(hours=5):%Y-%m-%dT%H:%M}"
    window = {"startTime": "cron(0 2 * * ? *)", "durationInMinutes": 60}
    iot_jobs.group("lamps", "kettle")
    scheduling = {"startTime": begin, "maintenanceWindows": [window]}
    iot_jobs.job("windows", "lamps", targetSelection="CONTINUOUS", schedulingConfig=scheduling)
    for _ in range(60):
        iot_jobs.clock.advance(minutes=30)
        iot.describe_job(jobId="windows")
    iot.delete_job(jobId="windows", force=True)
    abort = {
        "action": "CANCEL",
        "failureType": "FAILED",
        "minNumberOfExecutedThings": 1,
        "thresholdPercentage": 10,
    }
    iot_jobs.job("aborted", "lamp", "mug", abortConfig={"criteriaList": [abort]})
    iot_jobs.device.update_job_execution(jobId="aborted", thingName="lamp", status="FAILED")
    iot.delete_job(jobId="aborted")
    iot_jobs.job("canceled", "lamp")
    iot.cancel_job(jobId="canceled")
    assert {act for (act,), seen in coverage_counts.job_transitions.items() if seen} == {
        act.value
        for act in JobAct
        if act not in (JobAct.UPDATE, JobAct.ASSOCIATE, JobAct.CANCEL_EXECUTION, JobAct.SERVE)
    }
    assert [
        sentence
        for sentence in coverage(coverage_counts)["neverSeenTransitions"]
        if "job" in sentence.split()[:2]
    ] == []


def test_numbers_of_two_processes_add_up(
    coverage_counts: CoverageCounts, iot_jobs: IotJobs
) -> None:
    iot_jobs.job("update", "lamp")
    iot_jobs.iot.cancel_job(jobId="update")
    both = CoverageCounts()
    for _ in range(2):
        both.add(coverage_counts.counts())
    assert both.calls == {("iot", "CreateJob"): 2, ("iot", "CancelJob"): 2}
    assert both.transitions == {(Act.CANCEL_JOB.value, "QUEUED"): 2}
    assert both.job_transitions == {(JobAct.CANCEL.value,): 2}
    coverage_counts.clear()
    assert coverage(coverage_counts)["summary"]["operations"]["seen"] == 0


def test_nothing_is_recorded_after_the_end(iot_jobs: IotJobs) -> None:
    coverage_counts = CoverageCounts()
    coverage_counts.start()
    coverage_counts.stop()
    iot_jobs.job("update", "lamp")
    assert not coverage_counts.calls


# Operations that are listed once they are called, or not at all.
BESIDE = {
    "DescribeIndex",
    "GetIndexingConfiguration",
    "ListIndices",
    "SearchIndex",
    "UpdateIndexingConfiguration",
}


def test_everything_documented_is_in_the_coverage() -> None:
    found = coverage(CoverageCounts())
    documented = {
        (service, name, code)
        for service in ("iot", "iot-jobs-data")
        for name in ServiceApi.of(service).operations
        for code in ServiceApi.of(service).errors(name)
        if not any(name in room.get(service, ()) for room in NEIGHBOURS.values())
        if name not in BESIDE
    }
    listed = {
        (each["service"], each["operation"], error["code"])
        for each in found["operations"]
        for error in each["errors"]
    }
    assert listed == documented
    assert (
        len(found["neverCalled"])
        == len(found["operations"])
        == found["summary"]["operations"]["of"]
    )
    assert found["neverSeenErrors"] == [], "nothing is said of the errors of what was never called"
    froms = {
        (transition["act"], transition["from"]) for transition in found["executionTransitions"]
    }
    assert (Act.TIME_OUT.value, "IN_PROGRESS") in froms
    assert (Act.TIME_OUT.value, "QUEUED") not in froms


def test_shadows_count_once_they_are_used(
    coverage_counts: CoverageCounts, iot_jobs: IotJobs
) -> None:
    def operations() -> set[str]:
        found = coverage(coverage_counts)["operations"]
        return {each["operation"] for each in found if each["service"] == "iot-data"}

    assert operations() == set()
    client = iot_jobs.client("iot-data")
    client.update_thing_shadow(thingName="lamp", payload=b'{"state":{}}')
    topic = "$aws/things/lamp/shadow/update"
    iot_jobs.messages.request(topic, "no JSON", region=iot_jobs.region)
    assert operations() == {"UpdateThingShadow"}
    assert coverage_counts.calls == {("iot-data", "UpdateThingShadow"): 2}
    error = ("iot-data", "UpdateThingShadow", "InvalidRequestException")
    assert coverage_counts.errors == {error: 1}


def test_what_was_never_seen_is_said_in_sentences(
    coverage_counts: CoverageCounts, iot_jobs: IotJobs
) -> None:
    iot_jobs.job("update", "lamp")
    iot_jobs.iot.delete_job_execution(jobId="update", thingName="lamp", executionNumber=1)
    iot_jobs.device.get_pending_job_executions(thingName="lamp")
    found = coverage(coverage_counts)
    assert "409 InvalidStateTransitionException of DeleteJobExecution" in found["neverSeenErrors"]
    assert (
        "404 ResourceNotFoundException of GetPendingJobExecutions (data plane)"
        in found["neverSeenErrors"]
    )
    assert "429 ThrottlingException of DeleteJobExecution" in found["neverSeenFaults"]
    assert "DescribeJobExecution (data plane)" in found["neverCalled"]
    assert "DeleteJobExecution, the execution being QUEUED" not in found["neverSeenTransitions"]
    assert "a timer runs out, the execution being IN_PROGRESS" in found["neverSeenTransitions"]


def test_an_error_that_is_not_documented_is_reported(
    coverage_counts: CoverageCounts, iot_jobs: IotJobs
) -> None:
    coverage_counts.errors["iot", "CreateJob", "StrangeException"] += 1
    assert coverage(coverage_counts)["undocumented"] == [
        {"service": "iot", "operation": "CreateJob", "code": "StrangeException", "seen": 1}
    ]


def test_a_server_reports_its_coverage(iot_jobs_server: ServerUrl) -> None:
    remote = RemoteMock(iot_jobs_server)
    remote.begin_coverage()
    lamp = iot_jobs_server.iot.create_thing(thingName="lamp")["thingArn"]
    iot_jobs_server.iot.create_job(jobId="update", targets=[lamp], document="{}")
    iot_jobs_server.reset()
    report = remote.ask("GET", "iot-jobs/coverage")
    assert report["counts"] == {
        "calls": [["iot", "CreateJob", 1]],
        "errors": [],
        "transitions": [],
        "jobTransitions": [],
        "neighbourTransitions": [],
    }
    assert report["summary"]["operations"]["seen"] == 1
    remote.begin_coverage()
    assert remote.coverage_counts()["calls"] == []


def test_the_columns_are_those_of_the_table() -> None:
    assert [column(status) for status in ExecutionStatus] == [
        "QUEUED",
        "IN_PROGRESS",
        *["finished"] * 6,
    ]


def test_packages_count_once_they_are_used(
    coverage_counts: CoverageCounts, iot_jobs: IotJobs
) -> None:
    def packages() -> set[str]:
        names = {each["operation"] for each in coverage(coverage_counts)["operations"]}
        return {name for name in names if "Package" in name}

    assert packages() == set()
    iot_jobs.iot.list_packages()
    assert packages() == {"ListPackages"}
