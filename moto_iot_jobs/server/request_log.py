"""A line for each request of a server, written past `logging`, which costs far more.

A line is written whole and at once, so that none is lost when the process is killed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as _quoted
from time import gmtime, strftime, time
from typing import TextIO

from moto_iot_jobs.broker.printable import printable

_LOGGER = "moto_iot_jobs.requests"
_SHORT = 100
_LABELS = {"thingName": "thing", "jobId": "job", "jobTemplateId": "template"}
_SECRETS = re.compile(
    r"(?i)((?:X-Amz-(?:Signature|Security-Token|Credential)|Signature|Credential|AWSAccessKeyId)"
    r"(?:=|%3D|'?: '?))[^&\s,'\"]+"
)


def redacted(text: str) -> str:
    """Return text without the values of signatures, tokens and credentials."""
    return _SECRETS.sub(r"\1…", text)


def without_query(method: str, target: str) -> str:
    """Return method and path of a request.

    Its query may hold a signature.
    """
    path = redacted(target.partition("?")[0])
    return f"{printable(method, 20)} {printable(path, 200)}"


def _printable(value: str) -> str:
    # What nearly all names are like needs no longer look.
    if len(value) < _SHORT and value.replace("-", "").isalnum():
        return value
    return printable(redacted(value))


class RequestLog:
    """The log of requests.

    Attributes:
        is_on: whether lines are written; to be looked at before their parts are put together.
    """

    def __init__(self) -> None:
        self.is_on = False
        self._stream: TextIO | None = None
        self._as_json = False
        # The text of a second is made once in it.
        self._second = 0
        self._date = ""

    def start(self, stream: TextIO, *, as_json: bool) -> None:
        """Write lines from now on.

        Args:
            stream: where to, flushed with each line.
            as_json: whether each line is a JSON object.
        """
        self._stream, self._as_json, self.is_on = stream, as_json, True

    def stop(self) -> None:
        """End `start`. Idempotent."""
        self._stream, self.is_on = None, False

    def write(
        self,
        client: str,
        service: str | None,
        operation: str,
        labels: Mapping[str, str],
        status: int | str,
        code: str | None,
        milliseconds: float,
    ) -> None:
        """Write the line of a request that was answered.

        Args:
            client: address, or client id.
            service: of the operation; None where it is not known, and is none of ours.
            operation: as AWS writes it, else what `without_query` returned.
            labels: of the path or topic, by their names in the model.
            status: of HTTP, or `accepted`, `rejected` and `lost`.
            code: the error's code, if it failed.
            milliseconds: that it took.
        """
        stream = self._stream
        if stream is None:
            return
        named = {
            shown: _printable(labels[name]) for name, shown in _LABELS.items() if name in labels
        }
        if self._as_json:
            line = self._json(client, service, operation, named, status, code, milliseconds)
        else:
            what = f'"{operation}"' if service is None else f"{service} {operation}"
            about = "".join([f" {name}={value}" for name, value in named.items()])
            error = f" {printable(code)}" if code else ""
            line = (
                f"{self._time()} INFO {client} {what}{about} {status}{error} {milliseconds:.1f} ms"
            )
        stream.write(f"{line}\n")
        stream.flush()

    def _json(
        self,
        client: str,
        service: str | None,
        operation: str,
        named: dict[str, str],
        status: int | str,
        code: str | None,
        milliseconds: float,
    ) -> str:
        # By hand: `json.dumps` of the whole takes three times as long.
        named_operation = (
            f'"request": {_quoted(operation)}'
            if service is None
            else f'"service": "{service}", "operation": "{operation}"'
        )
        about = "".join([f', "{name}": {_quoted(value)}' for name, value in named.items()])
        error = f', "code": {_quoted(printable(code))}' if code else ""
        return (
            f'{{"time": "{self._time()}", "level": "info", "logger": "{_LOGGER}",'
            f' "client": {_quoted(client)}, {named_operation}{about},'
            f' "status": {status if isinstance(status, int) else _quoted(status)}{error},'
            f' "milliseconds": {milliseconds:.1f}}}'
        )

    def _time(self) -> str:
        now = time()
        second = int(now)
        if second != self._second:
            self._second, self._date = second, strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
        return f"{self._date}.{int((now - second) * 1000):03}Z"


#: The one of this process.
request_log = RequestLog()
