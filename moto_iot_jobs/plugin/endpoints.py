"""Requests that would lead past the mock, and the way back into it.

Two kinds would: those to an endpoint that was configured for boto3 before the mock began, and, in
moto's server mode, those of clients that `boto3.client` did not make during the mock.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigNotFound, ConfigParseError
from moto import settings
from moto.core.config import passthrough_service, passthrough_url

from moto_iot_jobs.dispatch.http import HttpRequest, credential_in
from moto_iot_jobs.service.lazy import lazy

# The services of this package: AWS's hosts, and the names of moto, by the ids in botocore's events.
_HOSTS = {"iot": "iot", "iot-jobs-data-plane": "data.jobs.iot", "iot-data-plane": "data-ats.iot"}
_MOTOS_NAMES = ("iot", "iotjobsdata", "iotdata")
_IN_FILES = tuple(name.replace("-", "_") for name in _HOSTS)

_VARIABLES = ("AWS_ENDPOINT_URL", *(f"AWS_ENDPOINT_URL_{name.upper()}" for name in _IN_FILES))
_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
}

_AT_AWS = re.compile(
    r"https?://(?P<host>[^/?]+\.(?:amazonaws\.(?:com(?:\.cn)?|eu)|api\.aws))(?P<rest>.*)", re.DOTALL
)
_BUCKET = re.compile(r"(.+)\.s3[.-]")


class ConfiguredEndpoints:
    """The endpoints that boto3 is configured to use for AWS IoT, by variables and files of AWS.

    What a test configures later is its own wish, and not among them.
    """

    def __init__(self) -> None:
        self._variables = [os.environ.get(name) for name in _VARIABLES]
        self._files = [os.environ.get(name) or default for name, default in _FILES.items()]

    def path_below(self, url: str) -> str | None:
        """Return path and query of a URL below one of the endpoints, or None for another URL."""
        for base in self._bases:
            rest = url[len(base) :]
            if url.startswith(base) and rest[:1] in ("", "/", "?"):
                return rest
        return None

    @lazy
    def _bases(self) -> list[str]:
        found = [*self._variables, *(url for file in self._files for url in _endpoints_in(file))]
        return sorted({url.rstrip("/") for url in found if url}, key=len, reverse=True)


def _endpoints_in(file: str) -> Iterator[str | None]:
    """Yield the endpoints in a configuration file, of whichever profile."""
    try:
        sections: dict[str, dict[str, Any]] = raw_config_parse(file)
    except (ConfigNotFound, ConfigParseError):
        return
    for section in sections.values():
        for settings_of_service in (section, *(section.get(name) for name in _IN_FILES)):
            if isinstance(settings_of_service, dict):
                yield settings_of_service.get("endpoint_url")


class _Mock:
    """The mock of ours that runs, or `activate`."""

    configured = ConfiguredEndpoints()
    has_server = False


def note_configured() -> None:
    """Note the endpoints that are configured now, which lead past the mocks that follow."""
    _Mock.configured = ConfiguredEndpoints()


def begin() -> None:
    """Begin a mock of ours."""
    note_configured()
    _Mock.has_server = bool(settings.TEST_SERVER_MODE)


def end() -> None:
    """End a mock of ours."""
    _Mock.has_server = False


def lead_back(event_name: str, request: AWSPreparedRequest) -> None:
    """Change the URL of a request that would lead past the mock in this process.

    Args:
        event_name: of botocore's event, which has the service.
        request: about to be sent.
    """
    path = _configured_path(event_name, request)
    if path is None or any(map(passthrough_service, _MOTOS_NAMES)):
        return
    region = HttpRequest.of_prepared(request, credential_in(request)).region
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    _redirect(request, f"https://{_HOSTS[_service_of(event_name)]}.{region}.{suffix}{path}")


def lead_to_the_server(event_name: str, request: AWSPreparedRequest) -> None:
    """Send a request that would go to AWS to the server of moto's server mode, during a mock.

    Args: as for `lead_back`.
    """
    if not _Mock.has_server:
        return
    path = _configured_path(event_name, request)
    if path is None:
        found = _AT_AWS.fullmatch(str(request.url))
        if found is None:
            return
        path = found["rest"]
        bucket = _BUCKET.match(found["host"]) if _service_of(event_name) == "s3" else None
        if bucket is not None:
            # The bucket alone has no slash at its end.
            path = f"/{bucket[1]}{path if path[1:2] not in ('', '?') else path[1:]}"
    _redirect(request, settings.test_server_mode_endpoint().rstrip("/") + path)


def _redirect(request: AWSPreparedRequest, url: str) -> None:
    request.url = url
    # Some ways of signing leave the host among the headers.
    if "host" in request.headers:
        request.headers["host"] = urlsplit(url).netloc


def _configured_path(event_name: str, request: AWSPreparedRequest) -> str | None:
    url = str(request.url)
    if _service_of(event_name) not in _HOSTS or passthrough_url(url):
        return None
    # An endpoint of AWS, such as the account's own, is one that moto knows.
    return None if _AT_AWS.fullmatch(url) else _Mock.configured.path_below(url)


def _service_of(event_name: str) -> str:
    return event_name.split(".")[1]
