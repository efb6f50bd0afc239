"""AWS's quotas of Jobs, enforced: limits of the account, and calls a second.

Nothing here is enforced unless it is asked for, but for what AWS's documentation has as a rule of a
request or an operation (ten deletions at once, 100 targets, …), which always holds. `table()` lists
every quota, with AWS's number and how it is kept. Quotas hold for each account and region, and end
with the mock. In moto's server mode (`TEST_SERVER_MODE`) the server has them.
"""

from __future__ import annotations

from types import TracebackType

from .moto_api.client import mock
from .plugin.registration import activate
from .runtime.quota_table import QUOTAS, Kept, Quota

__all__ = ["Enforcement", "Kept", "Quota", "clear", "enforce", "enforced", "table"]

activate()


class Enforcement:
    """What one `enforce` asked for; as a context manager it ends with the block."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> Enforcement:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.lift()

    def lift(self) -> None:
        """End it; what was enforced before holds again."""
        mock().lift_quotas(self._number)


def enforce(**numbers: float) -> Enforcement:
    """Enforce quotas.

    A call above a rate is refused with ThrottlingException (over MQTT RequestThrottled): so many
    calls can be made at once, and as the clock goes on, as many again every second. What goes above
    a limit is refused with LimitExceededException, but for `concurrent_jobs`: as on AWS, further
    jobs wait until another has rolled out.

    Args:
        numbers: by the names of quotas (`table()` has them): `active_jobs=2`, `CreateJob=1`. Rates
            are in calls a second, and may be fractions. True is AWS's own number. Without any, all
            quotas are enforced at AWS's numbers.

    Returns:
        The enforcement, to be used in `with` or forgotten. Of two that name the same quota, the
        later one holds.

    Raises:
        ValueError: no such quota, or no such number; the message says what to write instead.
    """
    return Enforcement(mock().enforce_quotas(numbers))


def enforced() -> dict[str, float]:
    """Return the numbers that are enforced now, by the names of the quotas."""
    return mock().enforced_quotas()


def clear() -> None:
    """Enforce nothing any more."""
    mock().clear_quotas()


def table() -> tuple[Quota, ...]:
    """Return AWS's quotas of Jobs."""
    return tuple(QUOTAS.values())
