"""The command that shows how long others wait while a server works on large jobs.

Run as `python -m benchmarks.waiting`. Another connection requests a small job every ten
milliseconds. Two durations count: the time of day, and the processor time that the server took
between the request and its response, in which nothing counts that other programs did meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

from .http_clients import Connection, signed
from .processes import HOST, REGION, ROOT, free_port, processor_seconds
from .processes import serving as served
from .results import drawn, number

_EVERY_SECONDS = 0.01
_LONGEST_SECONDS = 600
_WINDOWS = 30
_HEADER = ("meanwhile", "took", "half within", "95 of 100", "99 of 100", "slowest", "on the clock")


class Waiting:
    """A server with a group of things, and what another client of it waits for.

    Args:
        pid: of the server.
        url: of its HTTP port.
    """

    def __init__(self, pid: int, url: str) -> None:
        self._pid, self._url = pid, url
        self.lines: list[tuple[str, ...]] = []
        self.iot: Any = boto3.client(
            "iot",
            REGION,
            endpoint_url=url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(read_timeout=_LONGEST_SECONDS, retries={"total_max_attempts": 1}),
        )
        self.group = self.iot.describe_thing_group(thingGroupName="all")["thingGroupArn"]
        self.small = self.iot.create_thing(thingName="small")["thingArn"]
        self.iot.create_job(jobId="small", targets=[self.small], document="{}")
        self._request = signed(url, "iot", "describe_job", jobId="small")

    def call(self, path: str, body: Any = None) -> bytes:
        """Call a path below /moto-api/iot-jobs."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self._url}/moto-api/iot-jobs{path}", data), timeout=600) as answer:
            content: bytes = answer.read()
            return content

    def advance(self, **duration: float) -> None:
        """Move the clock, which waits for all that is due."""
        self.call("/clock/advance", {"seconds": timedelta(**duration).total_seconds()})

    def during(self, what: str, act: Callable[[], object]) -> None:
        """Do something, and note what the other client waits for meanwhile."""
        over, waits = threading.Event(), list[tuple[float, float]]()
        prober = threading.Thread(target=self._probe, args=(over, waits))
        prober.start()
        began = time.perf_counter()
        act()
        took = time.perf_counter() - began
        over.set()
        prober.join()
        busy = sorted(processor for processor, _ in waits)
        shares = [busy[int(share * (len(busy) - 1))] for share in (0.5, 0.95, 0.99, 1)]
        clock = max(passed for _, passed in waits)
        cells = [f"{number(each * 1000)} ms" for each in (*shares, clock)]
        self.lines.append((what, f"{number(took)} s", *cells))
        sys.stdout.write(f"{what}: {', '.join(self.lines[-1][1:])}\n")
        sys.stdout.flush()

    def _probe(self, over: threading.Event, waits: list[tuple[float, float]]) -> None:
        connection = Connection(self._url, self._request)
        while True:
            busy, began = processor_seconds(self._pid), time.perf_counter()
            connection.ask()
            while not connection.receive():
                pass
            passed = time.perf_counter() - began
            waits.append((processor_seconds(self._pid) - busy, passed))
            if over.wait(_EVERY_SECONDS):
                connection.socket.close()
                return

    def until(self, is_so: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until the large job is so, or gone."""
        with suppress(self.iot.exceptions.ResourceNotFoundException):
            while not is_so(self.iot.describe_job(jobId="large")["job"]["jobProcessDetails"]):
                time.sleep(0.1)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waiting", description=__doc__)
    parser.add_argument("--things", type=int, default=100_000, help="in the group")
    parser.add_argument("--jobs", type=int, default=10, help="on the group, for its executions")
    options = parser.parse_args(arguments)
    http, mqtt = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "things.json"
        file.write_text(json.dumps(_things(options.things)), encoding="utf-8")
        command = [sys.executable, "-m", "moto_iot_jobs", "server", "-p", str(http)]
        command += ["--mqtt-port", str(mqtt), "--load", str(file), "--ports-file", "ports.json"]
        with served(command, (http, mqtt), PYTHONPATH=str(ROOT)) as process:
            waiting = Waiting(process.pid, f"http://{HOST}:{http}")
            _one_job(waiting)
            _windows(waiting)
            _many_jobs(waiting, options.jobs, f"{options.things * options.jobs:,} executions")
    sys.stdout.write(f"\n{drawn(_HEADER, waiting.lines)}\n")
    return 0


def _things(many: int) -> dict[str, Any]:
    names = [f"thing-{at:07}" for at in range(many)]
    return {
        "things": [{"thingName": name} for name in names],
        "thingGroups": [{"thingGroupName": "all", "things": names}],
    }


def _one_job(waiting: Waiting) -> None:
    iot = waiting.iot
    large: dict[str, Any] = {"jobId": "large", "targets": [waiting.group], "document": "{}"}
    waiting.during("nothing", lambda: time.sleep(2))
    waiting.during("CreateJob", lambda: iot.create_job(**large))
    waiting.during("the clock moved until all is rolled out", lambda: waiting.advance(minutes=200))

    def cancel() -> None:
        iot.cancel_job(jobId="large", force=True)
        waiting.until(lambda details: not details.get("numberOfQueuedThings"))

    def delete() -> None:
        iot.delete_job(jobId="large", force=True)
        waiting.until(lambda _: False)

    waiting.during("CancelJob, and its work", cancel)
    waiting.during("DeleteJob, and its work", delete)


def _windows(waiting: Waiting) -> None:
    """Move the clock by a year, over jobs with daily windows."""
    now = datetime.fromtimestamp(
        json.loads(waiting.call("/clock"))["milliseconds"] / 1000, timezone.utc
    )
    begin, end = (now + timedelta(days=days) for days in (1, 400))
    window = {"startTime": "cron(0 2 * * ? *)", "durationInMinutes": 60}
    for at in range(_WINDOWS):
        waiting.iot.create_job(
            jobId=f"daily-{at}",
            targets=[waiting.small],
            targetSelection="CONTINUOUS",
            document="{}",
            schedulingConfig={
                "startTime": f"{begin:%Y-%m-%dT%H:%M}",
                "endTime": f"{end:%Y-%m-%dT%H:%M}",
                "endBehavior": "STOP_ROLLOUT",
                "maintenanceWindows": [window],
            },
        )
    what = f"the clock moved by a year, {_WINDOWS} jobs with daily windows"
    waiting.during(what, lambda: waiting.advance(days=365))


def _many_jobs(waiting: Waiting, jobs: int, executions: str) -> None:
    for at in range(jobs):
        waiting.iot.create_job(jobId=f"job-{at}", targets=[waiting.group], document="{}")
    waiting.during(f"roll-out of {executions}", lambda: waiting.advance(minutes=200))
    waiting.during(f"the state for the page, {executions}", lambda: waiting.call("/state"))
    waiting.during(f"the export, {executions}", lambda: waiting.call(f"/export?region={REGION}"))


if __name__ == "__main__":
    sys.exit(main())
