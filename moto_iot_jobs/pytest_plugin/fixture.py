"""The fixture `iot_jobs`: an empty account in a mock, with clients, makers and assertions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, overload

import pytest
from moto import settings as moto_settings
from moto.moto_api import state_manager

from moto_iot_jobs import mock_iot
from moto_iot_jobs.introspection import calls as recorded_calls
from moto_iot_jobs.introspection.calls import RecordedCall
from moto_iot_jobs.introspection.history import history
from moto_iot_jobs.introspection.snapshot import snapshot
from moto_iot_jobs.iot.endpoints import data_url
from moto_iot_jobs.iot.models import DELETION_MODEL, pace_of
from moto_iot_jobs.moto_api.client import RemoteMock
from moto_iot_jobs.runtime import mock_is_on
from moto_iot_jobs.runtime.defaults import home_account
from moto_iot_jobs.runtime.delivery import find_jobs

from . import clients
from .assertions import check_execution, check_job
from .options import Settings, fail_for_marker, region_of
from .recorder import pending_faults
from .strictness import Leftovers, find_leftovers

if TYPE_CHECKING:
    from mypy_boto3_iot import IoTClient
    from mypy_boto3_iot_jobs_data import IoTJobsDataPlaneClient

    from moto_iot_jobs.clock import Clock
    from moto_iot_jobs.faults import Faults
    from moto_iot_jobs.messages import Messages
    from moto_iot_jobs.quotas import Quotas
    from moto_iot_jobs.runtime.literals import JobExecutionStatus, JobStatus, TargetSelection


class IotJobs:
    """An empty AWS account with IoT Jobs, for one test.

    Args:
        region: its region.
        account: id of the account.

    Attributes:
        region: region of its clients by default, and of what it makes.
        account: id of the account.
    """

    def __init__(self, region: str, account: str) -> None:
        self.region = region
        self.account = account
        self._made: dict[str, Any] = {}
        self._arns: dict[str, str] = {}
        self._remote = (
            RemoteMock(moto_settings.test_server_mode_endpoint())
            if moto_settings.TEST_SERVER_MODE
            else None
        )

    @property
    def is_remote(self) -> bool:
        """Whether the mock is in another process: moto's server mode."""
        return self._remote is not None

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
        where = {}
        if self._remote is not None:
            where["endpoint_url"] = self._remote.url
        elif service == "iot-jobs-data":
            jobs = find_jobs(self.account, region or self.region)
            where["endpoint_url"] = data_url(jobs.location)
        return clients.client(service, region or self.region, **{**where, **kwargs})

    def _client(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self.client(service)
        return self._made[service]

    # Public modules, imported at first use

    @property
    def clock(self) -> Clock:
        """The mock's clock, as in `moto_iot_jobs.clock`."""
        from moto_iot_jobs.clock import clock

        return clock

    @property
    def faults(self) -> Faults:
        """Faults, as in `moto_iot_jobs.faults`."""
        from moto_iot_jobs.faults import faults

        return faults

    @property
    def quotas(self) -> Quotas:
        """Quotas, as in `moto_iot_jobs.quotas`."""
        from moto_iot_jobs.quotas import quotas

        return quotas

    @property
    def messages(self) -> Messages:
        """Messages, as in `moto_iot_jobs.messages`."""
        from moto_iot_jobs.messages import messages

        return messages

    if TYPE_CHECKING:
        # A property has the type of any module.
        from moto_iot_jobs import devices
    else:

        @property
        def devices(self) -> ModuleType:
            """The module `moto_iot_jobs.devices`."""
            return import_module("moto_iot_jobs.devices")

    # Makers

    def thing(self, name: str) -> str:
        """Create a thing and return its ARN."""
        arn: str = self.iot.create_thing(thingName=name)["thingArn"]
        self._arns[name] = arn
        return arn

    def group(self, name: str, *things: str) -> str:
        """Create a thing group and return its ARN.

        Args:
            name: its name.
            things: names of its members; those that `thing` has not made are created.
        """
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
        arns = [
            target if target.startswith("arn:") else self._arns.get(target) or self.thing(target)
            for target in targets
        ]
        text = document if isinstance(document, str) else json.dumps(document)
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

    def calls(self, operation: str | None = None, **parameters: Any) -> list[RecordedCall]:
        """Return the calls of operations of Jobs, by the test and by the code under test.

        Args:
            operation: only calls of one operation, as AWS writes it.
            parameters: only calls with these parameters, by AWS's names, such as `jobId`.

        Returns:
            The last ten thousand, oldest first, failed ones included.

        Raises:
            ValueError: Jobs has no such operation.
        """
        __tracebackhide__ = True
        found = (
            self._remote.calls(operation)
            if self._remote is not None
            else recorded_calls.calls(operation)
        )
        return [call for call in found if call.matches(parameters)]

    def state(self, **choice: Any) -> dict[str, Any]:
        """Return the state as plain data, after running the timers that are due.

        Args:
            choice: arguments of `moto_iot_jobs.introspection.snapshot.snapshot`, such as `job` and
                `executions`.
        """
        if self._remote is not None:
            return self._remote.state(**choice)
        return snapshot(settle=True, **choice)

    def find_leftovers(self) -> Leftovers:
        """Return the leftovers that strict mode reports."""
        return find_leftovers(
            self.state, self._remote.pending_faults if self._remote is not None else pending_faults
        )

    def _was_there(self, job_id: str, thing: str | None) -> bool:
        if self._remote is not None:
            return True  # a server has no history of what is deleted
        return any(
            key.job_id == job_id and thing in (None, key.thing) for key in history.executions()
        )

    def set_deletion(self, transition: Mapping[str, Any]) -> None:
        """Set the duration of deletions, as a transition of moto's state manager.

        Raises:
            ValueError: it is none of moto's transitions, or one without its number.
        """
        pace_of(transition)
        if self._remote is not None:
            self._remote.set_deletion(transition)
        else:
            state_manager.set_transition(DELETION_MODEL, dict(transition))

    def put_deletion_back(self, before: dict[str, Any]) -> None:
        """End `set_deletion`."""
        if self._remote is not None:
            self._remote.set_deletion(None)
        else:
            state_manager.set_transition(DELETION_MODEL, before)


def _enforced(quotas: Quotas, numbers: Mapping[str, Any]) -> Any:
    try:
        return quotas.enforce(**numbers)
    except ValueError as problem:
        fail_for_marker(str(problem))


@contextmanager
def account(settings: Settings) -> Iterator[IotJobs]:
    """Run a mock for a test.

    Args:
        settings: settings of the test.
    """
    region = region_of(settings)
    config: Any = {"iot_jobs": settings.configuration}
    with ExitStack() as running:
        environment = running.enter_context(pytest.MonkeyPatch.context())
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            environment.setenv(name, region)
        if settings.account is not None:
            environment.setenv("MOTO_ACCOUNT_ID", settings.account)
        if mock_is_on() and not moto_settings.TEST_SERVER_MODE:
            from .nesting import empty_account

            running.enter_context(empty_account())
        running.enter_context(mock_iot(config=config))
        history.start()
        recorded_calls.start()
        jobs = IotJobs(region, home_account())
        if settings.deletion is not None:
            before = state_manager.get_transition(DELETION_MODEL)
            jobs.set_deletion(settings.deletion)
            running.callback(jobs.put_deletion_back, before)
        if settings.quotas is not None:
            running.enter_context(_enforced(jobs.quotas, settings.quotas))
        yield jobs
