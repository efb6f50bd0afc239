"""Fault injection: errors, delays and lost connections, before and after an operation."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any, Protocol

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.base_backend import backend_lock
from requests.exceptions import ConnectionError as RequestsConnectionError

from moto_iot_jobs.wire import WireError

from . import runtime
from .faults import ConnectionDropped, Delay, Effect, MatchedFault


class ConnectionLost(ConnectionClosedError, RequestsConnectionError):  # type: ignore[misc]
    """The error of a client in this process without a response, for botocore and requests."""


class InterruptedCall(Protocol):
    """The part of a call that faults work on.

    See `dispatch.pipeline.Call`.
    """

    from_server: bool
    url: str

    def hang_up(self) -> None:
        """Lose the connection."""
        ...

    def read_timeout(self) -> float | None:
        """Return the seconds that the caller waits.

        None when that is not known.
        """
        ...


def apply_before_call(fault: MatchedFault, call: InterruptedCall) -> None:
    """Raise the error of a fault, or drop the request.

    Raises:
        WireError: the fault's.
        Exception: the transport's way to lose a connection.
    """
    outcome = fault.outcome
    if outcome is None:
        return
    if outcome.lost == "request":
        if fault.delay is not None:
            wait(fault.delay, from_server=call.from_server)
        call.hang_up()
        raise WireError(
            "InternalFailureException", "The connection was closed before the request was read."
        )
    if outcome.error is not None:
        # One of its own for each call: an exception keeps the traceback of where it was raised.
        error = WireError(outcome.error.code, outcome.error.message)
        error.mqtt_code = outcome.code
        raise error


def apply_after_call(fault: MatchedFault, call: InterruptedCall) -> None:
    """Delay the response, or lose it.

    Raises:
        ReadTimeoutError: the client of botocore in this process does not wait as long.
        Exception: the transport's way to lose a connection.
    """
    if fault.delay is not None:
        timeout = call.read_timeout()
        if timeout is not None and timeout <= fault.delay.seconds:
            wait(Delay(timeout, fault.delay.sleep, fault.delay.over), from_server=False)
            raise ReadTimeoutError(endpoint_url=call.url)
        wait(fault.delay, from_server=call.from_server)
    if is_lost(fault.outcome):
        call.hang_up()


def is_lost(outcome: Effect | None) -> bool:
    """Return whether the caller gets no response."""
    return outcome is not None and outcome.lost is not None


def wait(delay: Delay, *, from_server: bool) -> None:
    """Wait for a delay, or move the mock's clock by it.

    A caller with a clock of its own has to wait for real.
    """
    really = from_server if delay.sleep is None else delay.sleep
    if really:
        # Not `sleep`: a server that is reset or stopped must not wait for a caller that gave up
        # long ago.
        delay.over.wait(min(delay.seconds, threading.TIMEOUT_MAX))
        return
    with backend_lock:
        runtime.clock.advance(round(delay.seconds * 1000))
    runtime.delivery.run_due_timers()


def drop_connection(url: str, *, from_server: bool) -> None:
    """Drop the connection of a request over HTTPS.

    Args:
        url: of the request.
        from_server: whether the caller is in another process.

    Raises:
        ConnectionLost: to a client in this process.
        ConnectionDropped: to our server.
    """
    if not from_server:
        raise ConnectionLost(endpoint_url=url)
    connection = _connection_of_motos_server()
    if connection is None:
        raise ConnectionDropped(errno.ECONNRESET, "closed by an injected fault")
    # moto's server would turn an exception into a response. What it writes from now on is lost.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _connection_of_motos_server() -> Any:
    flask: Any = sys.modules.get("flask")
    return (
        flask.request.environ.get("werkzeug.socket")
        if flask is not None and flask.has_request_context()
        else None
    )


def read_timeout() -> float | None:
    """Return how many seconds the calling client of botocore waits for a response.

    None when another client calls.

    moto answers from an event of botocore that is told nothing of the client's configuration, but
    is called from where it is known: the request's context.
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
