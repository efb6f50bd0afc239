"""Hosts and handlers of the data plane.

Its endpoint is the account's host of its own, or the one it shares with iot-data
(`<prefix>-ats.iot…`), where the service that a request was signed for decides.
"""

from __future__ import annotations

from typing import Any

from moto.core.base_backend import backend_lock
from moto.iotdata.urls import url_paths as iotdata_paths

from moto_iot_jobs.dispatch.http import HttpRequest
from moto_iot_jobs.dispatch.https import HttpsTransport, Response, respond_by_moto
from moto_iot_jobs.runtime import runtime

from .responses import operations

_DOMAINS = r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.(?:com\.cn|eu))(?::\d+)?"

url_bases = [
    rf"https?://[a-z0-9-]+\.jobs\.iot(?:-fips)?\.([^.]+)\.{_DOMAINS}",
    # moto's server names hosts after the signing name; no such host exists at AWS.
    r"https?://iot-jobs-data\.([^.]+)\.amazonaws\.com",
    # Account-prefixed data hosts, and the one of China; moto itself answers data.iot and
    # data-ats.iot.
    rf"https?://(?:(?!data-)[a-z0-9-]+-ats|data\.ats|a[a-z0-9]{{13}})\.iot(?:-fips)?\.([^.]+)\.{_DOMAINS}",
]

transport = HttpsTransport(operations)

_iotdata = next(iter(iotdata_paths.values()))


def data_plane(request: Any, full_url: str, headers: Any) -> Response:
    """Respond to an operation of the data plane, or leave the request to moto's iot-data."""
    received = HttpRequest.of(request, full_url, headers)
    response = transport.respond(received) if received.signing_name != "iotdata" else None
    if response is not None:
        return response
    try:
        with backend_lock:
            return respond_by_moto(_iotdata, received, request, full_url, headers)
    finally:
        runtime.delivery.deliver()


# One path for requests of botocore and requests, one for Flask in versions of moto before 5.1.22.
url_paths = {"{0}/.*$": data_plane, "{0}/<path:route>$": data_plane}
