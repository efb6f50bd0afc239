"""Hosts and handlers of the data plane.

Its endpoint is the account's host of its own, or the one it shares with iot-data
(`<prefix>-ats.iot…`), where the service that a request was signed for decides.
"""

from __future__ import annotations

from typing import Any

from moto.core.base_backend import backend_lock
from moto.iotdata.urls import url_paths as iotdata_paths

from moto_iot_jobs.dispatch.http import HttpRequest
from moto_iot_jobs.dispatch.operations import Answer, in_json
from moto_iot_jobs.iot.models import find_jobs

from .responses import DataPlaneOperations

_DOMAINS = r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.(?:com\.cn|eu))(?::\d+)?"

url_bases = [
    rf"https?://[a-z0-9-]+\.jobs\.iot(?:-fips)?\.([^.]+)\.{_DOMAINS}",
    # moto's server names hosts after the signing name; no such host exists at AWS.
    r"https?://iot-jobs-data\.([^.]+)\.amazonaws\.com",
    # Account-prefixed data hosts, and the one of China; moto itself answers data.iot and
    # data-ats.iot.
    rf"https?://(?:(?!data-)[a-z0-9-]+-ats|data\.ats|a[a-z0-9]{{13}})\.iot(?:-fips)?\.([^.]+)\.{_DOMAINS}",
]

operations = DataPlaneOperations(find_jobs)

_iotdata = next(iter(iotdata_paths.values()))


def device_plane(request: Any, full_url: str, headers: Any) -> Answer:
    """Answer an operation of the data plane, or leave the request to moto's iot-data."""
    asked = HttpRequest.of(request, full_url, headers)
    answer = operations.answer(asked) if asked.signing_name != "iotdata" else None
    if answer is not None:
        return answer
    with backend_lock:
        return in_json(_iotdata, asked, request, full_url, headers)


# One path for requests of botocore and requests, one for Flask in versions of moto before 5.1.22.
url_paths = {"{0}/.*$": device_plane, "{0}/<path:route>$": device_plane}
