"""The hosts on which the two planes answer: default, FIPS, dual-stack, China, and those of an
account.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from moto_iot_jobs import mock_iot
from moto_iot_jobs.runtime import runtime

ONE_ATTEMPT = {"retries": {"total_max_attempts": 1}}


@pytest.fixture(autouse=True)
def mocked() -> Iterator[None]:
    with mock_iot(config={"core": {"reset_boto3_session": False}}):
        yield


def host_of(client: Any) -> str:
    return str(client.meta.endpoint_url).removeprefix("https://")


def prepare(iot: Any) -> None:
    arn = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[arn], document="{}")


def run(device: Any) -> None:
    """Let the device do all it can: the operations differ in how their paths are written."""
    assert device.get_pending_job_executions(thingName="t1")["queuedJobs"][0]["jobId"] == "j1"
    assert (
        device.describe_job_execution(thingName="t1", jobId="$next")["execution"]["status"]
        == "QUEUED"
    )
    assert (
        device.start_next_pending_job_execution(thingName="t1")["execution"]["status"]
        == "IN_PROGRESS"
    )
    device.update_job_execution(thingName="t1", jobId="j1", status="SUCCEEDED")


VARIANTS: list[tuple[str, dict[str, bool], str, str]] = [
    ("eu-west-1", {}, "iot.eu-west-1.amazonaws.com", "data.jobs.iot.eu-west-1.amazonaws.com"),
    (
        "us-east-1",
        {"use_fips_endpoint": True},
        "iot-fips.us-east-1.amazonaws.com",
        "data.jobs.iot-fips.us-east-1.amazonaws.com",
    ),
    (
        "eu-west-1",
        {"use_dualstack_endpoint": True},
        "iot.eu-west-1.api.aws",
        "data.jobs.iot.eu-west-1.api.aws",
    ),
    (
        "us-east-1",
        {"use_dualstack_endpoint": True, "use_fips_endpoint": True},
        "iot-fips.us-east-1.api.aws",
        "data.jobs.iot-fips.us-east-1.api.aws",
    ),
    (
        "cn-north-1",
        {},
        "iot.cn-north-1.amazonaws.com.cn",
        "data.jobs.iot.cn-north-1.amazonaws.com.cn",
    ),
    (
        "cn-north-1",
        {"use_dualstack_endpoint": True},
        "iot.cn-north-1.api.amazonwebservices.com.cn",
        "data.jobs.iot.cn-north-1.api.amazonwebservices.com.cn",
    ),
    (
        "us-gov-west-1",
        {},
        "iot.us-gov-west-1.amazonaws.com",
        "data.jobs.iot.us-gov-west-1.amazonaws.com",
    ),
    (
        "il-central-1",
        {},
        "iot.il-central-1.amazonaws.com",
        "data.jobs.iot.il-central-1.amazonaws.com",
    ),
]


@pytest.mark.parametrize(
    "region, variant, owner_host, device_host", VARIANTS, ids=[row[2] for row in VARIANTS]
)
def test_both_planes_respond_on_the_hosts_that_boto3_uses(
    boto_session: boto3.session.Session,
    region: str,
    variant: dict[str, bool],
    owner_host: str,
    device_host: str,
) -> None:
    known = [
        boto_session.get_available_regions("iot", partition)
        for partition in boto_session.get_available_partitions()
    ]
    if not any(region in regions for regions in known):
        pytest.skip(f"this boto3 knows no iot in {region}, and so neither does moto")
    config = Config(**ONE_ATTEMPT, **variant)
    iot = boto_session.client("iot", region_name=region, config=config)
    device = boto_session.client("iot-jobs-data", region_name=region, config=config)
    assert (host_of(iot), host_of(device)) == (owner_host, device_host)
    prepare(iot)
    run(device)
    job = iot.describe_job(jobId="j1")["job"]
    assert job["status"] == "COMPLETED"
    partition = iot.describe_thing(thingName="t1")["thingArn"].split(":")[1]
    assert job["jobArn"] == f"arn:{partition}:iot:{region}:123456789012:job/j1"


@pytest.fixture
def iot(boto_session: boto3.session.Session) -> Any:
    return boto_session.client("iot", region_name="eu-west-1", config=Config(**ONE_ATTEMPT))


@pytest.mark.parametrize(
    "host",
    [
        "abcdefghij1234.jobs.iot.eu-west-1.amazonaws.com",
        "abcs3ghij1234x.jobs.iot.eu-west-1.amazonaws.com",
        "abcdefghij1234-ats.iot.eu-west-1.amazonaws.com",
        "as3defghij1234-ats.iot.eu-west-1.amazonaws.com",
        "abcdefghij1234.jobs.iot.eu-west-1.amazonaws.com:8443",
    ],
)
def test_devices_reach_the_mock_on_the_hosts_of_an_account(
    boto_session: boto3.session.Session, iot: Any, host: str
) -> None:
    prepare(iot)
    url = f"https://{host}"
    run(
        boto_session.client(
            "iot-jobs-data", region_name="eu-west-1", endpoint_url=url, config=Config(**ONE_ATTEMPT)
        )
    )
    assert iot.describe_job(jobId="j1")["job"]["status"] == "COMPLETED"


@pytest.mark.parametrize("kind", ["iot:Jobs", "iot:Data-ATS"])
def test_devices_reach_the_mock_on_the_host_of_describe_endpoint(
    boto_session: boto3.session.Session, iot: Any, kind: str
) -> None:
    prepare(iot)
    url = "https://" + iot.describe_endpoint(endpointType=kind)["endpointAddress"]
    run(
        boto_session.client(
            "iot-jobs-data", region_name="eu-west-1", endpoint_url=url, config=Config(**ONE_ATTEMPT)
        )
    )


def test_shadows_share_the_accounts_host_with_jobs(
    boto_session: boto3.session.Session, iot: Any
) -> None:
    prepare(iot)
    url = "https://" + iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    shadows = boto_session.client(
        "iot-data", region_name="eu-west-1", endpoint_url=url, config=Config(**ONE_ATTEMPT)
    )
    shadows.update_thing_shadow(thingName="t1", payload=b'{"state": {"desired": {"on": true}}}')
    assert b'"on"' in shadows.get_thing_shadow(thingName="t1")["payload"].read()


def test_a_program_without_botocore_gets_a_response_too(iot: Any) -> None:
    prepare(iot)
    response = requests.get(
        "https://data.jobs.iot.eu-west-1.amazonaws.com/things/t1/jobs/$next", timeout=5
    )
    assert response.json()["execution"]["jobId"] == "j1"
    assert not runtime.delivery.is_serving


def test_two_regions_have_different_endpoints(
    boto_session: boto3.session.Session, iot: Any
) -> None:
    elsewhere = boto_session.client("iot", region_name="us-east-1", config=Config(**ONE_ATTEMPT))
    here = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    there = elsewhere.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    assert here.endswith(".iot.eu-west-1.amazonaws.com")
    assert there.endswith(".iot.us-east-1.amazonaws.com")
