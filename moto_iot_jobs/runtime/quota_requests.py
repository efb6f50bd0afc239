"""Quotas as they are asked for, in process or over HTTP: read and checked before anything is
enforced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fault_checks import suggestion
from .quota_table import QUOTAS, Kept

_CAN_BE_ENFORCED = {
    name: quota for name, quota in QUOTAS.items() if quota.kept in (Kept.WHEN_ENFORCED, Kept.ALWAYS)
}

# The other reading of a quota that AWS documents at two places: to be named where it is wanted.
_ALTERNATIVES = frozenset({"concurrent_jobs_at_creation"})
_ALL = {name: True for name in _CAN_BE_ENFORCED if name not in _ALTERNATIVES}


def read(asked: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers that are asked for, by the names of the quotas.

    Args:
        asked: numbers, True for AWS's own number. Nothing at all is all quotas at AWS's numbers.

    Raises:
        ValueError: no such quota, or no such number; the message says what to write instead.
    """
    return {name: _number(name, value) for name, value in (asked or _ALL).items()}


def _number(name: str, value: Any) -> float:
    quota = _CAN_BE_ENFORCED.get(name)
    if quota is None:
        raise ValueError(_cannot_be_enforced(name))
    if value is True:
        assert not isinstance(quota.value, tuple)
        return quota.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if quota.is_rate and not (is_number and 0 < value < float("inf")):
        raise ValueError(
            f"{name} must be a number of calls a second, or True for AWS's {quota.value}; not"
            f" {value!r}."
        )
    if not quota.is_rate and not (is_number and value == int(value) and value >= 0):
        raise ValueError(
            f"{name} must be a whole number, or True for AWS's {quota.value}; not {value!r}."
        )
    number: float = value
    return number


def _cannot_be_enforced(name: str) -> str:
    quota = QUOTAS.get(name)
    if quota is not None and quota.kept is Kept.NEVER:
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
    known = ", ".join(_CAN_BE_ENFORCED)
    return f"There is no quota {name!r}.{suggestion(name, _CAN_BE_ENFORCED)} It is one of: {known}."
