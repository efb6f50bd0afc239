"""The short way of a request in process: from botocore to the operation, past moto.

moto would come to the same answer; finding out what is asked, it takes a third of a call's time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto import backend_index, settings
from moto.core.botocore_stubber import MockRawResponse
from moto.core.config import default_user_config
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]
from moto.moto_api import recorder

from moto_iot_jobs.dispatch.http import HttpRequest, HttpsTransport, Response, credential_in
from moto_iot_jobs.iot.urls import transport as control_plane
from moto_iot_jobs.iotdata.urls import SHADOW, ShadowTransport
from moto_iot_jobs.iotdata.urls import transport as shadows
from moto_iot_jobs.iotjobsdata.urls import transport as data_plane
from moto_iot_jobs.service.record import Record

from .endpoints import lead_back, lead_to_the_server

_SEEN = "_seen_by_moto_iot_jobs"


class ShortcutMixin:
    """A mixin in front of moto's handler of botocore's `before-send`.

    It responds to operations of Jobs, and leaves all else to moto.
    """

    enabled: bool

    def __call__(
        self, event_name: str, request: AWSPreparedRequest, **kwargs: Any
    ) -> AWSResponse | None:
        """Respond to a request that a client is about to send.

        None lets it go out.
        """
        # botocore calls every handler of a request: a client that was made after moto was imported
        # has moto's, and an early one that of `early_clients` too.
        seen = vars(request)
        if _SEEN in seen:
            return None
        seen[_SEEN] = True
        response = self._respond(request) if self.enabled else None
        if response is None:
            (lead_back if self.enabled else lead_to_the_server)(event_name, request)
            return super().__call__(event_name, request, **kwargs)  # type: ignore[misc]
        status, headers, body = response
        return AWSResponse(request.url, status, headers, MockRawResponse(body))

    def _respond(self, request: AWSPreparedRequest) -> Response | None:
        credential = credential_in(request)
        plane = _PLANES.get(credential.service or "")
        url = str(request.url)
        # The body of another service's request may be a file, which can be read once.
        if plane is None or plane.word not in url or _is_for_moto_alone():
            return None
        path_begins = url.find("/", len("https://"))
        if _service_of_host(url[: path_begins + 1]) not in plane.motos_names:
            return None
        return plane.transport.respond(HttpRequest.of_prepared(request, credential))


class _Plane(Record):
    motos_names: tuple[str, ...]
    transport: HttpsTransport | ShadowTransport
    # In every URL of its operations.
    word: str = ""


# By signing name.
_PLANES = {
    "iot": _Plane(("iot",), control_plane),
    "iot-jobs-data": _Plane(("iotjobsdata",), data_plane),
    # An account's own data host is one of iotjobsdata here.
    "iotdata": _Plane(("iotdata", "iotjobsdata"), shadows, SHADOW),
}


@lru_cache(maxsize=1000)
def _service_of_host(base: str) -> str | None:
    """Return which service's moto takes a host for.

    The patterns are the same whenever this is asked: ours are among them.
    """
    return next(
        (service for service, pattern in backend_index.backend_url_patterns if pattern.match(base)),
        None,
    )


def is_recording() -> bool:
    """Tell whether moto's recorder wants to see every request."""
    return bool(getattr(recorder, "_user_enabled", False))


def _is_for_moto_alone() -> bool:
    """Tell whether this mock needs moto's own way of a request.

    It may let requests through to AWS, refuse services, or check signatures by what moto makes of a
    request.
    """
    core: Any = default_user_config.get("core") or {}
    passthrough = core.get("passthrough")
    return bool(
        (passthrough and any(passthrough.values()))
        or core.get("service_whitelist") is not None
        # It checks signatures.
        or ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT
        or is_recording()
    )
