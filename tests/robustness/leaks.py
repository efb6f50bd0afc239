"""Run as a program: mocks, jobs and endpoints come and go; what they leave behind is told as JSON,
one line for each kind.

`python tests/robustness/leaks.py --mocks 10000 --jobs 100000 --endpoints 100`
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.core.base_backend import AccountSpecificBackend
from moto.iot.models import iot_backends

from moto_iot_jobs import clock, faults, mock_iot, mqtt
from tests.robustness.bad_requests import ACCOUNT, ARN, REGION, HttpForm
from tests.robustness.transports import InProcess

WARM_UP = 15
KEEP_SESSION: Any = {"core": {"reset_boto3_session": False}}

transport = InProcess()


def resident() -> float:
    """MiB of this process that are in memory; 0 where nobody tells."""
    status = Path("/proc/self/statm")
    pages = int(status.read_text(encoding="ascii").split()[1]) if status.exists() else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def open_files() -> int:
    """How many files and sockets are open; 0 where nobody tells."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def blocks() -> int:
    """How many pieces of memory Python's objects occupy, without what moto caches: the backends of
    the last 128 mocks.
    """
    for name in ("_generate_regions", "__getitem__"):
        clear = getattr(getattr(AccountSpecificBackend, name), "cache_clear", None)
        if clear is not None:
            clear()
    gc.collect()
    return sys.getallocatedblocks()


def measure(kind: str, one_round: Callable[[int], None], rounds: int) -> None:
    """Do something over and over; tell what there is more of after the rounds than after the
    warm-up, and half way.
    """
    for number in range(WARM_UP):
        one_round(number)
    before, threads, files, memory, began = (
        blocks(),
        threading.active_count(),
        open_files(),
        resident(),
        time.monotonic(),
    )
    half = 0
    for number in range(rounds):
        if number == rounds // 2:
            half = blocks()
        one_round(WARM_UP + number)
    report = {
        "kind": kind,
        "rounds": rounds,
        "blocks": blocks() - before,
        "blocks in the second half": blocks() - half,
        "MiB resident": round(resident() - memory, 1),
        "threads": threading.active_count() - threads,
        "open files": open_files() - files,
        "seconds": round(time.monotonic() - began, 1),
    }
    sys.stdout.write(f"{json.dumps(report)}\n")
    sys.stdout.flush()


def ask(method: str, path: str, body: bytes = b"", service: str = "iot") -> None:
    """Send a request that has to succeed."""
    response = transport.ask(service, HttpForm(method, path, body))
    if response.status != 200:
        raise RuntimeError(f"{method} {path}: {response}")


def a_thing() -> None:
    """Create the thing that all jobs are for."""
    backend: Any = iot_backends[ACCOUNT][REGION]
    backend.create_thing("t1", None, None)


def a_job(name: str) -> None:
    """One job's life: created, started, finished, deleted."""
    ask("PUT", f"/jobs/{name}", b'{"targets": ["%s:thing/t1"], "document": "{}"}' % ARN.encode())
    ask("PUT", "/things/t1/jobs/$next", b"{}", "iot-jobs-data")
    ask("POST", f"/things/t1/jobs/{name}", b'{"status": "SUCCEEDED"}', "iot-jobs-data")
    ask("DELETE", f"/jobs/{name}?force=true")


def a_mock(number: int) -> None:
    """A test that has bent everything."""
    with mock_iot(config=KEEP_SESSION):
        a_thing()
        a_job(f"j{number}")
        clock.advance(minutes=1)
        faults.inject("ListJobs", "ThrottlingException")


def endpoints(number: int) -> None:
    """A test with devices; the messages that it leads to are kept, up to a bound, until its mock
    ends.
    """
    with mock_iot(config=KEEP_SESSION):
        a_thing()
        with mqtt.Endpoint(region=REGION), mqtt.Endpoint(tls=True, region=REGION):
            a_job(f"j{number}")


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mocks", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=150)
    parser.add_argument("--endpoints", type=int, default=5)
    options = parser.parse_args()
    measure("mocks", a_mock, options.mocks)
    with mock_iot(config=KEEP_SESSION):
        a_thing()
        measure("jobs", lambda number: a_job(f"j{number}"), options.jobs)
    measure("endpoints", endpoints, options.endpoints)


if __name__ == "__main__":
    main()
