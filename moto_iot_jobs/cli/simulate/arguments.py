"""The options of `moto-iot-jobs simulate`, and the fleet and the job that they describe."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from . import wording

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_FAILURES = ("FAILED", "REJECTED", "TIMED_OUT", "ALL")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    fleet = parser.add_argument_group("the fleet")
    fleet.add_argument(
        "--devices",
        type=_positive,
        default=100,
        metavar="N",
        help="how many devices (default: 100)",
    )
    fleet.add_argument(
        "--fail", type=_share, default=0.0, metavar="SHARE", help="how many fail: 0.05 or 5%%"
    )
    fleet.add_argument(
        "--hang",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="how many start and say nothing any more",
    )
    fleet.add_argument(
        "--outcome",
        type=_outcome,
        action="append",
        default=[],
        metavar="NAME=SHARE",
        help=(
            "how many do something else: reject, progress, lose_connection, stale_version; again"
            " for more of them"
        ),
    )
    fleet.add_argument(
        "--works-for",
        type=_times,
        default=(60.0, 300.0),
        metavar="TIME",
        help="working time: 90s, 2m or 1m-5m (the default)",
    )
    fleet.add_argument(
        "--starts-after",
        type=_times,
        default=(0.0, 10.0),
        metavar="TIME",
        help="from queued to started (default: 0s-10s)",
    )
    fleet.add_argument(
        "--seed", type=int, default=0, help="the same seed gives the same output (default: 0)"
    )

    job = parser.add_argument_group("the job")
    job.add_argument(
        "--rate",
        type=_positive,
        metavar="N",
        help="notify at most so many devices a minute (maximumPerMinute)",
    )
    job.add_argument(
        "--exponential",
        type=_exponential,
        metavar="BASE,FACTOR,THINGS",
        help=(
            "begin with BASE a minute, and times FACTOR whenever further THINGS were notified; goes"
            " up to --rate"
        ),
    )
    job.add_argument(
        "--on-success",
        action="store_true",
        help="let the exponential rate grow with things that succeeded, not were notified",
    )
    job.add_argument(
        "--abort",
        type=_abort,
        action="append",
        default=[],
        metavar="TYPE:PERCENT:MIN",
        help=(
            "cancel once PERCENT of at least MIN finished executions FAILED, were REJECTED,"
            " TIMED_OUT or ALL of these"
        ),
    )
    job.add_argument(
        "--timeout",
        type=_positive,
        metavar="MINUTES",
        help="an execution in progress times out after so long",
    )
    job.add_argument(
        "--retry",
        type=_retry,
        action="append",
        default=[],
        metavar="TYPE=N",
        help="try FAILED, TIMED_OUT or ALL again N times",
    )
    job.add_argument(
        "--days", type=float, default=30, help="simulate so many days at most (default: 30)"
    )

    output = parser.add_argument_group("the output")
    output.add_argument(
        "--picture",
        type=Path,
        metavar="FILE",
        help="draw executions by status over time, as .svg or .png",
    )
    output.add_argument("--json", action="store_true", help="print everything as JSON instead")
    output.add_argument("--plain", action="store_true", help="no live table, even on a terminal")


def outcomes(options: argparse.Namespace) -> dict[str, float]:
    """Return the outcomes with their shares; who does nothing else succeeds.

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


def members(options: argparse.Namespace) -> dict[str, Any]:
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
    """Describe the simulation in a line."""
    return f"{options.devices} devices, seed {options.seed}: {wording.shares(outcomes(options))}"


# How values are written


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share; write 0.05 or 5%")
    return round(share, 9)


def _outcome(text: str) -> tuple[str, float]:
    from moto_iot_jobs.devices import outcomes

    name, _, share = text.partition("=")
    try:
        outcomes.find(name)
    except ValueError as unknown:
        raise argparse.ArgumentTypeError(str(unknown)) from None
    return name, _share(share)


def _times(text: str) -> tuple[float, float]:
    found = [re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", part) for part in text.split("-")]
    seconds = [float(each[1]) * _UNITS[each[2]] for each in found if each is not None]
    if len(seconds) != len(found) or len(seconds) > 2 or seconds[0] > seconds[-1]:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 90s, 2m, 1h, or 1m-5m")
    return seconds[0], seconds[-1]


def _exponential(text: str) -> tuple[int, float, int]:
    parts = text.split(",")
    if len(parts) != 3 or not re.fullmatch(r"\d+(\.\d+)?", parts[1]):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not BASE,FACTOR,THINGS, for instance 5,2,50 or 5,1.5,50"
        )
    return _positive(parts[0]), float(parts[1]), _positive(parts[2])


def _abort(text: str) -> tuple[str, float, int]:
    found = re.fullmatch(r"(\w+):(\d+(?:\.\d+)?)%?:(\d+)", text)
    if found is None or found[1].upper() not in _FAILURES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not TYPE:PERCENT:MIN, for instance FAILED:20:10; {_types(_FAILURES)}"
        )
    return found[1].upper(), float(found[2]), int(found[3])


def _retry(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\w+)=(\d+)", text)
    types = ("FAILED", "TIMED_OUT", "ALL")
    if found is None or found[1].upper() not in types:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not TYPE=N, for instance FAILED=2; {_types(types)}"
        )
    return found[1].upper(), int(found[2])


def _types(types: tuple[str, ...]) -> str:
    return f"TYPE is one of {', '.join(types)}"
