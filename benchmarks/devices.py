"""Devices on MQTT: how fast they connect, how long it takes to notify all of them, and how many
updates they get answered.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from time import perf_counter
from typing import Any

import boto3

from .effort import Effort
from .mqtt_clients import CONNACK, PUBLISH, SUBACK, Crowd, Device, connect, publish, subscribe
from .processes import HOST, REGION, free_port
from .results import Findings
from .rivals import ours
from .sampling import Sample

GROUP, JOB = "all", "job"
_UPDATE = b'{"status":"IN_PROGRESS"}'
_BUSY = 32


def measure(effort: Effort) -> Findings:
    """Measure our server; no other takes devices of IoT Jobs by MQTT without a certificate for
    each.
    """
    findings = Findings()
    number = min(effort.devices, _most_sockets())
    names = [f"thing-{at:04}" for at in range(number)]
    port = free_port()
    with ExitStack() as running:
        url = running.enter_context(ours("--mqtt-port", str(port), ports=(port,)))
        iot: Any = boto3.client(
            "iot",
            REGION,
            endpoint_url=url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        group = _group(iot, names)
        rounds = min(effort.rounds, 5)
        crowd, connects = Crowd(), []
        for _ in range(rounds):
            crowd = Crowd()
            running.callback(crowd.close)
            connects.append(_connect(crowd, names, (HOST, port)))
            if len(connects) < rounds:
                crowd.close()
        _subscribe(crowd)
        notified = [_notify(crowd, iot, group) for _ in range(rounds)]
        iot.create_job(jobId="busy", targets=[group], document="{}")
        crowd.await_packets(PUBLISH, number)
        few = Crowd()
        running.callback(few.close)
        _connect(few, names[:_BUSY], (HOST, port))
        updates = [_update(few, effort.seconds) for _ in range(rounds)]
    findings.add(f"MQTT devices connected a second, of {number:,}", Sample.of(connects), "/s")
    findings.add(
        f"CreateJob on a group of {number:,} until every device was notified by MQTT",
        Sample.of(notified),
        "s",
    )
    findings.add(
        f"UpdateJobExecution by MQTT, answered a second, {len(few.devices)} devices",
        Sample.of(updates),
        "/s",
    )
    findings.constants["connects_a_second"] = Sample.of(connects).median
    findings.constants["notifications_a_second"] = number / Sample.of(notified).median
    findings.constants["mqtt_updates_a_second"] = Sample.of(updates).median
    return findings


def _group(iot: Any, names: list[str]) -> str:
    arn: str = iot.create_thing_group(thingGroupName=GROUP)["thingGroupArn"]
    for name in names:
        iot.create_thing(thingName=name)
        iot.add_thing_to_thing_group(thingGroupName=GROUP, thingName=name)
    return arn


def _connect(crowd: Crowd, names: list[str], address: tuple[str, int]) -> float:
    """Connect a device for each name, all at once, and return how many were accepted a second."""
    began = perf_counter()
    for name in names:
        device = Device(name, address)
        device.send(connect(name))
        crowd.add(device)
    crowd.await_packets(CONNACK, len(names))
    return len(names) / (perf_counter() - began)


def _subscribe(crowd: Crowd) -> None:
    for device in crowd.devices:
        device.send(subscribe(f"$aws/things/{device.name}/jobs/notify-next"))
    crowd.await_packets(SUBACK, len(crowd.devices))


def _notify(crowd: Crowd, iot: Any, group: str) -> float:
    """Return the seconds from CreateJob until all have heard of it; then delete the job, of which
    they hear as well.
    """
    began = perf_counter()
    iot.create_job(jobId=JOB, targets=[group], document='{"op":"x"}')
    crowd.await_packets(PUBLISH, len(crowd.devices))
    seconds = perf_counter() - began
    iot.delete_job(jobId=JOB, force=True)
    crowd.await_packets(PUBLISH, len(crowd.devices))
    return seconds


def _update(crowd: Crowd, seconds: float) -> float:
    """Let all report progress again as soon as they are answered; return how many answers came a
    second.
    """
    began = perf_counter()
    responses, waiting = 0, len(crowd.devices)

    def hear(device: Device, kind: int, body: bytes) -> bool:
        nonlocal responses, waiting
        if kind != PUBLISH or b"/update/" not in body:
            return False
        if b"/update/accepted" not in body:
            raise AssertionError(body[:500].decode(errors="replace"))
        responses += 1
        if perf_counter() - began < seconds:
            device.send(_report(device))
        else:
            waiting -= 1
        return waiting == 0

    for device in crowd.devices:
        device.send(_report(device))
    crowd.listen(hear)
    return responses / (perf_counter() - began)


def _report(device: Device) -> bytes:
    return publish(f"$aws/things/{device.name}/jobs/busy/update", _UPDATE)


def _most_sockets() -> int:
    """Return how many connections this process, and so its server, may have; as many as the system
    allows are asked for.
    """
    try:
        import resource
    except ImportError:
        return 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8_192)), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100
