"""Logs of a server, and nothing in them that a client could misuse.

What a client sent is escaped and cut; queries, signatures, tokens and payloads are left out.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import datetime, timezone
from functools import partial

from moto_iot_jobs.broker import dispatch
from moto_iot_jobs.broker.printable import printable

from .request_log import redacted, request_log

_LONGEST_MESSAGE = 2_000
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


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
            members["message"] = message
            if trace:
                members["traceback"] = trace
            return json.dumps(members, ensure_ascii=True)
        line = f"{time} {record.levelname} {message}"
        return f"{line}\n{trace}" if trace else line


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]  # not on Python 3.10
    """Writes records among the lines of requests, and at once from warnings on."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or have it written soon."""
        if request_log.is_on and record.levelno < logging.WARNING and not record.exc_info:
            # What it speaks of may change until then.
            record.msg, record.args = record.getMessage(), None
            request_log.add_record(record)
            return
        request_log.flush()
        super().emit(record)


def set_up(level: str, as_json: bool) -> logging.Handler:
    """Write the logs of this package to stderr.

    Return the handler, to undo it with.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        as_json: whether each line is a JSON object.
    """
    handler = _Handler(sys.stderr)
    handler.setFormatter(LogFormatter(as_json))
    package = logging.getLogger("moto_iot_jobs")
    package.setLevel(level.upper())
    package.addHandler(handler)
    package.propagate = False
    if package.isEnabledFor(logging.INFO):
        formatter = LogFormatter(as_json)
        request_log.start(sys.stderr, as_json=as_json, format_record=formatter.format)
        dispatch.connection_log.write = partial(request_log.add_text, dispatch.log.name)
    return handler


def tear_down(handler: logging.Handler) -> None:
    """End `set_up`."""
    dispatch.connection_log.write = None
    request_log.stop()
    package = logging.getLogger("moto_iot_jobs")
    package.removeHandler(handler)
    package.setLevel(logging.NOTSET)
    package.propagate = True
