"""Faults to order: errors that a call gets, answers that come late, and connections that are lost.

Every attempt of a client counts, so that retries can be tested. Orders end with the mock. In moto's
server mode (`TEST_SERVER_MODE`) the server is given them.

All orders take the same conditions:

* `operation`: as AWS writes it, for instance "DeleteJobExecution"; with `*` for any letters, all
  operations that fit.
* `times`: how many attempts are hit; None is all of them until the order is taken back. By default
  one, with `probability` all.
* `service`: "iot" or "iot-jobs-data"; by default the first of them that has the operation, and both
  for a pattern.
* `thing`, `job`: only attempts whose path or topic names that thing, or job.
* `after`: how many attempts are let through first.
* `probability`, `seed`: each attempt is hit with this probability; the same seed hits the same
  attempts.
"""

from __future__ import annotations

from types import EllipsisType, TracebackType
from typing import Any

from .moto_api.client import mock
from .plugin.registration import activate
from .runtime.faults import PendingFault

__all__ = [
    "Fault",
    "PendingFault",
    "clear",
    "delay",
    "inject",
    "lose_answer",
    "lose_request",
    "pending",
]

activate()


class Fault:
    """An order; as a context manager it is taken back at the end of the block."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            mock().end_fault(self._number)
        else:
            self.cancel()

    def cancel(self) -> None:
        """Take the order back, as far as it is not used up."""
        mock().cancel_fault(self._number)


def inject(
    operation: str,
    error: str,
    *,
    times: int | EllipsisType | None = ...,
    service: str | None = None,
    thing: str | None = None,
    job: str | None = None,
    after: int = 0,
    probability: float | None = None,
    seed: int | None = None,
) -> Fault:
    """Let calls of an operation be refused with an error.

    Args:
        operation, times, service, thing, job, after, probability, seed: see the module.
        error: an exception that the operation can give, for instance "ThrottlingException"; for the
            device's operations also a code of the MQTT API, for instance "VersionMismatch".

    Returns:
        The order, to be used in `with` or forgotten.

    Raises:
        ValueError: no such operation, or an error that it never gives, or a condition that makes no
            sense; the message says what to write instead.
    """
    return _order(
        operation,
        error=error,
        times=times,
        service=service,
        thing=thing,
        job=job,
        after=after,
        probability=probability,
        seed=seed,
    )


def delay(
    operation: str,
    *,
    seconds: float,
    sleep: bool | None = None,
    times: int | EllipsisType | None = ...,
    service: str | None = None,
    thing: str | None = None,
    job: str | None = None,
    after: int = 0,
    probability: float | None = None,
    seed: int | None = None,
) -> Fault:
    """Let the answers of an operation come late. The operation is carried out before the delay.

    In process nobody waits: the mock's clock moves on, and a client of botocore whose
    `read_timeout` is not longer than the delay gets its `ReadTimeoutError`. At a server time really
    passes, so that any client's own time-out ends its waiting.

    Args:
        operation, times, service, thing, job, after, probability, seed: see the module.
        seconds: by how much.
        sleep: True lets time really pass in process too, False moves the clock at a server too.

    Returns:
        The order, to be used in `with` or forgotten; whoever still waits when it is taken back is
        answered then.

    Raises:
        ValueError: as `inject`.
    """
    return _order(
        operation,
        delay=seconds,
        sleep=sleep,
        times=times,
        service=service,
        thing=thing,
        job=job,
        after=after,
        probability=probability,
        seed=seed,
    )


def lose_answer(
    operation: str,
    *,
    times: int | EllipsisType | None = ...,
    service: str | None = None,
    thing: str | None = None,
    job: str | None = None,
    after: int = 0,
    probability: float | None = None,
    seed: int | None = None,
) -> Fault:
    """Let an operation be carried out, and its answer get lost.

    In process botocore raises `ConnectionClosedError` (requests its `ConnectionError`). A server
    closes the connection. Over MQTT there is no answer.

    Args:
        operation, times, service, thing, job, after, probability, seed: see the module.

    Returns:
        The order, to be used in `with` or forgotten.

    Raises:
        ValueError: as `inject`.
    """
    return _order(
        operation,
        lose="answer",
        times=times,
        service=service,
        thing=thing,
        job=job,
        after=after,
        probability=probability,
        seed=seed,
    )


def lose_request(
    operation: str,
    *,
    times: int | EllipsisType | None = ...,
    service: str | None = None,
    thing: str | None = None,
    job: str | None = None,
    after: int = 0,
    probability: float | None = None,
    seed: int | None = None,
) -> Fault:
    """Let a request get lost before anything is carried out.

    To its caller this looks as `lose_answer` does.

    Args:
        operation, times, service, thing, job, after, probability, seed: see the module.

    Returns:
        The order, to be used in `with` or forgotten.

    Raises:
        ValueError: as `inject`.
    """
    return _order(
        operation,
        lose="request",
        times=times,
        service=service,
        thing=thing,
        job=job,
        after=after,
        probability=probability,
        seed=seed,
    )


def pending() -> list[PendingFault]:
    """Return the faults that were ordered and not met, or not as often as ordered, each with a
    `description`.

    An order whose `with` block has ended counts, unless the block ended by an exception; one that
    was cancelled does not.
    """
    return mock().pending_faults()


def clear() -> None:
    """Take all orders back, and forget those that were not met."""
    mock().clear_faults()


def _order(operation: str, *, times: int | EllipsisType | None, **conditions: Any) -> Fault:
    members = {
        "operation": operation,
        **{name: value for name, value in conditions.items() if value is not None},
    }
    if not isinstance(times, EllipsisType):
        members["times"] = times
    return Fault(mock().order_fault(members))
