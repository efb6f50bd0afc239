"""Transcripts: the calls of boto3 clients in each test, as they went, at a mock or at AWS.

Two transcripts of the same tests, one made at AWS, show where the mock differs:
`moto-iot-jobs compare`. Each line of the file is an object: test, operation, parameters, status,
error and response. What differs at each run (account numbers, times, ids, tokens, hosts, signed
URLs) is replaced by its kind, so that a transcript can be committed.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST

from moto_iot_jobs.wire.emitters import living_emitters

SERVICES = ("iot", "iot-jobs-data")

_PARAMETERS = "moto_iot_jobs_parameters"
_KINDS = (
    (re.compile(r"(?<=:)\d{12}(?=:)"), "<account>"),
    (re.compile(r"https?://\S*[?&]X-Amz-\S*"), "<signed URL>"),
    (re.compile(r"[\w.-]+\.iot\.[\w-]+\.amazonaws\.com"), "<host>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"(?:X-Amzn-)?[Rr]equest ?[Ii]d: \S+"), "<request id>"),
)
_TOKENS = ("nextToken",)
# Lengths of time that AWS's clock decides.
_TIMES = ("approximateSecondsBeforeTimedOut",)


class Transcript:
    """A file of calls.

    Args:
        path: of the file, which other processes of the same run append to as well.
        begins: whether it is emptied first.
    """

    def __init__(self, path: Path, *, begins: bool) -> None:
        self._path = path
        self._test = ""
        if begins:
            path.write_text("", encoding="utf-8")
        # Outside of handlers that tests have registered, as the test sees its calls: botocore calls
        # handlers of longer names of an event before those of shorter ones.
        self._first = ("provide-client-params.*.*", self._keep_parameters)
        self._last = ("after-call", self._write)

    @property
    def _handlers(self) -> list[tuple[Any, ...]]:
        return [(*self._first, REGISTER_FIRST), (*self._last, REGISTER_LAST)]

    def start(self) -> None:
        """Record the clients there are, and those that are made from now on."""
        BUILTIN_HANDLERS.extend(self._handlers)
        for emitter in living_emitters():
            emitter.register_first(*self._first)
            emitter.register_last(*self._last)

    def stop(self) -> None:
        """End `start`."""
        for handler in self._handlers:
            BUILTIN_HANDLERS.remove(handler)
        for emitter in living_emitters():
            emitter.unregister(*self._first)
            emitter.unregister(*self._last)

    def begin_test(self, test: str) -> None:
        """Name the test that makes the calls from now on."""
        self._test = test

    def _keep_parameters(self, params: Any, model: Any, context: Any = None, **_: Any) -> None:
        if context is not None and model.service_model.service_name in SERVICES:
            context[_PARAMETERS] = plain(params)

    def _write(
        self, parsed: Any, model: Any, http_response: Any, context: Any = None, **_: Any
    ) -> None:
        if context is None or model.service_model.service_name not in SERVICES:
            return
        response = {name: each for name, each in parsed.items() if name != "ResponseMetadata"}
        error = response.pop("Error", {})
        line = {
            "test": self._test,
            "operation": model.name,
            "parameters": context.get(_PARAMETERS, {}),
            "status": http_response.status_code,
            "error": error.get("Code"),
            "response": plain({**response, **({"message": error["Message"]} if error else {})}),
        }
        # One write, so that lines of several processes do not mix.
        with self._path.open("ab") as file:
            file.write(json.dumps(line, sort_keys=True).encode() + b"\n")


def plain(value: Any, name: str = "") -> Any:
    """Return a value as JSON has it, with a kind for what differs at each run."""
    if isinstance(value, dict):
        return {str(key): plain(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime) or name in _TIMES:
        return "<time>"
    if hasattr(value, "read") or isinstance(value, bytes):
        return "<bytes>"
    if name in _TOKENS and value:
        return "<token>"
    if not isinstance(value, str):
        return value
    for pattern, kind in _KINDS:
        value = pattern.sub(kind, value)
    return value
