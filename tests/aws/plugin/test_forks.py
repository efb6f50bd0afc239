"""A child that is forked while other threads call the mock does not hang in its first call."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import moto_iot_jobs
from tests.warm_python import warm_python

PROGRAM = """
import os, threading, time, warnings
import boto3
from moto_iot_jobs import clock, faults, messages, mock_iot

warnings.simplefilter("ignore")
os.environ.update(AWS_ACCESS_KEY_ID="t", AWS_SECRET_ACCESS_KEY="t", AWS_DEFAULT_REGION="eu-west-1")
with mock_iot():
    iot, device = boto3.client("iot"), boto3.client("iot-jobs-data")
    thing = iot.create_thing(thingName="lamp")["thingArn"]
    iot.create_job(jobId="update", targets=[thing], document="{}")
    over = threading.Event()
    subscription = messages.subscribe("#", lambda message: time.sleep(0.0005))

    def call():
        while not over.is_set():
            clock.advance(milliseconds=1)
            iot.describe_job(jobId="update")
            device.update_job_execution(jobId="update", thingName="lamp", status="IN_PROGRESS")
            faults.inject("ListJobs", "ThrottlingException").cancel()
            # Locks are not fair: a fork would wait for a second for each that is taken again at once.
            time.sleep(0.001)

    threads = [threading.Thread(target=call, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    hung = 0
    for _ in range(40):
        child = os.fork()
        if child == 0:
            try:
                device.update_job_execution(jobId="update", thingName="lamp", status="IN_PROGRESS")
                faults.inject("ListJobs", "ThrottlingException")
                clock.advance(days=1)
                messages.published()
                iot.describe_job(jobId="update")
            finally:
                os._exit(0)
        deadline = time.monotonic() + 60
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                hung += 1
                os.kill(child, 9)
                os.waitpid(child, 0)
                break
            time.sleep(0.002)
        if hung:
            break
    over.set()
    for thread in threads:
        thread.join(60)
    subscription.cancel()
print("hung:", hung)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are a matter of POSIX")
def test_a_child_forked_under_load_does_not_hang() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=600
    )
    assert (done.returncode, done.stdout) == (0, "hung: 0\n"), done.stderr


HOLDING = """
import os, threading, time, warnings
import boto3
from moto.core.base_backend import backend_lock
from moto_iot_jobs import clock, faults, messages, mock_iot
from moto_iot_jobs.runtime import runtime

warnings.simplefilter("ignore")
os.environ.update(AWS_ACCESS_KEY_ID="t", AWS_SECRET_ACCESS_KEY="t", AWS_DEFAULT_REGION="eu-west-1")
locks = {
    "backends": backend_lock,
    "calls": runtime.calls._lock,
    "delivery": runtime.delivery._turn,
    "faults": runtime.faults._lock,
    "ticker": runtime.delivery.ticker._guard,
}

def fork_while_another_thread_holds(lock):
    held = threading.Event()

    def hold():
        with lock:
            held.set()
            time.sleep(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(60)
    child = os.fork()
    if child == 0:
        runtime.calls.clear()
        device.update_job_execution(jobId="update", thingName="lamp", status="IN_PROGRESS")
        faults.inject("ListJobs", "ThrottlingException").cancel()
        clock.advance(days=1)
        messages.published()
        runtime.delivery.ticker.start()
        os._exit(0)
    deadline = time.monotonic() + 20
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.002)
    if ended == (0, 0):
        os.kill(child, 9)
        os.waitpid(child, 0)
    thread.join(60)
    return ended == (child, 0)

with mock_iot():
    iot, device = boto3.client("iot"), boto3.client("iot-jobs-data")
    thing = iot.create_thing(thingName="lamp")["thingArn"]
    iot.create_job(jobId="update", targets=[thing], document="{}")
    subscription = messages.subscribe("#", lambda message: None)
    for name, lock in locks.items():
        print(name, fork_while_another_thread_holds(lock))
    subscription.cancel()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are a matter of POSIX")
def test_a_lock_that_another_thread_holds_is_free_in_the_child() -> None:
    done = subprocess.run(
        [*warm_python(), "-c", HOLDING], capture_output=True, text=True, check=False, timeout=300
    )
    ended = dict(line.split() for line in done.stdout.splitlines())
    assert ended == dict.fromkeys(("backends", "calls", "delivery", "faults", "ticker"), "True"), (
        done.stderr
    )


IMPORTING = """
import os, sys, threading, time, warnings
import boto3
import moto_iot_jobs.runtime
from moto_iot_jobs import faults, mock_iot

warnings.simplefilter("ignore")
source = os.path.join(os.path.dirname(moto_iot_jobs.runtime.__file__), "fault_parsing.py")
begun = threading.Event()

def slow_down(event, arguments):
    if event == "exec" and arguments[0].co_filename == source and not begun.is_set():
        begun.set()
        time.sleep(0.5)

with mock_iot():
    sys.addaudithook(slow_down)
    thread = threading.Thread(target=lambda: faults.inject("ListJobs", "ThrottlingException"))
    thread.start()
    assert begun.wait(60)
    child = os.fork()
    if child == 0:
        faults.inject("ListJobs", "ThrottlingException")
        os._exit(0)
    deadline = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    if ended == (0, 0):
        os.kill(child, 9)
    thread.join(60)
print("ended:", ended[0] == child and ended[1] == 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are a matter of POSIX")
def test_a_child_forked_while_another_thread_imports_does_not_wait_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, "ended: True\n"), done.stderr


def test_no_property_is_computed_under_a_lock_of_its_own() -> None:
    """Before Python 3.12 a `cached_property` has one, which a fork leaves held."""
    package = Path(moto_iot_jobs.__file__).parent
    users = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"^\s*@(functools\.)?cached_property", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert users == []
