"""Simulated devices: one that a test drives, and fleets that run by themselves.

Everything goes through the public data plane, over HTTPS or MQTT. Works in process and in moto's
server mode.
"""

from __future__ import annotations

from .commands import Command, CommandHandler, CommandReport, CommandRun
from .device import Device, Pending, Run
from .exceptions import (
    DeviceError,
    ExecutionOverError,
    HandlerError,
    RequestRejectedError,
    ResponseLostError,
    ServiceBusyError,
    UnknownShadowError,
    UnknownThingError,
    VersionMismatchError,
)
from .execution import Execution
from .fleet import Fleet
from .outcomes import (
    Handler,
    Outcome,
    OutcomeName,
    Steps,
    fail,
    hang,
    lose_connection,
    progress,
    reject,
    stale_version,
    succeed,
)
from .rollout import ExecutionEnd, Rollout
from .shadow import Shadow, ShadowState
from .timeline import TimelinePoint

__all__ = [
    "Command",
    "CommandHandler",
    "CommandReport",
    "CommandRun",
    "Device",
    "DeviceError",
    "Execution",
    "ExecutionEnd",
    "ExecutionOverError",
    "Fleet",
    "Handler",
    "HandlerError",
    "Outcome",
    "OutcomeName",
    "Pending",
    "RequestRejectedError",
    "ResponseLostError",
    "Rollout",
    "Run",
    "ServiceBusyError",
    "Shadow",
    "ShadowState",
    "Steps",
    "TimelinePoint",
    "UnknownShadowError",
    "UnknownThingError",
    "VersionMismatchError",
    "fail",
    "hang",
    "lose_connection",
    "progress",
    "reject",
    "stale_version",
    "succeed",
]
