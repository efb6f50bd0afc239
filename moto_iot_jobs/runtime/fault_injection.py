"""Injection of faults into calls: errors, late responses, and connections that are lost before or
after the operation.
"""

from __future__ import annotations

import errno
import socket
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.base_backend import backend_lock
from requests.exceptions import ConnectionError as RequestsConnectionError

from moto_iot_jobs.wire import WireError

from . import runtime
from .faults import Delay, Effect, MatchedFault


class ConnectionLost(ConnectionClosedError, RequestsConnectionError):  # type: ignore[misc]
    """A lost connection, for clients in this process, of botocore and of requests."""


class HungUp(ConnectionResetError, RequestsConnectionError):
    """A lost connection, for our server, which then closes it without a response.

    moto 5.0 shows requests of this process as if they came through a server, and so it is an error
    of requests as well.
    """


def apply_before_call(matched: MatchedFault, url: str, *, from_server: bool) -> None:
    """Raise the error of a fault, or drop the request.

    Args:
        matched: the faults that the call has met.
        url: of the request.
        from_server: whether the caller is in another process, at the other end of a connection.

    Raises:
        WireError: the error that was injected.
        ConnectionLost, HungUp: the request is lost.
    """
    outcome = matched.outcome
    if outcome is None:
        return
    if outcome.lost == "request":
        if matched.delay is not None:
            wait(matched.delay, from_server=from_server)
        _hang_up(url, from_server=from_server)
        raise WireError(
            "InternalFailureException", "The connection was closed before the request was read."
        )
    if outcome.error is not None:
        # One of its own for each call: an exception keeps the traceback of where it was raised.
        raise WireError(outcome.error.code, outcome.error.message)


def apply_after_call(matched: MatchedFault, url: str, *, from_server: bool) -> None:
    """Delay or drop the response.

    Args:
        matched, url, from_server: as in `apply_before_call`.

    Raises:
        ReadTimeoutError: the delay is longer than the read timeout of a client of botocore in this
            process.
        ConnectionLost, HungUp: the response is lost.
    """
    delay = matched.delay
    if delay is not None:
        timeout = None if from_server else _read_timeout()
        if timeout is not None and timeout <= delay.seconds:
            wait(Delay(timeout, delay.sleep, delay.over), from_server=False)
            raise ReadTimeoutError(endpoint_url=url)
        wait(delay, from_server=from_server)
    if is_lost(matched.outcome):
        _hang_up(url, from_server=from_server)


def is_lost(outcome: Effect | None) -> bool:
    """Tell whether the caller gets no response."""
    return outcome is not None and outcome.lost is not None


def wait(delay: Delay, *, from_server: bool) -> None:
    """Wait for a delay: in real time where the caller has a clock of its own, else on the mock's."""
    really = from_server if delay.sleep is None else delay.sleep
    if really:
        # Not `sleep`: a server that is reset or stopped must not wait for a caller that gave up.
        delay.over.wait(min(delay.seconds, threading.TIMEOUT_MAX))
        return
    with backend_lock:
        runtime.clock.advance(round(delay.seconds * 1000))
    runtime.delivery.run_due_timers()


def _hang_up(url: str, *, from_server: bool) -> None:
    if not from_server:
        raise ConnectionLost(endpoint_url=url)
    connection = _connection_of_motos_server()
    if connection is None:
        raise HungUp(errno.ECONNRESET, "hung up, as a fault was injected")
    # moto's server would turn an exception into a response; what it writes from now on is dropped.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _connection_of_motos_server() -> Any:
    flask: Any = sys.modules.get("flask")
    return (
        flask.request.environ.get("werkzeug.socket")
        if flask is not None and flask.has_request_context()
        else None
    )


def _read_timeout() -> float | None:
    """Return the read timeout of the calling client of botocore in seconds; None for other clients.

    moto responds from an event of botocore that is not given the client's configuration, but is
    called from where it is known: the request's context.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == "botocore.endpoint":
            context = frame.f_locals.get("context")
            if isinstance(context, dict) and "client_config" in context:
                timeout: float | None = context["client_config"].read_timeout
                return timeout
        frame = frame.f_back
    return None
