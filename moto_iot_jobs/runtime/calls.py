"""Records of the calls that were handled, over HTTPS and MQTT alike."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from .forks import protect

# As many as messages are kept. A record holds what the jobs themselves hold, so it costs little.
MOST_CALLS = 10_000
#: Bytes of all requests that records are kept of: nothing else holds those of calls that failed.
#: Parsed, a request takes up to twenty times as much.
MOST_BYTES = 32 << 20


class HandledCall(NamedTuple):
    """A call that was handled, whether it succeeded or not.

    Attributes:
        service: "iot" or "iot-jobs-data".
        operation: as AWS writes it.
        parameters: by their names in the model, by reference; of a request that could not be
            parsed, what its path or topic says.
        status: the HTTP status; over MQTT the one that HTTPS would have.
        code: the error's code as AWS writes it over HTTPS, or None.
        account, region: where.
        at: milliseconds since the epoch, on the mock's clock.
        transport: "https" or "mqtt".
        size: bytes of what the parameters were read from.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    status: int
    code: str | None
    account: str
    region: str
    at: int
    transport: Literal["https", "mqtt"]
    size: int = 0


class CallRecorder:
    """The calls handled last, oldest first.

    Args:
        most: number of records kept.
        most_bytes: of their requests.
    """

    def __init__(self, most: int = MOST_CALLS, most_bytes: int = MOST_BYTES) -> None:
        self._calls: deque[HandledCall] = deque()
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        protect(self._lock)

    def record(self, call: HandledCall) -> None:
        """Keep a record: the receiver of `Runtime.call_handled`."""
        calls = self._calls
        with self._lock:
            calls.append(call)
            self._bytes += call.size
            while len(calls) > self._most or self._bytes > self._most_bytes:
                self._bytes -= calls.popleft().size

    def all(self) -> list[HandledCall]:
        """Return the records, oldest first."""
        return list(self._calls.copy())  # copy() is atomic; other threads may record meanwhile

    def clear(self) -> None:
        """Forget every record."""
        with self._lock:
            self._calls.clear()
            self._bytes = 0
