"""Dashboard of a server's jobs, beside moto's own below `/moto-api`.

* `GET /moto-api/iot-jobs/` is the page. It requests nothing but the files beside it and the state.
* `GET /moto-api/iot-jobs/state?jobs=…&executions=…&messages=…&job=…&region=…` returns a
  `snapshot`; its other arguments are parameters too, by the same names.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

from moto_iot_jobs.dispatch.http import HttpRequest, Response
from moto_iot_jobs.messaging.log import message_log

from . import calls
from .history import history
from .snapshot import snapshot

# Far more than is read at once; the next page is a request away.
MOST = {
    "jobs": 250,
    "executions": 250,
    "messages": 1000,
    "calls": 1000,
    "shadows": 100,
    "packages": 250,
    "commands": 250,
}
_CURSORS = ("jobs_below", "executions_below")
_NAMES = ("account", "region", "job", "status", "thing")

_FILES = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}

# Everything shown comes from the server itself, and text from clients (ids, details, payloads) can
# never become code.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src"
        " data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def record() -> None:
    """Record messages, histories and calls from now on, for the page. Idempotent."""
    message_log.start()
    history.start()
    calls.start()


def respond(request: Any, full_url: str, headers: Any) -> Response:
    """Respond with the page, one of its files, or the state."""
    http_request = HttpRequest.of(request, full_url, headers)
    if http_request.method not in ("GET", "HEAD"):
        return _json(
            {"message": f"Only GET and HEAD are supported, not {http_request.method}."}, 405
        )
    name = http_request.raw_path.rpartition("/")[2]
    if name == "state":
        return _state(http_request)
    return _file(name if name in _FILES else "page.html")


def _state(http_request: HttpRequest) -> Response:
    record()
    try:
        found = snapshot(settle=True, **_arguments(http_request.query))
    except ValueError as problem:
        return _json({"message": str(problem)}, 400)
    return _json(found)


def _arguments(query: str) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in MOST:
            arguments[name] = _number(name, value, MOST[name])
        elif name in _CURSORS:
            arguments[name] = _number(name, value, None)
        elif name in _NAMES:
            arguments[name] = value
        else:
            raise ValueError(
                f"There is no parameter {name!r}; it is one of:"
                f" {', '.join([*MOST, *_NAMES, *_CURSORS])}."
            )
    return arguments


def _number(name: str, text: str, most: int | None) -> int:
    # int() takes signs, spaces and underscores too, and raises for thousands of digits with
    # another message.
    if text.isascii() and text.isdigit() and len(text) < 20 and (most is None or int(text) <= most):
        return int(text)
    limit = "" if most is None else f" up to {most}"
    raise ValueError(f"{name} must be a number{limit}, not {text[:50]!r}.")


def _file(name: str) -> Response:
    text = (files("moto_iot_jobs.introspection") / "static" / name).read_text(encoding="utf-8")
    return 200, {**_HEADERS, "Content-Type": f"{_FILES[name]}; charset=utf-8"}, text


def _json(members: dict[str, Any], status: int = 200) -> Response:
    return status, {**_HEADERS, "Content-Type": "application/json"}, json.dumps(members)
