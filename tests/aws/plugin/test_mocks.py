"""What becomes of jobs when mocks nest and end, when the plugin comes and goes, and in other
accounts and regions.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from moto import mock_aws

from moto_iot_jobs import activate, clock, deactivate, faults, mock_iot

if TYPE_CHECKING:
    from tests.aws.plugin.conftest import Clients

KEPT_SESSION: Any = {"core": {"reset_boto3_session": False}}


# Nesting


@pytest.mark.parametrize(
    "outer", [mock_iot, mock_aws], ids=["mock_iot outside", "mock_aws outside"]
)
@pytest.mark.parametrize("inner", [mock_iot, mock_aws], ids=["mock_iot inside", "mock_aws inside"])
def test_nested_mocks_share_one_account_until_the_outermost_ends(
    clients: Clients, outer: Any, inner: Any
) -> None:
    with outer():
        clients.create("outer")
        with inner():
            assert clients.job_ids() == ["outer"]
            clients.create("inner")
        assert clients.job_ids() == ["inner", "outer"]
    with outer():
        assert clients.job_ids() == []


@pytest.mark.parametrize(
    "outer", [mock_iot, mock_aws], ids=["mock_iot outside", "mock_aws outside"]
)
def test_a_decorated_function_called_below_a_mock_sees_its_account(
    clients: Clients, outer: Any
) -> None:
    @mock_iot
    def body() -> list[str]:
        return clients.job_ids()

    with outer():
        clients.create("outer")
        assert body() == ["outer"]
        assert clients.job_ids() == ["outer"]


def test_an_exception_in_an_inner_mock_leaves_the_outer_one_running(clients: Clients) -> None:
    with mock_aws():
        clients.create("outer")
        with contextlib.suppress(LookupError), mock_iot():
            raise LookupError
        assert clients.job_ids() == ["outer"]


def test_plain_mock_aws_has_jobs_too(clients: Clients) -> None:
    with mock_aws():
        assert clients.run_a_job() == "COMPLETED"


# Activation and its undoing


@pytest.fixture
def deactivated() -> Generator[None, None, None]:
    deactivate()
    yield
    activate()


def test_without_us_moto_is_as_it_was(clients: Clients, deactivated: None) -> None:
    with mock_aws():
        clients.create()
        shown = clients.iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]
        assert shown["executionNumber"] == 123


def test_activation_reaches_a_mock_that_is_running(clients: Clients, deactivated: None) -> None:
    with mock_aws():
        clients.iot.create_thing(thingName="t0")
        activate()
        assert clients.run_a_job() == "COMPLETED"
        assert {thing["thingName"] for thing in clients.iot.list_things()["things"]} == {"t0", "t1"}
        answer = requests.get(
            "https://data.jobs.iot.eu-west-1.amazonaws.com/things/t1/jobs", timeout=5
        )
        assert answer.json() == {"inProgressJobs": [], "queuedJobs": []}


def test_deactivation_in_a_running_mock_leaves_things_alone(clients: Clients) -> None:
    with mock_aws():
        clients.create()
        deactivate()
        try:
            assert clients.iot.describe_thing(thingName="t1")["thingName"] == "t1"
        finally:
            activate()
        assert clients.iot.describe_thing(thingName="t1")["thingName"] == "t1"
        assert clients.job_ids() == []


def test_both_may_be_done_again_and_again(clients: Clients) -> None:
    for _ in range(3):
        deactivate()
        deactivate()
        activate()
        activate()
    with mock_aws():
        assert clients.run_a_job() == "COMPLETED"


FRESH = """
import boto3
from moto import mock_aws
from moto_iot_jobs import {name}

with mock_aws():
    keys = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")
    iot = boto3.client("iot", **keys)
    arn = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[arn], document="{{}}")
    print(iot.describe_job_execution(thingName="t1", jobId="j1")["execution"]["executionNumber"])
"""


@pytest.mark.parametrize("name, number", [("faults", 1), ("mock_iot", 1), ("deactivate", 123)])
def test_importing_a_public_name_gives_plain_mock_aws_jobs(name: str, number: int) -> None:
    code = FRESH.format(name=name)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(number)), done.stderr


# Apart and forgotten


def test_regions_are_kept_apart(clients: Clients, clients_elsewhere: Clients) -> None:
    elsewhere = clients_elsewhere
    with mock_iot():
        clients.create()
        assert elsewhere.job_ids() == []
        elsewhere.create()
        clients.device.update_job_execution(thingName="t1", jobId="j1", status="FAILED")
        here, there = (one.iot.describe_job(jobId="j1")["job"] for one in (clients, elsewhere))
        assert (here["status"], there["status"]) == ("COMPLETED", "IN_PROGRESS")
        assert there["jobArn"] == "arn:aws:iot:us-east-1:123456789012:job/j1"


def test_accounts_are_kept_apart(clients: Clients, boto_session: boto3.session.Session) -> None:
    with mock_iot(config=KEPT_SESSION):
        clients.create()
        sts = boto_session.client("sts")
        role = "arn:aws:iam::111122223333:role/other"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="other")["Credentials"]
        session = boto3.session.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        )
        other = type(clients)(session)
        assert other.job_ids() == []
        other.create()
        assert (
            other.iot.describe_job(jobId="j1")["job"]["jobArn"]
            == "arn:aws:iot:eu-west-1:111122223333:job/j1"
        )
        other.device.update_job_execution(thingName="t1", jobId="j1", status="SUCCEEDED")
        assert clients.iot.describe_job(jobId="j1")["job"]["status"] == "IN_PROGRESS"


def test_everything_ends_with_the_mock(clients: Clients) -> None:
    with mock_iot():
        clients.create()
        clients.iot.create_job_template(jobTemplateId="m1", description="d", document="{}")
        clients.iot.update_event_configurations(eventConfigurations={"JOB": {"Enabled": True}})
        real = clock.now()
        clock.advance(days=3)
        faults.inject("ListJobs", "ThrottlingException", times=None)
    with mock_iot():
        assert (clock.now() - real).total_seconds() < 600
        assert clients.job_ids() == []
        assert clients.iot.list_job_templates()["jobTemplates"] == []
        assert clients.iot.describe_event_configurations()["eventConfigurations"]["JOB"] == {
            "Enabled": False
        }
        assert clients.run_a_job() == "COMPLETED"


@pytest.mark.parametrize("bent", ["clock", "faults"])
def test_what_was_bent_ends_with_a_mock_in_which_nothing_was_called(
    clients: Clients, bent: str
) -> None:
    real = clock.now()
    with mock_iot():
        if bent == "clock":
            clock.advance(days=3)
        else:
            faults.inject("ListJobs", "ThrottlingException", times=None)
    with mock_iot():
        assert (clock.now() - real).total_seconds() < 600
        assert clients.job_ids() == []


def test_motos_reset_empties_the_account_within_a_mock(clients: Clients) -> None:
    with mock_iot():
        clients.create()
        faults.inject("ListJobs", "ThrottlingException", times=None)
        real = clock.now()
        clock.advance(days=3)
        assert (
            requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=5).status_code
            == 200
        )
        assert clients.job_ids() == []
        assert (clock.now() - real).total_seconds() < 600
        assert clients.run_a_job() == "COMPLETED"
