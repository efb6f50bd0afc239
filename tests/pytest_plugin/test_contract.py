"""What is recorded of the contract: operations, errors, and each way in which a status changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from moto_iot_jobs.introspection.contract import Contract, column
from moto_iot_jobs.introspection.coverage import coverage
from moto_iot_jobs.moto_api.client import RemoteMock
from moto_iot_jobs.service.states import EXECUTION_TABLE, Act, ExecutionStatus, JobAct, Outcome
from moto_iot_jobs.wire import ServiceApi

if TYPE_CHECKING:
    from moto_iot_jobs.pytest_plugin import IotJobs, ServerUrl


@pytest.fixture
def contract() -> Iterator[Contract]:
    recorded = Contract()
    recorded.start()
    yield recorded
    recorded.stop()


def in_progress(jobs: IotJobs, job: str, **settings: Any) -> None:
    jobs.job(job, "lamp", **settings)
    jobs.device.update_job_execution(jobId=job, thingName="lamp", status="IN_PROGRESS")


def test_calls_and_errors_are_counted(contract: Contract, iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    for _ in range(2):
        with pytest.raises(iot_jobs.iot.exceptions.InvalidStateTransitionException):
            iot_jobs.iot.delete_job(jobId="update")
    iot_jobs.messages.request("$aws/things/lamp/jobs/update/update", {"status": "NONE"})
    assert contract.calls == {
        ("iot", "CreateJob"): 1,
        ("iot", "DeleteJob"): 2,
        ("iot-jobs-data", "UpdateJobExecution"): 1,
    }
    assert contract.errors == {
        ("iot", "DeleteJob", "InvalidStateTransitionException"): 2,
        ("iot-jobs-data", "UpdateJobExecution", "InvalidRequestException"): 1,
    }


def test_every_move_of_an_execution_is_seen_in_its_row(
    contract: Contract, iot_jobs: IotJobs
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
        if after not in (Outcome.KEPT, Outcome.REFUSED)
    }
    # An event does not tell whether force was given where it was not needed.
    untold = {(Act.DELETE_EXECUTION_FORCE.value, each) for each in ("QUEUED", "finished")}
    assert {key for key, seen in contract.moves.items() if seen} == changing - untold
    assert coverage(contract)["neverSeenMoves"][0].startswith("a job")


def test_every_move_of_a_job_is_seen(contract: Contract, iot_jobs: IotJobs) -> None:
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
    assert {act for (act,), seen in contract.job_moves.items() if seen} == {
        act.value
        for act in JobAct
        if act not in (JobAct.UPDATE, JobAct.ASSOCIATE, JobAct.CANCEL_EXECUTION, JobAct.SERVE)
    }
    assert [
        sentence
        for sentence in coverage(contract)["neverSeenMoves"]
        if "job" in sentence.split()[:2]
    ] == []


def test_numbers_of_two_processes_add_up(contract: Contract, iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    iot_jobs.iot.cancel_job(jobId="update")
    both = Contract()
    for _ in range(2):
        both.add(contract.counts())
    assert both.calls == {("iot", "CreateJob"): 2, ("iot", "CancelJob"): 2}
    assert both.moves == {(Act.CANCEL_JOB.value, "QUEUED"): 2}
    assert both.job_moves == {(JobAct.CANCEL.value,): 2}
    contract.clear()
    assert coverage(contract)["summary"]["operations"]["seen"] == 0


def test_nothing_is_recorded_after_the_end(iot_jobs: IotJobs) -> None:
    contract = Contract()
    contract.start()
    contract.stop()
    iot_jobs.job("update", "lamp")
    assert not contract.calls


def test_everything_documented_is_in_the_coverage() -> None:
    found = coverage(Contract())
    documented = {
        (service, name, code)
        for service in ("iot", "iot-jobs-data")
        for name in ServiceApi.of(service).operations
        for code in ServiceApi.of(service).errors(name)
        if name != "StartCommandExecution"
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
    froms = {(move["act"], move["from"]) for move in found["executionMoves"]}
    assert (Act.TIME_OUT.value, "IN_PROGRESS") in froms
    assert (Act.TIME_OUT.value, "QUEUED") not in froms


def test_what_was_never_seen_is_said_in_sentences(contract: Contract, iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    iot_jobs.iot.delete_job_execution(jobId="update", thingName="lamp", executionNumber=1)
    iot_jobs.device.get_pending_job_executions(thingName="lamp")
    found = coverage(contract)
    assert (
        "DeleteJobExecution refused with 409 InvalidStateTransitionException"
        in found["neverSeenErrors"]
    )
    assert (
        "GetPendingJobExecutions (device) refused with 404 ResourceNotFoundException"
        in found["neverSeenErrors"]
    )
    assert "DeleteJobExecution refused with 429 ThrottlingException" in found["neverSeenFaults"]
    assert "DescribeJobExecution (device)" in found["neverCalled"]
    assert "DeleteJobExecution, the execution being QUEUED" not in found["neverSeenMoves"]
    assert "a timer runs out, the execution being IN_PROGRESS" in found["neverSeenMoves"]


def test_an_error_that_is_not_documented_is_told_of(contract: Contract, iot_jobs: IotJobs) -> None:
    contract.errors["iot", "CreateJob", "StrangeException"] += 1
    assert coverage(contract)["undocumented"] == [
        {"service": "iot", "operation": "CreateJob", "code": "StrangeException", "seen": 1}
    ]


def test_a_server_tells_what_it_saw(iot_jobs_server: ServerUrl) -> None:
    remote = RemoteMock(iot_jobs_server)
    remote.begin_coverage()
    lamp = iot_jobs_server.iot.create_thing(thingName="lamp")["thingArn"]
    iot_jobs_server.iot.create_job(jobId="update", targets=[lamp], document="{}")
    iot_jobs_server.reset()
    told = remote.ask("GET", "iot-jobs/contract")
    assert told["counts"] == {
        "calls": [["iot", "CreateJob", 1]],
        "errors": [],
        "moves": [],
        "jobMoves": [],
    }
    assert told["summary"]["operations"]["seen"] == 1
    remote.begin_coverage()
    assert remote.coverage_counts()["calls"] == []


def test_the_columns_are_those_of_the_table() -> None:
    assert [column(status) for status in ExecutionStatus] == [
        "QUEUED",
        "IN_PROGRESS",
        *["finished"] * 6,
    ]
