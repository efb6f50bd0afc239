"""Logs of a server: a line a request, and nothing in it that a client could misuse.

What a client sent is escaped and cut; queries, signatures, tokens and payloads are left out.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import datetime, timezone

from moto_iot_jobs.broker.printable import printable

#: The logger of the lines for requests; other messages of a server have loggers of their own.
requests_log = logging.getLogger("moto_iot_jobs.requests")

_LONGEST_MESSAGE = 2_000
_SECRETS = re.compile(
    r"(?i)((?:X-Amz-(?:Signature|Security-Token|Credential)|Signature|Credential|AWSAccessKeyId)"
    r"(?:=|%3D|'?: '?))[^&\s,'\"]+"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def redacted(text: str) -> str:
    """Return text without the values of signatures, tokens and credentials."""
    return _SECRETS.sub(r"\1…", text)


def without_query(method: str, target: str) -> str:
    """Return method and path of a request.

    Its query may hold a signature.
    """
    return f"{printable(method, 20)} {printable(target.partition('?')[0], 200)}"


class LogFormatter(logging.Formatter):
    """Makes one line of a record, with a traceback below it if there is one.

    Args:
        as_json: whether the line is a JSON object.
    """

    def __init__(self, as_json: bool = False) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        at = datetime.fromtimestamp(record.created, timezone.utc)
        time = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = printable(redacted(record.getMessage()), _LONGEST_MESSAGE)
        trace = ""
        if record.exc_info:
            trace = _CONTROLS.sub(" ", redacted(self.formatException(record.exc_info)))
        if self._as_json:
            members = {"time": time, "level": record.levelname.lower(), "logger": record.name}
            members |= getattr(record, "members", {}) or {"message": message}
            if trace:
                members["traceback"] = trace
            return json.dumps(members, ensure_ascii=True)
        line = f"{time} {record.levelname} {message}"
        return f"{line}\n{trace}" if trace else line


def set_up(level: str, as_json: bool) -> logging.Handler:
    """Write the logs of this package to stderr.

    Return the handler, to undo it with.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        as_json: whether each line is a JSON object.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormatter(as_json))
    package = logging.getLogger("moto_iot_jobs")
    package.setLevel(level.upper())
    package.addHandler(handler)
    package.propagate = False
    return handler


def tear_down(handler: logging.Handler) -> None:
    """End `set_up`."""
    package = logging.getLogger("moto_iot_jobs")
    package.removeHandler(handler)
    package.setLevel(logging.NOTSET)
    package.propagate = True


def log_request(
    client: str,
    what: str,
    status: int | str,
    code: str | None,
    milliseconds: float,
    **labels: str,
) -> None:
    """Log a request that was answered.

    Args:
        client: address or client id.
        what: service and operation, or method and path.
        status: of HTTP, or `accepted` and `rejected`.
        code: the error's code, if it failed.
        labels: the thing and the job that it is about.
    """
    if not requests_log.isEnabledFor(logging.INFO):
        return
    named = "".join(f" {name}={printable(value)}" for name, value in labels.items())
    error = f" {printable(code)}" if code else ""
    members = {"client": client, "request": what, **labels, "status": status}
    if code:
        members["code"] = code
    requests_log.info(
        "%s %s%s %s%s %.1f ms",
        client,
        what,
        named,
        status,
        error,
        milliseconds,
        extra={"members": {**members, "milliseconds": round(milliseconds, 1)}},
    )
