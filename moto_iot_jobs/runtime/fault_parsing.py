"""Orders of faults as they are written, in process or over HTTP: read and checked before anything
is ordered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import EllipsisType
from typing import Any

from .fault_checks import Target, find_targets, suggestion, targets_giving, targets_naming
from .faults import Delay, Effect, FaultFilter, error_effect

_KINDS = ("error", "delay", "lose")
_MEMBERS = (
    *("operation", *_KINDS, "sleep", "service", "times"),
    *("thing", "job", "after", "probability", "seed"),
)


def read(members: Mapping[str, Any]) -> tuple[FaultFilter, Effect, int | EllipsisType | None]:
    """Read an order.

    Args:
        members: operation, and one of error (a name), delay (seconds) and lose ("request" or
            "answer"). As far as wanted: service, times (None for all), thing, job, after (a number
            of calls), probability, seed; for a delay sleep.

    Returns:
        Which calls are meant, what they meet, and how many (`...` where that was not said).

    Raises:
        KeyError: operation is missing.
        ValueError: anything else is wrong; the message says what to write instead.
    """
    for name in members:
        if name not in _MEMBERS:
            raise ValueError(
                f"There is no member {name!r}.{suggestion(name, _MEMBERS)} It is one of:"
                f" {', '.join(_MEMBERS)}."
            )
    given = [kind for kind in _KINDS if members.get(kind) is not None]
    if len(given) != 1:
        raise ValueError(
            f"A fault is one of: {', '.join(_KINDS)}; not {' and '.join(given) or 'none'}."
        )
    operation = _text(members, "operation", members["operation"])
    targets = find_targets(operation, members.get("service"))
    if members.get("error") is not None:
        targets = targets_giving(_text(members, "error"), targets)
    return _which(members, operation, targets), _effect(members, operation), _times(members)


def _which(members: Mapping[str, Any], operation: str, targets: frozenset[Target]) -> FaultFilter:
    thing, job = _optional_text(members, "thing"), _optional_text(members, "job")
    if thing is not None:
        targets = targets_naming("thingName", "thing", targets)
    if job is not None:
        targets = targets_naming("jobId", "job", targets)
    probability = members.get("probability")
    if probability is not None and not (_is_number(probability) and 0 < probability <= 1):
        raise ValueError(f"probability must be more than 0 and at most 1; not {probability!r}.")
    if members.get("seed") is not None and probability is None:
        raise ValueError("seed is of use with probability only.")
    after = _whole(members, "after", "at least 0", lambda number: number >= 0)
    seed = _whole(members, "seed", "a whole number", lambda _: True)
    return FaultFilter(operation, targets, thing, job, after or 0, probability, seed or 0)


def _effect(members: Mapping[str, Any], operation: str) -> Effect:
    sleep = members.get("sleep")
    delay = members.get("delay")
    if delay is None and sleep is not None:
        raise ValueError("sleep is of use with delay only.")
    if sleep not in (None, True, False):
        raise ValueError(f"sleep must be True, False or None; not {sleep!r}.")
    if delay is not None:
        if not (_is_number(delay) and math.isfinite(delay) and delay > 0):
            raise ValueError(f"A delay must be a number of seconds more than 0; not {delay!r}.")
        return Effect(delay=Delay(delay, sleep))
    lost = members.get("lose")
    if lost is not None:
        if lost not in ("request", "answer"):
            raise ValueError(f"What gets lost is 'request' or 'answer'; not {lost!r}.")
        return Effect(lost=lost)
    return error_effect(members["error"], operation)


def _times(members: Mapping[str, Any]) -> int | EllipsisType | None:
    if "times" not in members:
        return ...
    return _whole(
        members, "times", "at least 1, or None for every attempt", lambda number: number >= 1
    )


def _whole(
    members: Mapping[str, Any], name: str, words: str, is_fine: Callable[[int], bool]
) -> int | None:
    number = members.get(name)
    if number is not None and (
        not isinstance(number, int) or isinstance(number, bool) or not is_fine(number)
    ):
        raise ValueError(f"{name} must be {words}; not {number!r}.")
    return number


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _optional_text(members: Mapping[str, Any], name: str) -> str | None:
    return None if members.get(name) is None else _text(members, name)


def _text(members: Mapping[str, Any], name: str, *_: object) -> str:
    text = members[name]
    if not isinstance(text, str) or not text:
        raise ValueError(f"{name} must be a text; not {text!r}.")
    return text
