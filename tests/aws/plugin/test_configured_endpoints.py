"""Endpoints that are configured for boto3 do not lead past a mock, and explicit ones do.

The network is blocked: what leaves the mock is an error that names the host.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from moto import mock_aws

from moto_iot_jobs import activate, mock_iot
from moto_iot_jobs.pytest_plugin import IotJobs

ELSEWHERE = "http://localhost:4566"
ONCE = Config(retries={"total_max_attempts": 1})
LEFT = "a request left the mock"

IN_A_PROFILE = f"""
[profile local]
endpoint_url = {ELSEWHERE}
aws_access_key_id = testing
aws_secret_access_key = testing
"""
IN_SERVICES = f"""
[default]
services = local
[services local]
iot =
    endpoint_url = {ELSEWHERE}
iot_jobs_data_plane =
    endpoint_url = {ELSEWHERE}
"""

Configure = Callable[[], None]
Setting = str | dict[str, str]
SETTINGS: dict[str, Setting] = {
    "AWS_ENDPOINT_URL": {"AWS_ENDPOINT_URL": ELSEWHERE},
    "below a path": {"AWS_ENDPOINT_URL": f"{ELSEWHERE}/below/"},
    "one for each plane": {
        "AWS_ENDPOINT_URL_IOT": ELSEWHERE,
        "AWS_ENDPOINT_URL_IOT_JOBS_DATA_PLANE": "https://jobs.example.com",
    },
    "the default profile": f"[default]\nendpoint_url = {ELSEWHERE}\n",
    "services of a profile": IN_SERVICES,
}


@pytest.fixture(autouse=True)
def blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*address: object, **_: object) -> None:
        raise AssertionError(f"{LEFT}: {address[0]}")

    monkeypatch.setattr(socket, "create_connection", leave)
    monkeypatch.setattr(socket, "getaddrinfo", leave)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def configure(setting: Setting, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    variables = setting
    if isinstance(setting, str):
        file = folder / "config"
        file.write_text(setting, encoding="utf-8")
        variables = {"AWS_CONFIG_FILE": str(file)}
    assert isinstance(variables, dict)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=SETTINGS)
def configured(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(SETTINGS[request.param], monkeypatch, tmp_path)


def clients(session: Any = boto3) -> tuple[Any, Any]:
    return session.client("iot", config=ONCE), session.client("iot-jobs-data", config=ONCE)


def run_a_job(iot: Any, device: Any) -> None:
    """Call operations of Jobs and of moto."""
    lamp = iot.create_thing(thingName="lamp")["thingArn"]
    iot.create_job(jobId="update", targets=[lamp], document="{}")
    started = device.start_next_pending_job_execution(thingName="lamp")["execution"]
    assert started["jobId"] == "update"
    assert [job["jobId"] for job in iot.list_jobs()["jobs"]] == ["update"]


@pytest.mark.usefixtures("configured")
def test_clients_made_within_a_mock_and_before_it_reach_the_mock() -> None:
    early = clients(boto3.Session())
    with mock_iot():
        run_a_job(*clients())
    with mock_iot():
        run_a_job(*early)


@pytest.mark.usefixtures("configured")
def test_the_clients_of_the_fixture_reach_the_mock(iot_jobs: IotJobs) -> None:
    run_a_job(iot_jobs.iot, iot_jobs.device)


@pytest.mark.usefixtures("configured")
def test_so_are_they_in_plain_mocks_after_activate() -> None:
    activate()
    with mock_aws():
        run_a_job(*clients())


def test_the_endpoint_of_another_profile_does_not_lead_out_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(IN_A_PROFILE, monkeypatch, tmp_path)
    with mock_iot():
        run_a_job(*clients(boto3.Session(profile_name="local")))


def test_the_clients_of_the_fixture_follow_no_variable_that_a_test_sets(
    iot_jobs: IotJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", ELSEWHERE)
    run_a_job(iot_jobs.iot, iot_jobs.device)
    assert iot_jobs.client("s3", config=Config(retries={"mode": "standard"})).list_buckets()


def left(call: Callable[[], object]) -> bool:
    with pytest.raises(botocore.exceptions.HTTPClientError, match=LEFT) as error:
        call()
    return "localhost" in str(error.value)


def test_an_endpoint_that_is_given_to_a_client_leads_there() -> None:
    with mock_iot():
        iot = boto3.client("iot", endpoint_url=ELSEWHERE, config=ONCE)
        assert left(iot.list_jobs)


def test_an_endpoint_that_a_test_configures_within_its_mock_leads_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mock_iot():
        monkeypatch.setenv("AWS_ENDPOINT_URL", ELSEWHERE)
        iot, _ = clients()
        assert left(iot.list_jobs)


def test_other_services_keep_their_configured_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", ELSEWHERE)
    with mock_iot():
        assert left(boto3.client("dynamodb", config=ONCE).list_tables)


def test_services_in_the_mocks_passthrough_are_passed_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", ELSEWHERE)
    with mock_iot(config={"core": {"passthrough": {"services": ["iot"]}}}):
        iot, _ = clients()
        assert left(iot.list_jobs)


def test_a_plain_mock_stays_as_moto_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", ELSEWHERE)
    with mock_iot():
        pass
    with mock_aws():
        iot, _ = clients()
        assert left(iot.list_jobs)
