"""What becomes of jobs when mocks nest and end, and in other accounts and regions."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from moto import mock_aws

from moto_iot_jobs import clock, faults, mock_iot

if TYPE_CHECKING:
    from tests.aws.plugin.conftest import Clients

KEPT_SESSION: Any = {"core": {"reset_boto3_session": False}}


# Nesting


@pytest.fixture(params=[mock_iot, mock_aws], ids=["mock_iot inside", "mock_aws inside"])
def inner(request: pytest.FixtureRequest) -> Any:
    """A mock to run within `mock_iot`."""
    return request.param


def test_nested_mocks_share_one_account_until_the_outermost_ends(
    clients: Clients, inner: Any
) -> None:
    with mock_iot():
        clients.create("outer")
        with inner():
            assert clients.job_ids() == ["outer"]
            clients.create("inner")
        assert clients.job_ids() == ["inner", "outer"]
    with mock_iot():
        assert clients.job_ids() == []


def test_a_decorated_function_called_below_a_mock_sees_its_account(clients: Clients) -> None:
    @mock_iot
    def body() -> list[str]:
        return clients.job_ids()

    with mock_iot():
        clients.create("outer")
        assert body() == ["outer"]
        assert clients.job_ids() == ["outer"]


def test_within_mock_aws_jobs_are_there_as_long_as_mock_iot_is(clients: Clients) -> None:
    with mock_aws():
        clients.iot.create_thing(thingName="lamp")
        with mock_iot():
            assert clients.run_a_job() == "COMPLETED"
            assert len(clients.iot.list_things()["things"]) == 2
        assert (clients.job_ids(), len(clients.iot.list_things()["things"])) == ([], 2)
        with mock_iot():
            assert clients.job_ids() == ["j1"]
    with mock_aws(), mock_iot():
        assert clients.job_ids() == []


def test_an_exception_in_an_inner_mock_leaves_the_outer_one_running(clients: Clients) -> None:
    with mock_iot():
        clients.create("outer")
        with contextlib.suppress(LookupError), mock_iot():
            raise LookupError
        assert clients.job_ids() == ["outer"]


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
    with mock_iot():
        real = clock.now()
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
