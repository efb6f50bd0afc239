"""Hosts and handlers of the data plane.

Its endpoint is the account's host of its own, or the one it shares with iot-data
(`<prefix>-ats.iot…`), where the service that a request was signed for decides.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from moto.iotdata.models import iotdata_backends

from moto_iot_jobs.dispatch.http import HttpRequest, HttpsCall, HttpsTransport, Response
from moto_iot_jobs.dispatch.unmodelled import MotoHandler, respond_by_moto
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.configuration import endpoints_are_strict

from .responses import operations

_DOMAINS = (
    r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.(?:com\.cn|eu))"
    r"(?::\d+)?"
)

url_bases = [
    rf"https?://[a-z0-9-]+\.jobs\.iot(?:-fips)?\.([^.]+)\.{_DOMAINS}",
    # moto's server names hosts after the signing name; no such host exists at AWS.
    r"https?://iot-jobs-data\.([^.]+)\.amazonaws\.com",
    # Account-prefixed data hosts, and the one of China; moto itself answers data.iot and
    # data-ats.iot.
    rf"https?://(?:(?!data-)[a-z0-9-]+-ats|data\.ats|a[a-z0-9]{{13}})\.iot(?:-fips)?\.([^.]+)\.{_DOMAINS}",
]


class DataPlaneCall(HttpsCall):
    """A call over HTTPS that may have to be sent to the account's own endpoint."""

    __slots__ = ()

    def authenticate(self) -> str:
        """Return the account that moto finds, once the endpoint is checked if that is strict."""
        account = super().authenticate()
        if endpoints_are_strict():
            from moto_iot_jobs.iot.endpoints import check_endpoint

            location = self.operations.find_jobs(account, self.region).location
            check_endpoint(self.url, location)
        elif runtime.default_host_called.receivers and _is_default_host(self.url):
            runtime.default_host_called.send()
        return account


def _is_default_host(url: str) -> bool:
    """Tell whether a URL's host is the data plane's that SDKs use unless they are given one."""
    return ".jobs.iot." in url and url.partition("://")[2].startswith("data.jobs.iot")


transport = HttpsTransport(operations, DataPlaneCall)


def data_plane(request: Any, full_url: str, headers: Any) -> Response:
    """Respond to an operation of the data plane, or leave the request to moto's iot-data."""
    received = HttpRequest.of(request, full_url, headers)
    response = transport.respond(received) if received.credential.service != "iotdata" else None
    if response is not None:
        return response
    try:
        return respond_by_moto(_iot_data(), received, request, full_url, headers)
    finally:
        runtime.delivery.deliver()


def _iot_data() -> MotoHandler:
    """Return the handler of iot-data, found as moto finds it: beside the class of its backends."""
    name = iotdata_backends.backend.__module__.removesuffix("models")
    handler: MotoHandler = next(iter(import_module(f"{name}urls").url_paths.values()))
    return handler


# One path for requests of botocore and requests, one for Flask in versions of moto before 5.1.22.
url_paths = {"{0}/.*$": data_plane, "{0}/<path:route>$": data_plane}
