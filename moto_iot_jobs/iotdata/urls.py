"""Hosts and handlers of moto's `iot-data`, with the shadows' handler in front.

What is asked of shadows is imported when it is.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from moto.iotdata import urls as motos_urls
from moto.iotdata.models import iotdata_backends

from moto_iot_jobs.dispatch.http import HttpRequest, HttpsTransport, Response
from moto_iot_jobs.dispatch.unmodelled import MotoHandler
from moto_iot_jobs.runtime.neighbour_state import StateRequest
from moto_iot_jobs.runtime.topic_services import TopicService
from moto_iot_jobs.wire import Call

# In every URL and topic of shadows.
SHADOW = "/shadow"


class ShadowTransport:
    """The transport of shadows over HTTPS, which is imported with the first request to one."""

    #: The service, as botocore names it.
    service = "iot-data"

    def route(self, method: str, raw_path: str) -> Call | None:
        """Return the operation on shadows that a request line names.

        None if it names none.
        """
        return _transport().route(method, raw_path) if SHADOW in raw_path else None

    def respond(self, request: HttpRequest, routed: Call | None = None) -> Response | None:
        """Respond to a request.

        None when it is not for an operation on shadows.

        Args:
            request: the request.
            routed: what `route` returned for it, where the caller has asked.
        """
        return _transport().respond(request, routed) if SHADOW in request.raw_path else None


def _transport() -> HttpsTransport:
    from moto_iot_jobs.shadows.http import transport

    return transport


transport = ShadowTransport()


def _knows(topic: str) -> bool:
    if SHADOW not in topic:
        return False
    from moto_iot_jobs.shadows.topics import parse_request

    return parse_request(topic) is not None


def _respond(
    account: str, region: str, topic: str, payload: bytes, server_url: str | None, connection: str
) -> Any:
    from moto_iot_jobs.shadows.mqtt import respond

    return respond(account, region, topic, payload, server_url, connection)


#: Shadows over MQTT.
shadow_topics = TopicService(
    _knows, _respond, is_private=False, publishes=("$aws/things/+/shadow/#",)
)


def shadows_shown(request: StateRequest) -> list[dict[str, Any]]:
    """Return the shadows that changed last, for snapshots."""
    found = [
        {"account": account, "region": region, **shown}
        for account, backends in iotdata_backends.items()
        if request.account in (None, account)
        for region, backend in backends.items()
        if request.region in (None, region) and "iot_shadows" in vars(backend)
        for shown in _shadows(account, region).shown(request.thing, request.most)
    ]
    found.sort(key=lambda shown: shown["changes"][-1]["at"], reverse=True)
    return found[: request.most]


def thing_created(account: str, region: str, thing: Any) -> None:
    """Give a new thing the shadows of its name: the receiver of `Runtime.thing_created`."""
    if "iot_shadows" in vars(iotdata_backends[account][region]):
        _store(account, region).thing_created(thing)


def thing_deleted(account: str, region: str, thing: Any) -> None:
    """Keep a thing's shadows: the receiver of `Runtime.thing_deleted`."""
    if thing.thing_shadows:
        _store(account, region).thing_deleted(thing)


def _store(account: str, region: str) -> Any:
    return _shadows(account, region).store


def _shadows(account: str, region: str) -> Any:
    from moto_iot_jobs.shadows.shadows import find_shadows

    return find_shadows(account, region)


def before(handler: MotoHandler) -> MotoHandler:
    """Return a handler of requests to shadows that leaves all else to the one given."""

    @wraps(handler, assigned=())
    def shadows_first(request: Any, full_url: str, headers: Any) -> Response:
        response = None
        if SHADOW in full_url:
            response = transport.respond(HttpRequest.of(request, full_url, headers))
        return handler(request, full_url, headers) if response is None else response

    return shadows_first


url_bases = motos_urls.url_bases
url_paths = {path: before(handler) for path, handler in motos_urls.url_paths.items()}
