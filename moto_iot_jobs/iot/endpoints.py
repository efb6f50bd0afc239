"""The host names of an account's IoT endpoints: the same on every call, as AWS's are."""

from __future__ import annotations

from base64 import b32encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from moto.core.config import default_user_config

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.targets import Location

_HOSTS = {
    "iot:Data": "{prefix}.iot",
    "iot:Data-ATS": "{prefix}-ats.iot",
    "iot:CredentialProvider": "{prefix}.credentials.iot",
    # AWS refuses this type nowadays; programs that still ask for it work when they are given the
    # host.
    "iot:Jobs": "{prefix}.jobs.iot",
}


def endpoint_address(endpoint_type: str, location: Location) -> str:
    """Return the host of an endpoint type.

    Raises:
        InvalidRequest: there is no such type.
    """
    pattern = _HOSTS.get(endpoint_type)
    if pattern is None:
        raise InvalidRequest(f"Endpoint type {endpoint_type} not recognized.")
    suffix = "amazonaws.com.cn" if location.partition == "aws-cn" else "amazonaws.com"
    return f"{pattern.format(prefix=_prefix(location))}.{location.region}.{suffix}"


def are_strict() -> bool:
    """Tell whether endpoints are as strict as AWS's: by a mock's configuration, or a server's."""
    settings: Any = default_user_config.get("iot_jobs") or {}
    return runtime.strict_endpoints or settings.get("endpoints") == "strict"


def is_data_endpoint(url: str, location: Location) -> bool:
    """Tell whether a URL is at an address that DescribeEndpoint gives for devices' operations."""
    host = urlsplit(url).netloc.lower()
    if host == (runtime.public_host or "").lower():
        return True
    kinds = ("iot:Data", "iot:Data-ATS", "iot:Jobs")
    return host.partition(":")[0] in {endpoint_address(kind, location) for kind in kinds}


def endpoint_addresses(location: Location) -> list[str]:
    """Return the hosts of all endpoint types."""
    return [endpoint_address(endpoint_type, location) for endpoint_type in _HOSTS]


def _prefix(location: Location) -> str:
    digest = sha256(f"{location.account}/{location.region}".encode()).digest()
    # AWS's prefixes are an "a" and thirteen letters and digits. moto takes every host with "s3" in
    # it for S3.
    return "a" + b32encode(digest).decode().lower()[:13].replace("s3", "s4")
