"""`moto-iot-jobs demo`: a small fleet runs a job, and every way of deleting is tried.

Each row shows who sends a request, the request, and its response. One that differs from the
response that AWS documents fails the demo.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from .environment import check_own_mock, without_aws_settings
from .terminal import Terminal

_REGION = "eu-west-1"
_THINGS = ("lamp", "fan", "door")
_CONTROL_PLANE, _DATA_PLANE = "owner", "device"
_DELETION = "iot::job_deletion"
# Rows fit into 80 columns.
_WIDTH, _WHO, _REQUEST = 80, 6, 35


@dataclass(frozen=True)
class Step:
    """One request.

    Attributes:
        who: owner, by the control plane, or device, by the data plane.
        request: the operation and what it is about.
        documented, response: status and error code, or status and the job's status.
    """

    who: str
    request: str
    documented: str
    response: str

    @property
    def agrees(self) -> bool:
        """True if the response is the documented one."""
        return self.documented == self.response


@dataclass(frozen=True)
class Chapter:
    """Steps that belong together, under a title and a sentence about them."""

    title: str
    text: str
    steps: Callable[[], Iterator[Step]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add no options: the demo has none."""


def run(_options: argparse.Namespace) -> int:
    """Print the chapters, and return 0 if all responses were as documented, else 1."""
    from moto_iot_jobs import mock_iot

    try:
        check_own_mock("demo")
    except ValueError as problem:
        sys.stderr.write(f"moto-iot-jobs demo: {problem}\n")
        return 2
    terminal = Terminal(sys.stdout)
    steps: list[Step] = []
    with without_aws_settings(), mock_iot():
        for number, chapter in enumerate(_Demo().chapters(), 1):
            _print_heading(terminal, number, chapter)
            for step in chapter.steps():
                steps.append(step)
                _print_step(terminal, step)
            terminal.print()
    wrong = sum(not step.agrees for step in steps)
    verdict = f"{len(steps) - wrong} of {len(steps)} responses are those that AWS documents."
    terminal.print(terminal.paint(verdict, "bold", "red" if wrong else "green"))
    return 1 if wrong else 0


def _print_heading(terminal: Terminal, number: int, chapter: Chapter) -> None:
    terminal.print(terminal.paint(f"{number}. {chapter.title}", "bold"))
    for line in wrap(chapter.text, _WIDTH):
        terminal.print(terminal.paint(line, "dim"))
    terminal.print()
    header = f"{'who':{_WHO}}  {'request':{_REQUEST}}  response, as documented"
    terminal.print(terminal.paint(header, "dim"))


def _print_step(terminal: Terminal, step: Step) -> None:
    who = terminal.paint(f"{step.who:{_WHO}}", "cyan" if step.who == _CONTROL_PLANE else "magenta")
    response = terminal.paint(step.response, "green" if step.response[0] == "2" else "yellow")
    terminal.print(f"{who}  {step.request:{_REQUEST}}  {response}")
    if not step.agrees:
        problem = f"{'':{_WHO + _REQUEST + 4}}BUT AWS DOCUMENTS {step.documented}"
        terminal.print(terminal.paint(problem, "bold", "red"))


class _Demo:
    """A fleet of three things, with a client for each plane."""

    def __init__(self) -> None:
        import boto3
        from botocore.config import Config

        settings: dict[str, Any] = {
            "region_name": _REGION,
            "config": Config(retries={"total_max_attempts": 1}),
            "aws_access_key_id": "demo",
            "aws_secret_access_key": "demo",
        }
        self.iot = boto3.client("iot", **settings)
        self.data = boto3.client("iot-jobs-data", **settings)
        self.targets = [self.iot.create_thing(thingName=name)["thingArn"] for name in _THINGS]

    def chapters(self) -> Iterator[Chapter]:
        yield Chapter(
            "A job runs",
            "The job `fix` is created for three things. Two devices start it, and one"
            " reports that it is done. What has ended takes no more reports.",
            self.job_runs,
        )
        yield Chapter(
            "Executions are deleted",
            "Thing, job and number must be right. An execution in progress needs force, and its"
            " device then learns that it is gone. A job without executions left is COMPLETED.",
            self.executions_are_deleted,
        )
        yield Chapter(
            "Jobs are deleted",
            "A job that has ended can be deleted, one in progress only with force, and its id is"
            " free again afterwards.",
            self.jobs_are_deleted,
        )
        yield Chapter(
            "A deletion takes time",
            "A job is DELETION_IN_PROGRESS meanwhile, here for a minute, which the clock of the"
            " mock skips. At most ten jobs are deleted at once.",
            self.deletions_have_a_limit,
        )
        yield Chapter(
            "Faults are injected",
            "The service is throttled or unavailable as often as a test wants; nothing is deleted"
            " then.",
            self.faults_are_injected,
        )

    def job_runs(self) -> Iterator[Step]:
        yield self.create("fix")
        yield self.report("lamp", "IN_PROGRESS")
        yield self.report("lamp", "SUCCEEDED")
        yield self.report("lamp", "SUCCEEDED", "409 InvalidStateTransitionException")
        yield self.report("fan", "IN_PROGRESS")
        yield self.status("fix", "200 IN_PROGRESS")

    def executions_are_deleted(self) -> Iterator[Step]:
        yield self.delete("lamp", 2, "404 ResourceNotFoundException")
        yield self.delete("lamp", 0, "400 InvalidRequestException")
        yield self.delete("oven", 1, "404 ResourceNotFoundException")
        yield self.delete("lamp", 1, "404 ResourceNotFoundException", job="nope")
        yield self.delete("fan", 1, "409 InvalidStateTransitionException")
        yield self.delete("fan", 1, "200", force=True)
        yield self.report("fan", "SUCCEEDED", "404 ResourceNotFoundException")
        yield self.delete("lamp", 1, "200")
        yield self.delete("door", 1, "200")
        yield self.status("fix", "200 COMPLETED")

    def jobs_are_deleted(self) -> Iterator[Step]:
        yield self.delete_job("fix", "200")
        yield self.status("fix", "404 ResourceNotFoundException")
        yield self.delete_job("fix", "404 ResourceNotFoundException")
        yield self.create("fix")
        yield self.delete_job("fix", "409 InvalidStateTransitionException")
        yield self.create("fix", "409 ResourceAlreadyExistsException")
        yield self.delete_job("fix", "200", force=True)
        yield self.report("lamp", "SUCCEEDED", "404 ResourceNotFoundException")

    def deletions_have_a_limit(self) -> Iterator[Step]:
        from moto.moto_api import state_manager

        from moto_iot_jobs import clock

        for number in range(11):
            self.create(f"slow-{number}")
        state_manager.set_transition(_DELETION, {"progression": "time", "seconds": 60})
        try:
            for number in range(10):
                self.delete_job(f"slow-{number}", "200", force=True)
            yield self.status("slow-0", "200 DELETION_IN_PROGRESS")
            yield self.delete_job("slow-0", "409 InvalidStateTransitionException", force=True)
            yield self.cancel("slow-0", "400 InvalidRequestException")
            yield self.delete_job("slow-10", "410 LimitExceededException", force=True)
            yield self.status("slow-10", "200 IN_PROGRESS")
            clock.advance(seconds=60)
            yield self.status("slow-0", "404 ResourceNotFoundException")
            yield self.delete_job("slow-10", "200", force=True)
        finally:
            state_manager.unset_transition(_DELETION)

    def faults_are_injected(self) -> Iterator[Step]:
        from moto_iot_jobs import faults

        self.create("fix")
        errors: dict[Any, int] = {"ThrottlingException": 429, "ServiceUnavailableException": 503}
        for error, status in errors.items():
            with faults.inject("DeleteJobExecution", error):
                yield self.delete("lamp", 1, f"{status} {error}")
            with faults.inject("DeleteJob", error):
                yield self.delete_job("fix", f"{status} {error}", force=True)
        yield self.delete("lamp", 1, "200")

    # One request each

    def create(self, job: str, documented: str = "200") -> Step:
        members = {"jobId": job, "targets": self.targets, "document": '{"operation": "fix"}'}
        return _step(_CONTROL_PLANE, f"CreateJob {job}", documented, self.iot.create_job, **members)

    def report(self, thing: str, status: str, documented: str = "200") -> Step:
        return _step(
            _DATA_PLANE,
            f"UpdateJobExecution {thing} {status}",
            documented,
            self.data.update_job_execution,
            thingName=thing,
            jobId="fix",
            status=status,
        )

    def delete(
        self, thing: str, number: int, documented: str, *, job: str = "fix", force: bool = False
    ) -> Step:
        about = thing if job == "fix" else f"{thing} {job}"
        return _step(
            _CONTROL_PLANE,
            f"DeleteJobExecution {about} #{number}{' force' if force else ''}",
            documented,
            self.iot.delete_job_execution,
            thingName=thing,
            jobId=job,
            executionNumber=number,
            force=force,
        )

    def delete_job(self, job: str, documented: str, *, force: bool = False) -> Step:
        request = f"DeleteJob {job}{' force' if force else ''}"
        return _step(
            _CONTROL_PLANE, request, documented, self.iot.delete_job, jobId=job, force=force
        )

    def cancel(self, job: str, documented: str) -> Step:
        return _step(_CONTROL_PLANE, f"CancelJob {job}", documented, self.iot.cancel_job, jobId=job)

    def status(self, job: str, documented: str) -> Step:
        return _step(
            _CONTROL_PLANE, f"DescribeJob {job}", documented, self.iot.describe_job, jobId=job
        )


def _step(who: str, request: str, documented: str, operation: Any, **members: Any) -> Step:
    """Send a request, and keep the status of its response, and the job's or the error's code."""
    from botocore.exceptions import ClientError

    try:
        response = operation(**members)
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        shown = response.get("job", {}).get("status", "")
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        shown = error.response["Error"]["Code"]
    return Step(who, request, documented, f"{status} {shown}".rstrip())
