"""The `conftest.py` of ministack's tests, whose own is not in its source release.

tests/acceptance/test_ministack.py puts it beside them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from unittest import mock

import boto3
import pytest
from botocore.config import Config


def make_client(service: str, config: dict[str, Any] | None = None) -> Any:
    """A client of the server."""
    return boto3.client(
        service,
        endpoint_url=os.environ["MINISTACK_ENDPOINT"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
        config=Config(retries={"mode": "standard"}, **(config or {})),
    )


def _fixture(service: str) -> Callable[[], Any]:
    @pytest.fixture(scope="session")
    def client() -> Any:
        return make_client(service)

    return client


iot_client = _fixture("iot")
iot_data_client = _fixture("iot-data")
iot_jobs_data = _fixture("iot-jobs-data")
iam = _fixture("iam")
s3 = _fixture("s3")


@contextmanager
def patch_endpoint_dns() -> Iterator[None]:
    """Within the block, `prefix-ats.iot.us-east-1.<address of the server>` is the server."""
    find = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        is_endpoint = isinstance(host, str) and host.startswith("prefix-ats.iot.")
        return find("127.0.0.1" if is_endpoint else host, *arguments, **options)

    with mock.patch.object(socket, "getaddrinfo", getaddrinfo):
        yield


def _missing(*_arguments: object) -> NoReturn:
    raise NotImplementedError("no test of jobs needs it")


iot_test_ca = second_access_key = sqs_policy_allow_sns = _missing
