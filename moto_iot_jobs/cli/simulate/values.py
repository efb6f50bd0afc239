"""Values of the options of `moto-iot-jobs simulate`, as people write them."""

from __future__ import annotations

import argparse
import re

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_ABORTING = ("FAILED", "REJECTED", "TIMED_OUT", "ALL")
_RETRIED = ("FAILED", "TIMED_OUT", "ALL")
_MOST = 1_000_000
_MOST_DAYS = 36_500


def positive(text: str) -> int:
    """Read a whole number from 1 to a million."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {_MOST:,}")
    return int(text)


def days(text: str) -> float:
    """Read a number of days, at most a hundred years."""
    if not re.fullmatch(r"\d+(\.\d+)?", text) or not 0 < float(text) <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of days, more than 0 and at most {_MOST_DAYS:,}"
        )
    return float(text)


def share(text: str) -> float:
    """Read a share of the whole: 0.05 or 5%."""
    try:
        read = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        read = -1.0
    if not 0 <= read <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share; write 0.05 or 5%")
    return round(read, 9)


def outcome(text: str) -> tuple[str, float]:
    """Read the name of a script with its share: reject=5%."""
    from moto_iot_jobs.devices import outcomes

    name, _, part = text.partition("=")
    try:
        outcomes.find(name)
    except ValueError as unknown:
        raise argparse.ArgumentTypeError(str(unknown)) from None
    return name, share(part)


def times(text: str) -> tuple[float, float]:
    """Read a length of time, or two to draw between, in seconds: 90s, 2m, 1h or 1m-5m."""
    found = [re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", part) for part in text.split("-")]
    seconds = [float(each[1]) * _UNITS[each[2]] for each in found if each is not None]
    if len(seconds) != len(found) or len(seconds) > 2 or seconds[0] > seconds[-1]:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write 90s, 2m, 1h, or 1m-5m")
    return seconds[0], seconds[-1]


def exponential(text: str) -> tuple[int, float, int]:
    """Read an exponential rate: 5,2,50."""
    parts = text.split(",")
    if len(parts) != 3 or not re.fullmatch(r"\d+(\.\d+)?", parts[1]):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not BASE,FACTOR,THINGS, for instance 5,2,50 or 5,1.5,50"
        )
    return positive(parts[0]), float(parts[1]), positive(parts[2])


def abort(text: str) -> tuple[str, float, int]:
    """Read an abort criterion: FAILED:20:10."""
    found = re.fullmatch(r"(\w+):(\d+(?:\.\d+)?)%?:(\d+)", text)
    if found is None or found[1].upper() not in _ABORTING:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not TYPE:PERCENT:MIN, for instance FAILED:20:10; {_types(_ABORTING)}"
        )
    return found[1].upper(), float(found[2]), int(found[3])


def retry(text: str) -> tuple[str, int]:
    """Read a retry criterion: FAILED=2."""
    found = re.fullmatch(r"(\w+)=(\d+)", text)
    if found is None or found[1].upper() not in _RETRIED:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not TYPE=N, for instance FAILED=2; {_types(_RETRIED)}"
        )
    return found[1].upper(), int(found[2])


def _types(types: tuple[str, ...]) -> str:
    return f"TYPE is one of {', '.join(types)}"
