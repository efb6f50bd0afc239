"""Fixtures by the names that ministack's tests of Jobs ask for, of a server of ours.

Copied beside those tests as their `conftest.py`; what they import of it is here as well.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

ENDPOINT = os.environ["MINISTACK_ENDPOINT"]
_HOST = urlsplit(ENDPOINT).hostname or "127.0.0.1"

# Imported by their tests of other services, which are not run.
iot_test_ca = second_access_key = sqs_policy_allow_sns = None


def make_client(service: str, config: dict[str, Any] | None = None) -> Any:
    """Return a client of the server, whose retries do not wait."""
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(**{"retries": {"total_max_attempts": 1}, **(config or {})}),
    )


@contextlib.contextmanager
def patch_endpoint_dns() -> Iterator[None]:
    """Let names below the server's own be its address, such as `prefix-ats.iot.<region>.<host>`."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *arguments: Any, **settings: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        below = isinstance(name, str) and name.endswith(f".{_HOST}")
        return resolve(_HOST if below else host, *arguments, **settings)

    socket.getaddrinfo = resolved  # type: ignore[assignment]
    try:
        yield
    finally:
        socket.getaddrinfo = resolve


@pytest.fixture(scope="session")
def iot_client() -> Any:
    return make_client("iot")


@pytest.fixture(scope="session")
def iot_jobs_data() -> Any:
    return make_client("iot-jobs-data")


@pytest.fixture(scope="session")
def iot_data_client() -> Any:
    return make_client("iot-data")


@pytest.fixture(scope="session")
def s3() -> Any:
    return make_client("s3")


@pytest.fixture(scope="session")
def iam() -> Any:
    return make_client("iam")
