"""Errors to order: an operation gives a documented error so many times, then works again.

Every attempt of a client counts, so that retries can be tested. Orders end with the mock. In moto's server mode
(`TEST_SERVER_MODE`) the server is given them.
"""

from __future__ import annotations

from types import TracebackType

from . import control
from .registration import activate

activate()


class Fault:
    """An ordered error; as a context manager it is taken back at the end of the block."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> Fault:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.cancel()

    def cancel(self) -> None:
        """Take the order back, as far as it is not used up."""
        control.cancel_fault(self._number)


def inject(operation: str, error: str, *, times: int | None = 1, service: str | None = None) -> Fault:
    """Let an operation give an error.

    Args:
        operation: as AWS writes it, for instance "DeleteJobExecution".
        error: an exception that the operation can give, for instance "ThrottlingException".
        times: how many attempts it is for; None for all until it is cleared.
        service: "iot" or "iot-jobs-data"; by default the first of them that has the operation.

    Returns:
        The order, to be used in `with` or forgotten.

    Raises:
        ValueError: no such operation, or an error that it never gives; the message lists those there are.
    """
    return Fault(control.order_fault(operation, error, times, service))


def clear() -> None:
    """Take all orders back."""
    control.clear_faults()
