"""How the server answers: operations of Jobs itself, and everything else by moto's application."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from moto_iot_jobs.dispatch.http import (
    LARGEST_BODY,
    HttpRequest,
    HttpsTransport,
    Response,
    signing_name,
)
from moto_iot_jobs.iot.urls import transport as control_plane
from moto_iot_jobs.iotdata.urls import ShadowTransport
from moto_iot_jobs.iotdata.urls import transport as shadows
from moto_iot_jobs.iotjobsdata.urls import transport as data_plane
from moto_iot_jobs.plugin.fast_path import is_recording
from moto_iot_jobs.runtime import runtime

from .listener import HttpListener, body_of, refusal
from .threads import Threads
from .wsgi import Gateway

logger = logging.getLogger(__name__)

_PLANES: dict[str, HttpsTransport | ShadowTransport] = {
    "iot": control_plane,
    "iot-jobs-data": data_plane,
    "iotdata": shadows,
}


class ServerApplication:
    """moto's server with IoT Jobs.

    moto would answer the same, but takes long to find out what is asked.
    """

    def __init__(self) -> None:
        self._threads = Threads()
        self._moto = Gateway(_Dispatcher(create_backend_app), self._threads)

    def listen(self, host: str, port: int) -> HttpListener:
        """Return a listener that has its requests answered here.

        Raises OSError, as HttpListener does.
        """
        return HttpListener(host, port, self.answer)

    def close(self) -> None:
        """Give the threads back."""
        self._threads.close()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer a request."""
        plane = _PLANES.get(signing_name(request.headers.get("Authorization", "")) or "")
        if (
            plane is None
            or _is_for_moto_alone(request)
            or not plane.knows(request.method, request.raw_path.partition("?")[0])
        ):
            return await self._by_moto(request)
        body = await body_of(request, LARGEST_BODY)
        answer = await carry_out(
            plane,
            HttpRequest.of_server(request.method, request.raw_path, request.headers, body),
            self._threads,
        )
        return await self._by_moto(request, body) if answer is None else response(answer)

    async def _by_moto(self, request: web.BaseRequest, body: bytes | None = None) -> web.Response:
        try:
            return await self._moto.pass_on(request, body)
        except (ConnectionError, web.HTTPException):
            raise
        except NotImplementedError as missing:
            return refusal(
                501,
                "NotImplementedException",
                str(missing) or "moto does not implement this operation.",
            )
        # targets that are no URLs, text that is not UTF-8, words for numbers
        except ValueError as problem:
            logger.exception("moto cannot read %s %s", request.method, request.raw_path)
            return refusal(
                400, "SerializationException", f"moto cannot read the request: {problem}"
            )
        except Exception as problem:
            if not isinstance(problem, _Unattributable) and _is_signed_if_at_all(request):
                raise
            logger.exception(
                "moto cannot tell for which service %s %s is", request.method, request.raw_path
            )
            return refusal(
                400,
                "IncompleteSignatureException",
                "The request cannot be attributed to a service.",
            )


class _Unattributable(Exception):
    """moto finds out by the signature whom a request is for, and trips over some that have not the
    form of one.
    """


class _Dispatcher(DomainDispatcherApplication):
    def get_application(self, environ: dict[str, Any]) -> Any:
        try:
            return super().get_application(environ)
        except Exception as problem:
            raise _Unattributable from problem


async def carry_out(
    transport: HttpsTransport | ShadowTransport, request: HttpRequest, threads: Threads
) -> Response | None:
    """Respond to a request; None when it is not for an operation of this plane."""
    # An operation is over before a thread would have begun it, unless it has to wait as long as a
    # fault says.
    if runtime.faults.active():
        return await threads.run(transport.respond, request)
    # One that is ordered this very moment would have everybody wait.
    return transport.respond(request._replace(meets_faults=False))


def response(answer: Response) -> web.Response:
    """Return an operation's answer as the listener sends it."""
    status, headers, body = answer
    return web.Response(
        status=status, headers=headers, body=body if isinstance(body, bytes) else str(body).encode()
    )


def _is_for_moto_alone(request: web.BaseRequest) -> bool:
    """Browsers want CORS headers, and moto's recorder wants to see every request."""
    return "Origin" in request.headers or is_recording()


def _is_signed_if_at_all(request: web.BaseRequest) -> bool:
    authorization = request.headers.get("Authorization")
    return authorization is None or signing_name(authorization) is not None
