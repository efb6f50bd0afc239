"""The host names of an account's IoT endpoints: the same on every call, as AWS's are."""

from __future__ import annotations

import re
from base64 import b32encode
from hashlib import sha256

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.configuration import endpoints_are_strict
from moto_iot_jobs.service.errors import InvalidRequest
from moto_iot_jobs.service.targets import Location
from moto_iot_jobs.wire import WireError

_JOBS = "iot:Jobs"
_HOSTS = {
    "iot:Data": "{prefix}.iot",
    "iot:Data-ATS": "{prefix}-ats.iot",
    "iot:CredentialProvider": "{prefix}.credentials.iot",
    # AWS refuses this type nowadays, as strict endpoints do; programs that still ask for it work
    # when they are given the host.
    _JOBS: "{prefix}.jobs.iot",
}

# Captured, eu-north-1, 2026-09-19.
_JOBS_ENDPOINT_ERROR = (
    "IoT Jobs and Commands APIs are now available through iot:Data-ATS endpoints instead of"
    " iot:Jobs endpoints. Please use iot:Data-ATS."
)
# aws/aws-sdk-js-v3 issue 5533; aws/aws-sdk-js issue 2146 has the exception without its text.
_NOT_OF_THE_ACCOUNT = (
    "Access Denied: Invalid endpoint. Use describe-endpoint API to get valid endpoint"
)
_HOST = re.compile(r"https?://([^/:]+)")
_OF_AWS = re.compile(r"\.(?:amazonaws\.(?:com(?:\.cn)?|eu)|api\.aws)$|\.api\.amazonwebservices\.")


def check_endpoint(url: str, location: Location) -> None:
    """Check that a data-plane request was sent to an endpoint of its account.

    Args:
        url: of the request; a server's own address is one of them, or the public one if it has
            one.
        location: of the account.

    Raises:
        WireError: AccessDeniedException, as AWS answers at other hosts.
    """
    found = _HOST.match(url)
    host = found[1] if found is not None else ""
    public = runtime.public_host
    if (
        public is not None
        and host.lower() == public.rpartition(":")[0 if ":" in public else 2].lower()
    ):
        return
    is_foreign = public is not None or _OF_AWS.search(host) is not None
    if is_foreign and host not in endpoint_addresses(location):
        raise WireError("AccessDeniedException", _NOT_OF_THE_ACCOUNT)


def endpoint_address(endpoint_type: str, location: Location) -> str:
    """Return the host of an endpoint type.

    Raises:
        InvalidRequest: there is no such type, or strict endpoints have it no more.
    """
    if endpoint_type == _JOBS and endpoints_are_strict():
        raise InvalidRequest(_JOBS_ENDPOINT_ERROR)
    return _address(endpoint_type, location)


def data_url(location: Location) -> str:
    """Return the URL at which an account's data plane responds, as AWS's does."""
    return f"https://{_address('iot:Data-ATS', location)}"


def _address(endpoint_type: str, location: Location) -> str:
    pattern = _HOSTS.get(endpoint_type)
    if pattern is None:
        raise InvalidRequest(f"Endpoint type {endpoint_type} not recognized.")
    return f"{pattern.format(prefix=_prefix(location))}.{location.region}.{_suffix(location)}"


def endpoint_addresses(location: Location) -> list[str]:
    """Return the hosts of all endpoint types."""
    return [_address(endpoint_type, location) for endpoint_type in _HOSTS]


def certificate_names(location: Location) -> list[str]:
    """Return names for a certificate of a server that takes the place of AWS in a region.

    A wildcard stands for one label. Buckets are those of virtual-hosted URLs of S3.
    """
    suffix = _suffix(location)
    regional = f"{location.region}.{suffix}"
    levels = (suffix, regional, f"iot.{regional}", f"jobs.iot.{regional}")
    return [
        *endpoint_addresses(location),
        *(f"*.{level}" for level in (*levels, f"s3.{suffix}", f"s3.{regional}")),
    ]


def _suffix(location: Location) -> str:
    return "amazonaws.com.cn" if location.partition == "aws-cn" else "amazonaws.com"


def _prefix(location: Location) -> str:
    digest = sha256(f"{location.account}/{location.region}".encode()).digest()
    # AWS's prefixes are an "a" and thirteen letters and digits. moto takes every host with "s3" in
    # it for S3.
    return "a" + b32encode(digest).decode().lower()[:13].replace("s3", "s4")
