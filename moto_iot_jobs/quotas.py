"""AWS's quotas of Jobs, packages and shadows, enforced: limits, and calls a second.

Nothing here is enforced unless a test requests it, but for what AWS's documentation has as a rule
of a request or an operation (ten deletions at once, 100 targets, …), which always holds. `table()`
lists every quota, with AWS's number and its enforcement. Quotas hold for each account and region,
and end with the mock. In moto's server mode (`TEST_SERVER_MODE`) they are the server's. Without a
mock each function but `table` raises RuntimeError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .moto_api.client import mock
from .moto_api.handle import Handle
from .runtime.quota_table import QUOTAS, Enforcement, Quota

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .moto_api.client import Reach
    from .runtime.literals import QuotaNumbers

__all__ = [
    "EnforcedQuotas",
    "Enforcement",
    "Quota",
    "Quotas",
    "clear",
    "enforce",
    "enforced",
    "table",
]


class EnforcedQuotas(Handle):
    """The quotas of one `enforce`.

    As a context manager their enforcement ends with the block.
    """

    def cancel(self) -> None:
        """End the enforcement.

        What was enforced before holds again. Idempotent.
        """
        self._home.cancel_quotas(self._number)


class Quotas:
    """The quotas of one mock.

    The functions of the module are those of the mock in this process.

    Args:
        reach: gives the mock.
    """

    def __init__(self, reach: Reach = mock) -> None:
        self._reach = reach

    def enforce(self, **numbers: Unpack[QuotaNumbers]) -> EnforcedQuotas:
        """Enforce quotas.

        A call above a rate gets ThrottlingException (over MQTT RequestThrottled): so many calls
        can be made at once, and as the clock goes on, as many again every second. What goes above
        a limit gets LimitExceededException, but for `concurrent_jobs`: as on AWS, further jobs
        wait until another has rolled out.

        Args:
            numbers: by the names of quotas (`table()` has them): `active_jobs=2`, `CreateJob=1`.
                Rates are in calls a second, and may be fractions. True is AWS's own number. Without
                any, all quotas are enforced at AWS's numbers.

        Returns:
            The enforced quotas, for `with` or to be kept. Of two that name the same quota, the
            later one holds.

        Raises:
            ValueError: no such quota, or no such number; the message says what to write instead.
        """
        home = self._reach("quotas.enforce()")
        return EnforcedQuotas(home.enforce_quotas(numbers), home)

    def enforced(self) -> dict[str, float]:
        """Return the numbers that are enforced now, by the names of the quotas."""
        return self._reach("quotas.enforced()").enforced_quotas()

    def clear(self) -> None:
        """End all enforcement that a test began."""
        self._reach("quotas.clear()").clear_quotas()

    def table(self) -> tuple[Quota, ...]:
        """Return AWS's quotas of Jobs."""
        return tuple(QUOTAS.values())


quotas = Quotas()
"""The quotas of the mock in this process."""

enforce = quotas.enforce
enforced = quotas.enforced
clear = quotas.clear
table = quotas.table
