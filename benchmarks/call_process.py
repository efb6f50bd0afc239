"""A process in which full boto3 calls are timed: of plain moto, of moto with IoT Jobs, or with a
canned answer.

Run as `python -m benchmarks.call_process plain|ours|floor`; see `processes.Child`. Only `ours` ever
imports moto_iot_jobs, and `floor` does not import moto either: what it takes is botocore's own
share.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from .processes import REGION, answering
from .sampling import seconds_of

THING, JOB, COMMAND = "lamp", "update", "blink"
SERVICES = {
    "describe_job": "iot",
    "describe_job_execution": "iot",
    "list_jobs": "iot",
    "list_job_executions_for_thing": "iot",
    "delete_job_execution": "iot",
    "get_pending_job_executions": "iot-jobs-data",
    "update_job_execution": "iot-jobs-data",
    "start_command_execution": "iot-jobs-data",
}


class Calls:
    """Times calls.

    Args:
        kind: which of the three processes this is.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        if kind != "floor":
            _start(kind)
        self._clients = {name: boto3.client(name, REGION) for name in set(SERVICES.values())}
        self._canned: dict[str, Any] = {}
        self._batch = self._started = 0
        self._things: list[str] = []
        if kind == "floor":
            for client in self._clients.values():
                client.meta.events.register("before-send", self._canned_response)
        else:
            self._set_up()

    def versions(self) -> dict[str, str]:
        """Return the versions of what is measured here."""
        found = {}
        for name in ("moto", "boto3", "botocore", "moto-iot-jobs"):
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = "not installed"
        return found

    def record(self, operation: str) -> dict[str, Any]:
        """Return an operation's answer as it came over HTTP."""
        client = self._clients[SERVICES[operation]]
        kept: dict[str, Any] = {}

        def keep(response_dict: dict[str, Any], **_: Any) -> None:
            kept.update(status=response_dict["status_code"], headers=dict(response_dict["headers"]))
            kept.update(body=response_dict["body"].decode())

        client.meta.events.register("before-parse", keep)
        self._prepare(operation, 1)
        for call in self._calls(operation, 1):
            call()
        client.meta.events.unregister("before-parse", keep)
        return kept

    def can(self, operation: str, response: dict[str, Any]) -> None:
        """Answer an operation like that from now on, without sending anything."""
        self._canned[operation] = response

    def time(self, operation: str, calls: int) -> float:
        """Return the median of so many calls, in seconds."""
        self._prepare(operation, calls)
        return median(seconds_of(call) for call in self._calls(operation, calls))

    def _set_up(self) -> None:
        iot = self._clients["iot"]
        arn = iot.create_thing(thingName=THING)["thingArn"]
        iot.create_job(
            jobId=JOB,
            targets=[arn],
            document='{"firmware": "2.0"}',
            description="to the second version",
        )
        if self._kind == "ours":
            iot.create_command(commandId=COMMAND, payload={"content": b"{}"})

    def fill_with_commands(self, executions: int) -> None:
        """Put so many finished executions of the command into the store."""
        from moto_iot_jobs.commands.command import Report, StartRequest
        from moto_iot_jobs.commands.regional import commands_of
        from moto_iot_jobs.commands.states import ExecutionStatus
        from moto_iot_jobs.runtime import runtime
        from moto_iot_jobs.runtime.delivery import find_jobs

        jobs = find_jobs("123456789012", REGION)
        operations, arn, now = commands_of(jobs).executions, jobs.location.arn, runtime.clock.now()
        for number in range(executions):
            name = f"stored-{number % 1000}"
            request = StartRequest(arn("client", name), arn("command", COMMAND))
            execution = operations.start(request, now)
            report = Report(ExecutionStatus.SUCCEEDED)
            operations.report("client", name, execution.execution_id, report, now)

    def _prepare(self, operation: str, calls: int) -> None:
        """Give DeleteJobExecution something to delete: a job for as many things as there will be
        calls.
        """
        if operation != "delete_job_execution":
            return
        self._batch += 1
        names = [f"lamp-{number}" for number in range(calls)]
        if self._kind == "ours":
            iot = self._clients["iot"]
            if self._batch == 1:
                iot.create_thing_group(thingGroupName="all")
            for name in names[len(self._things) :]:
                iot.create_thing(thingName=name)
                iot.add_thing_to_thing_group(thingGroupName="all", thingName=name)
                self._things.append(name)
            arn = iot.describe_thing_group(thingGroupName="all")["thingGroupArn"]
            iot.create_job(jobId=f"batch-{self._batch}", targets=[arn], document="{}")

    def _calls(self, operation: str, calls: int) -> Iterator[Callable[[], object]]:
        method = getattr(self._clients[SERVICES[operation]], operation)
        for number in range(calls):
            arguments = self._arguments(operation, number)
            yield lambda arguments=arguments: method(**arguments)  # type: ignore[misc]

    def _arguments(self, operation: str, number: int) -> dict[str, Any]:
        if operation == "describe_job":
            return {"jobId": JOB}
        if operation == "list_jobs":
            return {"maxResults": 10}
        if operation in ("list_job_executions_for_thing", "get_pending_job_executions"):
            return {"thingName": THING}
        if operation == "delete_job_execution":
            return {
                "jobId": f"batch-{self._batch}",
                "thingName": f"lamp-{number}",
                "executionNumber": 1,
            }
        if operation == "start_command_execution":
            # A device has a hundred active executions at most.
            self._started += 1
            arn = f"arn:aws:iot:{REGION}:123456789012"
            target = f"{arn}:client/lamp-{self._started}"
            return {"targetArn": target, "commandArn": f"{arn}:command/{COMMAND}"}
        one = {"jobId": JOB, "thingName": THING}
        if operation == "update_job_execution":
            return {**one, "status": "IN_PROGRESS", "statusDetails": {"progress": str(number)}}
        return one

    def _canned_response(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        name = event_name.rpartition(".")[2]
        operation = "".join(
            f"_{letter.lower()}" if letter.isupper() else letter for letter in name
        ).lstrip("_")
        canned = self._canned[operation]
        return AWSResponse(
            request.url, canned["status"], canned["headers"], _Body(canned["body"].encode())
        )


def _start(kind: str) -> None:
    """Start the mock; moto answers only the clients that are made later than it is imported."""
    if kind == "ours":
        from moto_iot_jobs import mock_iot
        from moto_iot_jobs.introspection import calls

        mock_iot().start()
        calls.start()  # as in every test that the pytest plugin runs
    else:
        from moto import mock_aws

        mock_aws().start()


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


if __name__ == "__main__":
    answering(Calls(sys.argv[1]))
