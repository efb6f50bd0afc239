"""Responses of the server.

Operations of Jobs are carried out at once, everything else by moto's application.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

from aiohttp import web
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from multidict import CIMultiDict

from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.printable import printable
from moto_iot_jobs.dispatch.auth import Credential, credential_of
from moto_iot_jobs.dispatch.http import (
    LARGEST_BODY,
    HttpRequest,
    HttpsTransport,
    Response,
    split_target,
)
from moto_iot_jobs.iot.urls import transport as control_plane
from moto_iot_jobs.iotdata.urls import ShadowTransport
from moto_iot_jobs.iotdata.urls import transport as shadows
from moto_iot_jobs.iotjobsdata.urls import transport as data_plane
from moto_iot_jobs.plugin.fast_path import is_recording
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.configuration import follows_emulators
from moto_iot_jobs.wire import Call as RoutedCall

from . import origins
from .listener import body_of, error_response
from .request_log import request_log, without_query
from .threads import Threads
from .unsigned import is_for_iot
from .websockets import MQTT_PATH, is_upgrade, serve_mqtt
from .wsgi import Gateway

logger = logging.getLogger(__name__)

Transport: TypeAlias = HttpsTransport | ShadowTransport

_TRANSPORTS: dict[str, Transport] = {
    "iot": control_plane,
    "iot-jobs-data": data_plane,
    "iotdata": shadows,
}
# Endpoints as AWS names them, below any domain: of the control plane, of the data plane, and the
# one that Jobs shares with shadows.
_HOST = re.compile(
    r"(?:(?P<control>iot(?:-fips)?)|iot-jobs-data|[a-z0-9-]+\.jobs\.iot(?:-fips)?"
    r"|(?P<shared>(?:data|data-ats|data\.ats|[a-z0-9]+-ats|a[a-z0-9]{13})\.iot(?:-fips)?))"
    r"\.[a-z]{2}(?:-[a-z]+)+-\d\.[a-z]"
)
_ACCOUNT_AS_KEY = re.compile(r"Credential=(\d{12})(?:/|%2F)")
_NO_LABELS: Mapping[str, str] = {}
# Clients name them; whose services are remembered.
_MOST_HOSTS = 1_000
# Devices ask for the same again and again. AWS has no request line that is so long.
_MOST_PATHS = 4_096
_LONGEST_REMEMBERED = 512


class _Target(NamedTuple):
    """A request as its first line and its headers describe it.

    Attributes:
        path: as it was sent.
        query: without its question mark.
        credential: of the signature in the header Authorization; None without one.
        transport: of the service; None for those that only moto knows.
        routed: the operation; None when it is none of the service.
    """

    path: str
    query: str
    credential: Credential | None
    transport: Transport | None
    routed: RoutedCall | None

    @classmethod
    def of(cls, request: web.BaseRequest) -> _Target:
        """Return what a request is for."""
        path, query = split_target(request.raw_path)
        authorization = request.headers.get("Authorization")
        credential = None if authorization is None else credential_of(authorization)
        transport = _transport_of(request, path, credential)
        routed = None if transport is None else _route(transport, request.method, path)
        return cls(path, query, credential, transport, routed)


class ServerApplication:
    """moto's server with IoT Jobs.

    Operations that this package knows are answered at once, for moto takes long to find out what a
    request is for.

    Args:
        devices: returns the endpoint for devices that open a WebSocket, starting it if it has to.
    """

    def __init__(self, devices: Callable[[], Endpoint]) -> None:
        self._threads = Threads()
        self._moto = Gateway(_Dispatcher(create_backend_app), self._threads)
        self._devices = devices

    def close(self) -> None:
        """Give the threads back."""
        self._threads.close()

    async def respond(self, request: web.BaseRequest) -> web.StreamResponse:
        """Respond to a request, and log it."""
        began = perf_counter()
        target = _Target.of(request)
        if target.path == MQTT_PATH and is_upgrade(request):
            # Not on this thread: starting an endpoint waits for it.
            return await serve_mqtt(request, await self._threads.run(self._devices))
        status: int | str = 500
        code: str | None = "InternalFailureException"
        try:
            response = None
            if target.credential is None or target.routed is None:
                response = _error_response(request, target.path)
            if response is None:
                response = await self._respond(_with_account(request), target)
            status, code = response.status, response.headers.get("x-amzn-ErrorType")
            return response
        except (ConnectionError, asyncio.CancelledError):
            status, code = "lost", None
            raise
        except web.HTTPException as error:
            status, code = error.status, None
            raise
        finally:
            if request_log.is_on:
                service, operation, labels = None, "", _NO_LABELS
                if target.transport is not None and target.routed is not None:
                    service, operation, labels = target.transport.service, *target.routed
                else:
                    operation = without_query(request.method, target.path)
                milliseconds = (perf_counter() - began) * 1000
                request_log.add(
                    request.remote or "-", service, operation, labels, status, code, milliseconds
                )

    async def _respond(self, request: web.BaseRequest, target: _Target) -> web.Response:
        """Respond to a request for an operation of a plane, or for none that is known."""
        path, query, credential, transport, routed = target
        if transport is None or routed is None or _is_for_moto_alone(request):
            return await self._by_moto(request)
        body = await body_of(request, LARGEST_BODY)
        received = HttpRequest.of_server(
            request.method,
            path,
            query,
            request.headers,
            body,
            "http" if request.get_extra_info("ssl_object") is None else "https",
            credential=credential,
            at_once=may_be_carried_out_at_once(),
        )
        response = await carry_out(transport, received, routed, self._threads)
        return await self._by_moto(request, body) if response is None else web_response(response)

    async def _by_moto(self, request: web.BaseRequest, body: bytes | None = None) -> web.Response:
        try:
            return await self._moto.pass_on(request, body)
        except (ConnectionError, web.HTTPException):
            raise
        except NotImplementedError as missing:
            return error_response(
                501,
                "NotImplementedException",
                str(missing) or "moto does not implement this operation.",
            )
        # targets that are no URLs, text that is not UTF-8, words for numbers
        except ValueError as problem:
            logger.exception("moto cannot read %s", without_query(request.method, request.raw_path))
            return error_response(
                400, "SerializationException", f"moto cannot read the request: {problem}"
            )
        except Exception as problem:
            if not isinstance(problem, _Unattributable) and _is_signed_if_at_all(request):
                raise
            logger.exception(
                "moto finds no service for %s",
                without_query(request.method, request.raw_path),
            )
            return error_response(
                400,
                "IncompleteSignatureException",
                "The request cannot be attributed to a service.",
            )


class _Unattributable(Exception):
    """The service of a request cannot be found.

    moto finds it by the signature, and fails with some that have not the form of one.
    """


class _Dispatcher(DomainDispatcherApplication):
    """moto's choice of an application, which remembers the services of hosts.

    moto lists the folder of its modules for each request.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._service_of: dict[str, str] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host in self._service_of:
            return self._service_of[host]
        service = super().get_backend_for_host(host)
        if host and service and len(self._service_of) < _MOST_HOSTS:
            self._service_of[host] = service
        return service

    def get_application(self, environ: dict[str, Any]) -> Any:
        try:
            return super().get_application(environ)
        except Exception as problem:
            raise _Unattributable from problem


def may_be_carried_out_at_once() -> bool:
    """Return whether no operation has to wait as long as a fault says.

    It is over then before a thread would have begun it.
    """
    return not runtime.faults.active()


async def carry_out(
    transport: Transport, request: HttpRequest, routed: RoutedCall, threads: Threads
) -> Response | None:
    """Respond to a request, at once if it says so.

    None when it is not for an operation of this plane.
    """
    if request.unfinished is None:
        return await threads.run(transport.respond, request, routed)
    response = transport.respond(request, routed)
    for each in request.unfinished:
        await threads.run(runtime.slices.finish, each)
    return response


def web_response(response: Response) -> web.Response:
    """Return an operation's response as the listener sends it."""
    status, headers, body = response
    return web.Response(
        status=status, headers=headers, body=body if isinstance(body, bytes) else str(body).encode()
    )


def _with_account(request: web.BaseRequest) -> web.BaseRequest:
    """Name the account to moto that an access key of twelve digits stands for, if it does."""
    if not follows_emulators():
        return request
    signature = request.headers.get("Authorization") or request.raw_path
    key = _ACCOUNT_AS_KEY.search(signature)
    if key is None:
        return request
    headers = CIMultiDict(request.headers)
    headers["x-moto-account-id"] = key[1]
    return request.clone(headers=headers)


def _route(transport: Transport, method: str, path: str) -> RoutedCall | None:
    if len(method) + len(path) > _LONGEST_REMEMBERED:
        return transport.route(method, path)
    return _remembered_route(transport, method, path)


@lru_cache(_MOST_PATHS)
def _remembered_route(transport: Transport, method: str, path: str) -> RoutedCall | None:
    return transport.route(method, path)


def _transport_of(
    request: web.BaseRequest, path: str, credential: Credential | None
) -> Transport | None:
    """Return what a request was signed for, or else what its host is the endpoint of."""
    if credential is not None:
        return _TRANSPORTS.get(credential.service or "")
    found = _HOST.match(request.headers.get("Host", ""))
    if found is None:
        return None
    if found["shared"]:
        return data_plane if data_plane.route(request.method, path) else shadows
    return control_plane if found["control"] else data_plane


def _error_response(request: web.BaseRequest, path: str) -> web.Response | None:
    """Return the error for a foreign page, and for what lacks a signature that it needs."""
    if path.startswith("/moto-api"):
        origin = request.headers.get("Origin")
        host = request.headers.get("Host", "localhost")
        if not origins.allows_host(host) or (origin is not None and not origins.allows(origin)):
            logger.warning(
                "rejected: %s of the page %s at %s",
                without_query(request.method, path),
                printable(origin or "(none)"),
                printable(host),
            )
            return error_response(
                403,
                "ForbiddenException",
                "This host or origin may not use the mock; see the option --allow-origin.",
            )
        return None
    if (
        "Authorization" not in request.headers
        and "X-Amz-" not in request.raw_path
        and _HOST.match(request.headers.get("Host", "")) is None
        and is_for_iot(request.method, path, request.headers.get("Host", ""))
    ):
        return error_response(
            403, "MissingAuthenticationTokenException", "Missing Authentication Token"
        )
    return None


def _is_for_moto_alone(request: web.BaseRequest) -> bool:
    """Browsers want CORS headers, and moto's recorder wants to see every request."""
    return "Origin" in request.headers or is_recording()


def _is_signed_if_at_all(request: web.BaseRequest) -> bool:
    authorization = request.headers.get("Authorization")
    return authorization is None or credential_of(authorization).service is not None
