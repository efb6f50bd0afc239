"""The fixture `iot_jobs`: an empty account in a mock, with clients, makers and assertions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import pytest
from moto import settings as moto_settings
from moto.moto_api import state_manager

from moto_iot_jobs.introspection import calls as recorded_calls
from moto_iot_jobs.introspection.history import history
from moto_iot_jobs.introspection.snapshot import snapshot
from moto_iot_jobs.iot.endpoints import data_url
from moto_iot_jobs.iot.models import DELETION_MODEL, pace_of
from moto_iot_jobs.mock import mock_iot
from moto_iot_jobs.moto_api.client import LocalMock, RemoteMock, mock
from moto_iot_jobs.runtime import mock_is_on
from moto_iot_jobs.runtime.defaults import home_account
from moto_iot_jobs.runtime.delivery import find_jobs

from .account import JobsAccount
from .options import Settings, fail_for_marker, region_of
from .recorder import pending_faults
from .strictness import Leftovers, find_leftovers

if TYPE_CHECKING:
    from moto_iot_jobs.quotas import EnforcedQuotas, Quotas

    from .devices_module import DevicesModule


class IotJobs(JobsAccount):
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
        self._clients: dict[tuple[str, str], Any] = {}
        self._arns: dict[str, str] = {}
        self._remote = (
            RemoteMock(moto_settings.test_server_mode_endpoint())
            if moto_settings.TEST_SERVER_MODE
            else None
        )

    @property
    def is_remote(self) -> bool:
        """True in moto's server mode, where the mock is in another process."""
        return self._remote is not None

    @property
    def devices(self) -> DevicesModule:
        """The module `moto_iot_jobs.devices`."""
        # Imported late: most tests simulate no devices.
        return cast("DevicesModule", import_module("moto_iot_jobs.devices"))

    def _snapshot(self, **choice: Any) -> dict[str, Any]:
        if self._remote is not None:
            return self._remote.state(**choice)
        return snapshot(settle=True, **choice)

    def _reach(self, function: str = "This") -> LocalMock | RemoteMock:
        return mock(function)

    @property
    def _endpoint_url(self) -> str | None:
        return self._remote.url if self._remote is not None else None

    def _url_of(self, service: str, region: str) -> str | None:
        # The data plane's own address in process, as at AWS.
        if self._remote is None and service == "iot-jobs-data":
            return data_url(find_jobs(self.account, region).location)
        return super()._url_of(service, region)

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


def _enforced(quotas: Quotas, numbers: Mapping[str, Any]) -> EnforcedQuotas:
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
