"""Simulated devices: one that takes its executions and finishes them as it is told, and fleets
that do so by themselves.

Everything goes through the public data plane, over HTTPS or MQTT. Works in process and in moto's
server mode.
"""

from __future__ import annotations

from .device import Device, Pending, Run
from .exceptions import AnswerLost, Busy, ExecutionOver, Refused, UnknownThing, VersionMismatch
from .execution import Execution, Steps
from .fleet import Fleet
from .outcomes import (
    Handler,
    Outcome,
    fail,
    hang,
    lose_connection,
    progress,
    reject,
    stale_version,
    succeed,
)
from .rollout import ExecutionEnd, Rollout
from .timeline import Moment

__all__ = [
    "AnswerLost",
    "Busy",
    "Device",
    "Execution",
    "ExecutionEnd",
    "ExecutionOver",
    "Fleet",
    "Handler",
    "Moment",
    "Outcome",
    "Pending",
    "Refused",
    "Rollout",
    "Run",
    "Steps",
    "UnknownThing",
    "VersionMismatch",
    "fail",
    "hang",
    "lose_connection",
    "progress",
    "reject",
    "stale_version",
    "succeed",
]
