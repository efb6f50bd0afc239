"""Nothing that is seen depends on the seed of Python's hashes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEEDS = ("0", "1", "2", "3", "4", "5")

SCRIPT = """
from moto_iot_jobs.service.deletion import AfterTime
from moto_iot_jobs.service.states import EXECUTION_TABLE, JOB_TABLE
from tests.service.conftest import World

world = World()
world.pace = AfterTime(60_000)
world.listen()
for group in ("north", "south", "east", "west"):
    world.group(group, *(f"{group}-{number}" for number in range(3)))
for number, namespace in enumerate((None, "a", "b", "c")):
    world.follow(f"job-{number}", "north", "south", "east", "west", namespace_id=namespace)
for thing in ("north-0", "south-1", "east-2"):
    world.start(thing)
    world.report(thing, "FAILED", "job-1")
for group in ("south", "east", "west"):
    world.join("north-0", group)
world.leave("north-0", "north")
world.delete_thing("south-1")
for number in range(4):
    world.control_plane.delete_job(f"job-{number}", world.now, force=True)
world.advance(minutes=1)
for event in world.regional.take_events():
    print(event)
print(EXECUTION_TABLE, JOB_TABLE)
"""


def test_events_come_in_the_same_order_under_every_seed() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        )
        for seed in SEEDS
    ]
    printed = {run.communicate(timeout=60)[0] for run in runs}
    assert len(printed) == 1
    assert printed.pop().count("PendingChanged") > 20
