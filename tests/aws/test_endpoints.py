"""Endpoints as strict as AWS's, and lenient ones, which are the default."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from moto_iot_jobs import mock_iot

REGION = "eu-west-1"
STRICT: Any = {"iot_jobs": {"endpoints": "strict"}}


def client(name: str, **options: Any) -> Any:
    return boto3.client(name, region_name=REGION, **options)


def endpoint(kind: str) -> str:
    return str(client("iot").describe_endpoint(endpointType=kind)["endpointAddress"])


def test_by_default_every_address_answers() -> None:
    with mock_iot():
        client("iot").create_thing(thingName="lamp")
        own = client("iot-jobs-data", endpoint_url=f"https://{endpoint('iot:Jobs')}")
        for device in (client("iot-jobs-data"), own):
            assert device.get_pending_job_executions(thingName="lamp")["queuedJobs"] == []


def test_strict_endpoints_refuse_a_client_that_was_not_given_the_accounts_own() -> None:
    with mock_iot(config=STRICT):
        client("iot").create_thing(thingName="lamp")
        with pytest.raises(ClientError, match="Invalid endpoint") as told:
            client("iot-jobs-data").get_pending_job_executions(thingName="lamp")
        assert told.value.response["Error"]["Code"] == "AccessDeniedException"
        own = client("iot-jobs-data", endpoint_url=f"https://{endpoint('iot:Data-ATS')}")
        assert own.get_pending_job_executions(thingName="lamp")["queuedJobs"] == []


def test_strict_endpoints_have_none_for_jobs() -> None:
    with mock_iot(config=STRICT):
        with pytest.raises(ClientError, match="Please use iot:Data-ATS") as told:
            endpoint("iot:Jobs")
        assert told.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_word_that_is_no_setting_is_refused() -> None:
    strange: Any = {"iot_jobs": {"endpoints": "loose"}}
    with pytest.raises(ValueError, match='"lenient" or "strict"'):
        mock_iot(config=strange)
