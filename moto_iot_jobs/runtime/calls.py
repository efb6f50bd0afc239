"""Records of the calls that were handled, over HTTPS and MQTT alike."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Literal

from moto_iot_jobs.service.record import Record

# As many as messages are kept. A record holds what the jobs themselves hold, so it costs little.
MOST_CALLS = 10_000


class HandledCall(Record):
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


class CallRecorder:
    """The calls handled last, oldest first.

    Args:
        most: number of records kept.
    """

    def __init__(self, most: int = MOST_CALLS) -> None:
        self._calls: deque[HandledCall] = deque(maxlen=most)

    def record(self, call: HandledCall) -> None:
        """Keep a record: the receiver of `Runtime.call_handled`."""
        self._calls.append(call)

    def all(self) -> list[HandledCall]:
        """Return the records, oldest first."""
        return list(self._calls.copy())  # copy() is atomic; other threads may record meanwhile

    def clear(self) -> None:
        """Forget every record."""
        self._calls.clear()
