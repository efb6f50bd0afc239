"""The quotas that a test enforces: which of them hold now, at what number, and how many calls of
each are left this second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import backend_lock

from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.limits import Limits
from moto_iot_jobs.wire import WireError

from .clock import Clock
from .delivery import live_jobs

# Not imported for all: what quotas there are is for the tests that enforce some.
if TYPE_CHECKING:
    from .fault_checks import Target


class Quotas:
    """Which quotas are enforced, by one `enforce` after the other; the later one wins.

    Attributes:
        rates: calls a second, and the quota that says so, by service and operation. Empty while no
            rate is enforced.
        limits: the limits of every account and region; None while they are as ever.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rates: Mapping[Target, tuple[str, float]] = {}
        self.limits: Limits | None = None
        self._layers: dict[int, dict[str, float]] = {}
        self._enforced = 0
        # What is left of each rate, and when that was so: a bucket that holds one second's calls
        # and fills by itself.
        self._left: dict[tuple[str, str, str], tuple[float, int]] = {}

    def enforce(self, asked: Mapping[str, Any]) -> int:
        """Enforce quotas from now on; return a number to end it by.

        Args:
            asked: numbers by the names of quotas, True for AWS's own number. Nothing at all is all
                quotas at AWS's numbers.

        Raises:
            ValueError: no such quota, or no such number.
        """
        from . import quota_requests

        layer = quota_requests.read(asked)
        with backend_lock:
            self._enforced += 1
            self._layers[self._enforced] = layer
            self._apply()
            return self._enforced

    def lift(self, number: int) -> None:
        """End one `enforce`; doing it again does no harm."""
        with backend_lock:
            if self._layers.pop(number, None) is not None:
                self._apply()

    def clear(self) -> None:
        """Enforce nothing any more that is not always so."""
        with backend_lock:
            if self._layers:
                self._layers.clear()
                self._apply()

    def enforced(self) -> dict[str, float]:
        """Return the numbers that are enforced, by the names of the quotas."""
        effective: dict[str, float] = {}
        for layer in self._layers.values():
            effective.update(layer)
        return effective

    def _apply(self) -> None:
        from .quota_table import QUOTAS

        numbers = self.enforced()
        before = dict(self.rates.values())
        self.rates = {
            target: (name, number)
            for name, number in numbers.items()
            for target in QUOTAS[name].operations
        }
        # Whoever changes another quota gives nobody new calls.
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

    def spend(self, service: str, operation: str, account: str, region: str) -> None:
        """Count one call.

        Raises:
            WireError: there were too many in the second before.
        """
        found = self.rates.get((service, operation))
        if found is None:
            return
        name, rate = found
        now = self._clock.now()
        most = max(1.0, rate)
        bucket = (account, region, name)
        with backend_lock:
            left, then = self._left.get(bucket, (most, now))
            left = min(most, left + max(0, now - then) * rate / 1000)
            # Sums of fractions may fall short of one by a hair.
            allowed = left > 1 - 1e-9
            self._left[bucket] = (left - allowed, now)
        if not allowed:
            raise WireError("ThrottlingException", "Rate exceeded")
