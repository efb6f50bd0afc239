"""Draws the pictures of `docs/time.md`: the executions of a job by status, minute by minute.

`python docs/pictures.py` writes them to `docs/pictures` or to the folder that it is given; a test
compares them. Simulated devices run the jobs, and the charts show the counters of DescribeJob.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from moto_iot_jobs import clock, mock_iot
from moto_iot_jobs.devices import Fleet, Rollout
from moto_iot_jobs.devices.chart import Band, Chart, chart

REGION = "eu-west-1"


def rollout() -> Chart:
    """Run an exponential rollout: two a minute, doubled after every eight, at most twenty."""
    fleet = Fleet(60, starts_after=60, works_for=180, region=REGION)
    result = fleet.roll_out(
        "rollout",
        jobExecutionsRolloutConfig={
            "maximumPerMinute": 20,
            "exponentialRate": {
                "baseRatePerMinute": 2,
                "incrementFactor": 2,
                "rateIncreaseCriteria": {"numberOfNotifiedThings": 8},
            },
        },
    )
    return drawn(
        result,
        "An exponential rollout to 60 things",
        "2 a minute, times 2 whenever further 8 were notified, at most 20; a device waits a minute"
        " and works for three",
    )


def window() -> Chart:
    """Run a job that may only roll out in the first quarter of each hour, one thing a minute."""
    fleet = Fleet(40, starts_after=5 * 60, works_for=10 * 60, region=REGION)
    result = fleet.roll_out(
        "window",
        days=250 / (24 * 60),
        targetSelection="CONTINUOUS",
        jobExecutionsRolloutConfig={"maximumPerMinute": 1},
        schedulingConfig={
            "startTime": "2040-01-01T01:00",
            "maintenanceWindows": [{"startTime": "cron(0 * * * ? *)", "durationInMinutes": 15}],
        },
    )
    return drawn(
        result,
        "Maintenance windows: 15 minutes of every hour, 40 things",
        "one a minute; a device waits 5 minutes and works for 10; dashed: the windows",
        [Band(60 * opens, 60 * (opens + 15)) for opens in (30, 90, 150, 210)],
    )


def drawn(result: Rollout, title: str, subtitle: str, bands: Sequence[Band] = ()) -> Chart:
    """Return the chart of a rollout, with bands."""
    return chart(result.timeline, (title, subtitle), bands=bands)


def main(folder: Path) -> None:
    """Run the jobs, and write a picture of each."""
    for draw in (rollout, window):
        with mock_iot(), clock.freeze():
            clock.move_to(datetime(2040, 1, 1, 0, 30, tzinfo=timezone.utc))
            picture = draw()
        (folder / f"{draw.__name__}.svg").write_text(picture.svg(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures")
