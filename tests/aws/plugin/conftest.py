"""Clients made once and used below whatever mock a test begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from moto_iot_jobs import deactivate

REGION = "eu-west-1"


class Clients:
    """Clients made once and used below any mock."""

    def __init__(self, session: boto3.session.Session, region: str = REGION, **kwargs: Any) -> None:
        config = Config(retries={"total_max_attempts": 1}, **kwargs)
        self.iot = session.client("iot", region_name=region, config=config)
        self.device = session.client("iot-jobs-data", region_name=region, config=config)

    def create(self, job_id: str = "j1") -> None:
        """Create a thing and a job for it."""
        arn = self.iot.create_thing(thingName="t1")["thingArn"]
        self.iot.create_job(jobId=job_id, targets=[arn], document="{}")

    def run_a_job(self, job_id: str = "j1") -> str:
        """Do what moto alone cannot: let a device finish a job; tell the job's status afterwards."""
        self.create(job_id)
        next_one = self.device.start_next_pending_job_execution(thingName="t1")["execution"]
        assert (next_one["jobId"], next_one["versionNumber"]) == (job_id, 2)
        self.device.update_job_execution(thingName="t1", jobId=job_id, status="SUCCEEDED")
        status: str = self.iot.describe_job(jobId=job_id)["job"]["status"]
        return status

    def job_ids(self) -> list[str]:
        """List the jobs there are."""
        return sorted(job["jobId"] for job in self.iot.list_jobs()["jobs"])


@pytest.fixture(autouse=True)
def activation_ends() -> Iterator[None]:
    """End what a test activated for good."""
    yield
    deactivate()


@pytest.fixture(scope="session")
def clients(boto_session: boto3.session.Session) -> Clients:
    """Clients for eu-west-1."""
    return Clients(boto_session)


@pytest.fixture(scope="session")
def clients_elsewhere(boto_session: boto3.session.Session) -> Clients:
    """Clients of the same account for us-east-1."""
    return Clients(boto_session, "us-east-1")
