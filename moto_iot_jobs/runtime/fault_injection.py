"""What becomes of a call that meets a fault: refused, late, or cut off before or after it was
carried out.
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
    """What a client in this process gets instead of an answer, be it of botocore or of requests."""


class HungUp(ConnectionResetError, RequestsConnectionError):
    """Tells our server that the connection is gone; it is then closed without a word.

    moto before 5.1.9 shows requests of this process as if they came through a server, and so it is
    an error of requests as well.
    """


def before(met: MatchedFault, url: str, *, from_server: bool) -> None:
    """Let happen what keeps a call from being carried out.

    Args:
        met: what it meets.
        url: of the request.
        from_server: whether the caller is in another process, at the other end of a connection.

    Raises:
        WireError: it is refused.
        ConnectionLost, HungUp: it never arrives.
    """
    outcome = met.outcome
    if outcome is None:
        return
    if outcome.lost == "request":
        if met.delay is not None:
            wait(met.delay, from_server=from_server)
        _hang_up(url, from_server=from_server)
        raise WireError(
            "InternalFailureException", "The connection was closed before the request was read."
        )
    if outcome.error is not None:
        # One of its own for each call: an exception keeps the traceback of where it was raised.
        raise WireError(outcome.error.code, outcome.error.message)


def after(met: MatchedFault, url: str, *, from_server: bool) -> None:
    """Let happen what comes between a call that was carried out, or refused, and its answer.

    Raises:
        ReadTimeoutError: a client of botocore in this process does not wait as long as the answer
            takes.
        ConnectionLost, HungUp: the answer gets lost.
    """
    if met.delay is not None:
        patience = None if from_server else _read_timeout()
        if patience is not None and patience <= met.delay.seconds:
            wait(Delay(patience, met.delay.sleep, met.delay.over), from_server=False)
            raise ReadTimeoutError(endpoint_url=url)
        wait(met.delay, from_server=from_server)
    if is_lost(met.outcome):
        _hang_up(url, from_server=from_server)


def is_lost(outcome: Effect | None) -> bool:
    """Tell whether the caller hears nothing."""
    return outcome is not None and outcome.lost is not None


def wait(delay: Delay, *, from_server: bool) -> None:
    """Let the time of a delay pass: really, where a caller has a clock of its own to look at, or
    on the mock's clock.
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


def _hang_up(url: str, *, from_server: bool) -> None:
    if not from_server:
        raise ConnectionLost(endpoint_url=url)
    connection = _connection_of_motos_server()
    if connection is None:
        raise HungUp(errno.ECONNRESET, "hung up, as a fault was ordered")
    # moto's server would turn an exception into an answer; what it writes from now on goes nowhere.
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
    """Return how many seconds the calling client of botocore waits for an answer; None when
    another client calls.

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
