"""`moto-iot-jobs demo`: a real boto3 client walks a small fleet through a job, and every way of
deleting is tried.

Each line shows a call, the answer that AWS documents for it, and the answer that came. One that
differs fails the demo.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_REGION = "eu-west-1"
_FLEET = ("thing-1", "thing-2", "thing-3")


@dataclass(frozen=True)
class Step:
    """One call and what became of it."""

    call: str
    documented: str
    answered: str

    @property
    def agrees(self) -> bool:
        """Whether the answer is the documented one."""
        return self.documented == self.answered


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The demo has no options."""


def run(_options: argparse.Namespace) -> int:
    """Run the demo, print its table, and return 0 if every answer was as documented, else 1."""
    steps = list(walk())
    width = max(len(step.call) for step in steps)
    print(f"{'call':{width}}  documented")
    for step in steps:
        print(
            f"{step.call:{width}}  {step.documented}"
            + ("" if step.agrees else f"   BUT ANSWERED {step.answered}")
        )
    wrong = sum(not step.agrees for step in steps)
    print(f"\n{len(steps) - wrong} of {len(steps)} answers as documented.")
    return 1 if wrong else 0


def walk() -> Iterator[Step]:
    """Yield the steps of the demo as they are made."""
    from moto_iot_jobs import mock_iot

    with mock_iot():
        yield from _Walk().steps()


class _Walk:
    def __init__(self) -> None:
        import boto3
        from botocore.config import Config

        once = Config(retries={"total_max_attempts": 1})
        settings: dict[str, Any] = {
            "region_name": _REGION,
            "config": once,
            "aws_access_key_id": "demo",
            "aws_secret_access_key": "demo",
        }
        self.owner = boto3.client("iot", **settings)
        self.device = boto3.client("iot-jobs-data", **settings)
        self.arns = [self.owner.create_thing(thingName=thing)["thingArn"] for thing in _FLEET]

    def steps(self) -> Iterator[Step]:
        yield from self.job_runs()
        yield from self.executions_are_deleted()
        yield from self.jobs_are_deleted()
        yield from self.deletions_have_a_limit()
        yield from self.faults_are_ordered()

    def job_runs(self) -> Iterator[Step]:
        yield self.create("update-1")
        yield self.start("thing-1", "update-1")
        yield self.report("thing-1", "update-1", "SUCCEEDED")
        yield self.report("thing-1", "update-1", "SUCCEEDED", "409 InvalidStateTransitionException")
        yield self.start("thing-2", "update-1")

    def executions_are_deleted(self) -> Iterator[Step]:
        yield self.delete("thing-1", "update-1", 2, "404 ResourceNotFoundException")
        yield self.delete("thing-1", "update-1", 0, "400 InvalidRequestException")
        yield self.delete("thing-9", "update-1", 1, "404 ResourceNotFoundException")
        yield self.delete("thing-1", "no-such-job", 1, "404 ResourceNotFoundException")
        yield self.delete("thing-2", "update-1", 1, "409 InvalidStateTransitionException")
        yield self.delete("thing-2", "update-1", 1, "200", force=True)
        yield self.report("thing-2", "update-1", "SUCCEEDED", "404 ResourceNotFoundException")
        yield self.delete("thing-1", "update-1", 1, "200")
        yield self.delete("thing-3", "update-1", 1, "200")
        yield self.status("update-1", "200 COMPLETED")

    def jobs_are_deleted(self) -> Iterator[Step]:
        yield self.delete_job("update-1", "200")
        yield self.status("update-1", "404 ResourceNotFoundException")
        yield self.delete_job("update-1", "404 ResourceNotFoundException")
        yield self.create("update-1")
        yield self.delete_job("update-1", "409 InvalidStateTransitionException")
        yield self.create("update-1", "409 ResourceAlreadyExistsException")
        yield self.delete_job("update-1", "200", force=True)
        yield self.report("thing-1", "update-1", "SUCCEEDED", "404 ResourceNotFoundException")

    def deletions_have_a_limit(self) -> Iterator[Step]:
        from moto.moto_api import state_manager

        from moto_iot_jobs import clock

        for number in range(11):
            self.create(f"slow-{number}")
        state_manager.set_transition("iot::job_deletion", {"progression": "time", "seconds": 60})
        try:
            for number in range(10):
                self.delete_job(f"slow-{number}", "200", force=True)
            yield self.status("slow-0", "200 DELETION_IN_PROGRESS")
            yield self.delete_job("slow-0", "409 InvalidStateTransitionException", force=True)
            yield self.step(
                "CancelJob slow-0",
                "400 InvalidRequestException",
                self.owner.cancel_job,
                jobId="slow-0",
            )
            yield self.delete_job("slow-10", "410 LimitExceededException", force=True)
            yield self.status("slow-10", "200 IN_PROGRESS")
            clock.advance(seconds=60)
            yield self.status("slow-0", "404 ResourceNotFoundException")
            yield self.delete_job("slow-10", "200", force=True)
        finally:
            state_manager.unset_transition("iot::job_deletion")

    def faults_are_ordered(self) -> Iterator[Step]:
        from moto_iot_jobs import faults

        self.create("update-2")
        errors: dict[Any, int] = {"ThrottlingException": 429, "ServiceUnavailableException": 503}
        for error, status in errors.items():
            with faults.inject("DeleteJobExecution", error):
                yield self.delete("thing-1", "update-2", 1, f"{status} {error}")
            with faults.inject("DeleteJob", error):
                yield self.delete_job("update-2", f"{status} {error}", force=True)
        yield self.delete("thing-1", "update-2", 1, "200")

    # One line each

    def create(self, job: str, documented: str = "200") -> Step:
        document = '{"operation": "update"}'
        return self.step(
            f"CreateJob {job}",
            documented,
            self.owner.create_job,
            jobId=job,
            targets=self.arns,
            document=document,
        )

    def start(self, thing: str, job: str) -> Step:
        return self.report(thing, job, "IN_PROGRESS")

    def report(self, thing: str, job: str, status: str, documented: str = "200") -> Step:
        return self.step(
            f"UpdateJobExecution {thing} {job} {status}",
            documented,
            self.device.update_job_execution,
            thingName=thing,
            jobId=job,
            status=status,
        )

    def delete(
        self, thing: str, job: str, number: int, documented: str, *, force: bool = False
    ) -> Step:
        return self.step(
            f"DeleteJobExecution {thing} {job} {number}{' force' if force else ''}",
            documented,
            self.owner.delete_job_execution,
            thingName=thing,
            jobId=job,
            executionNumber=number,
            force=force,
        )

    def delete_job(self, job: str, documented: str, *, force: bool = False) -> Step:
        return self.step(
            f"DeleteJob {job}{' force' if force else ''}",
            documented,
            self.owner.delete_job,
            jobId=job,
            force=force,
        )

    def status(self, job: str, documented: str) -> Step:
        return self.step(
            f"DescribeJob {job}",
            documented,
            lambda: {"shown": f"200 {self.owner.describe_job(jobId=job)['job']['status']}"},
        )

    def step(self, call: str, documented: str, operation: Any, **members: Any) -> Step:
        from botocore.exceptions import ClientError

        try:
            answer = operation(**members)
            answered = answer.get("shown") or str(answer["ResponseMetadata"]["HTTPStatusCode"])
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            answered = f"{status} {error.response['Error']['Code']}"
        return Step(call, documented, answered)
