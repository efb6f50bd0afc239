"""The options of `moto-iot-jobs simulate`, and the fleet and the job that they describe."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import values, wording

_FLEET: Mapping[str, Mapping[str, Any]] = {
    "--devices": {
        "type": values.positive,
        "default": 100,
        "metavar": "N",
        "help": "number of devices (default: 100)",
    },
    "--fail": {
        "type": values.share,
        "default": 0.0,
        "metavar": "SHARE",
        "help": "share of devices that fail: 0.05 or 5%%",
    },
    "--hang": {
        "type": values.share,
        "default": 0.0,
        "metavar": "SHARE",
        "help": "share of devices that start and never report again",
    },
    "--outcome": {
        "type": values.outcome,
        "action": "append",
        "default": [],
        "metavar": "NAME=SHARE",
        "help": (
            "share of devices that do something else: reject, progress, lose_connection,"
            " stale_version; may be repeated"
        ),
    },
    "--works-for": {
        "type": values.times,
        "default": (60.0, 300.0),
        "metavar": "TIME",
        "help": "working time: 90s, 2m or 1m-5m (the default)",
    },
    "--starts-after": {
        "type": values.times,
        "default": (0.0, 10.0),
        "metavar": "TIME",
        "help": "time from queued to started (default: 0s-10s)",
    },
    "--seed": {
        "type": int,
        "default": 0,
        "help": "the same seed gives the same output (default: 0)",
    },
}
_JOB: Mapping[str, Mapping[str, Any]] = {
    "--rate": {
        "type": values.positive,
        "metavar": "N",
        "help": "devices to notify a minute at most (maximumPerMinute)",
    },
    "--exponential": {
        "type": values.exponential,
        "metavar": "BASE,FACTOR,THINGS",
        "help": (
            "begin with BASE a minute, and times FACTOR whenever THINGS more were notified; goes up"
            " to --rate"
        ),
    },
    "--on-success": {
        "action": "store_true",
        "help": "the exponential rate grows with things that succeeded, not were notified",
    },
    "--abort": {
        "type": values.abort,
        "action": "append",
        "default": [],
        "metavar": "TYPE:PERCENT:MIN",
        "help": (
            "cancel once PERCENT of at least MIN finished executions FAILED, were REJECTED,"
            " TIMED_OUT or ALL of these"
        ),
    },
    "--timeout": {
        "type": values.positive,
        "metavar": "MINUTES",
        "help": "an execution in progress times out after so long",
    },
    "--retry": {
        "type": values.retry,
        "action": "append",
        "default": [],
        "metavar": "TYPE=N",
        "help": "try FAILED, TIMED_OUT or ALL again N times",
    },
    "--days": {
        "type": values.days,
        "default": 30.0,
        "metavar": "N",
        "help": "days to simulate at most (default: 30)",
    },
}
_OUTPUT: Mapping[str, Mapping[str, Any]] = {
    "--picture": {
        "type": Path,
        "metavar": "FILE",
        "help": "draw executions by status over time, as .svg or .png",
    },
    "--json": {"action": "store_true", "help": "print everything as JSON instead"},
    "--plain": {"action": "store_true", "help": "no live table and no colours, even on a terminal"},
}
_GROUPS = {"the fleet": _FLEET, "the job": _JOB, "the output": _OUTPUT}
_EXAMPLES = """\
examples:
  moto-iot-jobs simulate --fail 5% --rate 10 --abort FAILED:10:20
  moto-iot-jobs simulate --devices 500 --exponential 5,2,20 --hang 2% --timeout 15 --picture out.svg
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    for title, options in _GROUPS.items():
        group = parser.add_argument_group(title)
        for name, settings in options.items():
            group.add_argument(name, **settings)


def check(options: argparse.Namespace) -> None:
    """Raise ValueError for options that contradict each other."""
    if options.on_success and options.exponential is None:
        raise ValueError(
            "--on-success says with what an exponential rate grows; give --exponential too."
        )
    outcomes(options)


def outcomes(options: argparse.Namespace) -> dict[str, float]:
    """Return the outcomes with their shares, the rest of the devices succeeding.

    Raises:
        ValueError: the shares are more than the whole.
    """
    shares: dict[str, float] = {}
    for name, share in [("fail", options.fail), ("hang", options.hang), *options.outcome]:
        shares[name] = shares.get(name, 0.0) + share
    rest = round(1 - sum(shares.values()), 9)
    if rest < 0:
        raise ValueError(
            f"The shares of the outcomes come to {wording.percent(sum(shares.values()))}, which is"
            " more than all."
        )
    shares["succeed"] = round(shares.get("succeed", 0.0) + rest, 9)
    return {name: share for name, share in sorted(shares.items()) if share > 0}


def job_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the members of CreateJob."""
    settings: dict[str, Any] = {}
    rollout: dict[str, Any] = {"maximumPerMinute": options.rate} if options.rate is not None else {}
    if options.exponential is not None:
        base, factor, things = options.exponential
        grows_with = "numberOfSucceededThings" if options.on_success else "numberOfNotifiedThings"
        rollout.setdefault("maximumPerMinute", 1000)
        rollout["exponentialRate"] = {
            "baseRatePerMinute": base,
            "incrementFactor": factor,
            "rateIncreaseCriteria": {grows_with: things},
        }
    if rollout:
        settings["jobExecutionsRolloutConfig"] = rollout
    if options.abort:
        settings["abortConfig"] = {
            "criteriaList": [
                {
                    "failureType": kind,
                    "action": "CANCEL",
                    "thresholdPercentage": percent,
                    "minNumberOfExecutedThings": least,
                }
                for kind, percent, least in options.abort
            ]
        }
    if options.timeout is not None:
        settings["timeoutConfig"] = {"inProgressTimeoutInMinutes": options.timeout}
    if options.retry:
        criteria = [
            {"failureType": kind, "numberOfRetries": retries} for kind, retries in options.retry
        ]
        settings["jobExecutionsRetryConfig"] = {"criteriaList": criteria}
    return settings


def to_dict(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings as plain data, for JSON."""
    return {
        "devices": options.devices,
        "seed": options.seed,
        "outcomes": outcomes(options),
        "worksForSeconds": list(options.works_for),
        "startsAfterSeconds": list(options.starts_after),
        **job_settings(options),
    }


def title(options: argparse.Namespace) -> str:
    """Describe the fleet in a line."""
    return f"{options.devices} devices, seed {options.seed}: {wording.shares(outcomes(options))}"


def descriptions(options: argparse.Namespace) -> Iterator[str]:
    """Describe the job's settings, a line each."""
    if options.exponential is not None:
        base, factor, things = options.exponential
        done = "succeeded" if options.on_success else "were notified"
        most = options.rate if options.rate is not None else 1000
        yield (
            f"rollout: {base} a minute, times {factor:g} whenever further {things} {done}, at most"
            f" {most}"
        )
    elif options.rate is not None:
        yield f"rollout: {options.rate} a minute"
    for kind, share, least in options.abort:
        yield f"abort: {wording.percent(share / 100)} {kind} of at least {least} finished"
    if options.timeout is not None:
        yield f"timeout: {wording.number(options.timeout, 'minute')} in progress"
    for kind, retries in options.retry:
        yield f"retry: {kind}, {wording.number(retries, 'time')}"
