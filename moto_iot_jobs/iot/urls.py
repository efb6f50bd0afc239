"""Hosts and handlers of moto's iot, with Jobs in front."""

from __future__ import annotations

from functools import wraps
from typing import Any

from moto.core.base_backend import backend_lock
from moto.iot import urls as motos_urls

from moto_iot_jobs.dispatch.http import HttpRequest, HttpsTransport, Response
from moto_iot_jobs.dispatch.unmodelled import MotoHandler, respond_by_moto
from moto_iot_jobs.runtime import runtime

from .responses import operations

# What boto3 uses beside the default hosts and moto does not match: FIPS, dual-stack, and the EU
# sovereign partition.
further_url_bases = [
    r"https?://iot(?:-fips)?\.(.+)\.(?:api\.aws|api\.amazonwebservices\.(?:com\.cn|eu)|amazonaws\.eu)",
    r"https?://iot-fips\.(.+)\.amazonaws\.com",
]

transport = HttpsTransport(operations)


def before(handler: MotoHandler) -> MotoHandler:
    """Return a handler of Jobs' operations, which leaves all else to the one given."""

    @wraps(handler, assigned=())
    def control_plane(request: Any, full_url: str, headers: Any) -> Response:
        received = HttpRequest.of(request, full_url, headers)
        response = transport.respond(received)
        if response is not None:
            return response
        # Under the lock too: moto empties a backend before it starts it anew, and its own
        # operations would meet the gap.
        try:
            with backend_lock:
                return respond_by_moto(handler, received, request, full_url, headers)
        finally:
            runtime.delivery.deliver()

    return control_plane


url_bases = [*motos_urls.url_bases, *further_url_bases]
url_paths = {path: before(handler) for path, handler in motos_urls.url_paths.items()}
