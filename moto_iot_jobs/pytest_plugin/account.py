"""An account with IoT Jobs as tests use it, in this process or at a server."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypedDict, overload

from moto_iot_jobs.moto_api.json_texts import json_text
from moto_iot_jobs.service.suggestions import suggestion

from .assertions import check_execution, check_job
from .clients import client, kept_client

if TYPE_CHECKING:
    from mypy_boto3_iot import IoTClient
    from mypy_boto3_iot_jobs_data import IoTJobsDataPlaneClient
    from typing_extensions import Unpack

    from moto_iot_jobs.clock import Clock
    from moto_iot_jobs.faults import Faults
    from moto_iot_jobs.introspection.calls import RecordedCall
    from moto_iot_jobs.messages import Messages
    from moto_iot_jobs.moto_api.client import LocalMock, RemoteMock
    from moto_iot_jobs.quotas import Quotas
    from moto_iot_jobs.runtime.literals import (
        JobExecutionStatus,
        JobStatus,
        Operation,
        TargetSelection,
    )


class StateChoice(TypedDict, total=False):
    """Arguments of `state`: how many, and of what."""

    jobs: int
    executions: int
    messages: int
    calls: int
    shadows: int
    packages: int
    commands: int
    account: str
    region: str
    job: str
    status: JobExecutionStatus
    thing: str
    jobs_below: int
    executions_below: int


class JobsAccount:
    """Clients, makers, assertions, and control of the mock.

    Attributes:
        region: region of the clients by default, and of what is made.
        account: id of the account.
    """

    __slots__ = ()

    region: str
    account: str
    # Kept by the subclasses: `str` has no place for more than slots.
    _arns: dict[str, str]
    _clients: dict[tuple[str, str], Any]

    def _reach(self, function: str = "This") -> LocalMock | RemoteMock:
        """Return the mock.

        Args:
            function: the public function that needs it, for messages.
        """
        raise NotImplementedError

    @property
    def _endpoint_url(self) -> str | None:
        """URL of the server of the mock, or None in process."""
        raise NotImplementedError

    def _url_of(self, service: str, region: str) -> str | None:  # noqa: ARG002
        """Return the URL of a service, or None for the one that boto3 knows."""
        return self._endpoint_url

    def _was_there(self, job_id: str, thing: str | None) -> bool:
        """Return whether a job, or a thing's execution of it, has ever existed."""
        raise NotImplementedError

    # Clients

    @property
    def iot(self) -> IoTClient:
        """The boto3 client of the control plane."""
        return self._client("iot")

    @property
    def device(self) -> IoTJobsDataPlaneClient:
        """The boto3 client of the data plane, `iot-jobs-data`."""
        return self._client("iot-jobs-data")

    @overload
    def client(
        self, service: Literal["iot"], region: str | None = None, **kwargs: Any
    ) -> IoTClient: ...
    @overload
    def client(
        self, service: Literal["iot-jobs-data"], region: str | None = None, **kwargs: Any
    ) -> IoTJobsDataPlaneClient: ...
    @overload
    def client(self, service: str, region: str | None = None, **kwargs: Any) -> Any: ...
    def client(self, service: str, region: str | None = None, **kwargs: Any) -> Any:
        """Return a new boto3 client.

        Args:
            service: as boto3 names it.
            region: its region; that of the test by default.
            kwargs: other arguments of `boto3.client`.
        """
        url = self._url_of(service, region or self.region)
        where = {"endpoint_url": url} if url is not None else {}
        return client(service, region or self.region, **{**where, **kwargs})

    def _client(self, service: str) -> Any:
        key = service, self.region
        if key not in self._clients:
            self._clients[key] = kept_client(service, self.region, self._url_of(*key))
        return self._clients[key]

    # Control of the mock; imported late, since few tests use all of it

    @property
    def clock(self) -> Clock:
        """The clock of the mock, as the module `moto_iot_jobs.clock`."""
        from moto_iot_jobs.clock import Clock

        return Clock(self._reach)

    @property
    def faults(self) -> Faults:
        """The faults of the mock, as the module `moto_iot_jobs.faults`."""
        from moto_iot_jobs.faults import Faults

        return Faults(self._reach)

    @property
    def quotas(self) -> Quotas:
        """The quotas of the mock, as the module `moto_iot_jobs.quotas`."""
        from moto_iot_jobs.quotas import Quotas

        return Quotas(self._reach)

    @property
    def messages(self) -> Messages:
        """The messages of the mock, as the module `moto_iot_jobs.messages`."""
        from moto_iot_jobs.messages import Messages

        return Messages(self._reach)

    # Makers

    def thing(self, name: str) -> str:
        """Create a thing and return its ARN."""
        __tracebackhide__ = True
        arn: str = self.iot.create_thing(thingName=name)["thingArn"]
        self._arns[name] = arn
        return arn

    def group(self, name: str, *things: str) -> str:
        """Create a thing group and return its ARN.

        Args:
            name: its name.
            things: names of its members; those that `thing` has not made are created.
        """
        __tracebackhide__ = True
        arn: str = self.iot.create_thing_group(thingGroupName=name)["thingGroupArn"]
        self._arns[name] = arn
        for thing in things:
            if thing not in self._arns:
                self.thing(thing)
            self.iot.add_thing_to_thing_group(thingGroupName=name, thingName=thing)
        return arn

    def job(
        self, job_id: str, *targets: str, document: str | Mapping[str, Any] = "{}", **settings: Any
    ) -> str:
        """Create a job and return its id.

        Args:
            job_id: its id.
            targets: names of things and groups that `thing` and `group` made, or ARNs. New things
                are created.
            document: the job document.
            settings: other members of CreateJob, by AWS's names, such as `timeoutConfig`.
        """
        __tracebackhide__ = True
        arns = [
            target if target.startswith("arn:") else self._arns.get(target) or self.thing(target)
            for target in targets
        ]
        text = json_text("document", document)
        # A document comes from one place only.
        members = (
            {"document": text} if not {"documentSource", "jobTemplateArn"} & settings.keys() else {}
        )
        self.iot.create_job(jobId=job_id, targets=arns, **members, **settings)
        return job_id

    # Assertions

    def assert_job(
        self,
        job_id: str,
        status: JobStatus | Literal["DELETED"] | None = None,
        *,
        queued: int | None = None,
        in_progress: int | None = None,
        succeeded: int | None = None,
        failed: int | None = None,
        rejected: int | None = None,
        timed_out: int | None = None,
        removed: int | None = None,
        canceled: int | None = None,
        target_selection: TargetSelection | None = None,
        comment: str | None = None,
        reason_code: str | None = None,
        force_canceled: bool | None = None,
        region: str | None = None,
    ) -> None:
        """Check a job without calling any operation. What is None is not checked.

        Args:
            job_id: id of the job.
            status: its status; "DELETED" when it has existed and does no more.
            queued, in_progress, succeeded, failed, rejected, timed_out, removed, canceled: number
                of its executions with that status.
            target_selection: SNAPSHOT or CONTINUOUS.
            comment, reason_code, force_canceled: as in the response of DescribeJob.
            region: its region; that of the test by default.

        Raises:
            AssertionError: it differs. The message shows the differences and the histories of its
                executions.
            ValueError: there is no such status.
        """
        __tracebackhide__ = True
        expected = {
            "status": status,
            "target_selection": target_selection,
            "queued": queued,
            "in_progress": in_progress,
            "succeeded": succeeded,
            "failed": failed,
            "rejected": rejected,
            "timed_out": timed_out,
            "removed": removed,
            "canceled": canceled,
            "comment": comment,
            "reason_code": reason_code,
            "force_canceled": force_canceled,
        }
        check_job(
            partial(self.state, region=region or self.region), self._was_there, job_id, expected
        )

    def assert_execution(
        self,
        job_id: str,
        thing: str,
        status: JobExecutionStatus | Literal["DELETED"] | None = None,
        *,
        execution_number: int | None = None,
        version: int | None = None,
        details: Mapping[str, str] | None = None,
        region: str | None = None,
    ) -> None:
        """Check a thing's execution of a job without calling any operation.

        What is None is not checked.

        Args:
            job_id: id of the job.
            thing: name of the thing.
            status: its status; "DELETED" when it has existed and does no more.
            execution_number: its executionNumber; the newest by default.
            version: its versionNumber.
            details: all of its status details.
            region: its region; that of the test by default.

        Raises:
            AssertionError: it differs. The message shows the differences and its history.
            ValueError: there is no such status.
        """
        __tracebackhide__ = True
        look = partial(self.state, region=region or self.region)
        expected = {"status": status, "version": version, "details": details}
        check_execution(look, self._was_there, job_id, thing, execution_number, expected)

    # Observation

    def calls(self, operation: Operation | None = None, **parameters: Any) -> list[RecordedCall]:
        """Return the calls of operations of Jobs, by the test and by the code under test.

        Args:
            operation: only calls of one operation, as AWS writes it.
            parameters: only calls with these parameters, by AWS's names, such as `jobId`.

        Returns:
            The last ten thousand, oldest first, failed ones included.

        Raises:
            ValueError: Jobs has no such operation, or the operation no such parameter.
        """
        __tracebackhide__ = True
        found = self._reach("calls()").calls(operation)
        matching = [call for call in found if call.matches(parameters)]
        if parameters and not matching:
            from moto_iot_jobs.introspection.calls import check_parameters

            seen = {name for call in found for name in call.parameters}
            check_parameters(operation, parameters.keys() - seen)
        return matching

    def state(self, **choice: Unpack[StateChoice]) -> dict[str, Any]:
        """Return the state as plain data, after running the timers that are due.

        Args:
            choice: at most so many `jobs` of each account and region, `executions` of each job,
                `messages`, `calls`, `shadows`, `packages` and `commands`; only what belongs to an
                `account`, `region`, `job` or `thing`, or has a `status`; `jobs_below` and
                `executions_below` give the page after another.

        Raises:
            TypeError: there is no such choice.
            ValueError: a number is negative, or there is no such status.
        """
        __tracebackhide__ = True
        for name in choice:
            if name not in StateChoice.__annotations__:
                known = StateChoice.__annotations__
                raise TypeError(
                    f"state() has no choice {name!r}.{suggestion(name, known)} It is one of:"
                    f" {', '.join(known)}."
                )
        return self._snapshot(**choice)

    def _snapshot(self, **choice: Any) -> dict[str, Any]:
        """Return the state as plain data."""
        raise NotImplementedError
