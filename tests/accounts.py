"""An account to test in: everything that the ways of reaching it have in common, and two of them,
in this process and at a server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import moto.core  # noqa: F401  (clients made after this import are the ones that moto can answer)
import pytest
import requests
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import settings
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]

ACCOUNT = "123456789012"
REGION = "eu-west-1"
DOCUMENT = '{"op":"x"}'
DELETION = "iot::job_deletion"
TERMINAL = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"]
STATUSES = ["QUEUED", "IN_PROGRESS", *TERMINAL]
"""The statuses of an execution, as AWS documents them."""
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})
# With credentials of its own, so that none of the machine's get into a test.
SESSION = boto3.session.Session(
    aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
)
# Made once, because making one is slow: by URL, name and region.
_CLIENTS: dict[tuple[str | None, str, str], Any] = {}
# To the control endpoints of servers, kept because each test makes a few requests there.
_CONNECTIONS = urllib3.PoolManager()


@dataclass(frozen=True)
class ServiceError:
    """What a refused call told its caller: the message, the parsed response and the exception that
    carried it.
    """

    message: str
    response: dict[str, Any]
    exception: ClientError


class Aws:
    """What both ways of reaching the service have in common; the two subclasses say how it is
    controlled.
    """

    mode = ""
    url: str | None = None
    account = ACCOUNT
    region = REGION

    document = DOCUMENT
    """The document of jobs that are given none."""

    def __init__(
        self,
        session: boto3.session.Session | None = None,
        clients: dict[tuple[str | None, str, str], Any] | None = None,
    ) -> None:
        self._session = session or SESSION
        self._clients = _CLIENTS if clients is None else clients
        self._things: set[str] = set()
        self._jobs: set[str] = set()
        self._advanced = timedelta(0)

    # The ways in.

    @property
    def iot(self) -> Any:
        """The owner's client (control plane)."""
        return self.client("iot")

    @property
    def device(self) -> Any:
        """The device's client (HTTPS data plane)."""
        return self.client("iot-jobs-data")

    def client(self, name: str, region: str | None = None, **kwargs: Any) -> Any:
        """Give a boto3 client; one without further arguments is made once a session, because
        making it is slow.
        """
        region = region or self.region
        if kwargs:
            return self._session.client(
                name, region_name=region, **{"endpoint_url": self.url, **kwargs}
            )
        key = (self.url, name, region)
        if key not in self._clients:
            self._clients[key] = self._session.client(
                name, region_name=region, endpoint_url=self.url, config=ONE_ATTEMPT
            )
        return self._clients[key]

    def http(
        self, method: str, path: str, service: str = "iot", **kwargs: Any
    ) -> requests.Response:
        """Send a request that no SDK has tidied, credential scope included; `kwargs` are those of
        requests.
        """
        hosts = {"iot": "iot", "iot-jobs-data": "data.jobs.iot", "iot-data": "data-ats.iot"}
        host, signed_for = hosts[service], "iotdata" if service == "iot-data" else service
        base = self.url or f"https://{host}.{self.region}.amazonaws.com"
        scope = f"AKIDEXAMPLE/20260101/{self.region}/{signed_for}/aws4_request"
        headers = {
            "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
            ),
            **kwargs.pop("headers", {}),
        }
        return requests.request(method, base + path, headers=headers, timeout=30, **kwargs)

    # Things, groups and jobs.

    def arn(self, kind: str, name: str, region: str | None = None) -> str:
        """Name a `thing`, `thinggroup`, `job` or `jobtemplate` of this account."""
        return f"arn:aws:iot:{region or self.region}:{self.account}:{kind}/{name}"

    def thing(self, name: str) -> str:
        """Create a thing unless this test already did; return its ARN."""
        if name not in self._things:
            self.iot.create_thing(thingName=name)
            self._things.add(name)
        return self.arn("thing", name)

    def group(self, name: str, *things: str, parent: str | None = None) -> str:
        """Create a static group with these members, themselves created as needed; return its ARN."""
        self.iot.create_thing_group(
            thingGroupName=name, **({"parentGroupName": parent} if parent else {})
        )
        for thing in things:
            self.join(name, thing)
        return self.arn("thinggroup", name)

    def join(self, group: str, thing: str) -> None:
        """Add a thing, created as needed, to a group."""
        self.thing(thing)
        self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=thing)

    def leave(self, group: str, thing: str) -> None:
        """Take a thing out of a group."""
        self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=thing)

    def job(self, job_id: str, *targets: str, **settings: Any) -> Any:
        """Create a job for things (by name, created as needed) and ARNs; return CreateJob's answer.

        The document is the account's unless `settings` name a document, a source or a template.
        """
        if not {"document", "documentSource", "jobTemplateArn"} & settings.keys():
            settings["document"] = self.document
        arns = [target if target.startswith("arn:") else self.thing(target) for target in targets]
        response = self.iot.create_job(jobId=job_id, targets=arns, **settings)
        self._jobs.add(job_id)
        return response

    # What a device does and what an owner sees.

    def report(self, thing: str, job_id: str, status: str, **kwargs: Any) -> Any:
        """Let the device report; return UpdateJobExecution's answer."""
        return self.device.update_job_execution(
            thingName=thing, jobId=job_id, status=status, **kwargs
        )

    def execution(self, thing: str, job_id: str, number: int | None = None) -> dict[str, Any]:
        """Show an execution as its owner sees it; the newest, unless a number is given."""
        which = {} if number is None else {"executionNumber": number}
        shown: dict[str, Any] = self.iot.describe_job_execution(
            thingName=thing, jobId=job_id, **which
        )["execution"]
        return shown

    def status(self, job_id: str) -> str:
        """Tell a job's status."""
        status: str = self.iot.describe_job(jobId=job_id)["job"]["status"]
        return status

    def counters(self, job_id: str) -> dict[str, int]:
        """Tell the counters of a job that are not zero, by the middle of their names: `{"Queued":
        2}`.
        """
        details = self.iot.describe_job(jobId=job_id)["job"]["jobProcessDetails"]
        return {
            name.removeprefix("numberOf").removesuffix("Things"): number
            for name, number in details.items()
            if name.startswith("numberOf") and number
        }

    def pending(self, thing: str) -> tuple[list[str], list[str]]:
        """Tell the ids of a device's jobs in progress and of those queued, each in the order in
        which they are given.
        """
        response = self.device.get_pending_job_executions(thingName=thing)
        return [one["jobId"] for one in response["inProgressJobs"]], [
            one["jobId"] for one in response["queuedJobs"]
        ]

    def in_status(self, thing: str, job_id: str, status: str, **settings: Any) -> None:
        """Bring a queued execution into any status by the steps that lead there in an account.

        A job that this test has not created yet is created: for the thing, or, for REMOVED,
        CONTINUOUS for the group `<job_id>-members`. TIMED_OUT moves the clock by two minutes;
        REMOVED takes the thing out of the job's groups.
        """
        if job_id not in self._jobs:
            if status == "REMOVED":
                members = self.group(f"{job_id}-members", thing)
                self.job(job_id, members, targetSelection="CONTINUOUS", **settings)
            else:
                self.job(job_id, thing, **settings)
        if status in {"IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"}:
            self.report(thing, job_id, status)
        elif status == "CANCELED":
            self.iot.cancel_job_execution(thingName=thing, jobId=job_id)
        elif status == "TIMED_OUT":
            self.report(thing, job_id, "IN_PROGRESS", stepTimeoutInMinutes=1)
            self.advance(minutes=2)
        elif status == "REMOVED":
            for target in self.iot.describe_job(jobId=job_id)["job"]["targets"]:
                self.leave(target.rpartition("/")[2], thing)
        shown = self.execution(thing, job_id)["status"]
        assert shown == status, f"{thing} should have come to {status} in {job_id} but is {shown}"

    # Refusals.

    def raises(
        self, code: str, http_status: int, call: Callable[..., object], /, **kwargs: Any
    ) -> ServiceError:
        """Call a client's method with `kwargs` and insist that it is refused with this code, class
        and HTTP status.
        """
        __tracebackhide__ = True
        with pytest.raises(ClientError) as caught:
            call(**kwargs)
        error = caught.value
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == http_status, error
        modelled = getattr(getattr(call, "__self__", None), "exceptions", None)
        if modelled is not None and hasattr(modelled, code):
            assert isinstance(error, getattr(modelled, code)), (
                f"{code} came as {type(error).__name__}"
            )
        return ServiceError(error.response["Error"].get("Message", ""), error.response, error)

    # Time.

    def now(self) -> datetime:
        """Tell the service's time: the machine's plus what this test has advanced."""
        return datetime.now(timezone.utc) + self._advanced

    def advance(self, **duration: float) -> None:
        """Move the service's clock forward; the arguments are those of `timedelta`."""
        step = timedelta(**duration)
        self._advanced += step
        self._advance(step)

    def _advance(self, step: timedelta) -> None:
        raise NotImplementedError

    # Permissions.

    @contextmanager
    def authenticating(self) -> Iterator[None]:
        """Let moto check signatures and permissions from the next request on."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0.0)
            patch.setattr(ActionAuthenticatorMixin, "request_count", 0)
            yield

    # Faults, and how long deletion takes.

    def fault(
        self, operation: Any, error: Any, *, times: int | None = 1, service: Any = "iot"
    ) -> None:
        """Let the next `times` attempts of an operation fail (None: until the faults are cleared)."""
        raise NotImplementedError

    def clear_faults(self) -> None:
        """Take back the faults that are left."""
        raise NotImplementedError

    def deletion(self, progression: str, **transition: Any) -> None:
        """Say how long jobs stay in DELETION_IN_PROGRESS, in the words of moto's state manager."""
        raise NotImplementedError

    def forget_deletion(self) -> None:
        """Let deletion take as long as it does by default."""
        raise NotImplementedError


class InProcess(Aws):
    """The service inside this interpreter, below `mock_iot`."""

    mode = "in_process"

    def _advance(self, step: timedelta) -> None:
        from moto_iot_jobs import clock

        clock.advance(seconds=step.total_seconds())

    def fault(
        self, operation: Any, error: Any, *, times: int | None = 1, service: Any = "iot"
    ) -> None:
        from moto_iot_jobs import faults

        faults.inject(operation, error, times=times, service=service)

    def clear_faults(self) -> None:
        from moto_iot_jobs import faults

        faults.clear()

    def deletion(self, progression: str, **transition: Any) -> None:
        from moto.moto_api import state_manager

        state_manager.set_transition(DELETION, {"progression": progression, **transition})

    def forget_deletion(self) -> None:
        from moto.moto_api import state_manager

        state_manager.unset_transition(DELETION)


class ThroughServer(Aws):
    """The service in a process of its own, controlled over HTTP."""

    mode = "server"
    url: str

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.deletion_is_set = False
        """Whether `forget_deletion` has something to forget."""

    def reset(self) -> None:
        """Empty all accounts, and forget everything that tests have set."""
        self.control("reset")
        self.forget_deletion()
        self._things.clear()
        self._jobs.clear()
        self._advanced = timedelta(0)

    def control(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> None:
        """Send a request to the server's control endpoints, below `/moto-api/`."""
        response = _CONNECTIONS.request(
            method,
            f"{self.url}/moto-api/{path}",
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"},
            timeout=30,
        )
        assert response.status < 400, response.data

    @contextmanager
    def authenticating(self) -> Iterator[None]:
        url = f"{self.url}/moto-api/reset-auth"
        before = requests.post(url, data="0", timeout=30).json()[
            "PREVIOUS_INITIAL_NO_AUTH_ACTION_COUNT"
        ]
        try:
            yield
        finally:
            requests.post(url, data=before, timeout=30)

    def _advance(self, step: timedelta) -> None:
        self.control("iot-jobs/clock/advance", {"seconds": step.total_seconds()})

    def fault(
        self, operation: Any, error: Any, *, times: int | None = 1, service: Any = "iot"
    ) -> None:
        fault = {"operation": operation, "error": error, "times": times, "service": service}
        self.control("iot-jobs/faults", fault)

    def clear_faults(self) -> None:
        self.control("iot-jobs/faults", method="DELETE")

    def deletion(self, progression: str, **transition: Any) -> None:
        body = {"model_name": DELETION, "transition": {"progression": progression, **transition}}
        self.control("state-manager/set-transition", body)
        self.deletion_is_set = True

    def forget_deletion(self) -> None:
        self.control("state-manager/unset-transition", {"model_name": DELETION})
        self.deletion_is_set = False
