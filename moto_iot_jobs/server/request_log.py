"""A line for each request of a server, written past `logging`, which costs far more."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring_ascii as _quoted
from logging import LogRecord
from threading import Event, Lock, Thread
from time import gmtime, strftime, time
from typing import NamedTuple, TextIO

from moto_iot_jobs.broker.printable import printable

_LOGGER = "moto_iot_jobs.requests"
_SHORT = 100
_LONGEST_TEXT = 2_000
# How long a line may wait for others, and how many wait at most: more would push what requests need
# out of the processor's caches.
_COLLECTING_SECONDS = 0.05
_MOST_WAITING = 200
_LABELS = {"thingName": "thing", "jobId": "job", "jobTemplateId": "template"}
_SECRETS = re.compile(
    r"(?i)((?:X-Amz-(?:Signature|Security-Token|Credential)|Signature|Credential|AWSAccessKeyId)"
    r"(?:=|%3D|'?: '?))[^&\s,'\"]+"
)


def redacted(text: str) -> str:
    """Return text without the values of signatures, tokens and credentials."""
    # Most lines have none of what stands between name and value, and need not be searched.
    if "=" not in text and ": " not in text and "%3" not in text:
        return text
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


class _Entry(NamedTuple):
    at: float
    client: str
    service: str | None
    operation: str
    labels: Mapping[str, str]
    status: int | str
    code: str | None
    milliseconds: float


class _Text(NamedTuple):
    at: float
    logger: str
    text: str


class RequestLog:
    """The log of requests.

    Lines are put together and written many at a time, by a thread or by whoever adds the last one
    that may wait: one by one, between other work, that would take five times as long.

    Attributes:
        is_on: whether lines are written.
    """

    def __init__(self) -> None:
        self.is_on = False
        self._stream: TextIO | None = None
        self._as_json = False
        self._waiting: deque[_Entry | _Text | LogRecord] = deque()
        self._format: Callable[[LogRecord], str] = str
        self._is_pending = False
        self._pending = Event()
        self._stopped = Event()
        self._thread: Thread | None = None
        self._lock = Lock()
        # The text of a second is made once in it.
        self._second = 0
        self._date = ""

    def start(
        self, stream: TextIO, *, as_json: bool, format_record: Callable[[LogRecord], str] = str
    ) -> None:
        """Write lines from now on.

        Args:
            stream: where to.
            as_json: whether each line is a JSON object.
            format_record: makes the line of a record of `logging`.
        """
        self._stream, self._as_json, self.is_on = stream, as_json, True
        self._format = format_record
        self._stopped.clear()
        self._thread = Thread(target=self._work, name="moto-iot-jobs-log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end `start`. Idempotent."""
        self.is_on = False
        self._stopped.set()
        self._pending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.flush()
        self._stream = None

    def add(
        self,
        client: str,
        service: str | None,
        operation: str,
        labels: Mapping[str, str],
        status: int | str,
        code: str | None,
        milliseconds: float,
    ) -> None:
        """Log a request with its response.

        Args:
            client: address, or client id.
            service: of the operation; None where it is not known, and is none of ours.
            operation: as AWS writes it, else what `without_query` returned.
            labels: of the path or topic, by their names in the model.
            status: of HTTP, or `accepted`, `rejected` and `lost`.
            code: the error's code, if it failed.
            milliseconds: that it took.
        """
        self._append(_Entry(time(), client, service, operation, labels, status, code, milliseconds))

    def add_text(self, logger: str, text: str) -> None:
        """Log a text as a logger of `logging` would at INFO, for a tenth of the cost."""
        self._append(_Text(time(), logger, text))

    def add_record(self, record: LogRecord) -> None:
        """Log a record of `logging` with the others, in their order."""
        self._append(record)

    def _append(self, entry: _Entry | _Text | LogRecord) -> None:
        self._waiting.append(entry)
        if not self._is_pending:
            self._is_pending = True
            self._pending.set()
        elif len(self._waiting) >= _MOST_WAITING:
            self.flush()  # where the reader of the log is slow, so is the server

    def flush(self) -> None:
        """Write the lines that wait."""
        with self._lock:
            self._is_pending = False
            lines = [self._line(self._waiting.popleft()) for _ in range(len(self._waiting))]
            if lines and self._stream is not None:
                self._stream.write("".join(lines))
                self._stream.flush()

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._pending.wait()
            self._pending.clear()
            self._stopped.wait(_COLLECTING_SECONDS)
            self.flush()

    def _line(self, entry: _Entry | _Text | LogRecord) -> str:
        if isinstance(entry, LogRecord):
            return f"{self._format(entry)}\n"
        if isinstance(entry, _Text):
            return self._text(entry)
        at, client, service, operation, labels, status, code, milliseconds = entry
        named = [
            (shown, _printable(labels[name])) for name, shown in _LABELS.items() if name in labels
        ]
        if self._as_json:
            return self._json(entry, named)
        what = f'"{operation}"' if service is None else f"{service} {operation}"
        about = "".join([f" {name}={value}" for name, value in named])
        error = f" {printable(code)}" if code else ""
        return (
            f"{self._time(at)} INFO {client} {what}{about} {status}{error} {milliseconds:.1f} ms\n"
        )

    def _text(self, entry: _Text) -> str:
        text = printable(redacted(entry.text), _LONGEST_TEXT)
        if not self._as_json:
            return f"{self._time(entry.at)} INFO {text}\n"
        return (
            f'{{"time": "{self._time(entry.at)}", "level": "info", "logger": "{entry.logger}",'
            f' "message": {_quoted(text)}}}\n'
        )

    def _json(self, entry: _Entry, named: Sequence[tuple[str, str]]) -> str:
        at, client, service, operation, _, status, code, milliseconds = entry
        # By hand: `json.dumps` of the whole takes three times as long.
        named_operation = (
            f'"request": {_quoted(operation)}'
            if service is None
            else f'"service": "{service}", "operation": "{operation}"'
        )
        about = "".join([f', "{name}": {_quoted(value)}' for name, value in named])
        error = f', "code": {_quoted(printable(code))}' if code else ""
        return (
            f'{{"time": "{self._time(at)}", "level": "info", "logger": "{_LOGGER}",'
            f' "client": {_quoted(client)}, {named_operation}{about},'
            f' "status": {status if isinstance(status, int) else _quoted(status)}{error},'
            f' "milliseconds": {milliseconds:.1f}}}\n'
        )

    def _time(self, at: float) -> str:
        second = int(at)
        if second != self._second:
            self._second, self._date = second, strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
        return f"{self._date}.{int((at - second) * 1000):03}Z"


#: The one of this process.
request_log = RequestLog()
