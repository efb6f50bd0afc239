"""The tests of this room at a real account of AWS, for people who have one: `--aws-account`.

What a test creates gets a prefix of its own on the way out, which is taken off again on the way
back: a test cannot touch anything that was there before, and everything is removed after it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from moto_iot_jobs.wire import ServiceApi
from tests.accounts import Aws

LONGEST = {
    "jobId": 64,
    "jobTemplateId": 64,
    "parentGroupName": 128,
    "thingGroupName": 128,
    "thingName": 128,
}
"""Members that name what a test creates, and how long such a name may be."""
# AWS's own templates belong to no account.
OURS_IN_ARN = re.compile(r"(arn:aws[a-z-]*:iot:[^:]*:\d{12}:(?:thing|thinggroup|job|jobtemplate)/)")
THINGS_AND_GROUPS = {
    f"{verb}{kind}"
    for verb in ("Create", "Describe", "Delete", "Update")
    for kind in ("Thing", "ThingGroup")
} | {
    "AddThingToThingGroup",
    "RemoveThingFromThingGroup",
    "ListThingsInThingGroup",
    "ListThingGroupsForThing",
}
# These are settings of the account, not things of a test's own.
ACCOUNT_WIDE = {"UpdateEventConfigurations"}
PATIENCE = 60.0
"""How long AWS may take to carry out what it accepted, in seconds."""
SOON = 10.0
"""How long a job may take to reach its first thing, in seconds; a job without things takes all of
it.
"""


class RealAccount(Aws):
    """An account of AWS, with the credentials that boto3 finds."""

    mode = "real"

    def __init__(self, account: str, region: str | None) -> None:
        session = boto3.session.Session(region_name=region)
        super().__init__(session, {})
        if session.region_name is None:
            raise pytest.UsageError("--aws-account needs a region: AWS_REGION, or the profile's.")
        self.account, self.region = account, session.region_name
        self.prefix = f"test-{uuid4().hex[:6]}-"
        self._made: list[tuple[str, str]] = []
        self._bare = self._session.client(
            "iot", config=Config(retries={"mode": "standard", "total_max_attempts": 8})
        )
        self._modelled = {
            *ServiceApi.of("iot").operations,
            *ServiceApi.of("iot-jobs-data").operations,
        }

    def check(self) -> None:
        """Stop the run if the credentials are not the named account's."""
        actual = self._session.client("sts").get_caller_identity()["Account"]
        if actual != self.account:
            pytest.exit(
                f"The credentials are those of account {actual}, not of {self.account}.",
                pytest.ExitCode.USAGE_ERROR,
            )

    def client(self, name: str, region: str | None = None, **kwargs: Any) -> Any:
        if name not in ("iot", "iot-jobs-data") or region not in (None, self.region) or kwargs:
            pytest.skip("needs another service, region or endpoint than the account's IoT")
        if (self.mode, name, self.region) not in self._clients:
            client = self._session.client(
                name,
                endpoint_url=self._endpoint(name),
                config=Config(retries={"mode": "standard", "total_max_attempts": 8}),
            )
            client.meta.events.register("provide-client-params.*.*", self._sent)
            client.meta.events.register("after-call.*.*", self._received)
            self._clients[self.mode, name, self.region] = client
        return self._clients[self.mode, name, self.region]

    def _endpoint(self, name: str) -> str | None:
        if name == "iot" or "AWS_ENDPOINT_URL" in os.environ:
            return None
        return f"https://{self._bare.describe_endpoint(endpointType='iot:Data-ATS')['endpointAddress']}"

    # On the way out and back

    def _sent(self, params: Any, model: Any, **_: Any) -> Any:
        if model.name in ACCOUNT_WIDE or model.name not in self._modelled | THINGS_AND_GROUPS:
            pytest.skip(f"{model.name} would change more than what the test made")
        return self._prefixed(params)

    def _prefixed(self, value: Any, name: str | None = None) -> Any:
        if isinstance(value, dict):
            return {key: self._prefixed(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._prefixed(each) for each in value]
        if not isinstance(value, str):
            return value
        if name in LONGEST and value and value != "$next":
            if len(value) <= LONGEST[name] < len(self.prefix + value):
                pytest.skip("the name leaves no room for a prefix")
            return self.prefix + value
        return OURS_IN_ARN.sub(rf"\g<1>{self.prefix}", value)

    def _received(self, parsed: dict[str, Any], model: Any, http_response: Any, **_: Any) -> None:
        if http_response.status_code < 300:
            self._note(model.name, parsed)
        plain = self._without_prefix(parsed)
        parsed.clear()
        parsed.update(plain)

    def _without_prefix(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self._without_prefix(key): self._without_prefix(each) for key, each in value.items()
            }
        if isinstance(value, list):
            return [self._without_prefix(each) for each in value]
        return value.replace(self.prefix, "") if isinstance(value, str) else value

    def _note(self, operation: str, parsed: dict[str, Any]) -> None:
        for made, member in (
            ("CreateThing", "thingName"),
            ("CreateThingGroup", "thingGroupName"),
            ("CreateJobTemplate", "jobTemplateId"),
            ("CreateJob", "jobId"),
        ):
            if operation == made:
                self._made.append((operation, parsed[member]))
        if operation == "CreateJob":
            wait_until(lambda: self._has_begun(parsed["jobId"]), SOON)
        if operation == "DeleteJob":
            for made, job_id in self._made:
                if made == "CreateJob":
                    wait_until(lambda job_id=job_id: not self._is_being_deleted(job_id), PATIENCE)  # type: ignore[misc]

    def _has_begun(self, job_id: str) -> bool:
        job = self._bare.describe_job(jobId=job_id)["job"]
        counts = job.get("jobProcessDetails", {})
        return job["status"] != "IN_PROGRESS" or any(
            n for name, n in counts.items() if name.startswith("numberOf")
        )

    def _is_being_deleted(self, job_id: str) -> bool:
        with suppress(self._bare.exceptions.ResourceNotFoundException):
            return bool(
                self._bare.describe_job(jobId=job_id)["job"]["status"] == "DELETION_IN_PROGRESS"
            )
        return False

    # What only a mock can do

    def http(self, method: str, path: str, service: str = "iot", **kwargs: Any) -> Any:
        pytest.skip("sends requests that no SDK has signed")

    def _advance(self, step: timedelta) -> None:
        pytest.skip("needs simulated time")

    def fault(
        self, operation: str, error: str, *, times: int | None = 1, service: str = "iot"
    ) -> None:
        pytest.skip("needs a simulated fault")

    def deletion(self, progression: str, **transition: Any) -> None:
        pytest.skip("needs a say in how long deletions take")

    # Before and afterwards

    def forget(self) -> None:
        """Start with the next test."""
        self._things.clear()
        self._jobs.clear()
        self._advanced = timedelta(0)

    def remove_all(self) -> Iterator[str]:
        """Remove what the test created, last first, and name what could not be removed."""
        remove: dict[str, Callable[[str], object]] = {
            "CreateJob": lambda name: self._bare.delete_job(jobId=name, force=True),
            "CreateJobTemplate": lambda name: self._bare.delete_job_template(jobTemplateId=name),
            "CreateThingGroup": lambda name: self._bare.delete_thing_group(thingGroupName=name),
            "CreateThing": lambda name: self._bare.delete_thing(thingName=name),
        }
        for operation, name in reversed(self._made):
            try:
                wait_until(
                    lambda operation=operation, name=name: _is_done(  # type: ignore[misc]
                        lambda: remove[operation](name)
                    ),
                    PATIENCE,
                )
                if operation == "CreateJob":
                    wait_until(lambda name=name: not self._is_being_deleted(name), PATIENCE)  # type: ignore[misc]
            except ClientError as problem:
                yield f"{operation.removeprefix('Create')} {name}: {problem}"
        self._made.clear()


def _is_done(act: Callable[[], object]) -> bool:
    try:
        act()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "LimitExceededException":  # ten jobs are being deleted already
            return False
        if code not in ("ResourceNotFoundException", "InvalidStateTransitionException"):
            raise
    return True


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds, or for so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.5)


def difference(nodeid: str, said: str) -> str:
    """A failed test as a row of docs/fidelity.md."""
    sentence = nodeid.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
    said = " ".join(said.split()).replace("|", "\\|")[:300]
    return (
        f"| {sentence} | observed at AWS on {time.strftime('%Y-%m-%d')}: {said} | as the test says"
        f" | `{nodeid}` |"
    )
