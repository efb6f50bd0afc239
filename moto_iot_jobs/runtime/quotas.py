"""The quotas that are enforced, and the calls that are left of each this second."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from moto.core.base_backend import backend_lock

from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.limits import Limits
from moto_iot_jobs.service.record import Record
from moto_iot_jobs.service.suggestions import suggestion
from moto_iot_jobs.wire import WireError

from .clock import Clock
from .delivery import live_jobs

if TYPE_CHECKING:
    from .faults import Target
    from .quota_table import Quota

# The other reading of a quota that AWS documents at two places: to be named where it is wanted.
_ALTERNATIVES = frozenset({"concurrent_jobs_at_creation"})


class Rate(Record):
    """A rate that is enforced.

    Attributes:
        quota: its name.
        number: calls a second.
        is_for_each: whether each resource has a count of its own.
    """

    quota: str
    number: float
    is_for_each: bool


# Account, region, quota and resource.
_Bucket: TypeAlias = tuple[str, str, str, str]


class Quotas:
    """The enforced quotas, layer upon layer.

    Of two that name the same quota the later one holds.

    Attributes:
        numbers: those that are enforced, by the names of the quotas.
        rates: the rates that count a call, by service and operation.
        limits: the limits of every account and region; None while they are as ever.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.numbers: Mapping[str, float] = {}
        self.rates: Mapping[Target, tuple[Rate, ...]] = {}
        self.limits: Limits | None = None
        self._layers: dict[int, dict[str, float]] = {}
        self._enforced = 0
        # What is left of each rate, and when that was so: a bucket that holds one second's calls
        # and fills by itself.
        self._left: dict[_Bucket, tuple[float, int]] = {}

    def enforce(self, numbers: Mapping[str, Any]) -> int:
        """Enforce quotas from now on, and return a number to end it by.

        Args:
            numbers: by the names of quotas, True for AWS's own number. None at all is all quotas
                at AWS's numbers.

        Raises:
            ValueError: no such quota, or no such number; the message says what to write instead.
        """
        known = _enforceable()
        everything = {name: True for name in known if name not in _ALTERNATIVES}
        layer = {
            name: _number(name, value, known) for name, value in (numbers or everything).items()
        }
        with backend_lock:
            self._enforced += 1
            self._layers[self._enforced] = layer
            self._apply()
            return self._enforced

    def cancel(self, number: int) -> None:
        """End one `enforce`. Idempotent."""
        with backend_lock:
            if self._layers.pop(number, None) is not None:
                self._apply()

    def clear(self) -> None:
        """End all enforcement that a test began."""
        with backend_lock:
            if self._layers:
                self._layers.clear()
                self._apply()

    def enforced(self) -> dict[str, float]:
        """Return the numbers that are enforced, by the names of the quotas."""
        return dict(self.numbers)

    def _apply(self) -> None:
        from .quota_table import QUOTAS

        before, numbers = self.numbers, dict[str, float]()
        for layer in self._layers.values():
            numbers.update(layer)
        self.numbers = numbers
        rates: dict[Target, tuple[Rate, ...]] = {}
        for name, number in numbers.items():
            rate = Rate(name, number, bool(QUOTAS[name].each))
            for target in QUOTAS[name].operations:
                rates[target] = (*rates.get(target, ()), rate)
        self.rates = rates
        # A change of another quota gives no new calls.
        self._left = {
            bucket: left
            for bucket, left in self._left.items()
            if before[bucket[2]] == numbers.get(bucket[2])
        }
        limits = {name: int(number) for name, number in numbers.items() if name in Limits._fields}
        self.limits = Limits()._replace(**limits) if limits else None
        for jobs in live_jobs():
            self.govern(jobs)

    def govern(self, jobs: JobsService) -> None:
        """Give the jobs of an account and region the limits that are enforced.

        The lock has to be held.
        """
        jobs.store.limits = self.limits or Limits()

    def spend(self, target: Target, account: str, region: str, resource: str = "") -> None:
        """Count one call.

        Args:
            target: service and operation.
            account, region: of the caller.
            resource: for rates that are counted for each resource apart.

        Raises:
            WireError: there were too many in the second before.
        """
        found = self.rates.get(target)
        if found is None:
            return
        now = self._clock.now()
        with backend_lock:
            buckets = {
                (account, region, rate.quota, resource if rate.is_for_each else ""): rate.number
                for rate in found
            }
            left = {bucket: self._calls_left(bucket, rate, now) for bucket, rate in buckets.items()}
            # Sums of fractions may fall short of one by a hair.
            allowed = all(calls > 1 - 1e-9 for calls in left.values())
            self._left.update({bucket: (calls - allowed, now) for bucket, calls in left.items()})
        if not allowed:
            raise WireError("ThrottlingException", "Rate exceeded")

    def _calls_left(self, bucket: _Bucket, rate: float, now: int) -> float:
        most = max(1.0, rate)
        left, then = self._left.get(bucket, (most, now))
        return min(most, left + max(0, now - then) * rate / 1000)


def _enforceable() -> dict[str, Quota]:
    # Imported late, here and above: the table is for tests that enforce quotas.
    from .quota_table import QUOTAS

    return {name: quota for name, quota in QUOTAS.items() if quota.settable}


def _number(name: str, value: Any, known: Mapping[str, Quota]) -> float:
    quota = known.get(name)
    if quota is None:
        raise ValueError(_cannot_be_enforced(name, known))
    if value is True:
        assert not isinstance(quota.value, tuple)
        return quota.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if quota.is_rate and not (is_number and 0 < value <= sys.float_info.max):
        raise ValueError(
            f"{name} must be a number of calls a second, or True for AWS's {quota.value}; not"
            f" {value!r}."
        )
    if not quota.is_rate and not (is_number and 0 <= value < math.inf and value == int(value)):
        raise ValueError(
            f"{name} must be a whole number, or True for AWS's {quota.value}; not {value!r}."
        )
    number: float = value
    return number


def _cannot_be_enforced(name: str, known: Mapping[str, Quota]) -> str:
    from .quota_table import QUOTAS, Enforcement

    quota = QUOTAS.get(name)
    if quota is not None and quota.enforcement is Enforcement.NEVER:
        return f"{name} is not modelled: jobs are kept until the mock ends. Leave it out."
    if quota is not None:
        return (
            f"{name} is always enforced, at AWS's {quota.value}, and cannot be another. Leave it"
            " out."
        )
    shared = [
        each.name
        for each in QUOTAS.values()
        for _, operation in each.operations
        if operation == name
    ]
    if shared:
        return f"{name} has no rate of its own; it is counted in {shared[0]}. Write {shared[0]}=."
    return f"There is no quota {name!r}.{suggestion(name, known)} It is one of: {', '.join(known)}."
