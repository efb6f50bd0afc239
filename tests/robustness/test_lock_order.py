"""Locks are taken in one order: a model of who holds which while taking which has no circle."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from graphlib import CycleError, TopologicalSorter
from typing import Any

import boto3
import pytest
from moto.core import base_backend

from moto_iot_jobs import clock, faults, messages, mock_iot
from moto_iot_jobs.messaging.log import Subscription
from moto_iot_jobs.runtime import runtime

REGION = "eu-west-1"


class Orders:
    """Which locks were held while which were taken."""

    def __init__(self) -> None:
        self.taken_while: dict[str, set[str]] = defaultdict(set)
        self._held = threading.local()

    def held(self) -> list[str]:
        if not hasattr(self._held, "names"):
            self._held.names = []
        names: list[str] = self._held.names
        return names

    def circle(self) -> list[str]:
        try:
            TopologicalSorter(self.taken_while).prepare()
        except CycleError as error:
            return list(error.args[1])
        return []


class Watched:
    """A lock that notes what its thread holds already when it waits for it."""

    def __init__(self, lock: Any, name: str, orders: Orders) -> None:
        self._lock, self._name, self._orders = lock, name, orders

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        held = self._orders.held()
        # Whoever does not wait, or not for ever, cannot be part of a deadlock.
        if blocking and timeout < 0 and self._name not in held:
            for other in held:
                self._orders.taken_while[self._name].add(other)
        taken: bool = self._lock.acquire(blocking, timeout)
        if taken:
            held.append(self._name)
        return taken

    def release(self) -> None:
        self._lock.release()
        self._orders.held().remove(self._name)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_raised: object) -> None:
        self.release()

    def _is_owned(self) -> bool:
        owned: bool = self._lock._is_owned()
        return owned


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> Orders:
    """Watch every lock of ours, and moto's."""
    found = Orders()
    lock = Watched(base_backend.backend_lock, "backend_lock", found)
    for module in list(sys.modules.values()):
        if getattr(module, "backend_lock", None) is base_backend.backend_lock:
            monkeypatch.setattr(module, "backend_lock", lock)
    for guarded, name in ((runtime.delivery, "_turn"), (runtime.faults, "_lock")):
        monkeypatch.setattr(guarded, name, Watched(getattr(guarded, name), name, found))
    make = Subscription.__init__

    def make_watched(self: Any, *arguments: Any) -> None:
        make(self, *arguments)
        self._turn = Watched(self._turn, "a subscriber's turn", found)

    monkeypatch.setattr(Subscription, "__init__", make_watched)
    return found


def test_two_locks_in_both_orders_are_found() -> None:
    orders = Orders()
    first, second = (Watched(threading.RLock(), name, orders) for name in ("first", "second"))
    with first, second:
        pass
    assert orders.circle() == []
    with second, first:
        pass
    assert set(orders.circle()) == {"first", "second"}


def test_no_locks_are_taken_crosswise(orders: Orders) -> None:
    def live(number: int) -> None:
        iot, device = (boto3.client(name, region_name=REGION) for name in ("iot", "iot-jobs-data"))
        thing = iot.create_thing(thingName=f"t{number}")["thingArn"]
        for each in range(5):
            job_id = f"{number}-{each}"
            iot.create_job(jobId=job_id, targets=[thing], document="{}")
            messages.request(f"$aws/things/t{number}/jobs/get", region=REGION)
            if each % 2:
                device.start_next_pending_job_execution(thingName=f"t{number}")
                clock.advance(minutes=1)
            iot.delete_job(jobId=job_id, force=True)

    with mock_iot():
        describe = boto3.client("iot", region_name=REGION).list_jobs
        with (
            messages.subscribe("#", lambda _: describe()),
            faults.inject("ListJobTemplates", "ThrottlingException"),
            ThreadPoolExecutor(4) as threads,
        ):
            list(threads.map(live, range(4)))
            messages.published()
            faults.clear()
    assert orders.circle() == []
